# SPDX-License-Identifier: Apache-2.0
# Tests httpd behind HAProxy with the PROXY protocol, as in conf/examples/behind-proxy-protocol.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Behind;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Machine qw(program);
use ClientCert::Test::Proxy;

use IO::Socket::SSL;

my $h = behind('proxy-protocol');
local $SIG{PIPE} = 'IGNORE';
announce('CC0104', 'CC0162');

# ---- what HAProxy sends, made by this test

# The response to a request on a connection that begins with a header of the PROXY protocol.
sub told {
    my ($value, $cert) = @_;
    my $ca     = $h->ca;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port) or die "$!\n";
    my $rest   = pack 'C4C4nnCn/aCn/a', 192, 0, 2, 7, 192, 0, 2, 1, 40000, 443, 0xe0, $value, 0x20,
        pack('CNCn/a', 7, 0, 0x21, 'TLSv1.3');
    syswrite $socket, "\r\n\r\n\0\r\nQUIT\n\x21\x11" . pack 'n/a', $rest;
    IO::Socket::SSL->start_SSL($socket, SSL_ca_file => "$ca/root.pem", SSL_hostname => 'localhost',
        SSL_cert_file => "$ca/$cert.pem", SSL_key_file => "$ca/$cert.key") or return '';
    print $socket "GET /private/page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    my ($status, $user) = join('', <$socket>) =~ /^HTTP\S+ (\d+).*^User: (\S*)/ms;
    return join ' ', grep { length } $status, $user;
}

is told(forwarded_value('der', 'alice'), 'proxy'), '200 alice', 'a client has its identity,';
is told('', 'proxy'), '403', 'a client without a certificate has none,';
is told(forwarded_value('der', $_), 'proxy'), '403', "nor has $_" for qw(expired foreign service);
is told(forwarded_value('der', 'alice'), 'service'), '403', 'the certificate of the proxy is necessary';

# ---- a real HAProxy

SKIP: {
    skip 'HAProxy is not installed', 1 unless program('haproxy');
    my ($major, $minor) = proxy_version('haproxy');
    skip "HAProxy $major.$minor is older than 2.9", 1 if $major < 2 || ($major == 2 && $minor < 9);
    my $haproxy = proxy('haproxy', to => $h->port, file => 'behind-proxy-protocol.cfg');
    identifies($haproxy, 'Client-Cert', 'rfc9440', via => 'proxy-protocol');
    keeps_apart($haproxy);
    decides(proxy('haproxy', to => $h->port, file => 'behind-proxy-protocol.cfg', any => 1), 25);
}

done_testing;
