# SPDX-License-Identifier: Apache-2.0
# Tests that a WebSocket ends with the identity of the client that opened it: before the next octet
# in either direction, after a revocation and when its handshake is too old.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::SSL;
use POSIX ();
use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
$SIG{PIPE} = 'IGNORE';

# A back end that accepts every upgrade and then echoes its input; after "push" it sends something
# every tenth of a second.
my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1') or die "listen: $!\n";
my $backend  = fork // die "fork: $!\n";
if ($backend == 0) {
    $SIG{CHLD} = 'IGNORE';
    while (my $client = $listener->accept) {
        fork and next;
        serve($client);
        POSIX::_exit(0);
    }
    POSIX::_exit(0);
}

sub serve {
    my ($client) = @_;
    my $head = '';
    while ($head !~ /\r\n\r\n/) { sysread($client, $head, 4096, length $head) or return }
    syswrite $client,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
    while (sysread $client, my $said, 4096) {
        syswrite $client, "echo $said";
        next if $said ne 'push';
        while (syswrite $client, 'pushed') { sleep 0.1 }
    }
    return;
}

my ($staff, $root) = map { ClientCert::Test::Crl->new($_) } 'staff', 'root';
announce('CC0104', 'CC0110', 'AH01630');
announce('AH03307');    # mod_proxy, when output of the back end is no longer accepted
my $to = $listener->sockport;
my $h  = ClientCert::Test->server(
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
    ClientCertMaxAge @{[ 2 * $slow ]}
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    ProxyPass /ws http://127.0.0.1:$to/ upgrade=websocket
</VirtualHost>
CONF

# A WebSocket, as far as httpd can tell.
sub open_one {
    my ($cert, $path, $port) = @_;
    my $at = $h->ca . "/$cert";
    my $socket = IO::Socket::SSL->new(
        PeerAddr => '127.0.0.1', PeerPort => $port // $h->port, SSL_hostname => 'localhost',
        SSL_verify_mode => 0, SSL_cert_file => "$at.pem", SSL_key_file => "$at.key")
        or die "connect: $IO::Socket::SSL::SSL_ERROR\n";
    print $socket "GET $path HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n",
        "Connection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n";
    my $head = '';
    while ($head !~ /\r\n\r\n/) { sysread($socket, $head, 1, length $head) or last }
    like $head, qr{^HTTP/1\.1 101 }, "$cert, $path: a WebSocket";
    return $socket;
}

# The next data; '' is the end of the connection.
sub hear {
    my ($socket) = @_;
    my $ready = $socket->pending || IO::Select->new($socket)->can_read(10 * $slow);
    return 'nothing' if !$ready;
    my $heard = '';
    sysread $socket, $heard, 4096;
    return $heard;
}

sub echo { my ($socket, $text) = @_; syswrite $socket, $text; return hear($socket) }

# Whether the connection ends, and the data that was on its way before.
sub ends {
    my ($socket) = @_;
    my $until = time + 10 * $slow;
    while (time < $until) { return 1 if hear($socket) eq '' }
    return 0;
}

my @paths = qw(ws old moved);    # an internal redirect leads to the last one
my %open = map { $_ => open_one('alice', "/$_") } @paths;
is echo($open{$_}, 'one'), 'echo one', "$_: it works" for @paths;
my $pushed = open_one('alice', '/ws');
is echo($pushed, 'push') =~ s/pushed//gr, 'echo push', 'a back end that speaks for itself';
my $other = open_one('bob', '/ws');

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

my $aged = open_one('alice', '/ws', $h->port(2));
is echo($aged, 'one'), 'echo one', 'ClientCertMaxAge: a young one';
sleep 2 * $slow + 1.1;
is echo($aged, 'two'), '', 'has an end too';

close $_ for values %open, $pushed, $other, $aged;
kill 'TERM', $backend;
waitpid $backend, 0;
done_testing;
