# SPDX-License-Identifier: Apache-2.0
# Tests conditions on several fields on a server: two fields, keys of several fields, networks.
use strict;
use warnings;
use ClientCert::Test;
use Math::BigInt;

my $ca = ClientCert::Test->ca;

sub serial {
    my ($name) = @_;
    return lc((`openssl x509 -in $ca/$name.pem -noout -serial` =~ /=(\w+)/)[0]);
}
my ($alice, $bob) = map { serial($_) } qw(alice bob);
my $decimal = Math::BigInt->from_hex($alice)->bstr;
my $issuer  = 'CN=Staff CA,O=Example';

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/pairs.map' => qq("$issuer;$alice" alice.of.staff\n"CN=Other CA,O=Example;$bob" bob.of.other\n),
        (map { ("htdocs/$_/page" => "$_\n") } qw(pairs same other serial network required denied)),
        'htdocs/required/.htaccess' => "Require clientcert subject.CN == %{san.upn|local}\n",
        'htdocs/denied/.htaccess' =>
            "<RequireAll>\nRequire not clientcert subject.CN != %{san.upn|local}\n"
            . "Require clientcert\n</RequireAll>\n",
    },
    conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertTable pairs file:conf/pairs.map
    Header always set User "expr=%{REMOTE_USER}"
    <Directory "\@ROOT\@/htdocs">
        AllowOverride AuthConfig
    </Directory>
    <Location "/pairs">
        ClientCertMap (issuer,serial) in pairs user=\$1
    </Location>
    <Location "/same">
        ClientCertMap issuer == "$issuer" subject.CN == %{san.upn|local} user=%{subject.CN}
    </Location>
    <Location "/other">
        ClientCertMap issuer == "$issuer" subject.CN != %{san.upn|local} user=%{subject.CN}
    </Location>
    <Location "/serial">
        ClientCertMap issuer == "$issuer" serial == dec:$decimal user=by.serial
    </Location>
    <Location "/network">
        ClientCertMap san.ip under 10.0.0.0/8 user=inside
        ClientCertMap issuer == "$issuer" user=outside
    </Location>
</VirtualHost>
CONF
announce('AH01630', 'CC0110');

sub who {
    my ($path, $cert) = @_;
    my $response = $h->get($path, cert => $cert);
    return join ' ', $response->{status}, $response->{headers}{user} || ();
}

is who('/pairs/page', 'alice'), '200 alice.of.staff', 'a row with the CA and the serial number';
is who('/pairs/page', 'bob'),   '200', 'the row of another CA is not for this certificate';
is who('/same/page', 'alice'),  '200 alice', 'two fields are equal';
is who('/same/page', 'bob'),    '200', 'a field without a value equals none';
is who('/other/page', 'alice'), '200', 'and the other way round';
is who('/other/page', 'bob'),   '200 bob', 'no value is equal';
is who('/serial/page', 'alice'), '200 by.serial', 'a serial number in decimal';
is who('/serial/page', 'bob'),  '200', 'is that of one certificate';
is who('/network/page', 'alice'), '200 outside', 'a network';
is who('/required/page', 'alice'), '200', 'Require clientcert';
is who('/required/page', 'bob'), '403', 'refuses';
is who('/denied/page', 'alice'), '200', 'Require not clientcert';
is who('/denied/page', 'bob'), '403', 'refuses what its condition holds for';

done_testing;
