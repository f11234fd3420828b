# SPDX-License-Identifier: Apache-2.0
# Tests that scripts of PHP-FPM see the identity and that clients cannot forge it, as configured in
# conf/examples/php.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Example;

my $fpm    = application('php-fpm');
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
    files => { map { ("htdocs/$_/show.php" => $script, "htdocs/$_/x.phps" => $script,
        "htdocs/$_/.htpasswd" => "secret\n") } qw(open app app/admin) },
    conf => <<'CONF');    # as in Debian's apache2.conf and php-fpm.conf
Protocols h2 http/1.1
<FilesMatch "^\.ht">
    Require all denied
</FilesMatch>
SetEnvIfNoCase ^Authorization$ "(.+)" HTTP_AUTHORIZATION=$1
<FilesMatch ".+\.phps$">
    Require all denied
</FilesMatch>
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

done_testing;
