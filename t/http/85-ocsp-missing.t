# SPDX-License-Identifier: Apache-2.0
# Tests certificates without a responder: missing= decides about them, and about no others.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Identity;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Tool;

my $slow      = $ENV{CC_SLOW} // 1;
my $ca        = ClientCert::Test->ca;
my $responder = ClientCert::Test::Ocsp->new(certs => ['alice']);
my $port      = $responder->port;

my %aia = (
    silent  => "OCSP;URI:http://localhost:$port/closes/aia",
    garbage => "OCSP;URI:http://localhost:$port/garbage/aia",
    unknown => "OCSP;URI:http://localhost:$port/unknown/aia",
    foreign => 'OCSP;URI:http://ocsp.example/',
    https   => "OCSP;URI:https://localhost:$port/",
    ldap    => 'OCSP;URI:ldap://localhost/',
    issuer  => "caIssuers;URI:http://localhost:$port/ca",
);
my $serial = 0x5200_0000 + int rand 0x0fff_ffff;
my %cert = map { $_ => certificate("missing-$_", "/O=Example/CN=$_",
        serial => sprintf('%x', $serial++), aia => $aia{$_}) } sort keys %aia;
$responder->revoke('alice');

my $sections = <<'CONF';
<Location "/good">
    Require clientcert revocation == good
</Location>
<Location "/not-good">
    Require clientcert revocation != good
</Location>
<Location "/not-revoked">
    Require clientcert revocation != revoked
</Location>
<Location "/unknown">
    Require clientcert revocation == unknown
</Location>
ClientCertOCSPAllow localhost
CONF
my $aia = 'ClientCertOCSP AIA timeout=' . 20 * $slow;

announce('CC0104', 'CC0110', 'AH01630');
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { map { ("htdocs/$_" => "page\n") } qw(good not-good not-revoked unknown) },
    conf    => identity_host("$aia missing=allow\n$sections")
        . identity_host("$aia failure=allow\n$sections", 2)
        . identity_host("$aia missing=allow responder=" . $responder->url('honest/else')
            . "\n$sections", 3));

sub statuses {
    my ($cert, $port, @paths) = @_;
    return join ' ', map { $h->get($_, cert => $cert, port => $port)->{status} } @paths;
}

my @pages = ('/', '/good', '/not-good', '/not-revoked', '/unknown');
for my $name ('alice', $cert{issuer}) {
    is statuses($name, 1, @pages), '200 403 200 200 200',
        'missing=allow: a certificate without a responder is unknown, and not good';
    is statuses($name, 2, @pages), '403 403 403 403 403', 'failure=allow does not accept it';
}
ok $h->wait_log(qr/CC0104:.*the certificate names no responder/), 'the log says why';
is $responder->asked('honest/else'), 0, 'nobody was asked';
is statuses('alice', 3, '/'), '403', 'with responder=, no certificate is without one';
is $responder->asked('honest/else'), 1, 'which reports that it is revoked';

for my $name (sort grep { $_ ne 'issuer' } keys %cert) {
    is statuses($cert{$name}, 1, '/'), '403', "missing=allow: one that names a responder is not accepted ($name)";
    is statuses($cert{$name}, 2, @pages), $name eq 'unknown' ? '403 403 403 403 403' : '200 403 200 200 200',
        'which is up to failure=';
}

# ---- the tool

for my $port (1, 2) {
    my $path = "$ca/alice.pem";
    my $said = answer($h, 'explain', '--vhost', 'localhost:' . $h->port($port), '--path', '/', $path);
    is $said->{revocation}{status}, 'unknown', 'explain: a certificate without a responder is unknown';
    is_deeply $said->{revocation}{not_asked}, [], 'for which no responder has to be asked';
    is $said->{result}, $port == 1 ? 'mapped' : 'rejected', 'missing= decides there too';
    $said = answer($h, 'revoked', '--vhost', 'localhost:' . $h->port($port), $path);
    is "$said->{result} $said->{ocsp}{state}", 'unknown no_responder', 'and in revoked';
    like $said->{ocsp}{where}, qr/site\.conf:\d+$/, 'with its directive';
    is $said->{identity} ? 1 : 0, $port == 1 ? 1 : 0, 'and the result of missing=';
    $said = answer($h, 'explain', '--vhost', 'localhost:' . $h->port($port), '--path', '/',
        "$cert{silent}.pem");
    is_deeply $said->{revocation}{not_asked}, ['ClientCertOCSP'], 'another responder is not asked';
}

done_testing;
