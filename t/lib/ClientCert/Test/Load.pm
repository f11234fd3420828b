# SPDX-License-Identifier: Apache-2.0
# Keeps a server under full load while something changes, and returns the results.
package ClientCert::Test::Load;

=head1 SYNOPSIS

    use ClientCert::Test::Load;

    plan skip_all => 'no ab' if !can_load;
    my $load = ClientCert::Test::Load->start($h, 'alice');    # 8 kept connections, 2 new ones each time
    ...
    my $kib = $load->memory;
    ...
    $load->ends_well('event');    # tests: there were requests; none failed, none was denied

C<memory> is the memory of the largest child, or undef if a checker that runs in httpd distorts it.
The event MPM itself takes some 25 octets of a connection's pool for each request, even without the
module, so a configuration should set MaxKeepAliveRequests.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(basename);
use List::Util qw(sum);
use POSIX ();
use Test::More;

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program);

our @EXPORT = qw(can_load enough_threads);

# The last of the options is the number of requests of one round, about a second's worth.
my %clients = ('kept connections' => ['-k', '-c', 8, '-n', 2000], 'new connections' => ['-c', 2, '-n', 100]);

sub can_load { return program('ab') }

# Directives for a server under load, for the option `global`. At the end of a round, all its
# connections close at once, while those of the next round open. If all threads are busy for a
# moment, event closes new connections without an answer.
sub enough_threads {
    my ($mpm) = @_;
    return '' if $mpm eq 'prefork';
    return "StartServers 1\nServerLimit 1\nThreadsPerChild 48\nMaxRequestWorkers 48\nThreadLimit 48\n";
}

# Runs ab again and again until SIGTERM arrives. ab cannot be stopped with a signal: it prints its
# counts from the signal handler, and so may corrupt its own heap.
sub _run_rounds {
    my ($out, @ab) = @_;
    my $parent = getppid;
    my $is_over;
    local $SIG{TERM} = sub { $is_over = 1 };
    open STDOUT, '>', $out or return 127;
    open STDERR, '>&', \*STDOUT or return 127;
    while (!$is_over && getppid == $parent) {
        my $status = system @ab;
        return 1 if $status != 0;
    }
    return 0;
}

sub _ab {
    my ($h, $pem, $out, @options) = @_;
    my @ab  = ('ab', '-q', '-E', $pem, @options, 'https://127.0.0.1:' . $h->port . '/');
    my $pid = fork // die "fork: $!\n";
    POSIX::_exit(_run_rounds($out, @ab)) if $pid == 0;
    return $pid;
}

sub start {
    my ($class, $h, $name) = @_;
    my $at  = $h->_certificate($name);
    my $pem = $h->file('conf/' . basename($at) . '.pem', join '', map { read_file("$at.$_") } qw(pem key));
    chmod 0600, $pem;
    my (%pid, %out);
    for my $client (sort keys %clients) {
        $out{$client} = $h->path("logs/ab $client");
        $pid{$client} = _ab($h, $pem, $out{$client}, @{ $clients{$client} });
    }
    return bless { h => $h, pid => \%pid, out => \%out }, $class;
}

# In KiB. The MPM decides how many children there are.
sub memory {
    my ($self) = @_;
    return if $ENV{CC_VALGRIND} || $ENV{CC_PRELOAD};
    my $most = 0;
    for my $path (glob '/proc/[0-9]*/status') {
        my $status = read_if_there($path) || next;    # it may have ended
        my ($ppid) = $status =~ /^PPid:\s+(\d+)/m;
        next unless $ppid == $self->{h}->pid && $status =~ /^RssAnon:\s+(\d+)/m;
        $most = $1 if $1 > $most;
    }
    return $most;
}

# The sum of one of ab's counts over all rounds. It is undef if no round printed it.
sub _total {
    my ($said, $count) = @_;
    return sum($said =~ /^\Q$count\E: +(\d+)/mg);
}

sub ends_well {
    my ($self, $what) = @_;
    kill 'TERM', values %{ $self->{pid} };    # each finishes its round
    for my $client (sort keys %clients) {
        waitpid $self->{pid}{$client}, 0;
        my $status = $?;
        my $said   = read_file($self->{out}{$client});
        my $complete = _total($said, 'Complete requests') // 0;
        is $status, 0, "$what: $client: ab ended well" or diag $said;
        cmp_ok $complete, '>=', 100, "$what: $client: requests were sent";
        is _total($said, 'Failed requests'), 0, "$what: $client: none failed" or diag $said;
        is _total($said, 'Non-2xx responses') // 0, 0, "$what: $client: none was denied";
        diag "$what: $client: $complete requests" if $ENV{TEST_VERBOSE};
    }
    return;
}

1;
