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
use POSIX ();
use Test::More;

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program);

our @EXPORT = qw(can_load);

my %clients = ('kept connections' => ['-k', '-c', 8], 'new connections' => ['-c', 2]);

sub can_load { return program('ab') }

sub _ab {
    my ($h, $pem, $out, @options) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>', $out or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(127);
        exec 'ab', '-q', '-t', 600, '-n', 100_000_000, '-E', $pem, @options,
            'https://127.0.0.1:' . $h->port . '/' or POSIX::_exit(127);
    }
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

sub ends_well {
    my ($self, $what) = @_;
    kill 'INT', values %{ $self->{pid} };    # then ab prints its counts
    for my $client (sort keys %clients) {
        waitpid $self->{pid}{$client}, 0;
        my $said = read_file($self->{out}{$client});
        my ($complete) = $said =~ /^Complete requests: +(\d+)/m;
        my ($failed)   = $said =~ /^Failed requests: +(\d+)/m;
        my ($other)    = $said =~ /^Non-2xx responses: +(\d+)/m;
        cmp_ok $complete // 0, '>', 100, "$what: $client: requests were sent";
        is $failed, 0, "$what: $client: none failed" or diag $said;
        is $other // 0, 0, "$what: $client: none was denied";
        diag "$what: $client: $complete requests" if $ENV{TEST_VERBOSE};
    }
    return;
}

1;
