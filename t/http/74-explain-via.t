# SPDX-License-Identifier: Apache-2.0
# Tests clientcert explain for certificates that arrive from a trusted proxy: by --via and --proxy,
# or because the virtual host takes no others.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Tool;

my $ca   = ClientCert::Test->ca;
my $site = site(modules => ['remoteip'], conf => <<'CONF');
ClientCertMap via == tls                           user=%{subject.CN} group=direct
ClientCertMap via != tls                           user=%{subject.CN} group=%{via}
ClientCertMap via.proxy == 192.0.2.9               group=nine
ClientCertMap via == header tls.version != TLSv1.3 group=no-tls
ClientCertMap tls.version =~ .*                    group=tls
<VirtualHost *:@PORT@>
    ServerName plain
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 192.0.2.0/24 2001:db8::1
    ClientCertCA @CA@/clients.pem depth=2
    ClientCertCRL @CA@/staff.crl missing=allow
    ClientCertCRLCheck leaf
    <Location "/staff">
        Require clientcert-group header
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName both
    @SSL@
    SSLVerifyClient optional
    ClientCertHeader pem-url
    ClientCertTrustedProxy unix:
    ClientCertTrustedProxyCert san.dns == proxy.example.com
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName own
    @SSL@
    SSLVerifyClient optional
</VirtualHost>
<VirtualHost *:@PORT4@>
    ServerName protocol
    @SSL@
    SSLVerifyClient none
    RemoteIPProxyProtocol On
    ClientCertHeader proxy-protocol
    ClientCertTrustedProxy 2001:db8::/32
</VirtualHost>
CONF

