# SPDX-License-Identifier: Apache-2.0
# Opens WebSockets through a server to a back end, and sees whether they still work.
package ClientCert::Test::Tunnel;

=head1 SYNOPSIS

    use ClientCert::Test::Tunnel;

    my $to = tunnel_backend();    # a port, for ProxyPass /ws http://127.0.0.1:$to/ upgrade=websocket
    my $socket = open_tunnel($h, 'alice', '/ws');
    is echo($socket, 'one'), 'echo one', 'it works';
    ok ends($socket), 'it has ended';

The back end accepts every upgrade and then echoes its input; after "push" it sends something every
tenth of a second. It ends with the test. C<open_tunnel> takes a port of the server, and
then header lines, as its last arguments. C<hear> returns the next data, '' at the end of the
connection.

=cut

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use IO::Socket::SSL;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(echo ends hear open_tunnel tunnel_backend);

my $slow = $ENV{CC_SLOW} // 1;
my $backend;

sub _serve {
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

sub tunnel_backend {
    my $listener = IO::Socket::INET->new(Listen => 20, LocalAddr => '127.0.0.1')
        or die "listen: $!\n";
    $SIG{PIPE} = 'IGNORE';
    $backend = fork // die "fork: $!\n";
    return $listener->sockport if $backend;
    $SIG{CHLD} = 'IGNORE';
    while (my $client = $listener->accept) {
        fork and next;
        _serve($client);
        POSIX::_exit(0);
    }
    POSIX::_exit(0);
}

END {
    local $?;
    if ($backend) {
        kill 'TERM', $backend;
        waitpid $backend, 0;
    }
}

# A WebSocket, as far as httpd can tell.
sub open_tunnel {
    my ($h, $cert, $path, $port, @headers) = @_;
    my $at = $cert =~ m{/} ? $cert : $h->ca . "/$cert";
    my $socket = IO::Socket::SSL->new(
        PeerAddr => '127.0.0.1', PeerPort => $port // $h->port, SSL_hostname => 'localhost',
        SSL_verify_mode => 0, SSL_cert_file => "$at.pem", SSL_key_file => "$at.key")
        or die "connect: $IO::Socket::SSL::SSL_ERROR\n";
    print $socket "GET $path HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n",
        (map { "$_\r\n" } @headers),
        "Connection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n";
    my $head = '';
    while ($head !~ /\r\n\r\n/) { sysread($socket, $head, 1, length $head) or last }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    like $head, qr{^HTTP/1\.1 101 }, "$cert, $path: a WebSocket";
    return $socket;
}

sub hear {
    my ($socket) = @_;
    my $ready = $socket->pending || IO::Select->new($socket)->can_read(10 * $slow);
    return 'nothing' if !$ready;
    my $heard = '';
    sysread $socket, $heard, 4096;
    return $heard;
}

sub echo { my ($socket, $text) = @_; syswrite $socket, $text; return hear($socket) }

# True if the connection ends, after the data that was on its way before.
sub ends {
    my ($socket) = @_;
    my $until = time + 10 * $slow;
    while (time < $until) { return 1 if hear($socket) eq '' }
    return 0;
}

1;
