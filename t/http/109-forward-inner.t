# SPDX-License-Identifier: Apache-2.0
# Tests that each request gets the headers of its own scope, also a subrequest, an internal redirect and
# the page of an error, and that no cache serves one client with the response for another.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;

announce('AH01630', 'CC0110', 'AH01797');

my $backend = backend('http')->url;
my $fcgi    = backend('fcgi')->url;
my $on      = "ClientCertForward rfc9440\nClientCertForwardIdentity\n";
my $off     = "ClientCertForward Off\nClientCertForwardIdentity user=off groups=off\n";

my $conf = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    AddType text/html .shtml
    AddHandler server-parsed .shtml
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local}
    RewriteEngine On
    RewriteRule "^/rewritten/(on|off)\$" "${backend}rewritten" [P]
    <Directory \@ROOT\@/htdocs>
        Options +Includes
    </Directory>

    # Each path has a scope that sends and one that does not.
    <LocationMatch "/on(/|\$)">
        $on
    </LocationMatch>
    <LocationMatch "/off(/|\$)">
        $off
    </LocationMatch>
    <Location "/app">
        ProxyPass "${backend}app"
    </Location>
    ProxyPass "/host" "${backend}host"
    ProxyPass "/fcgi" "$fcgi"
    <Directory \@ROOT\@/htdocs/on/rules>
        RewriteEngine On
        RewriteRule "^to-(on|off)\$" "/app/\$1/inner"
        RewriteRule "^proxied\$" "${backend}inner" [P]
    </Directory>
    <Directory \@ROOT\@/htdocs/off/rules>
        RewriteEngine On
        RewriteRule "^to-(on|off)\$" "/app/\$1/inner"
    </Directory>
    <Files "index.on">
        SetHandler "proxy:${backend}"
        $on
    </Files>
    <Files "index.off">
        SetHandler "proxy:${backend}"
        $off
    </Files>
    <Directory \@ROOT\@/htdocs/sending>
        $on
        DirectoryIndex index.off
    </Directory>
    <Files "index.user">
        SetHandler "proxy:${backend}"
        ClientCertForward Off
    </Files>
    <Files "index.cert">
        SetHandler "proxy:${backend}"
        ClientCertForwardIdentity user=off groups=off
    </Files>
    <Directory \@ROOT\@/htdocs/sending/user>
        DirectoryIndex index.user
    </Directory>
    <Directory \@ROOT\@/htdocs/sending/cert>
        DirectoryIndex index.cert
    </Directory>
    <Directory \@ROOT\@/htdocs/silent>
        $off
        DirectoryIndex index.on
    </Directory>
    <Location "/on/errors-on">
        ErrorDocument 404 /app/on/error
        ErrorDocument 403 /app/on/error
    </Location>
    <Location "/on/errors-off">
        ErrorDocument 404 /app/off/error
    </Location>
    <Location "/off/errors-on">
        ErrorDocument 404 /app/on/error
    </Location>
    <Location "/on/errors-on/denied">
        Require all denied
    </Location>
    <Location "/app/if">
        <If "%{QUERY_STRING} == 'on'">
            $on
        </If>
    </Location>
    <Location "/app/on/any">
        Require clientcert-user nobody
        Allow from all
        Satisfy Any
    </Location>
    <Location "/app/on/changed">
        RequestHeader set ClientCert-User "someone"
        RequestHeader unset Client-Cert
    </Location>
    <Location "/app/off/early">
        RequestHeader set X-Kept yes early
    </Location>
</VirtualHost>
CONF

my %files = map { ("htdocs/$_" => "a file\n") }
    qw(sending/index.off silent/index.on sending/user/index.user sending/cert/index.cert on/rules/x off/rules/x);
