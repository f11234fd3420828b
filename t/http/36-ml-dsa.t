# SPDX-License-Identifier: Apache-2.0
# Tests certificates with ML-DSA keys (FIPS 204), and those of CAs with such keys, in a handshake
# and in rules.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;

my %bits = ('ML-DSA-44' => 10496, 'ML-DSA-65' => 15616, 'ML-DSA-87' => 20736);

plan skip_all => 'this OpenSSL has no ML-DSA, as before 3.5'
    if `openssl list -public-key-algorithms` !~ /ML-DSA-44/;

my (%ca, %client);
my $is_ca = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n"
    . 'subjectKeyIdentifier = hash';
for my $kind (sort keys %bits) {
    $ca{$kind} = certificate("ca-$kind", "/O=Example/CN=$kind CA", key => $kind, self => 1,
        extension => $is_ca);
    $client{$kind} = certificate("client-$kind", "/O=Example/CN=client-$kind", key => $kind,
        issuer => $ca{$kind});
}
my $other = certificate('client-other', '/O=Example/CN=client-other', key => 'ML-DSA-65',
    issuer => $ca{'ML-DSA-65'}, serial => '1235');
my $foreign = certificate('client-foreign', '/O=Example/CN=client-ML-DSA-44', key => 'ML-DSA-44',
    issuer => $client{'ML-DSA-44'});
my $mixed = certificate('client-mixed', '/O=Example/CN=client-mixed', issuer => $ca{'ML-DSA-87'});

sub site {
    my ($port, @lines) = @_;
    return join "\n", "<VirtualHost *:$port>", 'ServerName localhost', '@SSL@',
        'SSLVerifyClient optional', 'SSLCACertificateFile conf/clients.pem', @lines,
        'Header always set User "expr=%{REMOTE_USER}"',
        q(Header always set Groups "expr=%{clientcert:group}"), '</VirtualHost>', '';
}

my $crl = ClientCert::Test::Crl->new($ca{'ML-DSA-65'});
$crl->revoke($other);
my $h = ClientCert::Test->server(
    modules => ['headers'],
    global  => session_conf('tickets'),
    files   => {
        'conf/clients.pem' => join('', map { read_file("$ca{$_}.pem") } sort keys %ca),
        'conf/65.crl'      => $crl->crl,
    },
    conf => site('@PORT@',
        (map { "ClientCertMap key.type == $_ key.bits == $bits{$_} signature.algorithm == $_ "
                    . 'user=%{subject.CN} group=%{key.type}' } sort keys %bits),
        'ClientCertMap key.type == EC signature.algorithm == ML-DSA-87 user=%{subject.CN}')
        . site('@PORT2@', 'ClientCertCRL conf/65.crl', 'ClientCertMap user=%{subject.CN}'));

sub seen {
    my ($response) = @_;
    return join ' ', $response->{status}, map { $response->{headers}{$_} // '-' } qw(user groups);
}

announce('CC0104', 'CC0106', 'CC0110');

for my $kind (sort keys %bits) {
    my $first = full($h, '/', cert => $client{$kind}, tls => '1.3');
    is seen($first), "200 client-$kind $kind", "$kind: the certificate is verified and mapped";
    my $again = resumed($h, $first, '/', tls => '1.3');
    is join(' ', $again->{reused}, seen($again)), "1 200 client-$kind $kind",
        "$kind: a resumed session has its verdict";
}
is seen($h->s_client(tls => '1.3', get => '/', cert => $mixed)), '200 client-mixed ',
    'an EC key that an ML-DSA key has signed is mapped';

is_refused_in_handshake($h, $foreign, 'it was issued by .*: no such CA is trusted here',
    'a certificate issued by an ML-DSA CA that is not trusted is refused', tls => '1.3');

is seen($h->s_client(tls => '1.3', get => '/', cert => $client{'ML-DSA-65'}, port => 2)),
    '200 client-ML-DSA-65 ', 'a CRL that an ML-DSA key has signed is accepted';
is_refused_in_handshake($h, $other, 'it was revoked on .*', 'and revokes what it lists',
    tls => '1.3', port => 2);

done_testing;
