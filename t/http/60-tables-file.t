# SPDX-License-Identifier: Apache-2.0
# Tests file: tables: rows become users and groups, and mistakes stop the start.
use strict;
use warnings;
use ClientCert::Test;

my $ca = ClientCert::Test->ca;

# As openssl prints it: capital letters and colons.
sub fingerprint {
    my ($name) = @_;
    my ($digits) = `openssl x509 -in $ca/$name.pem -noout -fingerprint -sha256` =~ /=(.*)/;
    return $digits;
}
my ($alice, $bob, $service) = map { fingerprint($_) } qw(alice bob service);
my $bare_bob = lc($bob) =~ tr/://dr;

# ---- rows that are found

my $h = ClientCert::Test->server(
    modules => ['authz_user', 'headers'],
    cgi     => 1,
    files   => {
        'conf/pins.map' => <<"MAP",
# individual partners
$alice  alice  staff,admins

   $bare_bob   "Bob B."   staff
"$service" cart services
MAP
        'conf/mail.map'  => "ALICE\@EXAMPLE.com alice.by.mail\nbob\@example.com \"b,c\"\n",
        'conf/grid.map'  => qq("/O=Example/OU=staff/OU=admins/CN=alice" alice_grid\n)
            . qq("/O=Example/CN=nobody" nobody\n),
        'conf/off.map'   => lc($bob) . "\n",
        'conf/case.map'  => "alice lower\nALICE upper\n",
        'conf/serial.map' => "00 x\n",
        'htdocs/.htaccess'          => '',
        'htdocs/listed/.htaccess'   => "Require clientcert sha256 in pins\n",
        'htdocs/listed/page'        => "listed\n",
        'htdocs/nosuch/.htaccess'   => "Require clientcert sha256 in nosuch\n",
        'htdocs/nosuch/page'        => "nosuch\n",
        'htdocs/other/.htaccess'    => "Require clientcert sha256 in mine\n",
        'htdocs/other/page'         => "other\n",
        map { ("htdocs/$_/page" => "$_\n") }
            qw(mail grid off case not outside unlisted groups),
    },
    conf => <<'CONF');
ClientCertTable pins file:conf/pins.map octets
ClientCertTable mail file:conf/mail.map nocase
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable grid   "file:@ROOT@/conf/grid.map"
    ClientCertTable off.map file:conf/off.map octets reload=0
    ClientCertTable case   file:conf/case.map reload=0.5
    ClientCertMap sha256 in pins user=$1 group=$2
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Groups "expr=%{clientcert:group}"
    <Directory "@ROOT@/htdocs">
        AllowOverride AuthConfig
        AllowOverrideList None
    </Directory>
    <Location "/mail">
        ClientCertMap san.email in mail user=$1
    </Location>
    <Location "/grid">
        ClientCertMap subject|oneline in grid user=$1
    </Location>
    <Location "/off">
        ClientCertMap sha256 !in off.map user=%{subject.CN}
    </Location>
    <Location "/case">
        ClientCertMap subject.CN in case user=$1
        ClientCertMap subject.CN|upper in case group=$1
    </Location>
    <Location "/groups">
        Require clientcert-group services
    </Location>
    <Location "/unlisted">
        Require clientcert sha256 !in off.map
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable mine file:conf/off.map octets
    ClientCertTable mail file:conf/case.map
    ClientCertMap sha256 in mine user=mine
    ClientCertMap subject.CN in mail user=$1
    Header always set User "expr=%{REMOTE_USER}"
    <Directory "@ROOT@/htdocs">
        AllowOverride AuthConfig
    </Directory>
</VirtualHost>
CONF
announce('AH01630', 'CC0110');

