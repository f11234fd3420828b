# SPDX-License-Identifier: Apache-2.0
# Runs clients that connect again and again, and notes when each request began and ended, and as whom.
package ClientCert::Test::Prober;

=head1 SYNOPSIS

    use ClientCert::Test::Prober;

    my $prober = ClientCert::Test::Prober->start($h, '/page', 5, cert => 'alice', tls => '1.3');
    ...
    for my $note ($prober->finish) {    # in the order of time
        $note->{connected};             # when its connection began, in seconds since 1970,
        $note->{began};                 # when the request was sent,
        $note->{ended};                 # and when its response, or the end of the connection, was read
        $note->{status};                # 0: there was no response, as after a failed handshake
        $note->{user};                  # the response header User
        $note->{resumed};               # 1 if the TLS session was resumed (response header Resumed)
    }

Each connection has this number of requests, with pauses between them, and offers the session of the
one before. A connection without a response is followed by one without a session. The options are those
of connection in L<ClientCert::Test::Client>.

=cut

use strict;
use warnings;

use File::Temp ();
use POSIX ();
use Time::HiRes qw(sleep time);

use ClientCert::Test::File;

use constant PAUSE => 0.02;

sub start {
    my ($class, $h, $path, $requests, %o) = @_;
    my $self = bless { h => $h, path => $path, requests => $requests, o => \%o, dir => File::Temp->newdir }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    return $self if $self->{pid};
    $self->_work;
    POSIX::_exit(0);
}

sub _work {
    my ($self) = @_;
    open my $notes, '>', "$self->{dir}/notes" or POSIX::_exit(1);
    my $session = "$self->{dir}/session";
    until (-e "$self->{dir}/stop") {
        my @offered = -s $session ? ('-sess_in', $session) : ();
        my $began   = time;
        my $c = $self->{h}->connection(%{ $self->{o} }, args => [@offered, '-sess_out', $session]);
        my $answered = $self->_requests($c, $began, $notes);
        $c->close;
        unlink $session if !$answered;
    }
    close $notes or POSIX::_exit(1);
    return;
}

# The requests of a connection, until one is not answered.
sub _requests {
    my ($self, $c, $connected, $notes) = @_;
    for my $n (1 .. $self->{requests}) {
        my $began    = time;
        my $response = $c->request($self->{path});
        my %header   = %{ $response->{headers} };
        print {$notes} join(' ', $connected, $began, time, $response->{status},
            ($header{resumed} // '') eq 'Resumed' ? 1 : 0, $header{user} // ''), "\n";
        return $n > 1 if $response->{status} == 0;
        return 1 if ($header{connection} // '') =~ /close/i;
        sleep PAUSE;
    }
    return 1;
}

sub finish {
    my ($self) = @_;
    write_file("$self->{dir}/stop", '');
    waitpid delete $self->{pid}, 0;
    die "a client ended with status $?\n" if $? != 0;
    my @names = qw(connected began ended status resumed user);
    return map { my %note; @note{@names} = split / /, $_, -1; \%note }
        split /\n/, read_file("$self->{dir}/notes");
}

1;
