# SPDX-License-Identifier: Apache-2.0
# Tests that one directory, or one file, of CRLs serves virtual hosts that trust different CAs.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Tool;

my ($staff, $foreign, $services) = map { ClientCert::Test::Crl->new($_) } qw(staff foreign services);
$staff->revoke('alice');

sub host {
    my ($name, $ca, $words) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name.example
    \@SSL\@
    SSLCACertificateFile \@CA\@/$ca-chain.pem
    SSLVerifyClient optional
    ClientCertCRLCheck leaf
    $words
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF
}

# Hosts of three CAs, twice: with the directory of the server, and with one file for all.
my @cas  = qw(staff foreign services);
my $conf = "LogLevel clientcert:debug\nClientCertCRL conf/crls reload=0.1\n"
    . join('', map { host("a$_", $_, '') } @cas)
    . join('', map { host("b$_", $_, 'ClientCertCRL conf/all.crl reload=0.1') } @cas)
    . host('deny', 'services', 'ClientCertCRL conf/without.crl reload=0.1')
    . host('use', 'staff', 'ClientCertCRL conf/without.crl reload=0.1')
    . "<Location \"/metrics\">\nSetHandler clientcert-metrics\n</Location>\n";
announce('CC0106', 'AH02039', 'AH01909', qr/SSL Library Error/);
my $h = ClientCert::Test->server(modules => ['headers'], conf => $conf,
    global => "SSLStrictSNIVHostCheck off\nSSLVerifyDepth 4\n",
    files  => {
        'conf/crls/staff.crl'    => $staff->crl,
        'conf/crls/foreign.crl'  => $foreign->crl,
        'conf/crls/services.crl' => $services->crl,
        'conf/all.crl'           => $staff->crl . $foreign->crl . $services->crl,
        'conf/without.crl'       => $staff->crl });

sub user {
    my ($host, $cert) = @_;
    return $h->get('/', host => "$host.example", cert => $cert, curl => ['-k'])->{headers}{user} || '';
}

# The response of each host to an unlisted and to a listed certificate of its own CA.
my %client = (staff => 'bob', foreign => 'stranger', services => 'service');

is scalar($h->log_lines(qr/CC0440: the CRL of "CN=Staff CA,O=Elsewhere".*is ignored/)), 4,
    'each host logs at LogLevel debug which CRLs it skips';
my @lines = $h->log_lines(qr/CC0183/);
is scalar(@lines), 0, 'every issuer is known to some host';
for my $kind ('a', 'b') {
    isnt user("$kind$_", $client{$_}), '',
        "$kind: an unlisted client of each CA is let in ($_)" for @cas;
    is user("${kind}staff", 'alice'), '', "$kind: a listed client is not";
}
is user('use', 'bob'), 'bob', 'a file has what a host needs,';
is user('deny', 'service'), '', 'and CRLs of other CAs do not satisfy missing=deny';

# ---- the tool, the metrics

sub lists {
    my ($host, $cert) = @_;
    my $said = answer($h, 'revoked', '--vhost', "$host.example", ClientCert::Test->ca . "/$cert.pem");
    return join ' ', $said->{crls}{state}, sort map { "$_->{use}" } @{ $said->{crls}{lists} };
}

is lists('astaff', 'bob'),    'good foreign foreign used',    'clientcert revoked: good';
is lists('astaff', 'alice'),  'revoked foreign foreign used', 'revoked';
is lists('deny', 'service'),  'unknown foreign',      'unknown';
my $told = ask($h, 'revoked', '--vhost', 'astaff.example', ClientCert::Test->ca . '/bob.pem')->{output};
like $told, qr/foreign\.crl\n.*\n.*\n(?:.*\n){0,3}\s+used\s+no: this virtual host does not trust its issuer/,
    'and which of them count';
my $metrics = $h->get('/metrics', host => 'astaff.example', curl => ['-k'])->{body};
my @shown = sort $metrics =~ /^clientcert_crl_entries\{vhost="a\w+\.example:\d+",file="[^"]*\/(\w+)\.crl"/mg;
is "@shown", 'foreign services staff', 'metrics have each CRL once, where it counts';

# ---- while the server runs

# A request in the meantime could come between a handshake and the new CRL, which is logged.
sub is_followed {
    my ($file, $octets) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    replace($h->path($file), $octets);
    return ok $h->wait_log(qr/CC0173: CRLs have changed/, 30), "a change of $file is followed";
}

$foreign->revoke('stranger');
is_followed('conf/crls/foreign.crl', $foreign->crl);
is user('aforeign', 'stranger'), '', 'a client that is listed now is not let in where the CRL counts';
is user('astaff', 'bob'), 'bob', 'and nothing changes elsewhere';
announce('CC0174', 'CC0181');
$h->mark_log;
replace($h->path('conf/crls/staff.crl'), $foreign->crl);
ok $h->wait_log(qr/CC0174: .*CC0410: .*staff\.crl": the CRL of "CN=Staff CA,O=Elsewhere"/, 30),
    'a file that gave a host something, and has none for it by now, is refused';
is user('astaff', 'alice'), '', 'what it gave stays';
$h->mark_log;
ok $h->reload(files => {}), 'after a restart too';
ok $h->wait_log(qr/CC0181: .*stay in use: CC0410: .*staff\.crl"/), 'which is told';
is user('astaff', 'alice'), '', 'a listed client is not let in';
is user('astaff', 'bob'), 'bob', 'an unlisted client is';

# ---- CRLs of an unknown CA

announce('CC0182', 'CC0183');
my $lonely = host('lonely', 'staff', 'ClientCertCRL conf/new reload=0.1')
    . host('shut', 'staff', 'ClientCertCRL conf/foreign.crl missing=allow reload=0.1');
$h->mark_log;
ok $h->reload(conf => $lonely, files => { 'conf/new/staff.crl' => $staff->crl,
        'conf/new/foreign.crl' => $foreign->crl, 'conf/foreign.crl' => $foreign->crl }),
    'CRLs that no host can use end no restart';
my @warned = $h->log_lines(qr/CC0183/);
is scalar(@warned), 1, 'one of a folder is a warning,';
like $warned[0], qr{"\S+/new/foreign\.crl": the CRL of "CN=Staff CA,O=Elsewhere"}, 'with its issuer';
is user('lonely', 'bob'), 'bob', 'and the others count';
is scalar($h->log_lines(qr/CC0182: .*CC0410: \S+site\.conf:\d+: "\S+foreign\.crl"/)), 1,
    'a file of its own is an error';
is user('shut', 'bob'), '', 'that lets no client in, whatever missing= is';
is_followed('conf/foreign.crl', $staff->crl);
is user('shut', 'bob'), 'bob', 'until it is the right one';

done_testing;
