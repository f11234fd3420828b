# SPDX-License-Identifier: Apache-2.0
# The rows about tables: what it costs to load, to hold and to ask one.
package TableRows;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use Counting;
use OtherServers ();
use Programs;
use Report;

# A thousand keys are looked up, from the first row to the last: see tables.c.
sub rows     { return smoke() ? 1_000 : 1_000_000 }
sub last_row { return rows() - rows() / 1_000 }

# A key is the SHA-256 of its number.
sub key_of   { my ($number) = @_; return sha256_hex($number) }
sub value_of { my ($number) = @_; return sprintf 'user%06d group%d', $number, $number % 100 }

sub write_table {
    my ($path) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print $out key_of($_), ' ', value_of($_), "\n" for 0 .. rows() - 1;
    close $out or die "$path: $!\n";
    return;
}

sub per_lookup {
    my ($table) = @_;
    my $wanted = value_of(last_row());
    return slope(sub { count_of('main', qr/^$wanted$/, made('tables'), 'ask', $table, $_[0]) },
        1_000, 101_000, 201_000);
}

sub show {
    my $table = made('tables.rows');
    write_table($table);
    my ($octets, @unsorted) = split ' ', command(made('tables'), 'load', $table, 5);
    my @seconds = sort { $a <=> $b } @unsorted;
    my @others  = map {
        [OtherServers::cost($_, made(), $table, 5, key_of(last_row()), value_of(last_row()))]
    } qw(haproxy nginx);
    heading(thousands(rows()) . ' rows of a table', 'HAProxy / nginx');
    row_within('seconds to load them, best of 5', others(\&fraction, map { $_->[1] } @others),
        $seconds[0], 0.15, \&seconds);
    row('  median of 5', others(\&fraction, map { $_->[3] } @others), seconds($seconds[2]));
    row_within('millions of octets, resident',
        others(\&thousands, map { defined $_->[0] ? $_->[0] / 1e6 : undef } @others),
        $octets / 1e6, 80, \&thousands);
    row_within('instructions of a lookup', '', per_lookup($table), 1000, \&thousands);
    unlink $table;
    return;
}

1;
