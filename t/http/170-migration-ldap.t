# SPDX-License-Identifier: Apache-2.0
# Tests the sections "mod_authnz_ldap" and "mod_authz_ldap" of doc/migration.md with a real slapd.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Daemon;
use ClientCert::Test::Forwarded qw(ders);
use ClientCert::Test::Migration;
use MIME::Base64 qw(encode_base64);

my ($module) = map { glob "$_/mod_authnz_ldap.so" } '/usr/lib/apache2/modules',
    '/usr/lib*/httpd/modules';
my $missing  = slapd_missing() // ($module ? undef : 'not installed: mod_authnz_ldap');
if ($missing) {
    die "$missing\n" if $ENV{CI};
    plan skip_all => $missing;
}

# ---- the directory

my $ca = ClientCert::Test->ca;
sub said {
    my ($cert, @what) = @_;
    return qx(openssl x509 -in '$ca/$cert.pem' -noout @what) =~ s/^\w+=\s*|\s*\z//gr;
}

# A person of the directory, with an entry that maps the certificate. Its groups are in both places.
my %map_entries;
sub person {
    my ($uid, $cert, $description) = @_;
    my ($subject, $issuer) = map { said($cert, $_, '-nameopt compat') } qw(-subject -issuer);
    my $serial = said($cert, '-serial');
    my $der    = encode_base64((ders($cert))[0], '');
    $map_entries{$uid} = <<"LDIF";
dn: uid=$uid,ou=certmap,dc=example,dc=com
objectClass: account
objectClass: authzLDAPmap
uid: $uid
issuerDN: $issuer
subjectDN: $subject
serialNumber: $serial
userCertificate;binary:: $der
owner: uid=$uid,ou=people,dc=example,dc=com

LDIF
    return <<"LDIF";
dn: uid=$uid,ou=people,dc=example,dc=com
objectClass: account
objectClass: certOwner
uid: $uid
description: $description
memberOf: cn=${description}s,ou=groups,dc=example,dc=com
userPrincipalName: $uid\@corp.example.com
altSecurityIdentities: X509:<I>O=Example,CN=Staff CA<S>O=Example,OU=staff,OU=admins,CN=$uid

LDIF
}
my $people = person('alice', 'alice', 'planner') . person('bob', 'bob', 'reader')
    . person('two-cn', 'two-cn', 'planner') . person('service', 'service', 'planner');
my $directory = slapd(schema => <<'SCHEMA', ldif => <<"LDIF");
attributetype ( 1.2.840.113556.1.4.867 NAME 'altSecurityIdentities'
    EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName'
    EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.2.102 NAME 'memberOf'
    EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 )
attributetype ( 1.3.6.1.4.1.4263.5.1 NAME 'issuerDN'
    EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.4263.5.2 NAME 'subjectDN'
    EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.4263.5.3 NAME 'authzLDAPmap' SUP top AUXILIARY
    MUST ( issuerDN $ owner ) MAY ( userCertificate $ serialNumber $ subjectDN ) )
objectclass ( 1.3.6.1.4.1.32473.1.2 NAME 'certOwner' SUP top AUXILIARY
    MAY ( altSecurityIdentities $ memberOf $ userPrincipalName ) )
SCHEMA
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: ou=certmap,dc=example,dc=com
objectClass: organizationalUnit
ou: certmap

$people
dn: cn=planners,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: planners
member: uid=alice,ou=people,dc=example,dc=com
member: uid=two-cn,ou=people,dc=example,dc=com
member: uid=service,ou=people,dc=example,dc=com

@{[values %map_entries]}
LDIF
my $url = $directory->url;

my @paths = ('/page', '/plans/page');
sub server {
    my ($block) = @_;
    $block =~ s{ldap://ldap\.example\.com}{$url}g;
    my %server = server_of($block, '/plans');
    return ClientCert::Test->server(%server, modules => [@{ $server{modules} },
        qw(ldap authnz_ldap)]);
}
announce('AH00027', 'AH01630', 'AH02227', 'CC0104', 'CC0106', 'CC0110', 'CC0150', 'CC0152',
    'CC0154', qr/\[(?:ssl|authz_core|authnz_ldap|authz_ldap):error\]/);

# ---- mod_authnz_ldap

my ($before, @after) = fenced(section('mod_authnz_ldap'), 'apache');
my $h   = server($before);
my $was = answers($h, \@paths, everyone());
$h->stop;
is $was->{'/plans/page alice'}, 'alice', 'mod_authnz_ldap admits members of the group';
is $was->{'/plans/page bob'}, undef, 'and no others';
is scalar @after, 2, 'there are two ways';
for my $n (0 .. $#after) {
    $h = server($after[$n]);
    my $is = answers($h, \@paths, everyone());
    compare('mod_authnz_ldap, ' . ($n + 1), $was, $is,
        'escape-cn' => 'mod_ssl doubles backslashes');
    is $is->{'/plans/page service'}, undef, 'a client of another CA is no member of the group';
    $h->stop;
}

# ---- mod_authz_ldap

my $part = section('mod_authz_ldap');
(undef, my $mapped) = fenced($part, 'apache');
$h = server($mapped);
my $is = answers($h, \@paths, everyone());
is_deeply { map { ($_ => $is->{$_}) } grep { defined $is->{$_} } grep { /plans/ } keys %$is },
    { '/plans/page alice' => 'alice', '/plans/page two-cn' => 'two-cn' },
    'a certificate with an entry of the map and the attribute gets in, and no other';
is $is->{'/page bob'}, 'bob', 'the user is the attribute of the entry';
$h->stop;

# Each method, by its row of the table: its rule gives a group of its name.
my @rows = map { [map { s/\\\|/|/gr } /^\| `(\w+)`(.*?) \| `(.*?)` \| `(.*?) in certmap` \|$/] }
    grep { / in certmap` / } split /\n/, $part;
is scalar @rows, 6, 'the table has a row for each method';
# Without that for other servers: OpenLDAP compares certificates by issuer and serial number.
my @certs = grep { $_->[1] ne ', with others' } @rows;
my $rules = join '', map {
    my ($n, $method, $filter, $field) = ($_, @{ $certs[$_] }[0, 2, 3]);
    my $ou = $method eq 'ad' ? 'people' : 'certmap';
    qq(ClientCertTable t$n "ldap:$url/ou=$ou,dc=example,dc=com?uid?one?$filter"\n)
        . qq(ClientCertMap issuer == "CN=Staff CA,O=Example" $field in t$n )
        . qq(group=$method$n user=\$1\n);
} 0 .. $#certs;
$h = ClientCert::Test->server(modules => ['headers', 'ldap'], conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient require
    Header always set Who "expr=%{clientcert:user}: %{clientcert:group}"
$rules</VirtualHost>
CONF
sub who { my ($cert) = @_; return $h->get('/index.html', cert => $cert)->{headers}{who} }
is who('alice'), 'alice: certificate0,issuerserial1,issuersubject2,ad3,ad4',
    'each method finds the user';
is who('bob'), 'bob: certificate0,issuerserial1,issuersubject2', 'by the names of that certificate only';
is who('noeku'), ':', 'and none for a certificate without an entry';

done_testing;
