# SPDX-License-Identifier: Apache-2.0
# Tests that no restart fails because of a bad CRL file, and that no restart lets a client in
# because of one.
use strict;
use warnings;
use Time::HiRes qw(sleep);
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Identity;

my $staff   = ClientCert::Test::Crl->new('staff');
my $foreign = ClientCert::Test::Crl->new('foreign');
$staff->revoke('alice');
my $good = $staff->crl;

# One virtual host with its own directive and log, one that inherits both from the server.
sub conf {
    my ($own, $servers) = @_;
    return "ClientCertCRL $servers reload=0.1\nClientCertCRLCheck leaf\n"
        . identity_host("ClientCertCRL $own reload=0.1\nErrorLog \@ROOT\@/logs/host_log")
        . identity_host('', 2);
}

announce('CC0106', 'CC0181', 'CC0182', 'AH02039', qr/SSL Library Error/);
my $h = ClientCert::Test->server(modules => ['headers'],
    conf  => conf('conf/own.crl', 'conf/servers.crl'),
    files => { 'conf/own.crl' => $good, 'conf/servers.crl' => $good });

# Which of alice, whose certificate is revoked, and bob get in.
sub let_in {
    my (%o) = @_;
    return join ' ', grep { $_ } map { $h->get('/', cert => $_, %o)->{headers}{user} } 'alice', 'bob';
}

sub all_let_in {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $tls ('1.2', '1.3') {
        is let_in(tls => $tls, port => $_), $expected, "$claim (port $_, TLS $tls)" for 1, 2;
    }
    return;
}

# Each process follows both directives; the responses show when it has reloaded.
sub are_let_in_at_last {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for (1 .. 200) {
        last if let_in() eq $expected && let_in(port => 2) eq $expected;
        sleep 0.1;
    }
    return all_let_in($expected, $claim);
}

all_let_in('bob', 'at the start, a revoked client is refused');

# ---- the CRLs already loaded stay in use

sub damage_all {
    my ($octets) = @_;
    for my $path (map { $h->path("conf/$_.crl") } 'own', 'servers') {
        unlink $path;
        replace($path, $octets) if defined $octets;
    }
    return;
}

my @damages = (
    ['missing', undef, 'CC0406'],
    ['cut off', substr($good, 0, -40), 'CC0408'],
    ['empty', '', 'CC0408'],
    ['damaged', damaged($staff->crl), 'CC0411'],
    ['a foreign CA\'s', $foreign->crl, 'CC0410']);
for my $damage (@damages) {
    my ($what, $octets, $tag) = @$damage;
    for my $signal ('USR1', 'HUP') {
        damage_all($good);
        ok $h->reload(files => {}, signal => $signal), "$what: the files are good";
        damage_all($octets);
        $h->mark_log;
        ok $h->reload(files => {}, signal => $signal), "$what: SIG$signal does not end the server";
        my @lines = $h->log_lines(qr/CC018[12]/);
        is scalar(grep { /CC0181: .*stay in use: $tag: \S+site\.conf:\d+: "\S+\.crl": / } @lines), 2,
            'the main log has the error, its place, and that the CRLs already loaded stay in use';
        is scalar(@lines), 2, 'in one line each';
        all_let_in('bob', "$what: as before");
    }
}

# ---- the next good CRL is accepted

damage_all(substr $good, 0, -40);
ok $h->reload(files => {}), 'a restart with files that are cut off';
$staff->restore('alice');
$h->mark_log;
announce('CC0174');
damage_all($staff->crl);
are_let_in_at_last('alice bob', 'a good file is accepted');

# ---- no CRL was loaded before

my @new = map { "conf/new-$_.crl" } 'cut', 'missing';
$h->file($new[0], substr $good, 0, -40);
$h->mark_log;
ok $h->reload(files => {}, conf => conf(map { "$_ missing=allow" } @new)),
    'new directives with bad files do not end the server';
my @lines = $h->log_lines(qr/CC0182: .*none of these CRLs is loaded.*CC040[68]: \S+site\.conf:\d+: "/);
is scalar(@lines), 2, 'which report that none is loaded';
all_let_in('', 'no client gets in, whatever missing= is');
is $h->get('/', port => $_)->{status}, 200, 'it serves clients without a certificate' for 1, 2;
ok $h->reload(files => {}), 'a further restart';
all_let_in('', 'changes nothing');
$staff->revoke('bob');
my $last = $staff->crl;
replace($h->path($_), $last) for @new;
are_let_in_at_last('alice', 'until the files are good');

# ---- files that are not followed

ok $h->reload(files => {}, conf => conf(map { "$_ reload=0" } @new) =~ s/ reload=0\.1//gr),
    'a restart with files that are not followed';
replace($h->path($_), substr $last, 0, -40) for @new;
ok $h->reload(files => {}), 'and one where they are bad';
all_let_in('alice', 'keeps using the CRLs already loaded');
done_testing;
