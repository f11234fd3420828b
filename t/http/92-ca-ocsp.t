# SPDX-License-Identifier: Apache-2.0
# Tests that OCSP uses the CAs of ClientCertCA: the issuer is found in the current set, and a kept
# answer does not outlive the CA.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;

my $slow = $ENV{CC_SLOW} // 1;
announce('CC0104', 'CC0106', 'CC0110', 'AH02039', qr/SSL Library Error/);

my %responder = map { $_ => ClientCert::Test::Ocsp->new(certs => ['alice'], signer => $_) } 'staff',
    ClientCert::Test::Ocsp->delegate('responder');

# ca_host shows user and verification; the responder signs as the issuer, or as its delegate.
sub host {
    my ($port, $signer) = @_;
    my $url = $responder{$signer}->url('honest');
    return ca_host("ClientCertCA conf/cas.pem reload=0.1 depth=2\n"
            . "ClientCertOCSP On ttl=600 timeout=" . 20 * $slow . " responder=$url\n"
            . 'Header always set Revocation "expr=%{clientcert:revocation}"', $port);
}

my @signers = sort keys %responder;

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => ['headers'],
        files   => { 'conf/cas.pem' => pem_of('root', 'staff'), 'htdocs/page' => "page\n" },
        global  => session_conf($store),
        conf    => host('', $signers[0]) . host(2, $signers[1]));

    for my $port (1, 2) {
        my $was      = "$store, $signers[$port - 1]";
        my $asked    = $responder{ $signers[$port - 1] }->asked('honest');
        my $response = $h->get('/page', cert => 'alice', port => $port);
        is "$response->{headers}{revocation} $response->{headers}{user}", 'good alice',
            "$was: the issuer is found in the set";
        my $open  = $h->connection(cert => 'alice', port => $port);
        my $first = full($h, '/page', cert => 'alice', port => $port);
        ok resumed($h, $first, '/page', port => $port)->{reused}, 'for a resumed session too';
        is $open->request('/page')->{headers}{user}, 'alice', 'and on an open connection';
        is $responder{ $signers[$port - 1] }->asked('honest'), $asked + 1, 'one answer is kept for all';

        ca_changes($h, 'conf/cas.pem', ['root'], qr/removed CN=Staff CA/, 'the CA goes');
        is_refused($open->request('/page'), 'the open connection has no identity, answer or not');
        my $again = resumed($h, $first, '/page', port => $port);
        ok !$again->{reused}, 'its session is not resumed';
        is $h->get('/page', cert => 'alice', port => $port, curl => ['-k'])->{status}, 0,
            'and a handshake fails';
        is $responder{ $signers[$port - 1] }->asked('honest'), $asked + 1, 'without another question';

        ca_changes($h, 'conf/cas.pem', ['root', 'staff'], qr/added CN=Staff CA/, 'it comes back');
        is $h->get('/page', cert => 'alice', port => $port)->{headers}{revocation}, 'good',
            'and the answer that was kept is verified with it';
        is $responder{ $signers[$port - 1] }->asked('honest'), $asked + 1, 'without another question';
    }
    $h->stop;
}

done_testing;
