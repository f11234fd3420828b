# SPDX-License-Identifier: Apache-2.0
# Shows measured figures beside their budgets, and whether one was exceeded.
package Report;

use strict;
use warnings;

use Exporter qw(import);

use Counting qw(disturbed smoke);

our @EXPORT = qw(fraction heading missed others plus row row_within seconds thousands);

my $missed = 0;

# How many budgets were missed.
sub missed { return $missed }

# ---- the format of numbers

sub thousands {
    my ($number) = @_;
    my $text = sprintf '%.0f', $number;
    1 while $text =~ s/^(-?\d+)(\d{3})/$1,$2/;
    return $text;
}

sub plus { my ($number) = @_; return ($number < 0 ? '- ' : '+ ') . thousands(abs $number) }

sub fraction { my ($number) = @_; return sprintf '%.2f', $number }
sub seconds  { my ($number) = @_; return sprintf '%.3f', $number }

# The figures of several other servers, in one column.
sub others {
    my ($shown, @figures) = @_;
    return join ' / ', map { defined $_ ? $shown->($_) : '-' } @figures;
}

# ---- lines

# Marks a figure whose two counts differ too much.
sub line {
    my (@columns) = @_;
    my $difference = smoke() ? undef : disturbed();
    $columns[-1] .= sprintf ' (counted twice: %.2f %% apart)', 100 * $difference if $difference;
    printf "%-50s | %15s | %12s | %12s | %s\n", @columns;
    return;
}

# The titles of the columns of the next rows.
sub heading {
    my ($what, $others) = @_;
    return line($what, $others, 'ours', 'ours, at most', 'verdict');
}

sub row { my ($what, $stock, $ours) = @_; return line($what, $stock, $ours, '', '') }

# The budget is a number; `shown` formats the numbers of this row.
sub row_within {
    my ($what, $stock, $ours, $budget, $shown) = @_;
    my $is_met = $ours <= $budget;
    return line($what, $stock, $shown->($ours), $shown->($budget), 'not judged') if smoke();
    $missed++ unless $is_met;
    return line($what, $stock, $shown->($ours), $shown->($budget), $is_met ? 'met' : 'MISSED');
}

1;
