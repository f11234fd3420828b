# SPDX-License-Identifier: Apache-2.0
# Tests issuer=: a row with a serial number counts for the certificates of its own CA alone.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;

my $ca = ClientCert::Test->ca;

sub openssl_says { my ($name, @what) = @_; return `openssl x509 -in $ca/$name.pem -noout @what` =~ /=(.*)/ }
my %serial = map { ($_ => openssl_says($_, '-serial')) } qw(alice bob service);
my ($staff, $services) = map { openssl_says($_, '-issuer', '-nameopt', 'RFC2253') } qw(alice service);
isnt $staff, $services, 'there are two CAs';

my $h = ClientCert::Test->server(
    modules => ['authz_user', 'headers'],
    files   => {
        'conf/badges' => <<"MAP",
$serial{alice} alice "$staff" staff,admins
$serial{alice} imposter "$services" admins
$serial{service} cart "$staff" admins
$serial{bob} bob "\L$staff\E" staff
MAP
        map { ("htdocs/$_/page" => "$_\n") } qw(not dbm),
    },
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable badges file:conf/badges octets issuer=2 reload=0.5
    ClientCertMap serial in badges user=$1 group=$3
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Groups "expr=%{clientcert:group}"
    <Location "/not">
        ClientCertMap serial !in badges user=guest
    </Location>
</VirtualHost>
CONF

sub who {
    my ($path, $cert) = @_;
    my $response = $h->get($path, cert => $cert);
    return join ' ', $response->{status}, grep { length } map { $response->{headers}{$_} // '' } qw(user groups);
}

is who('/', 'alice'), '200 alice staff,admins', 'the row of the CA counts';
is who('/', 'bob'), '200 bob staff', 'whose name is compared as a DN';
is who('/', 'service'), '200', 'a row of another CA does not, though it has the serial number';
is who('/not/page', 'service'), '200 guest', '!in holds for it';
is who('/not/page', 'alice'), '200', 'and not for a certificate that is listed';
replace($h->path('conf/badges'), qq($serial{service} cart "$services" services\n));
ok $h->wait_log(qr{CC0131: .*badges}), 'a change is followed';
is who('/', 'service'), '200 cart services', 'with the rows of the other CA';
is who('/', 'alice'), '200', 'instead of those of the first';
announce('CC0132');
replace($h->path('conf/badges'), "$serial{alice} alice Staff\n");
ok $h->wait_log(qr{CC0132: .*badges:1: "Staff": not a valid name}), 'a row without a name is a bad line';
is who('/', 'service'), '200 cart services', 'and the rows stay';
$h->stop;

done_testing;
