# SPDX-License-Identifier: Apache-2.0
# Tests that expressions, wherever they are, have nothing of a certificate that did not verify, and
# what mod_ssl says of one that did.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;

my $stranger = certificate('stranger', '/O=Example/CN=alice', self => 1);
my @headers  = (
    'Header always set Name "expr=[%{SSL_CLIENT_S_DN_CN}]"',
    'Header always set Function "expr=[%{SSL:SSL_CLIENT_S_DN_CN}]"',
    'Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"',
    'Header always set Protocol "expr=%{SSL_PROTOCOL}"',
);
my $headers = join "\n", @headers;

sub host {
    my ($port, @own) = @_;
    my $own = join "\n    ", @own;
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    $own
    $headers
    <Directory \@ROOT\@/htdocs>
        AllowOverride All
        Options +Includes
    </Directory>
</VirtualHost>
CONF
}

my $page = q{<!--#if expr="%{SSL_CLIENT_S_DN_CN} == 'alice'" -->alice<!--#else -->nobody<!--#endif -->};
my %if   = (
    name      => q{%{SSL_CLIENT_S_DN_CN} == 'alice'},
    function  => q{SSL('SSL_CLIENT_S_DN_CN') == 'alice'},
    extension => q{'TLS Web Client Authentication' -in PeerExtList('extendedKeyUsage')},
);
# The third host accepts no such certificates, and hides nothing.
my $conf = host('', 'ClientCertTolerate On') . host(2, 'ClientCertPinned keys') . host(3);
my $h = ClientCert::Test->server(
    modules => [qw(headers http2 include mime authz_user rewrite)],
    global  => "Protocols h2 http/1.1\nClientCertTable keys file:conf/keys.map octets\n"
        . "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml\n",
    files => {
        'conf/keys.map'        => "00 nobody\n",
        'htdocs/index.html'    => "here\n",
        'htdocs/page.shtml'    => "$page\n",
        (map { ("htdocs/$_/.htaccess" => "<If \"$if{$_}\">\nHeader always set Seen yes\n</If>\n"
                . "RewriteEngine On\nRewriteCond expr \"$if{$_}\"\nRewriteRule ^page\$ - [E=seen:yes]\n"
                . "Header always set Rewritten %{seen}e\n",
            "htdocs/$_/page" => "here\n") } keys %if),
    },
    conf => $conf);

announce('CC0104', 'CC0106', 'CC0110', 'CC0190', qr/CC07\d\d/, qr/AH0(?:1979|1980|1984|2021|1909|2039|2276)/,
    qr/SSL Library Error/);

my %seen = ('' => 'hides', 2 => 'hides', 3 => 'shows');
for my $port (sort keys %seen) {
    for my $how ([tls => '1.2'], [tls => '1.3'], [http2 => 1]) {
        my %o = (@$how, port => $port);
        for my $case ([$stranger, $seen{$port} eq 'hides' ? 0 : 1], ['alice', 1]) {
            my ($cert, $is_seen) = @$case;
            my $claim   = "host $port, @$how, " . ($cert eq 'alice' ? 'verified' : 'not verified');
            my $name    = $is_seen ? '[alice]' : '[]';
            my $said    = $h->get('/', %o, cert => $cert)->{headers};
            is_deeply [@$said{qw(name function)}], [($name) x 2], "$claim: headers";
            like $said->{verify}, $cert eq 'alice' ? qr/^SUCCESS$/ : qr/^(?:GENEROUS|FAILED)/, 'the result of the verification,';
            like $said->{protocol}, qr/^TLSv1/, 'and what is not about the certificate';
            like $h->get('/page.shtml', %o, cert => $cert)->{body}, $is_seen ? qr/^alice$/ : qr/^nobody$/, "$claim: mod_include";
            for my $what (sort keys %if) {
                my $in = $h->get("/$what/page", %o, cert => $cert)->{headers};
                is $in->{seen} // 'no', $is_seen ? 'yes' : 'no', "$claim: <If> in .htaccess: $what";
                is $in->{rewritten}, $is_seen ? 'yes' : '(null)', "$claim: RewriteCond in .htaccess: $what";
            }
        }
        is $h->get('/', %o)->{headers}{name}, '[]', "host $port, @$how: without a certificate";
    }
}

done_testing;
