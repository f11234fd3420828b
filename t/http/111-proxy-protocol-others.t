# SPDX-License-Identifier: Apache-2.0
# Tests that only a correct header of the PROXY protocol of a trusted proxy gives a client.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Identity;
use ClientCert::Test::Metrics;
use ClientCert::Test::ProxyProtocol;
use ClientCert::Test::Waiting;

# What stop sends to each port is not a header, and mod_remoteip refuses it.
announce('AH10184', 'AH10634');

my $crl    = ClientCert::Test::Crl->new('staff');
my $common = <<'CONF';
    ServerName localhost
    RemoteIPProxyProtocol On
    ClientCertTrustedProxy 127.0.0.1 127.0.0.2
    ClientCertHeader proxy-protocol
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Address "expr=%{REMOTE_ADDR}"
CONF
my $revoked = "ClientCertCRL conf/staff.crl reload=0.1\n    ClientCertCRLCheck leaf";
my $cas = 'ClientCertCA @CA@/clients.pem depth=4';
my $h   = ClientCert::Test->server(
    modules => [qw(headers http2 remoteip)],
    cgi     => 1,
    files   => { 'conf/staff.crl' => $crl->crl },
    conf    => <<"CONF");
Protocols h2 http/1.1
RemoteIPProxyProtocolExceptions 127.0.0.2
<VirtualHost *:\@PORT\@>
    $common
    $cas
    $revoked
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT\@>
    $common
    ServerName foreign.example
    ClientCertCA \@CA\@/foreign-root.pem
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    $common
    \@SSL\@
    SSLVerifyClient optional
    $revoked
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    $common
    \@SSL\@
    SSLVerifyClient optional
    ClientCertTrustedProxyCert subject.CN == "proxy.example.com"
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    $common
    $cas
    ClientCertHeader rfc9440
</VirtualHost>
CONF

my ($trusted, $excepted, $other) = map { "127.0.0.$_" } 1, 2, 3;
my $alice   = proxy_header(cert => 'alice');
my $request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

sub through { my ($port, $header, %o) = @_; return proxy_sender($h->port($port), $header, %o) }

