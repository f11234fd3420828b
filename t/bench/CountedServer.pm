# SPDX-License-Identifier: Apache-2.0
# A server of the test harness whose work is counted, by callgrind or by the kernel.
package CountedServer;

use strict;
use warnings;

use IO::Socket::INET ();
use Time::HiRes qw(sleep);

use Programs;

use parent 'ClientCert::Test';

# FakeBasicAuth's password is always "password".
my $users = "/O=Example/OU=staff/OU=admins/CN=alice:xxj31ZMTZzkVA\n";

# Starts a server under the command `counter` (with @LOGS@ for a folder), with `conf` in its
# virtual host, and with these `modules` and `files`. It has the module if `ours` is set, only
# HTTP/2 if `http2` is, and no TLS if `plain` is. If `resumes` is set, each connection resumes the
# session of the one before. Requests are for `path` (by default /index.html) with the certificate
# `cert` (client()), and with one of the `headers` after the other. A connection without TLS
# `begins` with these octets. What is logged is an error, unless it is below `level` (warn).
sub served {
    my ($class, %o) = @_;
    return $class->server(
        counter => $o{counter},
        cert    => $o{cert} // $class->client,
        path    => $o{path} // '/index.html',
        resumes => $o{resumes},
        headers => $o{headers} // [],
        begins  => $o{begins},
        plain   => $o{plain},
        modules => [
            ($o{ours} ? () : '-clientcert'), ($o{http2} ? 'http2' : ()),
            qw(authz_user auth_basic authn_file), @{ $o{modules} // [] }
        ],
        files => { 'conf/users' => $users, %{ $o{files} // {} } },
        # One process serves.
        global => "ServerLimit 1\nMaxRequestWorkers 16\nLogLevel " . ($o{level} // 'warn') . "\n",
        conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    @{[$o{plain} ? '' : "\@SSL\@\n    SSLVerifyClient require"]}
    KeepAliveTimeout 300
    MaxKeepAliveRequests 0
    LogLevel warn
    Protocols @{[$o{http2} ? 'h2' : 'http/1.1']}
    $o{conf}
</VirtualHost>
CONF
}

# Alice's certificate, valid for a year: one that expires soon is listed by the module at a cost.
sub client {
    my ($class) = @_;
    our $made;
    my $ca = $class->ca;
    $made //= defined command("$FindBin::Bin/../ca/make", '-s', 365 * 24 * 60 * 60, '-o', 'bench',
        $ca, 'alice');
    return "$ca/bench";
}

# Offers no session, so that each handshake is a full one, unless `resumes` is set.
sub connected {
    my ($self) = @_;
    return $self->_plain if $self->{plain};
    return $self->connection(cert => $self->{cert}, tls => '1.3',
        args => [$self->{resumes} ? $self->_session : ()]);
}

sub _plain {
    my ($self) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->port)
        or die "connect: $@\n";
    print $socket $self->{begins} // '';
    $socket->flush;
    return bless { in => $socket, out => $socket, buffer => '', host => 'localhost' },
        'ClientCert::Test::Connection';
}

# Options of the client: it offers the session of the connection before.
sub _session {
    my ($self) = @_;
    my $session = $self->path('session');
    return ('-sess_out', $session, -e $session ? ('-sess_in', $session) : ());
}

sub ask {
    my ($self, $connection) = @_;
    my @headers = @{ $self->{headers} // [] };
    my @header  = @headers ? $headers[$self->{asked}++ % @headers] : ();
    my $status  = $connection->request($self->{path}, headers => \@header)->{status};
    die "status $status\n" . $self->log if $status != 200;
    return;
}

# This many requests, one after the other, on one connection that ends with them.
sub ask_often {
    my ($self, $times) = @_;
    my $connection = $self->connected;
    $self->ask($connection) for 1 .. $times;
    $connection->close;
    return;
}

# The same with HTTP/2.
sub ask_streams {
    my ($self, $times) = @_;
    my ($resolve, $name, $url) = $self->_url($self->{path});
    my $list = $self->file('conf/urls', "url = \"$url\"\noutput = /dev/null\n" x $times);
    my $said = command($self->_curl_arguments(http2 => 1, tls => '1.3', cert => $self->{cert}),
        $resolve, $name, '-w', '%{http_version} %{http_code} %{num_connects}\n', '-K', $list);
    my $wanted = "2 200 1\n" . "2 200 0\n" x ($times - 1);
    die "not $times answers on one connection but: $said" . $self->log if $said ne $wanted;
    return;
}

# The command under which httpd runs; called by the harness.
sub _checker {
    my ($self) = @_;
    return map { s/\@LOGS\@/$self->path('logs')/er } @{ $self->{counter} };
}

sub end {
    my ($self) = @_;
    sleep 0.25;    # the event MPM may crash if it ends while a worker closes a connection
    $self->_end;
    die join("\n", $self->_wrong), "\n" if $self->_wrong;
    return;
}

# Ends the server; returns the count of the serving process, without that of the parent.
sub end_and_count {
    my ($self) = @_;
    my $parent = $self->pid;
    $self->end;
    my $sum = 0;
    for my $file (grep { !/\.$parent$/ } glob $self->path('logs/count.*')) {
        $sum += total_of($file);
    }
    die "nothing was counted\n" unless $sum;
    return $sum;
}

# Ends the server; returns the count between each connection and the one before, without the end.
sub end_and_counts {
    my ($self) = @_;
    $self->end;
    my %counts = map { /\.(\d+)$/ ? ($1 => total_of($_)) : () } glob $self->path('logs/count.*.*');
    return map { $counts{$_} } sort { $a <=> $b } keys %counts;
}

# The total in a file of callgrind or pools.c.
sub total_of {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    my ($total) = map { /^summary: (\d+)/ } <$in>;
    return $total // 0;
}

# ---- the kernel's figures about the one process that serves

sub serving {
    my ($self) = @_;
    my $parent = $self->pid;
    my @children = map { split } command('cat', "/proc/$parent/task/$parent/children");
    die "not one process but: @children\n" if @children != 1;
    return $children[0];
}

# The processor seconds that it has used.
sub seconds {
    my ($self) = @_;
    my $sum = 0;
    for my $file (glob '/proc/' . $self->serving . '/task/*/schedstat') {
        my ($nanoseconds) = split ' ', command('cat', $file);
        $sum += $nanoseconds;
    }
    return $sum / 1e9;
}

sub resident_octets {
    my ($self) = @_;
    my $status = command('cat', '/proc/' . $self->serving . '/status');
    my ($kilobytes) = $status =~ /^VmRSS:\s+(\d+) kB/m;
    return 1024 * $kilobytes;
}

1;
