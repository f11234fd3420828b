# SPDX-License-Identifier: Apache-2.0
# Tests what must never give an identity behind a proxy: other peers, other headers, damaged ones,
# and certificates that do not verify here, whatever the proxy says.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Forwarded;

use MIME::Base64 qw(encode_base64);

# The proxies have the address 127.0.0.2; all other connections come from 127.0.0.1.
my @proxy = (curl => ['--interface', '127.0.0.2']);
my $rules = <<'CONF';
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1
CONF
my $h = ClientCert::Test->server(
    modules => ['headers', 'remoteip'],
    cgi     => 1,
    files   => { 'htdocs/failed.html' => "failed\n" },
    conf    => <<"CONF");
RemoteIPHeader X-Forwarded-For
ClientCertTrustedProxy 127.0.0.2
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader rfc9440
    ErrorDocument 400 /failed.html
    Header always set User "%{CLIENTCERT_USER}e"
$rules
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader rfc9440
    ClientCertTrustedProxyCert subject.CN == nobody
    ClientCertTrustedProxyCert san.email == "bob\@example.com" issuer.CN == "Staff CA"
$rules
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader xfcc
$rules
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader pem-url header=X-Cert chain=X-Chain
$rules
</VirtualHost>
<VirtualHost *:\@PORT5\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader der header=X-Cert
$rules
</VirtualHost>
<VirtualHost *:\@PORT6\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertTolerate On
    ClientCertHeader rfc9440
$rules
</VirtualHost>
<VirtualHost *:\@PORT7\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertHeader rfc9440
$rules
</VirtualHost>
<VirtualHost *:\@PORT8\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader pem-bare
$rules
</VirtualHost>
<VirtualHost *:\@PORT9\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader alb
$rules
</VirtualHost>
CONF
my ($rfc9440, $certified, $xfcc, $pem_url, $der, $tolerates, $no_ca, $bare, $alb) = 1 .. 9;

announce('CC0104', 'CC0145', 'CC0146', 'CC0190');

sub user {
    my ($port, @options) = @_;
    my $response = $h->get('/cgi-bin/env', port => $port, @options);
    my $env      = $h->cgi_env($response);
    return $response->{status} == 200 ? $env->{CLIENTCERT_USER} // '' : $response->{status};
}