for my $page (qw(on off)) {
    $files{"htdocs/$page/page.shtml"} =
        qq{page\n<!--#include virtual="/app/on/part" -->\n----\n<!--#include virtual="/app/off/part" -->\n};
    $files{"htdocs/$page/programs.shtml"} =
        qq{page\n<!--#include virtual="/fcgi/on" -->\n----\n<!--#include virtual="/fcgi/off" -->\n};
}
$files{'cgi-bin/last'} = "#!/bin/sh\nprintf 'Location: /fcgi/%s\\r\\n\\r\\n' \"\$QUERY_STRING\"\n";
my $h = ClientCert::Test->server(
    modules => [qw(access_compat headers http2 include mime proxy proxy_fcgi proxy_http rewrite)],
    cgi     => 1,
    files   => \%files,
    conf    => $conf);
chmod 0755, $h->path('cgi-bin/last');

sub sent_in {
    my ($text) = @_;
    my %all = $text =~ /^(Client-?Cert[^:]*): (.*)\r$/mgi;
    return join ' ', map { $_ . ($all{$_} =~ /^:/ ? '' : "=$all{$_}") } sort keys %all;
}

sub sent { my ($response) = @_; return $response->{body} =~ /^GET /m ? sent_in($response->{body}) : '-' }

my $alice = 'Client-Cert ClientCert-User=alice';
my %paths = (
    '/app/on/x'               => $alice,
    '/app/off/x'              => '',
    '/app/x'                  => '',
    '/host/on'                => $alice,
    '/host/off'               => '',
    '/rewritten/on'           => $alice,
    '/rewritten/off'          => '',
    '/on/rules/proxied'       => $alice,
    '/on/rules/to-on'         => $alice,
    '/on/rules/to-off'        => '',
    '/off/rules/to-on'        => $alice,
    '/off/rules/to-off'       => '',
    '/sending/'               => '',
    '/silent/'                => $alice,
    '/sending/user/'          => 'ClientCert-User=alice',
    '/sending/cert/'          => 'Client-Cert',
    '/sending/index.off'      => '',
    '/silent/index.on'        => $alice,
    '/on/errors-on/none'      => $alice,
    '/on/errors-off/none'     => '',
    '/off/errors-on/none'     => $alice,
    '/on/errors-on/denied'    => $alice,
    '/app/if'                 => '',
    '/app/if?on'              => $alice,
    '/app/if?off'             => '',
    '/app/on/any'             => $alice,
    '/app/on/changed'         => 'ClientCert-User=someone',
);
for my $path (sort keys %paths) {
    for my $o ({}, { http2 => 1 }, { tls => '1.2' }) {
        my $what = join ', ', $path, %$o;
        is sent($h->get($path, %$o, cert => 'alice')), $paths{$path}, "$what: the headers of its scope";
        is sent($h->get($path, %$o)), $path eq '/app/on/changed' ? 'ClientCert-User=someone' : '',
            "$what: none without a certificate";
    }
}

for my $page ('/on/page.shtml', '/off/page.shtml') {
    for my $cert ('alice', undef) {
        my $body = $h->get($page, $cert ? (cert => $cert) : ())->{body};
        is join('|', map { sent_in($_) } split /^----$/m, $body), $cert ? "$alice|" : '|',
            "$page: each included part has the headers of its scope";
        is scalar(() = $body =~ /^GET /mg), 2, 'and both are included';
    }
}
# ---- environments: each request gets a copy of that of the request that led to it

sub variables_in {
    my ($text) = @_;
    my %all = $text =~ /^((?:REDIRECT_)*HTTP_CLIENT_?CERT\w*)=(.*)$/mg;
    return join ' ', map { $_ . ($all{$_} =~ /^:/ ? '' : "=$all{$_}") } sort keys %all;
}

my $variables = 'HTTP_CLIENTCERT_USER=alice HTTP_CLIENT_CERT';
for my $page (qw(on off)) {
    for my $cert ('alice', undef) {
        my @o    = $cert ? (cert => $cert) : ();
        my $text = $h->get("/$page/programs.shtml", @o)->{body};
        is join('|', map { variables_in($_) } split /^----$/m, $text), $cert ? "$variables|" : '|',
            "/$page/programs.shtml: each included program has the variables of its scope";
        is scalar(() = $text =~ /^SERVER_PROTOCOL=INCLUDED/mg), 2, 'and both are included';
        my %to = map { ($_ => $h->get("/cgi-bin/last/$page?$_", @o)->{body}) } qw(on off);
        is variables_in($to{on}), $cert ? $variables : '', "a redirect from scope $page to a program";
        is variables_in($to{off}), '', 'and to one of another scope';
        like $to{off}, qr/^REDIRECT_HTTP_HOST=/m, 'which has the other headers of the first request';
    }
}

is join('', $h->log_lines(qr/CC0111/)), '', 'nothing was taken for a header of the client';

# ---- responses

sub control { my ($path, @o) = @_; return $h->get($path, @o)->{headers}{'cache-control'} // '' }
is control('/app/on/x', cert => 'alice'), 'private', 'a response that may depend on the identity is private';
is control('/app/on/x'), 'private', 'also without an identity';
is control('/app/off/x', cert => 'alice'), '', 'others are not';
is control('/on/errors-on/none', cert => 'alice'), 'private', 'the page of an error is, once';
is control('/on/page.shtml', cert => 'alice'), 'private', 'a page is';
is control('/silent/', cert => 'alice'), 'private', 'and an index';

# ---- caches

my %stores = (
    disk    => ['cache_disk', 'CacheRoot @ROOT@/cache'],
    socache => ['cache_socache', 'CacheSocache shmcb'],
);
for my $kind (sort keys %stores) {
    for my $quick ('on', 'off') {
        my ($module, $store) = @{ $stores{$kind} };
        my $c = ClientCert::Test->server(
            modules => ['cache', $module,
                qw(access_compat headers http2 include mime proxy proxy_fcgi proxy_http rewrite)],
            files   => { %files, 'cache/x' => '', map { ("htdocs/$_" => "a file\n") } 'on/file', 'off/file' },
            conf    => <<"CACHE" . $conf);
CacheQuickHandler $quick
$store
CacheEnable $kind /
CacheIgnoreCacheControl On
CacheStorePrivate On
CacheStoreNoStore On
CacheIgnoreNoLastMod On
CacheDefaultExpire 600
CacheMinExpire 600
CACHE
        chmod 0777, $c->path('cache');
        my $name = "$kind, CacheQuickHandler $quick";
        my @paths = ('/on/file', $kind eq 'disk' ? ('/app/on/x', '/silent/', '/off/page.shtml') : ());
        for my $first (undef, 'alice') {
            $c->get($_, $first ? (cert => $first) : ()) for @paths, '/off/file', '/app/off/y';
        }
        for my $path (@paths) {
            for my $cert (undef, 'alice', 'bob') {
                my $response = $c->get($path, $cert ? (cert => $cert) : ());
                is $response->{headers}{age}, undef, "$path is not stored: $name";
                is sent($response), $cert ? "Client-Cert ClientCert-User=$cert" : '',
                    'so each client gets the response for itself' if $path ne '/on/file';
            }
        }
        ok defined $c->get('/off/file')->{headers}{age}, "what is sent to no back end is stored: $name";
        ok defined $c->get('/app/off/y')->{headers}{age}, 'also that of a back end' if $kind eq 'disk';
        $c->stop;
    }
}

done_testing;