sub explained {
    my ($host, $words, $cert) = @_;
    return answer($site, 'explain', '--vhost', $host, @{ $words // [] }, "$ca/" . ($cert // 'alice') . '.pem');
}

# How it arrives, and what the rules give.
sub seen {
    my ($said) = @_;
    return join ' ', map { $_ // '-' } @$said{qw(result via proxy)}, $said->{verdict}{user},
        join ',', map { $_->{name} } @{ $said->{verdict}{groups} };
}

# ---- the way

for (
    ['plain', [], 'mapped header 192.0.2.0 alice header,no-tls', 'a host without TLS'],
    ['plain', ['--via', 'header'], 'mapped header 192.0.2.0 alice header,no-tls', 'the same by name'],
    ['plain', ['--via=HEADER', '--proxy', '192.0.2.9'], 'mapped header 192.0.2.9 alice header,nine,no-tls', 'from another proxy'],
    ['plain', ['--proxy', '2001:DB8::0:1'], 'mapped header 2001:DB8::0:1 alice header,no-tls', 'which suffices'],
    ['both', [], 'mapped tls - alice direct', 'a host that requests certificates too'],
    ['both', ['--via', 'header'], 'mapped header unix alice header,no-tls', 'by header'],
    ['both', ['--proxy', 'unix'], 'mapped header unix alice header,no-tls', 'with a proxy'],
    ['own',  [], 'mapped tls - alice direct', 'a host without proxies'],
    ['protocol', [], 'mapped proxy-protocol 2001:db8:: alice proxy-protocol', 'a host that requests none itself'],
) {
    my ($host, $words, $wanted, $claim) = @$_;
    my $said = explained($host, $words);
    is seen($said), $wanted, "$host, @$words: $claim";
    is $said->{exit}, 0, 'exit status 0';
}

my $shown = ask($site, 'explain', '--vhost', 'plain', '--proxy', '192.0.2.9', "$ca/alice.pem");
like $shown->{output}, qr/^via +header from 192\.0\.2\.9\nverified +yes\b/m, 'the output names way and proxy';
unlike ask($site, 'explain', '--vhost', 'own', "$ca/alice.pem")->{output}, qr/^via/m, 'not for the own connection';
is_deeply explained('plain', ['--proxy', '192.0.2.9'])->{certificate}{'via.proxy'}, ['192.0.2.9'], 'as fields of the certificate';

# ---- the proxy is not trusted

for (['plain', 'header', '203.0.113.9'], ['plain', 'header', 'unix'], ['both', 'header', '192.0.2.1'], ['protocol', 'proxy-protocol', '192.0.2.1']) {
    my ($host, $via, $proxy) = @$_;
    my $said = explained($host, ['--via', $via, '--proxy', $proxy]);
    is "$said->{exit} $said->{result}", '1 rejected', "$host: $proxy is not trusted";
    like $said->{reason}, qr/^\Q$proxy\E is not a trusted proxy of this server \(ClientCertTrustedProxy\)/, 'and is named';
    is $said->{verification}{verified}, JSON::PP::true(), 'though the certificate would verify';
}
my $denied = explained('plain', ['--path', '/staff', '--proxy', '203.0.113.9']);
is $denied->{access}{outcome}, 'denied', 'it gives no access';
is explained('plain', ['--path', '/staff'])->{access}{outcome}, 'granted', 'that of a trusted one does';

# ---- the certificate is verified like any other

for (['expired', qr/it has expired/], ['stranger', qr/no such CA is trusted here/], ['serveronly', qr/\w/], ['revoked', qr/it was revoked/]) {
    my ($cert, $reason) = @$_;
    for my $host ('plain', 'both') {
        next if $cert eq 'revoked' && $host eq 'both';
        my $said = explained($host, ['--via', 'header'], $cert);
        is "$said->{exit} $said->{result}", '1 rejected', "$host: $cert";
        like $said->{reason}, $reason, 'with the reason';
        is $said->{access}, undef, 'and no handshake fails' if $host eq 'both';
    }
}
is explained('plain', ['--path', '/staff'], 'expired')->{access}{outcome}, 'denied', 'there is no handshake that it could end';
is explained('own', ['--path', '/'], 'expired')->{access}{outcome}, 'refused', 'as it does on the own connection';

# ---- notes

sub notes { my ($said) = @_; return join "\n", @{ $said->{notes} } }
like notes(explained('both')), qr/^this server takes certificates from proxies too: use --via header$/m, 'a note on the other way';
like notes(explained('both', ['--via', 'header'])),
    qr/^the proxy's own certificate, which has to meet ClientCertTrustedProxyCert \(\S+:\d+\), is not part of this query$/m,
    'a note on the certificate of the proxy';
unlike notes(explained($_)), qr/prox|tls\.version/, "$_: no note where there is nothing to say" for 'plain', 'protocol';
like notes(explained('own')), qr/tls\.version.*have no value here/, 'a note where tls.* have a value in a server';

# ---- bad input: one line

sub fails {
    my ($words, $message, $claim) = @_;
    my $said = ask($site, 'explain', '--vhost', @$words, "$ca/alice.pem");
    is "$said->{exit} $said->{output}", '2 ', $claim;
    like $said->{error}, qr/\Aclientcert: $message\n\z/, 'with one line';
    return;
}
fails(['plain', '--via', 'https'], qr/CC0557: "https": --via takes tls, header or proxy-protocol/, 'another word');
fails(['plain', '--via='], qr/CC0557: "": --via takes .*/, 'no word');
fails(['plain', '--proxy', $_], qr/CC0559: "\Q$_\E": --proxy takes an IP address such as 192\.0\.2\.1, or unix for a socket/, "--proxy $_")
    for '192.0.2.0/24', 'proxy.example.com', '192.0.2.1:80', '';
fails(['both', '--via', 'tls', '--proxy', '192.0.2.1'], qr/CC0559: "192\.0\.2\.1": with --via tls, there is no proxy: .*/, 'a proxy beside tls');
fails(['own', '--via', 'header'], qr/CC0558: "header": own:\d+ has no ClientCertHeader with a format of headers/, 'a host without ClientCertHeader');
fails(['own', '--proxy', '192.0.2.1'], qr/CC0558: "192\.0\.2\.1": own:\d+ has no ClientCertHeader .*/, 'the same for a proxy');
fails(['plain', '--via', 'proxy-protocol'], qr/CC0558: "proxy-protocol": plain:\d+ has no ClientCertHeader proxy-protocol; use --via header/,
    'another way than that of the host');
fails(['protocol', '--via', 'header'], qr/CC0558: "header": protocol:\d+ has no ClientCertHeader with a format of headers; use --via proxy-protocol/,
    'and the other way round');
my $tls = explained('plain', ['--via', 'tls']);
is "$tls->{exit} $tls->{result}: $tls->{reason}", '1 rejected: it has no TLS (SSLEngine), and takes certificates only from proxies',
    'a client\'s own connection to a host without TLS';
is explained('protocol', ['--via', 'tls'])->{reason}, 'it never requests a client certificate: SSLVerifyClient none',
    'and to one that requests no certificates';
is ask($site, 'rules', '--via', 'tls')->{exit}, 2, 'other commands have no --via';

done_testing;
