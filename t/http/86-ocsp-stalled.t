# SPDX-License-Identifier: Apache-2.0
# Tests that an OCSP responder that does not answer blocks only a few threads, and that other
# requests are served.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crowd;
use ClientCert::Test::Metrics;
use ClientCert::Test::Ocsp;

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'bob']);
my $url       = $responder->url('hold');

my $h = ClientCert::Test->server(
    global => "ServerLimit 1\nStartServers 1\nThreadsPerChild 8\nMaxRequestWorkers 8\n"
        . "MinSpareThreads 1\nMaxSpareThreads 8\n",
    conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertOCSP On responder=$url timeout=60
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF
announce('CC0104', 'CC0110', 'AH00484');    # MaxRequestWorkers is reached

# More clients than threads, each on a connection of its own, all with one certificate.
my $crowd = ClientCert::Test::Crowd->new($h, 12, '/', cert => 'alice');
ok $h->wait_log(qr/CC0104: .*it is slow, and enough others wait for it/, 30),
    'later requests do not wait, and have no identity';
is $h->get('/')->{status}, 200, 'a public page is served while the responder is silent';
my $metrics = read_metrics($h->get('/metrics')->{body});
cmp_ok metric($metrics, 'clientcert_ocsp_turned_away_total'), '>=', 1,
    'requests that did not wait are counted';
cmp_ok $crowd->waiting, '>=', 1, 'some still wait for it';
$responder->release;
cmp_ok $crowd->statuses->{200} // 0, '>=', 1, 'requests that waited get the answer';
is $h->get('/', cert => 'alice')->{status}, 200, 'and all others have it from then on';

done_testing;
