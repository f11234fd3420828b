# SPDX-License-Identifier: Apache-2.0
# Tests that a CA certificate that only the client has does not hide a revocation of that CA.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;

# The server trusts the root; sub-staff sends its own certificate and the Staff CA's.
my $root   = ClientCert::Test::Crl->new('root');
my $before = $root->crl;
$root->revoke('staff', 'keyCompromise');
my $staff_pem = read_file(ClientCert::Test->ca . '/staff.pem');

my @crls = (
    'conf/revoked.crl missing=deny',
    'conf/revoked.crl missing=allow',
    'conf/before.crl missing=allow',
    'conf/revoked-with-staff.crl missing=allow',
    'conf/before-with-staff.crl missing=allow',
    "conf/revoked.crl missing=allow\nClientCertCRLCheck leaf",
    "conf/revoked.crl missing=allow\nSSLCACertificateFile \@CA\@/staff-chain.pem",
);

announce('CC0106', 'CC0731', 'AH02039', qr/SSL Library Error/);
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/before.crl'             => $before,
        'conf/revoked.crl'            => $root->crl,
        'conf/before-with-staff.crl'  => $before . $staff_pem,
        'conf/revoked-with-staff.crl' => $root->crl . $staff_pem,
    },
    conf => join '', map {
        identity_host("SSLCACertificateFile \@CA\@/root.pem\nClientCertCRL $crls[$_ - 1]", $_)
    } 1 .. @crls);

# Expects no connection to the host of this port, and the reason in the log.
sub is_nobody {
    my ($port, $reason, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_refused_in_handshake($h, 'sub-staff', $reason, $claim, port => $port);
}

my $unknown = 'no current CRL covers the CA one level above it: '
    . 'its issuer\'s certificate is not available';
my $revoked = 'the CA one level above it was revoked on 2026-01-02T03:04:05Z \(keyCompromise\)';

is_nobody(1, $unknown, 'missing=deny: a CA that only the client has');
is_nobody(2, $unknown, 'missing=allow: neither, since it may be revoked');
is_nobody(3, $unknown, 'missing=allow: nor if it is not revoked, which is not distinguishable');
is_nobody(4, $revoked, 'in the file with the CRL it is known to be revoked');
is_nobody(7, $revoked, 'in SSLCACertificateFile, too');
is_served_to($h->get('/', cert => 'sub-staff', port => 5), 'sub-staff',
    'and known not to be: missing=allow lets in a client that no CRL covers');
is_served_to($h->get('/', cert => 'sub-staff', port => 6), 'sub-staff',
    'ClientCertCRLCheck leaf: CAs are not checked');

done_testing;
