# SPDX-License-Identifier: Apache-2.0
# Tests how clientcert explain and rules treat their arguments, a configuration and a certificate,
# good or bad: which host they choose, what they refuse, and that no hostile text reaches a
# terminal.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(apxs);
use ClientCert::Test::Tool;

use File::Temp ();
use JSON::PP ();

my $ca  = ClientCert::Test->ca;
my $tmp = File::Temp->newdir;

# ---- a server that runs does not answer the tool

my $asked = File::Temp->newdir;
write_file("$asked/question.json", '{"ask": "rules"}');
chmod 0777, $asked;
{
    local $ENV{CLIENTCERT_QUESTION} = "$asked";
    my $deaf = ClientCert::Test->server(conf => '');
    ok $deaf->reload, 'a server starts and restarts with a question in its environment';
    ok !-e "$asked/answer.json", 'and does not answer it';
    is_deeply [$deaf->log_lines(qr/CC075/)], [], 'nor speak of it';
    my ($exit, $output) = ClientCert::Test->configtest(conf => '');
    is $exit, 0, 'httpd -t is asked';
    ok -s "$asked/answer.json", 'and answers';
    ($exit, $output) = ClientCert::Test->configtest(conf => '');
    like $output, qr/CC0753/, 'but takes no file that is there for its answer';
}

# ---- the only host, and hosts without

my $rule = "ClientCertMap subject.CN == alice user=alice group=\"a,b\"\n";
my $one  = "<VirtualHost *:\@PORT\@>\n    ServerName one\n    \@SSL\@\n    SSLVerifyClient optional\n    MORE\n</VirtualHost>\n";
sub with { my ($more) = @_; return $one =~ s/MORE/$more/r }

my $said = answer(site(conf => with($rule) . "<VirtualHost *:\@PORT2\@>\nServerName two\n</VirtualHost>\n"), 'explain', "$ca/alice.pem");
like $said->{host}{name}, qr/^one:/, 'without --vhost: the only one with TLS and rules';
is $said->{exit}, 0, 'whose rules count';
$said = answer(site(conf => "<VirtualHost *:\@PORT2\@>\nServerName one\n</VirtualHost>\n" . with($rule)), 'explain',
    '--vhost', 'one', "$ca/alice.pem");
is $said->{exit}, 0, 'of two hosts of one name, the one with TLS is chosen';
$said = answer(site(conf => $rule), 'explain', "$ca/alice.pem");
like "$said->{result} $said->{verification}{reason}", qr/^rejected it has no TLS/, 'a server without TLS';
like $said->{host}{name}, qr/main server/, 'is the main server';
is answer(site(conf => with('')), 'explain', "$ca/alice.pem")->{result}, 'unmapped', 'no rules';
like answer(site(conf => "<VirtualHost *:\@PORT\@>\nServerName one\nSSLEngine on\nSSLCertificateFile \@CA\@/localhost.pem\n"
    . "SSLCertificateKeyFile \@CA\@/localhost.key\nSSLVerifyClient optional\n</VirtualHost>\n"), 'explain', "$ca/alice.pem")
    ->{verification}{reason}, qr/^it trusts no CA/, 'no CA is configured';
