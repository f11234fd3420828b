# SPDX-License-Identifier: Apache-2.0
# Tests that the memory of a process does not grow with the number of times that CAs change, with
# verifications and CRLs that follow.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Identity;

plan skip_all => 'sanitizers and valgrind keep what is freed' if $ENV{CC_PRELOAD} || $ENV{CC_VALGRIND};

my $changes = $ENV{CC_CHANGES} // 100;
my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my @more = map { authority("more$_", "/CN=More $_ CA") } 1 .. 8;
my $ann  = client_of($alpha, 'ann');

announce('CC0106', 'CC0183', 'AH02039', qr/SSL Library Error/);

my $h = ClientCert::Test->server(
    modules => ['headers'],
    global  => "ServerLimit 1\nStartServers 1\nThreadsPerChild 4\nMaxRequestWorkers 4\n"
        . "MaxSpareThreads 4\nMinSpareThreads 1\n",
    files   => {
        'conf/cas.pem' => pem_of($alpha, $beta),
        'conf/1.pem'   => pem_of($alpha, @more),
        'conf/0.pem'   => pem_of($alpha, $beta),
        'conf/crls'    => join('', map { ClientCert::Test::Crl->new($_)->crl } $alpha, $beta),
    },
    conf => ca_host("ClientCertCA conf/cas.pem reload=0.05\n"
            . 'ClientCertCRL conf/crls reload=0.05 missing=allow'));
is_served_to($h->get('/', cert => $ann), 'ann', 'a client is served');
my ($pid) = map { /\[pid (\d+)/ ? $1 : () } $h->log_lines(qr/AH01964/);

# The octets of its own that the process uses, apart from those that it shares with its parent.
sub octets {
    my ($kilobytes) = read_file("/proc/$pid/status") =~ /^RssAnon:\s+(\d+)/m;
    return 1024 * $kilobytes;
}

# A link leads to one file and to the other, each time with a verification by the new set.
my $changed = 0;

sub changes {
    for (1 .. $changes) {
        $h->mark_log;
        my $to = ++$changed % 2 . '.pem';
        symlink $to, $h->path('conf/new')                           or die "symlink: $!\n";
        rename $h->path('conf/new'), $h->path('conf/cas.pem')       or die "rename: $!\n";
        $h->wait_log(qr/CC0195: /, 30)                              or die "no change\n";
    }
    is_served_to($h->get('/', cert => $ann), 'ann', "after $changed changes, a client is served");
    return;
}

SKIP: {
    skip 'there is no /proc/PID/status with RssAnon', 3
        if read_if_there("/proc/$pid/status") !~ /^RssAnon:/m;
    changes();
    my $before = octets();
    changes();
    my $grown = octets() - $before;
    cmp_ok $grown, '<', $changes * 4096, "no page stays of each change (grown by $grown)";
}

done_testing;
