# SPDX-License-Identifier: Apache-2.0
# Tests that the clients of a proxy follow changes of tables, CRLs and CAs while the connection of
# the proxy stays open, and that the memory of a process does not grow with their number.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Tunnel;

use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my $to   = tunnel_backend();
my ($staff, $root) = map { ClientCert::Test::Crl->new($_) } 'staff', 'root';
my $proxy = <<'CONF';
    ClientCertTrustedProxy 127.0.0.1
    Header always set User "%{CLIENTCERT_USER}e"
CONF

announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH03307', 'AH02039', qr/SSL Library Error/);

my $h = ClientCert::Test->server(
    modules => ['headers', 'proxy', 'proxy_http', 'proxy_wstunnel'],
    global  => "KeepAliveTimeout 300\nMaxKeepAliveRequests 0\nTimeout 300\nServerLimit 1\nStartServers 1\n"
        . "ThreadsPerChild 8\nMaxRequestWorkers 8\nMaxSpareThreads 8\nMinSpareThreads 1\n",
    files => {
        'conf/cas.pem'     => pem_of(qw(root staff services)),
        'conf/staff.crl'   => $staff->crl,
        'conf/root.crl'    => $root->crl,
        'conf/people'      => "alice\@example.com one\nbob\@example.com bob\n",
        'htdocs/alice'     => "for one\n",
    },
    conf => <<"CONF");
ClientCertTable people file:conf/people reload=0.1
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@TLS\@
    SSLVerifyClient optional
    SSLVerifyDepth 4
    ClientCertHeader xfcc
    ClientCertCA conf/cas.pem reload=0.1
    ClientCertCRL conf/staff.crl conf/root.crl reload=0.1 missing=allow
    ClientCertMap san.email in people user=\$1
    ClientCertMap subject.CN == cart user=cart
    ProxyPass /ws http://127.0.0.1:$to/ upgrade=websocket
    <Location "/alice">
        Require clientcert-user one two
    </Location>
    <Location "/ws">
        Require clientcert
    </Location>
$proxy
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    SSLCACertificateFile \@CA\@/clients.pem
    SSLVerifyDepth 4
    ClientCertHeader xfcc
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
$proxy
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyDepth 3
    ClientCertHeader xfcc
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
$proxy
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyDepth 2
    ClientCertHeader xfcc
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
$proxy
</VirtualHost>
CONF

my %header = map { $_ => forwarded('xfcc', $_) } qw(alice bob service);

