# SPDX-License-Identifier: Apache-2.0
# Tests a WebSocket of a client with a pinned key: a table that keeps no answers is asked once a
# second at most, and a row that is removed ends the tunnel.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Metrics;
use ClientCert::Test::Service;
use ClientCert::Test::Tunnel;
use ClientCert::Test::Waiting;

my $acme = certificate('acme', '/CN=acme', self => 1, extension => 'basicConstraints = critical,CA:TRUE');
my ($key) = `openssl x509 -in $acme.pem -noout -pubkey |
    openssl pkey -pubin -outform DER | openssl dgst -sha256 -r` =~ /^(\w+)/;

my $redis = ClientCert::Test::Service->redis;
$redis->ask('SET', "pin:$key", 'acme');
my $port = $redis->port;
my $to   = tunnel_backend();

announce('CC0104', 'CC0110', 'CC0138', qr/CC07\d\d/, 'AH01630', 'AH03307', qr/AH0(?:1979|1980|1984|2021|1909|2039)/);

my $h = ClientCert::Test->server(
    modules => ['proxy', 'proxy_http', 'proxy_wstunnel'],
    conf    => <<"CONF");
ClientCertTable keys redis:127.0.0.1:$port/pin: ttl=0 negative_ttl=0
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertPinned keys
    ClientCertMap key.bits > 0 user=somebody
    ProxyPass /ws http://127.0.0.1:$to/ upgrade=websocket
    <Location "/ws">
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF

sub lookups {
    return metric(read_metrics($h->get('/metrics', port => 2)->{body}), 'clientcert_table_lookups_total', table => 'keys');
}

my $socket = open_tunnel($h, $acme, '/ws');
is echo($socket, 'one'), 'echo one', 'it works';
my ($before, $began) = (lookups(), time);
my $echoed = grep { echo($socket, $_) eq "echo $_" } 1 .. 100;
my $seconds = time - $began + 1;
is $echoed, 100, 'also a hundred times';
cmp_ok lookups() - $before, '<=', $seconds + 1, 'with a query for each second at most';
$redis->ask('DEL', "pin:$key");
ok wait_until(sub { echo($socket, 'more') !~ /more/ }), 'without its row, no octet passes';
ok ends($socket), 'and the connection ends';

done_testing;
