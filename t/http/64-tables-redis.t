# SPDX-License-Identifier: Apache-2.0
# Tests redis: tables: what Redis answers, and what happens to requests while it is unreachable or
# slow, and when it returns.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Service;

use Time::HiRes qw(sleep);

my $redis = ClientCert::Test::Service->redis;
my $port  = $redis->port;
# For each answer.
my $seconds = 2 * ($ENV{CC_SLOW} // 1);

my $h = ClientCert::Test->server(
    modules => ['authz_user', 'headers'],
    files   => { map { ("htdocs/$_/page" => "page\n") } qw(public user cached stale) },
    conf    => <<"CONF");
ClientCertTable plain  redis:127.0.0.1:$port/cert: ttl=0 negative_ttl=0 timeout=$seconds nocase
ClientCertTable cached redis:127.0.0.1:$port/cert: ttl=1 negative_ttl=1 timeout=$seconds
ClientCertTable stale  redis:127.0.0.1:$port/cert: ttl=1 negative_ttl=1 timeout=$seconds stale=60
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Header always set User "expr=%{REMOTE_USER}/%{clientcert:group}"
    ClientCertMap subject.CN in plain user=\$1 group=\$2
    <Location "/user">
        Require valid-user
    </Location>
    <Location "/cached">
        ClientCertMap subject.CN in cached user=\$1 group=\$2
        Require valid-user
    </Location>
    <Location "/stale">
        ClientCertMap subject.CN in stale user=\$1 group=\$2
        Require valid-user
    </Location>
</VirtualHost>
CONF
announce('AH01630', 'CC0110', 'CC0133', 'CC0155');

sub get { my ($path, $cert) = @_; return $h->get("/$path/page", cert => $cert // 'alice') }
sub user_of { my ($response) = @_; return "$response->{status} " . ($response->{headers}{user} // '') }
sub user { return user_of(get(@_)) }

# ---- answers

is user('user'), '403 /', 'a client without a key has no identity';
$redis->ask('SET', 'cert:alice', 'alice staff,admins');
is user('user'), '200 alice/staff,admins', 'and has one at once if nothing is cached';
$redis->ask('SET', 'cert:alice', '"a b" "c d"');
is user('user'), '200 a b/c d', 'a row has the quotes of a file';
is user('user', 'bob'), '403 /', 'another key is missing';
my $open = $h->connection(cert => 'alice');
is user_of($open->request('/public/page')), '200 a b/c d', 'an open connection';

# ---- cached answers

is user('cached'), '200 a b/c d', 'an answer';
my $kept = $h->connection(cert => 'alice');
is user_of($kept->request('/cached/page')), '200 a b/c d', 'on an open connection too';
$redis->ask('SET', 'cert:alice', 'new staff');
is user_of($open->request('/public/page')), '200 new/staff', 'ttl=0: each request asks';
sleep 1.1;
is user_of($kept->request('/cached/page')), '200 new/staff', 'ttl=1: an open connection asks again';
is user('cached'), '200 new/staff', 'and so does a new one';
is user('stale'), '200 new/staff', 'a table that may serve old answers';

# ---- bad answers

$redis->ask('DEL', 'cert:bob');
$redis->ask('LPUSH', 'cert:bob', 'bob staff');
$h->mark_log;
is user('user', 'bob'), '500 /', 'a value of another type fails';
like +($h->log_lines(qr/CC0133/))[0], qr/table plain .*WRONGTYPE/, "which is told in Redis's words";
$redis->ask('DEL', 'cert:bob');
$redis->ask('SET', 'cert:bob', "b\xffb staff");
is user('user', 'bob'), '500 /', 'and one that is not UTF-8';
$redis->ask('DEL', 'cert:bob');

# ---- Redis is unreachable

$redis->stop;
$h->mark_log;
is user('user'), '500 /', 'unreachable: 500';
is scalar(my @told = $h->log_lines(qr/CC0133: .* reason="table plain/)), 1,
    'and one line';
is user_of($open->request('/public/page')), '500 /',
    'also if only rules are in effect: a missing user would count as none';
is user('stale'), '200 new/staff', 'stale=60: the last answer is used';
sleep 1.2;
is user('stale'), '200 new/staff', 'also after its time';
ok $h->wait_log(qr/CC0155: result=stale .* reason="an old answer is used: table stale/),
    'and the log says so';
is user('stale', 'bob'), '500 /', 'but not for clients without a cached answer';
is user('cached'), '500 /', 'stale=0: no old answer is used';

$redis->start;
$redis->ask('SET', 'cert:alice', 'back staff');
is user('user'), '200 back/staff', 'the first request after its return works';
is user_of($h->get('/public/page', cert => 'alice')), '200 back/staff', 'on any page';

# ---- Redis is slow

$redis->pause;
$h->mark_log;
is user('user'), '500 /', 'it does not answer: 500';
is scalar(@told = $h->log_lines(qr/CC0133/)), 1, 'and one line';
is $h->get('/public/page')->{status}, 200, 'a client without a certificate is served';
$redis->resume;
is user('user'), '200 back/staff', 'and requests succeed when it answers again';

my ($exit, $output) = ClientCert::Test->configtest(
    conf => "ClientCertTable t redis:127.0.0.1\nClientCertMap subject.CN in t user=\$1\n");
ok $exit != 0 && $output =~ /CC0630: /, 'a source without a port stops the start' or diag $output;
($exit, $output) = ClientCert::Test->configtest(
    conf => "ClientCertTable t redis:127.0.0.1:1\nClientCertMap subject.CN in t user=\$1\n");
is $exit, 0, 'an unreachable server does not' or diag $output;

done_testing;
