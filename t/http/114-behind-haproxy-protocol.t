# SPDX-License-Identifier: Apache-2.0
# Tests HAProxy in front of httpd, with the certificates of its clients in the PROXY protocol.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::Proxy;

# What stop sends to each port is not a header.
announce('AH10184', 'AH10634');

my $common = <<'CONF';
    ServerName localhost
    RemoteIPProxyProtocol On
    ClientCertTrustedProxy 127.0.0.1
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Via "expr=%{clientcert:via}"
CONF
my $cas = 'ClientCertCA @CA@/clients.pem depth=4';
my $h = ClientCert::Test->server(modules => [qw(headers http2 remoteip)], conf => <<"CONF");
Protocols h2c http/1.1
<VirtualHost *:\@PORT\@>
    $common
    $cas
    ClientCertHeader proxy-protocol
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    $common
    $cas
    ClientCertHeader proxy-protocol tlv=0xE0
</VirtualHost>
CONF

# HAProxy that sends PROXY headers with these options, in a mode, to a port of httpd. In mode tcp, it
# does not read HTTP, so httpd has to understand the protocol that the client chose.
sub through {
    my ($mode, $port, $options) = @_;
    my $server = 'server httpd 192.0.2.20:8443';
    return proxy('haproxy', to => $h->port($port), plain => 1, replace => {
        'mode    http' => "mode    $mode",
        $server        => "$server $options",
        'http-request' => '# http-request',
    });
}

my ($major, $minor) = proxy_version('haproxy');
note "HAProxy $major.$minor";

# HAProxy sends the name of a certificate, and since 2.9 also what its configuration describes.
my @options = ('send-proxy-v2-ssl', 'send-proxy-v2-ssl-cn', 'send-proxy-v2 proxy-v2-options '
    . 'ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id', 'send-proxy');
for my $mode (qw(tcp http)) {
    for my $options (@options) {
        my $proxy = through($mode, 1, $options);
        is_served_to($proxy->get('/', cert => 'alice'), '', "$mode: $options: a name gives no client");
        is_served_to($proxy->get('/'), '', 'nor does the lack of one');
    }
}
is_served_to(through('tcp', 1, 'send-proxy-v2-ssl-cn')->get('/', cert => 'alice', http2 => 1), '',
    'HTTP/2 passes unread');

SKIP: {
    skip "HAProxy $major.$minor cannot send certificates; 2.9 can", 1 if "$major$minor" < 29;
    my $options = 'send-proxy-v2-ssl set-proxy-v2-tlv-fmt(0xE0) %[ssl_c_der,base64]';
    for my $mode (qw(tcp http)) {
        for my $crc ('', 'proxy-v2-options crc32c') {
            my $proxy = through($mode, 2, "$options $crc");
            for my $http2 (0, 1) {
                my $what  = "$mode: $crc: http2 => $http2";
                my $alice = $proxy->get('/', cert => 'alice', http2 => $http2);
                is_served_to($alice, 'alice', "$what: the certificate of the client");
                is $alice->{headers}{via}, 'proxy-protocol', 'which HAProxy passed on';
                is_served_to($proxy->get('/', http2 => $http2), '', 'a client without one');
            }
            my %c = map { $_ => $proxy->connection(cert => $_) } qw(alice admin bob);
            is_served_to($c{$_}->request('/'), $_, "$mode: connections of several clients: $_")
                for (sort keys %c) x 3;
        }
    }
    is_served_to(through('tcp', 1, $options)->get('/', cert => 'alice'), '',
        'a host that expects another TLV has no client');
}

done_testing;
