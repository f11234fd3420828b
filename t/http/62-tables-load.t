# SPDX-License-Identifier: Apache-2.0
# Knows that a table may change while a server is at its limit: no request fails, none sees half a
# table, and memory does not grow.
use strict;
use warnings;
use ClientCert::Test;

use POSIX ();
use Time::HiRes qw(sleep);

plan skip_all => 'no ab' if !grep { -x "$_/ab" } split /:/, $ENV{PATH};

my $changes = 100;
my $checked = $ENV{CC_VALGRIND} || $ENV{CC_PRELOAD};    # then httpd's memory is not httpd's alone

# The rows of alice and of her mail address always say the same.
sub rows {
    my ($n) = @_;
    my $filler = join '', map { "nobody$_\@example.com n$_\n" } 1 .. 10_000;
    return sprintf "alice g%04d\n${filler}alice\@example.com g%04d\n", $n, $n;
}

# The event MPM itself takes some 25 octets of a connection's pool for each request, without any
# module of ours: so connections end now and then.
for my $mpm ('event', 'prefork') {
    my $h = ClientCert::Test->server(
        mpm   => $mpm,
        files => { 'conf/t.map' => rows(0) },
        conf  => <<'CONF');
LogLevel warn clientcert:info
MaxKeepAliveRequests 500
ClientCertTable t file:conf/t.map reload=0.1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    ClientCertMap subject.CN in t user=$1
    ClientCertMap subject.CN in t group=$1
    ClientCertMap san.email in t group=$1
    <Location "/">
        <RequireAll>
            Require clientcert san.email in t
            Require expr %{REMOTE_USER} =~ /^g[0-9]+$/
            Require expr %{REMOTE_USER} == clientcert('group')
        </RequireAll>
    </Location>
</VirtualHost>
CONF
    my $ca = $h->ca;
    my $pem = $h->file('conf/alice.pem', join '', map { slurp("$ca/alice.$_") } qw(pem key));
    chmod 0600, $pem;
    is $h->get('/', cert => 'alice')->{status}, 200, "$mpm: a request";

    my @loads = (start_ab($h, $pem, 'k', '-k', '-c', 8), start_ab($h, $pem, 'n', '-c', 2));
    my ($before, $n) = (0, 0);
    while ($n < $changes) {
        change($h, ++$n);
        sleep 0.16;
        $before = memory($h) if $n == 20;
    }
    my $after = memory($h);
    kill 'INT', map { $_->{pid} } @loads;    # then ab says what it has counted
    for my $load (@loads) {
        waitpid $load->{pid}, 0;
        my $said = slurp($load->{out});
        my ($complete) = $said =~ /^Complete requests: +(\d+)/m;
        my ($failed)   = $said =~ /^Failed requests: +(\d+)/m;
        my ($other)    = $said =~ /^Non-2xx responses: +(\d+)/m;
        cmp_ok $complete // 0, '>', 100, "$mpm: $load->{name}: requests were made";
        is $failed, 0, 'none failed' or diag $said;
        is $other // 0, 0, 'none was denied';
        diag "$mpm: $load->{name}: $complete requests" if $ENV{TEST_VERBOSE};
    }
    cmp_ok scalar(my @followed = $h->log_lines(qr/CC0131/)), '>=', $changes / 3,
        "$mpm: changes were followed meanwhile";
SKIP: {
        skip 'the memory is also that of a checker', 1 if $checked;
        cmp_ok $after, '<', $before * 1.5 + 2048, "$mpm: memory did not grow ($before, $after KiB)";
    }
    ok $h->wait_log(qr/CC0101: result=mapped user="g\d+" groups="g\d+"/), "$mpm: there were users";
    $h->stop;
}

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# By turns: a new file in the place of the old one, and the old one written anew, at one go: what is
# on the disk between two writes is a file too.
sub change {
    my ($h, $n) = @_;
    return rename $h->file('conf/t.new', rows($n)), $h->path('conf/t.map') if $n % 2;
    my $path = $h->path('conf/t.map');
    open my $out, '+<', $path or die "$path: $!\n";
    my $text = rows($n);
    syswrite($out, $text) == length $text or die "$path: $!\n";
    return close $out;
}

sub start_ab {
    my ($h, $pem, $name, @options) = @_;
    my $out = $h->path("logs/ab-$name");
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>', $out or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(127);
        exec 'ab', '-q', '-t', 600, '-n', 100_000_000, '-E', $pem, @options,
            'https://127.0.0.1:' . $h->port . '/' or POSIX::_exit(127);
    }
    return { pid => $pid, out => $out, name => $name eq 'k' ? 'kept connections' : 'new ones' };
}

# What the largest child holds, in KiB: how many children there are is the MPM's business.
sub memory {
    my ($h) = @_;
    my $most = 0;
    for my $path (glob '/proc/[0-9]*/status') {
        my $status = eval { slurp($path) } // next;    # it may have ended
        my ($ppid) = $status =~ /^PPid:\s+(\d+)/m;
        next unless $ppid == $h->pid && $status =~ /^RssAnon:\s+(\d+)/m;
        $most = $1 if $1 > $most;
    }
    return $most;
}

done_testing;
