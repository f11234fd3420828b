# SPDX-License-Identifier: Apache-2.0
# Tests sql: tables with SQLite and PostgreSQL: rows, errors, hostile keys, and a database that is
# down, hangs or restarts.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Daemon;
use ClientCert::Test::Example;
use ClientCert::Test::Table;
use ClientCert::Test::Waiting;
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(sleep);

my $slow = $ENV{CC_SLOW} // 1;
my $ca   = ClientCert::Test->ca;

sub digest {
    my ($name) = @_;
    my ($hex) = `openssl x509 -in $ca/$name.pem -noout -fingerprint -sha256` =~ /=([\dA-F:]+)/;
    return lc $hex =~ tr/://dr;
}

my $schema = 'CREATE TABLE certs (sha256 text, cn text, login text, roles text);'
    . join '', map { "INSERT INTO certs VALUES ($_);" } (
    "'" . digest('alice') . "', 'alice', 'jane', 'staff,night\\,shift,planners'",
    "'" . digest('bob') . "', 'bob', 'bob', NULL",
    "'" . digest('partner') . "', 'twice', 'one', 'x'",
    "'" . digest('partner') . "', 'twice', 'two', 'x'",
    "'" . digest('service') . "', 'list', 'three', 'a,,b'",
    "'" . digest('two-mail') . "', 'odd', 'four', 'staff,ban\xe2\x80\xaened'",
    q('', 'root', 'root', 'wheel'),
    );

sub conf {
    my ($driver, $params) = @_;
    return <<"CONF";
DBDriver $driver
DBDParams "$params"
DBDMin 0
ClientCertTable people "sql:SELECT login, roles FROM certs WHERE sha256 = %s" octets timeout=2 ttl=0 negative_ttl=0
ClientCertTable names "sql:SELECT login FROM certs WHERE cn = %s AND '%%' = '%%'" timeout=2 ttl=0 negative_ttl=0
ClientCertTable broken "sql:SELECT abs(-9223372036854775807 - 1), login FROM certs WHERE cn <> %s" timeout=2 ttl=0 negative_ttl=0
ClientCertTable kept "sql:SELECT login FROM certs WHERE sha256 = %s" timeout=2 ttl=60 stale=60
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    <Location "/cgi-bin">
        ClientCertMap sha256 in people user=\$1 group=\$2
    </Location>
    <Location "/people">
        ClientCertMap sha256 in people user=\$1 group=\$2
        Require valid-user
    </Location>
    <Location "/names">
        ClientCertMap subject.CN in names user=\$1
        Require valid-user
    </Location>
    <Location "/broken">
        ClientCertMap subject.CN in broken user=\$2
        Require valid-user
    </Location>
    <Location "/others">
        ClientCertMap sha256 !in people user=other
        Require valid-user
    </Location>
    <Location "/kept">
        ClientCertMap sha256 in kept user=\$1
        Require valid-user
    </Location>
</VirtualHost>
CONF
}

sub serve {
    my ($driver, $params) = @_;
    my %files = map { ("htdocs/$_/index.html" => "$_\n") } qw(people names broken others kept);
    return ClientCert::Test->server(modules => [qw(authz_user dbd)], cgi => 1, files => \%files,
        conf => conf($driver, $params), global => <<'CONF');
# One process, with more threads than may wait for a table.
ServerLimit 1
ThreadsPerChild 40
MaxRequestWorkers 40
CONF
}

sub test_rows {
    my ($h) = @_;
    my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice'));
    is $env->{REMOTE_USER}, 'jane', 'the first column is the user';
    is $env->{CLIENTCERT_GROUPS}, 'staff,night\x5c,shift,planners',
        'the second one a list of groups, a comma among them';
    $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'bob'));
    is $env->{REMOTE_USER}, 'bob', 'another row, another user';
    is $env->{CLIENTCERT_GROUPS}, undef, 'NULL is no group';
    is $h->get('/people/', cert => 'admin')->{status}, 403, 'an unlisted client has no identity';
    is $h->get('/others/', cert => 'admin')->{status}, 200, 'and !in holds';
    is $h->get('/others/', cert => 'alice')->{status}, 403,
        'but not for a listed client';
    fails_ok($h, '/people/', 'partner', qr/people.*more than one row/, 'two rows are a failure');
    fails_ok($h, '/others/', 'partner', qr/more than one row/, 'where !in does not hold either');
    fails_ok($h, '/people/', 'service', qr/column 2.*empty/, 'a list with a hole is a failure');
    fails_ok($h, '/people/', 'two-mail', qr/column 2 cannot be used.*bidirectional/,
        'a group that cannot be used is a failure');
    fails_ok($h, '/broken/', 'alice', qr/broken/, 'an error of the database is a failure');
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'after which the connection is good';
    return;
}

sub test_hostile_keys {
    my ($h) = @_;
    is $h->get('/names/', cert => 'alice')->{status}, 200, 'a name is looked up';
    for my $cert (qw(sql-cn filter-cn escape-cn)) {
        is $h->get('/names/', cert => $cert)->{status}, 403, "$cert has a name without a row";
    }
    is scalar $h->log_lines(qr/CC0133/), 0, 'and no error in the query';
    return;
}

announce(qw(CC0133 CC0156 CC0110 AH01630));

# ---- SQLite

