# SPDX-License-Identifier: Apache-2.0
# Tests that the user and CLIENTCERT_* are available from the access phase on, and what the
# documentation suggests for earlier phases.
use strict;
use warnings;
use ClientCert::Test;

my @places = qw(section env notenv allow lua denied lookahead ahead expression early none);
my $h = ClientCert::Test->server(
    modules => [qw(access_compat env lua rewrite setenvif)],
    files   => {
        (map { ("htdocs/$_/page" => "page\n") } @places),
        'htdocs/section/.htaccess' => <<'END',
RewriteEngine on
RewriteCond %{ENV:CLIENTCERT_USER} =bob
RewriteRule ^ - [F]
END
        'conf/access.lua' => <<'END' },
require 'apache2'
function check(r)
    if r.user == 'alice' and r.subprocess_env['CLIENTCERT_GROUPS'] == 'staff,admins' then
        return apache2.DECLINED
    end
    return 403
end
END
    conf => <<'CONF');
LogFormat "%>s %U u=%u user=%{CLIENTCERT_USER}e groups=%{CLIENTCERT_GROUPS}e" who
CustomLog logs/who who
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}

    <Directory @ROOT@/htdocs/section>
        AllowOverride FileInfo
    </Directory>
    <Location "/env">
        Require env CLIENTCERT_USER
    </Location>
    <Location "/notenv">
        <RequireAll>
            Require all granted
            Require not env CLIENTCERT_USER
        </RequireAll>
    </Location>
    <Location "/allow">
        Order deny,allow
        Deny from all
        Allow from env=CLIENTCERT_USER
    </Location>
    <Location "/lua">
        LuaHookAccessChecker @ROOT@/conf/access.lua check
    </Location>
    <Location "/denied">
        Require all denied
    </Location>

    RewriteEngine on
    RewriteCond %{LA-U:REMOTE_USER} =bob
    RewriteRule ^/lookahead/ - [F]
    RewriteCond %{LA-U:ENV:CLIENTCERT_GROUPS} =staff
    RewriteRule ^/ahead/ - [F]
    RewriteCond expr "clientcert('user') == 'bob'"
    RewriteRule ^/expression/ - [F]
    RewriteCond %{ENV:CLIENTCERT_USER} =bob
    RewriteRule ^/early/ - [F]
</VirtualHost>
CONF
announce('AH01630', 'CC0110', 'AH01797', 'CC0730');

my %statuses = (    # alice, bob, no certificate
    section    => ['RewriteCond %{ENV:...} of a directory',            200, 403, 200],
    env        => ['Require env',                                      200, 200, 403],
    notenv     => ['Require not env',                                  403, 403, 200],
    allow      => ['Allow from env=',                                  200, 200, 403],
    lua        => ['an access checker of mod_lua',                     200, 403, 403],
    lookahead  => ['RewriteCond %{LA-U:REMOTE_USER} of the server',    200, 403, 200],
    ahead      => ['RewriteCond %{LA-U:ENV:...} of the server',        200, 403, 200],
    expression => ['RewriteCond expr of the server',                   200, 403, 200],
    early      => ['but RewriteCond %{ENV:...} of the server does not', 200, 200, 200],
);
for my $place (sort keys %statuses) {
    my ($what, @expected) = @{ $statuses{$place} };
    is_deeply [map { $h->get("/$place/page", cert => $_)->{status} } 'alice', 'bob', undef],
        \@expected, "$what: has the user and the variables, /$place";
}
is $h->get('/denied/page', cert => 'bob')->{status}, 403, 'a client is denied';

$h->stop;
my $who = do { local (@ARGV, $/) = $h->path('logs/who'); <> };
for my $place (qw(denied section notenv)) {
    like $who, qr{^403 /$place/page u=bob user=bob groups=staff$}m,
        "the access log has the variables of a denied request: /$place";
}
done_testing;