sub who {
    my ($path, $cert, @o) = @_;
    my $response = $h->get($path, $cert ? (cert => $cert) : (), @o);
    return join ' ', $response->{status}, grep { length }
        map { $response->{headers}{$_} // '' } qw(user groups);
}

is who('/', 'alice'), '200 alice staff,admins', 'a digest with colons and capitals is found';
is who('/', 'bob'), '200 Bob B. staff', 'one without, and a quoted column';
is who('/', 'service'), '200 cart services', 'a quoted key';
is who('/', 'partner'), '200', 'a client that is not listed has no identity';
is who('/'), '200', 'nor has a client without a certificate';
is who('/mail/page', 'alice'), '200 alice.by.mail', 'nocase: an email address in another spelling';
announce('CC0152');
is who('/mail/page', 'bob'), '200', 'a list gives no user';
ok $h->wait_log(qr/CC0152: .*'b' or 'c'/), 'which of them is told to be ambiguous';
is who('/grid/page', 'alice'), '200 alice_grid', 'a grid-mapfile is a table';
is who('/grid/page', 'bob'), '200', 'which does not list others';
is who('/off/page', 'bob'), '200', '!in: a listed client has no identity';
is who('/off/page', 'alice'), '200 alice', '!in: an unlisted client has one';
is who('/case/page', 'alice'), '200 lower upper', 'without nocase, letters count';
is who('/groups/page', 'service'), '200 cart services', 'a group from the table lets in';
is who('/groups/page', 'alice'), '403 alice staff,admins', 'and none other';
is who('/unlisted/page', 'alice'), '200 alice staff,admins', 'Require clientcert ... !in';
is who('/unlisted/page', 'bob'), '403 Bob B. staff', 'refuses listed clients';
is who('/', 'bob', port => 2), '200 mine', 'a virtual host has tables of its own';
is who('/', 'alice', port => 2), '200 lower', 'where a name may be that of another table';

my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice'));
is "$env->{REMOTE_USER} $env->{AUTH_TYPE} $env->{CLIENTCERT_GROUPS}",
    'alice ClientCert staff,admins', 'applications see what the table gave';

# ---- .htaccess

is who('/listed/page', 'alice'), '200 alice staff,admins', '.htaccess may ask a table';
is who('/listed/page', 'partner'), '403', 'which refuses clients that are not in it';
announce(qr/CC0231: "nosuch": no such table/, qr/CC0231: "mine": no such table/);
is $h->get('/nosuch/page', cert => 'alice')->{status}, 500, '.htaccess with a table that does not exist';
ok $h->wait_log(qr/CC0231: "nosuch": .*tables so far: pins, mail, grid, off\.map, case/),
    'is told which ones there are';
is $h->get('/other/page', cert => 'alice')->{status}, 500, 'that of another virtual host is none';
is who('/other/page', 'bob', port => 2), '200 mine', 'and is one there';
$h->stop;

# ---- mistakes in the configuration

sub configtest {
    my ($directives, %files) = @_;
    return ClientCert::Test->configtest(
        files => { 'conf/t.map' => "key user\n", %files },
        conf  => "<VirtualHost *:\@PORT\@>\nServerName localhost\n\@SSL\@\n$directives\n"
            . "</VirtualHost>\n");
}

sub is_refused {
    my ($directives, $expected, $claim, %files) = @_;
    my ($exit, $output) = configtest($directives, %files);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return ok($exit != 0 && $output =~ $expected, $claim) || diag "exit $exit\n$output";
}

my $use = 'ClientCertMap subject.CN in t user=$1';
is((configtest("ClientCertTable t file:conf/t.map\n$use"))[0], 0, 'a good table is taken');
is_refused($use, qr{line 4 of .*\n.*CC0231: .*"t": no such table.*tables so far: none},
    'a table that does not exist stops the start');
is_refused("ClientCertTable u file:conf/t.map\nClientCertTable v file:conf/t.map\n$use",
    qr/CC0231: .*"t": .*tables so far: u, v/, 'and the others are named');
is_refused("$use\nClientCertTable t file:conf/t.map", qr/CC0231: .*must come before/,
    'a table must come before the rules that use it');
is_refused('ClientCertTable t file:conf/t.map',
    qr{CC0607: \S+/conf/site\.conf:4: "t": no rule uses this table}, 'so does one nobody uses');
is_refused("ClientCertTable t file:conf/nosuch.map\n$use",
    qr{CC0610: \S+site\.conf:4: "\S+/conf/nosuch\.map": .*No such file},
    'so does a file that is not there');
is_refused("ClientCertTable t file:conf\n$use", qr{CC0610: \S+site\.conf:4: "\S+/conf": },
    'or that is a directory');
is_refused("ClientCertTable t nosuch:x\n$use", qr/CC0603: .*"nosuch:x": .*file:, gridmap:, dbm:, redis:/,
    'a type that does not exist');
is_refused("ClientCertTable t file:conf/t.map ttl=5\n$use",
    qr/CC0604: .*"ttl": .*nocase, octets\[=FORM\], issuer=NUMBER, valid=NUMBER, reload=SECONDS/, 'an option that a type has not');
is_refused("ClientCertTable t file:conf/t.map reload=soon\n$use", qr/CC0605: .*"reload=soon"/,
    'a value that is none');
is_refused("ClientCertTable t file:conf/t.map\nClientCertTable t file:conf/t.map\n$use",
    qr/CC0602: .*"t": .*site\.conf:4/, 'a name that is taken');
is_refused("<Location />\nClientCertTable t file:conf/t.map\n</Location>",
    qr/ClientCertTable not allowed/, 'a table inside a section');
is_refused("ClientCertTable t file:conf/t.map\nClientCertMap subject in t user=\$1",
    qr/CC0232: .*"in": .*subject\|oneline/, 'a whole DN as a key');
is_refused("ClientCertTable t file:conf/t.map\n"
        . 'ClientCertMap subject.CN in t san.email =~ (.*) user=$1', qr/CC0228: .*"\$1"/,
    'a column that might be a group of a pattern');

# ---- mistakes in the file

my $table = "ClientCertTable t file:conf/t.map\n$use";
is_refused($table, qr{CC0611: \S+site\.conf:4: "\S+/conf/t\.map": .*/conf/t\.map:3: .*in line 1},
    'a key that stands twice: file and line', 'conf/t.map' => "a 1\nb 2\na 3\n");
is_refused('ClientCertTable t file:conf/t.map' . "\n" . 'ClientCertMap subject.CN in t group=$2',
    qr{CC0611: .*/conf/t\.map:2: .*/conf/t\.map:4: }s,
    'lines with fewer columns than rules need, all of them',
    'conf/t.map' => "a 1 2\nb 2\n# comment\nc\nd 1 2 3\n");
is_refused($table, qr{CC0611: .*/conf/t\.map:2: .*UTF-8}, 'what is not UTF-8',
    'conf/t.map' => "a 1\nb \xff\xfe\n");
is_refused($table, qr{CC0611: .*/conf/t\.map:1: }, 'a quote that is not closed',
    'conf/t.map' => "\"a 1\nb 2\n");
is_refused("ClientCertTable t file:conf/t.map octets\nClientCertMap sha256 in t user=\$1",
    qr{CC0611: .*/conf/t\.map:2: }, 'a key that is no hex, where octets are said',
    'conf/t.map' => "aa:BB 1\nxyz 2\n");
my (undef, $output) = configtest($table, 'conf/t.map' => join '', map { "k$_\n" } 1 .. 30);
is scalar(() = $output =~ m{/conf/t\.map:\d+: }g), 20, 'up to 20 bad lines are told';
like $output, qr/the file has 30 bad lines: .*and 10 more/, 'and how many there are';

SKIP: {
    skip 'root reads every file', 1 if $> == 0;
    my ($exit, $said) = ClientCert::Test->configtest(
        files => { 'conf/t.map' => "key user\n" },
        conf  => "ClientCertTable t file:/etc/shadow\n$use\n");
    ok $exit != 0 && $said =~ m{CC0610: .*"/etc/shadow": .*Permission denied},
        'a file that cannot be read' or diag $said;
}

my ($exit, $log) = ClientCert::Test->try_start(
    files => { 'conf/t.map' => "a 1\na 2\n" },
    conf  => "ClientCertTable t file:conf/t.map\n$use\n");
ok $exit != 0 && $log =~ m{CC0611: \S+site\.conf:1: .*/conf/t\.map:2: },
    'a start fails like httpd -t' or diag $log;

done_testing;
