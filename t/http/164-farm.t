# SPDX-License-Identifier: Apache-2.0
# Tests conf/operations/farm*.conf and farm.cfg: two servers behind HAProxy that share sessions, CRLs, a table and
# OCSP answers.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Example qw($debian);
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);
use ClientCert::Test::Ocsp;
use ClientCert::Test::Proxy;
use ClientCert::Test::Service;
use ClientCert::Test::Session;

use Time::HiRes qw(sleep time);

my $slow    = $ENV{CC_SLOW} // 1;
my $haproxy = ClientCert::Test::Service->needed_program('haproxy');
my $redis   = ClientCert::Test::Service->redis;
my $ocsp    = ClientCert::Test::Ocsp->new(certs => [qw(alice bob)]);
$redis->ask('SET', 'mail:alice@example.com', 'alice staff');
$redis->ask('SET', 'mail:bob@example.com', 'bob staff');

# ---- what the servers share

my $shared = File::Temp->newdir;
mkdir "$shared/crls";
chmod 0755, $shared, "$shared/crls";
my ($staff, $services) = map { ClientCert::Test::Crl->new($_) } qw(staff services);
replace("$shared/crls/$_->{ca}.crl", $_->crl(from => -600)) for $staff, $services;
open my $random, '<:raw', '/dev/urandom' or die "$!\n";
read $random, my $key, 48;
write_file("$shared/ticket.key", $key);

my %server = map {
    my $number = $_;
    ($number => ClientCert::Test->server(
        modules => [qw(headers remoteip authz_user socache_redis)],
        files   => { map { ("htdocs/staff/$_" => "page\n") } qw(page .htpasswd) },
        global  => "${debian}Define CLIENTCERT_PKI \@CA\@\nDefine CLIENTCERT_FARM $shared\n"
            . 'Define CLIENTCERT_REDIS 127.0.0.1:' . $redis->port . "\nSSLSessionCache none\n"
            . 'Define CLIENTCERT_OCSP ' . $ocsp->url('honest') . "\nInclude \@TOP\@/conf/operations/farm-cache.conf\n",
        conf => <<"CONF"))
<VirtualHost *:\@PORT\@>
    ServerName localhost:443
    \@TLS\@
    Include \@TOP\@/conf/operations/farm.conf
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Address "expr=%{REMOTE_ADDR}"
    Header always set Number $number
</VirtualHost>
CONF
} 1, 2;
announce(qw(CC0106 CC0110 AH01630 AH02039 AH10184 AH10634 CC0104), qr/SSL Library Error/);

# ---- HAProxy, with its configuration for this machine

my $proxy = ClientCert::Test::Proxy->_new;
my $text  = read_file(top() . '/conf/operations/farm.cfg') =~ s/^ *#.*\n//gmr;
$text =~ s/bind :443/bind 127.0.0.1:$proxy->{port}/ or die "no port\n";
$text =~ s/192\.0\.2\.2$_:443/'127.0.0.1:' . $server{$_}->port/e or die "no server $_\n" for 1, 2;
$proxy->{program} = $haproxy;
$proxy->{command} = ['haproxy', '-db', '-f', write_file("$proxy->{dir}/conf", $text)];
$proxy->start;
{ no strict 'refs'; *{'ClientCert::Test::Proxy::path'} = sub { return "$_[0]{dir}/$_[1]" } }

