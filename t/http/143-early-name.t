# SPDX-License-Identifier: Apache-2.0
# Tests that a name which a script reads before the login, when no password was checked, is no login for
# Require clientcert-same-user.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Machine qw(apxs);

plan(skip_all => 'no mod_lua') unless -e apxs('LIBEXECDIR') . '/mod_lua.so';

my @auths = qw(On Off Fallback);
my $h     = ClientCert::Test->server(
    modules => [qw(authz_user auth_basic authn_file http2 lua)],
    files   => {
        'conf/users' => join('', map { "$_:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" } 'alice', 'bob'),    # secret
        # httpd sets the user when it reads the password.
        'conf/read.lua' => "function read(r)\n    local password = r.basic_auth_pw\n    return apache2.DECLINED\nend\n",
        map { ("htdocs/$_" => "page\n") } @auths,
    },
    conf => <<'CONF' . join '', map { <<"SECTION" } @auths);
Protocols h2 http/1.1
SSLVerifyClient optional
ClientCertMap san.email =~ "(.+)@example\.com" user=$1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
</VirtualHost>
<Location "/">
    LuaHookAccessChecker "@ROOT@/conf/read.lua" read
    AuthType Basic
    AuthName test
    AuthUserFile conf/users
    Require clientcert-same-user
</Location>
CONF
<Location "/$_">
    ClientCertAuth $_
</Location>
SECTION

announce('AH01617', 'AH01629', 'AH01631', 'CC0110');

for my $auth (@auths) {
    for my $http2 (0, 1) {
        my %status = map { $_ => $h->get("/$auth", cert => 'alice', user => $_, http2 => $http2)->{status} }
            'alice:wrong', 'alice:secret', 'bob:secret';
        is $status{'alice:wrong'}, 401, "$auth, HTTP/2 $http2: a name without the right password is no login,";
        is $status{'alice:secret'}, 200, 'with it, it is one,';
        is $status{'bob:secret'}, 401, 'of this user alone';
    }
}

done_testing;
