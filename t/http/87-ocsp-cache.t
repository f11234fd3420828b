# SPDX-License-Identifier: Apache-2.0
# Tests that one OCSP request serves all processes and all waiting clients, and that an answer is
# renewed before it expires, while no client waits.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Machine qw(apxs);
use ClientCert::Test::Ocsp;
use ClientCert::Test::Service;

use POSIX ();
use Time::HiRes qw(sleep time);

my $slow      = $ENV{CC_SLOW} // 1;
my $responder = ClientCert::Test::Ocsp->new(certs => [qw(alice bob admin)]);

announce('CC0104', 'CC0110', 'AH01630');

sub host {
    my ($port, $path, $options) = @_;
    return host_of($port, $responder->url($path), $options);
}

sub host_of {
    my ($port, $url, $options) = @_;
    return <<"CONF";
<VirtualHost *:\@$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertOCSP On responder=$url $options
    <Location "/">
        Require clientcert
    </Location>
</VirtualHost>
CONF
}

sub server {
    my ($path, $options, %o) = @_;
    my $cache = delete $o{cache} // '';
    my $log   = "LogFormat %P\nTransferLog logs/children\n";
    return ClientCert::Test->server(%o,
        conf => "$cache\n$log" . host('PORT', $path, 'timeout=' . 20 * $slow . " $options"));
}

# Opens connections with these certificates at once; returns a function that waits for the
# responses.
sub at_once {
    my ($h, $port, @certs) = @_;
    my @reads;
    for my $cert (@certs) {
        my $pid = open(my $read, '-|') // die "fork: $!\n";
        if (!$pid) {
            syswrite STDOUT, $h->get('/', cert => $cert, port => $port)->{status};
            POSIX::_exit(0);
        }
        push @reads, $read;
    }
    return sub { return map { scalar readline $_ } @reads };
}

# The processes that have answered.
sub children {
    my ($h) = @_;
    open my $in, '<', $h->path('logs/children') or return;
    my %children = map { $_ => 1 } <$in>;
    return scalar keys %children;
}

# ---- one question for all

my $crowd = "ThreadLimit 64\nThreadsPerChild 64\nServerLimit 1\nMaxRequestWorkers 64\n"
    . "MaxSpareThreads 64\nMinSpareThreads 1\n";
{
    my $h       = server('hold/crowd', '', global => $crowd);
    my $answers = at_once($h, 1, ('alice') x 4);
    ok $responder->wait_asked('hold/crowd', 1), 'a certificate that 4 clients present at once';
    sleep 1 * $slow;
    my $open = $h->connection(cert => 'bob');
    $responder->release;
    is_deeply [$answers->()], [(200) x 4], 'all wait for the one answer';
    is $responder->asked('hold/crowd'), 1, 'to one question';
    is $open->request('/')->{status}, 200, 'another certificate is served beside them';
    is $responder->asked('hold/crowd'), 2, 'after a question of its own';
}

# Of the 16 threads that ask responders, at most 4 ask the same one. If a request gets no thread in
# time, that does not count as a failure of its responder.
{
    my @staff = qw(alice bob admin revoked noeku two-cn two-mail comma-o comma-cn comma-ou slash-cn
        multi-rdn bmp-cn no-subject long-cn empty-cn);
    my @dead = map { ClientCert::Test::Ocsp->new(certs => ['alice']) } 1 .. 4;
    my $h    = ClientCert::Test->server(global => $crowd,
        conf => join('', map { host_of('PORT' . ($_ + 3), $dead[$_]->url('hang/threads'),
                'timeout=' . 20 * $slow) } 0 .. 3)
            . host('PORT2', 'honest/threads', 'timeout=' . 3 * $slow));
    my @hanging = map { at_once($h, $_ + 3, @staff[4 * $_ .. 4 * $_ + 3]) } 0 .. 3;
    ok !(grep { !$_->wait_asked('hang/threads', 4) } @dead), 'all threads wait for responders';
    is_deeply [at_once($h, 2, qw(alice bob admin two-cn))->()], [(403) x 4],
        'a request that needs another responder is denied';
    is $responder->asked('honest/threads'), 0, 'which was not asked';
    is_deeply [map { $_->() } @hanging], [(403) x 16], 'when the threads have given up';
    sleep 0.5 * $slow;
    is $h->get('/', cert => 'alice', port => 2)->{status}, 200, 'the other one is asked at once';
    is $responder->asked('honest/threads'), 1, 'and only for the request that still waits';
}

