# SPDX-License-Identifier: Apache-2.0
# Tests that mod_ssl makes no user of the certificate of a trusted proxy, and that no program and no
# back end gets that certificate as the client's.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Forwarded;

# The proxies have the address 127.0.0.2; all other connections come from 127.0.0.1.
my $ajp  = backend('ajp')->url;
my $name = '/O=Example/OU=staff/OU=admins/CN=alice';
my $h    = ClientCert::Test->server(
    cgi     => 1,
    modules => [qw(headers http2 access_compat authz_user auth_basic authn_file proxy proxy_ajp)],
    files   => {
        (map { ("htdocs/$_/page" => "here\n") } qw(name fake none any)),
        'htdocs/name/.htaccess' => "SSLUserName SSL_CLIENT_S_DN_CN\nClientCertAuth Off\nRequire valid-user\n",
        'htdocs/any/.htaccess' => "SSLUserName SSL_CLIENT_S_DN_CN\nClientCertAuth Off\nRequire valid-user\n"
            . "SSLRequire %{HTTPS} eq \"off\"\nSatisfy Any\n",
        'htdocs/none/.htaccess' => "SSLUserName SSL_CLIENT_S_DN_CN\nClientCertAuth Off\n",
        'htdocs/fake/.htaccess' => "ClientCertAuth Off\nAuthType Basic\nAuthName x\nAuthBasicProvider file\n"
            . "AuthUserFile \@ROOT\@/conf/fake\nSSLOptions +FakeBasicAuth\nRequire valid-user\n",
        # the password "password"
        'conf/fake' => "$name:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n",
    },
    conf => <<"CONF");
Protocols h2 http/1.1
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 127.0.0.2
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    ProxyPass "/ajp" "$ajp"
    RequestHeader set Name "%{SSL_CLIENT_S_DN_CN}s"
    <Location "/cgi-bin">
        SSLOptions +StdEnvVars +ExportCertData
    </Location>
    <Directory \@ROOT\@/htdocs>
        AllowOverride AuthConfig Options Limit
    </Directory>
</VirtualHost>
CONF
my @bob = (headers => [forwarded('rfc9440', 'bob')]);

announce('CC0104', 'CC0110', 'CC0146', 'AH01630', 'AH01617', 'AH01618', 'AH02227', 'AH02035',
    'AH02229', 'CC0780');

sub says {
    my ($path, @options) = @_;
    my $r = $h->get($path, cert => 'alice', @options);
    return "$r->{status} " . ($r->{headers}{user} // '');
}

for (['TLS 1.2', tls => '1.2'], ['TLS 1.3', tls => '1.3'], ['HTTP/2', http2 => 1]) {
    my ($how, @how) = @$_;
    my @proxy = (curl => ['--interface', '127.0.0.2'], @how);

    is says('/name/page', @how), '200 alice', "$how: SSLUserName works for a client";
    is says('/name/page', @proxy), '403 ', 'the proxy itself is no user, without the header';
    is says('/none/page', @proxy), '200 ', 'nor where none is required';
    is says('/none/page', @proxy, @bob), '200 ', 'nor with the header';

    is says('/fake/page', @how), "200 $name", "$how: so does FakeBasicAuth,";
    is says('/fake/page', @proxy), '401 ', 'and the proxy logs nobody in, without the header';
    is says('/fake/page', @proxy, @bob), '401 ', 'nor with it';
    is says('/fake/page', @proxy, user => "$name:password"), '403 ', 'nor does the client itself';

    is says('/any/page', @how), '200 alice', "$how: SSLUserName works with Satisfy Any";
    isnt says('/any/page', @proxy), '200 alice', 'not for the proxy';

    my $own = $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice', @how));
    is $own->{SSL_CLIENT_S_DN_CN}, 'alice', "$how: a program gets the certificate of a client";
    is $own->{HTTP_NAME}, 'alice', 'and its name in a header';
    for my $headers ([], [@bob]) {
        my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice', @proxy, @$headers));
        is join(' ', grep { /^SSL_CLIENT_/ } sort keys %$env), '', 'not that of the proxy';
        is $env->{HTTP_NAME}, '(null)', 'nor its name';
        is $env->{CLIENTCERT_USER} // '', @$headers ? 'bob' : '', 'only what the proxy passed on';
        ok $env->{SSL_PROTOCOL}, 'other variables of TLS stay';
    }

    like $h->get('/ajp', cert => 'alice', @how)->{body}, qr/BEGIN CERTIFICATE/,
        "$how: AJP passes on the certificate of a client";
    for my $headers ([], [@bob]) {
        my $r = $h->get('/ajp', cert => 'alice', @proxy, @$headers);
        is $r->{status}, 200, 'a request of the proxy is passed on';
        unlike $r->{body}, qr/BEGIN CERTIFICATE/, 'without the certificate of the proxy';
    }
}
done_testing;
