# SPDX-License-Identifier: Apache-2.0
# Tests what follows a PROXY header in the same packet, headers that never end, connections that are
# reset, and another protocol than HTTP behind the filter.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::ProxyProtocol;

use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);

announce('AH10184', 'AH10634');

my $excepted = '127.0.0.3';
my $common   = <<"CONF";
    RemoteIPProxyProtocol On
    ClientCertHeader proxy-protocol
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCA \@CA\@/clients.pem depth=4
    ClientCertMap subject.CN =~ "(.+)" user=\$1
CONF
my $h = ClientCert::Test->server(modules => [qw(echo headers remoteip)], conf => <<"CONF");
RemoteIPProxyProtocolExceptions $excepted
<VirtualHost *:\@PORT\@>
    $common
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    $common
    ProtocolEcho On
</VirtualHost>
CONF
my $alice = proxy_header(cert => 'alice');
my ($next, $last) = map { "GET / HTTP/1.1\r\nHost: localhost\r\n$_\r\n" } '', "Connection: close\r\n";

sub users { return join ' ', converse($h->port, @_) =~ /^User: (.*?)\r$/mg }

is users($alice . $next x 3 . $last), 'alice alice alice alice', 'requests in the packet of the header';
is users("$alice\r\n\r\n$last"), 'alice', 'empty lines before the first one';

# ---- another protocol

my $lines = "one\ntwo\n" . 'x' x 100_000 . "\n";
is converse($h->port(2), $alice . $lines, ends => 1), $lines, 'a protocol that reads lines';
for my $text ($lines, "\n", "\r\n", "\r\n\r", 'P', 'PRO', "PROXY\n", 'hello') {
    my $name = substr($text, 0, 9) =~ s/([\r\n])/sprintf '\\x%02x', ord $1/ger;
    is converse($h->port(2), $text, ends => 1, from => $excepted), $text,
        "$name: of a peer without a PROXY header, no octet is lost";
}

# ---- connections that are reset, or wait

sub begins {
    my ($octets) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port) or die "$!\n";
    $socket->blocking(0);
    syswrite $socket, $octets;
    return $socket;
}

for my $length (map { 10 * $_ } 0 .. 20) {
    my $socket = begins(substr $alice, 0, $length);
    setsockopt $socket, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    close $socket;
}
my $endless = substr($alice, 0, 14) . "\xff\xff" . "\0" x 60_000;
my @waiting = map { begins($endless) } 1 .. 10;
is users($alice . $last), 'alice', 'others are served';
close $_ for @waiting;

done_testing;
