# SPDX-License-Identifier: Apache-2.0
# Runs an HTTP back end of a test, which can break a connection off at any point.
package ClientCert::Test::BreakingBackend;

=head1 SYNOPSIS

    use ClientCert::Test::BreakingBackend;

    my $backend = ClientCert::Test::BreakingBackend->new(sub {
        my ($head) = @_;                      # request line and headers
        return $head =~ /break/ ? undef : 'a body';
    });
    ... ProxyPass / http://127.0.0.1:$port/ ... $backend->port

Keeps its connections open. If the function returns undef, the connection is closed without a
response; if it returns a reference to a text, that text is sent unchanged and the connection is
closed. Each connection is served by a process of its own. The back end ends with the test.

=cut

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();

sub new {
    my ($class, $answer) = @_;
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 20)
        or die "listen: $!\n";
    my $self = bless { port => $listen->sockport, parent => $$ }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    return $self if $self->{pid};
    $SIG{CHLD} = 'IGNORE';
    $SIG{TERM} = $SIG{INT} = 'DEFAULT';
    while (1) {
        my $client = $listen->accept or next;
        next if fork;
        _serve($client, $answer);
        POSIX::_exit(0);
    }
}

sub port { my ($self) = @_; return $self->{port} }

sub _serve {
    my ($client, $answer) = @_;
    my $input = '';
    while (sysread $client, $input, 65536, length $input) {
        while ($input =~ s/^(.*?\r\n\r\n)//s) {
            my $body = $answer->($1);
            return unless defined $body;
            if (ref $body) {
                syswrite $client, $$body;
                return;
            }
            syswrite $client, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                . length($body) . "\r\n\r\n$body";
        }
    }
    return;
}

sub DESTROY {
    my ($self) = @_;
    return unless $self->{pid} && $self->{parent} == $$;
    local ($?, $!);
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

1;
