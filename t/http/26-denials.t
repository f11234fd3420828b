# SPDX-License-Identifier: Apache-2.0
# Tests that each denial is logged in one line that names the client and the missing requirement.
use strict;
use warnings;
use ClientCert::Test;

my $h = ClientCert::Test->server(
    modules => [qw(authz_user authz_host rewrite actions mime auth_basic authn_file)],
    cgi     => 1,
    files   => {
        (map { ("htdocs/$_/index.html" => "$_\n") } qw(a b c d e f g h i j k l dir)),
        'htdocs/dir/page.act' => 'acted upon',
        'conf/users'          => '',
    },
    global => <<'CONF',
<AuthzProviderAlias clientcert-group wheelies "wheel 'big wheel'">
</AuthzProviderAlias>
CONF
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    SSLCACertificateFile @CA@/clients.pem
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=%{subject.OU}

    <Location "/a/">
        Require clientcert-group "board members" owners
    </Location>
    <Location "/b/">
        Require clientcert subject.CN == "x" key.bits >= 512
    </Location>
    <Location "/c/">
        Require clientcert-user root
        Require clientcert-group wheel
    </Location>
    <Location "/d/">
        <RequireAll>
            Require clientcert
            Require not clientcert-group staff
        </RequireAll>
    </Location>
    <Location "/e/">
        Require user root
    </Location>
    <Location "/f/">
        Require valid-user
    </Location>
    <Location "/g/">
        AuthType ClientCert
        Require valid-user
    </Location>
    <Location "/h/">
        ClientCertAuth Off
        AuthType ClientCert
        Require valid-user
    </Location>
    <Location "/i/">
        Require clientcert-group wheel
        ErrorDocument 403 /cgi-bin/env
    </Location>
    <Location "/l/">
        Require wheelies
    </Location>
    <Location "/j/">
        Require ip 192.0.2.1
    </Location>
    <Location "/k/">
        AuthType Basic
        AuthName test
        AuthUserFile conf/users
        Require valid-user
    </Location>

    RewriteEngine on
    RewriteRule "^/rewritten(.*)" "/a/index.html" [PT]
    <Directory "@ROOT@/htdocs/dir">
        RewriteEngine on
        RewriteRule "redirected" "/a/" [L]
        RewriteRule "forbidden" "-" [F]
        AddHandler acting .act
        Action acting /cgi-bin/env/denied
        <Files "index.html">
            Require clientcert-group index
        </Files>
    </Directory>
    <Location "/cgi-bin/env/denied">
        Require clientcert-group actors
    </Location>
</VirtualHost>

<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional_no_ca
    <Location "/b/">
        Require clientcert
    </Location>
    <Location "/c/">
        <RequireAll>
            Require all granted
            <RequireNone>
                Require clientcert
            </RequireNone>
        </RequireAll>
    </Location>
    <Location "/g/">
        AuthType ClientCert
        Require valid-user
    </Location>
</VirtualHost>
CONF

announce('AH01630', 'AH01631', 'CC0110', 'CC0104');

my $digest = qr/[0-9a-f]{64}/;
my $alice = qr{user="alice" groups="staff,admins" rule=\S+/site\.conf:6 }
    . qr{subject="CN=alice,OU=admins,OU=staff,O=Example" issuer="CN=Staff CA,O=Example" }
    . qr{serial=[0-9a-f]+ sha256=$digest client=127\.0\.0\.1 vhost=localhost:\d+ reason="[^"]+"};
my $nobody = qr{user="" groups="" rule=- subject="" issuer="" serial=- sha256=- .* }
    . qr{reason="no client certificate was presented"};
my $service = qr{user="" groups="" rule=- subject="CN=cart,O=Example" .* }
    . qr{reason="no rule gives it a user or group"};

# Sends a request and returns the lines of the denial; the response must be 403.
my $denials = 0;
sub denied {
    my ($path, %o) = @_;
    $denials++;
    $h->mark_log;
    my $status = $h->get($path, %o)->{status};
    my @lines  = $h->wait_log(qr/CC0110/, 2);
    return join "\n", $status, map { s/.*?(CC0110)/$1/r } @lines;
}

# The place of a Require in the configuration.
sub at { my ($line) = @_; return qr{ \(\S+/site\.conf:$line\)} }

# What the line must contain of the client, of the request and of its requirements.
sub denial {
    my ($who, $request, $needs) = @_;
    return qr{\A403\nCC0110: result=forbidden $who request="$request" needs="$needs"\z};
}

sub denies {
    my ($path, $cert, $who, $claim, $request, $needs) = @_;
    like denied($path, cert => $cert), denial($who, "GET $request", $needs), $claim;
    return;
}

denies('/a/', 'alice', $alice,
    'a denial names the client, its certificate and rule, the request and what was missing',
    '/a/', qr{clientcert-group 'board members' owners@{[at(9)]}});
denies('/b/', 'alice', $alice, 'conditions as they are written',
    '/b/', qr{clientcert subject\.CN == 'x' key\.bits >= 512@{[at(12)]}});
denies('/c/', 'alice', $alice, 'all that was asked for',
    '/c/', qr{clientcert-user root@{[at(15)]}, clientcert-group wheel@{[at(16)]}});
denies('/d/', 'alice', $alice, 'what must not be', '/d/', qr{not clientcert-group staff@{[at(21)]}});
denies('/e/', 'alice', $alice, 'that another module denied it',
    '/e/', 'a condition of another module');
denies('/j/', 'alice', $alice, 'whichever its condition', '/j/', 'a condition of another module');

denies('/a/', undef, $nobody, 'no certificate, and thus no subject',
    '/a/', qr{clientcert-group 'board members' owners@{[at(9)]}});
denies('/f/', undef, $nobody, 'no AuthType and no identity is 403, and not 500', '/f/', 'a user');
denies('/f/', 'service', $service, 'an unmapped certificate likewise, with its subject',
    '/f/', 'a user');
denies('/g/', undef, $nobody, 'AuthType ClientCert: 403 with the reason', '/g/', 'a user');
denies('/g/', 'service', $service, 'AuthType ClientCert: an unmapped certificate',
    '/g/', 'a user');
denies('/h/', 'alice', $alice, 'that ClientCertAuth is off',
    '/h/', 'a user, but ClientCertAuth is Off here');

denies('/b/', undef, $nobody, 'no certificate', '/b/', 'clientcert .*');
like denied('/b/', host => 'a.example', cert => 'selfsigned'),
    denial(qr{user="" .* subject="CN=alice,.* vhost=a\.example:\d+ reason="it is self-signed, and not trusted here itself"},
        'GET /b/', qr{clientcert@{[at(78)]}}), 'a certificate that did not verify, and why it is nobody';
my $no_rules = qr/no ClientCertMap is in effect here/;
like denied('/g/', host => 'a.example', cert => 'alice'),
    denial(qr{user="" .* subject="CN=alice.* reason="$no_rules"}, 'GET /g/',
        qr/a user, but $no_rules/), 'that there are no rules';
like denied('/c/', host => 'a.example', cert => 'alice'),
    denial(qr{.* subject="CN=alice,.*}, 'GET /c/', qr{not clientcert@{[at(84)]}}), 'that it was a RequireNone';

denies('/l/', 'alice', $alice, 'an alias of a Require, with the place of its definition',
    '/l/', qr{clientcert-group wheel 'big wheel' \(\S+/conf/httpd\.conf:\d+\)});

# ---- subrequests and redirects

denies('/i/', 'alice', $alice, 'a denial that an ErrorDocument answers is one line',
    '/i/', qr{clientcert-group wheel@{[at(40)]}});
denies('/rewritten', 'alice', $alice, 'a denial behind a rewritten URL',
    '/a/index\.html', 'clientcert-group .*');
denies('/dir/redirected', 'alice', $alice, 'a denial behind an internal redirect',
    '/a/', 'clientcert-group .*');
denies('/dir/page.act', 'alice', $alice, 'a denial behind an Action',
    '/cgi-bin/env/denied/dir/page\.act', qr{clientcert-group actors@{[at(69)]}});
denies('/dir/', 'alice', $alice, 'a denial of the index of a directory',
    '/dir/.*', qr{clientcert-group index@{[at(65)]}});
like denied('/a/', cert => 'alice', http2 => 1),
    denial($alice, 'GET /a/', qr{clientcert-group 'board members' owners@{[at(9)]}}), 'HTTP/2 asks the same';
like denied('/a/?' . 'x' x 3000, cert => 'alice', method => 'POST', data => 'x'),
    denial($alice, 'POST /a/', '.*'), 'POST, without the query';

# ---- requests that are not denied

$h->mark_log;
is $h->get('/k/')->{status}, 401, 'a request for a password is not a denial';
is $h->get('/dir/forbidden', cert => 'alice')->{status}, 403,
    'a 403 of mod_rewrite is not a denial';
is $h->get('/none', cert => 'alice')->{status}, 404, 'nor is a missing file';
is $h->get('/', cert => 'alice')->{status}, 200, 'nor is a served page';
is $h->get('/a/', cert => 'alice')->{status}, 403, 'but this is';
is join("\n", map { s/.* (request="[^"]*").*/$1/r } $h->wait_log(qr/CC0110/)),
    'request="GET /a/"', 'and it is the only one';

$h->stop;
open my $log, '<', $h->path('logs/error_log') or die $!;
is scalar(grep { /CC0110/ } <$log>), $denials + 1, 'each denial is one line, in all of the log';

done_testing;
