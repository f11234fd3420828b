# SPDX-License-Identifier: Apache-2.0
# Tests httpd behind a real Caddy, with conf/examples/behind-caddy.conf and its file for Caddy.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Behind;
use ClientCert::Test::Proxy;

my $h     = behind('caddy');
my $caddy = proxy('caddy', to => $h->port);
identifies($caddy, 'Client-Cert', 'rfc9440');
shares_connections($caddy, 'HTTP/2.0');
keeps_apart($caddy);
is $caddy->get('/private/page', cert => $_)->{status}, 0, "$_: refused by Caddy" for qw(expired foreign);
decides(proxy('caddy', to => $h->port, any => 1), 25);
refuses_others($h, 'rfc9440', 'Client-Cert');

# ---- without TLS to httpd

my $plain = behind_plain('ClientCertHeader rfc9440');
$caddy = proxy('caddy', to => $plain->port, plain => 1);
identifies($caddy, 'Client-Cert', 'rfc9440');
shares_connections($caddy, 'HTTP/1.1');

# ---- the text of a placeholder

my $careless = proxy('caddy', to => $h->port, replace => { 'reverse_proxy @certificate' => 'reverse_proxy' });
is private_of($careless), '403', 'a placeholder without a value gives no identity';
is private_of($careless, cert => 'alice'), '200 alice', 'one with a value does';

done_testing;
