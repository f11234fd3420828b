# SPDX-License-Identifier: Apache-2.0
# Runs a back end that shows the request that a proxy sent to it, octet by octet.
package ClientCert::Test::Backend;

=head1 SYNOPSIS

    use ClientCert::Test::Backend;

    my $http  = backend('http');          # or ajp, fcgi, scgi, uwsgi
    my $proxy = 'ProxyPass "/app" "' . $http->url . '"';

A separate process that answers every request with the request itself: head and body of HTTP
unchanged ("Name: value" lines), or the variables of the other protocols ("NAME=value" lines); of
AJP, the texts, one on a line. It ends with the test.

=cut

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET ();
use POSIX ();

our @EXPORT = qw(backend);

my %answers = (ajp => \&_ajp, http => \&_http, fcgi => \&_fcgi, scgi => \&_scgi, uwsgi => \&_uwsgi);
my @running;

sub backend {
    my ($protocol) = @_;
    my $answer = $answers{$protocol} // die "no protocol $protocol\n";
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 64, ReuseAddr => 1)
        or die "back end: $!\n";
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
        _serve($listener, $answer);
    }
    push @running, $pid;
    return bless { protocol => $protocol, port => $listener->sockport }, __PACKAGE__;
}

sub url  { my ($self) = @_; return "$self->{protocol}://127.0.0.1:$self->{port}/" }
sub port { my ($self) = @_; return $self->{port} }

# One request for each connection. Each connection has a process, so that none waits for another.
# These processes must not run the END blocks of the test, which end its servers.
sub _serve {
    my ($listener, $answer) = @_;
    local $SIG{CHLD} = 'IGNORE';
    while (1) {
        my $socket = $listener->accept or next;
        my $pid = fork;
        if (defined $pid && !$pid) {
            alarm 60 * ($ENV{CC_SLOW} // 1);
            eval { _converse($socket, $answer); 1 } or warn $@;
            POSIX::_exit(0);
        }
    }
}

sub _converse {
    my ($socket, $answer) = @_;
    $answer->($socket);
    $socket->shutdown(1);
    1 while sysread $socket, my $rest, 4096;
    return;
}

# Exactly this number of octets, or all octets until the end.
sub _take {
    my ($socket, $size) = @_;
    my $taken = '';
    while (length $taken < $size) {
        sysread $socket, $taken, $size - length $taken, length $taken or last;
    }
    return $taken;
}

sub _until {
    my ($socket, $end) = @_;
    my $taken = '';
    while ($taken !~ $end) {
        sysread $socket, $taken, 1, length $taken or last;
    }
    return $taken;
}

# A body in chunks, with its trailers, unchanged.
sub _chunks {
    my ($socket) = @_;
    my $taken = '';
    while ((length $taken > 4096 ? substr $taken, -4096 : $taken) !~ /(?:^|\n)0\r\n(?:.+\n)*\r\n$/) {
        sysread $socket, $taken, 65536, length $taken or last;
    }
    return $taken;
}

sub _body {
    my ($head) = @_;
    return "Content-Type: text/plain\r\n\r\n$head";
}

sub _variables {
    my %env = @_;
    return join '', map { "$_=$env{$_}\n" } sort keys %env;
}

sub _http {
    my ($socket) = @_;
    my $head = _until($socket, qr/\r\n\r\n$/);
    my $body = $head =~ /^content-length: *(\d+)/im ? _take($socket, $1)
        : $head =~ /^transfer-encoding: *chunked/im  ? _chunks($socket)
        :                                              '';
    syswrite $socket, "HTTP/1.1 200 OK\r\nConnection: close\r\n" . _body($head . $body);
    return;
}

sub _scgi {
    my ($socket) = @_;
    my ($size) = _until($socket, qr/:/) =~ /(\d+)/;
    my %env = _take($socket, $size // 0) =~ /([^\0]*)\0([^\0]*)\0/g;
    syswrite $socket, "Status: 200 OK\r\n" . _body(_variables(%env));
    return;
}

sub _uwsgi {
    my ($socket) = @_;
    my (undef, $size) = unpack 'Cv', _take($socket, 4);
    my %env = unpack '(v/a)*', _take($socket, $size // 0);
    syswrite $socket, "HTTP/1.0 200 OK\r\n" . _body(_variables(%env));
    return;
}

# A length of FastCGI: an octet, or four of which the first bit is set.
sub _length {
    my ($params) = @_;
    my ($first) = unpack 'C', $$params;
    return unpack 'C', substr $$params, 0, 1, '' if $first < 128;
    return 0x7fffffff & unpack 'N', substr $$params, 0, 4, '';
}

sub _fcgi {
    my ($socket) = @_;
    my ($params, $id, %env) = ('', 1);
    while (length(my $head = _take($socket, 8)) == 8) {
        my (undef, $type, $request, $size, $padding) = unpack 'CCnnC', $head;
        my $content = substr _take($socket, $size + $padding), 0, $size;
        $id = $request;
        $params .= $content if $type == 4;
        last if $type == 5 && !$size;    # the end of the body
    }
    while (length $params) {
        my ($name, $value) = (_length(\$params), _length(\$params));
        $name = substr $params, 0, $name, '';
        $env{$name} = substr $params, 0, $value, '';
    }
    my $text = "Status: 200 OK\r\n" . _body(_variables(%env));
    syswrite $socket, join '', pack('CCnnCx', 1, 6, $id, length $text, 0), $text,
        pack('CCnnCx', 1, 6, $id, 0, 0), pack('CCnnCxNx4', 1, 3, $id, 8, 0, 0);
    return;
}

# A packet with the request, without a body; answered by three: header, body, end.
sub _ajp {
    my ($socket) = @_;
    my (undef, $size) = unpack 'nn', _take($socket, 4);
    my $text = join "\n", _take($socket, $size // 0) =~ /([[:print:]\s]{2,})/g;
    syswrite $socket, join '', map { 'AB' . pack 'n/a*', $_ } pack('Cnn/a*xn', 4, 200, 'OK', 0),
        pack('Cn/a*x', 3, $text), pack('CC', 5, 0);
    return;
}

END {
    local $?;
    kill 'TERM', @running;
    waitpid $_, 0 for @running;
}

1;
