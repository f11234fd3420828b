# SPDX-License-Identifier: Apache-2.0
# Tests that scripts of mod_lua see the identity, as configured in conf/examples/lua.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Machine qw(apxs);

plan(skip_all => 'no mod_lua') unless -e apxs('LIBEXECDIR') . '/mod_lua.so';

my $h = example('lua',
    define => { LUA => '@TOP@/conf/examples' },
    files  => {
        (map { ("htdocs/people/$_/page" => "of $_\n") } qw(alice bob)),
        'conf/look.lua' => <<'LUA',
local function seen(r)
    local env = r.subprocess_env
    return tostring(env["CLIENTCERT_USER"]) .. " " .. tostring(env["CLIENTCERT_GROUPS"]) .. " " .. tostring(r.user)
end
function access(r)
    r.notes["access"] = seen(r)
    return apache2.DECLINED
end
function fixups(r)
    r.notes["fixups"] = seen(r)
    return apache2.DECLINED
end
function handle(r)
    r.content_type = "text/plain"
    r:puts("access " .. r.notes["access"] .. "\nfixups " .. r.notes["fixups"] .. "\nhandler " .. seen(r) .. "\n")
    return apache2.OK
end
LUA
    },
    conf => <<'CONF');
<Location "/look">
    LuaHookAccessChecker "@ROOT@/conf/look.lua" access
    LuaHookFixups "@ROOT@/conf/look.lua" fixups
</Location>
LuaMapHandler "^/look" "@ROOT@/conf/look.lua" handle
ClientCertMap subject.CN == cart group="x,admins"
CONF
announce('AH01630', 'CC0110', 'AH01617');

my %who = (alice => 'alice staff,admins alice', bob => 'bob staff bob', '' => 'nil nil nil');
for my $tls ('1.2', '1.3') {
    for my $cert (sort keys %who) {
        my $body = $h->get('/look', tls => $tls, $cert ? (cert => $cert) : ())->{body};
        is $body, join('', map { "$_ $who{$cert}\n" } qw(access fixups handler)),
            "TLS $tls: " . ($cert || 'no certificate') . ': a script sees user and groups in each phase';
    }
}

my %status = (
    # certificate   of alice, of bob
    alice   => [200, 200],    # an admin
    bob     => [403, 200],
    service => [403, 403],    # in a group whose name contains ",admins"
    ''      => [403, 403],
);
for my $cert (sort keys %status) {
    my @got = map { $h->get("/people/$_/page", $cert ? (cert => $cert) : ())->{status} } qw(alice bob);
    is "@got", "@{ $status{$cert} }", ($cert || 'no certificate') . ': the script decides';
}
is $h->get('/people/bob/../alice/page', cert => 'bob', curl => ['--path-as-is'])->{status}, 403,
    'about the path that is served';
keeps_denied($h, '/people/alice/page', cert => 'alice');

done_testing;
