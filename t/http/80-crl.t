# SPDX-License-Identifier: Apache-2.0
# Tests certificates that a CRL lists, does not list, or does not cover: in PEM and DER, files and
# directories, leaf and chain, for rules, exports and the log.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Log;
use ClientCert::Test::Refusal;

my ($staff, $root, $services) = map { ClientCert::Test::Crl->new($_) } qw(staff root services);
my $root_crl = $root->crl;
$root->revoke('staff', 'CACompromise');
$staff->revoke('alice', 'keyCompromise');
$staff->revoke('admin');
my $staff_crl = $staff->crl;
my ($services_crl, $root_against_staff) = ($services->crl, $root->crl);

announce('CC0104', 'CC0106', 'CC0110', 'CC0417', 'CC0731', 'AH01630', 'AH01909', 'AH02039',
    qr/SSL Library Error/);

sub host {
    my ($name, $lines) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name.example
    \@SSL:localhost\@
    SSLVerifyClient optional
    $lines
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    ClientCertExport USER REVOCATION=revocation
    <Location "/private">
        Require clientcert
    </Location>
    <Location "/good">
        Require clientcert revocation == good
    </Location>
    <Location "/doubtful">
        Require clientcert revocation == unknown
    </Location>
    <Location "/rules">
        ClientCertMap revocation == unknown user=guest stop
        ClientCertMap revocation == good user=%{subject.CN}
    </Location>
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Revocation "expr=%{clientcert:revocation}"
    Header always set Exported "%{CLIENTCERT_REVOCATION}e"
</VirtualHost>
CONF
}

my %hosts = (
    chain   => 'ClientCertCRL conf/staff.crl conf/root.crl',
    default => 'ClientCertCRL conf/staff.crl',
    explicit => "ClientCertCRLCheck chain\nClientCertCRL conf/staff.crl",
    leaf    => "ClientCertCRL conf/staff.crl\nClientCertCRLCheck leaf",
    allow   => 'ClientCertCRL conf/staff.crl missing=allow',
    revoked => 'ClientCertCRL conf/staff.crl conf/against-staff.crl',
    'revoked-leaf' => "ClientCertCRL conf/staff.crl conf/against-staff.crl\n"
        . 'ClientCertCRLCheck leaf',
    der     => 'ClientCertCRL conf/staff.der conf/root.der',
    folder  => 'ClientCertCRL conf/crls',
    quoted  => 'ClientCertCRL "conf/with blank.crl" @ROOT@/conf/root.crl',
    many    => 'ClientCertCRL conf/many.crl',
    empty   => 'ClientCertCRL conf/nothing',
    nobody  => '',
);

my $h = ClientCert::Test->server(
    modules => ['headers'],
    global  => "SSLStrictSNIVHostCheck off\n",
    files   => {
        'conf/staff.crl'         => $staff_crl,
        'conf/with blank.crl'    => $staff_crl,
        'conf/root.crl'          => $root_crl,
        'conf/against-staff.crl' => $root_against_staff,
        'conf/staff.der'         => der($staff_crl),
        'conf/root.der'          => der($root_crl),
        'conf/many.crl'          => "of all CAs\n$staff_crl\nand\n$root_crl$services_crl",
        'conf/crls/a.pem'        => $staff_crl,
        'conf/crls/b'            => der($root_crl),
        'conf/crls/c.crl.tmp'    => damaged($services_crl),
        'conf/crls/README'       => "What is no CRL is passed over.\n",
        'conf/nothing/README'    => "Here is none at all.\n",
        map { ("htdocs/$_" => "$_\n") } qw(private good doubtful rules),
    },
    conf => join '', map { host($_, $hosts{$_}) } sort keys %hosts);

# The result of a request: "STATUS USER REVOCATION".
sub answer {
    my ($host, $cert, $path) = @_;
    my $response = $h->get($path // '/private', host => "$host.example", cert => $cert,
        curl => ['-k']);
    return join ' ', $response->{status}, map { $response->{headers}{$_} || '-' }
        qw(user revocation);
}

