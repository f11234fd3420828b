# SPDX-License-Identifier: Apache-2.0
# Sends headers of the PROXY protocol, version 2, as a proxy does.
package ClientCert::Test::ProxyProtocol;

=head1 SYNOPSIS

    use ClientCert::Test::ProxyProtocol;

    my $proxy = proxy_sender($h->port, proxy_header(cert => 'alice'));
    $proxy->get('/', scheme => 'http');         # as of ClientCert::Test::Client
    $proxy->connection(...);                    # TLS inside the connection of the proxy

    my $answer = converse($h->port, proxy_header(local => 1) . "GET / HTTP/1.0\r\n\r\n");

C<proxy_header> returns the octets of a header. Options:

    cert   => NAME              a certificate of t/ca, or its DER, in PP2_TYPE_SSL
    client => 7, verify => 0    the flags and the result of the verification there
    inside => [TLV, ...]        further TLVs there
    ssl    => 0                 without PP2_TYPE_SSL
    more   => [TLV, ...]        further TLVs of the header
    crc    => 1                 a CRC32C; -1: a wrong one
    ipv6   => 1                 addresses of IPv6; both are those of client_address
    source => ADDRESS           the address of the client; for IPv4
    local  => 1                 the command LOCAL, without addresses
    from   => 0x21              another version and command

C<tlv(TYPE, VALUE)> makes a TLV, C<cut(HEADER, COUNT)> removes octets from its end and corrects its
length. C<client_address(ipv6)> is the address of the client that the headers have.

C<proxy_sender(PORT, HEADER, pieces =E<gt> N, pause =E<gt> S)> is a proxy, a process of the test: it
passes each connection on to PORT of 127.0.0.1, begins it with these octets, N of them at once with a
pause of S seconds after each, and copies what both sides send. C<progress> is the number of octets
of the header that it has sent on the last connection.

C<converse(PORT, OCTETS)> sends octets, and returns what the server sends until it ends the
connection. ends => 1: the client ends its side before.

Both take from => ADDRESS, another address of this machine than 127.0.0.1.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(AF_INET6 IPPROTO_TCP TCP_NODELAY inet_aton inet_pton);
use Time::HiRes qw(sleep);

use ClientCert::Test::File;
use ClientCert::Test::Forwarded qw(ders);
use parent qw(ClientCert::Test::Ca ClientCert::Test::Client);

our @EXPORT = qw(client_address converse cut proxy_header proxy_sender tlv);

my $signature = "\r\n\r\n\0\r\nQUIT\n";
my @running;

# ---- headers

sub client_address { my ($ipv6) = @_; return $ipv6 ? '2001:db8::7' : '192.0.2.7' }

sub tlv { my ($type, $value) = @_; return pack 'Cn/a*', $type, $value }

