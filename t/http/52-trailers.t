# SPDX-License-Identifier: Apache-2.0
# Tests that no client can forge, in a trailer, what only the module may send, whichever module
# reads the body, and when.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Example;

my %backend = map { $_ => backend($_) } qw(http fcgi scgi uwsgi);
my @chunks  = qw(fcgi http);    # the others do not accept chunks
my $passes  = join '',
    map { qq(    ProxyPass "/$_" "@{[ $backend{$_}->url ]}"\n) } sort keys %backend;

my $h = ClientCert::Test->server(
    modules => [qw(proxy proxy_http proxy_fcgi proxy_scgi proxy_uwsgi http2 headers actions)],
    cgi     => 1,
    files   => {
        'cgi-bin/last' => "#!/bin/sh\nprintf 'Location: /fcgi/\\r\\n\\r\\n'\n",
        'cgi-bin/read' => $program,
    },
    conf    => <<"CONF");
Protocols h2 http/1.1
MergeTrailers on
ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
LogFormat "%U [%{ClientCert-User}^ti%{Client-Cert}^ti%{Connection}^ti] [%{Other}^ti]" trailers
CustomLog logs/trailers trailers
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient none
    Header always set X-Merged "expr=%{req:Other}"
    RequestHeader set ClientCert-Set "ours" "expr=%{REQUEST_URI} =~ m#set#"
$passes
    ScriptAlias /asked "\@ROOT\@/cgi-bin/read"
    ScriptAlias /redirected "\@ROOT\@/cgi-bin/last"
    <LocationMatch "asked">
        SSLVerifyClient optional
    </LocationMatch>
    ErrorDocument 417 /fcgi/set
    ErrorDocument 501 /fcgi/set
</VirtualHost>
CONF
announce('CC0722', 'AH02651');    # a program that answers before it has read
chmod 0755, map { $h->path("cgi-bin/$_") } qw(last read);

# The body ends at once, or is longer than the part that the proxies read beforehand.
my @trailers = ('ClientCert-User: f0rged', 'Client-Cert: :f0rged:', 'clientcert_groups: f0rged',
    '_Client.Cert-Chain: f0rged', 'Connection: ClientCert-Set, Other', 'Other: yes');

sub posted {
    my ($path, $body, @o) = @_;
    my %o = @o;
    my $request = "POST $path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . ($o{line} ? "$o{line}\r\n" : '')
        . "Transfer-Encoding: chunked\r\n\r\n"
        . sprintf("%x\r\n%s\r\n0\r\n", length $body, $body)
        . join('', map { "$_\r\n" } @trailers) . "\r\n";
    return $h->s_client(request => $request, @o);
}

# What it sees that resembles the module's names, except the module's own CLIENTCERT_USER.
sub forged {
    my ($response) = @_;
    return join ' ', $response->{body} =~ /^(.*(?:f0rged).*)$/mg;
}

sub is_clean {
    my ($response, $claim) = @_;
    is $response->{status}, 200, "$claim: there is an answer";
    is forged($response), '', "$claim: nothing that resembles the module's";
    return is $response->{headers}{'x-merged'}, 'yes', "$claim: other trailers are merged";
}

# ---- HTTP/1.1: read by mod_ssl, which asks for a certificate in the middle of the connection

for my $tls ('1.2', '1.3') {
    for my $path ('/asked', map { ("/$_/asked", "/$_/asked/set") } @chunks) {
        my @o = (tls => $tls, args => ['-enable_pha']);
        is_clean(posted($path, 'x', @o), "TLS $tls, $path");
        my $response = posted($path, 'x', @o, cert => 'alice');
        is_clean($response, "TLS $tls, $path, with a certificate");
        is $h->cgi_env($response)->{CLIENTCERT_USER}, 'alice',
            'CLIENTCERT_USER is the value of the module'
            if $path !~ /^.http/;
        like $response->{body}, qr/CLIENTCERT[-_]SET(?:=|: )ours/i,
            "TLS $tls, $path: what RequestHeader set is there" if $path =~ /set/;
    }
}

# ---- read by the handler: before or after it passes the headers on

for my $size (1, 200_000) {
    for my $path ('/cgi-bin/read', map { ("/$_/", "/$_/set") } @chunks) {
        my $response = posted($path, 'x' x $size);
        is_clean($response, "$size octets, $path");
        like $response->{body}, qr/CLIENTCERT[-_]SET(?:=|: )ours/i,
            "$size octets, $path: what RequestHeader set is still there" if $path =~ /set/;
    }
}
is_clean(posted('/redirected', 'x'), 'after an internal redirect');

# ---- read for the page of an error that has ended the request before the module saw it

is_clean(posted('/', 'x', line => 'Expect: nothing'), 'an error page of a back end');
unlike posted('/', 'x', line => 'Transfer-Encoding: unknown')->{body}, qr/f0rged|Other=/,
    'after a malformed request, no trailers are read';

# ---- HTTP/2, with a length and without

$h->file('body', 'x' x 3000);
for my $more ([], ['--no-content-length']) {
    for my $protocol (@$more ? @chunks : sort keys %backend) {
        my @said = map { "--trailer=$_" } grep { !/^Connection/ } @trailers;
        open my $nghttp, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', 'nghttp', '--timeout=20',
            '--data=' . $h->path('body'), @$more, @said,
            'https://localhost:' . $h->port . "/$protocol/set"
            or die "nghttp: $!\n";
        my $output = join '', <$nghttp>;
        my $claim  = "HTTP/2, @$more, $protocol";
        like $output, qr/CLIENTCERT[-_]SET(?:=|: )ours/i, "$claim: what RequestHeader set is there";
        is forged({ body => $output }), '', "$claim: nothing that resembles the module's";
    }
}

# ---- what other modules see of trailers

ok $h->wait_log(qr/CC0118: removed the request trailer ClientCert-User, which/),
    'the log names what was removed';
open my $in, '<', $h->path('logs/trailers') or die "logs/trailers: $!\n";
my @lines = <$in>;
cmp_ok scalar(grep { /\[yes\]/ } @lines), '>', 10, 'trailers are there to be logged';
is join('', grep { !/\[---\]/ } @lines), '', 'but none that resembles a header of the module';

done_testing;
