# SPDX-License-Identifier: Apache-2.0
# Tests that the CAs of a SPIFFE trust domain vouch for this domain alone, and no other CA does:
# in handshakes, when a certificate is requested later, on HTTP/2, and on another host.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;
use ClientCert::Test::Spiffe;

my $alpha = authority('alpha', '/CN=Alpha');
my $root  = authority('root',  '/CN=Beta Root');
my $beta  = authority('beta',  '/CN=Beta', issuer => $root);    # its root is not in the bundle
my $gamma = authority('gamma', '/CN=Gamma');

my %good = (
    ann => svid($alpha, 'ann', 'spiffe://a.example/ann'),
    ben => svid($beta,  'ben', 'spiffe://b.example/ns/ben'),
    gil => client_of($gamma, 'gil'),
    gus => svid($gamma, 'gus', 'spiffe://c.example/gus'),    # a domain that is not configured
);

my $spiffe = 'it violates X509-SVID:';
my %bad    = (
    'a domain, by the CA of another' => [svid($beta, 'x1', 'spiffe://a.example/ann'), 'Beta'],
    'the reverse'                    => [svid($alpha, 'x2', 'spiffe://b.example/ben'), 'Alpha'],
    'a domain, by a general CA'      => [svid($gamma, 'x3', 'spiffe://a.example/ann'), 'Gamma'],
    'another, by a general CA'       => [svid($gamma, 'x4', 'spiffe://b.example/ben'), 'Gamma'],
    'no domain, by the CA of one'    => [client_of($alpha, 'x5'), 'Alpha'],
    'the same, not self-signed'      => [client_of($beta, 'x6'), 'Beta'],
    'a domain that is not configured, by the CA of one' =>
        [svid($alpha, 'x7', 'spiffe://c.example/gus'), 'Alpha'],
    'two SPIFFE IDs' => [svid($alpha, 'y1', ['spiffe://a.example/ann', 'spiffe://b.example/ben']),
        "$spiffe it has more than one URI"],
    'another URI' => [svid($alpha, 'y2', ['https://a.example/', 'spiffe://a.example/ann']),
        "$spiffe it has more than one URI"],
    'upper case' => [svid($gamma, 'y3', 'spiffe://A.example/ann'), "$spiffe the trust domain .*"],
    'the scheme in upper case' =>
        [svid($gamma, 'y4', 'SPIFFE://a.example/ann'), "$spiffe its SPIFFE ID does not begin .*"],
    'no path' => [svid($alpha, 'y5', 'spiffe://a.example'), "$spiffe its SPIFFE ID has no path"],
    'a CA'    => [svid($alpha, 'y6', 'spiffe://a.example/ann',
            usage => "basicConstraints = CA:TRUE\nkeyUsage = digitalSignature, keyCertSign"),
        "$spiffe it is a CA certificate"],
);
for (values %bad) {
    $_->[1] = "it was issued by CN=$_->[1]: no such CA is trusted here for .*" unless $_->[1] =~ / /;
}

my $cas = <<'CONF';
ClientCertCA conf/a.json       domain=a.example reload=0.1
ClientCertCA conf/b.pem        domain=b.example reload=0.1
ClientCertCA conf/general.pem reload=0.1
CONF
my $later = "$cas SSLVerifyClient none\n"
    . qq(<Location "/private">\nSSLVerifyClient require\n</Location>\n);

my %server = (
    modules => ['headers', 'http2'],
    files   => {
        'conf/a.json'      => bundle_of($alpha),
        'conf/b.pem'       => pem_of($beta),
        'conf/general.pem' => pem_of($gamma),
        'htdocs/private'   => "private\n",
    },
    conf => ca_host($cas) . ca_host($later, 2));

announce('AH02039', 'AH02261', 'AH02262', 'CC0106', 'CC0115', 'CC0722', qr/SSL Library Error/);

my $h = ClientCert::Test->server(%server, global => "Protocols h2 http/1.1\n");
for my $tls ('1.2', '1.3') {
    for my $user (sort keys %good) {
        my %o = (cert => $good{$user}, tls => $tls);
        is_served_to($h->get('/', %o), $user, "TLS $tls: $user");
        my $c = $h->connection(%o, port => 2, args => ['-enable_pha']);
        is_served_to($c->request('/'),        '',    "TLS $tls: $user is not asked at once");
        is_served_to($c->request('/private'), $user, 'but later');
    }
    for my $name (sort keys %bad) {
        my ($cert, $reason) = @{ $bad{$name} };
        is_refused_in_handshake($h, $cert, $reason, "TLS $tls: $name", tls => $tls);
        $h->mark_log;
        my $c = $h->connection(cert => $cert, tls => $tls, port => 2, args => ['-enable_pha']);
        is_served_to($c->request('/'), '', "TLS $tls, later: $name");
        isnt $c->request('/private')->{status}, 200, 'is refused when it is asked';
        ok $h->wait_log(qr/CC0106: .*reason="$reason"/), 'for the same reason';
    }
}
is_served_to($h->get('/', cert => $good{$_}, http2 => 1), $_, "HTTP/2: $_") for sort keys %good;
is_refused_in_handshake($h, @{ $bad{$_} }, "HTTP/2: $_", http2 => 1) for sort keys %bad;

done_testing;
