# SPDX-License-Identifier: Apache-2.0
# Tests that the certificate in the PROXY protocol of a trusted proxy is that of the client, for
# connections of every kind.
use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use ClientCert::Test;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Identity;
use ClientCert::Test::ProxyProtocol;

# What stop sends to each port is not a header.
announce('AH10184', 'AH10634');

my $common = <<'CONF';
    ServerName localhost
    RemoteIPProxyProtocol On
    ClientCertTrustedProxy 127.0.0.1
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Via "expr=%{clientcert:via} %{clientcert:via.proxy}"
    Header always set Address "expr=%{REMOTE_ADDR}"
CONF
my $h = ClientCert::Test->server(modules => [qw(headers http2 remoteip)], conf => <<"CONF");
Protocols h2 h2c http/1.1
<VirtualHost *:\@PORT\@>
    $common
    ClientCertHeader proxy-protocol
    ClientCertCA \@CA\@/clients.pem depth=4
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    $common
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader proxy-protocol
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    $common
    ClientCertHeader proxy-protocol tlv=0xE0
    ClientCertCA \@CA\@/clients.pem depth=4
</VirtualHost>
CONF


sub through { my ($port, $header, %o) = @_; return proxy_sender($h->port($port), $header, %o) }

# Every kind of connection, and every piece.
my @kinds = (
    ['plain',                        1, scheme => 'http'],
    ['plain, HTTP/2',                1, scheme => 'http', http2 => 1,
        curl => ['--http2-prior-knowledge']],
    ['plain, HTTP/2 by upgrade',     1, scheme => 'http', http2 => 1],
    ['TLS inside',                   2],
    ['TLS inside, HTTP/2',           2, http2 => 1],
    ['TLS inside, by another client', 2, cert => 'bob'],
    ['TLS inside, HTTP/2, by another client', 2, cert => 'bob', http2 => 1],
);
for my $kind (@kinds) {
    my ($what, $port, @how) = @$kind;
    my $alice = through($port, proxy_header(cert => 'alice'))->get('/', @how);
    is_served_to($alice, 'alice', "$what: the certificate of the proxy's client,");
    is $alice->{headers}{via}, 'proxy-protocol 127.0.0.1', 'which is known to be that;';
    is $alice->{headers}{address}, client_address(), 'and mod_remoteip reads the address of the client;';
    my $none = through($port, proxy_header())->get('/', @how);
    is_served_to($none, '', 'a header without a certificate: no client');
    is_served_to(through($port, proxy_header(cert => 'alice'), pieces => $_, pause => 0.001)
        ->get('/', @how), 'alice', "pieces of $_ octets") for 1, 100;
}

# What a header may look like.
my $cn = tlv(0x22, 'alice');
for my $port (1, 2) {
    my @how = $port == 1 ? (scheme => 'http') : ();
    my %headers = (
        'IPv6'                => proxy_header(cert => 'alice', ipv6 => 1),
        'a CRC32C'            => proxy_header(cert => 'alice', crc => 1),
        'a resumed session'   => proxy_header(cert => 'alice', client => 5),
        'a long header'       => proxy_header(cert => 'alice', more => [tlv(4, 'x' x 60_000)]),
        'other TLVs'          => proxy_header(cert => 'alice', inside => [$cn, tlv(0x7f, '')],
            more => [tlv(1, 'h2'), tlv(2, 'localhost'), tlv(0xe0, 'other'), tlv(0xe0, 'more')]),
    );
    for my $what (sort keys %headers) {
        is_served_to(through($port, $headers{$what})->get('/', @how), 'alice', "$port: $what");
    }
    my $ipv6 = through($port, $headers{IPv6})->get('/', @how);
    is $ipv6->{headers}{address}, client_address(1), 'an address of IPv6';
}

# What is not a certificate, or does not count.
my %nobody = (
    'a common name'                => proxy_header(client => 7, inside => [$cn]),
    'a certificate in another TLV' => proxy_header(more => [tlv(0xe0, (ders('alice'))[0])]),
    'a certificate outside'        => proxy_header(more => [tlv(0x28, (ders('alice'))[0])]),
    'an empty value'               => proxy_header(client => 7, inside => [tlv(0x28, '')]),
    'no TLV'                       => proxy_header(ssl => 0),
    'a header of version 1'        => "PROXY TCP4 192.0.2.7 192.0.2.7 40000 443\r\n",
);
for my $what (sort keys %nobody) {
    is_served_to(through(1, $nobody{$what})->get('/', scheme => 'http'), '', "$what: no client");
    is_served_to(through(2, $nobody{$what})->get('/', cert => 'bob'), '',
        'nor the client of TLS inside');
}

# The proxy may object to a certificate, but not confirm it.
announce('CC0145');
for my $objection ([verify => 10], [client => 1]) {
    $h->mark_log;
    is_served_to(through(1, proxy_header(cert => 'alice', @$objection))->get('/', scheme => 'http'),
        '', "@$objection: no client");
    is scalar $h->log_lines(qr/CC0145/), 1, 'and one line';
}
$h->mark_log;
is_served_to(through(1, proxy_header(client => 7, inside => [tlv(0x28, "0\x03\x02\x01\x05")]))
    ->get('/', scheme => 'http'), '', 'DER that is not a certificate');
like join('', $h->log_lines(qr/CC0145/)), qr/CC0482: the octets are not the DER/, 'is logged';
my ($same) = ders('alice');
my %other = (
    'the length in one octet more than DER has' => $same =~ s/\A0\x82/0\x83\0/r,
    'an octet behind the certificate'           => "$same\0",
    'two certificates'                          => $same x 2,
);
for my $what (sort keys %other) {
    is_served_to(through(1, proxy_header(cert => $other{$what}))->get('/', scheme => 'http'), '',
        "$what: no client");
}
announce('CC0104');
is_served_to(through(1, proxy_header(cert => $_))->get('/', scheme => 'http'), '',
    "$_: does not verify here") for qw(foreign expired selfsigned);

# A TLV for applications, as DER or base64.
my $der = (ders('alice'))[0];
is_served_to(through(3, proxy_header(more => [tlv(0xe0, $_)], ssl => 0))->get('/', scheme => 'http'),
    'alice', 'the chosen TLV') for $der, encode_base64($der, '');
is_served_to(through(3, proxy_header(cert => 'alice'))->get('/', scheme => 'http'), '',
    'replaces the usual one');
$h->mark_log;
is_served_to(through(3, proxy_header(more => [tlv(0xe0, $_)]))->get('/', scheme => 'http'), '',
    "$_ is not a certificate") for '(null)', '-', 'MIIB', encode_base64($der);
is scalar $h->log_lines(qr/CC0145/), 4, 'each is logged';
is_served_to(through(3, proxy_header(more => [tlv(0xe0, '')]))->get('/', scheme => 'http'), '',
    'nor is an empty value');

# Requests of one connection have one client, those of others have theirs.
my %c = map { $_ => through(2, proxy_header(cert => $_))->connection(host => 'localhost') }
    qw(alice admin bob);
for my $round (1 .. 3) {
    is_served_to($c{$_}->request('/'), $_, "request $round: $_") for sort keys %c;
}
my $streams = through(2, proxy_header(cert => 'alice'));
is join(' ', map { $_->{status} } $streams->parallel([('/') x 20])), join(' ', (200) x 20),
    'streams of HTTP/2 share the certificate';

done_testing;
