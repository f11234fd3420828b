# SPDX-License-Identifier: Apache-2.0
# Lets a test whose first part has to be done before a moment start again on a busy machine.
package ClientCert::Test::Deadline;

=head1 SYNOPSIS

    use ClientCert::Test::Deadline;

    my $end = time + 5 * ($ENV{CC_SLOW} // 1);
    ...                                                  # what has to be done before
    before_ok($end, 'all that before it expires');

The module runs the test as a process of its own and prints its output when it has ended. If
C<before_ok> is called too late, that process ends, its output is dropped, and the test starts again
with a CC_SLOW that is three times as large. The last of four attempts is printed in any case.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp;
use POSIX ();
use Test::More ();
use Time::HiRes qw(time);

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(children);

our @EXPORT = qw(before_ok);

use constant {ATTEMPTS => 4, TOO_LATE => 75};

sub before_ok {
    my ($end, $name) = @_;
    if (time >= $end && $ENV{CC_ATTEMPT} < ATTEMPTS) {
        kill 'TERM', children($$);    # perl waits for clients that it reads from
        exit TOO_LATE;
    }
    return Test::More::cmp_ok(time, '<', $end, $name);
}

# The exit status of an attempt, and its output.
sub _attempt {
    my ($number, $slow) = @_;
    my $dir = File::Temp->newdir;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        local @ENV{qw(CC_ATTEMPT CC_SLOW)} = ($number, $slow);
        open STDOUT, '>', "$dir/output" or die "$dir/output: $!\n";
        open STDERR, '>', "$dir/error" or die "$dir/error: $!\n";
        exec $^X, (map { "-I$_" } grep { !ref } @INC), $0, @ARGV or die "$^X: $!\n";
    }
    waitpid $pid, 0;
    return ($?, read_if_there("$dir/output"), read_if_there("$dir/error"));
}

# The process that makes the attempts ends here; that of an attempt goes on with the test.
sub _repeat {
    my ($status, $output, $error) = (0, '', '');
    for my $number (1 .. ATTEMPTS) {
        ($status, $output, $error) = _attempt($number, ($ENV{CC_SLOW} // 1) * 3**($number - 1));
        last if $status >> 8 != TOO_LATE;
    }
    local $| = 1;
    print $output;
    print STDERR $error;
    POSIX::_exit($status & 127 ? 1 : $status >> 8);
}

_repeat() if !$ENV{CC_ATTEMPT} && !$^C;

1;
