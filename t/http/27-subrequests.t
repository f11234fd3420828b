# SPDX-License-Identifier: Apache-2.0
# Tests the user of subrequests and internal redirects: includes, indexes, negotiation and error
# documents.
use strict;
use warnings;
use ClientCert::Test;

my $echo = join '', map { qq{$_=<!--#echo var="$_" -->\n} }
    qw(REMOTE_USER AUTH_TYPE CLIENTCERT_USER CLIENTCERT_GROUPS);

my $h = ClientCert::Test->server(
    modules => [qw(authz_user include mime negotiation rewrite actions env)],
    cgi     => 1,
    files   => {
        'htdocs/page.shtml' => $echo . join('', map { qq{[$_ <!--#include virtual="$_" -->]\n} }
            '/inner.shtml', '/cgi-bin/env/same', '/cgi-bin/env/other', '/cgi-bin/env/nobody',
            '/cgi-bin/env/off', '/cgi-bin/env/none', '/cgi-bin/env/more', '/cgi-bin/env/denied'),
        'htdocs/inner.shtml'       => $echo,
        'htdocs/none.shtml'        => qq{<!--#include virtual="/cgi-bin/env/same" -->\n},
        'htdocs/index/index.shtml' => $echo,
        'htdocs/other/index.shtml' => $echo,
        'htdocs/other/text.shtml'  => $echo,
        'htdocs/acts/page.act'     => "acted upon\n",
        'htdocs/rules/here.txt'    => "a file\n",
    },
    conf => <<'CONF');
AddType text/html .shtml
AddHandler server-parsed .shtml
DirectoryIndex index.shtml index.html
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=%{subject.OU}
    <Directory @ROOT@/htdocs>
        Options +Includes +MultiViews
    </Directory>

    <Location "/cgi-bin/env/other">
        ClientCertMap user=other-%{subject.CN}
    </Location>
    <Location "/cgi-bin/env/nobody">
        ClientCertMap subject.CN == "root" user=root
    </Location>
    <Location "/cgi-bin/env/off">
        ClientCertAuth Off
    </Location>
    <Location "/cgi-bin/env/none">
        ClientCertExport
    </Location>
    <Location "/cgi-bin/env/more">
        ClientCertExport CN=subject.CN
    </Location>
    <Location "/cgi-bin/env/denied">
        Require clientcert-group nobody
    </Location>

    # The directory has rules; the files in it have other rules.
    <Location "/other">
        ClientCertMap group=directory
        ClientCertMap subject.CN == "alice" user=directory
    </Location>
    <LocationMatch "^/other/.+">
        ClientCertMap group=file
    </LocationMatch>

    <Location "/refused">
        Require clientcert-group nobody
        ErrorDocument 403 /cgi-bin/env/error
    </Location>
    <Location "/refused/other">
        ErrorDocument 403 /cgi-bin/env/other
    </Location>

    <Directory @ROOT@/htdocs/acts>
        AddHandler acting .act
        Action acting /cgi-bin/env/other
    </Directory>

    RewriteEngine on
    RewriteCond "%{LA-U:REMOTE_USER}" "^alice$"
    RewriteRule "^/ahead$" "/cgi-bin/env/ahead-%0" [PT]
    RewriteCond expr "%{clientcert:user} == 'alice'"
    RewriteRule "^/expression$" "/cgi-bin/env/expression" [PT]
    <Directory @ROOT@/htdocs/rules>
        RewriteEngine on
        RewriteCond "%{REMOTE_USER}" "(.+)"
        RewriteRule "^known$" "/cgi-bin/env/known-%1" [L]
        RewriteRule "^same$" "here.txt" [L]
        RewriteCond "%{ENV:CLIENTCERT_GROUPS}" "admins"
        RewriteRule "^groups$" "/cgi-bin/env/other" [L]
    </Directory>
</VirtualHost>
CONF

# The user in a part of a page or in the whole page; - if there is none.
sub seen {
    my ($text) = @_;
    my $env = $h->cgi_env({ body => $text });
    return join ' ', map { length($env->{$_} // '') && $env->{$_} ne '(none)' ? $env->{$_} : '-' }
        qw(REMOTE_USER AUTH_TYPE CLIENTCERT_USER CLIENTCERT_GROUPS);
}

sub seen_at { my ($path, %o) = @_; return seen($h->get($path, cert => 'alice', %o)->{body}) }

my $alice = 'alice ClientCert alice staff,admins';

# ---- mod_include

announce('AH01630', 'CC0110', 'AH01458', qr/unable to include/);
my $page = $h->get('/page.shtml', cert => 'alice')->{body};
my %part = $page =~ /\[(\S+) (.*?)\]/gs;
is seen($page =~ s/\[.*//sr), $alice, 'a page with server-side includes sees the user';
is seen($part{'/inner.shtml'}), $alice, 'a page that it includes sees it too';
is seen($part{'/cgi-bin/env/same'}), $alice, 'and a program';
is seen($part{'/cgi-bin/env/other'}), 'other-alice ClientCert other-alice -',
    'with other rules in effect, only these give the user and groups';
is seen($part{'/cgi-bin/env/nobody'}), '- - - -', 'also if they give no user';
is seen($part{'/cgi-bin/env/off'}), '- - alice staff,admins', 'ClientCertAuth Off counts there';
is seen($part{'/cgi-bin/env/none'}), 'alice ClientCert - -', 'so does ClientCertExport';
is seen($part{'/cgi-bin/env/more'}), 'alice ClientCert - -', 'with other names';
like $part{'/cgi-bin/env/more'}, qr/^CLIENTCERT_CN=alice$/m, 'which are there';
unlike $part{'/cgi-bin/env/denied'} // '', qr/REMOTE_ADDR/, 'a denied document is not included';
is scalar($h->log_lines(qr/CC0110/)), 0, 'which does not deny the page';
is seen($h->get('/page.shtml')->{body} =~ s/\[.*//sr), '- - - -', 'without a certificate: no user';

# ---- indexes, negotiation

is seen_at('/index/'), $alice, 'DirectoryIndex: the user is known';
is seen_at('/index/index'), $alice, 'MultiViews: the user is known';
is seen_at('/other/'), '- - - file',
    'DirectoryIndex: if the file has other rules, only these count';
is seen_at('/other/text'), '- - - file', 'MultiViews: likewise';

# ---- error documents and redirects

my $env = $h->cgi_env($h->get('/refused/', cert => 'alice'));
is_deeply [map { $env->{$_} } qw(REDIRECT_STATUS REDIRECT_CLIENTCERT_USER REMOTE_USER)],
    [403, 'alice', 'alice'], 'an ErrorDocument of 403 sees the refused user';
$env = $h->cgi_env($h->get('/refused/other', cert => 'alice'));
is_deeply [map { $env->{$_} } qw(REMOTE_USER CLIENTCERT_USER)], ['other-alice', 'other-alice'],
    'by its own rules, if it has some';
is $h->get('/refused/')->{status}, 403, 'and it is shown without a user too';

$env = $h->cgi_env($h->get('/acts/page.act', cert => 'alice'));
is_deeply [map { $env->{$_} } qw(REDIRECT_CLIENTCERT_USER REMOTE_USER CLIENTCERT_USER)],
    ['alice', 'other-alice', 'other-alice'], 'an Action too has the user of its place';

# ---- mod_rewrite

is seen_at('/ahead'), $alice, 'RewriteCond %{LA-U:REMOTE_USER} knows the user ahead';
is $h->get('/ahead', cert => 'bob')->{status}, 404, 'and that it is another';
is $h->get('/ahead')->{status}, 404, 'or nobody';
is seen_at('/expression'), $alice, 'RewriteCond expr= of the virtual host knows its user';
is $h->get('/expression', cert => 'bob')->{status}, 404, 'and that it is another';
is seen_at('/rules/known'), $alice, 'RewriteCond %{REMOTE_USER} of a directory knows the user';
is $h->get('/rules/known', cert => 'service')->{status}, 404, 'and that there is none';
is $h->get('/rules/same', cert => 'alice')->{body}, "a file\n", '[L] to a file of the directory';
is seen_at('/rules/groups'), 'other-alice ClientCert other-alice -',
    'RewriteCond %{ENV:CLIENTCERT_GROUPS} knows the groups, and its target has its own user';
is $h->get('/rules/groups', cert => 'bob')->{status}, 404, 'and that they are others';

done_testing;
