# SPDX-License-Identifier: Apache-2.0
# Tests that ClientCertPinned hides certificates of strangers from other modules, also where mod_ssl
# forgives a missing CRL: its callback then resets OpenSSL's error.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;

my $ca    = ClientCert::Test->ca;
my %forms = (
    'a self-signed certificate' => certificate('stranger', '/O=Example/CN=admin', self => 1),
    'one with CA:TRUE' => certificate(
        'root', '/O=Example/CN=admin', self => 1, extension => 'basicConstraints = critical,CA:TRUE'),
);

announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0190', qr/CC07\d\d/, qr/AH0(?:1979|1980|1984|2021|1909|2009)/,
    qr/SSL Library Error/);

my $h = ClientCert::Test->server(
    modules => [qw(headers authz_user)],
    files   => { 'conf/keys.map' => "00 nobody\n", 'conf/staff.crl' => slurp("$ca/staff.crl") },
    conf    => <<'CONF');
ClientCertTable keys file:conf/keys.map octets
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient       optional_no_ca
    SSLCARevocationFile   conf/staff.crl
    SSLCARevocationCheck  leaf no_crl_for_cert_ok
    ClientCertPinned      keys
    SSLOptions            +StdEnvVars
    Header always set Name "%{SSL_CLIENT_S_DN_CN}s"
    Header always set Verify "%{SSL_CLIENT_VERIFY}s"
</VirtualHost>
CONF

sub slurp { my ($path) = @_; local (@ARGV, $/) = $path; return scalar <> }

for my $tls ('1.2', '1.3') {
    for my $form (sort keys %forms) {
        my $headers = $h->s_client(tls => $tls, cert => $forms{$form}, get => '/')->{headers};
        is $headers->{name}, '(null)', "TLS $tls: $form tells other modules no name";
        unlike $headers->{verify}, qr/SUCCESS/, 'and is not reported as verified';
    }
    my $headers = $h->s_client(tls => $tls, cert => 'alice', get => '/')->{headers};
    is "$headers->{name} $headers->{verify}", 'alice SUCCESS', "TLS $tls: a certificate that verifies does";
}

done_testing;