# The answer to a request on a plain connection that begins with these octets: "STATUS USER", or ''.
sub answer {
    my ($octets, %o) = @_;
    my $answer = converse($h->port($o{port}), $octets . ($o{request} // $request), %o);
    my ($status) = $answer =~ m{^HTTP/1\.1 (\d+)} or return '';
    my ($user)   = $answer =~ /^User: (.*?)\r$/m;
    return "$status " . ($user // '');
}

sub rejected {
    my ($reason) = @_;
    my $page = proxy_sender($h->port, proxy_header())->get('/metrics', scheme => 'http');
    return metric(read_metrics($page->{body}), 'clientcert_certificates_rejected_total', reason => $reason);
}

is answer($alice), '200 alice', 'a trusted proxy';

# The requests of a connection share its certificate, and each host judges it by its own CAs.
announce('CC0106');
my $get  = "GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n";
my $each = join '', map { sprintf $get, $_, '' } ('localhost', 'foreign.example') x 2, 'localhost';
my $all  = converse($h->port, $alice . $each . sprintf $get, 'foreign.example', "Connection: close\r\n");
is join(' ', map { $_ || '-' } $all =~ /^User: (.*?)\r$/mg), 'alice - alice - alice -',
    'requests for two hosts on one connection';

# ---- peers that are not trusted

announce('CC0162');
$h->mark_log;
is answer($alice, from => $other), '200 ', 'another peer gives no client;';
is scalar $h->log_lines(qr/CC0162: .* from \Q$other\E, which is not a trusted proxy/), 1, 'it is logged,';
is rejected('untrusted_proxy'), 1, 'and counted;';
my $direct = through(1, $alice, from => $other)->get('/', scheme => 'http');
is $direct->{headers}{address}, client_address(), 'but mod_remoteip reads its header';
is_served_to(through(2, $alice, from => $other)->get('/', cert => 'bob', @$_), 'bob',
    'the certificate of its own connection counts') for [], [http2 => 1];
my $before = rejected('untrusted_proxy');
is answer(proxy_header(), from => $other), '200 ', 'a header without a certificate';
is answer(proxy_header(local => 1), from => $other), '200 ', 'or of the proxy itself';
is answer(proxy_header(cert => 'alice', crc => -1), from => $other), '200 ', 'broken TLVs are cut off';
is rejected('untrusted_proxy'), $before, 'these are not counted';

# Conditions on the certificate of the proxy.
is_served_to(through(3, $alice)->get('/', cert => 'proxy'), 'alice', 'a proxy with its certificate');
$h->mark_log;
is_served_to(through(3, $alice)->get('/', cert => 'bob'), 'bob', 'another certificate is a client');
like join('', $h->log_lines(qr/CC0162/)), qr/no certificate that ClientCertTrustedProxyCert accepts/,
    'the header is ignored, which is logged';
is_served_to(through(3, $alice)->get('/'), '', 'and one without a certificate is nobody');

# ---- no certificate, and no header

is answer(proxy_header(local => 1)), '200 ', 'a connection of the proxy itself has no client';
is answer(proxy_header(local => 1, ssl => 1, cert => 'alice')), '200 ', 'whatever its TLVs are';
is_served_to(through(2, proxy_header(local => 1))->get('/', cert => 'bob'), '',
    'and whatever the certificate of its TLS is');
is answer('', from => $excepted), '200 ', 'a proxy without a header, which mod_remoteip allows, is nobody';
is answer("\r\n\r\n", from => $excepted), '200 ', 'empty lines before a request are no header';
is answer("\r\n\r\n", from => $excepted, port => 4), '200 ', 'nor is the request changed by the filter';
is converse($h->port, $request), '', 'without the exception, mod_remoteip ends the connection';

# ---- the two ways of one virtual host

my $bob = 'Client-Cert: ' . forwarded_value('rfc9440', 'bob');
my $with_bob = $request =~ s/\r\n\r\n/\r\n$bob\r\n\r\n/r;
is answer('', request => $with_bob, from => $excepted, port => 4), '200 bob', 'a header of HTTP counts';
is answer($alice, request => $with_bob, port => 4), '200 alice', 'but not after a PROXY header:';
is answer(proxy_header(), request => $with_bob, port => 4), '200 ', 'nor if that has no certificate,';
is answer("PROXY TCP4 192.0.2.7 192.0.2.7 40000 443\r\n", request => $with_bob, port => 4), '200 ',
    'or is of version 1';
is answer(proxy_header(), request => $with_bob), '200 ', 'and not where no ClientCertHeader names it';

# ---- broken headers

my $cert = substr proxy_header(cert => 'alice', ssl => 1), 28;
my %broken = (
    'an unknown command'         => [CC0490 => proxy_header(from => 0x22)],
    'an unknown version'         => [CC0490 => proxy_header(from => 0x11)],
    'an unknown family'          => [CC0491 => $alice =~ s/\A(.{13})./$1\x41/sr],
    'addresses cut off'          => [CC0492 => cut($alice, length($alice) - 20)],
    'a TLV cut off'              => [CC0493 => cut($alice, 1)],
    'the length of a TLV'        => [CC0493 => proxy_header(more => ["\xe0\0"])],
    'a certificate cut off'      => [CC0493 => proxy_header(inside => ["\x28\xff\xff", 'x' x 100],
        more => ['x' x 65_000])],
    'two TLVs about TLS'         => [CC0494 => proxy_header(cert => 'alice', more => [$cert])],
    'two certificates'           => [CC0494 => proxy_header(cert => 'alice', inside => [tlv(0x28, 'x')])],
    'a TLV about TLS with four octets' => [CC0495 => proxy_header(ssl => 0, more => [tlv(0x20, "\1\0\0\0")])],
    'a wrong CRC'                => [CC0496 => proxy_header(cert => 'alice', crc => -1)],
    'a CRC of five octets'       => [CC0495 => proxy_header(more => [tlv(3, '12345')])],
);
announce('CC0161');
for my $what (sort keys %broken) {
    my ($tag, $header) = @{ $broken{$what} };
    $h->mark_log;
    is answer($header), '', "$what: the connection ends";
    my @lines = $h->wait_log(qr/CC0161/);
    is scalar @lines, 1, 'with one line,';
    like $lines[0], qr/from 127\.0\.0\.1, .* broken: $tag: /, "which has $tag";
}
is through(2, cut($alice, 1))->get('/')->{status}, 0, 'with TLS inside, too';

is answer($alice . $alice), '400 ', 'a second header is not a request';

$h->mark_log;
for my $length (1, 12, 16, 28, 100) {
    is converse($h->port, substr($alice, 0, $length), ends => 1), '', "$length octets: no answer";
}
is scalar $h->log_lines(qr/CC016/), 0, 'a connection that ends within its header is not logged';

# ---- revocation

my $kept = through(2, $alice)->connection;
is_served_to($kept->request('/'), 'alice', 'before it is revoked');
$crl->revoke('alice');
replace($h->path('conf/staff.crl'), $crl->crl);
announce('CC0104');
ok wait_until(sub { answer($alice) eq '200 ' }), 'a revoked certificate gives no client,';
ok wait_until(sub { $kept->request('/')->{headers}{user} eq '' }), 'nor on a connection in use,';
is $kept->request('/')->{status}, 200, 'which stays open';
is answer(proxy_header(cert => 'bob')), '200 bob', 'others do';

done_testing;
