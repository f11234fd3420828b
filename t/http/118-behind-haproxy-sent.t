# SPDX-License-Identifier: Apache-2.0
# Tests what HAProxy sends to httpd, with conf/examples/behind-haproxy.cfg.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Sent;

sends('haproxy', 'Client-Cert', 'rfc9440');
sends_all('haproxy', 'Client-Cert', 'rfc9440', 45);

done_testing;
