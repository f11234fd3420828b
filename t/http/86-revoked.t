# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert revoked reports what the server's CRLs and responders give for a
# certificate, and their age, and that the server's pages and metrics agree.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Example;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Page;
use ClientCert::Test::Refusal;
use ClientCert::Test::Tool;

my $ca    = ClientCert::Test->ca;
my $staff = ClientCert::Test::Crl->new('staff');
my $root  = ClientCert::Test::Crl->new('root');

$staff->revoke('revoked', 'keyCompromise');

# A virtual host with these lines.
sub host {
    my ($lines, %files) = @_;
    my %o = (files => \%files, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap user=somebody
    <Location "/">
        Require clientcert
    </Location>
    $lines
</VirtualHost>
CONF
    return \%o;
}

sub configured { return site(%{ host(@_) }) }

# "result exit" of a certificate.
sub result {
    my ($h, $cert, @words) = @_;
    my $said = answer($h, 'revoked', @words, "$ca/$cert.pem");
    return "$said->{result} $said->{exit}";
}

# ---- CRLs

my $h = configured('ClientCertCRL conf/staff.crl conf/root.crl',
    'conf/staff.crl' => $staff->crl(number => 7, from => -7500, until => 93000), 'conf/root.crl' => $root->crl);
is result($h, 'alice'), 'good 0', 'one that no CRL lists is good';
is result($h, 'revoked'), 'revoked 1', 'one that a CRL lists is revoked';
is result($h, 'service'), 'unknown 1', 'one without a CRL of its CA is unknown';
is result($h, 'stranger'), 'unknown 1', 'one that would not verify is unknown';

my $said = answer($h, 'revoked', "$ca/revoked.pem");
is $said->{reason}, 'it was revoked on 2026-01-02T03:04:05Z (keyCompromise)', 'JSON: the reason';
is $said->{crls}{date}, '2026-01-02T03:04:05Z', 'JSON: the date';
is $said->{crls}{check}, 'chain', 'JSON: the certificates that are checked';
ok !$said->{identity}, 'JSON: no identity';
is $said->{ocsp}, undef, 'JSON: no responder';
my ($list) = grep { $_->{file} =~ /staff/ } @{ $said->{crls}{lists} };
is_deeply [@$list{qw(issuer number entries use)}], ['CN=Staff CA,O=Example', 7, 1, 'used'], 'JSON: the CRL';
ok $list->{age} >= 7500 && $list->{age} < 7700, 'JSON: its age';
ok $list->{left} <= 93000 && $list->{left} > 92700, 'JSON: its remaining time';

my $text = ask($h, 'revoked', "$ca/revoked.pem")->{output};
like $text, qr/^result +revoked: it was revoked on 2026-01-02T03:04:05Z \(keyCompromise\)$/m, 'the result';
like $text, qr/^identity +no$/m, 'whether it has an identity';
like $text, qr/^ClientCertCRL at \S+site\.conf:\d+ \(chain, missing=deny\): revoked on 2026-01-02T/m, 'the source';
like $text, qr/^ +thisUpdate +\S+Z \(2 hours ago\)\n +nextUpdate +\S+Z \(in 25 hours\)$/m, 'how old it is';
like ask($h, 'revoked', "$ca/service.pem")->{output}, qr/unknown: there is no CRL of its issuer$/m,
    'why nothing is known';
like ask($h, 'revoked', "$ca/expired.pem")->{output}, qr/^verified +no: it has expired/m,
    'why no source was asked';

# ---- effects of the configuration

$h = configured('ClientCertCRL conf/staff.crl missing=allow',
    'conf/staff.crl' => $staff->crl(from => -9000, until => -1000));
$said = answer($h, 'revoked', "$ca/alice.pem");
is "$said->{result} $said->{exit}", 'unknown 1', 'an expired CRL makes no certificate good';
ok $said->{identity}, 'but missing=allow gives an identity';
like $said->{crls}{why}, qr/has expired/, 'and the reason is told';
cmp_ok $said->{crls}{lists}[0]{left}, '<', -900, 'since when it is expired';
like ask($h, 'revoked', "$ca/alice.pem")->{output}, qr/nextUpdate +\S+Z \(\d+ minutes ago\)/, 'also as text';
is result($h, 'revoked'), 'revoked 1', 'one that an expired CRL lists is revoked';

$h = configured('ClientCertCRL conf/staff.crl', 'conf/staff.crl' => $staff->crl);
like answer($h, 'revoked', "$ca/alice.pem")->{reason},
    qr/^no current CRL covers the CA one level above it: there is no CRL/, 'the CA above needs one too';
$h = configured("ClientCertCRL conf/staff.crl\nClientCertCRLCheck leaf", 'conf/staff.crl' => $staff->crl);
is result($h, 'alice'), 'good 0', 'unless only the leaf is checked';

$h = configured("ClientCertCRL conf/staff.crl\nClientCertCRLCheck leaf\n"
        . 'SSLCARevocationFile conf/staff.crl' . "\nSSLCARevocationCheck leaf",
    'conf/staff.crl' => $staff->crl);
$said = answer($h, 'revoked', "$ca/revoked.pem");
is $said->{result}, 'revoked', "mod_ssl's own CRL does not hide the result of ClientCertCRL";
like join(' ', @{ $said->{notes} }), qr/SSLCARevocationCheck/, 'and a note says that it was not looked at';

# ---- errors

$h = configured('');
$said = ask($h, 'revoked', "$ca/alice.pem");
is $said->{exit}, 2, 'without a source there is no answer';
like $said->{error}, qr/CC0757: "localhost:\d+": there is no source of revocation status/, 'which is said';
$h = configured('ClientCertCRL conf/staff.crl', 'conf/staff.crl' => damaged($staff->crl));
$said = ask($h, 'revoked', "$ca/alice.pem");
is $said->{exit}, 2, 'a CRL that a start would refuse is an error';
like $said->{error}, qr/CC0411: .*staff\.crl/, 'with the words of a start';
is ask($h, 'revoked')->{exit}, 2, 'no certificate';
is ask($h, 'revoked', '--path', '/', "$ca/alice.pem")->{exit}, 2, 'no path';

# ---- hostile names

$h = configured("ClientCertCRL conf/\nClientCertCRLCheck leaf", "conf/a\e[31m\"b.crl" => $staff->crl);
for my $cert (qw(escape-cn newline-cn nul-cn bmp-cn comma-cn)) {
    $said = ask($h, 'revoked', "$ca/$cert.pem");
    is $said->{exit}, 0, "$cert: is good";
    unlike $said->{output}, qr/[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\xa8-\xae]/, "$cert: nothing gets to the terminal";
    is scalar(() = $said->{output} =~ /^result /mg), 1, "$cert: it adds no line";
    is answer($h, 'revoked', "$ca/$cert.pem")->{result}, 'good', "$cert: and the JSON is complete";
}

# ---- OCSP

my $responder = ClientCert::Test::Ocsp->openssl(certs => ['alice', 'revoked']);
$responder->revoke('revoked', 'superseded');
my $url = $responder->url('');
$h = configured("ClientCertOCSP On responder=$url timeout=5");
$said = answer($h, 'revoked', "$ca/alice.pem");
is "$said->{result} $said->{exit}", 'good 0', 'one that the responder knows is good';
like $said->{ocsp}{this_update}, qr/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/, 'since when';
cmp_ok $said->{ocsp}{left}, '>', 3000, 'and for how long';
$said = answer($h, 'revoked', "$ca/revoked.pem");
is "$said->{result} $said->{exit} $said->{ocsp}{reason}", 'revoked 1 superseded',
    'one that it has revoked';
$said = answer($h, 'revoked', "$ca/bob.pem");
is "$said->{result} $said->{exit} $said->{ocsp}{state}", 'unknown 1 unknown',
    'one that it does not know';
like ask($h, 'revoked', "$ca/alice.pem")->{output},
    qr/^ClientCertOCSP at \S+site\.conf:\d+: good\n    thisUpdate .* ago\)\n    nextUpdate .*\(in \d+ (minutes|hours)\)$/m, 'as text';

