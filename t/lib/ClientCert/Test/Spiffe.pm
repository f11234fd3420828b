# SPDX-License-Identifier: Apache-2.0
# Makes X509-SVIDs, and the bundle documents of trust domains.
package ClientCert::Test::Spiffe;

=head1 SYNOPSIS

    use ClientCert::Test::CaSet;
    use ClientCert::Test::Spiffe;

    my $ca   = authority('a', '/CN=A');
    my $ann  = svid($ca, 'ann', 'spiffe://a.example/ann');              # for cert => $ann
    my $text = bundle_of($ca);                                          # JSON

An SVID is a certificate with the subject CN=NAME. Several URIs may be given: [URI, ...]. usage =>
LINES of openssl.cnf replaces what makes it a leaf. A bundle also has a key for JWT-SVIDs. If the module was
built without Jansson, bundle_of ends the test, as skipped.

=cut

use strict;
use warnings;

use Exporter qw(import);

use ClientCert::Test ();
use ClientCert::Test::CaSet;
use ClientCert::Test::File;

our @EXPORT = qw(bundle_of svid);

my $leaf = "basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature";

sub svid {
    my ($ca, $name, $uris, %o) = @_;
    my $usage = delete $o{usage} // $leaf;
    return client_of($ca, $name, san => join(',', map { "URI:$_" } ref $uris ? @$uris : $uris),
        extension => "$usage\nextendedKeyUsage = serverAuth, clientAuth", %o);
}

sub bundle_of {
    my (@cas) = @_;
    ClientCert::Test->needs('Jansson');
    my @keys = ('{"use": "jwt-svid", "kty": "EC", "kid": "1", "crv": "P-256", "x": "A", "y": "A"}');
    for my $pem (map { pem_of($_) } @cas) {
        my ($body) = $pem =~ /\A-+BEGIN [A-Z ]+-+\n(.*?)-+END/s;
        $body =~ s/\s//g;
        push @keys, qq({"use": "x509-svid", "kty": "EC", "crv": "P-256", "x": "A", "y": "A", "x5c": ["$body"]});
    }
    return '{"keys": [' . join(",\n", @keys) . qq(], "spiffe_sequence": 1, "spiffe_refresh_hint": 300}\n);
}

1;
