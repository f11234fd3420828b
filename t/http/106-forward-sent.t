# SPDX-License-Identifier: Apache-2.0
# Tests what ClientCertForward and ClientCertForwardIdentity send to back ends: over every protocol,
# version of TLS and HTTP, on connections that stay open and in sessions that are resumed.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::File;
use ClientCert::Test::Session;
use MIME::Base64 qw(encode_base64);

announce('CC0722');    # a section asks for a certificate

my $ca = ClientCert::Test->ca;

# The base64 of the DER of the first certificate of a PEM file.
sub base64_of {
    my ($name) = @_;
    my ($base64) = read_file("$ca/$name.pem") =~ /BEGIN CERT\w+-----\n(.*?)-----END/s;
    return $base64 =~ s/\n//gr;
}

my %backends = map { ($_ => backend($_)->url) } qw(http ajp fcgi scgi uwsgi);
my $h2c = ClientCert::Test->server(modules => ['-clientcert', '-ssl', 'http2'], cgi => 1,
    conf => "Protocols h2c http/1.1\n");
$backends{h2c} = 'h2c://127.0.0.1:' . $h2c->port . '/cgi-bin/env';
my $proxies  = join '', map { qq(ProxyPass "/$_" "$backends{$_}"\n) } sort keys %backends;

my $conf = <<"CONF";
ClientCertMap issuer.CN == "Staff CA" san.email =~ "(.+)\@example\\.com" user=\$1
ClientCertMap issuer.CN == "Department CA" user=deep
ClientCertMap subject.OU == staff group=staff group=all
ClientCertForward rfc9440
ClientCertForwardIdentity
$proxies
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    ScriptAlias "/here" "\@ROOT\@/cgi-bin/env"
    <Location "/http/chain">
        ClientCertForward rfc9440 chain=on
    </Location>
    <Location "/http/named">
        ClientCertForward der header=X-Cert chain=X-Chain
        ClientCertForwardIdentity user=X-User groups=off
    </Location>
    <Location "/http/user">
        ClientCertForward Off
    </Location>
    <Location "/http/off">
        ClientCertForward Off
        ClientCertForwardIdentity user=off groups=off
    </Location>
    <Location "/http/alone">
        ClientCertForwardIdentity user=off groups=off
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient none
    <Location "/http/ask">
        SSLVerifyClient optional
    </Location>
</VirtualHost>
CONF

my $modules = [qw(http2 alias proxy proxy_http proxy_http2 proxy_ajp proxy_fcgi proxy_scgi proxy_uwsgi)];
my $h       = ClientCert::Test->server(modules => $modules, cgi => 1, conf => $conf);

# All headers of a kind that reached it: "NAME=VALUE ...", the base64 of certificates by name.
my %base64 = map { (base64_of($_) => $_) } qw(alice bob deep deep-ca staff root partner);

