# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate too large for a session ticket is logged as the reason why its connection
# ends.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;

my ($large, $small) = map {
    certificate("of $_ octets", "/O=Example/CN=$_", extension =>
            "extendedKeyUsage = clientAuth\n1.3.6.1.4.1.99999.1 = ASN1:UTF8String:" . 'x' x $_)
} 65_200, 60_000;

my $h = ClientCert::Test->server(conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    ClientCertMap subject.O == "Example" user=alice
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    SSLSessionTickets off
    ClientCertMap subject.O == "Example" user=alice
</VirtualHost>
CONF
announce('CC0189', qr/SSL Library Error/, qr/AH02008/);

is $h->get('/', cert => $small, tls => '1.3')->{status}, 200, 'a ticket has room for 60,000 octets';
is scalar(my @none = $h->log_lines(qr/CC0189/)), 0, 'and nothing is said';
is $h->get('/', cert => $large, tls => '1.3')->{status}, 0, 'one for 65,200 ends the connection';
my ($line) = $h->wait_log(qr/CC0189/);
like $line, qr/the client's certificate has 65\d\d\d bytes, .*SSLSessionTickets off/, 'which is told';
$h->mark_log;
is $h->get('/', cert => $large, tls => '1.3', port => 2)->{status}, 200, 'with the remedy it serves';
is scalar(@none = $h->log_lines(qr/CC0189/)), 0, 'and nothing is said';

done_testing;
