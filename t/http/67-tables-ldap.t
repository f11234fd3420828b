# SPDX-License-Identifier: Apache-2.0
# Tests ldap: tables with a real slapd: keys in filters, binding, TLS, and a directory that is down,
# hangs or restarts.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Daemon;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Table;
use MIME::Base64 qw(encode_base64);

my $module  = glob '/usr/lib/apache2/modules/mod_ldap.so /usr/lib*/httpd/modules/mod_ldap.so';
my $missing = slapd_missing() // ($module ? undef : 'not installed: mod_ldap');
if ($missing) {
    die "$missing\n" if $ENV{CI};
    plan skip_all => $missing;
}

my $ca = ClientCert::Test->ca;

# ---- the directory

sub certificate {
    my ($name) = @_;
    open my $in, '-|', 'openssl', 'x509', '-in', "$ca/$name.pem", '-outform', 'DER' or die;
    local $/;
    return scalar <$in>;
}

sub said_of {
    my ($name, @what) = @_;
    open my $in, '-|', 'openssl', 'x509', '-in', "$ca/$name.pem", '-noout', @what or die;
    return <$in> =~ s/^.*?=\s*|\s*\z//gr;
}

# As Active Directory writes it: the issuer from its root down, the octets of the number reversed.
sub issuer_serial {
    my ($name) = @_;
    my $serial = join '', reverse lc(said_of($name, '-serial')) =~ /(..)/g;
    return "X509:<I>O=Example,CN=Staff CA<SR>$serial";
}

