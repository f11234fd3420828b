# SPDX-License-Identifier: Apache-2.0
# Tests that every child process, also one that starts later, uses a replaced CRL, and that none can
# be led back to an older one.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Refusal;

use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertCRL conf/staff.crl reload=0.1
    ClientCertCRLCheck leaf
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF

announce('CC0106', 'CC0174', 'AH02039', qr/SSL Library Error/);

my $staff = ClientCert::Test::Crl->new('staff');
my $first = $staff->crl;
$staff->revoke('alice');
my $second = $staff->crl;

# ---- many processes

my $h = ClientCert::Test->server(
    mpm     => 'prefork',
    modules => ['headers'],
    files   => { 'conf/staff.crl' => $first },
    conf    => $conf);

# The processes that have logged this.
sub who_said {
    my ($pattern) = @_;
    my %pids = map { /\[pid (\d+)/ ? ($1 => 1) : () } $h->log_lines($pattern);
    return sort keys %pids;
}

replace($h->path('conf/staff.crl'), $second);
my $until = time + 30 * $slow;
sleep 0.05 while time < $until && (my @said = who_said(qr/CC0173/)) < 4;
is scalar(my @all = who_said(qr/CC0173/)), 4, 'every process of the prefork MPM follows';
my @answers = map { $h->get('/', cert => 'alice')->{status} } 1 .. 12;
is_deeply \@answers, [(0) x 12], 'and refuses revoked clients';
$h->stop;

# ---- processes that start later

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'conf/staff.crl' => $first },
    global  => "MaxConnectionsPerChild 5\n",
    conf    => $conf);

sub child { return ($h->log_lines(qr/AH01964/))[-1] =~ /\[pid (\d+)/ ? $1 : 0 }

# The user of alice, and whether the log has a refusal; neither if a child has just ended.
sub alice {
    $h->mark_log;
    my $user = $h->get('/', cert => 'alice')->{headers}{user};
    return ($user, !$user && scalar(my @lines = $h->wait_log(qr/CC0106/, 1)));
}

# The result for alice in the first child other than this one.
sub in_the_next_child {
    my ($last) = @_;
    my $end = time + 60 * $slow;
    while (time < $end) {
        my ($user, $refused) = alice();
        return $refused ? 'refused' : $user if ($user || $refused) && child() != $last;
    }
    return 'no other child';
}

is $h->get('/', cert => 'alice')->{headers}{user}, 'alice', 'with the CRL of the start';
my $child = child();
replace($h->path('conf/staff.crl'), $second);
ok $h->wait_log(qr/CC0173/, 30), 'a certificate is revoked';
is_refused_in_handshake($h, 'alice', 'it was revoked on .*', 'in the process that saw it');
is in_the_next_child($child), 'refused', 'and in one that begins later';

sleep 16;    # the parent checks every ten seconds
for my $back ([$first, qr/CC0412/], [damaged($second), qr/CC0411/]) {
    my ($octets, $tag) = @$back;
    $h->get('/');    # so that a child exists
    $h->mark_log;
    replace($h->path('conf/staff.crl'), $octets);
    ok $h->wait_log(qr/CC0174: .*$tag/, 30), 'a CRL that is refused';
    $h->get('/', cert => 'bob');
    is in_the_next_child(child()), 'refused', 'brings no client back, not even in a later process';
}
done_testing;
