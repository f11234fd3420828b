# SPDX-License-Identifier: Apache-2.0
# Measures tables: the cost of loading, holding and searching one.
package TableRows;

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);

use Time::HiRes qw(sleep);

use ClientCert::Test ();
use ClientCert::Test::File;
use Counting;
use OtherServers ();
use Programs;
use Report;

# Looks up a thousand keys, from the first row to the last: see tables.c.
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

# The memory of a server's processes in millions of octets, each page counted once.
sub memory {
    my ($server) = @_;
    my $octets = 0;
    for my $pid ($server->pid, $server->_children) {
        $octets += 1024 * $1 if read_if_there("/proc/$pid/smaps_rollup") =~ /^Pss:\s+(\d+)/m;
    }
    return $octets / 1e6;
}

# The memory of four children and their parent at start, and after the table has changed.
sub memory_of_processes {
    my ($table) = @_;
    my $server = ClientCert::Test->server(
        files  => { 'conf/t.map' => read_file($table) },
        global => "StartServers 4\nMaxSpareThreads 64\n",
        conf   => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    ClientCertTable t file:conf/t.map reload=0.5
    ClientCertMap sha256 in t user=$1
</VirtualHost>
CONF
    my $before = memory($server);
    my %told;
    replace($server->path('conf/t.map'), read_file($table) . "another one\n");
    while (keys %told < 4) {
        sleep 0.1;
        %told = map { /\[pid (\d+)/ ? ($1 => 1) : () } $server->log_lines(qr/CC0131/);
    }
    sleep 12;    # the parent checks every ten seconds
    my $after = memory($server);
    $server->_end;
    return ($before, $after);
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
    my ($before, $after) = memory_of_processes($table);
    row('millions of octets, 4 children and parent', '', thousands($before));
    row_within('  after it has changed, in times of that', '', $after / $before, 1.3, \&fraction);
    unlink $table;
    return;
}

1;