sub sent {
    my ($response) = @_;
    my %all = $response->{body} =~ /^([-\w]*(?:cert|user|groups|chain)[-\w]*): (.*)\r$/mgi;
    delete $all{'User-Agent'};
    my $text = join ' ', map { "$_=$all{$_}" } sort keys %all;
    return $text =~ s{([A-Za-z0-9+/]{200,}=*)}{$base64{$1} // '?'}ger;
}

my $alice = 'Client-Cert=:alice: ClientCert-Groups=staff,all ClientCert-User=alice';

# ---- protocols of back ends

is sent($h->get('/http', cert => 'alice')), $alice, 'certificate, user and groups are sent by HTTP';
for my $way (qw(fcgi scgi uwsgi h2c here)) {
    my $env = $h->cgi_env($h->get("/$way", cert => 'alice'));
    is join(' ', map { $env->{"HTTP_$_"} } qw(CLIENTCERT_USER CLIENTCERT_GROUPS)),
        'alice staff,all', "user and groups are sent to $way";
    is $base64{ $env->{HTTP_CLIENT_CERT} =~ s/^:(.*):$/$1/r }, 'alice', 'and the certificate';
}
my $texts = $h->get('/ajp', cert => 'alice')->{body};
like $texts, qr/^.?ClientCert-User\n?.*alice/ms, 'the user is sent by AJP';
ok index($texts, ':' . base64_of('alice') . ':') >= 0, 'and the certificate';

# ---- scopes and names

is sent($h->get('/http/named', cert => 'alice')), 'X-Cert=alice X-Chain=staff X-User=alice',
    'the headers have the names that were chosen; groups are not sent';
is sent($h->get('/http/user', cert => 'alice')), $alice =~ s/Client-Cert=\S+ //r,
    'the identity is inherited where the certificate is not sent';
is sent($h->get('/http/off', cert => 'alice')), '', 'nothing is sent where both are off';
is sent($h->get('/http/alone', cert => 'alice')), 'Client-Cert=:alice:',
    'the certificate is inherited where the identity is not sent';

# ---- chains

is sent($h->get('/http/chain', cert => 'deep')),
    'Client-Cert=:deep: Client-Cert-Chain=:deep-ca:, :staff: ClientCert-Groups=staff,all'
    . ' ClientCert-User=deep', 'the chain has the verified path, without the leaf and the root';
is sent($h->get('/http', cert => 'deep')),
    'Client-Cert=:deep: ClientCert-Groups=staff,all ClientCert-User=deep', 'if it is asked for';

# ---- versions of TLS and HTTP, connections and sessions

for my $tls ('1.2', '1.3') {
    is sent($h->get('/http', cert => 'alice', tls => $tls)), $alice, "TLS $tls";
    is sent($h->get('/http', cert => 'alice', tls => $tls, http2 => 1)), $alice,
        "TLS $tls, HTTP/2";
    my $c = $h->connection(cert => 'alice', tls => $tls);
    is sent($c->request('/http')), $alice, "TLS $tls, a connection, request $_" for 1 .. 3;
    is sent($c->request('/http/off')), '', 'another scope on the same connection';
    is sent($c->request('/http/user')), $alice =~ s/Client-Cert=\S+ //r, 'one without the certificate';
    is sent($c->request('/http/alone')), 'Client-Cert=:alice:', 'one without the identity';
    is sent($c->request('/http')), $alice, 'and the first one again';
    $c = $h->connection(cert => 'alice', tls => $tls, port => 2, args => ['-enable_pha']);
    is sent($c->request('/http')), '', "TLS $tls: nothing before the server asks";
    is sent($c->request('/http/ask')), $alice, 'the certificate that it has asked for';
    is sent($c->request('/http')), $alice, 'and from then on';
}

my @parallel = $h->parallel([('/http', '/http/user', '/http/off') x 5], cert => 'alice');
is sent($parallel[0]), $alice, 'streams of one connection: certificate and identity';
is join(' ', map { sent($parallel[$_]) } 2, 5, 8, 11, 14), '    ', 'none where both are off';

for my $store (session_stores()) {
    my $k = ClientCert::Test->server(modules => $modules, conf => $conf =~ s/ScriptAlias.*//r,
        global => session_conf($store));
    for my $tls ('1.2', '1.3') {
        my $first = full($k, '/http/chain', cert => 'deep', tls => $tls);
        like sent($first), qr/^Client-Cert=:deep: Client-Cert-Chain=:deep-ca:, :staff: /,
            "TLS $tls, $store: a full handshake";
        my $again = resumed($k, $first, '/http/chain', tls => $tls);
        ok $again->{reused}, "TLS $tls, $store: a resumed session";
        is sent($again), 'Client-Cert=:deep: ClientCert-Groups=staff,all ClientCert-User=deep',
            'has the certificate; the chain cannot be built without what only the client sent';
        my $flat = full($k, '/http', cert => 'alice', tls => $tls);
        is sent(resumed($k, $flat, '/http', tls => $tls)), $alice, 'and nothing else is different';
    }
    $k->stop;
}

done_testing;