sub is_denied {
    my ($host, $cert, $reason, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_refused_in_handshake($h, $cert, $reason, "$host: $cert: $claim",
        host => "$host.example");
}

my $revoked = 'it was revoked on 2026-01-02T03:04:05Z';
my $missing = 'no current CRL covers the CA one level above it: there is no CRL of its issuer';

# ---- listed and unlisted certificates

for my $host (qw(chain leaf der folder quoted many)) {
    is answer($host, 'bob'), '200 bob good', "$host: an unlisted client is served";
    is_denied($host, 'alice', "$revoked \\(keyCompromise\\)", 'revoked with a reason');
    is_denied($host, 'admin', "$revoked \\(unspecified\\)", 'revoked without one');
}
is answer('nobody', 'alice'), '200 alice unchecked', 'without a source, it is not checked';

# ---- leaf and chain

is_denied($_, 'bob', $missing, 'the CA needs a CRL, too') for 'default', 'explicit';
is answer('allow', 'bob'), '200 bob unknown', 'missing=allow: served, and not known';
is_denied('allow', 'alice', "$revoked \\(keyCompromise\\)", 'missing=allow: revoked all the same');
is_denied('revoked', 'bob', 'the CA one level above ' . $revoked . ' \(cACompromise\)',
    'a revoked CA takes its certificates along');
is_denied('revoked-leaf', 'bob', '.*the certificate that signed the CRL is revoked',
    'nor does the CRL of such a CA make anybody good');
is_denied('chain', 'service', 'no current CRL covers it: there is no CRL of its issuer',
    'a CA without a CRL');
is answer('many', 'service'), '200 cart good', 'and with one';
is_denied('empty', 'bob', 'no current CRL covers it: there is no CRL of its issuer',
    'a folder without a CRL');
is_denied('chain', 'deep',
    'no current CRL covers the CA one level above it: its issuer\'s certificate is not available',
    'a CA below the others, known to the client alone');

# ---- conditions, rules

is answer('chain', 'bob', '/good'), '200 bob good', 'a condition of Require: good';
is answer('allow', 'bob', '/good'), '403 bob unknown', 'unknown is not good';
is answer('nobody', 'bob', '/good'), '403 bob unchecked', 'and neither is unchecked';
is answer('allow', 'bob', '/doubtful'), '200 bob unknown', 'a condition of Require: unknown';
is answer('allow', 'bob', '/rules'), '200 guest unknown', 'a rule: unknown';
is answer('chain', 'bob', '/rules'), '200 bob good', 'a rule: good';
is answer('nobody', 'bob', '/rules'), '200 - unchecked', 'a rule: neither';
$h->mark_log;
is answer('chain', 'alice', '/rules'), '0 - -', 'a revoked certificate is refused before the rules';
ok $h->wait_log(qr/CC0106/), 'as the log tells,';
is_deeply [$h->log_lines(qr/CC010[134]/)], [], 'and no rule sees it';

# ---- exports

my %exported = map {
    $_ => $h->get('/private', host => "$_.example", cert => 'bob', curl => ['-k'])->{headers}{exported}
} 'chain', 'allow', 'nobody';
is_deeply \%exported, { chain => 'good', allow => 'unknown', nobody => 'unchecked' },
    'the application sees it';
is_deeply [not_decisions($h->log)], [], 'every line has the form that it should have';
$h->stop;

# ---- what a virtual host inherits

my $bob_too = ClientCert::Test::Crl->new('staff');
$bob_too->revoke('bob', 'superseded');
$h = ClientCert::Test->server(
    modules => ['headers'],
    global  => "ClientCertCRL conf/alice.crl\nClientCertCRLCheck leaf\n",
    files   => {
        'conf/alice.crl' => $staff_crl, 'conf/bob.crl' => $bob_too->crl,
        'htdocs/private' => "private\n",
    },
    conf => host('inherits', '') . host('own', 'ClientCertCRL conf/bob.crl')
        . host('chain', 'ClientCertCRLCheck chain'));
is answer('inherits', 'bob'), '200 bob good', 'the CRLs of the main server hold for all hosts';
is_denied('inherits', 'alice', "$revoked \\(keyCompromise\\)", 'which inherit them');
is answer('own', 'alice'), '200 alice good', 'unless they have their own';
is_denied('own', 'bob', "$revoked \\(superseded\\)", 'which apply only there');
is_denied('chain', 'bob', $missing, 'and each has its own check');
my $c = $h->connection(cert => 'bob', host => 'inherits.example');
my %got = map {
    my $response = $c->request('/private', host => "$_.example");
    ($_ => "$response->{status} $response->{headers}{user}")
} 'inherits', 'own';
is_deeply \%got, { inherits => '200 bob', own => '403 ' },
    'requests on one connection are judged by the host that they are for';
$h->stop;

# ---- a revocation on 1 January 1970

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/epoch.crl' => $staff->crl(date => '700101000000Z'), 'htdocs/private' => "private\n",
    },
    conf => host('epoch', "ClientCertCRL conf/epoch.crl\nClientCertCRLCheck leaf") . host('none', ''));
is_denied('epoch', 'admin', 'it was revoked on 1970-01-01T00:00:00Z \(unspecified\)',
    'which is a date like any other');
is_refused($h->connection(cert => 'admin', host => 'none.example')->request('/private',
    host => 'epoch.example'), 'on the connection of another host, too');
$h->stop;

# ---- together with mod_ssl's own checks

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/alice.crl' => $staff_crl, 'conf/bob.crl' => $bob_too->crl,
        'htdocs/private' => "private\n",
    },
    conf => host('both', "ClientCertCRL conf/bob.crl\nClientCertCRLCheck leaf\n"
        . "SSLCARevocationFile conf/alice.crl\nSSLCARevocationCheck leaf"));
is answer('both', 'service'), '0 - -', 'mod_ssl requires a CRL of each CA in the handshake';
is answer('both', 'alice'), '0 - -', 'a client that its CRL lists has no connection';
ok $h->wait_log(qr/CC0106: .*CN=alice.*reason=".*revoked/), 'which the log tells';
is_denied('both', 'bob', "$revoked \\(superseded\\)",
    'and a client that ClientCertCRL lists is denied');
$h->stop;

done_testing;
