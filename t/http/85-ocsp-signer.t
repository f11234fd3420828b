# SPDX-License-Identifier: Apache-2.0
# Tests that an OCSP responder whose own certificate is on a CRL of the host vouches for no client,
# neither by new answers nor by earlier ones.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Ocsp;

my $staff     = ClientCert::Test::Crl->new('staff');
my $signer    = ClientCert::Test::Ocsp->delegate('ocsp-signer');
my $nocheck   = ClientCert::Test::Ocsp->delegate('ocsp-nocheck',
    extension => "extendedKeyUsage = OCSPSigning\nnoCheck = ignored");
my $responder = ClientCert::Test::Ocsp->new(certs => ['alice']);
$responder->mood("hang/$_->[0]", "signer=$_->[1]") for ['signer', $signer], ['nocheck', $nocheck];

my %hosts = (1 => 'signer', 2 => 'nocheck', 3 => 'signer');
my $h = ClientCert::Test->server(
    modules => ['http2'],
    files   => { 'conf/staff.crl' => $staff->crl },
    conf    => join '', map {
        my ($n, $crl) = ($_ > 1 ? $_ : '', $_ < 3 ? '' : '#');
        <<"CONF" } 1 .. 3);
<VirtualHost *:\@PORT$n\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    ClientCertOCSP On timeout=20 responder=@{[$responder->url("hang/$hosts{$_}")]}
    ${crl}ClientCertCRL conf/staff.crl reload=1
    ${crl}ClientCertCRLCheck leaf
    ClientCertMap user=somebody
    <Location "/">
        Require clientcert
    </Location>
</VirtualHost>
CONF

announce('CC0104', 'CC0110', 'AH01630');

my %c = map { $_ => $h->connection(cert => 'alice', port => $_) } 1 .. 3;
is $c{$_}->request('/')->{status}, 200, "$hosts{$_}: a signer of the issuer vouches" for 1 .. 3;

my @conf = split /\n/, read_file($h->path('conf/site.conf'));
$staff->revoke($_) for $signer, $nocheck;
replace($h->path('conf/staff.crl'), $staff->crl);
ok $h->wait_log(qr/CC0173: .*site\.conf:$_\)/), 'both signers are on the CRL that the host holds'
    for map { $conf[$_] =~ /^    ClientCertCRL / ? $_ + 1 : () } 0 .. $#conf;

for my $host (1, 2) {
    is $c{$host}->request('/')->{status}, 403, "$hosts{$host}: its earlier answer no longer counts";
    is $h->get('/', cert => 'alice', port => $host)->{status}, 403, 'nor does a new one';
    # A request that crosses the GOAWAY of the other's refusal gets no answer (RFC 9113 6.8).
    my @statuses = map { $_->{status} } $h->parallel(['/', '/?2'], cert => 'alice', port => $host);
    like join(' ', sort { $b <=> $a } @statuses), qr/^403 (?:403|0)$/, 'HTTP/2 is no way around';
    my $vhost = 'localhost:' . $h->port($host);
    my $why   = qr/reason=".*its signer is revoked by a CRL"/;
    ok scalar($h->log_lines(qr/CC0104: .*vhost=$vhost $why/)), 'the log says why';
}
is $h->get('/', cert => 'alice', port => 3)->{status}, 200,
    'a host without CRLs does not notice it';

$responder->mood('hang/signer', 'honest');
my $until = time + 20;
my $status = 0;
while ($status != 200 && time < $until) {
    $status = $h->get('/', cert => 'alice')->{status};
    select undef, undef, undef, 0.2 if $status != 200;
}
is $status, 200, 'another signer does';

done_testing;
