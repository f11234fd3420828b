# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertCA in many processes, and on several servers that share their sessions: each judges
# by its own CAs, and since when it has them.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Identity;
use ClientCert::Test::Service;
use ClientCert::Test::Session;

use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my ($ann, $bea) = (client_of($alpha, 'ann'), client_of($beta, 'bea'));

announce('CC0106', 'AH02039', qr/SSL Library Error/);

# ---- processes

my $h = ClientCert::Test->server(
    mpm     => 'prefork',
    modules => ['headers'],
    files   => { 'conf/cas.pem' => pem_of($alpha) },
    conf    => ca_host('ClientCertCA conf/cas.pem reload=0.1'));

# True once this many handshakes in a row end like this, in whichever process.
sub all_answer {
    my ($cert, $status) = @_;
    my ($until, $row) = (time + 30 * $slow, 0);
    while ($row < 12 && time < $until) {
        $row = $h->get('/', cert => $cert)->{status} == $status ? $row + 1 : 0;
        sleep 0.05 if !$row;
    }
    return $row == 12;
}

ok all_answer($ann, 200), 'every process accepts a client';
ca_changes($h, 'conf/cas.pem', [$beta], qr/added CN=Beta CA .*; removed CN=Alpha CA /, 'another CA');
ok all_answer($ann, 0),   'then none does';
ok all_answer($bea, 200), 'and every one accepts a client of the new CA';
is scalar(my @lines = $h->log_lines(qr/CC0195/)), 1, 'the change is logged once';
$h->stop;

# ---- servers

my $redis  = ClientCert::Test::Service->redis;
my %server = (
    modules => ['headers', 'socache_redis'],
    files   => { 'conf/cas.pem' => pem_of($alpha) },
    global  => join("\n", 'SSLSessionTickets off',
        'SSLSessionCache redis:127.0.0.1:' . $redis->port, 'SSLSessionCacheTimeout 3600', ''),
    # mod_ssl keeps the sessions of virtual hosts apart by their names and ports.
    conf => ca_host('ClientCertCA conf/cas.pem reload=0.1') =~ s/ServerName localhost/$&:443/r);
my $one = ClientCert::Test->server(%server);
my $two = ClientCert::Test->server(%server, files => { 'conf/cas.pem' => pem_of($alpha, $beta) });

sub reused {
    my ($server, $first, $tls) = @_;
    return resumed($server, $first, '/', tls => $tls)->{reused};
}

my %first = map { $_ => full($one, '/', cert => $ann, tls => $_) } '1.2', '1.3';
for my $tls (sort keys %first) {
    is reused($one, $first{$tls}, $tls), 1, "TLS $tls: a server resumes its session";
    is reused($two, $first{$tls}, $tls), 1, 'and so does another one that has the CA';
}

ca_changes($two, 'conf/cas.pem', [$beta], qr/removed CN=Alpha CA /, 'another removes the CA');
is reused($two, $first{$_}, $_), 0, "TLS $_: and does not resume the session" for sort keys %first;
is reused($one, $first{$_}, $_), 1, "TLS $_: which the first still does" for sort keys %first;
ca_changes($two, 'conf/cas.pem', [$alpha, $beta], qr/added CN=Alpha CA /, 'the CA is back there');
is reused($two, $first{$_}, $_), 0, "TLS $_: where older sessions are not resumed" for sort keys %first;
for my $tls (sort keys %first) {
    my $later = $first{$tls};
    for (1 .. 2) {
        $later = resumed($one, $later, '/', tls => $tls);
        is $later->{reused}, 1, "TLS $tls: the first server resumes it and gives the client a later one";
    }
    is reused($two, $later, $tls), 0, 'which is as old as its full handshake';
}

my $cold = ClientCert::Test->server(%server);
for my $tls (sort keys %first) {
    is reused($cold, $first{$tls}, $tls), 0, "TLS $tls: one that was just started does not resume it";
    my $new = full($cold, '/', cert => $ann, tls => $tls);
    is reused($cold, $new, $tls), 1, 'but its own session';
    is reused($one, $new, $tls), 1, 'which the first one resumes, too';
}

done_testing;
