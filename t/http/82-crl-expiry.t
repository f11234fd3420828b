# SPDX-License-Identifier: Apache-2.0
# Tests what happens after the nextUpdate of a CRL: at start and later, in open connections and in
# sessions, with a grace time, and with missing=allow.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Crl;
use ClientCert::Test::Refusal;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;

sub host {
    my ($port, $words) = @_;
    return identity_host("ClientCertCRL $words\nClientCertCRLCheck leaf", $port);
}

announce('CC0104', 'CC0106', 'CC0110', 'CC0174', 'CC0729', 'AH02039', qr/SSL Library Error/);

my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('alice', 'keyCompromise');
my $past    = $staff->crl(from => -7200, until => -3600);
my $current = $staff->crl(from => -3600);
my $seconds = 8 * $slow;
my $earliest = time + $seconds;    # it ends between this moment and $end
my $ending  = $staff->crl(from => -60, until => $seconds);
my $end     = time + $seconds;

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/past' => $past, 'conf/current' => $current, 'conf/ending' => $ending,
        'conf/renewed' => $ending,
    },
    global => "KeepAliveTimeout 300\n" . session_conf('tickets'),
    conf   => host('', 'conf/ending reload=0.1')
        . host(2, 'conf/ending reload=0.1 missing=allow')
        . host(3, 'conf/ending reload=0.1 grace=3600')
        . host(4, 'conf/past reload=0.1')
        . host(5, 'conf/past reload=0.1 missing=allow')
        . host(6, 'conf/past reload=0.1 grace=100000')
        . host(7, 'conf/ending reload=0')
        . host(8, 'conf/renewed reload=0.1'));

sub told {
    my ($response) = @_;
    return $response->{status} || 'refused' if $response->{status} != 200;
    return $response->{headers}{user} . ':' . ($response->{headers}{revocation} || '-');
}

sub of { my ($cert, $port) = @_; return told($h->get('/', cert => $cert, port => $port)) }

my $stale = 'no current CRL covers it: the CRL of its issuer has expired';

# ---- before

my %open = map { $_ => $h->connection(cert => 'bob', port => $_) } 1, 2, 3, 7, 8;
$open{later} = $h->connection(cert => 'bob', port => 8);
is told($open{$_}->request('/')), 'bob:good', "$_: a connection" for sort keys %open;
my $session = full($h, '/', cert => 'bob', tls => '1.3');
is told($session), 'bob:good', 'a session';

# ---- a CRL that had expired at start

ok $h->wait_log(qr{CC0174: .*CC0416: .*/conf/past": .*has expired: its nextUpdate was \S+; missing=deny}, 30),
    'a CRL that is past at start is told of';
is_refused_in_handshake($h, 'bob', $stale, 'and speaks for nobody', port => 4);
is of('bob', 5), 'bob:unknown', 'missing=allow: it is not known';
is of('bob', 6), 'bob:good', 'grace: it still counts';
is_refused_in_handshake($h, 'alice', 'it was revoked on .*',
    "$_: a listed client is revoked by the expired CRL", port => $_) for 4 .. 6;
before_ok($earliest, 'all that before it expires');

# ---- a CRL that expires meanwhile

sleep 0.1 while time < $end + 1.1;
my $until = time + 30 * $slow;
sleep 0.1 while time < $until && (my @some = $h->log_lines(qr{CC0416: .*/conf/ending"})) < 2;
is scalar(my @all = $h->log_lines(qr{CC0416: .*/conf/ending"})), 2,
    'it is logged once for each ClientCertCRL, except for that with a grace time';
$h->mark_log;
is_refused($open{$_}->request('/'), "$_: an open connection is refused, without a reload") for 1, 7, 8;
ok $h->wait_log(qr/CC0104: .*reason="$stale"/), 'and the log says why';
is told($open{2}->request('/')), 'bob:unknown', 'missing=allow: it is no longer known';
is told($open{3}->request('/')), 'bob:good', 'grace: nothing changes';
is told(resumed($h, $session, '/', tls => '1.3')), ':-', 'a session gives no identity';
is told(resumed($h, $session, '/', tls => '1.3', cert => 'bob')), 'refused',
    'and the same with the key';
is of('alice', $_), 'refused', "$_: a listed client stays revoked" for 1, 2, 3, 7;
$h->mark_log;
replace($h->path('conf/renewed'), $staff->crl);
ok $h->wait_log(qr/CC0173/, 30), 'the next CRL comes';
is told($open{later}->request('/')), 'bob:good', 'and a connection that is open has its identity';
is of('bob', 8), 'bob:good', 'as a new one has';
$h->stop;
done_testing;
