# SPDX-License-Identifier: Apache-2.0
# Tests httpd behind a real nginx, with conf/examples/behind-nginx.conf and its file for nginx.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Behind;
use ClientCert::Test::Proxy;

my $h     = behind('nginx');
my $nginx = proxy('nginx', to => $h->port);
identifies($nginx, 'ssl-client-cert', 'pem-url');
shares_connections($nginx, 'HTTP/1.1');
keeps_apart($nginx);
is $nginx->get('/private/page', cert => $_)->{status}, 400, "$_: refused by nginx" for qw(expired foreign);
decides(proxy('nginx', to => $h->port, any => 1), 25);
refuses_others($h, 'pem-url', 'ssl-client-cert');

# ---- without TLS to httpd

my $plain = behind_plain('ClientCertHeader pem-url');
$nginx = proxy('nginx', to => $plain->port, plain => 1);
identifies($nginx, 'ssl-client-cert', 'pem-url');
shares_connections($nginx, 'HTTP/1.1');
keeps_apart($nginx);

done_testing;
