# SPDX-License-Identifier: Apache-2.0
# Tests that the bundles of SPIFFE trust domains are followed: what a CA vouched for in one domain
# ends when it leaves the bundle, even if it is in another set; a bad bundle changes nothing.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::File;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;
use ClientCert::Test::Spiffe;

my ($alpha, $beta, $gamma, $delta) = map { authority(lc, "/CN=$_") } qw(Alpha Beta Gamma Delta);
my %svid = (
    ann => svid($alpha, 'ann', 'spiffe://a.example/ann'),
    ben => svid($beta,  'ben', 'spiffe://b.example/ben'),
    bob => svid($alpha, 'bob', 'spiffe://b.example/bob'),
    dan => svid($delta, 'dan', 'spiffe://a.example/dan'),
    gil => client_of($gamma, 'gil'),
    amy => client_of($alpha, 'amy'),
);

my %server = (
    modules => ['headers'],
    files   => {
        'conf/a.json'      => bundle_of($alpha),
        'conf/b.json'      => bundle_of($beta),
        'conf/general.pem' => pem_of($gamma, $alpha),
    },
    conf => ca_host(<<'CONF'));
ClientCertCA conf/a.json       domain=a.example reload=0.1
ClientCertCA conf/b.json       domain=b.example reload=0.1
ClientCertCA conf/general.pem reload=0.1
CONF

announce('AH02039', 'CC0104', 'CC0106', 'CC0110', 'CC0196', qr/SSL Library Error/);

sub bundle_changes {
    my ($h, $path, $text, $pattern, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return waits_for_change($h, sub { replace($h->path($path), $text) }, $pattern, $claim);
}

sub is_resumed {
    my ($h, $session, $user, $tls) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $again = resumed($h, $session, '/', tls => $tls);
    return is "$again->{reused} $again->{status} $again->{headers}{user}", "1 200 $user",
        "TLS $tls: $user is resumed";
}

sub is_not_resumed {
    my ($h, $session, $tls, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $again = resumed($h, $session, '/', tls => $tls);
    return is "$again->{reused} $again->{status} $again->{headers}{user}", '0 200 ',
        "TLS $tls: $claim: not resumed";
}

sub no_such_ca { my ($name) = @_; return "it was issued by CN=$name: no such CA is trusted here for .*" }

my $h;
for my $store (session_stores()) {
    $h = ClientCert::Test->server(%server,
        global => session_conf($store) . "KeepAliveTimeout 300\nTimeout 300\n");
    my (%session, %open);
    for my $tls ('1.2', '1.3') {
        for my $user (qw(amy ann ben gil)) {
            my %o = (cert => $svid{$user}, tls => $tls);
            $session{$tls}{$user} = full($h, '/', %o);
            is_resumed($h, $session{$tls}{$user}, $user, $tls);
            $open{$tls}{$user} = $h->connection(%o);
            is_served_to($open{$tls}{$user}->request('/'), $user, "TLS $tls: $user has a connection");
        }
        is_refused_in_handshake($h, $svid{bob}, no_such_ca('Alpha'), "TLS $tls: bob", tls => $tls);
        is_refused_in_handshake($h, $svid{dan}, no_such_ca('Delta'), "TLS $tls: dan", tls => $tls);
    }

    # Alpha leaves its domain. It is still a CA of no domain, and also that of another.
    bundle_changes($h, 'conf/b.json', bundle_of($beta, $alpha), 'added CN=Alpha',
        "$store: another domain");
    bundle_changes($h, 'conf/a.json', bundle_of($delta),
        'added CN=Delta \(sha256 [0-9a-f]{64}\); removed CN=Alpha', 'the domain');
    for my $tls ('1.2', '1.3') {
        is_not_resumed($h, $session{$tls}{ann}, $tls, 'ann, whose CA has left the domain');
        is_refused($open{$tls}{ann}->request('/'), "TLS $tls: ann, on an open connection");
        is_refused_in_handshake($h, $svid{ann}, no_such_ca('Alpha'), "TLS $tls: ann", tls => $tls);
        is_served_to($h->get('/', cert => $svid{$_}, tls => $tls), $_, "TLS $tls: $_")
            for qw(amy ben bob dan gil);
        for my $user (qw(amy ben gil)) {
            is_resumed($h, $session{$tls}{$user}, $user, $tls);
            is_served_to($open{$tls}{$user}->request('/'), $user, "TLS $tls: $user stays connected");
        }
    }
}

# Each changes nothing.
my $good = bundle_of($alpha, $delta);
my %damaged = (
    'cut off'             => [substr($good, 0, -20), 'not JSON: line \d+, column \d+: .*'],
    'a name twice'        => ['{"keys": [], ' . substr($good, 1), 'not JSON: .*duplicate.*'],
    'without keys'        => ['{"keys": []}', 'a SPIFFE bundle without a CA certificate.*'],
    'keys of another use' => [$good =~ s/x509-svid/jwt-svid/gr, 'a SPIFFE bundle without .*'],
    'a bundle map'        => [qq({"trust_domains": {"a.example": $good}}), 'a SPIFFE bundle map.*'],
    'base64url'           => [$good =~ s/"x5c": \["\K./-/r, 'key 2 of \\\\?"keys\\\\?" .* is not base64'],
    'a leaf'              => [bundle_of($delta, $svid{ann}), '.*'],
);
for my $name (sort keys %damaged) {
    my ($text, $reason) = @{ $damaged{$name} };
    $h->mark_log;
    replace($h->path('conf/a.json'), $text);
    ok $h->wait_log(qr/CC0196: .*conf\/a\.json.*$reason/), "$name: is refused";
    is_served_to($h->get('/', cert => $svid{dan}), 'dan', 'the CAs of before stay');
    is_refused_in_handshake($h, $svid{ann}, no_such_ca('Alpha'), 'no CA is added');
}
bundle_changes($h, 'conf/a.json', $good, 'added CN=Alpha', 'a good bundle again');
is_served_to($h->get('/', cert => $svid{$_}), $_, $_) for qw(ann dan);

done_testing;
