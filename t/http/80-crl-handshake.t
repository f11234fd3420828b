# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate that ClientCertCRL revokes, or must cover and does not, fails in the
# handshake as with mod_ssl's own CRLs: on TLS 1.2 and 1.3, whenever the certificate is requested.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Log;
use ClientCert::Test::Session;

my ($staff, $services, $root) = map { ClientCert::Test::Crl->new($_) } qw(staff services root);
$staff->revoke('alice', 'keyCompromise');
$root->revoke('services', 'cACompromise');
my %files = (
    'conf/staff.crl' => $staff->crl, 'conf/all.crl' => $staff->crl . $services->crl . $root->crl,
    'htdocs/private' => "private\n",
);

my $all     = 'ClientCertCRL conf/all.crl';
my $own     = "SSLCARevocationCheck chain\nSSLCARevocationFile conf/all.crl";
my $leaf    = 'ClientCertCRLCheck leaf';
my $ask     = "<Location /private>\nSSLVerifyClient require\n</Location>";
my @hosts   = (
    ["SSLVerifyClient optional\n$all",       'optional'],
    ["SSLVerifyClient require\n$all",        'require'],
    ["SSLVerifyClient optional_no_ca\n$all", 'optional_no_ca'],
    ["SSLVerifyClient optional\nClientCertAuth On\n$own", "mod_ssl's own CRLs"],
    ["SSLVerifyClient none\n$all\n$ask",     'asked for by a page'],
    ["SSLVerifyClient optional\nClientCertCRL conf/staff.crl\n$leaf", 'missing=deny'],
    ["SSLVerifyClient optional\nClientCertCRL conf/staff.crl missing=allow\n$leaf", 'missing=allow'],
    ["SSLVerifyClient optional\nClientCertAuth On\nSSLCARevocationCheck leaf\n"
            . 'SSLCARevocationFile conf/staff.crl',
        "mod_ssl's own CRL"],
);
my $port = 0;
my $conf = join '', map { $port++; <<"CONF" } @hosts;
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    $_->[0]
</VirtualHost>
CONF

announce('CC0106', 'CC0115', 'CC0174', 'CC0722', 'CC0731', 'AH01630', 'AH02039', 'AH02225', 'AH02261', 'AH02262', 'AH02263',
    'AH02276', 'AH10158', qr/SSL Library Error/);
my $h = ClientCert::Test->server(files => \%files, conf => $conf . <<'CONF');
<VirtualHost *:@PORT9@>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF

sub alert {
    my ($trace) = @_;
    return $trace =~ /^<<< .*Alert \[length \w+\], fatal (\w+)/m ? $1 : 'no alert';
}

# How many certificates were rejected for each reason, without zeros.
sub rejected {
    my $body = $h->get('/metrics', scheme => 'http', port => 9)->{body};
    my %sum;
    $sum{$1} += $2
        while $body =~ /^clientcert_certificates_rejected_total\{.*reason="(\w+)"\} ([1-9]\d*)$/mg;
    return \%sum;
}

