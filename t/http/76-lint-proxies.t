# SPDX-License-Identifier: Apache-2.0
# Tests what lint reports, and what a start refuses, where certificates come from proxies.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;

my @modules = qw(rewrite headers auth_basic authn_file authz_user env setenvif);
my $rule    = 'ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN}';
my $header  = "ClientCertHeader rfc9440\nClientCertTrustedProxy 192.0.2.1";
my %files   = ('conf/cas.pem' => pem_of('root', 'staff'), 'conf/bad.pem' => "nothing\n");

# Exit status and messages of this module, as "TAG LINE", in the output of httpd -t.
sub found {
    my ($conf) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(modules => \@modules, files => \%files,
        conf => $conf);
    my @found = $output =~ /(CC0\d\d\d: \S*?site\.conf:\d+|CC0\d\d\d: .*)/g;
    return "$exit @{[join ', ', map { s/: \S*?site\.conf:/ /r } @found]}";
}

sub is_found {
    my ($claim, $conf, $expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is found($conf), $expected, $claim;
}

# Hosts that take certificates from proxies. Their own lines begin at line 7.
sub plain {
    my ($lines, $port) = @_;
    $port //= '';
    return "<VirtualHost *:\@PORT$port\@>\nServerName plain$port.example\nClientCertCA conf/cas.pem\n"
        . "$header\nSSLVerifyDepth 2\n$lines\n</VirtualHost>\n";
}

# ---- what is right

is_found('a host without TLS', plain($rule), '0 ');
is_found('with a condition', plain("<Location /a>\nRequire clientcert\n</Location>\n$rule"), '0 ');
is_found('files of mod_ssl\'s directives count too',
    plain($rule) =~ s/ClientCertCA/SSLCACertificateFile/r, '0 ');

# ---- what a start refuses

is_found('no CAs', plain($rule) =~ s/ClientCertCA \S+//r, '1 CC0454 4');
is_found('no CAs, in the main server', "$header\n$rule\n", '1 CC0454 1');
is_found('CAs in one of the hosts that inherit the directive',
    "$header\n$rule\n<VirtualHost *:\@PORT\@>\nServerName a\nClientCertCA conf/cas.pem depth=2\n</VirtualHost>\n"
        . "<VirtualHost *:\@PORT2\@>\nServerName b\n</VirtualHost>\n", '0 ');
is_found('a file without CAs', plain($rule) =~ s/cas.pem/bad.pem/r, '1 CC0466 3');
like found(plain($rule) =~ s/ClientCertCA conf\/cas/SSLCACertificateFile conf\/bad/r),
    qr/^1 CC0402: "\S*bad.pem": it cannot be loaded/, 'nor one of mod_ssl\'s directives';
is_found('a file without CRLs', plain("$rule\nClientCertCRL conf/bad.pem"), '1 CC0408 8');

# ---- findings

my $ssl = '%{SSL_CLIENT_S_DN_CN}';
for my $case (
    ['Require of mod_ssl',          "<Location /a>\nRequire ssl-verify-client\n</Location>",         8],
    ['SSLRequire',                  "<Location /a>\nSSLRequire $ssl eq \"x\"\n</Location>",            8],
    ['an expression',               "<Location /a>\nRequire expr \"$ssl == 'x'\"\n</Location>",      8],
    ['a section',                   "<If \"$ssl == 'x'\">\nSetEnv a b\n</If>",                        7],
    ['mod_rewrite',                 "RewriteEngine on\nRewriteCond %{SSL:SSL_CLIENT_VERIFY} x\nRewriteRule a -", 8],
    ['a header for a back end',     "RequestHeader set X-User \"${ssl}s\"",                          7],
    ['a header for clients',        "Header set X-User \"${ssl}s\"",                                 7],
) {
    my ($claim, $lines, $line) = @$case;
    is_found($claim, plain($lines), "0 CC0780 $line");
}
is_found('other variables of mod_ssl', plain("RequestHeader set X-TLS \"%{SSL_PROTOCOL}s\""), '0 ');
is_found('options without TLS, which have no effect', plain("SSLOptions +StdEnvVars\nSSLUserName a"), '0 ');
is_found('a line of the main server, where another host has clients of its own',
    "RequestHeader set X-User \"${ssl}s\"\n" . plain('') . <<'CONF', '0 ');
<VirtualHost *:@PORT2@>
    ServerName tls.example
    @SSL@
    SSLVerifyClient optional
</VirtualHost>
CONF
my $with_tls = <<"CONF";
<VirtualHost *:\@PORT\@>
ServerName tls.example
\@SSL\@
$header
SSLVerifyClient optional
LINES
</VirtualHost>
CONF
my %line = (
    'SSLOptions +StdEnvVars'               => 'CC0780 7',
    'SSLOptions StdEnvVars'                => 'CC0780 7',
    'SSLOptions -StdEnvVars'               => '',
    'SSLUserName SSL_CLIENT_S_DN'          => 'CC0780 7',
    "SSLUserName SSL_CLIENT_S_DN\n$rule"   => 'CC0725 7',
    'SSLOptions +FakeBasicAuth'            => 'CC0780 7',
    "$rule\nClientCertTrustedProxyCert subject.CN == p" => '',
    'ClientCertTrustedProxy 10.0.0.0/8'    => '',
    'ClientCertMap tls.version == "TLSv1.3" user=x' => '',
);
is_found("with TLS: $_" =~ s/\n.*//sr, $with_tls =~ s/LINES/$_/r, "0 $line{$_}") for sort keys %line;

for my $case (['==', 'tls.version == "TLSv1.3"', 'CC0781 7'], ['!=', 'tls.version != "TLSv1.3"', '']) {
    my ($operator, $condition, $found) = @$case;
    is_found("a field of the connection, $operator", plain("ClientCertMap $condition user=x"), "0 $found");
}
is_found('rules of the main server, for hosts that take headers alone',
    "ClientCertMap tls.sni == a user=x\n" . plain(''), '0 CC0781 1');
is_found('rules and header of the main server',
    "$header\nClientCertCA conf/cas.pem depth=2\nClientCertMap tls.sni == a user=x\n"
        . "<VirtualHost *:\@PORT\@>\nServerName a\n</VirtualHost>\n", '0 CC0781 4');

# ---- certificates of proxies

is_found('no TLS', plain('ClientCertTrustedProxyCert subject.CN == p'), '1 CC0455 7');
is_found('no certificate is requested',
    $with_tls =~ s/SSLVerifyClient optional//r =~ s/LINES/ClientCertTrustedProxyCert subject.CN == p/r,
    '1 CC0456 7');
is_found('a section requests it too late', $with_tls =~ s/SSLVerifyClient optional//r
        =~ s/LINES/<Location \/a>\nSSLVerifyClient require\n<\/Location>\nClientCertTrustedProxyCert subject.CN == p/r,
    '1 CC0456 10');

# ---- headers for back ends that mod_headers changes

sub sending { return "<VirtualHost *:\@PORT\@>\nServerName a\n\@SSL\@\nSSLVerifyClient optional\n$_[0]\n</VirtualHost>\n" }

my $by_hand = 'RequestHeader set Client-Cert "%{SSL_CLIENT_CERT}s"';
is_found('a header by hand', sending("ClientCertForward rfc9440\n$by_hand"), '0 CC0782 6');
is_found('in another spelling', sending("ClientCertForward rfc9440\n$by_hand" =~ s/Client-Cert/CLIENT_CERT/r), '0 CC0782 6');
is_found('which is removed', sending("ClientCertForward rfc9440\nRequestHeader unset Client-Cert"), '0 CC0782 6');
is_found('for any section', sending("<Location /a>\nClientCertForward rfc9440\n</Location>\n$by_hand"), '0 CC0782 8');
is_found('of one section', sending("<Location /a>\nClientCertForward rfc9440\n$by_hand\n</Location>"), '0 CC0782 7');
is_found('of another section',
    sending("<Location /a>\nClientCertForward rfc9440\n</Location>\n<Location /b>\n$by_hand\n</Location>"), '0 ');
is_found('before this module', sending("ClientCertForward rfc9440\n$by_hand early"), '0 ');
is_found('with a condition', sending("ClientCertForward rfc9440\n$by_hand env=a"), '0 ');
is_found('where nothing is sent', sending("ClientCertForward Off\n$by_hand"), '0 ');
is_found('another header', sending("ClientCertForward rfc9440 header=X-Client-Cert\n$by_hand"), '0 ');
is_found('the header of a directive',
    sending("ClientCertForward pem-url header=X-Client-Cert chain=X-Chain\nRequestHeader set X-Chain a"), '0 CC0782 6');
is_found('the user', sending("ClientCertForwardIdentity\nRequestHeader set ClientCert-User x"), '0 CC0782 6');
is_found('no user is sent', sending("ClientCertForwardIdentity user=off\nRequestHeader set ClientCert-User x"), '0 ');
is_found('the groups', sending("ClientCertForwardIdentity groups=X-Groups\nRequestHeader append X-Groups x"), '0 CC0782 6');
is_found('lines of the main server', "ClientCertForward rfc9440\n$by_hand\n" . sending(''), '0 CC0782 2');

done_testing;
