# SPDX-License-Identifier: Apache-2.0
# Tests that the CRLs of mod_ssl's directives count for certificates from a proxy as they do in a
# handshake, in a virtual host without TLS and in one with TLS.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Crl;
use ClientCert::Test::Plain;

my %crl = map { $_ => ClientCert::Test::Crl->new($_) } qw(root staff);
$crl{staff}->revoke('bob');
my %files = (
    'conf/cas.pem'   => pem_of('root', 'staff'),
    'conf/root.crl'  => $crl{root}->crl,
    'conf/staff.crl' => $crl{staff}->crl,
    'conf/both.crl'  => $crl{root}->crl . $crl{staff}->crl,
    'htdocs/page'    => "page\n",
);
my $cas = 'SSLCACertificateFile conf/cas.pem';

announce('CC0104', 'AH01902');

# Hosts with odd ports have no TLS; the last two have ClientCertCA.
my $own = 'ClientCertCA conf/cas.pem depth=2';
my $tls = "\@TLS\@\nSSLVerifyClient optional";

sub conf {
    my ($lines) = @_;
    return plain_host("$cas\nSSLVerifyDepth 2\n$lines")
        . plain_host("$tls\n$cas\nSSLVerifyDepth 2\n$lines", 2)
        . plain_host("$own\n$lines", 3) . plain_host("$tls\n$own\n$lines", 4);
}

# Without "no_crl_for_cert_ok", mod_ssl needs a CRL of each CA that it asks for. Bob is revoked.
my @cases = (
    ['alice',     'leaf',                     'staff'],
    ['alice',     'chain',                    'both'],
    ['',          'chain',                    'staff'],
    ['',          'leaf',                     'root'],
    ['alice bob', 'leaf no_crl_for_cert_ok',  'root'],
    ['alice',     'chain no_crl_for_cert_ok', 'staff'],
    ['alice bob', 'none',                     'staff'],
);
my $h;
for my $case (@cases) {
    my ($users, $check, $crl) = @$case;
    my $conf = conf("SSLCARevocationCheck $check\nSSLCARevocationFile conf/$crl.crl");
    if ($h) {
        ok $h->reload(conf => $conf), "$check, $crl.crl";
    } else {
        $h = ClientCert::Test->server(modules => ['headers'], files => \%files, conf => $conf);
    }
    for my $port (1 .. 4) {
        my @scheme = $port % 2 ? () : (scheme => 'https');
        is join(' ', grep { passed($h, $_, port => $port, @scheme) =~ /\A200 \Q$_\E\z/ } qw(alice bob)),
            $users, "$check, $crl.crl: port $port";
    }
}

done_testing;
