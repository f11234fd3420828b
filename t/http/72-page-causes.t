# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert-status begins with the cause of a refusal, with advice for that cause.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Page;

my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('revoked', 'keyCompromise');
my $page = <<'CONF';
    ErrorDocument 403 /whoami
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    <Location "/private">
        Require clientcert
    </Location>
CONF
my $h = ClientCert::Test->server(
    files => {
        'conf/staff.crl' => $staff->crl,
        map { ("htdocs/$_/page" => "$_\n") } qw(later private)
    },
    conf  => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertTolerate On
    ClientCertCRL conf/staff.crl missing=allow
    ClientCertCRLCheck leaf
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
<VirtualHost *:\@PORT5\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    SSLVerifyDepth 1
    ClientCertTolerate On
$page
</VirtualHost>
<VirtualHost *:\@PORT6\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertTolerate On
    ClientCertCRL conf/staff.crl missing=deny
    ClientCertCRLCheck leaf
$page
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    ServerName localhost
$page
</VirtualHost>
CONF
announce('CC0104', 'CC0190', 'CC0732', 'AH02039', 'AH02040', 'CC0106', 'CC0110', 'CC0115', 'CC0722', 'AH01630', 'AH02229',
    qr/SSL Library Error/, map { "AH$_" } qw(10158 02261 02262 02263 02225));

# ---- certificates

my $in   = qr/\d+ (?:days|hours), on \d+ \w+ \d{4}, \d\d:\d\d UTC/;
my $ago  = qr/\d+ (?:days|hours|minutes) ago, on \d+ \w+ \d{4}, \d\d:\d\d UTC/;
my $which = qr/choose it: .* Otherwise ask the administrator of this server which certificates/;
my @cases = (
    ['stranger', 1, 'unknown-issuer', 'Your certificate is from an issuer that this server does not accept',
        qr/^The CA "CN=Staff CA,O=Elsewhere" above it: \S/, $which],
    ['selfsigned', 1, 'self-signed', 'Your certificate is self-signed, and not accepted here',
        qr/^It is self-signed/, $which],
    ['expired', 1, 'expired', 'Your certificate has expired', qr/^It expired $ago\.$/,
        qr/newer certificate.* Ask the issuer of your certificate for a new one\.$/],
    ['notyet', 1, 'not-yet-valid', 'Your certificate is not yet valid',
        qr/^Its validity begins in $in\. The clock of this server shows \d+ \w+ \d{4}, \d\d:\d\d UTC\.$/,
        qr/^If you have another certificate, choose it: [^.]*\.$/],
    ['serveronly', 1, 'servers-only', 'Your certificate is for servers only',
        qr/^Its extended key usage allows TLS servers only/, qr/certificate for client authentication\.$/],
    ['ca-client', 1, 'ca-certificate', 'Your certificate is that of a CA, which is not accepted here',
        qr/^It is a CA certificate/, qr/a certificate of your own\.$/],
    ['deep', 5, 'chain-too-long', 'There are more CAs above your certificate than this server allows',
        qr/SSLVerifyDepth/, qr/^Tell the administrator/],
    ['revoked', 1, 'revoked', 'Your certificate was revoked', undef,
        qr/Ask the issuer of your certificate for a new one\.$/],
    ['service', 6, 'revocation-unknown', 'This server could not find out whether your certificate was revoked',
        undef, qr/^Try again in a few minutes\./],
);
for (@cases) {
    my ($cert, $port, $cause, $headline, $reason, $advice) = @$_;
    my $name = $cert =~ s{.*/}{}r;
    my %o    = (cert => $cert, port => $port == 1 ? undef : $port);
    my $json = json($h->get('/whoami', %o, headers => ['Accept: application/json']));
    is "$json->{result} $json->{verification}{cause}: $json->{summary}", "rejected $cause: $headline",
        "$name: the headline gives the cause";
    defined $reason ? like($json->{reason}, $reason, 'with the reason')
        : is($json->{reason}, undef, 'which is all that a client may see');
    like "@{ $json->{advice} }", $advice, 'and advice that fits';
    ok scalar(@{ $json->{issuers}{names} }), 'and the issuers';
    (my $tag = $cause) =~ tr/-/ /;
    my $page  = page($h->get('/whoami', %o))->{text};
    my $later = json($h->get('/whoami', %o, headers => ['Accept: application/json']));
    # A reason may tell the time, which can have gone on before the page was made.
    my @said = map { quotemeta(defined $_->{reason} ? " $_->{reason}" : '') } $json, $later;
    like $page, qr/ \Q$headline\E(?:$said[0]|$said[1])\Q $tag What you can do \E/,
        'the page begins with that';
    my $refused = page($h->get('/private/page', %o));
    like $refused->{text}, qr{ 403 Forbidden /private/page \Q$headline\E }, 'and so does that of a refusal';
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

# ---- a proxy that terminated TLS

my $proxied = 'A proxy ended the encryption in front of this server, so no certificate arrived here';
for my $header ('Client-Cert: :AAAA:', 'X-Forwarded-Proto: https', 'X-SSL-Client-Verify: SUCCESS') {
    my $json = json($h->get('/whoami?format=json', port => 4, scheme => 'http', headers => [$header]));
    is "$json->{result}: $json->{summary}", "no-tls: $proxied", "$header: a proxy terminated TLS";
    unlike "@{ $json->{advice} }", qr/https:/, 'so https: would not help';
    is $json->{reason}, undef, 'the header is not for clients';
}
my $plain = json($h->get('/whoami?format=json', port => 4, scheme => 'http'));
like "$plain->{summary} @{ $plain->{advice} }", qr/not encrypted.* https:/, 'without a proxy, it would';
my $again = json($h->get('/whoami?format=json', port => 3, headers => ['X-SSL-Client-S-DN: CN=alice']));
is "$again->{result}: $again->{summary}", "no-certificate: $proxied", 'the proxy may use TLS itself';
is $again->{reason}, 'The request has the header X-SSL-Client-S-DN. This server takes certificates from a '
    . 'proxy if ClientCertHeader and ClientCertTrustedProxy name it.',
    'ClientCertStatusRules On: with the header';
is json($h->get('/whoami?format=json', cert => 'alice', headers => ['X-SSL-Client-S-DN: CN=bob']))->{summary},
    'You are alice', 'a certificate that arrived is not hidden by a header';

done_testing;
