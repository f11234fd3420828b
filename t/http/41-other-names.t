# SPDX-License-Identifier: Apache-2.0
# Tests that alternative names that are structures, and attributes of directory names, map clients.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Tool;

my $h = ClientCert::Test->server(
    files => { 'conf/names' => "hardware:1.3.6.1.4.1.32473.7:0a1b rack\nuri:urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6 door\n" },
    cgi   => 1,
    conf  => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable names file:conf/names
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.fascn.identifier == 0032-0001-092446 user=%{san.fascn.identifier}
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.fascn == D0:43:94:58:21:0C:2C:19:A0:84:6D:83:68:5A:10:82:10:8C:E7:39:84:10:8C:A3:FC group=fascn
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.dirname.C == ES group=holder-%{san.dirname.1.3.6.1.4.1.32473.9}
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.der.1.3.6.1.4.1.32473.3 == 04020a1b group=der
    ClientCertMap issuer == "CN=Services CA,O=Example" san.permanent == 1.3.6.1.4.1.32473.8:4711 user=%{san.permanent}
    ClientCertMap issuer == "CN=Services CA,O=Example" san.hardware =~ "1\.3\.6\.1\.4\.1\.32473\.7:([0-9a-f]+)" group=module-$1
    ClientCertMap issuer == "CN=Services CA,O=Example" group=serial-%{san.der.1.3.6.1.5.5.7.8.4|at(2)|contents|hex}
    ClientCertMap issuer == "CN=Services CA,O=Example" san.der.1.3.6.1.5.5.7.8.4|at(1)|oid == 1.2.3 deny
    ClientCertMap issuer == "CN=Services CA,O=Example" san.any == "email:jürgen@example.com" group=mailbox
    ClientCertMap san.any in names group=$1
</VirtualHost>
CONF

sub identity {
    my ($cert) = @_;
    my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => $cert));
    return [$env->{CLIENTCERT_USER}, split /,/, $env->{CLIENTCERT_GROUPS} // ''];
}

is_deeply identity('piv'), ['0032-0001-092446', qw(fascn holder-4711 der door)], 'a PIV card';
is_deeply identity('device'), ['1.3.6.1.4.1.32473.8:4711', qw(module-0a1b serial-0a1b mailbox rack)], 'a device';

my $ca = ClientCert::Test->ca;
my $shown = tool('show', "$ca/piv.pem")->{output};
like $shown, qr/^san\.fascn\.identifier == "0032-0001-092446"$/m, 'show: digits of the FASC-N';
like $shown, qr/^san\.der\.1\.3\.6\.1\.4\.1\.32473\.3 == 04020a1b$/m, 'octets of a name that is no text';
unlike $shown, qr/^san\.any/m, 'and no name twice';
like tool('show', '--all', "$ca/device.pem")->{output}, qr/^san\.any == "email:jürgen\@example\.com"$/m, 'unless all are wanted';
unlike tool('show', "$ca/alice.pem")->{output}, qr/^san\.der/m, 'a name that is text is not shown as octets';

done_testing;
