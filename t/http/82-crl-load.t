# SPDX-License-Identifier: Apache-2.0
# Tests that CRLs can be replaced while the server is fully loaded: no request with an unrevoked
# certificate fails, and memory does not grow.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Load;

use Time::HiRes qw(sleep);

plan skip_all => 'no ab' if !can_load;

my $changes = 50;

announce('CC0104', 'CC0110', 'AH01630');

for my $mpm ('event', 'prefork') {
    my ($staff, $root) = map { ClientCert::Test::Crl->new($_) } 'staff', 'root';
    my $h = ClientCert::Test->server(
        mpm     => $mpm,
        global => enough_threads($mpm),
        files   => { 'conf/staff.crl' => $staff->crl, 'conf/root.crl' => $root->crl },
        conf    => <<'CONF');
LogLevel warn clientcert:info
MaxKeepAliveRequests 500
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    ClientCertCRL conf/staff.crl conf/root.crl reload=0.1
    ClientCertMap subject.CN =~ "(.+)" user=$1
    <Location "/">
        <RequireAll>
            Require clientcert
            Require clientcert revocation == good
        </RequireAll>
    </Location>
</VirtualHost>
CONF
    is $h->get('/', cert => 'bob')->{status}, 200, "$mpm: a request";

    my $load = ClientCert::Test::Load->start($h, 'bob');
    my $before = 0;
    for my $n (1 .. $changes) {
        $n % 2 ? $staff->revoke('alice') : $staff->restore('alice');
        replace($h->path('conf/staff.crl'), $staff->crl(others => 5_000));
        sleep 0.2;
        $before = $load->memory if $n == 15;
    }
    my $after = $load->memory;
    $load->ends_well($mpm);
    cmp_ok scalar(my @followed = $h->log_lines(qr/CC0173/)), '>=', $changes / 3,
        "$mpm: changes were followed meanwhile";
SKIP: {
        skip 'the memory is also that of a checker', 1 if !defined $after;
        cmp_ok $after, '<', $before * 1.5 + 2048, "$mpm: memory did not grow ($before, $after KiB)";
    }
    is_deeply [$h->log_lines(qr/CC0104/)], [], "$mpm: nobody was rejected";
    $h->mark_log;
    $staff->revoke('bob');
    replace($h->path('conf/staff.crl'), $staff->crl);
    ok $h->wait_log(qr/CC0173/, 30), "$mpm: the last CRL is taken, too";
    $h->stop;
}

done_testing;
