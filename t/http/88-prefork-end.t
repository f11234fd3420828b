# SPDX-License-Identifier: Apache-2.0
# Tests that a child of the prefork MPM ends when it should, whatever its threads wait for: a signal
# ends it at any time.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Ocsp;

use POSIX ();

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice']);
my $h = ClientCert::Test->server(
    mpm  => 'prefork',
    conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient require
    ClientCertOCSP On timeout=60 responder=@{[ $responder->url('hang') ]}
    ClientCertMap user=somebody
    <Location "/">
        Require clientcert
    </Location>
</VirtualHost>
CONF

my $client = fork // die "fork: $!\n";
if ($client == 0) {
    $h->get('/', cert => 'alice');
    POSIX::_exit(0);
}
ok $responder->wait_asked('hang', 1), 'a thread waits for an answer that never comes';

$h->mark_log;
$h->stop;
waitpid $client, 0;
# httpd kills remaining children after nine seconds.
is_deeply [$h->log_lines(qr/AH00046/)], [], 'the server stops nevertheless, and kills no child';

done_testing;
