# SPDX-License-Identifier: Apache-2.0
# Tests that the log names the header by which a proxy shows that it has terminated TLS, where the request
# is denied for lack of a certificate; its value is never logged.
use strict;
use warnings;
use Time::HiRes qw(time);
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
    return qr/\. It has the header \Q$name\E, which proxies add when they terminate TLS: to take certificates from the proxy, set ClientCertHeader and ClientCertTrustedProxy/;
}

is reason(undef), $none, 'on a TLS connection without such a header';
is reason(undef, @plain), "$none, since the request came without TLS", 'without TLS';
for my $header ('X-Forwarded-Proto: http', 'X-Forwarded-Ssl: off', 'X-SSL-Protocol: secret',
    'Client-Cert-Chain: secret') {
    is reason($header, @plain), "$none, since the request came without TLS", "$header is not one";
}
for my $sent (qw(Client-Cert X-SSL-Client-Verify x-ssl-client-s-dn X-Client-Certificate X-SSL-Clientcert
    SSL_CLIENT_CERT ssl-client-subject-dn X-Forwarded-Client-Cert X-Forwarded-Tls-Client-Cert-Info
    X-Amzn-Mtls-Clientcert-Leaf)) {
    like reason("$sent: secret", @plain), qr/without TLS@{[names($sent)]}/, "$sent";
    like reason("$sent: secret"), qr/presented@{[names($sent)]}/, "$sent, with TLS";
}
my %scheme = ('X-Forwarded-Proto' => 'HTTPS', 'Forwarded' => 'for=192.0.2.1;proto=https',
    'X-Forwarded-Ssl' => 'on', 'Front-End-Https' => 'On');
for my $sent (sort keys %scheme) {
    like reason("$sent: $scheme{$sent}", @plain), names($sent), "$sent: $scheme{$sent}";
    is reason("$sent: $scheme{$sent}"), $none, 'which explains nothing on a TLS connection';
}
my $long = 'X-SSL-Client-' . 'a' x 4000;
like reason("$long: secret", @plain), qr/has the header X-SSL-Client-a+\.\.\. \(4013 octets\), which/, 'a long name is cut';
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

# ---- the warning where nothing is denied

my $quiet = ClientCert::Test->server(
    global => "ServerLimit 1\nStartServers 1\nMaxRequestWorkers 16\n",
    files  => { 'htdocs/index.html' => "hello\n" },
    conf   => <<'CONF');
<VirtualHost *:@PORT2@>
    ServerName unused.example
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN}
</VirtualHost>
CONF

# One request in each second is looked at: these take longer.
sub requests {
    my (@how) = @_;
    my $until = time + 1.5;
    my @bad;
    while (time < $until) {
        push @bad, grep { $_ != 200 } $quiet->get('/', @how)->{status};
    }
    return is_deeply \@bad, [], 'pages are served';
}

requests(headers => ['X-Forwarded-Client-Cert: secret'], cert => 'alice');
requests(headers => ['X-Forwarded-Client-Cert: secret'], @plain);
requests(headers => ['X-Forwarded-Proto: https']);
is_deeply [$quiet->log_lines(qr/CC0159/)], [],
    'no warning: with a certificate, in a host that does not use the module, for another header';
requests(headers => ['X-Forwarded-Client-Cert: secret']);
my @warned = $quiet->wait_log(qr/CC0159/);
like $warned[0], qr/\[clientcert:warn\].* CC0159: a request without a certificate has the header X-Forwarded-Client-Cert, by which/,
    'a request without a certificate leads to a warning';
requests(headers => ['X-SSL-Client-Cert: secret']);
is scalar(() = $quiet->log_lines(qr/CC0159/)), 1, 'which is logged once';
unlike $quiet->log, qr/secret/, 'without the value';

done_testing;
