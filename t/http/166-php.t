# SPDX-License-Identifier: Apache-2.0
# Tests that scripts of PHP-FPM see the identity and that clients cannot forge it, as configured in
# conf/examples/php.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

# The pool "auth" has the line of the example's comment. Without it, a script is as PHP-FPM runs it.
my $examples = top() . '/conf/examples';
my ($line) = read_file("$examples/php.conf") =~ /^# +(php_admin_value\S+ = .*)$/m;
my $in_pool = $line =~ s{\S+/(php-auth-user\.php)$}{\@DIR\@/$1};
my $fpm = application('php-fpm', files => {
    'php-auth-user.php' => read_file("$examples/php-auth-user.php"),
    'fpm.conf' => <<"CONF" });
[global]
error_log = \@DIR\@/log
daemonize = no
[www]
listen = 127.0.0.1:\@PORT\@
pm = static
pm.max_children = 2
[auth]
listen = \@DIR\@/auth.sock
listen.mode = 0666
pm = static
pm.max_children = 1
$line
CONF
my $script = <<'PHP';
<?php
header('Content-Type: text/plain');
foreach (['REMOTE_USER', 'AUTH_TYPE', 'CLIENTCERT_USER', 'CLIENTCERT_GROUPS', 'PHP_AUTH_USER',
    'PHP_AUTH_PW', 'PHP_AUTH_DIGEST', 'HTTP_AUTHORIZATION'] as $name) {
    echo "$name=", $_SERVER[$name] ?? '(none)', ' ', getenv($name) ?: '(none)', "\n";
}
PHP
my $h = example('php', define => { FPM => 'fcgi://127.0.0.1:' . $fpm->port },
    modules => [qw(setenvif http2)],
    files => {
        # The application cannot turn the file off.
        'htdocs/app/auth/.user.ini' => "auto_prepend_file = none\n",
        map { ("htdocs/$_/show.php" => $script, "htdocs/$_/x.phps" => $script,
            "htdocs/$_/.htpasswd" => "secret\n") } qw(open app app/admin open/auth app/auth),
    },
    conf => <<'CONF' =~ s/FPM/$fpm->{dir}/r);    # as in Debian's apache2.conf and php-fpm.conf
Protocols h2 http/1.1
<FilesMatch "^\.ht">
    Require all denied
</FilesMatch>
SetEnvIfNoCase ^Authorization$ "(.+)" HTTP_AUTHORIZATION=$1
<FilesMatch ".+\.phps$">
    Require all denied
</FilesMatch>
<LocationMatch "^/(open|app)/auth/.*\.php$">
    SetHandler "proxy:unix:FPM/auth.sock|fcgi://localhost"
</LocationMatch>
SetEnvIfExpr "%{QUERY_STRING} == 'passed'" "HTTP_AUTHORIZATION=Basic YWxpY2U6eA=="
CONF
announce('AH01630', 'CC0110');

sub seen {
    my ($path, @options) = @_;
    my $r = $h->get($path, @options);
    return $r->{body} if $r->{status} != 200;
    my %value = map { /^(\w+)=(\S+) (\S+)$/ ? ($1 => $2 eq $3 ? $2 : "$2|$3") : () } split /\n/,
        $r->{body};
    return join ' ', map { "$_=$value{$_}" } grep { $value{$_} ne '(none)' } sort keys %value;
}
my $alice = 'AUTH_TYPE=ClientCert CLIENTCERT_GROUPS=staff,admins CLIENTCERT_USER=alice '
    . 'REMOTE_USER=alice';
my $bob   = 'AUTH_TYPE=ClientCert CLIENTCERT_GROUPS=staff CLIENTCERT_USER=bob REMOTE_USER=bob';

is seen('/app/show.php', cert => 'alice'), $alice,
    'a script sees the user, the groups and how it knows them';
is seen('/open/show.php', cert => 'bob'), $bob, 'also on pages that are open to all';
is seen('/open/show.php'), '', 'and nothing without a certificate';
is $h->get('/app/show.php')->{status}, 403, 'which the application needs';
is $h->get('/app/show.php', cert => 'partner')->{status}, 403, 'from a CA that a rule names';
is $h->get('/app/admin/show.php', cert => 'bob')->{status}, 403, 'and a part of it the group';
is seen('/app/admin/show.php', cert => 'alice'), $alice, 'which another client has';
for my $path (map { ("$_/.htpasswd", "$_/x.phps") } qw(/open /app /app/admin)) {
    is $h->get($path, cert => 'alice')->{status}, 403, "a file that the server denies: $path";
}

my @forged = map { my $header = $_; map { "$header: $_" } 'alice' } qw(Remote-User Remote_User
    REMOTE_USER X-Remote-User
    Auth-Type ClientCert-User CLIENTCERT_USER Client.Cert.User ClientCert-Groups
    PHP-Auth-User PHP_AUTH_USER    Redirect-Remote-User Http-Remote-User);
for my $login ('Authorization: Basic YWxpY2U6eA==', 'authorization: basic YWxpY2U6eA==',
    'Authorization: Digest username="alice"', 'Authorization: Bearer alice',
        'Proxy-Authorization: Basic YWxpY2U6eA==') {
    my @headers = (headers => [@forged, $login]);
    is seen('/app/show.php', cert => 'bob', @headers), $bob,
        "a client cannot be another user: $login";
    is seen('/open/show.php', @headers), '', "nor any user without a certificate: $login";
    is seen('/open/show.php', @headers, http2 => 1), '', "also over HTTP/2: $login";
}
is $h->get('/app/show.php', headers => \@forged, user => 'alice:x')->{status}, 403,
    'and is still refused';
is seen('/app/show.php?REMOTE_USER=alice', cert => 'bob',
    data => 'REMOTE_USER=alice&CLIENTCERT_USER=alice',
    headers => ['Cookie: REMOTE_USER=alice']), $bob, 'nor by a form or a cookie';

# ---- PHP_AUTH_USER, by php-auth-user.php

ok $in_pool, 'the example has a line for the pool';
like seen('/app/auth/show.php', cert => 'alice'), qr/ PHP_AUTH_USER=alice\|\(none\) /,
    'a script sees the user as PHP_AUTH_USER';
my @logins = ('Authorization: Basic YWxpY2U6eA==', 'Authorization: Digest username="alice"');
for my $login ([], map { [headers => [@forged, $_]] } @logins) {
    my $how = @$login ? " with $login->[1][-1]" : '';
    is seen("/$_/auth/show.php", cert => 'bob', @$login),
        $bob =~ s/ (?=REMOTE_USER)/ PHP_AUTH_USER=bob|(none) /r,
        "which is always the mapped user, and there is no password, in /$_$how" for qw(app open);
    is seen('/open/auth/show.php', @$login), '', "and no user without a certificate$how";
}
like seen('/open/show.php?passed'), qr/PHP_AUTH_PW=x\S* PHP_AUTH_USER=alice/,
    'PHP itself would believe a header that httpd does not remove';
is seen('/open/auth/show.php?passed'), '', 'but the file removes its user';
like seen('/app/auth/show.php?passed', cert => 'bob'),
    qr/^(?!.*PHP_AUTH_PW).* PHP_AUTH_USER=bob\S* REMOTE_USER=bob$/, 'or replaces it';

done_testing;