my $schema = <<'CONF';
attributetype ( 1.2.840.113556.1.4.867 NAME 'altSecurityIdentities'
    EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf'
    EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
attributetype ( 1.3.6.1.4.1.32473.1.1 NAME 'certOctets'
    EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
objectclass ( 1.3.6.1.4.1.32473.1.2 NAME 'certOwner' SUP top AUXILIARY
    MAY ( altSecurityIdentities $ memberOf $ userCertificate $ certOctets $ seeAlso ) )
CONF

sub person {
    my ($uid, $cert, $more) = @_;
    my $octets  = encode_base64(certificate($cert), '');
    my $digest  = encode_base64(pack('H*', said_of($cert, '-fingerprint', '-sha256') =~ tr/://dr), '');
    my $subject = said_of($cert, '-subject', '-nameopt', 'RFC2253');
    return <<"LDIF";
dn: uid=$uid,ou=people,dc=example,dc=com
objectClass: account
objectClass: certOwner
uid: $uid
seeAlso: $subject
altSecurityIdentities: @{[issuer_serial($cert)]}
userCertificate;binary:: $octets
certOctets:: $octets
certOctets:: $digest
$more

LDIF
}

my $ldif = <<'LDIF' . person('jane', 'alice', <<'MORE' . 'description: x') . person('bob', 'bob', 'description: y');
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=closed,dc=example,dc=com
objectClass: organizationalUnit
ou: closed

dn: uid=closed,ou=closed,dc=example,dc=com
objectClass: account
uid: closed
description: alice

dn: uid=one,ou=people,dc=example,dc=com
objectClass: account
uid: one
description: admin

dn: uid=two,ou=people,dc=example,dc=com
objectClass: account
uid: two
description: admin

dn: uid=nul,ou=people,dc=example,dc=com
objectClass: account
objectClass: certOwner
uid: nul
description: nul
certOctets:: YWRtaW4AeA==

LDIF
memberOf: cn=planners,ou=groups,dc=example,dc=com
memberOf: cn=Night\, shift,dc=example,dc=com
MORE

my $directory = slapd(
    schema => $schema,
    ldif   => $ldif,
    tls    => 'localhost',
    conf   => <<'CONF');
access to dn.children="ou=closed,dc=example,dc=com" by users read by tls_ssf=128 read
access to * by * read
CONF

# ---- the server

my $start   = $directory->url . '/ou=people,dc=example,dc=com';
my $options = 'timeout=2 ttl=0 negative_ttl=0';
my $closed  = $directory->url . '/ou=closed,dc=example,dc=com?uid?one?(description=%s)';
my $exact   = q(userCertificate={ serialNumber '%s'H, issuer rdnSequence:%22CN=Staff CA,O=Example%22 });

# path, table, rule
my @pages = (
    ['subject',  "$start?uid,memberOf?sub?(seeAlso=%s)", '', 'subject in subject user=$1 group=$2'],
    ['altsec', "$start?uid,memberOf?sub?(altSecurityIdentities=%s)", '',
        'altsec.issuer_serial in altsec user=$1 group=$2'],
    ['exact',  "$start?uid?sub?($exact)",              '',       'serial in exact user=$1'],
    ['der',    "$start?uid?sub?(certOctets=%o)",       '',       'der in der user=$1'],
    ['digest', "$start?uid?sub?(certOctets=%o)",       'octets', 'sha256 in digest user=$1'],
    ['name',   "$start?uid?sub?(description=%s)",      '',       'subject.CN in name user=$1'],
    ['bytes',  "$start?uid?sub?(certOctets=%o)",       '',       'subject.CN in bytes user=$1'],
    ['nul',    "$start?certOctets?sub?(%26(uid=nul)(!(description=%s)))", '', 'subject.CN in nul user=$1'],
    ['all',    "$start?uid?sub?(%26(uid=*)(!(uid=%s)))", '',     'subject.CN in all user=$1'],
    ['others', "$start?uid?sub?(uid=%s)",              '',       'subject.CN !in others user=other'],
    ['nobase', $directory->url . '/dc=other?uid?sub?(uid=%s)', '', 'subject.CN in nobase user=$1'],
    ['closed', $closed, '', 'subject.CN in closed user=$1'],
    ['bound',  $closed, '"binddn=cn=root,dc=example,dc=com" bindpassword=secret',
        'subject.CN in bound user=$1'],
    ['told',   $closed, '"binddn=cn=root,dc=example,dc=com" "bindpassword=exec:/bin/echo secret"',
        'subject.CN in told user=$1'],
    ['wrong',  $closed, '"binddn=cn=root,dc=example,dc=com" bindpassword=terces',
        'subject.CN in wrong user=$1'],
    ['tls', $directory->tls_url . '/ou=people,dc=example,dc=com?uid?sub?(seeAlso=%s)', '',
        'subject in tls user=$1'],
    ['kept', "$start?uid?sub?(seeAlso=%s)", 'ttl=60', 'subject in kept user=$1'],
);

sub serve {
    my ($global) = @_;
    my %files  = map { ("htdocs/$_->[0]/index.html" => "$_->[0]\n") } @pages;
    my $tables = join '',
        map { my ($name, $url, $more) = @$_; qq(ClientCertTable $name "ldap:$url" $more @{[
            $more =~ /ttl/ ? 'timeout=2' : $options]}\n) } @pages;
    my $rules = join '', map { <<"CONF" } @pages;
<Location "/$_->[0]">
    ClientCertMap $_->[3]
    Require valid-user
</Location>
<Location "/cgi-bin/env/$_->[0]">
    ClientCertMap $_->[3]
</Location>
CONF
    # A copy, because httpd's user may not read files of root.
    $files{'conf/root.pem'} = read_file("$ca/root.pem");
    return ClientCert::Test->server(modules => [qw(authz_user ldap)], cgi => 1, files => \%files,
        global => $global, conf => <<"CONF");
LDAPConnectionTimeout 2
LDAPTimeout 2
$tables
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $rules
</VirtualHost>
CONF
}

announce(qw(CC0133 CC0110 AH01630));
my $h = serve("LDAPTrustedGlobalCert CA_BASE64 conf/root.pem\n");

sub user_of {
    my ($page, $cert) = @_;
    return $h->cgi_env($h->get("/cgi-bin/env/$page", cert => $cert))->{REMOTE_USER};
}

sub status_of {
    my ($page, $cert) = @_;
    return $h->get("/$page/", cert => $cert)->{status};
}

# ---- keys

for my $page (qw(subject altsec exact der digest tls kept)) {
    is user_of($page, 'alice'), 'jane', "$page: one entry, one user";
    is user_of($page, 'bob'),   'bob',  'and another';
    is status_of($page, 'admin'), 403, 'a client without an entry has no identity';
}
is $h->cgi_env($h->get('/cgi-bin/env/altsec', cert => 'alice'))->{CLIENTCERT_GROUPS},
    'cn=planners\x5c,ou=groups\x5c,dc=example\x5c,dc=com,cn=Night\x5c\x5c\x5c, shift\x5c,dc=example\x5c,dc=com',
    'several values of an attribute are several groups';
is $h->cgi_env($h->get('/cgi-bin/env/altsec', cert => 'bob'))->{CLIENTCERT_GROUPS}, undef,
    'a missing attribute has no value';
fails_ok($h, '/name/', 'admin', qr/name.*more than one entry/, 'two entries are a failure');
fails_ok($h, '/all/', 'admin', qr/more than one entry/, 'and so are many');
fails_ok($h, '/nobase/', 'alice', qr/No such object/, 'a missing base is a failure');
fails_ok($h, '/bytes/', 'sql-cn', qr/not base64/, 'a key for %o must be octets');
fails_ok($h, '/nul/', 'alice', qr/certOctets contains a NUL/, 'a value with a NUL is a failure');

$h->mark_log;
for my $cert (qw(filter-cn sql-cn escape-cn)) {
    is status_of('name', $cert),   403, "$cert has a name without an entry";
    is status_of('others', $cert), 200, 'and !in holds';
}
is scalar $h->log_lines(qr/CC0133/), 0, 'and no error in the filter';

# ---- binding

is status_of('closed', 'alice'), 403, 'an entry closed to anonymous is not found without a bind';
is user_of('bound', 'alice'), 'closed', 'a bind finds it';
is user_of('told',  'alice'), 'closed', 'also with a password printed by a program';
fails_ok($h, '/wrong/', 'alice', qr/Invalid credentials/, 'a wrong password is a failure');
is scalar(grep { /terces/ } split /\n/, $h->log), 0, 'and is not in the log';
is status_of('closed', 'alice'), 403, 'and the next one without is anonymous again';

# ---- a directory in trouble

is user_of('subject', 'alice'), 'jane', 'there is a connection';
hangs_ok($h, $directory, '/subject/', qr/no answer|Timed out/);
down_ok($h, $directory, '/subject/', qr/contact/, 2);
$directory->stop;
$directory->start;
is status_of('subject', 'alice'), 200, 'an unnoticed restart is survived';

restarts_ok($h, $directory, '/subject/', 3);
$h->stop;

# ---- TLS

$h = serve("LDAPTrustedGlobalCert CA_BASE64 conf/root.pem\nLDAPTrustedMode STARTTLS\n"
        . "LogLevel ldap:trace8\n");
is user_of('closed', 'alice'), 'closed',
    'with STARTTLS a directory returns entries that it hides otherwise';
$h->stop;
$h = serve("LDAPTrustedGlobalCert CA_BASE64 $ca/foreign.pem\n");
fails_ok($h, '/tls/', 'alice', qr/contact/, 'a directory of an unknown CA is not asked');
$h->stop;

# ---- the example

$h = example('ldap', define => { LDAP => $directory->url },
    files => { map { ("htdocs/$_" => "$_\n") } qw(everybody plans) });
is $h->get('/plans', cert => 'alice')->{status}, 200, 'conf/examples/ldap.conf: planners plan';
is $h->get('/plans', cert => 'bob')->{status},   403, 'others do not';
is $h->get('/everybody', cert => 'bob')->{status},   200, 'but have an identity';
is $h->get('/everybody', cert => 'admin')->{status}, 403, 'unless they have no entry';
$h->stop;

# ---- configuration

sub refused_ok {
    my ($words, $why, $name, @options) = @_;
    my $output = table_refused_ok($words, $why, $name, modules => ['ldap'], @options);
    unlike $output, qr/terces/, 'without the password';
    return;
}

my $good = 'ldap:ldap://localhost/dc=example?uid?sub?(a=%s)';
refused_ok('ldap:http://localhost/', qr/CC0642.*site\.conf:1.*not an LDAP URL/, 'no LDAP URL');
refused_ok('ldap:ldapi:///dc=a?uid?sub?(a=%s)',          qr/CC0642.*ldaps:/,      'a local socket');
refused_ok('ldap:ldap:///dc=a?uid?sub?(a=%s)',           qr/CC0642.*no host/,     'no host');
refused_ok('ldap:ldap://a/dc=a??sub?(a=%s)',             qr/CC0642.*attributes/,  'no attributes');
refused_ok('ldap:ldap://a/dc=a?*?sub?(a=%s)',            qr/CC0642.*one by one/,  'all attributes');
refused_ok('ldap:ldap://a/dc=a?uid?sub',                 qr/CC0642.*one %s/,      'no filter');
refused_ok('ldap:ldap://a/dc=a?uid?sub?(a=b)',           qr/CC0642.*one %s/,      'no key in it');
refused_ok('ldap:ldap://a/dc=a?uid?sub?(|(a=%s)(b=%s))', qr/CC0642.*one %s/,      'or two');
refused_ok('ldap:ldap://a/dc=a?uid?sub?(|(a=%s)(b=%o))', qr/CC0642.*one %s/,      'of any kind');
refused_ok('ldap:ldap://a/dc=a?uid?sub?((a=%s)',         qr/CC0642.*parenthes/,   'a bad filter');
refused_ok('ldap:ldap://a/dc=a?uid?sub?(a=%s)?x=y',      qr/CC0642.*extension/,   'an extension');
refused_ok('ldap:ldap://me:terces@a:1/dc=a?uid?sub?(a=b)', qr/CC0642: (?!.*terces)/, 'a password');
refused_ok("$good bindpassword=terces",                  qr/CC0644.*both/,        'nobody binds');
refused_ok("$good binddn=cn=a",                          qr/CC0644.*both/,        'no password');
refused_ok("$good binddn=cn=a bindpassword=",            qr/CC0645.*bindpassword/, 'an empty one');
refused_ok("$good binddn=cn=a bindpassword=terces bindpassword=terces", qr/CC0606/, 'or two');
refused_ok("$good binddn=cn=a bindpassword=exec:/bin/true", qr/CC0644.*no password/,
    'a program that says nothing');
refused_ok("$good binddn=cn=a bindpassword=exec:/no/such", qr/CC0644.*no password/,
    'a missing program');
refused_ok($good, qr/CC0643.*mod_ldap/, 'mod_ldap is not loaded', modules => []);

done_testing;
