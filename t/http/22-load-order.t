# SPDX-License-Identifier: Apache-2.0
# Tests the module loaded before mod_authz_core, so that a Require is the first directive of the
# virtual host.
use strict;
use warnings;
use ClientCert::Test;

my $h = ClientCert::Test->server(
    modules => ['^clientcert'],
    files   => {
        'htdocs/alice/index.html' => "alice\n",
        'htdocs/table/index.html' => "table\n",
        'conf/people.map'         => "alice staff\n",
    },
    conf => <<'CONF');
ClientCertTable people file:conf/people.map
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    <Location "/alice">
        Require clientcert subject.CN == "alice"
    </Location>
    <Location "/table">
        Require clientcert subject.CN in people
    </Location>
</VirtualHost>
CONF

announce('CC0110', 'AH01630');

for my $path ('/alice/', '/table/') {
    is $h->get($path, cert => 'alice')->{status}, 200, "$path: alice is let in";
    is $h->get($path, cert => 'bob')->{status},   403, "$path: bob is not";
    is $h->get($path)->{status},                  403,
        "$path: nor is a client without a certificate";
}
done_testing;
