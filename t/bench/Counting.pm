# SPDX-License-Identifier: Apache-2.0
# Knows how one request, connection or call is counted: by the difference of two run lengths.
package Counting;

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(max);

use Programs;

use CountedServer ();

our @EXPORT = qw(apart count_of octets_per_connection per_connection per_request slope unsteady);

my @callgrind = ('valgrind', '-q', '--tool=callgrind');
# From where a process of httpd begins to serve: what its parent did before is no part of it.
my @instructions =
    (@callgrind, '--zero-before=ap_run_child_init', '--callgrind-out-file=@LOGS@/count.%p');
my @pool_octets  = ('env', 'LD_PRELOAD=' . made('pools.so'), 'CC_POOLS=@LOGS@/count');

my $unsteady = 0;    # the worst relative difference between two figures that should be the same
my $apart    = 0;    # the difference between the two of the last figure

sub unsteady { return $unsteady }
sub apart    { return $apart }

# Runs of these (evenly spaced) lengths are counted; gives the count of one more.
sub slope {
    my ($count, @lengths) = @_;
    my @counts = map { $count->($_) } @lengths;
    my $step   = $lengths[1] - $lengths[0];
    my ($first, $second) = map { ($counts[$_] - $counts[$_ - 1]) / $step } 1, 2;
    my $mean = ($first + $second) / 2;
    $apart    = abs($first - $second);
    $unsteady = max($unsteady, $apart / $mean);
    return $mean;
}

# The instructions of a program that is to say something.
sub count_of {
    my ($wanted, @command) = @_;
    my $file = made('program.count');
    my $said = command(@callgrind, "--callgrind-out-file=$file", @command);
    die "not $wanted but: $said\n" if $said !~ $wanted;
    return CountedServer::total_of($file);
}

sub per_request {
    my (%o) = @_;
    return slope(sub {
        my $server     = CountedServer->served(counter => \@instructions, %o);
        my $connection = $server->connected;
        $server->ask($connection) for 1 .. $_[0];
        $connection->close;
        return $server->end_and_count;
    }, 50, 250, 450);
}

sub connections_counted {
    my ($count, %o) = @_;
    my $server = CountedServer->served(%o);
    $server->ask($server->connected) for 1 .. $count;
    return $server->end_and_count;
}

# A full handshake with the first request.
sub per_connection {
    my (%o) = @_;
    return slope(sub { connections_counted($_[0], counter => \@instructions, %o) }, 4, 104, 204);
}

sub octets_per_connection {
    my (%o) = @_;
    return slope(sub { connections_counted($_[0], counter => \@pool_octets, %o) }, 8, 24, 40);
}

1;
