# SPDX-License-Identifier: Apache-2.0
# Tests that a client keeps its identity in a resumed session if only the client has the
# intermediate certificate.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Session;

sub output_of {
    my ($command) = @_;
    my $output = `$command`;
    return $output =~ /([0-9A-Fa-f:]{64,})$/m ? $1 : die "$command: no digest\n";
}

my $ca = ClientCert::Test->ca;
sub digest_of { return output_of("openssl x509 -in $ca/$_[0].pem -noout -sha256 -fingerprint") }

sub key_digest_of {
    return output_of("openssl x509 -in $ca/$_[0].pem -noout -pubkey |"
            . ' openssl pkey -pubin -outform DER | openssl dgst -sha256');
}

my ($issuer, $issuer_key) = (digest_of('deep-ca'), key_digest_of('deep-ca'));
my ($other, $other_key)   = (digest_of('staff'), key_digest_of('staff'));

my $conf = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    ClientCertMap issuer == "CN=Department CA,O=Example" group=name
    ClientCertMap ca.sha256 == $issuer group=certificate
    ClientCertMap ca.spki.sha256 == $issuer_key group=key
    ClientCertMap ca.sha256 == $other group=other
    ClientCertMap ca.spki.sha256 == $other_key group=other
    ClientCertMap issuer == "CN=Staff CA,O=Example" group=staff
    Header always set Who "expr=%{REMOTE_USER}: %{reqenv:CLIENTCERT_GROUPS}"
</VirtualHost>
CONF

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => ['headers'],
        global  => session_conf($store),
        conf    => $conf);
    for my $tls ('1.2', '1.3') {
        my $first = full($h, '/', cert => 'deep', tls => $tls);
        is $first->{headers}{who}, 'deep: name,certificate,key',
            "TLS $tls, $store: its issuer counts by name, certificate and key";
        my $again = $first;
        for my $time (1 .. 2) {
            $again = resumed($h, $again, '/', tls => $tls);
            is $again->{headers}{who}, 'deep: name,certificate,key',
                "TLS $tls, $store: and in a session that is resumed $time times";
            ok $again->{reused}, 'which was resumed indeed';
        }
        my $flat = full($h, '/', cert => 'alice', tls => $tls);
        is $flat->{headers}{who}, 'alice: other,staff',
            "TLS $tls, $store: an issuer that the server holds counts by all three";
        is resumed($h, $flat, '/', tls => $tls)->{headers}{who}, 'alice: other,staff',
            'and in a resumed session';
    }
}

done_testing;