$h = configured("ClientCertCRL conf/staff.crl\nClientCertCRLCheck leaf\nClientCertOCSP On responder=$url",
    'conf/staff.crl' => $staff->crl);
$said = answer($h, 'revoked', "$ca/revoked.pem");
is "$said->{crls}{state} $said->{ocsp}{state}", 'revoked revoked', 'each source is shown';
$said = answer($h, 'revoked', "$ca/bob.pem");
is "$said->{result}: $said->{reason}", 'unknown: the OCSP responder does not know it', 'and either can refuse';

$responder->stop;
$said = answer($h, 'revoked', "$ca/alice.pem");
is "$said->{result} $said->{exit} $said->{crls}{state} $said->{ocsp}{state}", 'unknown 1 good failed',
    'a responder that is gone';
like $said->{reason}, qr/^there is no valid OCSP answer for it: \S/, 'in words';

# ---- the page and the metrics of a running server

announce('AH01630', 'CC0104', 'CC0106', 'CC0110', 'AH02039', qr/SSL Library Error/);
my $before  = ClientCert::Test::Crl->new('staff')->crl(number => 19);
my $options = host(<<'CONF', 'conf/staff.crl' => $before);
ClientCertCRL conf/staff.crl reload=0.2
    ErrorDocument 403 /whoami
    ClientCertCRLCheck leaf
    <Location "/whoami">
        SetHandler clientcert-status
        Require all granted
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
        Require all granted
    </Location>
    <Location "/server-status">
        SetHandler server-status
        Require all granted
    </Location>
CONF
push @{ $options->{modules} }, 'status';
$h = ClientCert::Test->server(%$options);

