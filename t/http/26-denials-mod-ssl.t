# SPDX-License-Identifier: Apache-2.0
# Tests that a request that mod_ssl refuses, since it gets no certificate for it, is logged with that
# reason, and not with one about rules.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Log;

my $sections = <<'CONF';
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1
    RewriteEngine on
    RewriteRule "^/rewritten" "/later/" [PT]
    <Location "/later/">
        SSLVerifyClient require
        Require clientcert-user alice
    </Location>
    <Location "/optional/">
        SSLVerifyClient optional
        Require clientcert
    </Location>
    <Location "/open/">
        SSLVerifyClient require
        Satisfy Any
        Require all granted
    </Location>
    <Location "/satisfy/">
        SSLVerifyClient require
        Satisfy Any
        Require all denied
    </Location>
    <Location "/ssl/">
        SSLRequire %{SSL_CLIENT_S_DN_CN} eq "root"
    </Location>
    <Location "/custom/">
        SSLVerifyClient require
        ErrorDocument 403 /error
    </Location>
CONF
my $h = ClientCert::Test->server(
    modules => [qw(http2 rewrite access_compat)],
    global  => "Protocols h2 http/1.1\n",
    files   => {
        'htdocs/error' => "the page\n",
        map { ("htdocs/$_/page" => "$_\n") } qw(later optional open satisfy ssl custom)
    },
    conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient none
$sections
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
$sections
</VirtualHost>
CONF
announce('CC0115', 'CC0106', 'CC0110', 'CC0722', 'AH01630', 'AH02229', qr/SSL Library Error/,
    map { "AH$_" } qw(10158 02261 02262 02263 02225));

my %reason = (
    http2  => qr/HTTP\/2 does not allow/,
    twice  => qr/the client was asked before/,
    unable => qr/cannot be asked after the handshake/,
    none   => qr/the client presented none/,
    bad    => qr/did not verify: it is self-signed, and not trusted here itself/,
    above  => qr/did not verify: a CA above it: it is the root/,
    failed => qr/requires a TLS renegotiation here, which failed/,
);

# The one line that a request causes on a connection.
sub told {
    my ($c, $path) = @_;
    $h->mark_log;
    my $response = $c->request($path);
    my @lines    = map { decision($_) // "not as it should be: $_" } $h->wait_log(qr/\] CC0115: /);
    is scalar(@lines), 1, "$path: one line";
    is scalar(@{ [$h->log_lines(qr/CC0110/)] }), 0, 'and none about rules';
    return (ref $lines[0] ? $lines[0] : { reason => "@lines" }, $response);
}

sub tells {
    my ($path, $why, $claim, %o) = @_;
    my ($line, $response) = told($h->connection(%o), $path);
    like $line->{reason}, $reason{$why}, $claim;
    is "$line->{level} $line->{result} $line->{request}", "error forbidden GET $path",
        'which says of what request';
    return ($line, $response);
}

my @pha = (args => ['-enable_pha']);

# ---- no certificate is requested in the handshake

for my $path ('/later/page', '/optional/page') {
    my ($line, $response) = tells($path, 'unable', 'TLS 1.3, a client that cannot be asked',
        cert => 'alice', tls => '1.3');
    is $response->{status}, 403, 'is refused';
    is $line->{subject}, '', 'and has no certificate so far';
}
my (undef, $page) = tells('/custom/page', 'unable', 'behind an ErrorDocument', tls => '1.3');
is "$page->{status} $page->{body}", "403 the page\n", 'which is served';

tells('/later/page', 'none', 'TLS 1.3, a client without a certificate', tls => '1.3', @pha);
tells('/later/page', 'bad', 'TLS 1.3, a certificate that does not verify', tls => '1.3', @pha,
    cert => 'selfsigned');
tells('/custom/page', 'bad', 'TLS 1.3, the same behind an ErrorDocument', tls => '1.3', @pha,
    cert => 'selfsigned');
tells('/later/page', 'failed', 'TLS 1.2, a client without a certificate', tls => '1.2');
tells('/later/page', 'bad', 'TLS 1.2, a certificate that does not verify', tls => '1.2',
    cert => 'selfsigned');

my $ca    = certificate('other-ca', '/CN=Other CA', self => 1,
    extension => 'basicConstraints = critical, CA:TRUE');
my $below = certificate('below', '/CN=below', issuer => $ca);
tells('/later/page', 'above', 'a CA that is at fault', tls => '1.3', cert => $below,
    args => ['-enable_pha', '-cert_chain', "$ca.pem"]);

my ($redirected) = told($h->connection(tls => '1.3'), '/rewritten');
like "$redirected->{reason} $redirected->{request}", qr{$reason{unable}.* GET /later/},
    'a rewritten URL';

# ---- a certificate was requested before

for my $cert (undef, 'alice') {
    for my $args ([], ['-enable_pha']) {
        my ($line) = tells('/later/page', 'twice', 'TLS 1.3, a client that was asked before',
            cert => $cert, tls => '1.3', port => 2, args => $args);
        is $line->{subject}, $cert ? 'CN=alice,OU=admins,OU=staff,O=Example' : '',
            'with the certificate that it presented';
    }
}
my $c = $h->connection(tls => '1.3', @pha);
$h->mark_log;
is $c->request('/optional/page')->{status}, 403, 'a client that was asked after the handshake';
ok $h->wait_log(qr/\] CC0110: /), 'is denied by the Require';
like((told($c, '/later/page'))[0]{reason}, $reason{twice}, 'is not asked again');

# ---- HTTP/2

$h->mark_log;
my $pki  = $h->ca;
my $urls = join ' ', map { "'https://localhost:" . $h->port . "$_'" } '/error', '/later/page';
my $said = `nghttp -v --cert=$pki/alice.pem --key=$pki/alice.key $urls 2>&1`;
like $said, qr/RST_STREAM.*HTTP_1_1_REQUIRED/s, 'HTTP/2: the client is told to use HTTP/1.1';
my ($line) = map { decision($_) } $h->wait_log(qr/CC0115/);
like $line->{reason}, $reason{http2}, 'and the log says why';
is $line->{level}, 'info', 'which is no error, since the client repeats the request';

# ---- no such reason

sub quiet {
    my ($path, $status, $claim, %o) = @_;
    $h->mark_log;
    is $h->connection(tls => '1.3', %o)->request($path)->{status}, $status, $claim;
    $h->connection(tls => '1.3')->request('/rewritten');    # its line ends the log
    $h->wait_log(qr{CC0115: .* request="GET /later/"});
    is scalar(my @lines = $h->log_lines(qr/CC0115/)), 1, 'no line about mod_ssl';
    return;
}

quiet('/later/page', 200, 'a client that is asked and let in', cert => 'alice', @pha);
quiet('/later/page', 403, 'a client that a Require denies', cert => 'bob', @pha);
quiet('/open/page', 200, 'a client that Satisfy Any lets in');
quiet('/satisfy/page', 403, 'a client that Satisfy Any does not let in');
quiet('/ssl/page', 403, 'a client that SSLRequire denies');

done_testing;
