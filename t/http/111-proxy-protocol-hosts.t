# SPDX-License-Identifier: Apache-2.0
# Tests virtual hosts that share an address, on which connections begin with a PROXY header: which
# certificate counts in which of them, and that no header makes a client a trusted proxy.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Identity;
use ClientCert::Test::ProxyProtocol;

# What stop sends to each port is not a header.
announce('AH10184', 'AH10634', 'CC0145', 'CC0146', 'CC0162');
announce('CC0721');    # a rule of a host without certificates

# A virtual host that is found by its name, with the same certificates as the others.
sub host {
    my ($name, $port, @lines) = @_;
    return join "\n", "<VirtualHost *:\@PORT$port\@>", "ServerName $name.example",
        'ClientCertMap subject.CN =~ "(.+)" user=$1', 'Header always set User "expr=%{REMOTE_USER}"',
        'Header always set Address "expr=%{REMOTE_ADDR}"', @lines, "</VirtualHost>\n";
}

my ($proxy, $other, $excepted) = map { "127.0.0.$_" } 1, 2, 3;
my $protocol = 'ClientCertHeader proxy-protocol';
my $cas      = 'ClientCertCA @CA@/clients.pem depth=4';
my $foreign  = 'ClientCertCA @CA@/foreign-root.pem';
my $trusted  = "ClientCertTrustedProxy $proxy $excepted";
my $tls      = "\@SSL:ab.example\@\nSSLVerifyClient optional";
my $h = ClientCert::Test->server(
    modules => [qw(headers remoteip)],
    conf    => join '', "RemoteIPProxyProtocolExceptions $excepted\n",
        host(a => '', 'RemoteIPProxyProtocol On', $cas, $protocol, $trusted),
        host(b => ''),
        host(c => '', $cas, $protocol, "ClientCertTrustedProxy $other"),
        host(d => '', $cas, 'ClientCertHeader rfc9440', $trusted),
        host(e => '', $foreign, $protocol, $trusted),
        host(f => '', $cas, $protocol, 'ClientCertHeader rfc9440', $trusted),
        host(a => 2, 'RemoteIPProxyProtocol On', $tls, $protocol, $trusted),
        host(b => 2, $tls));

my $bob = 'Client-Cert: ' . forwarded_value('rfc9440', 'bob');

# "USER ADDRESS" of an answer to a host; further options are for converse.
sub answer {
    my ($header, $host, %o) = @_;
    my @lines = ("GET / HTTP/1.1", "Host: $host.example", 'Connection: close', @{ $o{lines} // [] });
    my $answer = converse($h->port, $header . join("\r\n", @lines, '', ''), from => $o{from});
    my %of = $answer =~ /^(User|Address): (.*?)\r$/mg;
    return ($of{User} // 'no answer') . ' ' . ($of{Address} // '');
}

# ---- hosts

my $alice = proxy_header(cert => 'alice');
my $client = client_address();
is answer($alice, 'a'), "alice $client", 'the first host of the address';
is answer($alice, 'b'), " $client", 'a host without ClientCertHeader has no client';
is answer($alice, 'c'), " $client", 'nor has one that trusts other proxies';
announce('CC0104');
is answer($alice, 'e'), " $client", 'nor one that trusts other CAs';

# ---- headers of HTTP, which a client behind a PROXY header may have sent itself

$h->mark_log;
my %begins = (
    'without a certificate' => proxy_header(),
    'of the proxy itself'   => proxy_header(local => 1),
    'of version 1'          => "PROXY TCP4 $client $client 40000 443\r\n",
);
for my $host ('d', 'f') {
    like answer($begins{$_}, $host, lines => [$bob]), qr/\A \d/, "$host: behind a PROXY header $_, no header of HTTP counts"
        for sort keys %begins;
    is answer($alice, $host, lines => [$bob]), ($host eq 'f' ? 'alice' : '') . " $client", 'nor behind one with a certificate';
    is answer('', $host, lines => [$bob], from => $excepted), "bob $excepted", 'but without a PROXY header, it does';
}

ok $h->wait_log(qr/CC0145: the header Client-Cert of the proxy 127\.0\.0\.1 is not used: .* began with a PROXY/),
    'the log says why';

# ---- addresses

for my $host ('a', 'c', 'd', 'f') {
    my $forged = proxy_header(cert => 'alice', source => $proxy);
    is answer($forged, $host, from => '127.0.0.4', lines => [$bob, "X-Forwarded-For: $proxy"]),
        " $proxy", "$host: the address in a PROXY header makes no peer a trusted proxy";
}
ok $h->wait_log(qr/CC0146: .*: 127\.0\.0\.4 is not a trusted proxy/), 'the log has that of the connection';
is answer($alice, 'c', from => $other), " $client",
    'a peer that the first host does not trust gives no client in another one';

# ---- TLS inside

my $through = proxy_sender($h->port(2), $alice);
is_served_to($through->get('/', cert => 'bob', host => 'a.example'), 'alice', 'TLS, the first host');
is_served_to($through->get('/', cert => 'bob', host => 'b.example'), 'bob',
    'one without ClientCertHeader has the client of TLS');

done_testing;