my @open = map { $h->connection(cert => 'revoked') } 1, 2;
my @json = (headers => ['Accept: application/json']);
is json($_->request('/whoami', @json))->{certificate}{revocation}[0], 'good',
    'the page shows that a certificate is good' for @open;
replace($h->path('conf/staff.crl'), $staff->crl(number => 20, until => 5000));
ok $h->wait_log(qr/CC0173/, 30), 'which is revoked then';
my $who = json($open[0]->request('/whoami', @json));
is $who->{result}, 'rejected', 'and it shows that one was revoked';
is_deeply [map { $who->{certificate}{$_}[0] } qw(revocation revocation.reason revocation.date)],
    ['revoked', 'keyCompromise', '2026-01-02T03:04:05Z'], 'why and when';
my $page = page($open[1]->request('/whoami'));
like $page->{text}, qr/Revoked on 2 January 2026, 03:04 UTC \(\d+ days ago\) Reason for revocation keyCompromise/,
    'in HTML too';
like $page->{text}, qr/ Your certificate was revoked It was revoked \d+ days ago, on 2 January 2026, 03:04 UTC \(keyCompromise\)\. revoked /,
    'with a headline that says it';

# The samples of the CRL metrics, by name.
sub crls {
    my %value;
    for (split /\n/, $h->get('/metrics')->{body}) {
        $value{$1}{$2} = $3 if /^clientcert_crl_(\w+)\{(.*)\} (\d+)$/;
    }
    return \%value;
}
my $now    = crls();
my $labels = 'vhost="localhost:' . $h->port . '",file="' . $h->path('conf/staff.crl')
    . '",issuer="CN=Staff CA,O=Example",type="complete"';
is $now->{entries}{$labels}, 1, 'metrics: the number of entries of the CRL';
cmp_ok abs($now->{next_update_timestamp_seconds}{$labels} - time - 5000), '<', 120,
    'the time when it expires';
cmp_ok abs($now->{this_update_timestamp_seconds}{$labels} - time), '<', 120, 'when it was made';
cmp_ok abs($now->{last_load_timestamp_seconds}{$labels} - time), '<', 120, 'when it was loaded';
like $h->get('/server-status?auto')->{body},
    qr/^ClientCertCRL\[0\]Number: 20\nClientCertCRL\[0\]Entries: 1$/m, 'mod_status has it as lines';
like $h->get('/server-status')->{body}, qr{<td>CN=Staff CA,O=Example</td><td>complete</td><td>20</td>},
    'and as a table';
like $h->get('/metrics')->{body}, qr/^clientcert_certificates_rejected_total\{vhost="localhost:\d+",reason="revoked"\} 2$/m,
    'clients refused for it are counted';

$staff->revoke($_) for qw(alice bob);
replace($h->path('conf/staff.crl'), $staff->crl(number => 21));
my $end = time + 10 * ($ENV{CC_SLOW} // 1);
select undef, undef, undef, 0.1 until (crls()->{entries}{$labels} // 0) == 3 || time > $end;
is crls()->{entries}{$labels}, 3, 'the numbers follow the file';
is result($h, 'alice'), 'revoked 1', 'and so does the tool';
$h->stop;

# ---- conf/examples/revocation.conf

$responder->start;
$_ = ClientCert::Test::Crl->new($_) for my ($people, $above, $machines) = qw(staff root services);
$h = example('revocation',
    define => { OCSP => $url },
    files  => {
        'var/crl/staff.crl'   => $people->crl,
        'var/crl/root.crl'    => $above->crl,
        'var/crl/services.crl' =>
            $machines->crl(extensions => "issuingDistributionPoint = critical,onlyCA:TRUE\n"),
        'htdocs/private/page' => "private\n",
    });
sub status { my ($cert) = @_; return $h->get('/private/page', cert => $cert)->{status} }
is status('alice'), 200, 'revocation: one that is not revoked';
keeps_denied($h, '/private/page', cert => 'alice');
is status('revoked'), 403, 'revocation: one that the responder has revoked';
is status('bob'), 403, 'revocation: one that the responder does not know';
$responder->stop;
is status('admin'), 200, 'revocation: without the responder the CRLs decide';
is_refused_in_handshake($h, 'service', 'no current CRL covers it: .*do not cover this kind of certificate',
    'revocation: one that no CRL covers');
my $c = $h->connection(cert => 'alice');
is $c->request('/private/page')->{status}, 200, 'revocation: a connection that stays open';
$people->revoke('alice', 'affiliationChanged');
replace($h->path('var/crl/staff.crl'), $people->crl);
ok $h->wait_log(qr/CC0173/, 30), 'revocation: a new CRL, without a restart';
my $denied = $c->request('/');
is_refused($denied, 'revocation: a listed client is denied on an open connection');
like $denied->{body}, qr/it was revoked on \S+ \(affiliationChanged\)/, 'and sees why';
is_refused_in_handshake($h, 'alice', 'it was revoked on \S+ \(affiliationChanged\)',
    'revocation: and later');

done_testing;
