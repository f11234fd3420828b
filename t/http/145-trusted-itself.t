# SPDX-License-Identifier: Apache-2.0
# Tests a self-signed CA certificate that is in the file of CAs by itself: it is a client, as for
# mod_ssl, and no other CA certificate is.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Session;
use ClientCert::Test::Tool;

my $ca   = ClientCert::Test->ca;
my %self = (self => 1, extension => 'basicConstraints = critical,CA:TRUE');
my $own  = certificate('own', '/O=Example/CN=own', %self);
my $twin = certificate('twin', '/O=Example/CN=own', %self);
# The same name and key, but other octets.
my $other = $own =~ s{[^/]*$}{other}r;
system "openssl req -x509 -new -key $own.key -subj /O=Example/CN=own -days 9 -out $other.pem 2>/dev/null" and die;
link "$own.key", "$other.key" or die;
my $below = certificate('below', '/CN=below', issuer => $own,
    extension => "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,digitalSignature,keyCertSign");
my $leaf   = certificate('leaf', '/CN=leaf', issuer => $own);
my $signer = certificate('signer', '/CN=signer', self => 1,
    extension => "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign");

announce('CC0104', 'CC0106', 'CC0110', 'AH01630', qr/CC07\d\d/, qr/AH0(?:2039|2276|1909|2229)/, qr/SSL Library Error/);

for my $by ('SSLCACertificateFile', 'ClientCertCA') {
    for my $store (session_stores()) {
        my $h = ClientCert::Test->server(
            modules => [qw(headers authz_user)],
            global  => session_conf($store),
            files   => { 'conf/cas.pem' => join('', map { read_file("$_.pem") } $own, $signer, "$ca/staff"),
                'htdocs/private' => "here\n" },
            conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@TLS\@
    SSLVerifyClient optional
    SSLVerifyDepth 4
    $by conf/cas.pem
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    <Location /private>
        Require clientcert-user own leaf
    </Location>
</VirtualHost>
CONF
        for my $tls ('1.2', '1.3') {
            my %o = (tls => $tls, cert => $own);
            my $first = full($h, '/private', %o);
            is "$first->{status} $first->{headers}{user}", '200 own',
                "$by, $store, TLS $tls: a self-signed CA certificate that is trusted itself is a client";
            my $again = resumed($h, $first, '/private', %o);
            is "$again->{reused} $again->{status} $again->{headers}{user}", '1 200 own', 'also resumed';
            is $h->s_client(%o, cert => $_, get => '/private')->{status}, 0,
                'not one with its name and another ' . ($_ eq $twin ? 'key' : 'content') for $twin, $other;
            my $said = $h->s_client(%o, cert => $below, get => '/private');
            ok $said->{status} == 0 || ($said->{status} == 403 && !$said->{headers}{user}), 'nor one below it';
            is $h->s_client(%o, cert => $signer, get => '/private')->{status}, 0,
                'nor one that may only sign certificates';
            is $h->s_client(%o, cert => $leaf, get => '/private')->{headers}{user}, 'leaf',
                'and it may issue others';
        }
        is answer($h, 'explain', "$own.pem")->{verdict}{user}, 'own', 'the tool says the same';
        $h->stop;
    }
}

done_testing;