$said = ask(site(conf => with("SSLCACertificateFile conf/nowhere.pem")), 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'a missing file of CAs: exit status 2';
like $said->{error}, qr/nowhere\.pem/, 'with its name';
is answer(site(conf => with("SSLVerifyClient none\n<Location /x>\nSSLVerifyClient require\n</Location>\n$rule")), 'explain', "$ca/alice.pem")
    ->{result}, 'mapped', 'a section that asks for a certificate';
ok((grep { /tls\.version.*no value here/ } @{ answer(site(conf => with('ClientCertMap tls.version == TLSv1.3 user=x')), 'explain',
    "$ca/alice.pem")->{notes} }), 'rules on the connection have no value, and a note says so');

# ---- SSLVerifyDepth 0 and 1, below a root

system("openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=alice -CA $ca/root.pem "
    . "-CAkey $ca/root.key -addext basicConstraints=critical,CA:FALSE -keyout $tmp/low.key -out $tmp/low.pem 2>$tmp/openssl.log") == 0
    or die read_file("$tmp/openssl.log");
for (['root.pem', 0, "$tmp/low.pem", 'rejected'], ['root.pem', 1, "$tmp/low.pem", 'mapped'],
    ['selfsigned.pem', 0, "$ca/selfsigned.pem", 'mapped'], ['clients.pem', 1, "$ca/alice.pem", 'rejected'],
    ['clients.pem', 2, "$ca/alice.pem", 'mapped']) {
    my ($trusted, $depth, $file, $result) = @$_;
    my $deep = answer(site(conf => with("SSLCACertificateFile \@CA\@/$trusted\nSSLVerifyDepth $depth\nClientCertMap group=x\n")),
        'explain', $file);
    is $deep->{result}, $result, "SSLVerifyDepth $depth, $trusted: $result" or diag $deep->{verification}{reason};
}

# ---- certificates and passwords

mkdir "$tmp/empty";
my $site = site(conf => with($rule));
is answer($site, 'explain', '-passin', 'pass:secret', "$ca/alice.p12")->{exit}, 0, 'PKCS#12 with -passin';
system "openssl x509 -in $ca/alice.pem -outform DER -out $tmp/alice.der";
is answer($site, 'explain', "$tmp/alice.der")->{exit}, 0, 'DER';
for (
    [["$ca/nowhere.pem"], qr/CC0302/, 'a certificate that is not there'],
    [["$ca/alice.key"], qr/CC0303/, 'a file without a certificate'],
    [['-passin', 'pass:wrong', "$ca/alice.p12"], qr/CC0305/, 'a wrong password'],
    [[], qr/CC0510/, 'no certificate'],
    [["$tmp/empty"], qr/CC0541: "[^"]*empty": the directory contains no file/, 'a folder without a file'],
    [['--vhost'], qr/CC0508: "--vhost"/, 'an option without its value'],
    [['--nonsense', "$ca/alice.pem"], qr/CC0507: "--nonsense": .*--vhost, --path, --account, --via, --proxy, --json, --all, -passin/, 'an unknown option'],
    [['--httpd', '/nowhere/httpd', "$ca/alice.pem"], qr{CC0513: "/nowhere/httpd"}, 'a program that is not there'],
) {
    my ($words, $pattern, $claim) = @$_;
    $said = ask($site, 'explain', @$words);
    is $said->{exit}, 2, "exit status 2: $claim";
    like $said->{error}, $pattern, 'with its message';
    is $said->{output}, '', 'and no output';
}
like ask($site, 'rules', "$ca/alice.pem")->{error}, qr/CC0506: .*use clientcert rules \[SERVER\]/, 'rules takes no file';
like ask($site, 'explain', "$ca/alice.pem", '-D', '-h')->{output}, qr/\Aresult/, '-h may be the value of an option';
like ask($site, 'check', '--vhost', 'one')->{error}, qr/CC0507: "--vhost": .*use --json, --httpd, -f, -d, -D, -C, -c, --color, --help/, 'check takes no host';
mkdir "$tmp/through";
{
    local $ENV{TMPDIR} = "$tmp/through";
    is ask($site, 'explain', "$ca/alice.pem")->{exit}, 0, 'tool and server use TMPDIR';
    is_deeply [glob "$tmp/through/*"], [], 'and leave nothing there';
}

# ---- the configuration, through httpd

$said = ask(site(conf => with('ClientCertMap nonsense')), 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'a configuration that does not load: exit status 2';
like $said->{error}, qr/line \d+ of \S+site\.conf:\n.*CC02.*\n.*CC0515: /s, 'with what httpd says';
sub program { my ($name, $lines) = @_; my $path = write_file("$tmp/$name", "#!/bin/sh\n$lines\n"); chmod 0755, $path; return $path }
my $loud = tool('rules', '--httpd', program('loud', "printf 'line \\033[2J one\\n'; exit 3"));
like $loud->{error}, qr/^line \\x1B\[2J one\n.*CC0515: .*exit status 3/s, 'made fit for a terminal';
like tool('rules', '--httpd', program('dead', 'kill -KILL $$'))->{error}, qr/CC0514: .*crashed/, 'a server that crashes';
$said = ask(site(conf => '', modules => ['-clientcert']), 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'a configuration without the module: exit status 2';
like $said->{error}, qr/CC0516: .*LoadModule clientcert_module/, 'and what to write';
$site = site(conf => "<IfDefine WIDE>\n" . with($rule) . "</IfDefine>\n<IfDefine !WIDE>\n" . with('ClientCertMap user=narrow') . "</IfDefine>\n");
is answer($site, 'explain', "$ca/alice.pem")->{verdict}{user}, 'narrow', 'without -D';
is answer($site, 'explain', '-D', 'WIDE', "$ca/alice.pem")->{verdict}{user}, 'alice', 'with -D';
is answer($site, 'explain', '-C', 'Define WIDE', "$ca/alice.pem")->{verdict}{user}, 'alice', 'with -C';

SKIP: {
    skip 'no apache2ctl, which is Debian\'s', 2 unless -x '/usr/sbin/apache2ctl' && !$ENV{CC_HTTPD};
    $site = site(conf => with('ClientCertMap user=${CLIENTCERT_NAME}'));
    $site->file('envvars', "export CLIENTCERT_NAME=ours APACHE_RUN_DIR=run APACHE_LOCK_DIR=run\n");
    $site->file('apache2.conf', "Include conf/httpd.conf\n");
    local $ENV{APACHE_CONFDIR} = $site->path('');
    my $control = tool('explain', "$ca/alice.pem");
    is $control->{exit}, 0,
        'by default, the configuration is that of the control script' or diag $control->{error};
    like $control->{output}, qr/^user +"ours"/m, 'and what stands in envvars';
}

# ---- tables

my $table = "ClientCertMap subject.CN in people user=\$1\n";
$site = site(conf => with("ClientCertTable people file:conf/people.map\n$table"),
    files => { 'conf/people.map' => "alice alicia\n" });
is answer($site, 'explain', "$ca/alice.pem")->{verdict}{user}, 'alicia', 'a file is read';
$site->file('conf/people.map', "alice elise\n");
is answer($site, 'explain', "$ca/alice.pem")->{verdict}{user}, 'elise', 'each time again';
system "printf 'alice albert\\n' > $tmp/map; httxt2dbm -i $tmp/map -o $tmp/dbm -f sdbm >/dev/null 2>&1";
SKIP: {
    skip 'no httxt2dbm', 1 unless -e "$tmp/dbm.pag";
    is answer(site(conf => with("ClientCertTable people dbm:sdbm:$tmp/dbm\n$table")), 'explain', "$ca/alice.pem")
        ->{verdict}{user}, 'albert', 'a database file is read';
}
$site = site(conf => with("ClientCertTable people redis:127.0.0.1:9\n$table"));
my $away = answer($site, 'explain', "$ca/alice.pem");
is "$away->{result} $away->{exit}", 'failed 2', 'a Redis server that does not answer: failed, exit status 2';
like $away->{verdict}{failure}, qr/people.*refused/i, 'and why';
like ask($site, 'explain', "$ca/expired.pem")->{output},
    qr/\Aresult +rejected: .*\n +Even if it were accepted, its user and groups would be unknown:\nfailure /,
    'also for a certificate that would be rejected';
SKIP: {
    my $modules = apxs('LIBEXECDIR');
    skip 'no mod_dbd and mod_ldap', 4 unless -e "$modules/mod_dbd.so" && -e "$modules/mod_ldap.so";
    # If a table is used, this process prepares for lookups.
    my $file = "ClientCertTable f file:conf/f.map\nClientCertMap subject.O in f user=f\n";
    for (['dbd', 'sql:SELECT x FROM y WHERE z = %s'], ['ldap', 'ldap:ldap://127.0.0.1:9/dc=x?cn?sub?(mail=%s)']) {
        my ($module, $source) = @$_;
        my $asks = answer(site(conf => with("${file}ClientCertTable people \"$source\"\n$table"), modules => [$module],
            files => { 'conf/f.map' => '' }), 'explain', "$ca/alice.pem");
        like "$asks->{result}: $asks->{verdict}{failure}", qr/^failed: .*only a running server can ask it/, "$module is not asked, and that is said";
        $asks = answer(site(conf => with("${file}ClientCertTable people \"$source\"\n$table"), modules => [$module],
            files => { 'conf/f.map' => '' }), 'explain', '--path', '/', "$ca/alice.pem")->{access};
        like "$asks->{outcome}: @{ $asks->{depends_on} }", qr/^depends: .*only a running server/, 'access depends on it';
    }
}

SKIP: {
    skip 'no mod_dbd', 1 unless -e apxs('LIBEXECDIR') . '/mod_dbd.so';
    my $map = site(modules => [qw(rewrite dbd)], conf => with(<<'CONF'));
DBDriver sqlite3
DBDParams @ROOT@/no.db
RewriteEngine on
RewriteMap m "dbd:SELECT x FROM y WHERE z = %s"
RewriteRule ^/map/(.*) /${m:$1|none}
ClientCertMap subject.CN =~ "(.+)" user=$1
CONF
    is answer($map, 'explain', '--path', '/map/x', "$ca/alice.pem")->{filename} =~ s{.*/}{}r, 'none',
        'a RewriteMap that needs a running server gives no value';
}

# Scripts of mod_lua would run with the rights of the tool.
SKIP: {
    skip 'no mod_lua', 4 unless -e apxs('LIBEXECDIR') . '/mod_lua.so';
    write_file("$tmp/script.lua", "function run(r)\n    io.open('$tmp/trace', 'w'):close()\n    return apache2.DECLINED\nend\n");
    for my $hook (qw(LuaHookTranslateName LuaHookMapToStorage)) {
        my $scripted = site(modules => ['lua'], conf => with("$hook $tmp/script.lua run\n$rule"));
        my $access = answer($scripted, 'explain', '--path', '/', "$ca/alice.pem")->{access};
        like "$access->{outcome}: @{ $access->{depends_on} }", qr/^depends: $hook .*: its script was not run$/,
            "$hook: access depends on it";
        ok !-e "$tmp/trace", 'and it is not run';
    }
}

# ---- what a certificate can do to a terminal

sub hostile {
    my ($name, $config) = @_;
    write_file("$tmp/$name.cnf", "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\nutf8=yes\nstring_mask=utf8only\n"
        . "[dn]\n$config\n");
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -config $tmp/$name.cnf -keyout $tmp/$name.key "
        . "-out $tmp/$name.pem 2>$tmp/openssl.log") == 0 or die read_file("$tmp/openssl.log");
    return "$tmp/$name.pem";
}

my $san     = "[ext]\nbasicConstraints=CA:FALSE\nsubjectAltName=";
my %hostile = (
    bidi   => hostile('bidi', "CN=adm\xe2\x80\xaenimda\xe2\x81\xa6\n${san}email:a\@example.com"),
    escape => hostile('escape', "CN=\e]0;owned\a\e[2J\e[31mroot\n${san}email:a\@example.com"),
    quotes => hostile('quotes', qq(CN=x\\", groups \\"admins <script>alert(1)</script>\n${san}email:a\@example.com)),
    huge   => hostile('huge', "CN=x\n${san}URI:" . 'http://x/' . 'y' x 100_000),
    map { ($_ => "$ca/$_.pem") } qw(newline-cn nul-cn nul-mail nul-uri bmp-cn bad-upn escape-cn long-cn empty-cn slash-cn comma-cn),
);
$site = site(conf => with(<<'CONF'));
ClientCertMap user=%{subject.CN|first} group=%{san.email} group=%{san.uri} group=%{san.upn}
ClientCertMap subject.CN == nobody group=x
ClientCertMap san.uri == "x" group=x
CONF
for my $name (sort keys %hostile) {
    my $as_text = ask($site, 'explain', $hostile{$name});
    cmp_ok $as_text->{exit}, '<', 2, "$name: explain answers";
    my $decoded = $as_text->{output};
    ok utf8::decode($decoded), "$name: in UTF-8";
    unlike $decoded, qr/[\x00-\x09\x0b-\x1f\x7f-\x9f\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{2028}\x{2029}]/,
        "$name: and without control characters and marks of direction";
    like $decoded, qr/\Aresult .*\n(?:[a-z_0-9 ]{14}.*\n)*\nThe rules, in order:\n(?: {4}.*\n)*\z/, "$name: each line is one of ours";
    my $raw = ask($site, 'explain', '--json', $hostile{$name})->{output};
    ok eval { JSON::PP->new->utf8->decode($raw) }, "$name: JSON is JSON" or diag $@;
    unlike $raw, qr/[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xc2[\x80-\x9f]/, "$name: and safe for a terminal too";
}
my $quotes = ask($site, 'explain', $hostile{quotes})->{output};
like $quotes, qr/^user +"x\\", groups \\"admins <script>alert\(1\)<\/script>", by /m, 'a name does not end its quotes';
cmp_ok length ask($site, 'explain', $hostile{huge})->{output}, '>', 100_000, 'and a long one is not cut';
like ask($site, 'explain', '--vhost', "a\e[2Jb", $hostile{bidi})->{error}, qr/CC0751: "a\\+x1B\[2Jb"/, 'nor does a word of the command line reach the terminal as it is';

done_testing;
