# SPDX-License-Identifier: Apache-2.0
# Tests clientcert() in httpd's expressions, and what it gives to headers, logs and a back end
# behind a proxy.
use strict;
use warnings;
use ClientCert::Test;

# The back end has no mod_clientcert, which would drop ClientCert-User there too.
my $backend = ClientCert::Test->server(modules => ['-clientcert', '-ssl'], cgi => 1);

my $h = ClientCert::Test->server(
    modules => [qw(authz_user headers rewrite proxy proxy_http setenvif include mime)],
    cgi     => 1,
    files   => { 'htdocs/if.shtml' => '<!--#if expr="\'admins\' in clientcert(\'group\')" -->'
            . "an admin<!--#else -->no admin<!--#endif -->\n" },
    conf    => <<'CONF' =~ s/BACKEND/$backend->port/er);
LogFormat "%>s %U u=%u user=%{CLIENTCERT_USER}e groups=%{CLIENTCERT_GROUPS}e" who
CustomLog logs/who who
CustomLog logs/admins who "expr='admins' in clientcert('group')"
AddType text/html .shtml
AddHandler server-parsed .shtml

<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
    <Directory @ROOT@/htdocs>
        Options +Includes
    </Directory>

    Header always set X-User  "expr=%{clientcert:user}"
    Header always set X-Group "expr=%{clientcert:group}"
    Header always set X-Mail  "expr=%{clientcert:san.email|first|upper}"
    Header always set X-Rule  "expr=%{clientcert:rule}"
    Header always set X-Hash  "expr=%{md5:%{clientcert:user}}"
    Header always set X-In    yes "expr='admins' in clientcert('group')"
    Header always set X-Name  yes "expr=clientcert('SUBJECT.cn') == 'alice'"
    Header always set X-Made  yes "expr=clientcert('san.email|first|replace((.)@,\\$1-)') == 'alice-example.com'"

    <If "'admins' in clientcert('group')">
        Header always set X-If yes
    </If>

    <Location "/expr/in">
        Require expr 'admins' in clientcert('group')
    </Location>
    <Location "/expr/mail">
        Require expr clientcert('san.email') =~ /@example\.com$/
    </Location>
    <Location "/expr/field">
        Require expr 'staff' in clientcert('subject.OU')
    </Location>
    <Location "/expr/days">
        Require expr clientcert('via') == 'tls' && clientcert('days_left') -gt 3 && clientcert('days_left') -lt 31
    </Location>
    <Location "/expr/other">
        # a Location's own rules count in its expressions
        ClientCertMap user=root
        Require expr clientcert('user') == 'root'
    </Location>
    <Location "/expr/header">
        Require expr clientcert('user') == req('X-Claims')
    </Location>
    <Location "/expr/not">
        Require expr ! ('admins' in clientcert('group'))
    </Location>

    RewriteEngine on
    RewriteCond expr "'admins' in clientcert('group')"
    RewriteRule "^/rewritten$" "/index.html" [PT]

    <Location "/app">
        ClientCertExport USER GROUPS CN=subject.CN
        RequestHeader set X-User   "expr=%{clientcert:user}"
        RequestHeader set X-Groups "%{CLIENTCERT_GROUPS}e" env=CLIENTCERT_GROUPS
        RequestHeader set X-Name   "%{CLIENTCERT_CN}e" env=CLIENTCERT_CN
        RequestHeader set ClientCert-User "expr=%{clientcert:user}"
        RequestHeader set X-Remote "expr=%{REMOTE_USER}"
        ProxyPass "http://127.0.0.1:BACKEND/cgi-bin/env"
    </Location>
</VirtualHost>

<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional_no_ca
    ClientCertMap user=%{subject.CN} group=%{subject.OU}
    Header always set X-Seen "expr=[%{clientcert:user}%{clientcert:group}%{clientcert:subject.CN}]"
    <Location "/expr/field">
        Require expr 'staff' in clientcert('subject.OU')
    </Location>
</VirtualHost>

# Without TLS.
<VirtualHost *:@PORT2@>
    ServerName localhost
    Header always set X-Seen "expr=[%{clientcert:user}%{clientcert:subject.CN}]"
</VirtualHost>
CONF

# ---- headers of the response