subtest 'SQLite' => sub {
    my $sqlite = grep { -x "$_/sqlite3" } split /:/, $ENV{PATH};
    my $driver = glob '/usr/lib*/apr-util-1/apr_dbd_sqlite3.so /usr/lib/*/apr-util-1/apr_dbd_sqlite3.so';
    if (!$sqlite || !$driver) {
        die "SQLite is missing\n" if $ENV{CI};
        plan skip_all => 'not installed: sqlite3, or the driver of APR-util for it';
    }
    my $dir = tempdir(CLEANUP => 1);
    chmod 0777, $dir;
    my $run = sub {
        open my $in, '|-', 'sqlite3', "$dir/db" or die "sqlite3: $!\n";
        print $in @_;
        close $in or die "sqlite3 failed\n";
        chmod 0666, "$dir/db";
    };
    $run->($schema);
    my $h = serve('sqlite3', "$dir/db");
    test_rows($h);
    $h->mark_log;
    test_hostile_keys($h);

    $run->('ALTER TABLE certs ADD COLUMN more text; CREATE TABLE other (x text);');
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'a change of the schema is survived';
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'for good';

    open my $lock, '|-', 'sqlite3', "$dir/db" or die "sqlite3: $!\n";
    $lock->autoflush(1);
    print $lock "BEGIN EXCLUSIVE;\n.shell touch $dir/locked\n";
    ok wait_until(sub { -e "$dir/locked" }), 'another program locks the database';
    fails_ok($h, '/people/', 'alice', qr/locked|no answer/, 'a locked database');
    close $lock;
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'the next request works again';
    $h->stop;
};

# ---- PostgreSQL

# Requests of this certificate, all at once: their statuses.
sub at_once {
    my ($h, $count, $path, $cert) = @_;
    my @children = map {
        my $pid = open(my $out, '-|') // die "fork: $!\n";
        if ($pid == 0) {
            print $h->get($path, cert => $cert)->{status};
            close STDOUT;
            POSIX::_exit(0);
        }
        $out;
    } 1 .. $count;
    return map { my $out = $_; scalar <$out> } @children;
}

sub test_all_hang {
    my ($h, $db) = @_;
    $db->freeze;
    my @statuses = at_once($h, 24, '/people/', 'alice');
    is scalar(grep { $_ == 500 } @statuses), 24, 'many at once: all fail';
    # On a busy machine, some had given up before a thread asked for them. Each of these occupies one.
    my $all_hang = sub {
        $h->mark_log;
        return $h->get('/people/', cert => 'alice')->{status} == 500
            && grep { /overdue/ } $h->wait_log(qr/CC0133/);
    };
    ok wait_until($all_hang, 60), 'when all threads hang, a request fails without a wait';
    $db->thaw;
    ok wait_until(sub { $h->get('/people/', cert => 'alice')->{status} == 200 }),
        'all threads are free again';
    return;
}

sub test_down {
    my ($h, $db) = @_;
    announce(qw(AH00629 AH00639 AH02655 AH00632));
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'there is a connection';
    down_ok($h, $db, '/people/', qr/people/, 3);
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'and the one after';
    $db->stop;
    $db->start;
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'an unnoticed restart is survived';
    return;
}

sub test_late {
    my ($db) = @_;
    $db->stop;
    announce(qw(AH00633 AH00636));
    my $h = serve('pgsql', $db->params);
    fails_ok($h, '/people/', 'alice', qr/people/, 'a server starts although its database is down');
    $db->start;
    is $h->get('/people/', cert => 'alice')->{status}, 200, 'and works when it is up';
    $h->stop;
    return;
}

sub test_example {
    my ($db) = @_;
    my $h = example('sql', define => { DB => $db->params },
        files => { map { ("htdocs/$_" => "$_\n") } qw(everybody plans) });
    is $h->get('/plans', cert => 'alice')->{status}, 200, 'conf/examples/sql.conf: planners plan';
    is $h->get('/plans', cert => 'bob')->{status},   403, 'others do not';
    is $h->get('/everybody', cert => 'bob')->{status},   200, 'but have an identity';
    is $h->get('/everybody', cert => 'admin')->{status}, 403, 'unless they are not listed';
    $h->stop;
    return;
}

subtest 'PostgreSQL' => sub {
    my $driver = glob '/usr/lib*/apr-util-1/apr_dbd_pgsql.so /usr/lib/*/apr-util-1/apr_dbd_pgsql.so';
    my $missing = postgres_missing() // ($driver ? undef : 'not installed: APR-util for PostgreSQL');
    if ($missing) {
        die "$missing\n" if $ENV{CI};
        plan skip_all => $missing;
    }
    my $db = postgres($schema);
    my $h  = serve('pgsql', $db->params);
    test_rows($h);
    $h->mark_log;
    test_hostile_keys($h);
    hangs_ok($h, $db, '/people/', qr/no answer within 2 s/);
    test_all_hang($h, $db);
    test_down($h, $db);
    restarts_ok($h, $db, '/people/', 2);
    $h->stop;
    test_example($db);
    test_late($db);
};

# ---- configuration

sub refused_ok {
    my ($query, $why, $name, @options) = @_;
    return table_refused_ok(qq("sql:$query"), $why, $name, modules => ['dbd'], @options);
}

refused_ok('SELECT login FROM certs', qr/CC0640.*site\.conf:1.*one %s/, 'a query without the key');
refused_ok('SELECT a FROM b WHERE c = %s OR d = %s', qr/CC0640.*one %s/, 'or with two');
refused_ok("SELECT a FROM b WHERE c = '%s'", qr/CC0640.*quotes/, 'or with the key in quotes');
refused_ok('SELECT a FROM b WHERE c = %d', qr/CC0640.*%%/, 'or with another parameter');
refused_ok('SELECT a FROM b WHERE c = %s', qr/CC0641.*mod_dbd/, 'mod_dbd is not loaded',
    modules => []);

done_testing;
