# SPDX-License-Identifier: Apache-2.0
# Counts the cost of one request, connection or call. Each figure is taken twice and the two are
# compared; if they differ, both are taken again, twice at most. Figures for requests and calls are
# the difference of two runs of different length, figures for connections are a median.
package Counting;

use strict;
use warnings;

use Exporter qw(import);
use List::Util qw(max min);

use Programs;

use CountedServer ();

our @EXPORT =
    qw(count_of disturbed octets_per_connection per_connection per_request slope smoke unsteady);

sub callgrind { return qw(valgrind -q --tool=callgrind) }

my @callgrind = callgrind();
my @in_httpd  = (@callgrind, '--callgrind-out-file=@LOGS@/count.%p');
# Counts from the point where a process of httpd begins to serve, without the parent's work before.
my @instructions   = (@in_httpd, '--zero-before=ap_run_child_init');
my @by_connection  = (@in_httpd, '--dump-before=ap_run_create_connection');
my @by_request     = (@in_httpd, '--dump-before=ap_run_post_read_request');
my @octets_of_pool = ('env', 'LD_PRELOAD=' . made('pools.so'), 'CC_POOLS=@LOGS@/count');

my $apart    = 0.005;    # the relative difference that two figures may have
my $unsteady = 0;        # the greatest difference of two figures that should be equal,
my $recent   = 0;        # and the same since the last call of disturbed
my $smoke    = 0;        # everything is run once, in its smallest form: figures mean nothing

sub unsteady { return $unsteady }

# The difference of the figures since the last call if it is too large, else undef.
sub disturbed {
    my $last = $recent;
    $recent = 0;
    return $last > $apart ? $last : undef;
}

# Whether this is a smoke test; an argument sets it.
sub smoke {
    $smoke = $_[0] if @_;
    return $smoke;
}

# The mean of two figures that should be equal, which `take` returns.
sub mean {
    my ($take) = @_;
    my ($mean, $least);
    for (1 .. ($smoke ? 1 : 3)) {
        my ($first, $second) = $take->();
        my $difference = 2 * abs($first - $second) / abs($first + $second);
        next if defined $least && $difference >= $least;
        ($mean, $least) = (($first + $second) / 2, $difference);
        last if $least <= $apart;
    }
    $unsteady = max($unsteady, $least);
    $recent   = max($recent,   $least);
    return $mean;
}

# Applies `of` to the even and to the odd ones of a list of figures.
sub halves {
    my ($of, @counts) = @_;
    return map { my $odd = $_; $of->(@counts[grep { $_ % 2 == $odd } 0 .. $#counts]) } 0, 1;
}

sub median {
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[@sorted / 2];
}

# Counts runs of these three (evenly spaced) lengths; returns the count for one more.
sub slope {
    my ($count, @lengths) = @_;
    return $count->($lengths[0]) / $lengths[0] if $smoke;
    my $step = $lengths[1] - $lengths[0];
    return mean(sub {
        my @counts = map { $count->($_) } @lengths;
        return map { ($counts[$_] - $counts[$_ - 1]) / $step } 1, 2;
    });
}

# The instructions of a function, with all that it calls, in a program with this expected output.
sub count_of {
    my ($function, $wanted, @command) = @_;
    my $file = made('program.count');
    my $said = command(@callgrind, "--toggle-collect=$function", "--callgrind-out-file=$file",
        @command);
    die "not $wanted but: $said\n" if $said !~ $wanted;
    return CountedServer::total_of($file);
}

# The count of a request on a connection that stays open.
sub per_request {
    my (%o) = @_;
    return per_stream(%o) if $o{http2};
    return slope(sub {
        my $server = CountedServer->served(counter => \@instructions, %o);
        $server->ask_often($_[0]);
        return $server->end_and_count;
    }, $smoke ? 2 : 50, 250, 450);
}

# The count from the beginning of one stream to that of the next. Several threads serve a stream,
# and wake each other more or less often by chance: the least count is the work that is always
# done.
sub per_stream {
    my (%o) = @_;
    my $streams = $smoke ? 3 : 200;
    return mean(sub {
        my $server = CountedServer->served(counter => \@by_request, %o);
        $server->ask_streams($streams);
        my @counts = $server->end_and_counts;
        splice @counts, 0, $streams / 5 + 1;
        return halves(\&min, @counts);
    });
}

sub server_after {
    my ($connections, %o) = @_;
    my $server = CountedServer->served(%o);
    $server->ask($server->connected) for 1 .. $connections;
    return $server;
}

# A full handshake with the first request: the median, because the octets of one in ten arrive in
# other pieces, which makes it far off. The first fifth warms the server's threads and does not
# count.
sub per_connection {
    my (%o) = @_;
    my $connections = $smoke ? 3 : $o{connections} // 250;
    return mean(sub {
        my @counts = server_after($connections, counter => \@by_connection, %o)->end_and_counts;
        splice @counts, 0, $connections / 5;
        return halves(\&median, @counts);
    });
}

sub octets_per_connection {
    my (%o) = @_;
    return slope(sub { server_after($_[0], counter => \@octets_of_pool, %o)->end_and_count },
        $smoke ? 1 : 8, 24, 40);
}

1;