sub is_nobody {
    my ($port, $headers, $why, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    is user($port, @proxy, headers => $headers), '', "$claim: nobody";
    return ok $h->wait_log($why), 'and the log has the reason';
}

my @alice = forwarded('rfc9440', 'alice');
my $alice = forwarded_value('rfc9440', 'alice');

# ---- peers

for my $tls ('1.2', '1.3') {
    is user($rfc9440, @proxy, tls => $tls, headers => \@alice), 'alice', "TLS $tls: the proxy";
    $h->mark_log;
    is user($rfc9440, tls => $tls, headers => \@alice), '', "TLS $tls: another address: nobody";
    ok $h->wait_log(qr/CC0146: removed the request header Client-Cert: 127\.0\.0\.1 is not a trusted/),
        'and a line';
    is user($rfc9440, tls => $tls, cert => 'bob', headers => \@alice), 'bob',
        "TLS $tls: another address: its own certificate counts";
    is user($rfc9440, @proxy, tls => $tls, cert => 'bob'), '',
        "TLS $tls: the proxy without the header: nobody, not the proxy";

    is user($certified, @proxy, tls => $tls, cert => 'bob', headers => \@alice), 'alice',
        "TLS $tls: a proxy with the right certificate";
    is user($certified, @proxy, tls => $tls, cert => 'admin', headers => \@alice), 'admin',
        "TLS $tls: with another one: it is an ordinary client";
    $h->mark_log;
    is user($certified, @proxy, tls => $tls, headers => \@alice), '', "TLS $tls: without one: nobody";
    ok $h->wait_log(qr/CC0146: removed the request header Client-Cert: the proxy 127\.0\.0\.2 has no cert/),
        'and a line';
    is user($certified, tls => $tls, cert => 'bob', headers => \@alice), 'bob',
        "TLS $tls: with the right one from another address: an ordinary client";
}
is user($rfc9440, headers => [@alice, 'X-Forwarded-For: 127.0.0.2']), '',
    'X-Forwarded-For makes no peer trusted';
is user($rfc9440, @proxy, headers => [@alice, 'X-Forwarded-For: 192.0.2.9']), 'alice',
    'nor another one of the proxy';
is user($rfc9440, @proxy, headers => ['X-Forwarded-Client-Cert: ' . forwarded_value('xfcc', 'alice')]), '',
    'a header of another format is not read';

# ---- more than one

is_nobody($rfc9440, [@alice, forwarded('rfc9440', 'bob')], qr/CC0145: .*CC04/, 'two headers');
is_nobody($rfc9440, ["Client-Cert: $alice, $alice"], qr/CC0145: .*CC04/, 'a list');
is_nobody($rfc9440, [@alice, "client_cert: $alice"], qr/CC0145: .*two spellings/, 'two spellings');
is user($rfc9440, @proxy, headers => ["Client_Cert: $alice"]), '', 'another spelling alone: nobody';
is_nobody($pem_url, [forwarded('pem-url', 'alice', header => 'X-Cert'),
    'X_Chain: ' . forwarded_chain('pem-url', 'staff'), 'X-Chain: ' . forwarded_chain('pem-url', 'staff')],
    qr/CC0145: .*chain.*two spellings/, 'two spellings of the chain');
for ([$xfcc, 'xfcc', 'X-Forwarded-Client-Cert'], [$pem_url, 'pem-url', 'X-Cert'], [$der, 'der', 'X-Cert'],
    [$bare, 'pem-bare', 'X-Forwarded-Tls-Client-Cert'], [$alb, 'alb', 'X-Amzn-Mtls-Clientcert-Leaf'])
{
    my ($port, $format, $name) = @$_;
    my @two = map { "$name: " . forwarded_value($format, $_) } 'alice', 'bob';
    is_nobody($port, \@two, qr/CC0145: .*CC04/, "two headers ($format), of which httpd makes one");
    is_nobody($port, [$_ ? ("$name;", $two[0]) : ($two[0], "$name;")], qr/CC0145: .*CC04/,
        "two headers ($format), of which one is empty") for 0, 1;
}
my ($first, $last) = map { forwarded_value('xfcc', $_) } 'alice', 'bob';
is user($xfcc, @proxy, headers => ["X-Forwarded-Client-Cert: $first,$last"]), 'bob',
    'of several elements, the last one counts';
is_nobody($xfcc, ["X-Forwarded-Client-Cert: $first,By=spiffe://example.com/proxy"], qr/CC0145: .*CC04/,
    'a last element without a certificate');
is_nobody($xfcc, ["X-Forwarded-Client-Cert: $first;"], qr/CC0145: .*CC04/, 'an element with an end too many');

# ---- garbage

my ($octets) = ders('alice');
my $base64   = encode_base64($octets, '');
for ([$rfc9440, 'Client-Cert', "$alice:", 'a colon too many'],
    [$rfc9440, 'Client-Cert', $base64, 'without colons'],
    [$rfc9440, 'Client-Cert', ':' . encode_base64($octets . "\0", '') . ':', 'an octet after the DER'],
    [$rfc9440, 'Client-Cert', ':' . encode_base64(substr($octets, 0, -1), '') . ':', 'an octet is missing'],
    [$der, 'X-Cert', '(null)', '(null)'],
    [$der, 'X-Cert', '{http.request.tls.client.certificate_der_base64}', 'a placeholder'],
    [$der, 'X-Cert', $base64 =~ s/^(.{64})/$1 /r, 'a blank in base64'],
    [$der, 'X-Cert', encode_base64($octets . $octets, ''), 'two certificates'],
    [$der, 'X-Cert', $base64 =~ s/^MII/mii/r, 'another letter'],
    [$pem_url, 'X-Cert', forwarded_value('pem-url', 'alice') x 2, 'PEM of two certificates'],
    [$pem_url, 'X-Cert', forwarded_value('pem-url', 'alice') . '%00', '%00'],
    [$pem_url, 'X-Cert', forwarded_value('pem-url', 'alice') =~ s/%2B/+/r =~ s/%2F/%2/r, 'half an escape'],
    [$pem_url, 'X-Cert', forwarded_value('pem-url', 'alice') =~ s/%0A/%20/gr, 'blanks for newlines'])
{
    my ($port, $name, $value, $what) = @$_;
    is_nobody($port, ["$name: $value"], qr/CC0145: the header \Q$name\E of the proxy 127\.0\.0\.2 is not used: CC0/, $what);
}
is_nobody($der, ['X-Cert;'], qr/CC0145: .*CC04/, 'an empty header');    # curl sends "X-Cert:"

# ---- certificates that do not verify here

for (qw(foreign selfsigned expired notyet serveronly ca-client forged deep)) {
    is_nobody($rfc9440, [forwarded('rfc9440', $_), 'SSL-Client-Verify: SUCCESS', 'X-SSL-Client-Verify: 0'],
        qr/CC0104: result=rejected .*via=/, "$_, whatever the proxy says");
}
is_nobody($rfc9440, [@alice, "ssl-client-verify: $_"], qr/CC0145: .*the proxy reports that the certificate/,
    "the proxy objects ($_)") for 'FAILED:certificate has expired', 'NONE';
is user($rfc9440, @proxy, headers => [@alice, 'ssl-client-verify: SUCCESS']), 'alice', 'or does not';

# A host that accepts certificates of unknown CAs in handshakes.
for my $port ($tolerates, $no_ca) {
    is user($port, @proxy, headers => [forwarded('rfc9440', $_)]), '', "$_ on a host that accepts any ($port)"
        for 'foreign', 'selfsigned';
    is user($port, @proxy, cert => 'selfsigned', headers => \@alice), 'alice',
        "a proxy with a certificate of an unknown CA, trusted by its address ($port)";
}

# ---- requests that cannot be read

for (['the proxy', '(null)', @proxy], ['a client', 'bob']) {
    my ($who, $user, @from) = @$_;
    my $response = $h->get('/cgi-bin/env', port => $rfc9440, cert => 'bob', @from,
        headers => [@alice, 'X-Long: ' . 'x' x 9000]);
    is "$response->{status} $response->{body} $response->{headers}{user}", "400 failed\n $user",
        "a request that httpd does not read, of $who: its error page";
}

done_testing;