# Children, distinguished by their process numbers, in any order.
sub is_shared {
    my ($name, $path, %o) = @_;
    my $h = server($path, '', %o);
    is $h->get('/', cert => 'alice')->{status}, 200, "$name: the first one is let in";
    my $until = time + 30 * $slow;
    my @other;
    do {
        push @other, grep { $_ ne '200' } at_once($h, 1, ('alice') x 10)->();
    } while (children($h) < 2 && time < $until);
    is_deeply \@other, [], "$name: so are the others";
    cmp_ok children($h), '>', 1, "$name: several processes have answered";
    is $responder->asked($path), 1, "$name: one question was asked for them all";
    is $h->get('/', cert => 'bob')->{status}, 200, "$name: another certificate";
    is $responder->asked($path), 2, "$name: is another question";
    return $h;
}

my $children = "StartServers 4\nThreadsPerChild 4\nMinSpareThreads 4\nMaxRequestWorkers 16\n";
for my $mpm ('event', 'worker', 'prefork') {
    my $h = is_shared($mpm, "honest/$mpm", mpm => $mpm,
        global => $mpm eq 'prefork' ? '' : $children);
    ok $h->reload, 'a graceful restart';
    is $h->get('/', cert => 'admin')->{status}, 200, 'after which responders are asked';
}

# ---- other caches

SKIP: {
    my $modules = apxs('LIBEXECDIR');
    skip 'no mod_socache_redis or no Redis', 8
        unless -e "$modules/mod_socache_redis.so"
        && grep { -x } map { ("$_/redis-server", "$_/valkey-server", "$_/redis-check-rdb") }
        split /:/, $ENV{PATH};
    my $redis = ClientCert::Test::Service->redis;
    my $h     = is_shared('Redis', 'honest/redis', modules => ['socache_redis'],
        global => $children, cache => 'ClientCertOCSPCache redis:127.0.0.1:' . $redis->port);
    is $redis->ask('DBSIZE'), ':2', 'the answers are in it';
    $redis->stop;
    announce('CC0179', 'AH03478', 'AH03479');
    is $h->get('/', cert => 'alice')->{status}, 200, 'when it is gone, responders are asked again';
    is $responder->asked('honest/redis'), 3, 'one question more';
}

SKIP: {
    my $modules = apxs('LIBEXECDIR');
    my ($program) = grep { -x } map { "$_/memcached" } split /:/, $ENV{PATH};
    skip 'no mod_socache_memcache or no memcached', 6
        unless $program && -e "$modules/mod_socache_memcache.so";
    my $memcached = ClientCert::Test::Service->_new;
    $memcached->{program} = $program;
    $memcached->{command} = ['memcached', '-l', '127.0.0.1', '-p', $memcached->port, '-U', 0,
        $> == 0 ? ('-u', 'nobody') : ()];
    $memcached->start;
    is_shared('memcached', 'honest/memcached', modules => ['socache_memcache'],
        global => $children,
        cache  => 'ClientCertOCSPCache memcache:127.0.0.1:' . $memcached->port);
}

# ---- renewed in time

{
    my $ttl  = 12 * $slow;
    my $path = 'honest/replaced';
    my $h    = server($path, "ttl=$ttl");
    $responder->hold;
    is $h->get('/', cert => 'alice')->{status}, 200, 'an answer';
    my $asked = (my @times = $responder->times_asked($path))[0];
    $responder->mood($path, 'hold');
    my @other;
    while ($responder->asked($path) < 2 && time < $asked + 2 * $ttl) {
        push @other, grep { $_ != 200 } $h->get('/', cert => 'alice')->{status};
        sleep 0.2;
    }
    # The responder holds the second question: a request that waited for it would still be waiting.
    my $again = (@times = $responder->times_asked($path))[1];
    cmp_ok $again - $asked, '>=', $ttl / 2, 'is asked for again, and not too soon';
    cmp_ok $again - $asked, '<', $ttl, 'but before it has expired';
    push @other, grep { $_ != 200 } $h->get('/', cert => 'alice')->{status} for 1 .. 3;
    is $responder->asked($path), 2, 'once';
    $responder->release;
    my $fresh = time + $ttl / 3;
    while (time < $fresh) {
        push @other, grep { $_ != 200 } $h->get('/', cert => 'alice')->{status};
        sleep 0.2;
    }
    is_deeply \@other, [], 'all are let in all the time';
    cmp_ok time, '>', $asked + $ttl, 'also when the first answer would have expired';
    is $responder->asked($path), 2, 'the new one serves';
}

done_testing;
