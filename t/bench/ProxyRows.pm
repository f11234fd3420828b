# SPDX-License-Identifier: Apache-2.0
# Measures requests whose certificate a trusted proxy has passed on.
package ProxyRows;

use strict;
use warnings;

use ClientCert::Test::Forwarded;
use ClientCert::Test::ProxyProtocol qw(proxy_header);

use CountedServer ();
use Counting;
use Report;
use Setups;

my $mapped  = $three_groups . $no_export;
my $trusted = "ClientCertTrustedProxy 127.0.0.1\n";

# ---- what a proxy sends

# The header that Envoy sends. Its value is different for each number, and the certificate the same.
sub xfcc {
    my ($number) = @_;
    return "X-Forwarded-Client-Cert: By=spiffe://example.com/proxy/$number;"
        . forwarded_value('xfcc', CountedServer->client);
}

# ---- the rows. The smoke test has one of each kind.

sub more {
    my ($what, $with, $without, $budget) = @_;
    row_within("  $what", '', $with - $without, $budget, \&plus);
    return;
}

# Each figure is what the module adds to stock httpd with the same header, beyond what it adds for
# a client of TLS.
sub rows_from_headers {
    my ($added) = @_;
    my @headers = map { xfcc($_) } 1 .. (smoke() ? 3 : 1_000);
    my $stock   = per_request(conf => $granted, headers => [$headers[0]]);
    row('with a certificate in a header', thousands($stock), '');
    my $from = sub {
        per_request(ours => 1, conf => "ClientCertHeader xfcc\n$trusted$mapped", headers => \@_)
    };
    my $without = $stock + $added;
    if (!smoke()) {
        # The proxy's own certificate is looked up too, and the header is found, compared and
        # removed.
        more('the client of the request before', $from->($headers[0]), $without, 1_400);
        more('another client, from the cache', $from->(@headers[0, 1]), $without, 4_300);
    }
    # OpenSSL 3.0 takes 1.6 million to decode the certificate, and 1.9 million to verify two
    # signatures with P-256 keys.
    more('a client for the first time', $from->(@headers), $without, 3_700_000);
    return;
}

sub row_from_proxy_protocol {
    my ($added) = @_;
    my %plain = (plain => 1, modules => ['remoteip']);
    my $conf  = "RemoteIPProxyProtocol On\n";
    my $stock = per_request(%plain, conf => $conf . $granted, begins => proxy_header(ssl => 0));
    row('with the PROXY protocol, without TLS', thousands($stock), '');
    my $ours = per_request(%plain, ours => 1, begins => proxy_header(cert => CountedServer->client),
        conf => "${conf}ClientCertHeader proxy-protocol\n$trusted"
            . "ClientCertCA \@CA\@/clients.pem depth=2\n$mapped");
    more('with a certificate in its header', $ours, $stock + $added, 1_100);
    return;
}

sub show {
    heading('instructions of a request', 'stock');
    my $stock = per_request(conf => $granted);
    row('bare request, SSLVerifyClient require', thousands($stock), '');
    my $ours = per_request(ours => 1, conf => $mapped);
    row('  user, three groups, Require clientcert-group', '', plus($ours - $stock));
    rows_from_headers($ours - $stock);
    row_from_proxy_protocol($ours - $stock);
    return;
}

1;
