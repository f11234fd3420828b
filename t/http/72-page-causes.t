# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert-status begins with the cause of a refusal, with advice for that cause.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Page;

my $page = <<'CONF';
    ErrorDocument 403 /whoami
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
CONF
my $h = ClientCert::Test->server(
    files => { map { ("htdocs/$_/page" => "$_\n") } qw(later private) },
    conf  => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
$page
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
$page
    <Location "/later">
        SSLVerifyClient require
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient none
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
    ClientCertStatusRules On
$page
    <Location "/later">
        SSLVerifyClient require
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    ServerName localhost
$page
</VirtualHost>
CONF
announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0722', 'AH01630', 'AH02229',
    qr/SSL Library Error/, map { "AH$_" } qw(10158 02261 02262 02263 02225));

# ---- certificates

my @cases = (
    ['stranger', 'unknown-issuer', 'Your certificate is from an issuer that this server does not accept',
        qr/which certificates are accepted here/],
    ['selfsigned', 'self-signed', 'Your certificate is self-signed, and not accepted here',
        qr/which certificates are accepted here/],
);
for (@cases) {
    my ($cert, $cause, $headline, $advice) = @$_;
    my $json = json($h->get('/whoami', cert => $cert, headers => ['Accept: application/json']));
    is "$json->{result} $json->{verification}{cause}: $json->{summary}", "rejected $cause: $headline",
        "$cert: the headline gives the cause";
    like "@{ $json->{advice} }", $advice, 'with advice that fits';
    ok scalar(@{ $json->{issuers}{names} }), 'and the issuers';
    (my $tag = $cause) =~ tr/-/ /;
    like page($h->get('/whoami', cert => $cert))->{text}, qr/ \Q$headline\E [^.]+\. $tag What you can do /,
        'the page begins with that';
}

# ---- certificates that mod_ssl requests in the middle of a connection

sub late {
    my ($claim, $summary, %o) = @_;
    my $html = page($h->connection(tls => '1.3', %o)->request('/later/page'));
    my $got  = $h->connection(tls => '1.3', %o)->request('/later/page',
        headers => ['Accept: application/json']);
    my $json = json($got);
    is "$got->{status} $json->{result}: $json->{summary}", "403 refused: $summary", $claim;
    is_deeply [@$json{qw(identity trace)}], [undef, undef], 'no rule was asked, so none is in it';
    unlike "$html->{text} @{ $json->{advice} }", qr/\brule|\bmapped/, 'and the page has no word about rules';
    return $json;
}
my $could_not = 'This server could not request your certificate for this page';
my $twice     = late('a client that was asked before', $could_not, port => 2, cert => 'alice');
is $twice->{reason}, 'It was requested on this connection before, and cannot be requested twice.',
    'the reason is that of mod_ssl';
ok $twice->{verification}{verified}, 'the certificate itself is verified';
my $unable = late('a browser that cannot be asked', $could_not, port => 3, cert => 'alice');
like $unable->{reason}, qr/^SSLVerifyClient requests a certificate here, .*virtual host\.$/,
    'ClientCertStatusRules On: the reason for administrators';

# ---- a proxy that ended TLS

my $proxied = 'A proxy ended the encryption in front of this server, so no certificate arrived here';
for my $header ('Client-Cert: :AAAA:', 'X-Forwarded-Proto: https', 'X-SSL-Client-Verify: SUCCESS') {
    my $json = json($h->get('/whoami?format=json', port => 4, scheme => 'http', headers => [$header]));
    is "$json->{result}: $json->{summary}", "no-tls: $proxied", "$header: a proxy ended TLS";
    unlike "@{ $json->{advice} }", qr/https:/, 'so https: would not help';
    is $json->{reason}, undef, 'the header is not for clients';
}
my $plain = json($h->get('/whoami?format=json', port => 4, scheme => 'http'));
like "$plain->{summary} @{ $plain->{advice} }", qr/not encrypted.* https:/, 'without a proxy, it would';
my $again = json($h->get('/whoami?format=json', port => 3, headers => ['X-SSL-Client-S-DN: CN=alice']));
is "$again->{result}: $again->{summary}", "no-certificate: $proxied", 'the proxy may use TLS itself';
is $again->{reason}, 'The request has the header X-SSL-Client-*.',
    'ClientCertStatusRules On: with the header';
is json($h->get('/whoami?format=json', cert => 'alice', headers => ['X-SSL-Client-S-DN: CN=bob']))->{summary},
    'You are alice', 'a certificate that arrived is not hidden by a header';

done_testing;
