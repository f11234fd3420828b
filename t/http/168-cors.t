# SPDX-License-Identifier: Apache-2.0
# Tests that scripts of one other site may use an API with the user's certificate, as configured in
# conf/examples/cors.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Browser;
use ClientCert::Test::Example;
use ClientCert::Test::File;

my $h = example('cors', define => { ORIGIN => 'https://localhost:@PORT2@' },
    modules => [qw(http2 alias cgid)],
    executable => ['htdocs/api/run'], files => {
    'htdocs/api/run' => <<'SH',
#!/bin/sh
cat >/dev/null
echo "$REQUEST_METHOD $REMOTE_USER" >>@ROOT@/logs/ran
printf 'Content-Type: text/plain\r\n\r\n'
echo "$REQUEST_METHOD by $REMOTE_USER"
SH
    'htdocs/api/file'      => "file\n",
    'htdocs/api/.htpasswd' => "secret\n",
    'htdocs/index.html' => "<!DOCTYPE html><html><title>page</title>\n",
}, conf => <<'CONF', global => <<'GLOBAL');
Protocols h2 http/1.1
ScriptAlias "/api/run" "@ROOT@/htdocs/api/run"
<FilesMatch "^\.ht">
    Require all denied
</FilesMatch>
CONF
ScriptSock cgisock
<VirtualHost *:@PORT2@>
    ServerName localhost
    DocumentRoot @ROOT@/htdocs
    @TLS@
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    DocumentRoot @ROOT@/htdocs
    @TLS@
</VirtualHost>
GLOBAL
announce('AH01630', 'CC0110', 'CC0190');

my $origin = 'https://localhost:' . $h->port(2);
sub asks {
    my ($from, $method, @more) = @_;
    return (method => 'OPTIONS', headers => ["Origin: $from",
        "Access-Control-Request-Method: $method", @more]);
}
sub allowed {
    my ($r) = @_;
    return join ' ', $r->{status},
        grep { defined } @{ $r->{headers} }{map { "access-control-allow-$_" } qw(origin
            credentials)};
}
sub ran { return read_if_there($h->path('logs/ran')) }

for my $http2 (0, 1) {
    my $how = $http2 ? 'HTTP/2' : 'HTTP/1.1';
    my $r = $h->get('/api/run', asks($origin, 'PUT',
        'Access-Control-Request-Headers: content-type'), http2 => $http2);
    is allowed($r), "204 $origin true", "a preflight without a certificate is answered, $how";
    like $r->{headers}{'access-control-allow-methods'}, qr/\bPUT\b/, 'with the methods';
    is $r->{body}, '', 'and no content';
    like $r->{headers}{vary}, qr/Origin/i, 'for this origin alone';
    my @real = (method => 'PUT', headers => ["Origin: $origin"], data => 'x', http2 => $http2);
    is allowed($h->get('/api/run', @real)), "403 $origin true",
        'the request itself needs a certificate';
    is allowed($h->get('/api/run', @real, cert => 'partner')), "403 $origin true", 'of the group';
    $r = $h->get('/api/run', @real, cert => 'alice');
    is allowed($r), "200 $origin true", 'and is served';
    is $r->{body}, "PUT by alice\n", 'as the user';
}
is ran(), "PUT alice\n" x 2, 'the application has seen these requests alone';

# ---- other origins, and requests OPTIONS that are no preflights

for my $other ('https://evil.example', "$origin.evil.example", "${origin}0", 'http'
    . substr($origin, 5), 'null',
    uc $origin, "$origin, https://evil.example") {
    is allowed($h->get('/api/run', asks($other, 'PUT'))), '204',
        "another origin is not permitted: $other";
    is allowed($h->get('/api/run', cert => 'alice', method => 'POST', data => 'x',
        headers => ["Origin: $other"])),
        '403', 'nor are its forms, which need no preflight';
}
is allowed($h->get('/api/file', cert => 'alice', headers => ['Origin: https://localhost:'
    . $h->port])), '200',
    'pages of the site itself are served, without permission for others';
is $h->get('/api/run', @$_)->{status}, 403, 'without its headers, OPTIONS needs a certificate'
    for [method => 'OPTIONS'], [method => 'OPTIONS', headers => ["Origin: $origin"]],
    [method => 'OPTIONS', headers => ['Access-Control-Request-Method: PUT']];
is $h->get('/api/run', asks($origin, 'PUT'), method => $_)->{status}, 403,
    "the headers of a preflight do not open $_"
    for qw(GET POST PUT options Options);
is $h->get('/api/run', asks($origin, 'PUT', "$_: OPTIONS"), method => 'POST',
    data => 'x')->{status}, 403,
    "nor does $_" for qw(X-HTTP-Method-Override X-HTTP-Method X-Method-Override);
is $h->get('/api/run', asks($origin, 'PUT'), data => 'x')->{status}, 204,
    'a preflight with a body is just a preflight';
is $h->get("/api/$_", asks($origin, 'PUT'), curl => ['--path-as-is'])->{status}, 204,
    "also for /api/$_"
    for 'file', 'x/../run', 'run/path?query';

# A GET form, a script or a link of another site: only Sec-Fetch-Site differs.
is $h->get('/api/run', cert => 'alice', headers => ["Sec-Fetch-Site: $_"])->{status}, 403,
    "a GET without Origin is refused, $_" for qw(cross-site same-site);
is ran(), "PUT alice\n" x 2, 'nothing of this has reached the application';
is allowed($h->get('/api/file', cert => 'alice', headers => ["Sec-Fetch-Site: $_"])), '200',
    "but not $_" for qw(same-origin none);
is allowed($h->get('/api/file', cert => 'alice', headers => ["Sec-Fetch-Site: $_",
    "Origin: $origin"])), "200 $origin true", "nor a GET of the permitted site, $_"
    for qw(cross-site same-site);
is $h->get('/api/.htpasswd', cert => 'alice')->{status}, 403, 'a file that the server denies';

# ---- a browser

SKIP: {
    my $why = ClientCert::Test::Browser->missing;
    die "$why\n" if $why && $ENV{CI};
    $why //= ClientCert::Test::Browser->impossible;
    skip $why, 3 if $why;
    my $browser = ClientCert::Test::Browser->new(p12 => $h->ca . '/alice.p12', password => 'secret',
        ca => $h->ca . '/root.pem');
    my $fetch = 'fetch("https://localhost:' . $h->port
        . '/api/run", { method: "PUT", body: "x", credentials: '
        . '"include" }).then(r => r.text()).catch(e => "failed")';
    is $browser->evaluate("$origin/", $fetch), "PUT by alice\n",
        'the script of a page in Chromium is served';
    my $other = 'https://localhost:' . $h->port(3);
    eval { $browser->evaluate("$other/", $fetch) };
    like $@, qr/blocked by CORS policy/, 'that of another origin is not';
    is ran(), "PUT alice\n" x 3, 'and does not reach the application';
}

done_testing;
