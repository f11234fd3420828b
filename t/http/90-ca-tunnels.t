# SPDX-License-Identifier: Apache-2.0
# Tests that a WebSocket ends when the CA of its client is removed, before the next octet in either
# direction, and only then.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Tunnel;

announce('CC0104', 'CC0110', 'AH01630');
announce('AH03307');    # mod_proxy, when output of the back end is no longer accepted
my $to = tunnel_backend();
my $h  = ClientCert::Test->server(
    modules => ['headers', 'proxy', 'proxy_http', 'proxy_wstunnel'],
    files   => { 'conf/cas.pem' => pem_of(qw(root staff services)) },
    conf    => ca_host(<<"CONF"));
ClientCertCA conf/cas.pem reload=0.1
SSLVerifyDepth 2
ProxyPass /ws http://127.0.0.1:$to/ upgrade=websocket
<Location "/ws">
    Require clientcert
</Location>
CONF

my $quiet  = open_tunnel($h, 'alice', '/ws');
my $pushed = open_tunnel($h, 'alice', '/ws');
my $other  = open_tunnel($h, 'service', '/ws');
is echo($quiet, 'one'), 'echo one', 'it works';
is echo($pushed, 'push') =~ s/pushed//gr, 'echo push', 'a back end that speaks for itself';

ca_changes($h, 'conf/cas.pem', [qw(root staff services foreign)], qr/added CN=Staff CA,O=Elsewhere /,
    'a CA of the same name is added');
is echo($quiet, 'two'), 'echo two', 'which changes nothing';

ca_changes($h, 'conf/cas.pem', [qw(root services foreign)], qr/removed CN=Staff CA,O=Example /,
    'a CA is removed');
unlike echo($quiet, 'three'), qr/three/, 'no further octet';
ok ends($quiet), 'and the end';
ok ends($pushed), 'output of the back end no longer reaches the client';
is echo($other, 'one'), 'echo one', 'the connection of another client continues';

close $_ for $quiet, $pushed, $other;
done_testing;
