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

done_testing;
