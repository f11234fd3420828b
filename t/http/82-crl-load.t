# SPDX-License-Identifier: Apache-2.0
# Knows that CRLs may be replaced while a server is at its limit: no request of a certificate that is
# not revoked fails, and memory does not grow.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;

use POSIX ();
use Time::HiRes qw(sleep);

plan skip_all => 'no ab' if !grep { -x "$_/ab" } split /:/, $ENV{PATH};

my $changes = 50;
my $checked = $ENV{CC_VALGRIND} || $ENV{CC_PRELOAD};    # then httpd's memory is not httpd's alone

announce('CC0104', 'CC0110', 'AH01630');

# The event MPM itself takes some 25 octets of a connection's pool for each request, without any
# module of ours: so connections end now and then.
for my $mpm ('event', 'prefork') {
    my ($staff, $root) = map { ClientCert::Test::Crl->new($_) } 'staff', 'root';
    my $h = ClientCert::Test->server(
        mpm     => $mpm,
        files   => { 'conf/staff.crl' => $staff->crl, 'conf/root.crl' => $root->crl },
        conf    => <<'CONF');
LogLevel warn clientcert:info
MaxKeepAliveRequests 500
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    ClientCertCRL conf/staff.crl conf/root.crl reload=0.1
    ClientCertMap subject.CN =~ "(.+)" user=$1
    <Location "/">
        <RequireAll>
            Require clientcert
            Require clientcert revocation == good
        </RequireAll>
    </Location>
</VirtualHost>
CONF
    my $ca  = $h->ca;
    my $pem = $h->file('conf/bob.pem', join '', map { slurp("$ca/bob.$_") } qw(pem key));
    chmod 0600, $pem;
    is $h->get('/', cert => 'bob')->{status}, 200, "$mpm: a request";

    my @loads = (start_ab($h, $pem, 'k', '-k', '-c', 8), start_ab($h, $pem, 'n', '-c', 2));
    my $before = 0;
    for my $n (1 .. $changes) {
        $n % 2 ? $staff->revoke('alice') : $staff->restore('alice');
        replace($h->path('conf/staff.crl'), $staff->crl(others => 5_000));
        sleep 0.2;
        $before = memory($h) if $n == 15;
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
    cmp_ok scalar(my @followed = $h->log_lines(qr/CC0173/)), '>=', $changes / 3,
        "$mpm: changes were followed meanwhile";
SKIP: {
        skip 'the memory is also that of a checker', 1 if $checked;
        cmp_ok $after, '<', $before * 1.5 + 2048, "$mpm: memory did not grow ($before, $after KiB)";
    }
    is_deeply [$h->log_lines(qr/CC0104/)], [], "$mpm: nobody was rejected";
    $h->mark_log;
    $staff->revoke('bob');
    replace($h->path('conf/staff.crl'), $staff->crl);
    ok $h->wait_log(qr/CC0173/, 30), "$mpm: the last CRL is taken, too";
    sleep 1;    # prefork ends its children from a signal handler, in the middle of what they do
    $h->stop;
}

sub slurp {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
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
