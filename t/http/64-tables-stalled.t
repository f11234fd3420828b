# SPDX-License-Identifier: Apache-2.0
# Tests that a table whose source does not answer blocks only a few threads, and that other requests
# are served.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crowd;
use ClientCert::Test::Metrics;
use ClientCert::Test::Service;

my $redis = ClientCert::Test::Service->redis;
my $port  = $redis->port;
$redis->ask('SET', 'alice', 'alice');

my $h = ClientCert::Test->server(
    modules => ['status', 'authz_user'],
    files   => { 'htdocs/private' => "yours\n", 'htdocs/public' => "everybody's\n" },
    global  => "ServerLimit 1\nStartServers 1\nThreadsPerChild 8\nMaxRequestWorkers 8\n"
        . "MinSpareThreads 1\nMaxSpareThreads 8\n",
    conf => <<"CONF");
ClientCertTable people redis:127.0.0.1:$port ttl=0 negative_ttl=0 timeout=60
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    <Location "/private">
        ClientCertMap subject.CN in people user=\$1
        Require valid-user
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/status">
        SetHandler server-status
    </Location>
</VirtualHost>
CONF
announce('CC0133', 'AH00484');    # MaxRequestWorkers is reached

sub turned_away {
    return metric(read_metrics($h->get('/metrics')->{body}), 'clientcert_table_turned_away_total');
}

# The number in a line of mod_status.
sub counted {
    my ($name) = @_;
    my ($value) = $h->get('/status?auto')->{body} =~ /^\Q$name\E: (\d+)/m;
    return $value // 'none';
}

is $h->get('/private', cert => 'alice')->{status}, 200, 'a client in the table is served';
is turned_away(), 0, 'no client was turned away';

# More clients than threads, each on a connection of its own.
$redis->pause;
my $crowd = ClientCert::Test::Crowd->new($h, 12, '/private', cert => 'alice');
ok $h->wait_log(qr/CC0133: .*it is slow, and enough others wait for it/, 30),
    'later requests do not wait, and the log has the reason';
is $h->get('/public', curl => ['--max-time', 30])->{status}, 200, 'a public page is served';
cmp_ok turned_away(), '>=', 1, 'requests that did not wait are counted';
cmp_ok counted('ClientCertTable[0]TurnedAway'), '>=', 1, 'where mod_status shows it too';
is counted('ClientCertLogLinesLeftOutCC0133'), 0, 'and how many lines were omitted';
cmp_ok $crowd->waiting, '>=', 1, 'some still wait';
$redis->resume;
my $got = $crowd->statuses;
cmp_ok $got->{200} // 0, '>=', 1, 'requests that waited get the answer';
is $got->{200} + ($got->{500} // 0), 12, 'and every client got the page or a failure';
is $h->get('/private', cert => 'alice')->{status}, 200, 'all others have it from then on';

done_testing;