sub _addresses {
    my ($ipv6, $source) = @_;
    my $address = $ipv6 ? inet_pton(AF_INET6, client_address(1))
        : inet_aton($source // client_address());
    return $address x 2 . pack 'nn', 40000, 443;
}

sub _ssl {
    my (%o) = @_;
    my $der = !defined $o{cert} ? undef : $o{cert} =~ /^0/ ? $o{cert} : (ders($o{cert}))[0];
    my $client = $o{client} // (defined $der ? 7 : 1);
    return tlv(0x20, pack('CN', $client, $o{verify} // 0) . tlv(0x21, 'TLSv1.3')
        . join '', @{ $o{inside} // [] }, defined $der ? tlv(0x28, $der) : ());
}

# RFC 4960, appendix B.
sub _crc32c {
    my ($octets) = @_;
    my $crc = 0xffffffff;
    for my $octet (unpack 'C*', $octets) {
        $crc ^= $octet;
        $crc = $crc & 1 ? $crc >> 1 ^ 0x82f63b78 : $crc >> 1 for 1 .. 8;
    }
    return $crc ^ 0xffffffff;
}

sub _with_length {
    my ($octets) = @_;
    substr $octets, 14, 2, pack 'n', length($octets) - 16;
    return $octets;
}

sub cut { my ($header, $count) = @_; return _with_length(substr $header, 0, -$count) }

sub proxy_header {
    my (%o) = @_;
    my ($command, $family) = $o{local} ? (0x20, 0) : (0x21, $o{ipv6} ? 0x21 : 0x11);
    my $start = $signature . pack('CCn', $o{from} // $command, $family, 0)
        . ($o{local} ? '' : _addresses(@o{qw(ipv6 source)}));
    my $tlvs = join '', ($o{ssl} // !$o{local}) ? _ssl(%o) : (), @{ $o{more} // [] };
    return _with_length($start . $tlvs) if !$o{crc};
    my $crc = _crc32c(_with_length($start . tlv(3, "\0" x 4) . $tlvs));
    return _with_length($start . tlv(3, pack 'N', $o{crc} > 0 ? $crc : $crc ^ 1) . $tlvs);
}

# ---- connections

sub _connect {
    my ($port, $from) = @_;
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port,
        LocalAddr => $from // '127.0.0.1')
        or die "port $port: $!\n";
    setsockopt $server, IPPROTO_TCP, TCP_NODELAY, 1;
    return $server;
}

sub converse {
    my ($port, $octets, %o) = @_;
    my $server = _connect($port, $o{from});
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "port $port: the connection does not end\n" };
    alarm 60 * ($ENV{CC_SLOW} // 1);
    my ($at, $answer) = (0, '');
    while ($at < length $octets) {
        $at += syswrite($server, $octets, length($octets) - $at, $at) // last;
    }
    shutdown $server, 1 if $o{ends};
    1 while sysread $server, $answer, 65536, length $answer;
    alarm 0;
    return $answer;
}

sub proxy_sender {
    my ($port, $header, %o) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64, ReuseAddr => 1)
        or die "proxy: $!\n";
    my $self = bless { to => $port, header => $header, pieces => length($header) || 1, pause => 0, %o,
        port => $listener->sockport, dir => tempdir('clientcert-proxy-XXXXXX', TMPDIR => 1,
        CLEANUP => 1) }, __PACKAGE__;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        $self->_serve($listener);
    }
    push @running, $pid;
    return $self;
}

sub port { my ($self) = @_; return $self->{port} }

sub progress { my ($self) = @_; return length read_if_there("$self->{dir}/progress") }

# Each connection has a process, which must not run the END blocks of the test.
sub _serve {
    my ($self, $listener) = @_;
    local $SIG{CHLD} = 'IGNORE';
    local $SIG{PIPE} = 'IGNORE';
    while (1) {
        my $client = $listener->accept or next;
        my $pid = fork;
        if (defined $pid && !$pid) {
            alarm 120 * ($ENV{CC_SLOW} // 1);
            eval { $self->_pass($client, _connect(@$self{qw(to from)})); 1 } or warn $@;
            POSIX::_exit(0);
        }
    }
}

sub _pass {
    my ($self, $client, $server) = @_;
    $self->_begin($server) or return;
    my $select = IO::Select->new($client, $server);
    while (my @ready = $select->can_read) {
        for my $from (@ready) {
            sysread $from, my $octets, 65536 or return;
            my $to = $from == $client ? $server : $client;
            print $to $octets;
            $to->flush;
        }
    }
    return;
}

# False if the server ends the connection meanwhile.
sub _begin {
    my ($self, $server) = @_;
    my $ended = IO::Select->new($server);
    open my $progress, '>', "$self->{dir}/progress" or die "$self->{dir}/progress: $!\n";
    for my $piece (unpack "(a$self->{pieces})*", $self->{header}) {
        syswrite $server, $piece or return 0;
        syswrite $progress, $piece;
        return 0 if $self->{pause} && $ended->can_read($self->{pause});
    }
    return 1;
}

END {
    local $?;
    kill 'TERM', @running;
    waitpid $_, 0 for @running;
}

1;
