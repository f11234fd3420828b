# SPDX-License-Identifier: Apache-2.0
# Waits until something holds.
package ClientCert::Test::Waiting;

=head1 SYNOPSIS

    use ClientCert::Test::Waiting;

    ok wait_until(sub { -e $file }), 'the file appears';    # within half a minute
    wait_until(sub { -e $file }, 5);                        # within 5 s

wait_until returns the last result of its function. CC_SLOW multiplies the time that it waits.

=cut

use strict;
use warnings;

use Exporter qw(import);
use Time::HiRes qw(sleep time);

our @EXPORT = qw(wait_until);

my $slow = $ENV{CC_SLOW} // 1;

sub wait_until {
    my ($holds, $seconds) = @_;
    my $end = time + ($seconds // 30) * $slow;
    my $held;
    sleep 0.05 until $held = $holds->() or time > $end;
    return $held;
}

1;
