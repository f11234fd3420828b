# SPDX-License-Identifier: Apache-2.0
# Tests that an identity counts only for the hosts that verify the certificate, also within one
# connection.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Coalesced;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

sub host {
    my ($name, $settings) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name
    $settings
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    Header always set Server-Name "expr=%{SERVER_NAME}"
</VirtualHost>
CONF
}

my $tls      = "\@SSL:ab.example\@\nSSLVerifyClient optional\n";
my $staff    = "$tls SSLCACertificateFile \@CA\@/staff-chain.pem";
my $services = "$tls SSLCACertificateFile \@CA\@/services-chain.pem";

my $conf = join '', host('a.example', $staff), host('b.example', $services),
    host('same.example', $staff),
    host('revoking.example',
    "$staff\nSSLCARevocationFile \@CA\@/staff.crl\nSSLCARevocationCheck leaf"),
    host('plain.example', 'SSLEngine off');

announce('CC0104', 'CC0721', 'AH01909');    # names that are missing in the server's certificate

sub without_sni {
    my ($h, $version) = @_;
    my %o = (host => 'a.example', sni => '', tls => $version);

    my $alice = $h->connection(%o, cert => 'alice');
    is_served_to($alice->request('/'), 'alice',
        "TLS $version: verified by the host of the handshake");
    is_served_to($alice->request('/', host => 'same.example'), 'alice',
        'which is good on a host that trusts the same');
    $h->mark_log;
    my $b = $alice->request('/', host => 'b.example');
    is $b->{headers}{'server-name'}, 'b.example', 'another host serves the same connection';
    is $b->{headers}{verify}, 'SUCCESS', 'for which mod_ssl reports a certificate as verified';
    is_served_to($b, '', 'that this host cannot verify: no identity');
    ok $h->wait_log(qr/CC0104: .* vhost=b\.example:\d+ reason="it was issued by CN=Staff CA,O=Example: no such CA is trusted here"/),
        'the log says why';
    is_served_to($alice->request('/', host => 'plain.example'), '',
        'no identity on a host without TLS of its own');
    ok $h->wait_log(qr/CC0104: .* vhost=plain\.example:\d+ reason=".*no TLS of its own/),
        'the log says why';
    is_served_to($alice->request('/'), 'alice', 'and still the same on the host of the handshake');

    my $revoked = $h->connection(%o, cert => 'revoked');
    is_served_to($revoked->request('/'), 'revoked', "TLS $version: no host has a CRL but one");
    is_served_to($revoked->request('/', host => 'revoking.example'), '',
        'and on that host there is no identity');
    is_served_to($alice->request('/', host => 'revoking.example'), 'alice',
        'while a certificate that is not revoked verifies again');

    my $both = $h->connection(%o, cert => 'sub-staff');
    is_served_to($both->request('/', host => 'b.example'), 'sub-staff',
        "TLS $version: a chain that the other host verifies is good there");
    return;
}

# The session does not contain the certificates that a client sends in addition to its own.
sub resumed_without_sni {
    my ($h, $version) = @_;
    my %o     = (host => 'a.example', sni => '', tls => $version);
    my $first = full($h, '/', %o, cert => 'sub-staff');
    my $again = resumed($h, $first, '/', %o);
    is_served_to($again, 'sub-staff', "TLS $version: resumed by the host of the handshake");
    my $b = resumed($h, $again, '/', %o, host => 'b.example');
    ok $b->{reused}, 'and for a request to the other';
    is_served_to($b, '', 'which cannot verify it again without the sent chain: no identity');
    return;
}

sub with_sni {
    my ($h, $version) = @_;
    my $c = $h->connection(host => 'a.example', cert => 'alice', tls => $version);
    is_served_to($c->request('/'), 'alice', "TLS $version, SNI: an identity on the host it names");
    is_served_to($c->request('/', host => 'same.example'), 'alice', 'and on one with its settings');
    is $c->request('/', host => 'b.example')->{status}, 421,
        'while mod_ssl refuses one with another CA';
    return;
}

my %server = (modules => ['headers', 'http2'], conf => $conf);
my $global = "Protocols h2 http/1.1\n" . session_conf('tickets');
my $h      = ClientCert::Test->server(%server, global => $global . any_host_conf());
for my $version ('1.2', '1.3') {
    without_sni($h, $version);
    resumed_without_sni($h, $version);
}
is_deeply coalesced($h, '127.0.0.1', 'revoked', qw(a.example same.example revoking.example
        b.example plain.example a.example)),
    ['200 revoked 1 2', '200 revoked 0 2', '200  0 2', '200  0 2', '200  0 2', '200 revoked 0 2'],
    'HTTP/2: the hosts of one connection judge each for itself';
is_deeply coalesced($h, '127.0.0.1', 'alice', qw(revoking.example a.example b.example)),
    ['200 alice 1 2', '200 alice 0 2', '200  0 2'], 'HTTP/2: and verify again what they can';

announce('AH02032');
$h = ClientCert::Test->server(%server, global => $global);
with_sni($h, $_) for '1.2', '1.3';
is_deeply coalesced($h, 'a.example', 'alice', qw(a.example same.example b.example a.example)),
    ['200 alice 1 2', '200 alice 0 2', '421  0 2', '200 alice 0 2'],
    'HTTP/2, SNI: an identity on hosts of the same settings only';

done_testing;
