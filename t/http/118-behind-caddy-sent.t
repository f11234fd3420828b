# SPDX-License-Identifier: Apache-2.0
# Tests what Caddy sends to httpd, with conf/examples/behind-caddy.Caddyfile.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Sent;

sends('caddy', 'Client-Cert', 'rfc9440');
sends_all('caddy', 'Client-Cert', 'rfc9440', 45);

done_testing;