# The responses of both servers to a client, in the order of their numbers.
sub both {
    my ($cert) = @_;
    my (%seen, $until);
    $until = time + 20 * $slow;
    while (keys %seen < 2 && time < $until) {
        my $response = $proxy->get('/staff/page', cert => $cert);
        my $number   = $response->{headers}{number} // 'none';
        $seen{$number} = "$response->{status} " . ($response->{headers}{user} // '');
        return 'no connection' if $number eq 'none';
    }
    return join ', ', map { "$_: $seen{$_}" } sort keys %seen;
}

# The status of a client that asks one server itself, as HAProxy does.
sub at_server {
    my ($number, $cert) = @_;
    my @as_haproxy = (curl => ['--haproxy-protocol']);
    return $server{$number}->get('/staff/page', cert => $cert, @as_haproxy)->{status};
}

# Waits until both servers answer a client like this.
sub is_soon {
    my ($cert, $expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($until, $now) = (time + 30 * $slow);
    do { $now = both($cert); sleep 0.1 if $now ne $expected } until $now eq $expected || time > $until;
    return is $now, $expected, $claim;
}

is_soon('alice', '1: 200 alice, 2: 200 alice', 'both servers identify a client');
is $ocsp->asked('honest'), 1, 'the OCSP responder was asked once, for both';
# HAProxy itself connects from 127.0.0.1.
my $from_other = $proxy->get('/staff/page', cert => 'alice', curl => ['--interface', '127.0.0.2']);
is $from_other->{headers}{address}, '127.0.0.2', 'its address comes from HAProxy';
is $proxy->get('/staff/.htpasswd', cert => 'alice')->{status}, 403, 'what the servers deny stays so';

# ---- sessions

# A session that one server made, resumed until the other one answers: its number, and the response.
sub resumed_elsewhere {
    my ($tls) = @_;
    my $first = full($proxy, '/staff/page', cert => 'alice', tls => $tls);
    my ($made, $until, $again) = ($first->{headers}{number}, time + 20 * $slow);
    do { $again = resumed($proxy, $first, '/staff/page', tls => $tls) }
        until ($again->{headers}{number} // '') ne $made || time > $until;
    return ($made, $again);
}

for my $tls ('1.2', '1.3') {
    my ($made, $again) = resumed_elsewhere($tls);
    isnt $again->{headers}{number}, $made, "TLS $tls: another server";
    is $again->{reused}, 1, 'resumes the session';
    is "$again->{status} $again->{headers}{user}", '200 alice', 'and the client keeps its identity';
}

# ---- the table, and the CRLs

$redis->ask('SET', 'mail:alice@example.com', 'carol staff');
is_soon('alice', '1: 200 carol, 2: 200 carol', 'a change in Redis counts on both servers');
$redis->ask('SET', 'mail:alice@example.com', 'carol guests');
is_soon('alice', '1: 403 carol, 2: 403 carol', 'and so does the loss of a group');

my $session = full($proxy, '/staff/page', cert => 'bob', tls => '1.3');
is $session->{status}, 200, 'a client with a session';
is at_server($_, 'bob'), 200, "server $_ accepts it" for 1, 2;
$staff->revoke('bob');
$server{$_}->mark_log for 1, 2;
replace("$shared/crls/staff.crl", $staff->crl(from => -60));
ok $server{$_}->wait_log(qr/CC0173/, 30), "server $_ loads the CRL" for 1, 2;
is both('bob'), 'no connection', 'through HAProxy, a revoked client gets no connection';
$server{$_}->mark_log for 1, 2;
is at_server($_, 'bob'), 0, "server $_ does not accept it" for 1, 2;
ok $server{$_}->wait_log(qr/CC0106: .*subject="CN=bob,.* reason="it was revoked /),
    "and server $_ has the reason" for 1, 2;
for (1 .. 4) {
    isnt resumed($proxy, $session, '/staff/page', tls => '1.3')->{headers}{user} // '', 'bob',
        'nor does its session give an identity';
}

# ---- one server is down

$redis->ask('SET', 'mail:alice@example.com', 'alice staff');
is_soon('alice', '1: 200 alice, 2: 200 alice', 'both servers serve');
my $before = full($proxy, '/staff/page', cert => 'alice', tls => '1.3');
my $down   = $before->{headers}{number};
$server{$down}->stop;
my $other = 3 - $down;
my $after = resumed($proxy, $before, '/staff/page', tls => '1.3');
is $after->{headers}{number}, $other, 'if a server is down, the other one answers';
is "$after->{status} $after->{headers}{user} $after->{reused}", '200 alice 1', 'and resumes its sessions';
is join(' ', map { $proxy->get('/staff/page', cert => 'alice')->{headers}{number} // '-' } 1 .. 4),
    "$other $other $other $other", 'and serves all clients';

done_testing;
