# SPDX-License-Identifier: Apache-2.0
# Tests httpd behind a real HAProxy, with conf/examples/behind-haproxy.conf and its file for HAProxy.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Behind;
use ClientCert::Test::Proxy;

my $h       = behind('haproxy');
my $haproxy = proxy('haproxy', to => $h->port);
identifies($haproxy, 'Client-Cert', 'rfc9440');
keeps_apart($haproxy);
is $haproxy->get('/private/page', cert => $_)->{status}, 0, "$_: refused by HAProxy" for qw(expired foreign);
decides(proxy('haproxy', to => $h->port, any => 1), 25);
refuses_others($h, 'rfc9440', 'Client-Cert');

# ---- one connection for all clients

my %shared = (to => $h->port, global => "    nbthread 1\n");
my $always = "backend httpd\n    http-reuse always\n";
for my $protocol ('h2', 'http/1.1') {
    my $shared = proxy('haproxy', %shared, replace => { "backend httpd\n" => $always,
        "required alpn h2,http/1.1\n" => "required alpn $protocol\n" });
    shares_connections($shared, $protocol eq 'h2' ? 'HTTP/2.0' : 'HTTP/1.1');
    keeps_apart($shared);
}

# ---- without TLS to httpd

my $plain = behind_plain('ClientCertHeader rfc9440');
$haproxy = proxy('haproxy', %shared, to => $plain->port, plain => 1,
    replace => { "backend httpd\n" => $always });
identifies($haproxy, 'Client-Cert', 'rfc9440');
shares_connections($haproxy, 'HTTP/1.1');

# ---- with the chain, which HAProxy has only in new sessions

my $chain = behind_plain("ClientCertHeader der header=X-Client-Cert chain=X-Client-Cert-Chain");
my @lines = map { "http-request set-header X-Client-$_,base64] if { ssl_c_used }" } 'Cert %[ssl_c_der',
    'Cert-Chain %[ssl_c_chain_der';
$haproxy = proxy('haproxy', to => $chain->port, plain => 1, replace => {
    '^client' => '^x.client',
    'http-request set-header Client-Cert ":%[ssl_c_der,base64]:" if { ssl_c_used }' => join "\n    ", @lines,
});
identifies($haproxy, 'X-Client-Cert', 'der');
ok verifies($haproxy, 'deep', cert => 'deep'), 'a CA that only the client has';
is resumed($haproxy, 'deep', $_)->{headers}{sha256}, '', 'which is not sent again' for '1.2', '1.3';
announce('CC0104');

done_testing;
