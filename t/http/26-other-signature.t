# SPDX-License-Identifier: Apache-2.0
# Tests that a client that re-encodes the signature of its certificate escapes a rule that denies a
# digest of the certificate, but no rule that denies a serial number or a key.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Identity;

use File::Temp qw(tempdir);
use Math::BigInt;

my $alice = ClientCert::Test->ca . '/alice';

sub said_of_alice { my ($command) = @_; return scalar `openssl $command -in $alice.pem` }

# ---- the other form: (r, s) verifies where (r, n - s) does, with n the order of P-256

sub der {
    my ($tag, $content) = @_;
    return length $content < 128 ? pack('CC/a*', $tag, $content)
        : pack('CCn/a*', $tag, 0x82, $content);
}

sub der_integer {
    my ($number) = @_;
    my $octets = $number->to_bytes;
    return der(0x02, (ord $octets < 0x80 ? '' : "\0") . $octets);
}

sub other_form {
    my $cert     = said_of_alice('x509 -outform DER');
    my ($offset) = (split /\n/, said_of_alice('asn1parse'))[-1] =~ /^\s*(\d+):.*BIT STRING/;
    my $signed   = substr $cert, 4, $offset - 4;
    my ($r, $s)  = map { Math::BigInt->from_bytes($_) }
        unpack 'x5 xC/a xC/a', substr $cert, $offset;
    my $n =
        Math::BigInt->from_hex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    return der(0x30,
        $signed . der(0x03, "\0" . der(0x30, der_integer($r) . der_integer($n - $s))));
}

my $twin = tempdir(CLEANUP => 1) . '/twin';
write_file("$twin.der", other_form());
system("openssl x509 -in $twin.der -out $twin.pem") == 0 or die "openssl x509\n";
write_file("$twin.key", read_file("$alice.key"));

# ---- rules that deny the certificate

my ($serial) = said_of_alice('x509 -noout -serial') =~ /=(\w+)/;
my ($sha256) = said_of_alice('x509 -noout -fingerprint -sha256') =~ /=(\S+)/;
my ($spki)   = `openssl x509 -in $alice.pem -noout -pubkey | openssl pkey -pubin -outform DER |
    openssl dgst -sha256 -r` =~ /^(\w+)/;
my %denies = (
    digest => "sha256 == $sha256",
    serial => "issuer == \"CN=Staff CA,O=Example\" serial == $serial",
    key    => "spki.sha256 == $spki",
);

announce('CC0706');    # lint's finding about such rules
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { map { ("htdocs/$_" => "$_\n") } keys %denies },
    conf    => identity_host(join '', map { <<"CONF" } sort keys %denies));
<Location "/$_">
    ClientCertMap $denies{$_} deny
    ClientCertMap user=%{subject.CN}
</Location>
CONF

is_served_to($h->get('/', cert => $_), 'alice', 'the certificate, whose signature verifies')
    for 'alice', $twin;
for my $what (sort keys %denies) {
    is_served_to($h->get("/$what", cert => 'alice'), '', "denied by its $what");
    is_served_to($h->get("/$what", cert => 'bob'), 'bob',
        'which another certificate does not have');
}
is_served_to($h->get('/serial', cert => $twin), '', 'the other form has the same serial number');
is_served_to($h->get('/key', cert => $twin), '', 'and the same key');
is_served_to($h->get('/digest', cert => $twin), 'alice',
    'but another digest, which is why lint warns of such a rule');

done_testing;
