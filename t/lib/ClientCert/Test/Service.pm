# SPDX-License-Identifier: Apache-2.0
# Runs another server beside httpd: an ordinary process in a directory of its own.
package ClientCert::Test::Service;

=head1 SYNOPSIS

    use ClientCert::Test;
    use ClientCert::Test::Service;

    my $redis = ClientCert::Test::Service->redis;
    my $port  = $redis->port;
    $redis->ask('SET', 'key', 'alice staff');
    $redis->pause;        # it keeps its connections open and does not answer
    $redis->resume;
    $redis->stop;         # it ends
    $redis->start;        # on the same port

    my $tls = ClientCert::Test::Service->redis(tls => 'localhost');   # a certificate of t/ca
    my $port_with_tls = $tls->tls_port;

    my $odd = ClientCert::Test::Service->says("-ERR no\r\n");   # its answer to any input

If its program is not installed, the test is skipped, or fails if CI is set. At the end of the test,
the server is stopped and its folder removed.

=cut

use strict;
use warnings;

use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More ();
use Time::HiRes qw(sleep time);

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(free_port program);

my $slow = $ENV{CC_SLOW} // 1;

# The path of the first of these programs that is installed; without any, the test is skipped.
sub needed_program {
    my ($class, @names) = @_;
    my $found = program(@names);
    return $found if $found;
    die "$names[0] is not installed\n" if $ENV{CI};
    Test::More::plan(skip_all => "$names[0] is not installed");
    return;
}

sub redis {
    my ($class, %options) = @_;
    # Debian's package redis-tools has the server under this name, and does not start it.
    my $program = $class->needed_program('redis-server', 'valkey-server', 'redis-check-rdb');
    my $self    = $class->_new;
    $self->{program} = $program;
    $self->{command} = ['redis-server', '--port', $self->{port}, '--bind', '127.0.0.1',
        '--save', '', '--appendonly', 'no', '--dir', $self->{dir}];
    $self->_with_tls($options{tls}) if $options{tls};
    return $self->start;
}

sub says {
    my ($class, $answer) = @_;
    my $self = $class->_new;
    $self->{program} = $^X;
    $self->{command} = ['perl', '-MIO::Socket::INET', '-e', <<'PERL', $self->{port}, $answer];
my ($port, $answer) = @ARGV;
my $listener = IO::Socket::INET->new(Listen => 128, LocalAddr => '127.0.0.1', LocalPort => $port,
    ReuseAddr => 1) or die "port $port: $!\n";
$SIG{CHLD} = 'IGNORE';
while (my $client = $listener->accept) {
    next if fork;
    while (sysread $client, my $said, 65536) {
        syswrite $client, $answer;
    }
    exit;
}
PERL
    return $self->start;
}

sub _new {
    my ($class) = @_;
    return bless {
        port => free_port(),
        dir  => tempdir('clientcert-service-XXXXXX', TMPDIR => 1),
        owner => $$,
    }, $class;
}

sub _with_tls {
    my ($self, $name) = @_;
    my $ca = ClientCert::Test->ca;
    $self->{tls_port} = free_port();
    push @{ $self->{command} }, '--tls-port', $self->{tls_port}, '--tls-cert-file', "$ca/$name.pem",
        '--tls-key-file', "$ca/$name.key", '--tls-ca-cert-file', "$ca/root.pem", '--tls-auth-clients', 'no';
    return;
}

sub port     { my ($self) = @_; return $self->{port} }
sub tls_port { my ($self) = @_; return $self->{tls_port} }

sub start {
    my ($self) = @_;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDIN,  '<',  '/dev/null'         or POSIX::_exit(127);
        open STDOUT, '>>', "$self->{dir}/said" or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT            or POSIX::_exit(127);
        exec { $self->{program} } @{ $self->{command} } or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    my $until = time + 60 * $slow;
    until ($self->_connect) {
        my $ended = waitpid($self->{pid}, WNOHANG) == $self->{pid};
        delete $self->{pid} if $ended;
        die "$self->{command}[0] did not start\n", read_if_there("$self->{dir}/said")
            if $ended || time > $until;
        sleep 0.02;
    }
    return $self;
}

sub _connect {
    my ($self) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Timeout => 5);
}

# Sends a command to Redis; returns the first line of the answer.
sub ask {
    my ($self, @words) = @_;
    my $socket = $self->_connect or die "no connection: $!\n";
    print $socket '*' . @words . "\r\n", map { '$' . length($_) . "\r\n$_\r\n" } @words;
    my $answer = <$socket> // '';
    return $answer =~ s/\r\n//r;
}

sub pause  { my ($self) = @_; return kill 'STOP', $self->{pid} }
sub resume { my ($self) = @_; return kill 'CONT', $self->{pid} }

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} // return;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $!);
    return if $self->{owner} != $$;
    $self->stop;
    remove_tree($self->{dir});
    return;
}

1;
