# SPDX-License-Identifier: Apache-2.0
# Tests what nginx sends to httpd, with conf/examples/behind-nginx.nginx.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Sent;

sends('nginx', 'ssl-client-cert', 'pem-url');
sends_all('nginx', 'ssl-client-cert', 'pem-url', 30);

done_testing;
