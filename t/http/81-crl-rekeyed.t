# SPDX-License-Identifier: Apache-2.0
# Tests that a CA with a new key can still revoke what it signed with the old one, and that a delta
# CRL without its complete CRL revokes the certificates it lists.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Crl;
use ClientCert::Test::File;

my $ca        = ClientCert::Test->ca;
my @is_ca     = (
    extension => "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign");
my $new_staff = certificate('new-staff', '/O=Example/CN=Staff CA', issuer => "$ca/root", @is_ca);
my $far_root  = certificate('far-root', '/O=Elsewhere/CN=Root', self => 1, @is_ca);
my $far_staff = certificate('far-staff', '/O=Example/CN=Staff CA', issuer => $far_root, @is_ca);

my ($staff, $new, $far) = map { ClientCert::Test::Crl->new($_) } 'staff', $new_staff, $far_staff;
$new->revoke('bob', 'keyCompromise');
$far->revoke('alice');

my %crls = (
    1 => 'conf/new.crl conf/staff.crl',
    2 => 'conf/new.crl missing=allow',
    3 => 'conf/far.crl conf/staff.crl',
    4 => 'conf/delta.crl missing=allow',
);
my $h = ClientCert::Test->server(
    modules => ['http2'],
    files   => {
        'conf/cas.pem'   => join('',
            map { read_file("$_.pem") } "$ca/clients", $new_staff, $far_root, $far_staff),
        'conf/staff.crl' => $staff->crl,
        'conf/new.crl'   => $new->crl,
        'conf/far.crl'   => $far->crl,
        'conf/delta.crl' =>
            $staff->crl(number => 12, base => 11, only => { bob => 'keyCompromise' }),
    },
    conf => join '', map { my $n = $_ > 1 ? $_ : ''; <<"CONF" } sort keys %crls);
<VirtualHost *:\@PORT$n\@>
    ServerName localhost
    \@SSL\@
    SSLCACertificateFile conf/cas.pem
    SSLVerifyClient optional
    Protocols h2 http/1.1
    ClientCertCRL $crls{$_}
    ClientCertCRLCheck leaf
    ClientCertMap user=somebody
    <Location "/">
        Require clientcert
    </Location>
</VirtualHost>
CONF

announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'CC0174', 'AH02276', 'AH02008',
    qr/SSL Library Error/);

my %what = (
    1 => 'a CRL with the new key, and one with the old that does not list him',
    2 => 'a CRL with the new key alone',
    4 => 'a delta CRL alone',
);
for my $port (sort keys %what) {
    isnt $h->get('/', cert => 'bob', port => $port)->{status}, 200, "$what{$port}: bob is revoked";
    isnt +($h->parallel(['/'], cert => 'bob', port => $port))[0]{status}, 200, 'over HTTP/2 too';
    is $h->get('/', cert => 'alice', port => $port)->{status}, 200, 'alice is not';
}
is $h->get('/', cert => 'alice', port => 3)->{status}, 200,
    'a CA of that name under another root revokes nobody here';
ok $h->wait_log(qr/CC0418: .*missing=allow applies/), 'that a delta stands alone is told';

done_testing;
