# SPDX-License-Identifier: Apache-2.0
# Tests that a host with ClientCertCA does not rely on what mod_ssl found for another host of the
# connection: a host with the same CAs and other CRLs, or one that does not use this module.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Coalesced;
use ClientCert::Test::Crl;
use ClientCert::Test::Session;

my ($ca,  $other)       = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Other';
my ($ann, $abe, $oscar) = (client_of($ca, 'ann'), client_of($ca, 'abe'), client_of($other, 'oscar'));
my $crl = ClientCert::Test::Crl->new($ca);
$crl->revoke($abe);

sub host {
    my ($name, $settings) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name.example
    \@TLS:ab.example\@
    $settings
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    <Location /verified>
        Require ssl-verify-client
    </Location>
</VirtualHost>
CONF
}

my $set  = 'ClientCertCA conf/a.pem reload=0.1';
my $file = "SSLCACertificateFile conf/a.pem";
my $h    = ClientCert::Test->server(
    modules => ['headers', 'http2'],
    files   => {
        'conf/a.pem'          => pem_of($ca),
        'conf/a.crl'          => $crl->crl,
        'htdocs/verified'     => "verified\n",
    },
    global => "Protocols h2 http/1.1\n" . any_host_conf() . session_conf('tickets'),
    conf   => join '',
        host('first',    "$set\nSSLVerifyClient optional"),
        host('revoking', "$set\nSSLVerifyClient optional\nSSLCARevocationFile conf/a.crl\nSSLCARevocationCheck leaf"),
        host('unused',   "$file\nSSLVerifyClient optional_no_ca"),
        host('lax',      "$set\n$file\nSSLVerifyClient optional_no_ca"));

announce('CC0104', 'CC0110', 'CC0457', 'CC0737', 'AH01630', 'AH01897', 'AH01909', 'AH02039');

# The answers on a connection whose handshake was for the first of these hosts.
sub answers {
    my ($hosts, %o) = @_;
    my $c = $h->connection(%o, host => "$hosts->[0].example");
    return join ', ', map { "$_->{status} $_->{headers}{verify}" }
        map { $c->request('/verified', host => "$_.example") } @$hosts;
}

for my $tls ('1.2', '1.3') {
    is answers([qw(first revoking first)], cert => $ann, tls => $tls),
        '200 SUCCESS, 200 SUCCESS, 200 SUCCESS', "TLS $tls: two hosts with the same CAs";
    is answers([qw(first revoking)], cert => $abe, tls => $tls), '200 SUCCESS, 421 SUCCESS',
        "TLS $tls: one of them has a CRL that lists the certificate";

    # mod_ssl reports the certificate in a resumed session of TLS 1.2 as verified.
    my $first = full($h, '/', host => 'unused.example', cert => $oscar, tls => $tls);
    is $first->{status}, 200, "TLS $tls: a host without this module accepts a certificate of another CA";
    my $said = answers([qw(unused lax)], tls => $tls, args => ['-sess_in', $first->{session}]);
    like $said, qr/\A(?:200|403) .*, 421 /, "TLS $tls: a host with ClientCertCA does not";
}
is_deeply [map { s/ .*//r } @{ coalesced($h, 'first.example', $abe, qw(first.example revoking.example)) }],
    ['200', '421'], 'HTTP/2: the CRL of the second host counts';

done_testing;