sub headers_of {
    my (%o) = @_;
    my $headers = $h->get('/', %o)->{headers};
    return join ' ', map { "$_=" . ($headers->{"x-$_"} // '-') }
        qw(user group mail in name if hash);
}
is headers_of(cert => 'alice'),
    'user=alice group=staff,admins mail=ALICE@EXAMPLE.COM in=yes name=yes'
    . ' if=yes hash=6384e2b2184bcbf58eccf10ca7a6563c', 'expressions have user, groups and fields';
is headers_of(cert => 'bob'), 'user=bob group=staff mail=BOB@EXAMPLE.COM in=- name=- if=-'
    . ' hash=9f9d51bc70ef21ca5c14f307980a29d8', 'of each user';
is headers_of(), 'user= group= mail= in=- name=- if=- hash=d41d8cd98f00b204e9800998ecf8427e',
    'and nothing without a certificate';
is headers_of(cert => 'service'),
    'user= group= mail= in=- name=- if=- hash=d41d8cd98f00b204e9800998ecf8427e',
    'or of an unmapped certificate';
like $h->get('/', cert => 'alice')->{headers}{'x-rule'}, qr{/site\.conf:11$},
    'the rule is its place in the configuration';
is $h->get('/', cert => 'alice')->{headers}{'x-made'}, 'yes', 'a group in an argument, quoted';
is $h->get('/if.shtml', cert => 'alice')->{body}, "an admin\n", 'mod_include has the groups';
is $h->get('/if.shtml', cert => 'bob')->{body}, "no admin\n", 'of each user';

# ---- certificates that do not verify

announce('CC0104', 'CC0727');    # one location is for clients that are not admins
for my $cert ('selfsigned', 'stranger') {
    is $h->get('/', host => 'a.example', cert => $cert)->{headers}{'x-seen'}, '[]',
        "clientcert() is empty where the certificate did not verify: $cert";
}
like $h->get('/', host => 'a.example', cert => 'alice')->{headers}{'x-seen'},
    qr/^\[alicestaff,adminsalice\]$/, 'where it has something to say';

# ---- access

announce('AH01630', 'CC0110');
my %let_in = (
    '/expr/in'    => [200, 403, 403, 403],
    '/expr/mail'  => [200, 200, 403, 403],
    '/expr/field' => [200, 200, 403, 403],
    '/expr/days'  => [200, 200, 200, 403],
    '/expr/other' => [200, 200, 200, 403],
    '/expr/not'   => [403, 200, 200, 200],
);
$h->file("htdocs$_", "in\n") for keys %let_in, "/expr/header";
for my $path (sort keys %let_in) {
    is_deeply [map { $h->get($path, cert => $_)->{status} } 'alice', 'bob', 'service', undef],
        $let_in{$path}, "Require expr with clientcert(): $path";
}
is $h->get('/expr/field', host => 'a.example', cert => 'selfsigned')->{status}, 403,
    'and it has no list then';
is $h->get('/expr/header', cert => 'bob', headers => ['X-Claims: bob'])->{status}, 200,
    'a claim can be compared with the user';
is $h->get('/expr/header', cert => 'bob', headers => ['X-Claims: alice'])->{status}, 403,
    'and is refused if it differs';
is $h->get('/rewritten', cert => 'alice')->{status}, 200, 'RewriteCond expr with clientcert()';
is $h->get('/rewritten', cert => 'bob')->{status}, 404, 'for each user';

# ---- the back end

sub backend_sees {
    my (%o) = @_;
    my $env = $h->cgi_env($h->get('/app', %o));
    return join ' ', map { "$_=" . ($env->{"HTTP_$_"} // '-') }
        qw(X_USER X_GROUPS X_NAME CLIENTCERT_USER X_REMOTE);
}
is backend_sees(cert => 'alice'), 'X_USER=alice X_GROUPS=staff,admins X_NAME=alice'
    . ' CLIENTCERT_USER=alice X_REMOTE=alice', 'a back end gets the headers that are set for it';
is backend_sees(cert => 'bob', headers => ['X-User: alice', 'ClientCert-User: alice']),
    'X_USER=bob X_GROUPS=staff X_NAME=bob CLIENTCERT_USER=bob X_REMOTE=bob',
    'whatever the client sends';
is backend_sees(headers => ['X-User: alice', 'ClientCert-User: alice']),
    'X_USER= X_GROUPS=- X_NAME=- CLIENTCERT_USER= X_REMOTE=', 'also without a certificate';
is backend_sees(cert => 'comma-ou') =~ s/.*X_GROUPS=(.*) X_NAME.*/$1/r,
    'a\x5c,b\x5c\x5cc,The "Board"', 'several values are joined so that they can be split';
is $h->get('/', port => 2, scheme => 'http')->{headers}{'x-seen'}, '[]',
    'without TLS clientcert() is empty';

# ---- logs

sub logged { my ($name) = @_; return do { local (@ARGV, $/) = $h->path("logs/$name"); <> } // '' }
$h->get('/for-the-log', cert => $_) for 'alice', 'service', undef;
$h->get('/expr/in', cert => 'bob');
$h->stop;
my $who = logged('who');
like $who, qr{^404 /for-the-log u=alice user=alice groups=staff,admins$}m,
    'LogFormat has %u and the variables';
is scalar(() = $who =~ m{^404 /for-the-log u=- user=- groups=-$}mg), 2, 'or -';
like $who, qr{^403 /expr/in u=bob user=bob groups=staff$}m, 'a denied request too has them';
is logged('admins') =~ /u=(?!alice )/, '', 'CustomLog expr= with clientcert()';
like logged('admins'), qr{^404 /for-the-log u=alice }m, 'which has them';

done_testing;
