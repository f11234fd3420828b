# SPDX-License-Identifier: Apache-2.0
# Runs many clients that request one page at once, each on its own connection.
package ClientCert::Test::Crowd;

=head1 SYNOPSIS

    use ClientCert::Test::Crowd;

    my $crowd = ClientCert::Test::Crowd->new($h, 12, '/private', cert => 'alice');
    $crowd->waiting;               # how many have no response yet
    my $got = $crowd->statuses;    # waits for all of them: {200 => 10, 500 => 2}

=cut

use strict;
use warnings;

use POSIX ();

use ClientCert::Test::File;

sub new {
    my ($class, $h, $count, $path, %o) = @_;
    my $self = bless { h => $h, clients => [] }, $class;
    for (1 .. $count) {
        my $pid = fork // die "fork: $!\n";
        if ($pid == 0) {
            my $status = $h->get($path, %o, curl => ['--max-time', 100])->{status};
            $h->file("status-$$", $status);
            POSIX::_exit(0);
        }
        push @{ $self->{clients} }, $pid;
    }
    return $self;
}

sub _answer { my ($self, $pid) = @_; return $self->{h}->path("status-$pid") }

sub waiting {
    my ($self) = @_;
    return scalar grep { !-e $self->_answer($_) } @{ $self->{clients} };
}

sub statuses {
    my ($self) = @_;
    my %got;
    for my $pid (@{ $self->{clients} }) {
        waitpid $pid, 0;
        $got{ read_file($self->_answer($pid)) }++;
    }
    return \%got;
}

1;
