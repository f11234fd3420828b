# SPDX-License-Identifier: Apache-2.0
# Tests that the memory of a connection grows neither with its requests nor with answers of a
# responder about its client.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Machine qw(top);

use File::Temp qw(tempdir);

# The library that counts the octets allocated from the pools of connections.
my $dir   = tempdir(CLEANUP => 1);
my @flags = map { split } `pkg-config --cflags apr-1`;
system($ENV{CC} // 'cc', '-std=gnu11', '-O2', '-D_GNU_SOURCE', @flags, '-shared', '-fPIC', '-o',
    "$dir/pools.so", top() . '/t/bench/pools.c', '-ldl') == 0 or die "pools.c\n";
chmod 0755, $dir;

# The octets that all connections of a server have allocated, at its end.
my $servers = 0;

sub octets_of {
    my ($conf, $work) = @_;
    my $logs = "$dir/" . ++$servers;
    mkdir $logs or die "$logs: $!\n";
    chmod 0777, $logs;    # its children run as another user
    my $h;
    {
        local $ENV{CC_POOLS}   = "$logs/count";
        local $ENV{CC_PRELOAD} = join ':', grep { $_ } $ENV{CC_PRELOAD}, "$dir/pools.so";
        $h = ClientCert::Test->server(
            global => "ServerLimit 1\nStartServers 1\nMaxKeepAliveRequests 0\n"
                . "ThreadsPerChild 16\nMaxRequestWorkers 16\nMaxSpareThreads 16\n",
            conf   => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
    $conf
</VirtualHost>
CONF
    }
    $work->($h);
    $h->stop;
    my $sum = 0;
    for my $file (glob "$logs/count.*") {
        open my $in, '<', $file or die "$file: $!\n";
        $sum += $1 if readline($in) =~ /^summary: (\d+)/;
    }
    return $sum;
}

sub requests {
    my ($count, @headers) = @_;
    return sub {
        my ($h) = @_;
        my $c = $h->connection(cert => 'alice');
        my %got;
        $got{ $c->request('/', headers => [@headers])->{status} }++ for 1 .. $count;
        is_deeply \%got, { 200 => $count }, "$count requests: @headers";
        $c->close;
        return;
    };
}

my $plain = octets_of('', requests(200, 'X-Plain: x'));
cmp_ok $plain, '>', 1000, 'the memory of connections is counted';
my $upgrades = octets_of('', requests(200, 'Upgrade: x'));
cmp_ok $upgrades - $plain, '<', 4000, 'requests with Upgrade leave no more than others';

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice']);
my $url       = $responder->url('honest');
my $asked     = octets_of("ClientCertOCSP On responder=$url", requests(200, 'X-Plain: x'));
cmp_ok $responder->asked, '>=', 1, 'a responder was asked';
cmp_ok $asked - $plain, '<', 16000, 'and its answer is not left with the connection';

done_testing;
