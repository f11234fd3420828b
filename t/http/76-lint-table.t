# SPDX-License-Identifier: Apache-2.0
# Tests that httpd -t and a start report a table whose keys no value can equal.
use strict;
use warnings;
use ClientCert::Test;

my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable people file:conf/people.map
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email in people user=$1
</VirtualHost>
CONF

sub found {
    my ($rows) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => $conf, files => { 'conf/people.map' => $rows });
    is $exit, 0, 'it loads' or diag $output;
    return join '', $output =~ /(CC0776: .*)/g;
}

like found("alice  alice\nbob  bob\n"),
    qr{\ACC0776: \S+/site\.conf:6: san\.email in .*: no key of this table can be a value of san\.email: .*\|local.*/conf/people\.map:1\)\z},
    'a table of users, looked up by email address';
is found("alice\@example.com  alice\nbob  bob\n"), '', 'not a table with one address';

my $h = ClientCert::Test->server(conf => $conf, files => { 'conf/people.map' => "alice  alice\n" });
announce('CC0776');
like $h->_whole_log, qr/CC0776: /, 'a start reports it, too';

done_testing;
