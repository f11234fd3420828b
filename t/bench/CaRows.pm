# SPDX-License-Identifier: Apache-2.0
# Measures ClientCertCA: the cost of loading and holding many CAs, and of selecting some of them.
package CaRows;

use strict;
use warnings;

use Counting;
use Programs;
use Report;

sub cas   { return smoke() ? 10 : 1_000 }
sub asked { return smoke() ? 10 : 1_000 }

# For a certificate that the first of the CAs issued, as in each full handshake.
sub per_selection {
    my ($file) = @_;
    my $times = asked();
    return count_of('cc_ca_group_candidates', qr{^$times found$}, made('cas'), 'ask', $file, $times)
        / $times;
}

sub rows_of_a_file {
    my ($kind, $name) = @_;
    my $file = made("cas.$kind");
    command(made('cas'), 'make', $file, $kind, cas());
    my ($held, @unsorted) = split ' ', command(made('cas'), 'load', $file, 5);
    my ($best) = sort { $a <=> $b } @unsorted;
    row_within("seconds to load $name, best of 5", '', $best, 0.1, \&seconds);
    row_within('  thousands of octets, held', '', $held / 1e3, 4000, \&thousands);
    row_within('  instructions to select a CA', '', per_selection($file), 2500, \&thousands);
    unlink $file;
    return;
}

sub show {
    heading(thousands(cas()) . ' CAs', '');
    rows_of_a_file('RSA', 'RSA keys of 2,048 bits');
    rows_of_a_file('EC', 'P-256 keys');
    return;
}

1;
