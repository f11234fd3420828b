# SPDX-License-Identifier: Apache-2.0
# Tests that neither a login nor a wish replaces a lookup that failed: ClientCertAuth Fallback,
# clientcert-same-user and ClientCertAccount.
use strict;
use warnings;
use ClientCert::Test;

my $h = ClientCert::Test->server(
    modules => [qw(authz_user auth_basic authn_file)],
    files   => {
        'conf/users' => "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",    # secret
        map { ("htdocs/$_" => "secret\n") } qw(fallback same same-off bound account),
    },
    conf => <<'CONF');
ClientCertTable away redis:127.0.0.1:1/cert: timeout=1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN in away user=$1 account=root
    <Location "/">
        AuthType Basic
        AuthName test
        AuthUserFile conf/users
    </Location>
    <Location "/fallback">
        ClientCertAuth Fallback
        Require user alice
    </Location>
    <Location "/same">
        Require clientcert-same-user
    </Location>
    <Location "/same-off">
        ClientCertAuth Off
        ClientCertExport
        Require clientcert-same-user
    </Location>
    <Location "/account">
        ClientCertAccount "%{req:X-Account}"
        Require user alice
    </Location>
    <Location "/bound">
        Require clientcert-bound "%{req:X5T}"
    </Location>
</VirtualHost>
CONF

announce('CC0133', qr{CC06\d\d}, 'AH01630');
for my $place (qw(fallback same same-off bound account)) {
    is $h->get("/$place", cert => 'alice')->{status}, 500, "$place: a failed lookup is answered with 500";
    is $h->get("/$place", cert => 'alice', user => 'alice:secret')->{status}, 500, "$place: with a password too";
}
is $h->get('/account', cert => 'alice', headers => ["X-Account: $_"])->{status}, 500, "nor is a wish judged: $_"
    for 'alice', 'root';
is $h->get('/fallback', user => 'alice:secret')->{status}, 200, 'without a certificate there is no lookup';

done_testing;
