# SPDX-License-Identifier: Apache-2.0
# Sends malformed data to the ports of a server, to see that none of its processes dies.
package ClientCert::Test::Disturbance;

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

my $slow = $ENV{CC_SLOW} // 1;

# A TLS 1.3 record that announces a ClientHello of 508 octets, and its first octets.
my $hello = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" . 'r' x 32;

my @said = (
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody",
    "\x00\xff" x 40 . "\r\n\r\n", $hello,
    substr($hello, 0, 7),
);

sub disturb {
    my ($self) = @_;
    return unless $self->{pid};
    for my $port (sort values %{ $self->{ports} }) {
        _say($port, $_) for @said;
    }
    return;
}

# Returns the response. Skips a port without a listener or with a busy server.
sub _say {
    my ($port, $octets) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 1)
        or return '';
    syswrite $socket, $octets;
    shutdown $socket, 1;
    my ($answer, $select, $until) = ('', IO::Select->new($socket), time + 1 * $slow);
    while ($select->can_read($until - time > 0 ? $until - time : 0)) {
        sysread $socket, $answer, 65536, length $answer or last;
    }
    return $answer;
}

1;
