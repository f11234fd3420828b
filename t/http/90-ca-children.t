# SPDX-License-Identifier: Apache-2.0
# Tests that a removed CA does not come back with a bad file: not in a process that begins later, and
# not with a restart.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::File;
use ClientCert::Test::Identity;

use Time::HiRes qw(time);

my $slow = $ENV{CC_SLOW} // 1;
my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my ($ann, $bea) = (client_of($alpha, 'ann'), client_of($beta, 'bea'));

announce('CC0106', 'CC0196', 'CC0197', 'AH02039', qr/SSL Library Error/);

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'conf/cas.pem' => pem_of($alpha, $beta) },
    conf    => ca_host('ClientCertCA conf/cas.pem reload=0.1'));

sub child { return ($h->log_lines(qr/AH01964/))[-1] =~ /\[pid (\d+)/ ? $1 : 0 }

# The parent, which polls every ten seconds, has not seen the removal when the file is bad.
sub removed_and_bad {
    ca_changes($h, 'conf/cas.pem', [$alpha], 'removed CN=Beta CA', 'a CA is removed');
    $h->mark_log;
    replace($h->path('conf/cas.pem'), "garbage\n");
    ok $h->wait_log(qr/CC0196: /, 30), 'the file is bad';
    return;
}

sub beta_is_out {
    my ($when) = @_;
    is $h->get('/', cert => $bea)->{status}, 0, "$when, the removed CA does not count";
    is_served_to($h->get('/', cert => $ann), 'ann', 'the other CA does');
    return;
}

is_served_to($h->get('/', cert => $bea), 'bea', 'both CAs count');
my $first = child();
removed_and_bad();
kill 'KILL', $first;
my $until = time + 60 * $slow;
1 while time < $until && ($h->get('/')->{status} != 200 || child() == $first);
isnt child(), $first, 'another process begins';
beta_is_out('there');

ca_changes($h, 'conf/cas.pem', [$alpha, $beta], 'added CN=Beta CA', 'the CA is back');
is_served_to($h->get('/', cert => $bea), 'bea', 'both CAs count');
ok $h->reload, 'a graceful restart';
is_served_to($h->get('/', cert => $bea), 'bea', 'both CAs count');
removed_and_bad();
delete $h->{files}{'conf/cas.pem'};
ok $h->reload, 'a graceful restart with the bad file';
beta_is_out('after it');

done_testing;
