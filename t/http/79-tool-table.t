# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert table reads tables and looks keys up as a server does.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(apxs);
use ClientCert::Test::Tool;

use Cwd ();
use File::Temp ();
use JSON::PP ();

my $ca  = ClientCert::Test->ca;
my $tmp = File::Temp->newdir;
my $in  = "ClientCertMap subject.CN in people user=\$1 group=\$2\n";
sub host { my ($name, $port, $more) = @_; return "<VirtualHost *:\@$port\@>\n    ServerName $name\n    \@SSL\@\n    SSLVerifyClient optional\n$more</VirtualHost>\n" }

my $site = site(
    conf  => host('one', 'PORT', "ClientCertTable people file:conf/people.map nocase\n$in"),
    files => { 'conf/people.map' => "# people\nalice alicia staff,admins\nBob \"b, \\\"c\\\"\" \"\"\nlong a b c\n" });
sub said { my @words = @_; return ask($site, 'table', @words) }
sub fails {
    my ($words, $pattern, $claim) = @_;
    my $wrong = said(@$words);
    is "$wrong->{exit}$wrong->{output}", '2', "exit status 2: $claim";
    return like $wrong->{error}, qr/\Aclientcert: $pattern\n\z/, 'in one line';
}

# ---- reading

my $read = said('people');
is "$read->{exit}$read->{error}", '0', 'a table that can be read';
like $read->{output}, qr{\Aresult        read\ntable         people\nsource        file:conf/people\.map
configured    \S+site\.conf:\d+\nrows          3\ncolumns       rules use up to \$2\n\z}, 'has its source, its directive and its rows';
my $json = answer($site, 'table', 'people');
is_deeply [@$json{qw(name type source rows columns result key failure exit)}],
    ['people', 'file', 'conf/people.map', 3, 2, 'read', undef, undef, 0], 'and so it has in JSON';

# ---- keys

my $alice = said('people', 'alice');
is $alice->{exit}, 0, 'a key of the table';
like $alice->{output}, qr/\Aresult        found\nkey           "alice"\n\$1            "alicia"\n\$2            "staff", "admins"\ntable /,
    'has the columns of its row';