sub says {
    my ($c, $cert, $path) = @_;
    my $r = $c->request($path // '/', headers => $cert ? [$header{$cert}] : []);
    return "$r->{status} " . ($r->{headers}{user} // q{});
}

# Asks until the answer is this one, for ten seconds at most.
sub becomes {
    my ($c, $cert, $wanted, $claim) = @_;
    my $until = time + 10 * $slow;
    my $said  = says($c, $cert);
    while ($said ne $wanted && time < $until) {
        sleep 0.05;
        $said = says($c, $cert);
    }
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is $said, $wanted, $claim;
}

for my $tls ('1.2', '1.3') {
    my $c = $h->connection(tls => $tls, cert => 'service');
    is join(', ', map { says($c, $_) } 'alice', 'bob', 'alice', undef, 'service'),
        '200 one, 200 bob, 200 one, 200 (null), 200 cart', "TLS $tls: the clients of a proxy";
    my $tunnel = open_tunnel($h, 'service', '/ws', $h->port, $header{alice});
    my $other  = open_tunnel($h, 'service', '/ws', $h->port, $header{bob});
    is echo($tunnel, 'one'), 'echo one', 'with WebSockets';

    replace($h->path('conf/people'), "alice\@example.com two\nbob\@example.com bob\n");
    becomes($c, 'alice', '200 two', "TLS $tls: a table has changed");
    is says($c, 'bob'), '200 bob', 'and another client is the same';

    $staff->revoke('alice', 'keyCompromise');
    replace($h->path('conf/staff.crl'), $staff->crl);
    becomes($c, 'alice', '200 (null)', "TLS $tls: a client is revoked, and the connection goes on");
    is says($c, 'alice', '/alice'), '403 (null)', 'where she may no longer enter';
    is join(', ', map { says($c, $_) } 'bob', 'alice', 'service'), '200 bob, 200 (null), 200 cart',
        'the others are not concerned';
    is echo($other, 'one'), 'echo one', 'nor is their WebSocket';
    unlike echo($tunnel, 'two'), qr/two/, 'hers is closed';
    ok ends($tunnel), 'and ends';

    $staff->restore('alice');
    replace($h->path('conf/staff.crl'), $staff->crl);
    becomes($c, 'alice', '200 two', "TLS $tls: the CRL no longer lists her");

    my $held = open_tunnel($h, 'service', '/ws', $h->port, $header{service});
    ca_changes($h, 'conf/cas.pem', [qw(root services)], qr/removed CN=Staff CA/, "TLS $tls: a CA is removed");
    becomes($c, 'alice', '200 (null)', 'its clients are nobody');
    is join(', ', map { says($c, $_) } 'bob', 'service', undef), '200 (null), 200 cart, 200 (null)',
        'and the clients of other CAs are the same';
    unlike echo($other, 'two'), qr/two/, 'a WebSocket of one of its clients is closed';
    is echo($held, 'one'), 'echo one', 'and that of another CA is not';
    ca_changes($h, 'conf/cas.pem', [qw(root staff services)], qr/added CN=Staff CA/, "TLS $tls: the CA is back");
    becomes($c, 'alice', '200 two', 'and so are its clients');
    replace($h->path('conf/people'), "alice\@example.com one\nbob\@example.com bob\n");
    becomes($c, 'alice', '200 one', 'the table is as before');
    $c->close;
}

# ---- the length of a chain

my ($deep) = forwarded('xfcc', 'deep', chain => ['deep-ca']);
is $h->get('/', port => 3, headers => [$deep])->{headers}{user}, 'deep', 'SSLVerifyDepth 3 allows three CAs';
$h->mark_log;
is $h->get('/', port => 4, headers => [$deep])->{headers}{user}, '(null)', 'SSLVerifyDepth 2 does not';
ok $h->wait_log(qr/CC0104: .*reason="the chain .*SSLVerifyDepth/), 'and the log has the reason';
is $h->get('/', port => 3, headers => [forwarded('xfcc', 'deep')])->{headers}{user}, '(null)',
    'without its chain, it does not verify';

# ---- memory

# The octets of its own that the process uses.
my ($pid) = map { /\[pid (\d+)/ ? $1 : () } $h->log_lines(qr/AH01964/);

sub octets { return 1024 * (read_file("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m)[0] }

# So many headers that differ, on one connection. True if each gave the client.
sub many {
    my ($from, $count) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port(2)) or die "connect: $!\n";
    my $value  = $header{alice} =~ s/^[^:]*: //r;
    my $right  = 0;
    for my $n ($from .. $from + $count - 1) {
        print {$socket} "HEAD / HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Client-Cert: By=p$n;$value\r\n\r\n";
        my $head = '';
        while (defined(my $line = <$socket>)) { $head .= $line; last if $line eq "\r\n" }
        $right += $head =~ /^User: alice\r/m;
    }
    return $right;
}

SKIP: {
    skip 'sanitizers and valgrind keep what is freed', 4 if $ENV{CC_PRELOAD} || $ENV{CC_VALGRIND};
    is many(0, 1500), 1500, 'more headers than the cache has places: each gives its client';
    my $full = octets();
    is many(1500, 3000), 3000, 'and many more';
    my $grown = octets() - $full;
    cmp_ok $grown, '<', 4 * 1024 * 1024, 'the process does not grow' or diag "from $full by $grown";
    is many(0, 10), 10, 'those that lost their places are verified again';
}
done_testing;
