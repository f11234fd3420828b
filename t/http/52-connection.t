# SPDX-License-Identifier: Apache-2.0
# Tests that no client can remove a header that RequestHeader sets for a back end by naming it in
# Connection.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;

my $backend = backend('http')->url;

my $h = ClientCert::Test->server(
    modules => [qw(proxy proxy_http headers rewrite)],
    conf    => <<"CONF");
ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1 group=%{subject.OU}
RequestHeader unset X-User early
RequestHeader set X-User "expr=%{clientcert:user}" "expr=-n clientcert('user')"
RequestHeader set ClientCert-Groups "expr=%{clientcert:group}" "expr=-n clientcert('group')"
RequestHeader set X-Set "always"
RequestHeader set X-Early "early" early
ProxyPass "/app" "$backend"
ErrorDocument 404 /app/lost
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    RewriteEngine On
    RewriteRule ^/old\$ /app/new [PT]
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
</VirtualHost>
CONF

sub header { my ($response, $name) = @_; return join '|', $response->{body} =~ /^$name: (.*)\r$/mg }

# What the back end receives.
sub told {
    my ($response) = @_;
    return join ' ', map { header($response, $_) } qw(X-User ClientCert-Groups X-Set X-Early);
}

sub asked {
    my ($path, $lines, @o) = @_;
    return $h->s_client(cert => 'alice', @o,
        request => "GET $path HTTP/1.1\r\nHost: localhost\r\n" . join('', map { "$_\r\n" } @$lines)
            . "\r\n");
}

my @all = qw(X-User ClientCert-Groups X-Set X-Early);
my $all = join ', ', @all;
my @ways = (
    # a description, and the lines, which also close the connection
    ['one line',                ["Connection: close, $all"]],
    ['close is last',           ["Connection: $all, close"]],
    ['several lines',           ['Connection: close', map { "Connection: $_" } @all]],
    ['other letters',           ['CONNECTION: CLOSE, ' . uc $all]],
    ['a folded line',           ["Connection: close,", "\t$all"]],
    ['semicolons',              ['Connection: close;' . join ';', @all]],
    ['spaces alone',            ["Connection: close @all"]],
    ['empty members',           ["Connection: ,,close,, ,; $all,"]],
    ['quotes',                  ["Connection: close, \"a, $all\"", "Connection: $all"]],
    ['an option said twice',    ["Connection: close, close, te, $all, TE"]],
    ['Proxy-Connection',        ["Connection: close", "Proxy-Connection: $all"]],
    ['it names itself',         ["Connection: close, connection, $all"]],
    ['very many',               ['Connection: close, ' . join ',', ($all) x 150]],
);

for my $way (@ways) {
    my ($what, $lines) = @$way;
    for my $path ('/app', '/old', '/nowhere') {
        my $response = asked($path, $lines);
        is told($response), 'alice staff,admins always early', "$what, $path: all of it arrives";
        like $response->{headers}{connection}, qr/close/i, "$what, $path: the connection is closed";
    }
}

# A plain port.
my $plain = $h->get('/app', port => 2, scheme => 'http',
    headers => ["Connection: close, $all", 'X-User: root', 'ClientCert-Groups: wheel']);
is told($plain), '  always early', 'plain HTTP: no user and no groups, and all else arrives';
unlike $plain->{body}, qr/^(?:x-user|clientcert)/im, 'nor is there an empty header';
unlike $h->get('/app', headers => ['X-User: root'])->{body}, qr/^(?:x-user|clientcert)/im,
    'and not over TLS without a certificate either';

# The header still does what HTTP defines it for.
my $c = $h->connection(cert => 'alice');
is told($c->request('/app', headers => ["Connection: keep-alive, $all"])),
    'alice staff,admins always early', 'a connection that is kept alive';
is told($c->request('/app', headers => ["Connection: $all"])), 'alice staff,admins always early',
    'and with nothing else in the header';
my $hop = asked('/app', ['Connection: close, TE, Keep-Alive', 'TE: trailers', 'Keep-Alive: 5']);
unlike $hop->{body}, qr/^(?:TE|Keep-Alive):/im, 'the fields of one connection go no further';

ok $h->wait_log(qr/CC0117: the request header Connection may not name .*: "close, X-User, /),
    'the log shows the header that was sent';

done_testing;