# The one line CC0106 since the last mark.
sub is_told {
    my ($depth, $reason) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @lines = $h->wait_log(qr/CC0106/);
    my $told  = decision($lines[0] // '') // {};
    is scalar(@lines) . " $told->{result} $told->{depth}", "1 refused $depth",
        'one line in the log';
    return like $told->{reason} // '', qr/\A$reason\z/, 'why';
}

my $when    = '2026-01-02T03:04:05Z';
my $revoked = "it was revoked on $when \\(keyCompromise\\)";
my $above   = "the CA one level above it was revoked on $when \\(cACompromise\\)";
my $missing = 'no current CRL covers it: there is no CRL of its issuer';

# Certificate, the port with ClientCertCRL, the port with mod_ssl's own CRLs, alert, depth, reason.
my @refused = (
    (map { ['alice', $_, 4, 'certificate_revoked', 0, $revoked] } 1 .. 3),
    (map { ['service', $_, 4, 'certificate_revoked', 1, $above] } 1 .. 3),
    (map { ['alice', $_, 8, 'certificate_revoked', 0, $revoked] } 6, 7),
    ['service', 6, 8, 'unknown_ca', 0, $missing],
);
my %by = (certificate_revoked => 'revoked', unknown_ca => 'not_known');
my %expected;

for my $tls ('1.2', '1.3') {
    for (@refused) {
        my ($cert, $ours, $theirs, $alert, $depth, $reason) = @$_;
        my %o = (get => '/', cert => $cert, tls => $tls, args => ['-msg']);
        my $claim = "TLS $tls, $hosts[$ours - 1][1], $cert";
        $h->mark_log;
        my $response = $h->s_client(%o, port => $ours);
        is "$response->{status} " . alert($response->{trace}), "0 $alert",
            "$claim: the handshake fails";
        is_told($depth, $reason);
        is alert($h->s_client(%o, port => $theirs)->{trace}), $alert, "as with $hosts[$theirs - 1][1]";
        $expected{ $by{$alert} }++;
        $expected{handshake}++;
    }
    is $h->s_client(get => '/', cert => 'bob', tls => $tls, port => 6)->{status}, 200,
        "TLS $tls: an unlisted client has a connection";
    is $h->s_client(get => '/', cert => 'service', tls => $tls, port => 7)->{status}, 200,
        "TLS $tls, missing=allow: so has a certificate that no CRL covers";
    is $h->s_client(get => '/', tls => $tls, port => 1)->{status}, 200,
        "TLS $tls: and a client without a certificate";

    my $way = $tls eq '1.2' ? 'renegotiation' : 'post-handshake authentication';
    $h->mark_log;
    my $c = $h->connection(cert => 'alice', tls => $tls, port => 5, args => ['-enable_pha', '-msg']);
    is $c->request('/')->{status}, 200, "$way: a connection without a certificate";
    my $asked = $c->request('/private');
    isnt $asked->{status}, 200, 'whose page asks for one';
    unlike $asked->{body}, qr/private/, 'is not served';
    is alert($c->trace), 'certificate_revoked', 'since that is refused';
    is_told(0, $revoked);
    $expected{revoked}++;
}
is_deeply rejected(), \%expected, 'metrics: why, and mod_ssl\'s own as handshakes';
$h->stop;

# ---- an earlier session

for my $store (session_stores()) {
    $staff->restore('alice');
    my $before = $staff->crl;
    $staff->revoke('alice', 'keyCompromise');
    $h = ClientCert::Test->server(
        files  => { 'conf/staff.crl' => $before },
        global => session_conf($store),
        conf   => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    ClientCertCRL conf/staff.crl reload=0.1
    ClientCertCRLCheck leaf
</VirtualHost>
CONF
    my %session;
    for my $tls ('1.2', '1.3') {
        my $first = full($h, '/', cert => 'alice', tls => $tls);
        $session{$tls} = resumed($h, $first, '/', cert => 'alice', tls => $tls);
        is "$session{$tls}{reused} $session{$tls}{status}", '1 200', "TLS $tls, $store: a session";
    }
    replace($h->path('conf/staff.crl'), $staff->crl);
    ok $h->wait_log(qr/CC0173/, 30), 'a certificate is revoked';
    for my $tls ('1.2', '1.3') {
        $h->mark_log;
        my $again = resumed($h, $session{$tls}, '/', cert => 'alice', tls => $tls,
            args => ['-msg']);
        like $again->{trace}, qr{^>>> .* (?:Compressed)?Certificate$}m,
            "TLS $tls, $store: the session is not resumed, but the certificate asked for";
        is "$again->{status} " . alert($again->{trace}), '0 certificate_revoked', 'and refused';
        is_told(0, $revoked);
    }
    $h->stop;
}

done_testing;
