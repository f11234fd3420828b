# SPDX-License-Identifier: Apache-2.0
# Starts, restarts and ends the processes of a server, and checks that this works.
package ClientCert::Test::Process;

use strict;
use warnings;

use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(children httpd top);

my $slow = $ENV{CC_SLOW} // 1;    # everything may take this many times longer than usual

sub pid { my ($self) = @_; return $self->{pid} }

sub _arguments {
    my ($self) = @_;
    return (httpd(), '-d', $self->{root}, '-f', 'conf/httpd.conf');
}

# The command under which httpd runs, and its environment. Freed memory is overwritten, so that code
# that still reads it cannot find the old content: by libc, or by the sanitizer, which does not see
# what libraries read.
sub _checker {
    my ($self) = @_;
    my $logs = $self->path('logs');
    $ENV{MALLOC_PERTURB_} = 85 unless $ENV{CC_VALGRIND};
    if ($ENV{CC_PRELOAD}) {
        $ENV{LD_PRELOAD}    = $ENV{CC_PRELOAD};
        $ENV{ASAN_OPTIONS}  = "detect_leaks=0:abort_on_error=1:handle_segv=2:handle_sigbus=2:"
            . "handle_sigfpe=2:max_free_fill_size=16384:free_fill_byte=85:log_path=$logs/sanitizer";
        $ENV{UBSAN_OPTIONS} = "halt_on_error=1:abort_on_error=1:print_stacktrace=1:"
            . "log_path=$logs/sanitizer";
    }
    return $ENV{CC_VALGRIND}
        ? ('valgrind', '-q', '--leak-check=full', '--errors-for-leak-kinds=definite',
        '--show-leak-kinds=definite', '--num-callers=40', '--keep-debuginfo=yes',
        '--suppressions=' . top() . '/t/lib/valgrind.supp',
        "--log-file=$logs/valgrind.%p") : ();
}

sub _exec_httpd {
    my ($self, $arguments, $output) = @_;
    setpgrp;
    open STDIN,  '<',  '/dev/null' or POSIX::_exit(127);
    open STDOUT, '>',  $output     or POSIX::_exit(127);
    open STDERR, '>&', \*STDOUT    or POSIX::_exit(127);
    $ENV{LC_ALL} = 'C';
    my @command = ($self->_checker, $self->_arguments, @$arguments);
    exec { $command[0] } @command or POSIX::_exit(127);
}

sub _run_httpd {
    my ($self, $arguments, $output) = @_;
    my $pid = fork // die "fork: $!\n";
    $self->_exec_httpd($arguments, $output) if $pid == 0;
    waitpid $pid, 0;
    return $? >> 8 || $? & 127;
}

sub _said {
    my ($self) = @_;
    return read_if_there($self->path('logs/stderr')) . $self->_whole_log;
}

# ---- start and restart

sub _start {
    my ($self) = @_;
    for (1 .. 3) {
        my $pid = fork // die "fork: $!\n";
        $self->_exec_httpd(['-DFOREGROUND'], $self->path('logs/stderr')) if $pid == 0;
        $self->{pid} = $pid;
        return 1 if $self->_is_up(1);
        return 0 if $self->_said !~ /AH00072|could not bind/;
        unlink map { $self->path("logs/$_") } qw(stderr error_log);
        $self->{ports} = {};
        $self->_write;
    }
    return 0;
}

# How often the server has reported that it runs.
sub _times_up {
    my ($self) = @_;
    my @said = $self->_whole_log =~ /configured -- resuming normal operations/g;
    return scalar @said;
}

# Waits until the server has reported for the n-th time that it runs; false if it ended instead.
sub _is_up {
    my ($self, $times) = @_;
    my $until = time + 30 * $slow;
    while (time < $until) {
        return 1 if $self->_times_up >= $times;
        if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
            $self->{exit} = $? >> 8 || $? & 127;
            delete $self->{pid};
            return 0;
        }
        sleep 0.02;
    }
    $self->_end;
    $self->{exit} = 'time out';
    return 0;
}

sub reload {
    my ($self, %options) = @_;
    my $signal = delete $options{signal} // 'USR1';
    $self->{$_} = $options{$_} for keys %options;
    $self->_write;
    my $before = $self->_times_up;
    my @children = $self->_children;
    kill $signal, $self->{pid};
    my $up = $self->_is_up($before + 1);
    # Old processes accept connections until they have received the signal.
    my $until = time + 3 * $slow;
    sleep 0.02 while time < $until && grep { $self->_listens($_) } @children;
    return $up;
}

sub _children { my ($self) = @_; return children($self->{pid}) }

# The lines of /proc/net/tcp about the server's ports, in a state (two hex digits).
sub _sockets {
    my ($self, $state) = @_;
    my $ports = join '|', map { sprintf '%04X', $_ } values %{ $self->{ports} };
    return grep { /^\s*\d+: \w+:(?:$ports) \w+:\w+ $state / } split /\n/,
        read_if_there('/proc/net/tcp');
}

sub _listens {
    my ($self, $pid) = @_;
    my %inodes = map { (split)[9] => 1 } $self->_sockets('0A');    # LISTEN
    return grep { (readlink // '') =~ /^socket:\[(\d+)\]$/ && $inodes{$1} } glob "/proc/$pid/fd/*";
}

# ---- end

# Waits a moment until no connection to the server is left. If a connection ends while httpd is
# being stopped, its event MPM may use a closed socket (close_worker_sockets) and crash.
sub _settle {
    my ($self) = @_;
    my $until = time + 0.5 * $slow;
    while (time < $until) {
        return unless $self->_sockets('(?!06|0A)..');    # except TIME_WAIT and LISTEN
        sleep 0.01;
    }
    return;
}

sub _end {
    my ($self) = @_;
    my $pid = delete $self->{pid} // return;
    $self->_settle;
    kill 'TERM', $pid;
    my $until = time + 20 * $slow;
    while (time < $until) {
        return if waitpid($pid, WNOHANG) == $pid;
        sleep 0.02;
    }
    kill 'KILL', -$pid;
    waitpid $pid, 0;
    $self->{killed} = 1;
    return;
}

1;