like said('people', 'BOB')->{output}, qr/^\$1            "b", " \\"c\\""\n\$2            \(no value\)$/m, 'as the options of the table say';
is_deeply answer($site, 'table', 'people', 'long')->{row}, [['a'], ['b'], ['c']], 'a row may have more columns than rules use';
my $none = said('--color=always', 'people', 'carol');
is $none->{exit}, 1, 'a key that it does not have';
like $none->{output}, qr/\Aresult        \e\[31mmissing\e\[m\nkey           "carol"\n/, 'and that is the result';
is said('--', 'people', '')->{exit}, 1, 'an empty key is never found';
is_deeply [map { answer($site, 'explain', "$ca/$_.pem")->{verdict}{user} } 'alice'], ['alicia'], 'explain agrees';

# ---- another file

my $here = Cwd::getcwd();
chdir $tmp;
write_file('new.map', "alice elise staff\ncarol caroline staff\n");
write_file('bad.map', "alice elise staff\nbob\ncarol \"carol\n");
my $new = answer($site, 'table', '--file', 'new.map', 'people', 'carol');
is_deeply $new->{row}, [['caroline'], ['staff']], '--file: another file';
is $new->{file}, Cwd::getcwd() . '/new.map', 'relative to the directory of the caller';
fails(['people', '--file', 'bad.map'], qr{CC0611: \S+site\.conf:\d+: "\S+/bad\.map": the file has 2 bad lines: \S+/bad\.map:2: .*; \S+/bad\.map:3: .*}, 'a bad one');
fails(['people', '--file', 'nowhere'], qr{CC0610: \S+: "\S+/nowhere": the file cannot be read: .*}, 'one that is not there');
$site->file('conf/people.map', "alice\n");
fails(['people'], qr{CC0611: .*people\.map": the file has 1 bad line: \S+/people\.map:1: .*}, 'the table');
fails(['people', 'alice'], qr{CC0611: .*}, 'a key of it');
is said('people', '--file', 'new.map')->{exit}, 0, 'a new file can be tried nevertheless';
my $explain = ask($site, 'explain', "$ca/alice.pem");
is "$explain->{exit}$explain->{output}", '2', 'other commands answer nothing then';
like $explain->{error}, qr/\Aclientcert: CC0611: /, 'and have the same error';
$site->file('conf/people.map', "alice alicia staff\n");
chdir $here;

# ---- rows of a CA

my $badges = site(
    conf  => host('one', 'PORT', "ClientCertTable badges file:conf/badges issuer=2\nClientCertMap serial in badges user=\$1\n"
        . "ClientCertTable grid gridmap:conf/grid\nClientCertMap subject in grid user=\$1\n"),
    files => { 'conf/badges' => "01 alice CN=a\n01 bob CN=b\n", 'conf/grid' => "/CN=host/srv hostu\n/CN=p .p\n" });
sub shows { my @words = @_; return ask($badges, 'table', @words) }
like shows('badges', '--issuer', 'CN=B', '01')->{output}, qr/\Aresult        found\n.*^\$1            "bob"$/ms, '--issuer: the row of this CA';
is shows('badges', '--issuer', 'CN=c', '01')->{exit}, 1, 'another CA has none';
like shows('badges', '01')->{output}, qr/\Aresult        failed: its rows are those of CAs \(issuer=\), and no issuer is given\n/, 'no CA';
like shows('badges', '--issuer', 'b', '01')->{error}, qr/\Aclientcert: CC0273: "b": not a valid name.*\n\z/, 'what is not a name';
like shows('grid', '--issuer', 'CN=b', '/CN=p')->{error}, qr/\Aclientcert: CC0613: "CN=b": table grid does not have the option issuer=.*\n\z/, 'a table of no CA';

# ---- a grid-mapfile

like shows('grid', '/cn=host/srv')->{output}, qr/\Aresult        found\n.*^\$1            "hostu"$/ms, 'a subject as in the file';
like shows('grid')->{output}, qr{^rows          2\nremarks       \S+/conf/grid:2: its account is a pool.*\ncolumns }m, 'a line with less than it seems to give';
is_deeply [map { s{.*/}{}r } @{ answer($badges, 'table', 'grid')->{remarks} }],
    ['grid:2: its account is a pool, which is not the name of a user: $1 has no value'], 'in JSON too';

# ---- names

fails(['persons'], qr/CC0766: "persons": there is no ClientCertTable of this name; use one of people at \S+:\d+/, 'a name that is not there');
fails(['people', '--vhost', 'nowhere'], qr/CC0751: .*/, 'a host that is not there');
fails([], qr/CC0525: an argument is missing; use clientcert table .*NAME \[KEY\]/, 'no name');
fails(['people', 'a', 'b'], qr/CC0506: "b": .*/, 'two keys');
fails(['people', "a\e[2J"], qr/CC0532: "a\\x1B\[2J": .*a control character.*/, 'a key that no certificate has');
$site = site(
    conf => "ClientCertTable people file:conf/all.map\n$in"
        . host('one', 'PORT', "ClientCertTable people file:conf/one.map\n$in") . host('two', 'PORT2', $in),
    files => { 'conf/all.map' => "alice all staff\n", 'conf/one.map' => "alice one staff\n" });
fails(['people', 'alice'], qr/CC0767: "people": several virtual hosts have a table of this name; choose one with --vhost: people at \S+, people at \S+/,
    'two tables of this name');
is_deeply [map { answer($site, 'table', '--vhost', $_, 'people', 'alice')->{row}[0][0] } qw(one two)], ['one', 'all'],
    'with --vhost, the one that its rules use';
$site = site(conf => host('one', 'PORT', ''));
fails(['people'], qr/CC0766: .*use one of none/, 'no table at all');
$site = site(conf => host('one', 'PORT', "ClientCertTable people file:conf/x.map\n"), files => { 'conf/x.map' => '' });
fails(['people'], qr/CC0607: .*no rule uses this table.*/, 'a table that no rule uses');

# ---- other types

SKIP: {
    system "printf 'alice albert staff\\n' > $tmp/map; httxt2dbm -i $tmp/map -o $tmp/dbm -f sdbm >/dev/null 2>&1; "
        . "printf 'alice berta staff\\n' > $tmp/map2; httxt2dbm -i $tmp/map2 -o $tmp/dbm2 -f sdbm >/dev/null 2>&1";
    skip 'no httxt2dbm', 6 unless -e "$tmp/dbm2.pag";
    $site = site(conf => host('one', 'PORT', "ClientCertTable people dbm:sdbm:$tmp/dbm\n$in"));
    like said('people', 'alice')->{output}, qr/\Aresult        failed: columns of the row: 1; rules use \$2\nkey .*\n\$1            "albert"\n/,
        'a row with too few columns fails';
    $site = site(conf => host('one', 'PORT', "ClientCertTable people dbm:sdbm:$tmp/dbm\nClientCertMap subject.CN in people user=\$1\n"));
    is_deeply answer($site, 'table', 'people', 'alice')->{row}, [['albert']], 'a database file';
    system "printf 'alice adm\xe2\x80\xaein staff\\n' > $tmp/map3; httxt2dbm -i $tmp/map3 -o $tmp/dbm3 -f sdbm >/dev/null 2>&1";
    my $odd = said('people', 'alice', '--file', "$tmp/dbm3");
    is $odd->{exit}, 2, 'a row with a value that rules cannot use: the lookup fails';
    like $odd->{output}, qr/\Aresult        failed: .*"adm\\xE2\\x80\\xAEin": it contains a bidirectional control\nkey /, 'and why';
    is answer($site, 'table', 'people')->{rows}, undef, 'whose rows are not counted';
    is_deeply answer($site, 'table', 'people', 'alice', '--file', "$tmp/dbm2")->{row}, [['berta']], 'and another one of its type';
}
$site = site(conf => host('one', 'PORT', "ClientCertTable people redis:127.0.0.1:9\n$in"));
like said('people')->{output}, qr/\Aresult        unread: its rows are looked up one by one: give a KEY\n/, 'a remote table';
my $away = said('people', 'alice');
is $away->{exit}, 2, 'a server that does not answer';
like $away->{output}, qr/\Aresult        failed: .*refused.*\n/i, 'and why';
fails(['people', '--file', "$tmp/map"], qr/CC0768: "people": only a table of type file, gridmap or dbm has a file .*type redis/, 'a remote table has no file');
SKIP: {
    my $modules = apxs('LIBEXECDIR');
    skip 'no mod_dbd and mod_ldap', 2 unless -e "$modules/mod_dbd.so" && -e "$modules/mod_ldap.so";
    for (['dbd', 'sql:SELECT x FROM y WHERE z = %s'], ['ldap', 'ldap:ldap://127.0.0.1:9/dc=x?cn,mail?sub?(mail=%s)']) {
        my ($module, $source) = @$_;
        $site = site(conf => host('one', 'PORT', "ClientCertTable people \"$source\"\nClientCertMap subject.CN in people user=\$1\n"), modules => [$module]);
        like said('people', 'alice')->{output}, qr/\Aresult        failed: .*only a running server can ask it/, "$module is not asked, and that is said";
    }
}

done_testing;
