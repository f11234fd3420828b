# SPDX-License-Identifier: Apache-2.0
# Tests that mod_cache stores no response that depends on the client's identity, and still stores
# the others.
use strict;
use warnings;
use ClientCert::Test;

my @places = qw(require conditions user export expr if header rewrite ssi frame public off nobody late);

my $conf = <<'CONF';
CacheQuickHandler QUICK
STORE
CacheIgnoreCacheControl Off
CacheStorePrivate On
CacheStoreNoStore On
AddType text/html .shtml
AddHandler server-parsed .shtml
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    CacheEnable KIND /
    Header always set Cache-Control "max-age=600, public"
    <Directory @ROOT@/htdocs>
        Options +Includes
    </Directory>
    ScriptAliasMatch "^/([a-z]+)/env$" @ROOT@/cgi-bin/env

    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
    ClientCertAuth Off
    ClientCertExport
    <Location "/require">
        Require clientcert-group staff
    </Location>
    <Location "/conditions">
        Require clientcert subject.O == Example
    </Location>
    <Location "/user">
        ClientCertAuth On
    </Location>
    <Location "/export">
        ClientCertExport USER
    </Location>
    <Location "/expr">
        Require expr clientcert('user') =~ /./
    </Location>
    <Location "/if">
        <If "clientcert('user') == 'alice'">
            Header set X-Alice yes
        </If>
    </Location>
    <Location "/header">
        Header set X-User "expr=%{clientcert:user}"
    </Location>
    RewriteEngine on
    RewriteCond expr "clientcert('user') == 'nobody'"
    RewriteRule ^/rewrite/ - [F]
    <Location "/frame/inner">
        Require clientcert-group staff
    </Location>
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    ClientCertLedger names=on
    <Location "/ledger">
        SetHandler clientcert-ledger
    </Location>
    <Location "/error">
        ErrorDocument 403 /public/error
        Require clientcert-group nobody
    </Location>
</VirtualHost>
CONF

my $user   = q{<!--#if expr="clientcert('user') == 'alice'" -->alice<!--#endif -->};
my %stores = (
    disk    => ['cache_disk', 'CacheRoot @ROOT@/cache'],
    socache => ['cache_socache', 'CacheSocache shmcb'],    # needs the length beforehand
);

sub server {
    my ($kind, $quick) = @_;
    my ($module, $store) = @{ $stores{$kind} };
    my $h = ClientCert::Test->server(
        modules => ['cache', $module, qw(headers http2 include mime rewrite)],
        cgi     => 1,
        files   => {
            (map { ("htdocs/$_/page" => "page\n") } @places, 'frame/inner'),
            'cache/x'                  => '',
            'htdocs/public/error'      => "an error page\n",
            'htdocs/ssi/page.shtml'    => "$user\n",
            'htdocs/frame/page.shtml'  => qq{frame <!--#include virtual="/frame/inner/page" -->\n},
            'htdocs/late/page.shtml'   => ("x" x 79 . "\n") x 300 . "$user\n",
            'htdocs/public/page.shtml' => qq{frame <!--#include virtual="/public/page" -->\n},
        },
        conf => $conf =~ s/QUICK/$quick/r =~ s/STORE/$store/r =~ s/KIND/$kind/r);
    chmod 0777, $h->path('cache');
    return $h;
}

my @personal = qw(/require/page /conditions/page /user/page /export/page /expr/page /if/page
    /header/page /rewrite/page /ssi/page.shtml /frame/page.shtml /late/page.shtml
    /require/env /user/env /export/env /whoami /ledger /error/page);
my @public = qw(/public/page /nobody/page /public/env /public/page.shtml);

# Whether the response comes from the cache, which adds an Age.
sub is_stored { my ($r) = @_; return defined $r->{headers}{age} ? 1 : 0 }

announce('AH01630', 'CC0110', 'AH01458', qr/unable to include/);
for my $kind (sort keys %stores) {
    for my $quick ('on', 'off') {
        my $h    = server($kind, $quick);
        my $name = "$kind, CacheQuickHandler $quick";

        $h->get($_, cert => 'alice') for @personal, @public;
        $h->parallel(\@personal, cert => 'alice');
        for my $path (@personal) {
            is is_stored($h->get($path)), 0,
                "what depends on the client is not stored: $path, $name";
            next if $path =~ m{^/(?:user|export)/};    # a client without an identity has neither
            is is_stored($h->get($path, cert => 'alice')), 0,
                "nor if the client had no certificate: $path, $name";
        }
        is is_stored($h->get($_)), 1, "what does not depend on it is stored: $_, $name"
            for grep { $kind eq 'disk' || !/env|shtml/ } @public;
        is $h->get('/require/page')->{status}, 403,
            "no client gets the response for another one: $name";

        # A response to a client without an identity may be stored, and may serve every client.
        $h->get('/user/page');
        my $r = $h->get('/user/page', cert => 'alice');
        is "$r->{status} $r->{body}", "200 page\n", "a client with a certificate is served: $name";

        # A stored response is revalidated when it is stale.
        $h->get('/user/page', headers => ['Cache-Control: max-age=0']);
        $r = $h->get('/user/page', cert => 'alice', headers => ['Cache-Control: max-age=0']);
        is "$r->{status} $r->{body}", "200 page\n", "also where the cache asks again: $name";
        $h->stop;
    }
}

done_testing;
