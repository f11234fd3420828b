# SPDX-License-Identifier: Apache-2.0
# Tests that no client can send to a back end, or take from it, a header that ClientCertForward or
# ClientCertForwardIdentity uses.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;

announce('CC0722');    # a section asks for a certificate

my $backend = backend('http')->url;

my $h = ClientCert::Test->server(
    modules => [qw(http2 headers proxy proxy_http rewrite)],
    cgi     => 1,
    conf    => <<"CONF");
Protocols h2 h2c http/1.1
ProxyPass "/app" "$backend"
MergeTrailers on
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
    <Location "/app">
        ClientCertForward rfc9440 header=X-Cert chain=X-Cert-Path
        ClientCertForwardIdentity user=X-User groups=Remote-Groups
    </Location>
</VirtualHost>
# No directive of this module: the host shares the back end with the others.
<VirtualHost *:\@PORT2\@>
    ServerName localhost
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertForward Off
    RequestHeader set X-Cert-Path ours early
    RequestHeader set X-SSL-Client-Cert ours
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient none
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
    <Location "/app/asked">
        SSLVerifyClient optional
        ClientCertForwardIdentity user=X-User groups=off
    </Location>
</VirtualHost>
CONF

sub header {
    my ($response, $name) = @_;
    return join '|', $response->{body} =~ /^$name: (.*)\r$/mgi;
}

# The names of headers that reached the back end and have something to do with certificates, users
# or groups, except for those that the module sets.
my %ours = map { ($_ => 1) } qw(X-Cert X-Cert-Path X-User Remote-Groups);

sub forged {
    my ($response) = @_;
    return join ' ', grep { !$ours{$_} }
        grep { /c[^a-z]*e[^a-z]*r[^a-z]*t|user(?!-agent)|groups|verify|dn$/i }
        $response->{body} =~ /^([^\s:]+): (?!yes\r).*\r$/mg;
}

# The names of this configuration, and those of other formats, which a back end may know too.
my @dropped = (
    map { "$_: forged" } qw(
        X-Cert x-cert X_CERT X.Cert -X-Cert- XCert X--Cert X~Cert
        X-Cert-Path X_Cert_Path x.cert.path XCertPath
        X-User X_User x.user XUSER Remote-Groups REMOTE_GROUPS RemoteGroups
        Client-Cert Client-Cert-Chain ClientCert-User
        X-Forwarded-Client-Cert X_Forwarded_Client_Cert
        X-Forwarded-Tls-Client-Cert X-Forwarded-Tls-Client-Cert-Info
        SSL-Client-Cert ssl_client_cert SSL-Client-Verify ssl-client-subject-dn
        X-SSL-Client-Cert X-SSL-Client-Verify X-SSL-Client-DN X-Client-Cert X-Client-Verify X-Client-DN
        X-Amzn-Mtls-Clientcert X-Amzn-Mtls-Clientcert-Leaf X-ARR-ClientCert Cf-Client-Cert-Der-Base64
        )
);
my @passed = map { "$_: yes" } qw(X-Certificate-Of X-Users Remote-Group X-Other Other);

