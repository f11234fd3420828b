# SPDX-License-Identifier: Apache-2.0
# Tests that a 403 whose cause is not a certificate is not logged as a denial of the module.
use strict;
use warnings;
use ClientCert::Test;

my $h = ClientCert::Test->server(
    modules => [qw(authz_user authz_host rewrite)],
    files   => { map { ("htdocs/$_/index.html" => "$_\n") } qw(all ip user own off list) },
    conf    => <<'CONF');
ClientCertMap san.email =~ "(.+)@example\.com" user=$1
<Location "/all/">
    Require all denied
</Location>
<Location "/ip/">
    Require ip 192.0.2.1
</Location>
<Location "/user/">
    Require user root
</Location>
<Location "/own/">
    Require clientcert-user root
</Location>
<Location "/off/">
    ClientCertAuth Off
    Require ip 192.0.2.1
</Location>
RewriteEngine on
RewriteRule "^/rewritten" "-" [F]
<VirtualHost *:@PORT2@>
    ServerName localhost
    RewriteEngine on
    RewriteOptions Inherit
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    RewriteEngine on
    RewriteOptions Inherit
</VirtualHost>
CONF
announce('AH01630', 'CC0110');

# How many lines a request causes; the line of a further request ends its log.
sub lines_of {
    my ($path, %o) = @_;
    $h->mark_log;
    is $h->get($path, %o)->{status}, 403, "$path is refused";
    $h->get('/own/end');
    $h->wait_log(qr{CC0110: .*request="GET /own/end"});
    return scalar(my @lines = $h->log_lines(qr/CC0110/)) - 1;
}

for my $path ('/all/', '/ip/', '/off/', '/rewritten') {
    is lines_of($path), 0, 'to every client, which is not logged as a denial of the module';
    is lines_of($path, port => 2, scheme => 'http'), 0, 'nor without TLS';
    is lines_of($path, cert => 'service'), 0, 'nor for a certificate that no rule maps';
}
is lines_of('/off/', cert => 'alice'), 0, 'nor for a user that is not the user of the request';
is lines_of('/own/', cert => 'alice'), 1, 'a denial by a Require of the module is logged';
is lines_of('/own/', port => 2, scheme => 'http'), 1, 'also without TLS';
is lines_of('/user/', cert => 'alice'), 1, 'a denial of a mapped user by another Require is logged';
is lines_of('/user/'), 1, 'and so is a missing user that rules should give';

done_testing;
