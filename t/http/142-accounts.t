# SPDX-License-Identifier: Apache-2.0
# Tests account= and ClientCertAccount: a client becomes one of its accounts if it asks for it, and
# no other user, in each place that shows or tests the user.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Waiting;

announce('CC0110', 'CC0721', 'CC0109', 'AH01630', 'AH01797', qr/Evaluation of expression from/, qr/unable to include/);

my $conf = <<'CONF';
ClientCertMap issuer.CN == "Staff CA" san.email == "alice@example.com" user=alice group=staff account=root account=backup
ClientCertMap issuer.CN == "Staff CA" san.email == "bob@example.com" account=shared
ClientCertExport USER ACCOUNTS
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    ErrorDocument 403 /cgi-bin/env/error
    LogFormat "%U %u" users
    CustomLog logs/users users
    ScriptAlias /app @ROOT@/cgi-bin/env
    RewriteEngine On
    RewriteCond %{REQUEST_URI} ^/app/early
    RewriteCond expr "clientcert('user') == 'root'"
    RewriteRule ^ - [E=EARLY:root]
    RewriteRule ^/moved/(.*) /app/$1 [PT]
    <Location "/app">
        ClientCertAccount "%{req:X-Account}"
    </Location>
    <Location "/app/root">
        Require user root
    </Location>
    <Location "/app/named">
        Require clientcert-user root
    </Location>
    <Location "/app/group">
        Require clientcert-group staff
    </Location>
    <Location "/app/not">
        <RequireAll>
            Require all granted
            Require not clientcert-user guest
        </RequireAll>
    </Location>
    <Location "/app/banned">
        <RequireAll>
            Require all granted
            Require not clientcert-user alice
        </RequireAll>
    </Location>
    <Location "/app/none">
        <RequireAll>
            Require all granted
            <RequireNone>
                Require clientcert-user nobody %{req:X-Banned}
            </RequireNone>
        </RequireAll>
    </Location>
    <Location "/app/only">
        Require clientcert-user alice
    </Location>
    <Location "/app/parts">
        ErrorDocument 403 /plain/parts.html
    </Location>
    <Location "/status">
        SetHandler clientcert-status
        ClientCertStatusRules On
    </Location>
    <Location "/app/judged">
        ErrorDocument 403 /cgi-bin/env/judged
    </Location>
    <Location "/cgi-bin/env/judged">
        ClientCertAuth Off
        ClientCertExport
        <RequireAll>
            Require all granted
            Require not clientcert-user guest
        </RequireAll>
    </Location>
    <Location "/app/any">
        Satisfy Any
        Require all granted
    </Location>
    <Location "/app/plain">
        ClientCertAccount ""
    </Location>
    <Location "/app/cookie">
        ClientCertAccount "%{env:WISH}"
        SetEnvIf Cookie "account=(\w+)" WISH=$1
    </Location>
    <Location "/app/file">
        ClientCertAccount "%{file:@ROOT@/none}"
    </Location>
    <Location "/app/late">
        ClientCertAccount "%{env:WISH}"
        SetEnvIf Cookie "account=(\w+)" WISH=$1
    </Location>
    RewriteCond %{REQUEST_URI} ^/app/late
    RewriteCond expr "clientcert('user') == 'alice'"
    RewriteRule ^ - [E=LATE:alice]
    <Location "/app/query">
        ClientCertAccount "%{QUERY_STRING}"
    </Location>
    <Directory ~ "@ROOT@/htdocs/(pages|plain|index)">
        Options +Includes
        SetOutputFilter INCLUDES
        DirectoryIndex index.html
    </Directory>
    <Location "/pages">
        ClientCertAccount "%{req:X-Account}"
    </Location>
    <Location "/app/off">
        ClientCertAuth Off
        ClientCertExport
    </Location>
    <Location "/app/page">
        SetHandler clientcert-status
    </Location>
    <Location "/app/short">
        Header set X-User "expr=%{clientcert:user}"
        Header set X-Accounts "expr=%{clientcert:account}"
    </Location>
    <LocationMatch "^/index/.+">
        ClientCertAccount "%{req:X-Second}"
    </LocationMatch>
    <Location "/cgi-bin/env/other">
        ClientCertMap issuer.CN == "Staff CA" user=other account=root
        ClientCertAccount "%{req:X-Account}"
    </Location>
    <Location "/cgi-bin/env/second">
        ClientCertAccount "%{req:X-Second}"
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN == nobody user=nobody
    <Location "/">
        ClientCertAccount "%{req:X-Account}"
    </Location>
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    Header always set Vary "Accept, X-Account-Foo" early
    ClientCertAccount "%{req:X-Account}%{req:X-Second}"
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName all.example
    Header always set Vary "*" early
    ClientCertAccount "%{req:X-Account}"
