# SPDX-License-Identifier: Apache-2.0
# Tests the sections "Headers made by hand" and "From Tomcat's SSLValve" of doc/migration.md: behind
# nginx, the After admits the same clients, and a back end gets no header that a client sent.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Forwarded qw(forwarded_value);
use ClientCert::Test::Migration;
use ClientCert::Test::Proxy;
use ClientCert::Test::Sent;

proxy_version('nginx');    # the test is skipped without it

my $page = section('Behind a proxy');

# The blocks of httpd below "### TITLE".
sub blocks {
    my ($title) = @_;
    my ($part) = $page =~ /^(### \Q$title\E\n.*?)(?=^### |\z)/ms;
    return fenced($part, 'apache');
}
sub server {
    my ($block, %o) = @_;
    my %server = server_of($block =~ s/192\.0\.2\.10/127.0.0.1/r, '/admin');
    push @{ $server{modules} }, @{ delete $o{modules} // [] };
    return ClientCert::Test->server(%server, %o);
}

# ---- headers made by hand

my ($before, $after, $header) = blocks("Headers made by hand");
my @paths = ('/page', '/admin/page');
my $line  = 'proxy_set_header   ssl-client-cert   $ssl_client_escaped_cert;';
my @by_hand = ('X-SSL-Client-Verify', 'X-SSL-Client-S-DN');
announce('AH01630', 'CC0104', 'CC0106', 'CC0110', 'CC0150', 'CC0152', 'CC0154',
    qr/\[authz_core:error\]/);

my $h     = server($before);
my $nginx = proxy('nginx', to => $h->port, replace => { $line =>
    "proxy_set_header $by_hand[0] \$ssl_client_verify;\n"
        . "proxy_set_header $by_hand[1] \$ssl_client_s_dn;" });
my $was    = answers($nginx, \@paths, everyone());
my @forged = (headers => ["$by_hand[0]: SUCCESS", "$by_hand[1]: CN=alice,OU=staff"]);
is $h->get('/admin/page', @forged)->{status}, 200,
    'a client that reaches httpd directly can be anyone';
$_->stop for $nginx, $h;
ok defined $was->{'/admin/page alice'}, 'nginx sends the headers of the Before';

# The header for an application is that of the last block.
$h = server($after . $header, cgi => 1);
$nginx = proxy('nginx', to => $h->port);
my $is = answers($nginx, \@paths, everyone());
is_deeply [grep { defined $is->{$_} && !defined $was->{$_} } sort keys %$is], [],
    'After lets in no client that Before refuses';
is join(' ', grep { m{^/admin} && defined $is->{$_} } sort keys %$is), '/admin/page alice',
    'and admits the client that it names';
is $h->get('/admin/page', @forged)->{status}, 403, 'not one that reaches httpd with the headers';
is $nginx->get('/admin/page', @forged)->{status}, 403, 'nor one that nginx lets through';
my $env = $h->cgi_env($nginx->get('/cgi-bin/env', cert => 'alice', @forged));
is $env->{HTTP_X_SSL_CLIENT_S_DN}, 'CN=alice,OU=admins,OU=staff,O=Example',
    'an application gets the name of the verified certificate';
$env = $h->cgi_env($nginx->get('/cgi-bin/env', @forged));
is $env->{HTTP_X_SSL_CLIENT_S_DN}, undef, 'or no name';
$_->stop for $nginx, $h;

# ---- SSLValve

my $cert = forwarded_value('pem-url', 'bob');
my @sent = (headers => [(map { "$_: $cert" } qw(SSL_CLIENT_CERT ssl_client_cert
    ssl_client_escaped_cert SSL-Client-Cert Ssl_Client-Escaped_Cert SSL.Client.Cert)),
    'Connection: ssl_cipher, close',
    map { ("$_: forged", lc "$_: forged") } qw(SSL_CIPHER SSL_SESSION_ID SSL_CIPHER_USEKEYSIZE)]);

# What a back end sees: each header that begins with "ssl", as [name, value].
sub seen {
    my ($block, @request) = @_;
    my $server = server(<<"CONF", modules => [qw(proxy proxy_http)]);
SSLCACertificateFile conf/clients-ca.pem
SSLVerifyClient      optional
SSLVerifyDepth       2
${block}ProxyPass "/valve" "@{[ backend('http')->url ]}"
CONF
    my @seen = map { my $body = $server->get('/valve', @sent, @$_)->{body};
        +{ map { lc } $body =~ /^(ssl[\w.-]*): *(.*?) *\r$/gmi } } @request;
    $server->stop;
    return @seen;
}
my ($valve_before, $valve_after) = blocks("From Tomcat's SSLValve");
my ($none) = seen($valve_before, []);
is $none->{ssl_client_cert}, '(null)', 'without a certificate, the Before sends (null)';
my $alice;
($none, $alice) = seen($valve_after, [], [cert => 'alice']);
my @others = qw(ssl_cipher ssl_cipher_usekeysize ssl_session_id);
is join(' ', sort keys %$none), "@others", 'the After sends no certificate, nor does the client';
is join(' ', sort keys %$alice), join(' ', sort @others, 'ssl_client_escaped_cert'),
    'with a certificate, it sends one header more';
is $alice->{ssl_client_escaped_cert}, lc forwarded_value('pem-url', 'alice'), 'the certificate';
for my $r ($none, $alice) {
    like $r->{ssl_cipher}, qr/^[a-z0-9_-]*(?:aes|chacha)/, 'the cipher is that of the connection';
    like $r->{ssl_cipher_usekeysize}, qr/^\d+$/, 'as is the size of its key';
    unlike join(' ', values %$r), qr/forged/, 'and no value of the client is left';
}

done_testing;
