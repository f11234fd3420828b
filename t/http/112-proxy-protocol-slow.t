# SPDX-License-Identifier: Apache-2.0
# Tests that a header of the PROXY protocol that arrives too slowly ends its connection.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::ProxyProtocol;

# mod_remoteip logs that it got no header.
announce('AH10184', 'AH10634');

my $common = <<'CONF';
    ServerName localhost
    RemoteIPProxyProtocol On
    ClientCertTrustedProxy 127.0.0.1
    ClientCertHeader proxy-protocol
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
CONF
my $cas   = 'ClientCertCA @CA@/clients.pem depth=4';
my $never = 'RequestReadTimeout handshake=0 header=0 body=0';
my $h = ClientCert::Test->server(modules => [qw(headers remoteip reqtimeout)], conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    $common
    $cas
    RequestReadTimeout header=3
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    $common
    \@SSL\@
    SSLVerifyClient optional
    RequestReadTimeout handshake=3
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    $common
    $cas
    $never
    Timeout 3
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    $common
    $cas
    $never
</VirtualHost>
CONF

my $header = proxy_header(more => [tlv(4, 'x' x 200)]);
my $alice  = proxy_header(cert => 'alice');
my %limits = (
    'RequestReadTimeout header'          => [1, scheme => 'http'],
    'RequestReadTimeout handshake'       => [2],
    'Timeout, without mod_reqtimeout'    => [3, scheme => 'http'],
);

# No octet takes long, but all of them would take more than 20 seconds.
for my $limit (sort keys %limits) {
    my ($port, @how) = @{ $limits{$limit} };
    my $slow = proxy_sender($h->port($port), $header, pieces => 1, pause => 0.1);
    is $slow->get('/', @how)->{status}, 0, "$limit: the connection of a slow header ends";
    cmp_ok $slow->progress, '<', length $header, 'before all of it was sent';
    is_served_to(proxy_sender($h->port($port), $alice)->get('/', @how), 'alice',
        'others are served');
}
is_served_to(proxy_sender($h->port(4), $alice, pieces => 100, pause => 0.1)
    ->get('/', scheme => 'http'), 'alice', 'one within the limits is served');

done_testing;
