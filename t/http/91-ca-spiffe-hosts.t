# SPDX-License-Identifier: Apache-2.0
# Tests that hosts with the same CA, but for other trust domains, judge a client each for itself,
# also within one connection.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Coalesced;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;
use ClientCert::Test::Spiffe;

my $alpha = authority('alpha', '/CN=Alpha');
my $ann   = svid($alpha, 'ann', 'spiffe://a.example/ann');
my $bob   = svid($alpha, 'bob', 'spiffe://b.example/bob');
my $two   = svid($alpha, 'two', ['spiffe://a.example/ann', 'spiffe://b.example/bob']);

sub host {
    my ($name, $options) = @_;
    return ca_host("ClientCertCA conf/alpha.pem $options") =~ s/ServerName \K\S+/$name/r;
}

my %server = (
    modules => ['headers', 'http2'],
    files   => { 'conf/alpha.pem' => pem_of($alpha) },
    global  => "Protocols h2 http/1.1\n" . any_host_conf() . session_conf('tickets'),
    conf    => join '', host('any.example', ''), host('a.example', 'domain=a.example'),
        host('b.example', 'domain=b.example'));

announce('CC0104', 'CC0106', 'AH01909', 'AH02039', qr/SSL Library Error/);

my %reason = (
    other => 'it was issued by CN=Alpha: no such CA is trusted here for .*',
    two   => 'it violates X509-SVID: it has more than one URI',
);

# A client that the host of the handshake accepts, and another host of the connection does not.
sub is_misdirected {
    my ($h, $response, $host, $reason, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is "$response->{status} $response->{headers}{user}", '421 ', $claim;
    return ok $h->wait_log(qr/CC0104: .* vhost=\Q$host\E:\d+ reason="$reason{$reason}"/),
        'and the log says why';
}

# Two requests on one connection: for the host of the handshake, and for another.
sub connect_to {
    my ($h, $cert, $other, %o) = @_;
    my $c = $h->connection(%o, cert => $cert);
    is_served_to($c->request('/'), $cert =~ s{.*/}{}r, "TLS $o{tls}: a host without domains");
    $h->mark_log;
    return $c->request('/', host => $other);
}

my $h = ClientCert::Test->server(%server);
for my $tls ('1.2', '1.3') {
    my %o = (host => 'any.example', sni => '', tls => $tls);
    is_served_to(connect_to($h, $ann, 'a.example', %o), 'ann', 'the host of its domain verifies it again');
    is_served_to(connect_to($h, $bob, 'b.example', %o), 'bob', 'and so it is with the other domain');
    is_misdirected($h, connect_to($h, $ann, 'b.example', %o), 'b.example', 'other',
        'the host of another domain does not accept it');
    is_misdirected($h, connect_to($h, $bob, 'a.example', %o), 'a.example', 'other',
        'and so it is with the other domain');
    is_misdirected($h, connect_to($h, $two, $_, %o), $_, 'two', "two SPIFFE IDs, on $_")
        for 'a.example', 'b.example';

    my $session = full($h, '/', %o, cert => $ann);
    is_served_to($session, 'ann', "TLS $tls: a session");
    $h->mark_log;
    my $again = resumed($h, $session, '/', %o, host => 'b.example');
    ok $again->{reused}, 'is resumed, for a request to another host';
    is_misdirected($h, $again, 'b.example', 'other', 'which does not accept it');
    $session = full($h, '/', host => 'a.example', tls => $tls, cert => $ann);
    is_served_to($session, 'ann', "TLS $tls: a session of the host of the domain");
    is_served_to(resumed($h, $session, '/', host => 'b.example', tls => $tls), '',
        'gives no identity on the other host');
}
is_deeply coalesced($h, '127.0.0.1', $ann, qw(any.example a.example b.example)),
    ['200 ann 1 2', '200 ann 0 2', '421  0 2'], 'HTTP/2: each host judges for itself';
is_deeply coalesced($h, '127.0.0.1', $two, qw(any.example a.example)),
    ['200 two 1 2', '421  0 2'], 'HTTP/2: two SPIFFE IDs';

done_testing;
