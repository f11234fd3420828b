# SPDX-License-Identifier: Apache-2.0
# Tests that a WebSocket ends with the identity of the client that opened it: before the next octet
# in either direction, after a revocation and when its handshake is too old.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Crl;
use ClientCert::Test::Tunnel;

use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my $age  = 3 * $slow;
my $to   = tunnel_backend();

my ($staff, $root) = map { ClientCert::Test::Crl->new($_) } 'staff', 'root';
announce('CC0104', 'CC0110', 'AH01630');
announce('AH03307');    # mod_proxy, when output of the back end is no longer accepted
my $h = ClientCert::Test->server(
    modules => ['proxy', 'proxy_http', 'proxy_wstunnel', 'rewrite'],
    files   => { 'conf/staff.crl' => $staff->crl, 'conf/root.crl' => $root->crl },
    conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertCRL conf/staff.crl conf/root.crl reload=0.1
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    ProxyPass /ws http://127.0.0.1:$to/ upgrade=websocket
    ProxyPass /old ws://127.0.0.1:$to/
    <Directory \@ROOT\@/htdocs>
        RewriteEngine on
        RewriteRule ^moved\$ /ws/ [L]
    </Directory>
    <Location "/ws">
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMaxAge $age
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    ProxyPass /ws http://127.0.0.1:$to/ upgrade=websocket
</VirtualHost>
CONF

my @paths = qw(ws old moved);    # an internal redirect leads to the last one
my %open = map { $_ => open_tunnel($h, 'alice', "/$_") } @paths;
is echo($open{$_}, 'one'), 'echo one', "$_: it works" for @paths;
my $pushed = open_tunnel($h, 'alice', '/ws');
is echo($pushed, 'push') =~ s/pushed//gr, 'echo push', 'a back end that speaks for itself';
my $other = open_tunnel($h, 'bob', '/ws');

$staff->revoke('alice');
replace($h->path('conf/staff.crl'), $staff->crl);
ok $h->wait_log(qr/CC0173/), 'she is revoked';
sleep 0.5 * $slow;    # each child has to check the file
for my $path (@paths) {
    unlike echo($open{$path}, 'two'), qr/two/, "$path: no further octet";
    ok ends($open{$path}), 'and its end';
}
ok ends($pushed), 'output of the back end no longer reaches her';
is echo($other, 'one'), 'echo one', 'the connection of another client continues';

my $too_old = time + $age;
my $aged = open_tunnel($h, 'alice', '/ws', $h->port(2));
is echo($aged, 'one'), 'echo one', 'ClientCertMaxAge: a young one';
before_ok($too_old, 'before it is too old');
sleep $age + 1.1;
is echo($aged, 'two'), '', 'has an end too';

close $_ for values %open, $pushed, $other, $aged;
done_testing;
