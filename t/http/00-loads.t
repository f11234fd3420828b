# SPDX-License-Identifier: Apache-2.0
# Tests that httpd loads the module under each MPM and then serves requests as before.
use strict;
use warnings;
use ClientCert::Test;

for my $mpm (qw(event worker prefork)) {
    my $h = ClientCert::Test->server(mpm => $mpm, conf => <<'CONF');
<VirtualHost *:@PORT@>
    @SSL@
    SSLVerifyClient optional
</VirtualHost>
CONF
    is $h->get('/')->{body}, "It works\n", "$mpm: a page is served without a certificate";
    is $h->get('/', cert => 'alice')->{body}, "It works\n", "$mpm: and with one";
    ok $h->reload, "$mpm: a graceful restart loads the module again";
    is $h->get('/', cert => 'alice')->{body}, "It works\n", "$mpm: and pages are served";
    $h->stop;
}

my ($exit, $output) = ClientCert::Test->configtest(conf => "ClientCertNonsense\n");
isnt $exit, 0, 'a directive that does not exist stops the start';
like $output, qr/line 1 of .*site\.conf/, 'with its line';

done_testing;