</VirtualHost>
CONF

sub page {
    return join '', '<!--#echo var="REMOTE_USER" -->;', map { qq(PART:\n<!--#include virtual="$_" -->) } @_;
}
my %files = (
    'htdocs/pages/index.html' => page(qw(/app /cgi-bin/env /cgi-bin/env/second /app/plain /app)),
    'htdocs/pages/rules.html' => page(qw(/app /cgi-bin/env/other /app)),
    'htdocs/index/index.html' => page(),
    'htdocs/plain/parts.html' => page(qw(/app /cgi-bin/env /app/plain /status?trace)),
);
my $h = ClientCert::Test->server(
    modules => [qw(http2 rewrite headers setenvif include authz_user access_compat)],
    cgi => 1, conf => $conf, files => \%files);

sub ask {
    my ($path, $wish, %o) = @_;
    my @headers = (defined $wish ? "X-Account: $wish" : (), @{ $o{headers} // [] });
    return $h->get($path, cert => 'alice', %o, headers => \@headers);
}

sub user_of {
    my ($response) = @_;
    return $response->{status} unless $response->{status} == 200;
    my $env = $h->cgi_env($response);
    return join ' ', map { $env->{$_} // '-' } qw(REMOTE_USER CLIENTCERT_USER CLIENTCERT_ACCOUNTS);
}

# ---- the wish

is user_of(ask('/app')), 'alice alice root,backup', 'without a wish, the user is the default';
is user_of(ask('/app', 'root')), 'root root alice,backup', 'an account of the client becomes the user';
is user_of(ask('/app', 'alice')), 'alice alice root,backup', 'so does the default';
is user_of(ask('/app', $_)), 403, "but not $_" for 'bob', 'Root', 'roo', 'staff', 'root backup', 'shared';
is user_of(ask('/cgi-bin/env', 'root')), 'alice alice root,backup', 'elsewhere a wish has no effect';
is user_of(ask('/app/plain', 'root')), 'alice alice root,backup', '"" ends the choice for a section';
is user_of(ask('/app/cookie', undef, headers => ['Cookie: a=b; account=backup'])),
    'backup backup alice,root', 'the wish may come from a cookie';
is user_of(ask('/app/file')), 403, 'an expression that fails is refused';
like join('', $h->wait_log(qr/CC0109/)), qr/ClientCertAccount at \S*site\.conf:\d+/, 'and logged';

# ---- who has no default, no account, no certificate

is user_of(ask('/app', undef, cert => 'bob')), '- - shared', 'accounts alone are no user';
is user_of(ask('/app', 'shared', cert => 'bob')), 'shared shared -', 'but one can be chosen';
is user_of(ask('/app', 'root', cert => 'bob')), 403, 'not that of another client';
is user_of(ask('/app', undef, cert => undef)), '- - -', 'without a certificate there is no user';
is user_of(ask('/app', 'root', cert => undef)), 403, 'and no account';
is $h->get('/', port => 2, cert => 'alice', headers => ['X-Account: alice'])->{status}, 403,
    'a client that no rule maps has no account';

# ---- everything that asks for the user

is user_of(ask("/app/$_", 'root')), 'root root alice,backup', "an account counts for /$_"
    for qw(root named);
is user_of(ask("/app/$_")), 403, "the default does not count for it in /$_" for qw(root named);
is user_of(ask('/app/group', 'root')), 'root root alice,backup', 'the groups are those of the certificate';
is user_of(ask('/app/not', 'bob')), 403, 'a refused wish passes no negation';
is user_of(ask('/app/any', 'bob')), 403, 'nor Satisfy Any';
for my $http2 (0, 1) {
    is user_of(ask('/app/banned', $_, http2 => $http2)), 403, 'a ban on the holder counts for all accounts'
        for undef, 'alice', 'root', 'backup';
    is user_of(ask('/app/banned', 'shared', cert => 'bob', http2 => $http2)), 'shared shared -', 'but not for others';
    is user_of(ask('/app/none', $_, headers => ['X-Banned: alice'], http2 => $http2)), 403, '<RequireNone> too'
        for undef, 'root';
}
is user_of(ask('/app/none', 'root', headers => ['X-Banned: root'])), 403, 'a ban on an account is one on the chosen one';
is user_of(ask('/app/none', $_->[0], headers => ['X-Banned: root'])), $_->[1], 'and not on its holder'
    for [undef, 'alice alice root,backup'], ['backup', 'backup backup alice,root'];
is user_of(ask('/app/only')), 'alice alice root,backup', 'a line for the holder admits the default,';
is user_of(ask('/app/only', 'root')), 403, 'and no account';
is user_of(ask('/app/off', 'root')), '- - -', 'with ClientCertAuth Off there is no REMOTE_USER';
is user_of(ask('/app/off', 'bob')), 403, 'but a wish is judged';
my $short = ask('/app/short', 'root');
is join(' ', map { $short->{headers}{$_} // '-' } qw(x-user x-accounts)), 'root alice,backup',
    'expressions have the account';
like ask('/app/page', 'root')->{body}, qr/root/, 'the page shows it';
is $h->cgi_env(ask('/app/early', 'root'))->{EARLY} // '-', 'root', 'even before the access phase';
is $h->cgi_env(ask('/app/early'))->{EARLY} // '-', '-', 'where the default is not the account';
is user_of(ask('/app/early', 'bob')), 403, 'and a refused wish is nobody';
is user_of(ask('/app/late', undef, headers => ['Cookie: a=b; account=backup'])), 403,
    'a wish that changes after it was used is refused';

# ---- redirects and error pages

is user_of(ask('/moved/x', 'root')), 'root root alice,backup', 'after a rewrite';
for my $how ([], [http2 => 1], [tls => '1.2']) {
    my $page = ask('/app', 'bob', @$how);
    is $page->{status}, 403, "@$how: a refused wish has an error page";
    unlike $page->{body}, qr/^(REDIRECT_)*(REMOTE_USER|AUTH_TYPE|CLIENTCERT_\w+)=/m,
        "@$how: which has no user, though it is in another section";
}
is $h->cgi_env(ask('/app/root'))->{REMOTE_USER}, 'alice', 'a page about something else has the default user';
unlike ask('/app/judged', 'bob')->{body}, qr/^REQUEST_URI=/m,
    'an error page is not shown if a negated line cannot know who asks';
like ask('/app/judged', undef, headers => ['X-Account: bob', 'X-Account: root'])->{body}, qr/403/, 'whatever the name';

# ---- subrequests

# The user of a page, and of each of its parts.
sub users {
    my ($response) = @_;
    my ($page) = $response->{body} =~ /^([^;]*);/;
    my @users = map { /^REMOTE_USER=(.*)/m ? $1 : '-' } split /PART:/, $response->{body};
    shift @users;
    return join ' ', $page, @users;
}
is users(ask('/pages/', 'root')), 'root root alice alice alice root',
    'an index and its parts have the account, where they ask for it';
is users(ask('/pages/', undef, headers => ['X-Second: backup'])), 'alice alice alice backup alice alice',
    'a part may have another';
is users(ask('/pages/', 'root', headers => ['X-Second: bob'])), 'root root alice - alice root',
    'a part that is refused is not shown';
is ask('/pages/', 'bob')->{status}, 403, 'nor a page';
is join(' ', ask('/pages/rules.html', 'root')->{body} =~ /^CLIENTCERT_ACCOUNTS=(.*)/mg),
    'alice,backup other alice,backup', 'a part with other rules has its own result for an account of this name';
is users(ask('/index/', undef, headers => ['X-Second: backup'])), 'backup', 'an index may have another wish,';
is ask('/index/', undef, headers => ['X-Second: bob'])->{status}, 403, 'which is refused in the same way';
my $parts = ask('/app/parts', 'bob');
is users($parts), '(none) - - - -', 'the parts of its error page have no user either';
like $parts->{body}, qr/It asks for the account/, 'and a status page among them says why';

# ---- one connection, several wishes

my @wishes = (undef, 'root', 'bob', 'backup', undef, 'root', 'bob', 'alice');
my @users  = ('alice', 'root', 403, 'backup', 'alice', 'root', 403, 'alice');
for my $tls ('1.2', '1.3') {
    my $c = $h->connection(cert => 'alice', tls => $tls);
    for my $i (0 .. $#wishes) {
        my $response = $c->request('/app', headers => $wishes[$i] ? ["X-Account: $wishes[$i]"] : []);
        is((split / /, user_of($response))[0], $users[$i],
            "TLS $tls, request $i: each request has its own wish");
    }
}
my @asked    = ('root', 'bob', 'backup', '', 'alice');
my @expected = ('root', 403, 'backup', 'alice', 'alice');
my @streams  = $h->parallel([map { "/app/query?$_" } (@asked) x 5], cert => 'alice');
is join(' ', map { (split / /, user_of($_))[0] } @streams), join(' ', (@expected) x 5),
    'streams of one connection have wishes of their own';
is user_of(ask('/app', 'root', http2 => 1)), 'root root alice,backup', 'HTTP/2';

# ---- caches

my $response = ask('/app', 'root');
like $response->{headers}{vary} // '', qr/X-Account/, 'Vary has the header of the wish';
like $response->{headers}{'cache-control'} // '', qr/private/, 'no shared cache may store the response';
like ask('/app')->{headers}{vary} // '', qr/X-Account/, 'even without a wish';
unlike $h->get('/cgi-bin/env', cert => 'alice')->{headers}{'cache-control'} // '', qr/private/,
    'elsewhere nothing is changed';

sub vary { return join ' ', sort map { lc } split /, */, $h->get('/', scheme => 'http', port => 3, @_)->{headers}{vary} // '' }
is vary(), 'accept x-account x-account-foo x-second', 'a longer name that is there does not hide one';
is vary(host => 'all.example'), '*', 'and * has all names';

# ---- the log

# The line of a request for this account, which is written after the response.
sub logged {
    my ($account) = @_;
    my $before = length read_if_there($h->path('logs/users'));
    ask('/app/logged', $account);
    return wait_until(sub { substr(read_if_there($h->path('logs/users')), $before) =~ m{^(/app/logged .*\n)}m && $1 });
}
is logged('bob') . logged('root'), "/app/logged -\n/app/logged root\n", 'the access log has no user for a refused wish';
$h->mark_log;
ask('/app', "b\x{9}o\\\"b" . 'x' x 3000);
my ($line) = $h->wait_log(qr/CC0110/);
like $line, qr/reason="it asks for the account 'b/, 'a refused wish is logged';
unlike $line, qr/\t/, 'escaped';
unlike $line, qr/x{1000}/, 'and cut';
like $line, qr/needs="an account of its own: ClientCertAccount \(\S*site\.conf:\d+\)"/, 'with the directive';

done_testing;
