# SPDX-License-Identifier: Apache-2.0
# Tests that a virtual host without TLS follows its CAs and CRLs: a client loses its identity at the
# next request, on an open connection of the proxy too, which stays open; and gets it back.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Plain;
use ClientCert::Test::Waiting;

my $slow = $ENV{CC_SLOW} // 1;
my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my ($ann, $abe) = map { client_of($alpha, $_) } qw(ann abe);
my $bea = client_of($beta, 'bea');
my %crl = (alpha => ClientCert::Test::Crl->new($alpha), beta => ClientCert::Test::Crl->new($beta));

announce('CC0104', 'CC0183');

# ---- CAs in a file, and in a folder

my $h = ClientCert::Test->server(
    modules => ['-ssl', 'headers'],
    files   => {
        'conf/cas.pem'      => pem_of($alpha, $beta),
        'conf/folder/a.pem' => pem_of($alpha),
        'conf/folder/b.pem' => pem_of($beta),
        'htdocs/page'       => "page\n",
    },
    conf => plain_host('ClientCertCA conf/cas.pem reload=0.1')
        . plain_host('ClientCertCA conf/folder reload=0.1', 2));
for my $case (['', 'conf/cas.pem'], [2, 'conf/folder/a.pem']) {
    my ($port, $path) = @$case;
    my @to = (port => $port || 1);
    my $proxy = proxy_to($h, @to);
    is $proxy->pass($_->[0]), "200 $_->[1]", "$path: $_->[1]" for [$ann, 'ann'], [$bea, 'bea'], [$ann, 'ann'];
    if ($port) {
        waits_for_change($h, sub { unlink $h->path($path) or die }, 'removed CN=Alpha CA \(.*', 'a file goes');
    } else {
        ca_changes($h, $path, [$beta], 'removed CN=Alpha CA \(.*', 'a CA goes');
    }
    is $proxy->pass($ann), '200 ', 'its client has no identity, on the open connection';
    is $proxy->pass($bea), '200 bea', 'on which the other client has one';
    is passed($h, $ann, @to), '200 ', 'nor on a new one';
    my @all = $port ? ($alpha) : ($alpha, $beta);
    ca_changes($h, $path, \@all, 'added CN=Alpha CA \(.*', 'it comes back');
    is $proxy->pass($ann), '200 ann', 'the client has its identity again';
}

# ---- CRLs

$h = ClientCert::Test->server(
    modules => ['-ssl', 'headers'],
    files   => {
        'conf/cas.pem'   => pem_of($alpha, $beta),
        'conf/alpha.crl' => $crl{alpha}->crl,
        'conf/beta.crl'  => $crl{beta}->crl,
        'htdocs/page'    => "page\n",
    },
    conf => plain_host("ClientCertCA conf/cas.pem reload=0.1\nClientCertCRL conf/alpha.crl conf/beta.crl reload=0.1"));
my $proxy = proxy_to($h);
is $proxy->pass($_->[0]), "200 $_->[1]", "CRLs: $_->[1]" for [$ann, 'ann'], [$abe, 'abe'], [$bea, 'bea'];
is passed($h, $ann, what => 'revocation'), '200 good', 'the status is known';
$crl{alpha}->revoke($ann, 'keyCompromise');
replace($h->path('conf/alpha.crl'), $crl{alpha}->crl);
ok $h->wait_log(qr/CC0173: /, 30), 'a CRL changes';
is $proxy->pass($ann), '200 ', 'a revoked client has no identity, on the open connection';
is $proxy->pass($_->[0]), "200 $_->[1]", "on which $_->[1] has one" for [$abe, 'abe'], [$bea, 'bea'];
is passed($h, $ann), '200 ', 'nor on a new one';
$crl{alpha}->restore($ann);
$h->mark_log;
replace($h->path('conf/alpha.crl'), $crl{alpha}->crl);
ok $h->wait_log(qr/CC0173: /, 30), 'the CRL changes again';
is $proxy->pass($ann), '200 ann', 'the client has its identity again';

# ---- OCSP

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'bob']);
$responder->revoke('bob', 'keyCompromise');
my $url = $responder->url('honest');
$h = ClientCert::Test->server(
    modules => ['-ssl', 'headers', 'socache_shmcb'],
    files   => { 'conf/cas.pem' => pem_of('root', 'staff'), 'htdocs/page' => "page\n" },
    conf    => plain_host("ClientCertCA conf/cas.pem depth=2\nClientCertOCSP On ttl=600 timeout="
            . 20 * $slow . " responder=$url"));
is passed($h, 'alice'), '200 alice', 'OCSP: a good certificate';
is passed($h, 'alice', what => 'revocation'), '200 good', 'with its status';
is passed($h, 'bob'), '200 ', 'a revoked one';
is $responder->asked('honest'), 2, 'each is asked for once';

done_testing;
