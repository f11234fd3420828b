# SPDX-License-Identifier: Apache-2.0
# Tests that a failed lookup is answered with 500 in every phase, and never treated as "not found".
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;

use File::Temp ();

my $backend = ClientCert::Test->server(
    modules => ['-clientcert', '-ssl'],
    files   => { 'htdocs/page' => "from behind\n" });

my $not_banned = q{! ('banned' in clientcert('group'))};
my $long       = ("x" x 79 . "\n") x 400;
my @plain      = qw(plain require expr equal negated if rewrite section header always condition
    request setenv export auth any index);

# A CGI program that counts how often it was reached.
my $reached = File::Temp->new;
chmod 0666, $reached->filename;
my $reach = <<"CGI";
#!/bin/sh
echo reached >>"$reached"
printf 'Content-Type: text/plain\\r\\n\\r\\nsecret\\n'
CGI

my $h = ClientCert::Test->server(
    modules => [qw(access_compat headers http2 include mime proxy proxy_http rewrite setenvif)],
    cgi     => 1,
    files   => {
        'cgi-bin/request'          => $reach,
        (map { ("htdocs/$_/page" => "secret\n") } @plain),
        'htdocs/index/index.html'  => "secret\n",
        'htdocs/ssi/page.shtml'    => qq{<!--#if expr="$not_banned" -->secret<!--#endif -->\n},
        'htdocs/ssi/else.shtml'    =>
            qq{<!--#if expr="'banned' in clientcert('group')" --><!--#else -->secret<!--#endif -->\n},
        'htdocs/ssi/outer.shtml'   => qq{<!--#include virtual="page.shtml" -->\n},
        'htdocs/ssi/denied.shtml'  => qq{outside <!--#include virtual="/auth/page" -->\n},
        'htdocs/ssi/late.shtml'    => $long
            . qq{<!--#include virtual="/short" -->$long$long}
            . qq{<!--#if expr="$not_banned" -->hidden<!--#endif -->\n},
        'htdocs/short'             => "short\n",
        'htdocs/error/text.html'   => "an error page\n",
    },
    conf => <<'CONF' =~ s/BACKEND/$backend->port/er =~ s/NOT_BANNED/$not_banned/gr);
ClientCertTable away redis:127.0.0.1:1/cert: timeout=1
LogFormat "%>s %U [%{CLIENTCERT_USER}e]" who
CustomLog logs/who who "expr=! ('banned' in clientcert('group'))"
AddType text/html .shtml
AddHandler server-parsed .shtml

<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    ClientCertMap subject.CN in away user=$1 group=$2
    # Here only expressions need the identity.
    ClientCertAuth Off
    ClientCertExport
    <Directory @ROOT@/htdocs>
        Options +Includes
    </Directory>

    <Location "/require">
        <RequireAll>
            Require all granted
            Require not clientcert-group banned
        </RequireAll>
    </Location>
    <Location "/expr">
        Require expr NOT_BANNED
    </Location>
    <Location "/equal">
        Require expr clientcert('group') != 'banned'
    </Location>
    <Location "/negated">
        <RequireAll>
            Require all granted
            Require not expr 'banned' in clientcert('group')
        </RequireAll>
    </Location>
    <Location "/if">
        <If "clientcert('group') == 'banned'">
            Require all denied
        </If>
    </Location>

    RewriteEngine on
    RewriteCond expr "'banned' in clientcert('group')"
    RewriteRule ^/rewrite/ - [F]
    RewriteCond expr "NOT_BANNED"
    RewriteRule ^/redirect/ https://secret.example/ [R,L]
    RewriteCond expr "'banned' in clientcert('group')"
    RewriteRule ^/through/ - [F]
    RewriteRule ^/(?:through|redirect)/ https://secret.example/ [R,L]
    RewriteCond expr "'banned' in clientcert('group')"
    RewriteRule ^/proxied/ - [F]
    RewriteRule ^/proxied/ http://127.0.0.1:BACKEND/page [P,L]
    <Directory @ROOT@/htdocs/section>
        RewriteEngine on
        RewriteCond expr "'banned' in clientcert('group')"
        RewriteRule ^ - [F]
    </Directory>

    <Location "/header">
        Header set X-Groups "expr=%{clientcert:group}"
    </Location>
    <Location "/always">
        Header always set X-Groups "expr=%{clientcert:group}"
    </Location>
    <Location "/condition">
        Header set X-Key secret "expr=NOT_BANNED"
    </Location>
    <Location ~ "^/(?:cgi-bin/)?request">
        RequestHeader set X-Groups "expr=%{clientcert:group}"
    </Location>
    <Location "/setenv">
        SetEnvIfExpr "NOT_BANNED" fine
        Require env fine
    </Location>
    <Location "/export">
        ClientCertExport GROUPS
    </Location>
    <Location "/auth">
        ClientCertAuth On
    </Location>
    <Location "/any">
        ClientCertAuth On
        Require all granted
        Satisfy Any
    </Location>
    <LocationMatch "^/index/.+">
        ClientCertAuth On
    </LocationMatch>
</VirtualHost>

<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional
    ClientCertMap subject.CN in away user=$1 group=$2
    ErrorDocument 500 /error/text.html
    Header always set X-Groups "expr=[%{clientcert:group}]"
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName b.example
    @SSL:b.example@
    SSLVerifyClient optional
    ClientCertMap subject.CN in away user=$1 group=$2
    ErrorDocument 500 /whoami
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
</VirtualHost>
CONF
chmod 0755, $h->path('cgi-bin/request');
announce('CC0727', 'CC0133', 'CC0112', 'AH01458', qr/unable to include/, 'CC0134');

sub said { my ($r) = @_; return $r->{status} . ($r->{body} =~ /secret|hidden/ ? ' and tells' : '') }
sub get { my ($path, %o) = @_; return $h->get($path, cert => 'alice', %o) }

my $r;

# ---- each phase, and each way to use the identity

is said(get('/plain/page')), '200 and tells', 'a page that needs no identity is served';
my %asks = (
    '/require/page' => 'Require not clientcert-group',
    '/expr/page'    => 'Require expr with a negation',
    '/equal/page'   => 'Require expr with a comparison',
    '/negated/page' => 'Require not expr',
    '/if/page'      => '<If>',
    '/rewrite/page' => 'RewriteCond of the server, [F]',
    '/redirect/page'   => 'RewriteCond of the server, [R]',
    '/through/page'    => 'a redirect that [F] should have kept from',
    '/proxied/page'    => 'a back end that [F] should have kept from',
    '/section/page'    => 'RewriteCond of a directory',
    '/header/page'     => 'Header',
    '/always/page'     => 'Header always',
    '/condition/page'  => 'Header with a condition',
    '/request/page'    => 'RequestHeader',
    '/setenv/page'     => 'SetEnvIfExpr',
    '/export/page'     => 'ClientCertExport',
    '/auth/page'       => 'a user',
    '/any/page'        => 'a user, with Satisfy Any',
    '/index/'          => 'the index of a directory',
);
for my $path (sort keys %asks) {
    $r = get($path);
    is said($r), '500', "a lookup that failed is 500: $asks{$path}";
    ok !$r->{headers}{location} && !$r->{headers}{'x-key'}, "and nothing else is revealed: $path"
        if $path =~ /redirect|through|condition/;
}
my @paths = sort keys %asks;
is join(' ', map { said($_) } $h->parallel(\@paths, cert => 'alice')),
    join(' ', ('500') x @paths), 'over HTTP/2 as well';
is said(get('/rewrite/page', http2 => 1, method => 'POST', data => 'x')), '500', 'a POST too';

for my $http2 (0, 1) {
    is said(get('/cgi-bin/request', http2 => $http2)), '500',
        'a program for which RequestHeader sets a header';
}
is read_file($reached->filename), '', 'is not reached without its header';
is $h->get('/cgi-bin/request')->{status}, 200, 'except by clients without a lookup';

unlike get('/ssi/denied.shtml')->{body}, qr/secret/, 'an included document that fails is not shown';

# mod_include has sent the headers before it evaluates a condition.
for my $page (qw(page else outer late)) {
    for my $http2 (0, 1) {
        $r = get("/ssi/$page.shtml", http2 => $http2);
        ok $r->{exit} && $r->{exit} != 124 && $r->{body} !~ /secret|hidden/,
            "a page is cut off where it asks: $page, HTTP/" . ($http2 ? 2 : 1);
    }
}

# ---- clients for which there is no lookup

is join(' ', map { $h->get($_)->{status} } grep { !/redirect|through|proxied|setenv/ } @paths),
    join(' ', map { '200' } grep { !/redirect|through|proxied|setenv/ } @paths),
    'without a certificate there is no lookup, and no failure';
is $h->get('/redirect/page')->{status}, 302, 'a redirect does not fail either';
is $h->get('/proxied/page')->{body}, "from behind\n", 'nor does a back end';

# ---- the answer itself

$r = get('/plain/page', host => 'a.example');
is "$r->{status} $r->{body}", "500 an error page\n", 'ErrorDocument 500 is served';
is $r->{headers}{'x-groups'}, '[]', 'expressions for it have no value, and do not fail again';
$r = get('/plain/page', host => 'b.example');
is $r->{status}, 500, 'clientcert-status as ErrorDocument 500 is served';
like $r->{body}, qr/<html/, 'as a page';

# ---- the log

ok $h->log_lines(qr/CC0112: a lookup failed/), 'the line of an expression that failed says why';
$h->stop;
my $who = do { local (@ARGV, $/) = $h->path('logs/who'); <> };
for my $path ('/plain/page', '/auth/page', '/rewrite/page') {
    my $status = $path eq '/plain/page' ? 200 : 500;
    like $who, qr{^$status $path \[-\]$}m,
        "the line of the access log is written, without the value: $path";
}

done_testing;
