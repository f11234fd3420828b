# SPDX-License-Identifier: Apache-2.0
# Tests where ClientCertTolerate is refused at start, and what it changes on other hosts, in sections,
# in .htaccess and over HTTP/2.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::Metrics;
use ClientCert::Test::Session;
use ClientCert::Test::Certificate;

use Digest::SHA qw(sha1_base64);

# ---- configurations that do not start

# `line` is the place that the error names; the first line of the host is 3.
sub is_refused {
    my ($claim, $pattern, $line, $host, $main) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(modules => [qw(headers rewrite)], conf => ($main // '') . <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName site.example
    \@SSL\@
    $host
</VirtualHost>
CONF
    ok $exit != 0 && $output =~ /^.*$pattern.*$/m, $claim or diag $output;
    my $said = $& // '';
    return like $said, qr/site\.conf:$line: /, "$claim: the place";
}

my $on   = 'ClientCertTolerate On';
my $no_ca = "SSLVerifyClient optional_no_ca\n$on\n";
is_refused("with $_", qr/CC0451: .*site\.example needs "SSLVerifyClient optional_no_ca", not "SSLVerifyClient $_"/,
    5, "SSLVerifyClient $_\n$on") for 'optional', 'require', 'none';
is_refused('without SSLVerifyClient', qr/CC0451: .*not "SSLVerifyClient none"/, 4, $on);
is_refused('where a section requires a certificate', qr/CC0451: /, 4,
    "$on\n<Location /x>\nSSLVerifyClient require\n</Location>");
is_refused('inherited', qr/CC0451: .*site\.example needs/, 1, 'SSLVerifyClient optional', "$on\n");
is_refused('SSLUserName', qr/CC0452: .*: SSLUserName makes users .*\bClientCertTolerate On at \S+:5\b/, 6,
    "${no_ca}SSLUserName SSL_CLIENT_S_DN_CN");
is_refused("FakeBasicAuth: $_", qr/CC0452: .*: FakeBasicAuth makes users/, 7,
    "$no_ca<Location /x>\nSSLOptions $_\n</Location>")
    for '+FakeBasicAuth', '+StdEnvVars FakeBasicAuth', 'fakebasicauth';
is_refused('FakeBasicAuth of the main server', qr/CC0452: /, 2, $no_ca,
    "<Location /x>\nSSLOptions +FakeBasicAuth\n</Location>\n");
is_refused('SSLRequire', qr/CC0453: .* condition of SSLRequire, /, 7,
    "$no_ca<Location /x>\nSSLRequire %{SSL_CLIENT_S_DN_O} eq \"Example\"\n</Location>");
is_refused('Require expr', qr/CC0453: .* condition of Require, /, 7,
    "$no_ca<Location /x>\nRequire expr %{SSL_CLIENT_S_DN_O} == 'Example'\n</Location>");
is_refused('If', qr/CC0453: .* condition of If, /, 6,
    "$no_ca<If \"%{SSL_CLIENT_S_DN_O} == 'Example'\">\nRequire all granted\n</If>");
is_refused("Require expr: $_", qr/CC0453: .* condition of Require, /, 7,
    "$no_ca<Location /x>\nRequire expr $_\n</Location>")
    for '%{SSL_CLIENT_VERIFY} != "NONE"', "%{SSL_CLIENT_VERIFY} -ne 'NONE' && %{SSL_CLIENT_S_DN_O} == 'x'";
is_refused($_, qr/CC0453: /, 6, "$no_ca$_")
    for 'RequestHeader set X-Cert yes "expr=%{SSL_CLIENT_VERIFY} != \'NONE\'"', 'RewriteCond %{SSL:SSL_CLIENT_VERIFY} !=NONE',
    'RewriteCond expr "%{SSL_CLIENT_VERIFY} !~ /^NONE/"', 'Header set X yes "expr=! %{SSL:SSL_CLIENT_VERIFY} -ne \'NONE\'"';
is_refused('PeerExtList', qr/CC0453: /, 6,
    "${no_ca}<If \"'x' -in PeerExtList('1.2.3')\">\nRequire all granted\n</If>");
{
    my ($exit, $output) = ClientCert::Test->configtest(
        conf => "<VirtualHost *:\@PORT\@>\nClientCertTolerate Maybe\n</VirtualHost>\n");
    ok $exit && $output =~ /line 2 .*CC0450: \\?"Maybe\\?": write On or Off/s, 'neither On nor Off'
        or diag $output;
}

sub starts {
    my ($claim, $host, $main) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(modules => [qw(headers rewrite)], conf => ($main // '') . <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName site.example
    \@SSL\@
    $host
</VirtualHost>
CONF
    return is $exit, 0, $claim || diag $output;
}
starts('Off goes with everything', "SSLVerifyClient require\nClientCertTolerate Off\nSSLUserName SSL_CLIENT_S_DN");
starts('inherited by a host that asks for nothing', 'SSLVerifyClient none', "$on\n");
starts('Off where it would be inherited', "ClientCertTolerate Off\nSSLVerifyClient optional", "$on\n");
starts('conditions that ask whether it verified', $no_ca
        . "SSLOptions -FakeBasicAuth\n<Location /x>\n"
        . "Require expr %{SSL_CLIENT_VERIFY} == 'SUCCESS' && %{SSL_CLIENT_S_DN_O} == 'x'\n</Location>");
starts('conditions on other results', $no_ca
        . "<If \"%{SSL_CLIENT_VERIFY} == 'NONE' || %{SSL_CLIENT_VERIFY} =~ /^FAILED/\">\n"
        . "ErrorDocument 404 no\n</If>\n<Location /x>\n"
        . "Require expr %{SSL_CLIENT_VERIFY} != 'NONE' && %{SSL_CLIENT_VERIFY} == 'SUCCESS'\n</Location>");
starts('values, since names are hidden', $no_ca
        . "RequestHeader set X-Name \"expr=%{SSL_CLIENT_S_DN_CN}\"\nHeader set X-Verify \"expr=%{SSL_CLIENT_VERIFY}\"\n"
        . "RewriteCond %{SSL:SSL_CLIENT_VERIFY} =SUCCESS\nRewriteRule ^/x - [F]");
starts('a section that asks', "$on\n<Location /x>\nSSLVerifyClient optional_no_ca\n</Location>");

# ---- hosts of one server

sub host {
    my ($name, $port, $own) = @_;
    my $ssl = $name eq 'localhost' ? '@SSL@' : '@SSL:ab.example@';
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName $name
    $ssl
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    $own
    <Location "/private">
        Require clientcert
    </Location>
    <Location "/verified">
        Require ssl-verify-client
    </Location>
    <Location "/must">
        SSLVerifyClient require
    </Location>
    <Location "/ask">
        SSLVerifyClient optional_no_ca
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Directory \@ROOT\@/htdocs>
        AllowOverride AuthConfig Options
    </Directory>
</VirtualHost>
CONF
}

my $lenient = <<'CONF';
Protocols h2 http/1.1
SSLStrictSNIVHostCheck off
<IfDirective SSLVHostSNIPolicy>
    SSLVHostSNIPolicy insecure
</IfDirective>
CONF
my $optional = 'SSLVerifyClient optional';
my $conf = host('a.example', '', "SSLVerifyClient optional_no_ca")    # inherits
    . host('b.example', '',  "$optional\nClientCertTolerate Off\nSSLUserName SSL_CLIENT_S_DN_CN\nClientCertAuth Off")
    . host('localhost', 2, 'SSLVerifyClient none')
    . host('localhost', 3, 'SSLVerifyClient optional_no_ca');

announce('CC0190', 'CC0104', 'CC0106', 'CC0110', 'CC0115', qr/CC07\d\d/, 'AH01630', 'AH01909', 'AH01618', 'AH01617',
    'AH02039', qr/SSL Library Error/, qr/AH022(?:25|61|62|63)/, 'AH10158', 'AH02008', 'AH02227', 'AH02035');

my $odd  = certificate('odd', '/O=Example/CN=odd:one', self => 1);
my $fake = "AuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile \@ROOT\@/conf/fake\n"
    . "SSLOptions +FakeBasicAuth\nRequire valid-user\n";
sub server {
    my ($store) = @_;
    return ClientCert::Test->server(
        modules => [qw(headers http2 authz_user auth_basic authn_file)],
        global  => $lenient . session_conf($store),
        files   => {
            (map { ("htdocs/$_" => "here\n") }
                    qw(index.html private verified must ask name/page fake/page)),
            'htdocs/name/.htaccess' => "SSLUserName SSL_CLIENT_S_DN_CN\nClientCertAuth Off\n",
            'htdocs/fake/.htaccess' => "ClientCertAuth Off\n$fake",
            # the password "password"
            'conf/fake' => '/O=Example/OU=staff/OU=admins/CN=alice:'
                . "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"
                . '/O=Example/CN=odd:{SHA}' . sha1_base64('one:password') . "=\n",
        },
        conf => "ClientCertTolerate On\n$conf");
}

sub on_other_hosts {
    my ($h, $tls) = @_;
    my %a = (host => 'a.example', cert => 'expired', tls => $tls);
    my $c = $h->connection(%a);
    is_served_to($c->request('/'), '', "TLS $tls: a host that inherits the directive");
    $h->mark_log;
    is $c->request('/', host => 'b.example')->{status}, 421,
        "TLS $tls: a host without it is not served on that connection";
    ok $h->wait_log(qr/CC0191: 421: /), 'which the log explains';
    my $b = $h->connection(host => 'b.example', cert => 'expired', tls => $tls);
    is $b->request('/')->{status}, 0, 'a handshake with the other ends';
    my $first = full($h, '/', %a);
    is resumed($h, $first, '/', %a, host => 'b.example')->{status}, 0,
        'and is not helped by a session';
    $c = $h->connection(%a, cert => 'bob');
    is $c->request('/', host => 'b.example')->{status}, 200, 'a certificate that verifies is served there';
    return;
}

sub over_http2 {
    my ($h) = @_;
    my %bad     = (host => 'a.example', cert => 'expired', curl => ['-k']);
    my @streams = $h->parallel(['/', '/private', '/verified', '/name/page', ['/', 'b.example']], %bad);
    is_deeply [map { $_->{status} } @streams[0 .. 3]], [200, 403, 403, 200], 'HTTP/2: as on HTTP/1.1';
    isnt $streams[4]{status}, 200, 'and a host that does not tolerate it serves nothing';
    for my $path ('/', '/name/page') {
        my $served = $h->get($path, %bad, http2 => 1);
        is_served_to($served, '', "HTTP/2: $path: no user");
        like $served->{headers}{verify}, qr/^FAILED/, 'mod_ssl reports that it failed';
    }
    return;
}

# SSLUserName and FakeBasicAuth take the name in any certificate.
sub from_htaccess {
    my ($h, $tls) = @_;
    for my $port (3) {
        my %o = (port => $port, tls => $tls);
        is_served_to($h->get('/name/page', %o, cert => 'alice'), 'alice',
            "TLS $tls: SSLUserName of .htaccess works for what verifies");
        is_served_to($h->get('/name/page', %o, cert => 'selfsigned'), '', 'and for nothing else');
        my $alice = $h->get('/fake/page', %o, cert => 'alice');
        is "$alice->{status} $alice->{headers}{user}",
            '200 /O=Example/OU=staff/OU=admins/CN=alice', 'so does FakeBasicAuth,';
        is $h->get('/fake/page', %o, cert => $_)->{status}, 401, 'and for nothing else' for 'selfsigned', $odd;
        is $h->get('/fake/page', %o, cert => 'selfsigned',
            user => '/O=Example/OU=staff/OU=admins/CN=alice:password')->{status}, 403,
            'also if the client sends it';
    }
    return;
}

sub in_sections {
    my ($h, $tls) = @_;
    my %pha = (tls => $tls, port => 2, args => ['-enable_pha']);
    for my $cert ('expired', 'selfsigned', 'serveronly') {
        my $c = $h->connection(%pha, cert => $cert);
        is_served_to($c->request('/'), '', "TLS $tls, $cert: before it is asked for");
        my $asked = $c->request('/ask');
        is_served_to($asked, '', 'asked for by a section: the page, but no identity');
        like $asked->{headers}{verify}, qr/^FAILED/, 'and mod_ssl reports that it failed';
        like $c->request('/')->{headers}{verify}, qr/^FAILED|^NONE/, 'also afterwards';
        is $c->request('/private')->{status}, 403, 'nor does it open another page';
        isnt $c->request('/must')->{status}, 200, 'nor one that requires a certificate';
        isnt $c->request('/must')->{status}, 200, 'the second time neither';
        $c = $h->connection(%pha, cert => $cert);
        isnt $c->request('/must')->{status}, 200, 'nor is that page served at first';
        isnt $c->request('/must')->{status}, 200, 'or again';
        $c = $h->connection(%pha, cert => $cert, port => 3);
        is_served_to($c->request('/'), '', 'where the handshake tolerates it');
        isnt $c->request('/must')->{status}, 200, 'a section may still require one';
        isnt $c->request('/must')->{status}, 200, 'twice';
    }
    is_served_to($h->connection(%pha, cert => 'alice')->request($_), 'alice',
        "TLS $tls: what verifies is served: $_") for '/ask', '/must';
    return;
}

for my $store (session_stores()) {
    my $h = server($store);
    for my $tls ('1.2', '1.3') {
        on_other_hosts($h, $tls);
        from_htaccess($h, $tls);
        in_sections($h, $tls);
    }
    over_http2($h);
}

# ---- metrics, and certificates that lapse

my $h = ClientCert::Test->server(modules => ['headers'], conf => identity_host(<<'CONF'));
SSLVerifyClient optional_no_ca
ClientCertTolerate On
SSLCARevocationFile @CA@/staff.crl
SSLCARevocationCheck leaf no_crl_for_cert_ok
ClientCertMaxAge 5
<Location "/metrics">
    SetHandler clientcert-metrics
</Location>
CONF
my %family = (expired => 'expired', notyet => 'not_yet_valid', revoked => 'revoked',
    serveronly => 'not_a_client', selfsigned => 'not_verified');
is_served_to($h->get('/', cert => $_), '', "$_: an open page") for sort keys %family;
my $metrics = read_metrics($h->get('/metrics')->{body});
is metric($metrics, 'clientcert_certificates_rejected_total', reason => $family{$_}), 1,
    "$_ is counted once, as $family{$_}" for sort keys %family;
is metric($metrics, 'clientcert_certificates_rejected_total', reason => 'handshake'), 0,
    'and no handshake ended';
my $c = $h->connection(cert => 'alice');
my $late;
is_served_to($c->request('/'), 'alice', 'what verified has an identity');
do { select undef, undef, undef, 0.1; $late = $c->request('/') } while $late->{status} == 200;
is "$late->{status} $late->{headers}{connection}", '403 close', 'until it lapses, and is refused';

done_testing;
