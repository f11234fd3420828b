# SPDX-License-Identifier: Apache-2.0
# Tests where ClientCertCA may be, which lines of several are in effect, and what the start says
# about directives of mod_ssl that it replaces.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Identity;

my ($alpha, $beta, $gamma) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta', 'Gamma';
my %of = map { $_->[0] => client_of($_->[1], $_->[0]) } ['ann', $alpha], ['bea', $beta], ['guy', $gamma];
my %files = (
    'conf/alpha.pem' => pem_of($alpha), 'conf/beta.pem' => pem_of($beta),
    'conf/gamma.pem' => pem_of($gamma), 'htdocs/later' => "later\n",
);

# ---- where it may be

my ($exit, $output) = ClientCert::Test->configtest(files => \%files,
    conf => "<Location />\nClientCertCA conf/alpha.pem\n</Location>\n");
isnt $exit, 0, 'not in a section';
like $output, qr/ClientCertCA not allowed (?:here|in)/, 'says httpd';
($exit, $output) = ClientCert::Test->configtest(files => \%files, conf => "ClientCertCA\n");
isnt $exit, 0, 'a path is missing';
like $output, qr/Syntax error on line 1 of \S+site\.conf:\s+CC04\d\d/, 'says the module';

# ---- which lines are in effect

announce('CC0106', 'AH02039', qr/SSL Library Error/);
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => \%files,
    conf    => "ClientCertCA conf/alpha.pem\nClientCertCA conf/beta.pem reload=0\n" . ca_host('')
        . ca_host('ClientCertCA conf/gamma.pem', 2) . ca_host('ClientCertCA conf/alpha.pem conf/gamma.pem', 3));

sub accepted {
    my ($port) = @_;
    return join ' ',
        grep { ($h->get('/', cert => $of{$_}, port => $port)->{headers}{user} // '') eq $_ } sort keys %of;
}

is accepted(1), 'ann bea', 'the lines of the main server are added, and inherited';
is accepted(2), 'guy',     'those of a virtual host replace them';
is accepted(3), 'ann guy', 'several paths of a line';
$h->stop;

# ---- what it replaces

sub warnings_of {
    my ($lines, %o) = @_;
    my ($status, $said) = ClientCert::Test->configtest(modules => ['headers'],
        files => \%files, conf => ($o{main} // '') . ca_host($lines));
    is $status, 0, 'httpd -t succeeds' or diag $said;
    return [map { m{(CC045\d): \S*?/(\w+\.conf:\d+): (.*)} ? "$1 $2 " . ($3 =~ s{/\S+/}{}gr) : () }
        split /\n/, $said];
}

my $ours    = 'ClientCertCA conf/alpha.pem';
my $decides = 'ClientCertCA decides which clients are accepted; ignored for clients:';
is_deeply warnings_of($ours), [], 'alone: no warning';
is_deeply warnings_of("$ours\nSSLCACertificateFile conf/beta.pem"),
    ["CC0457 site.conf:8 $decides SSLCACertificateFile (site.conf:9)"], 'SSLCACertificateFile';
is_deeply warnings_of("$ours\nSSLCACertificateFile conf/beta.pem\nSSLCADNRequestFile conf/beta.pem"),
    ["CC0457 site.conf:8 $decides SSLCACertificateFile (site.conf:9), SSLCADNRequestFile (site.conf:10)"],
    'two directives: one warning';
is_deeply warnings_of($ours, main => "SSLCACertificateFile conf/beta.pem\n"),
    ["CC0457 site.conf:9 $decides SSLCACertificateFile (site.conf:1)"], 'one of the main server';
my $ocsp = 'SSLOCSPEnable verifies OCSP responses with the CAs of SSLCACertificateFile, not with those '
    . 'of ClientCertCA (site.conf:8): use ClientCertOCSP instead';
is_deeply warnings_of("$ours\nSSLOCSPEnable leaf"), ["CC0458 site.conf:9 $ocsp"], 'SSLOCSPEnable';
is_deeply warnings_of("$ours\nSSLOCSPEnable off"), [], 'SSLOCSPEnable off';
is_deeply warnings_of("$ours\nSSLOCSPEnable on\nSSLOCSPNoverify on"), [],
    'and one with which mod_ssl needs no CA';
my $section = "<Location /later>\nSSLVerifyClient require\n</Location>";
my $again   = 'OptRenegotiate verifies certificates again with the CAs of SSLCACertificateFile, not with '
    . 'those of ClientCertCA (site.conf:8): remove it';
is_deeply [grep { /CC0459/ } @{ warnings_of("$ours\nSSLOptions +OptRenegotiate\n$section") }],
    ["CC0459 site.conf:9 $again"], 'OptRenegotiate';
is_deeply warnings_of("$ours\nSSLOptions +OptRenegotiate"), [], 'without a section: no warning';
is_deeply warnings_of("$ours\nSSLOptions -OptRenegotiate\n$section"), [], 'nor with a minus';

# ---- OptRenegotiate

announce('CC0457', 'CC0459', 'CC0722', 'AH02224', 'AH02262', 'CC0104', 'CC0110', 'CC0115');
my $renegotiates = <<'CONF';
SSLOptions +OptRenegotiate
SSLVerifyClient none
<Location /later>
    SSLVerifyClient require
    Require clientcert
</Location>
ClientCertCA conf/cas.pem reload=0.1
CONF
$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { %files, 'conf/cas.pem' => pem_of($alpha, $beta) },
    conf    => ca_host("$renegotiates SSLCACertificateFile conf/alpha.pem"));
my %c = map { $_ => $h->connection(cert => $of{$_}, tls => '1.2') } 'ann', 'bea';
is_served_to($c{$_}->request('/later'), $_, "OptRenegotiate: $_ is accepted") for sort keys %c;
is_served_to($c{$_}->request('/'), $_, 'and another page does not request a certificate')
    for sort keys %c;
is_served_to($c{ann}->request('/later'), 'ann', 'mod_ssl verifies again, with its own CA');
is $c{bea}->request('/later')->{status}, 403, 'which others do not pass';
ca_changes($h, 'conf/cas.pem', [$beta], qr/removed CN=Alpha CA /, 'that CA is removed');
my $denied = $c{ann}->request('/later');
is "$denied->{status} $denied->{headers}{user}", '403 ', 'what mod_ssl verifies again has no identity';

done_testing;
