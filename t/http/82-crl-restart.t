# SPDX-License-Identifier: Apache-2.0
# Tests that a graceful restart does not return to an older CRL, and that a stop and a start does.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Identity;

my %server = (modules => ['headers'], conf => join '', map {
        identity_host("ClientCertCRL $_->[1] reload=0.1\nClientCertCRLCheck leaf", $_->[0])
    } [1, 'conf/staff.crl'], [2, 'conf/other.crl']);
my $staff  = ClientCert::Test::Crl->new('staff');
my $before = $staff->crl;

announce('CC0106', 'CC0174', 'CC0181', 'AH02039', qr/SSL Library Error/);
my $h = ClientCert::Test->server(%server,
    files => { 'conf/staff.crl' => $before, 'conf/other.crl' => $before });

sub put {
    my ($crl, $tag) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    replace($h->path('conf/staff.crl'), $crl);
    return ok $h->wait_log(qr/$tag/, 30), $tag eq 'CC0173' ? 'followed' : 'refused';
}

sub are_let_in {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @users = grep { $_ } map { $h->get('/', cert => $_)->{headers}{user} } 'alice', 'bob';
    return is "@users", $expected, $claim;
}

are_let_in('alice bob', 'no client is revoked');
$staff->revoke('alice');
put($staff->crl, 'CC0173');
are_let_in('bob', 'alice is');
sleep 16;    # httpd's parent process, which survives the restart, checks every ten seconds

put($before, 'CC0412');
are_let_in('bob', 'the earlier CRL is not accepted again');
$h->mark_log;
ok $h->reload, 'a graceful restart';
ok $h->wait_log(qr/CC0181: .*stay in use: CC0412: .*number 1, .*older than the one loaded before, number 2/),
    'does not forget what was held';
are_let_in('bob', 'and goes on with it');
is $h->get('/', cert => 'bob', port => 2)->{headers}{user}, 'bob',
    'but on another host, whose own CRL has not changed';
$staff->revoke('bob');
put($staff->crl, 'CC0173');
$staff->restore('bob');
put($staff->crl, 'CC0173');
are_let_in('bob', 'until there is a later one');
$h->stop;

$h = ClientCert::Test->server(%server,
    files => { 'conf/staff.crl' => $before, 'conf/other.crl' => $before });
are_let_in('alice bob', 'after a stop and a start, httpd accepts the file as it is');

done_testing;
