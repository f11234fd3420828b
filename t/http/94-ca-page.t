# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert-status names the CAs that ClientCertCA accepts at the moment.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::File;
use ClientCert::Test::Page;
use ClientCert::Test::Waiting;

my ($alpha, $beta, $mesh) = map { authority(lc, "/O=Example/CN=$_ CA") } qw(Alpha Beta Mesh);
my $odd = authority('odd', '/O=Example/CN=<b>Odd CA');
my $bea = client_of($beta, 'bea');

my $status = "<Location \"/whoami\">\nSetHandler clientcert-status\n</Location>";
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'conf/cas.pem' => pem_of($alpha), 'conf/mesh.pem' => pem_of($mesh), 'conf/ssl.pem' => pem_of($odd) },
    conf    => ca_host("ClientCertCA conf/cas.pem reload=0.1\nClientCertCA conf/mesh.pem domain=mesh.example\n"
            . "SSLCACertificateFile conf/ssl.pem\n$status"));
announce('CC0457', 'CC0195');

sub names {
    my ($h) = @_;
    return join '; ', sort @{ json($h->get('/whoami?format=json'))->{issuers}{names} };
}

sub become {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    wait_until(sub { names($h) eq $expected });
    return is names($h), $expected, $claim;
}

is names($h), 'Alpha CA, Example; Mesh CA, Example',
    'the CAs of ClientCertCA, also of a trust domain, and not those of SSLCACertificateFile';

ca_changes($h, 'conf/cas.pem', [$alpha, $beta, $odd], 'added', 'CAs are added');
become('<b>Odd CA, Example; Alpha CA, Example; Beta CA, Example; Mesh CA, Example', 'the page names the new CAs');
my $page = page($h->get('/whoami'));
like $page->{text}, qr/names these issuers:.* $_ CA, Example/, "in HTML, too: $_" for qw(Alpha Beta Mesh);
like $h->get('/whoami')->{body}, qr{&lt;b&gt;Odd CA, Example}, 'where names are escaped';

ca_changes($h, 'conf/cas.pem', [$beta], 'removed', 'CAs are removed');
become('Beta CA, Example; Mesh CA, Example', 'the page no longer names them');
replace($h->path('conf/cas.pem'), "nothing\n");
announce('CC0196');
ok $h->wait_log(qr/CC0196: /), 'a bad file is refused';
is names($h), 'Beta CA, Example; Mesh CA, Example', 'and the page names the CAs in use';
is json($h->get('/whoami?format=json', cert => $bea))->{issuers}, undef,
    'they are not shown to a client whose certificate is accepted';

done_testing;
