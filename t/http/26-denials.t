# SPDX-License-Identifier: Apache-2.0
# Knows what a denial says: one line that tells who came and what was missing, however it came
# about.
use strict;
use warnings;
use ClientCert::Test;

my $h = ClientCert::Test->server(
    modules => [qw(authz_user authz_host rewrite actions mime auth_basic authn_file)],
    cgi     => 1,
    files   => {
        (map { ("htdocs/$_/index.html" => "$_\n") } qw(a b c d e f g h i j k dir)),
        'htdocs/dir/page.act' => 'acted upon',
        'conf/users'          => '',
    },
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
my $alice  = qr{user="alice" groups="staff,admins" rule=\S+/site\.conf:6 }
    . qr{subject="CN=alice,OU=admins,OU=staff,O=Example" issuer="CN=Staff CA,O=Example" }
    . qr{serial=[0-9a-f]+ sha256=$digest vhost=localhost:\d+};
my $port = $h->port;

# Asks, and gives the lines of the denial; the response must be 403.
my $denials = 0;
sub denied {
    my ($path, %o) = @_;
    $denials++;
    $h->mark_log;
    my $status = $h->get($path, %o)->{status};
    my @lines  = $h->wait_log(qr/CC0110/, 2);
    return join "\n", $status, map { s/.*?(CC0110)/$1/r } @lines;
}

sub denies {
    my ($path, $cert, $line, $claim) = @_;
    like denied($path, cert => $cert), qr/\A403\nCC0110: denied GET $line\z/, $claim;
    return;
}

denies('/a/', 'alice',
    qr{/a/: needs clientcert-group "board members" owners; $alice(?:, referer.*)?},
    'a denial says who came, from which certificate and rule, where, and what was missing');
denies('/b/', 'alice', qr{/b/: needs clientcert subject\.CN == "x" key\.bits >= 512; $alice},
    'conditions as they are written');
denies('/c/', 'alice', qr{/c/: needs clientcert-user root, clientcert-group wheel; $alice},
    'all that was asked for');
denies('/d/', 'alice', qr{/d/: needs not clientcert-group staff; $alice}, 'what must not be');
denies('/e/', 'alice', qr{/e/: needs what another Require asks for; $alice},
    'that it was the Require of another module');
denies('/j/', 'alice', qr{/j/: needs what another Require asks for; $alice}, 'whichever that is');

my $nobody = qr/no client certificate was presented/;
denies('/a/', undef, qr{/a/: needs clientcert-group "board members" owners; $nobody},
    'and it says that nobody came');
denies('/f/', undef, qr{/f/: needs a user; $nobody},
    'no AuthType and no identity is 403, and not 500');
denies('/f/', 'service',
    qr{/f/: needs a user; user="" groups="" rule=- subject="CN=cart,O=Example" .*},
    'a certificate that is nobody likewise, with its subject');
denies('/g/', undef, qr{/g/: needs a user; $nobody}, 'AuthType ClientCert: 403 with the reason');
denies('/g/', 'service', qr{/g/: needs a user; user="" .*subject="CN=cart,O=Example" .*},
    'AuthType ClientCert: a certificate that is nobody');
denies('/h/', 'alice', qr{/h/: needs a user, but ClientCertAuth is Off here; $alice},
    'that ClientCertAuth is off');

denies('/b/', undef, qr{/b/: needs clientcert .*; $nobody}, 'no certificate');
my $selfsigned = qr{the client certificate gives no identity: [^;]+; subject="CN=alice,.* }
    . "vhost=a\\.example:$port";
like denied('/b/', host => 'a.example', cert => 'selfsigned'),
    qr{\A403\nCC0110: denied GET /b/: needs clientcert; $selfsigned\z},
    'a certificate that did not verify, and why it is nobody';
my $no_rules = qr/no ClientCertMap is in effect here/;
like denied('/g/', host => 'a.example', cert => 'alice'),
    qr{\A403\nCC0110: denied GET /g/: needs a user, but $no_rules; $no_rules; subject="CN=al.*\z},
    'that there are no rules';
like denied('/c/', host => 'a.example', cert => 'alice'),
    qr{\A403\nCC0110: denied GET /c/: needs not clientcert; .*subject="CN=alice,.*\z},
    'that it was a RequireNone';

# ---- the ways of a request

denies('/i/', 'alice', qr{/i/: needs clientcert-group wheel; $alice},
    'a denial that an ErrorDocument answers is one line');
denies('/rewritten', 'alice', qr{/a/index\.html: needs clientcert-group .*; $alice},
    'a denial behind a rewritten URL');
denies('/dir/redirected', 'alice', qr{/a/: needs clientcert-group .*; $alice},
    'a denial behind an internal redirect');
denies('/dir/page.act', 'alice',
    qr{/cgi-bin/env/denied/dir/page\.act: needs clientcert-group actors; $alice},
    'a denial behind an Action');
denies('/dir/', 'alice', qr{/dir/.*: needs clientcert-group index; $alice},
    'a denial of the file that stands for a directory');
like denied('/a/', cert => 'alice', http2 => 1),
    qr{\A403\nCC0110: denied GET /a/: needs clientcert-group "board members" owners; $alice\z},
    'HTTP/2 asks the same';
like denied('/a/?' . 'x' x 3000, cert => 'alice', method => 'POST', data => 'x'),
    qr{\A403\nCC0110: denied POST /a/: needs .*; $alice\z}, 'POST, without the query';

# ---- what is no denial

$h->mark_log;
is $h->get('/k/')->{status}, 401, 'a password that is asked is no denial';
is $h->get('/dir/forbidden', cert => 'alice')->{status}, 403, 'a 403 of mod_rewrite is no denial';
is $h->get('/none', cert => 'alice')->{status}, 404, 'nor is what does not exist';
is $h->get('/', cert => 'alice')->{status}, 200, 'nor what is served';
is $h->get('/a/', cert => 'alice')->{status}, 403, 'but this is';
is join("\n", map { s/.*?denied/denied/r } $h->wait_log(qr/CC0110/)) =~ s/:.*//sr,
    'denied GET /a/', 'and it is the only one';

$h->stop;
open my $log, '<', $h->path('logs/error_log') or die $!;
is scalar(grep { /CC0110/ } <$log>), $denials + 1, 'each denial is one line, in all of the log';

done_testing;
