# SPDX-License-Identifier: Apache-2.0
# Tests that the log names the header by which a proxy shows that it has ended TLS, where the request
# is denied for lack of a certificate; its value is never logged.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Log;

my $h = ClientCert::Test->server(
    files => { 'htdocs/private/page' => "private\n" },
    conf  => <<'CONF');
<Location "/private">
    Require clientcert
</Location>
<VirtualHost *:@PORT2@>
    ServerName localhost
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap user=%{subject.CN}
</VirtualHost>
CONF
announce('AH01630', 'CC0110', 'CC0704');

my @plain = (port => 2, scheme => 'http');
my $none  = 'no client certificate was presented';

sub reason {
    my ($header, @how) = @_;
    $h->mark_log;
    is $h->get('/private/page', @how, headers => $header ? [$header] : [])->{status}, 403,
        'a request without a certificate';
    my @lines = map { decision($_) } $h->wait_log(qr/\] CC0110: /);
    is scalar(@lines), 1, 'is logged in one line';
    return $lines[0]{reason};
}

sub names {
    my ($name) = @_;
    return qr/\. It has the header \Q$name\E, which proxies add when they end TLS: this module accepts/;
}

is reason(undef), $none, 'on a TLS connection without such a header';
is reason(undef, @plain), "$none, since the request came without TLS", 'without TLS';
for my $header ('X-Forwarded-Proto: http', 'X-Forwarded-Ssl: off', 'X-Client-Certificate: secret',
    'X-SSL-Clientcert: secret', 'Client-Cert-Chain: secret') {
    is reason($header, @plain), "$none, since the request came without TLS", "$header is not one";
}
my %name = (
    'Client-Cert'                      => 'Client-Cert',
    'X-SSL-Client-Verify'              => 'X-SSL-Client-*',
    'x-ssl-client-s-dn'                => 'X-SSL-Client-*',
    'SSL_CLIENT_CERT'                  => 'SSL_CLIENT_*',
    'ssl-client-subject-dn'            => 'SSL-Client-*',
    'X-Forwarded-Client-Cert'          => 'X-Forwarded-Client-Cert',
    'X-Forwarded-Tls-Client-Cert-Info' => 'X-Forwarded-Tls-Client-Cert*',
    'X-Amzn-Mtls-Clientcert-Leaf'      => 'X-Amzn-Mtls-Clientcert*',
);
for my $sent (sort keys %name) {
    like reason("$sent: secret", @plain), qr/without TLS@{[names($name{$sent})]}/, "$sent";
    like reason("$sent: secret"), qr/presented@{[names($name{$sent})]}/, "$sent, with TLS";
}
my %scheme = ('X-Forwarded-Proto' => 'HTTPS', 'Forwarded' => 'for=192.0.2.1;proto=https',
    'X-Forwarded-Ssl' => 'on', 'Front-End-Https' => 'On');
for my $sent (sort keys %scheme) {
    like reason("$sent: $scheme{$sent}", @plain), names($sent), "$sent: $scheme{$sent}";
    is reason("$sent: $scheme{$sent}"), $none, 'which explains nothing on a TLS connection';
}
unlike $h->log, qr/secret/, 'no value of a header is logged';

is $h->get('/private/page', cert => 'alice', headers => ['X-SSL-Client-Verify: NONE'])->{status},
    200, 'a request with a certificate is served whatever its headers';

# ---- headers that the server sets itself

my $own = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'htdocs/denied' => "denied\n", 'htdocs/private/page' => "private\n" },
    conf    => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    RequestHeader set X-SSL-Client-Verify: "%{SSL_CLIENT_VERIFY}s"
    ErrorDocument 403 /denied
    <Location "/private">
        Require clientcert
    </Location>
</VirtualHost>
CONF
$h = $own;
is reason(undef), $none, 'a header that RequestHeader sets, for the error page, is not a proxy\'s';
like reason('X-Client-DN: x'), names('X-Client-DN'), 'another one still is';

done_testing;
