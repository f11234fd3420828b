# SPDX-License-Identifier: Apache-2.0
# Tests OCSP for certificates from a proxy: a client loses its identity, but neither its request nor
# the connection of the proxy is refused.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Plain;
use ClientCert::Test::ProxyProtocol;
use ClientCert::Test::Waiting;

my $slow      = $ENV{CC_SLOW} // 1;
my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'admin']);
my %on = map { $_ => "ClientCertOCSP On timeout=@{[20 * $slow]} responder=" . $responder->url($_) }
    qw(honest brief error unknown);
my $files = { 'conf/cas.pem' => pem_of('root', 'staff'), 'htdocs/page' => "page\n" };
my $own   = 'ClientCertCA conf/cas.pem depth=2';

announce('CC0104', 'AH10184', 'AH10634');
$responder->revoke('bob', 'keyCompromise', '260102030405Z');

# ---- answers of every kind, without TLS and with TLS

my $h = ClientCert::Test->server(
    modules => ['headers', 'socache_shmcb'],
    files   => $files,
    conf    => plain_host("$own\n$on{honest}")
        . plain_host("\@SSL\@\nSSLVerifyClient optional\n$on{honest}", 2)
        . plain_host("$own\n$on{error}", 3) . plain_host("$own\n$on{error} failure=allow", 4)
        . plain_host("$own\n$on{unknown} failure=allow", 5));

my %answers = (
    alice    => ['200 alice', 'a good one'],
    bob      => ['200 ',      'a revoked one'],
    'two-cn' => ['200 ',      'one that the responder does not know'],
);
for my $port (1, 2) {
    my @to = (port => $port, $port == 2 ? (scheme => 'https') : ());
    for my $cert (sort keys %answers) {
        my ($user, $claim) = @{ $answers{$cert} };
        is passed($h, $cert, @to), $user, "port $port: $claim";
    }
    is passed($h, 'alice', @to, what => 'revocation'), '200 good', 'has its status';
}
ok $h->wait_log(qr/CC0104:.*via=header.*reason="it was revoked on 2026-01-02T03:04:05Z \(keyCompromise\)"/),
    'the log says when and why';
is passed($h, 'alice', port => 3), '200 ', 'no answer gives no identity,';
ok $h->wait_log(qr/CC0104:.*via=header.*OCSP/), 'which is logged,';
is passed($h, 'alice', port => 4), '200 alice', 'unless failure=allow;';
is passed($h, 'alice', port => 5), '200 ', 'but an unknown certificate never does';

# ---- a connection in use

$h->stop;
$h = ClientCert::Test->server(
    modules => ['headers', 'remoteip', 'socache_shmcb'],
    files   => $files,
    conf    => plain_host("$own\n$on{brief} ttl=1") . <<"CONF");
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    RemoteIPProxyProtocol On
    ClientCertHeader proxy-protocol
    ClientCertTrustedProxy 127.0.0.1
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    \@SSL\@
    SSLVerifyClient none
    $on{brief} ttl=1
</VirtualHost>
CONF
my $proxy    = proxy_to($h);
my $protocol = proxy_sender($h->port(2), proxy_header(cert => 'alice'))->connection;
my %user = (
    header   => sub { $proxy->pass('alice') },
    protocol => sub { my $r = $protocol->request('/page'); "$r->{status} " . ($r->{headers}{user} // '') },
);
is $user{$_}->(), '200 alice', "$_: before it is revoked" for sort keys %user;
is $proxy->pass('admin'), '200 admin', 'another client of the same connection';
$responder->revoke('alice', 'keyCompromise');
for my $way (sort keys %user) {
    ok wait_until(sub { $user{$way}->() eq '200 ' }), "$way: it has no identity soon, on the connection in use";
}
is $proxy->pass('admin'), '200 admin', 'the other client has';
$responder->know('alice');
for my $way (sort keys %user) {
    ok wait_until(sub { $user{$way}->() eq '200 alice' }), "$way: it has its identity again";
}

done_testing;