my @ways = (
    # a description, and the options of the request
    ['HTTP/1.1, no certificate',         {}],
    ['HTTP/1.1, alice',                  { cert => 'alice' }],
    ['HTTP/2, no certificate',           { http2 => 1 }],
    ['HTTP/2, alice',                    { http2 => 1, cert => 'alice' }],
    ['TLS 1.2',                          { tls => '1.2' }],
    ['a host without TLS',               { port => 2, scheme => 'http' }],
    ['a host without TLS, h2c',          { port => 2, scheme => 'http', http2 => 1 }],
    ['a host where it is off',           { port => 3 }],
    ['a host where it is off, HTTP/2',   { port => 3, http2 => 1, cert => 'alice' }],
);
for my $way (@ways) {
    my ($what, $o) = @$way;
    my $response = $h->get('/app', %$o, headers => [@dropped, @passed]);
    my %expected = ($o->{cert} // '') eq 'alice' && !$o->{port} ? ('X-User' => 'alice') : ();
    is $response->{status}, 200, "$what: is answered";
    is forged($response), ($o->{port} // 0) == 3 ? 'X-SSL-Client-Cert' : '',
        "$what: no forged header reaches the back end";
    is header($response, 'X-User'), $expected{'X-User'} // '', "$what: the user is that of the module";
    unlike $response->{body}, qr/forged/, "$what: nor does a value";
    is join(' ', map { header($response, s/:.*//r) } @passed), join(' ', ('yes') x @passed),
        "$what: other headers do";
}
is header($h->get('/app', port => 3), 'X-SSL-Client-Cert'), 'ours', 'what RequestHeader sets stays';

# Never an empty header.
for my $response ($h->get('/app'), $h->get('/app', port => 2, scheme => 'http'),
    $h->get('/app', cert => 'service'), $h->get('/app', headers => ['X-User;', 'X-Cert;']))
{
    unlike $response->{body}, qr/^(?:X-Cert|X-User|Remote-Groups|X-Cert-Path|X_)[^:]*:/mi,
        'without an identity there is no header, not even an empty one';
}

# A back end in a program: what it sees.
my $env = $h->cgi_env($h->get('/cgi-bin/env', headers => \@dropped));
is join(' ', grep { /CERT|USER|GROUPS/ && !/USER_AGENT/ && /^HTTP/ } sort keys %$env), '',
    'a program sees none of them';

# ---- Connection

my $all = 'X-Cert, X-Cert-Path, X-User, Remote-Groups, Client-Cert';
my @lines = (
    ["Connection: close, $all"], ["Connection: $all, close"], ['Connection: close', "Connection: $all"],
    ["Connection: close", "Proxy-Connection: $all"], ["Connection: close, TE", "TE: $all"],
    ["Connection: close, Upgrade, $all", "Upgrade: $all"], ["Connection: close;" . $all =~ tr/,/;/r],
    ["CONNECTION: CLOSE, \U$all"], ["Connection: close", "Keep-Alive: $all", "Trailer: $all"],
);
for my $lines (@lines) {
    my $response = $h->s_client(cert => 'alice', request => "GET /app HTTP/1.1\r\nHost: localhost\r\n"
            . join('', map { "$_\r\n" } @$lines) . "\r\n");
    is join(' ', map { header($response, $_) } qw(X-User Remote-Groups)), 'alice staff,admins',
        "a client cannot remove a header: @$lines";
    like header($response, 'X-Cert'), qr/^:\S{200,}:$/, 'nor the certificate';
}

# ---- trailers. For a request that asks for a certificate, mod_ssl reads the body beforehand, so that
# httpd has merged the trailers before the headers for the back end are made.

my @trailers = qw(X-User X_User x.user Remote-Groups X-Cert SSL-Client-Cert ssl-client-verify
    X-Forwarded-Client-Cert X-ARR-ClientCert Client-Cert);
for my $cert (undef, 'alice') {
    for my $tls ('1.2', '1.3') {
        my $response = $h->s_client(port => 4, tls => $tls, args => ['-enable_pha'],
            $cert ? (cert => $cert) : (),
            request => "POST /app/asked HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                . "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
                . join('', map { "$_: forged\r\n" } @trailers) . "Other: yes\r\n\r\n");
        my $what = "TLS $tls, " . ($cert // 'no certificate');
        is header($response, 'Other'), 'yes', "$what: trailers are merged, and reach the back end";
        unlike $response->{body}, qr/forged/, "$what: but not these";
        is header($response, 'X-User'), $cert // '', "$what: the user is that of the module";
    }
}

ok scalar $h->log_lines(qr/CC0111: removed the request header x-cert, whose name/i),
    'the log names what was removed';
ok scalar $h->log_lines(qr/CC0118: removed the request trailer X-User, which/), 'and the trailers';

done_testing;
