# SPDX-License-Identifier: Apache-2.0
# Tests sql: and ldap: tables with a certificate of many values, and with answers that are too
# large.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Daemon;
use ClientCert::Test::Table;
use File::Temp qw(tempdir);

sub many {
    my ($count) = @_;
    return certificate("many$count", "/O=Example/CN=many$count",
        san => join ',', map { "email:m$_\@example.com" } 1 .. $count);
}

# The certificate's addresses that have a row, in the order of the certificate.
my @known = map { 41 * $_ } 1 .. 12;
my ($some, $too_many) = (many(500), many(1001));

sub serve {
    my ($module, $tables, %o) = @_;
    return ClientCert::Test->server(
        modules => ['authz_user', 'headers', $module],
        files   => { 'htdocs/large/page' => "large\n", 'htdocs/page' => "page\n" },
        global  => "ServerLimit 1\nThreadsPerChild 10\nMaxRequestWorkers 10\n",
        conf    => <<"CONF");
$tables
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Header always set Groups "expr=%{clientcert:group}"
    ClientCertMap san.email in people group=\$1
    <Location "/page">
        Require clientcert
    </Location>
    <Location "/large">
        ClientCertMap subject.CN in large user=\$1
        Require valid-user
    </Location>
</VirtualHost>
CONF
}

sub test_many {
    my ($h) = @_;
    my $r = $h->get('/page', cert => $some);
    is "$r->{status} $r->{headers}{groups}", '200 ' . join(',', map { "g$_" } @known),
        'each of many values gets its own row';
    fails_ok($h, '/page', $too_many, qr/table people .*one certificate has more than 1000 keys/,
        'more keys than one certificate may have');
    fails_ok($h, '/large/page', 'alice', qr/table large .*: the answer is larger than 1 MiB/,
        'an answer that is too large');
    is $h->get('/large/page', cert => 'bob')->{status}, 200, 'after which the next one is read';
    return;
}

announce('CC0133');

subtest 'SQLite' => sub {
    my $sqlite = grep { -x "$_/sqlite3" } split /:/, $ENV{PATH};
    my $driver = glob '/usr/lib*/apr-util-1/apr_dbd_sqlite3.so /usr/lib/*/apr-util-1/apr_dbd_sqlite3.so';
    if (!$sqlite || !$driver) {
        die "SQLite is missing\n" if $ENV{CI};
        plan skip_all => 'not installed: sqlite3, or the driver of APR-util for it';
    }
    my $dir = tempdir(CLEANUP => 1);
    chmod 0777, $dir;
    open my $in, '|-', 'sqlite3', "$dir/db" or die "sqlite3: $!\n";
    print $in 'CREATE TABLE people (mail text, team text);',
        (map { "INSERT INTO people VALUES ('m$_\@example.com', 'g$_');" } @known),
        "CREATE TABLE large (cn text, who text); INSERT INTO large VALUES ('bob', 'bob');",
        "INSERT INTO large VALUES ('alice', hex(zeroblob(5000000)));";
    close $in or die "sqlite3 failed\n";
    chmod 0666, "$dir/db";
    my $h = serve('dbd', <<"CONF");
DBDriver sqlite3
DBDParams "$dir/db"
ClientCertTable people "sql:SELECT team FROM people WHERE mail = %s" ttl=0 negative_ttl=0 timeout=30
ClientCertTable large "sql:SELECT who FROM large WHERE cn = %s"
CONF
    test_many($h);
    $h->stop;
};

subtest 'OpenLDAP' => sub {
    my $module = glob '/usr/lib/apache2/modules/mod_ldap.so /usr/lib*/httpd/modules/mod_ldap.so';
    my $missing = slapd_missing() // ($module ? undef : 'not installed: mod_ldap');
    if ($missing) {
        die "$missing\n" if $ENV{CI};
        plan skip_all => $missing;
    }
    my $ldif = <<'LDIF' . join '', map { <<"LDIF" } @known;
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: uid=alice,dc=example,dc=com
objectClass: account
uid: alice
LDIF_LARGE
dn: uid=bob,dc=example,dc=com
objectClass: account
uid: bob
description: bob

LDIF
dn: uid=g$_,dc=example,dc=com
objectClass: account
uid: g$_
description: m$_\@example.com

LDIF
    my $large = join '', map { "description: $_" . 'x' x 60_000 . "\n" } 10 .. 29;
    my $directory = slapd(ldif => $ldif =~ s/LDIF_LARGE\n/$large\n/r, tls => 'localhost',
        conf => "access to * by * read\n");
    my $start = $directory->url . '/dc=example,dc=com';
    my $h = serve('ldap', <<"CONF");
ClientCertTable people "ldap:$start?uid?sub?(description=%s)" ttl=0 negative_ttl=0 timeout=30
ClientCertTable large "ldap:$start?description?sub?(uid=%s)"
CONF
    test_many($h);
    $h->stop;
};

done_testing;
