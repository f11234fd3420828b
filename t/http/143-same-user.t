# SPDX-License-Identifier: Apache-2.0
# Tests Require clientcert-same-user: certificate and login have to be those of one user.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;

use Digest::MD5 qw(md5_hex);
use Digest::SHA qw(sha1_base64);
use MIME::Base64 qw(encode_base64);

my $basic = "AuthType Basic\nAuthName test\nAuthUserFile conf/users\n";
my %sections = (
    on       => "${basic}Require clientcert-same-user",
    off      => "${basic}ClientCertAuth Off\nRequire clientcert-same-user",
    fallback => "${basic}ClientCertAuth Fallback\nRequire clientcert-same-user",
    nocase   => "${basic}ClientCertAuth Off\nRequire clientcert-same-user nocase",
    digest   => "AuthType Digest\nAuthName digest\nAuthUserFile conf/digest\nRequire clientcert-same-user",
    all      => "${basic}<RequireAll>\nRequire valid-user\nRequire clientcert-group staff\n"
        . "Require clientcert-same-user\n</RequireAll>",
    any      => "${basic}ClientCertAuth Off\n<RequireAny>\nRequire user eve\n"
        . "<RequireAll>\nRequire env NEVER\nRequire clientcert-same-user\n</RequireAll>\n"
        . "Require clientcert-same-user\n</RequireAny>",
    forbid   => "${basic}AuthzSendForbiddenOnFailure On\nRequire clientcert-same-user",
    fake     => "${basic}ClientCertAuth Off\nSSLOptions +FakeBasicAuth\nRequire clientcert-same-user",
    colon    => "${basic}ClientCertAuth Off\nSSLOptions +FakeBasicAuth\n"
        . "ClientCertMap issuer.CN == \"Staff CA\" user=/O=Example/CN=odd\nRequire clientcert-same-user",
    faked    => "${basic}ClientCertAuth Off\nSSLOptions +FakeBasicAuth\nClientCertMap user=%{subject|oneline}\n"
        . 'Require clientcert-same-user',
    name     => "${basic}ClientCertAuth Off\nSSLUserName SSL_CLIENT_S_DN_CN\nRequire clientcert-same-user",
    named    => "ClientCertAuth Off\nSSLUserName SSL_CLIENT_S_DN_CN\nRequire clientcert-same-user",
    none     => 'Require clientcert-same-user',
    unset    => "AuthType None\nRequire clientcert-same-user",
    type     => "AuthType ClientCert\nRequire clientcert-same-user",
    satisfy  => "${basic}Order deny,allow\nDeny from all\nSatisfy Any\nRequire clientcert-same-user",
    error    => "${basic}ErrorDocument 401 /cgi-bin/env/open\nRequire clientcert-same-user",
    open     => 'Require all granted',
    unmapped => "${basic}ClientCertMap subject.CN == nobody user=nobody\nRequire clientcert-same-user",
    upper    => "${basic}ClientCertAuth Off\nClientCertMap user=%{subject.CN|upper}\nRequire clientcert-same-user",
    strange  => "${basic}ClientCertAuth Off\nClientCertMap user=\"a\\\"b\"\nRequire clientcert-same-user",
    account  => "${basic}ClientCertAuth Off\nClientCertMap user=alice account=bob account=eve\n"
        . "ClientCertAccount \"%{req:X-Account}\"\nRequire clientcert-same-user",
    shared   => "${basic}ClientCertAuth Off\nClientCertMap account=bob account=eve\n"
        . "ClientCertAccount \"%{req:X-Account}\"\nRequire clientcert-same-user",
    kelvin   => "${basic}ClientCertAuth Off\nClientCertMap user=\"al\xC4\xB0ce\xE2\x84\xAA\"\n"
        . "Require clientcert-same-user nocase",
);
my $sections = join '', map { "<Location \"/cgi-bin/env/$_\">\n$sections{$_}\n</Location>\n" }
    sort keys %sections;

my $slashed = `openssl x509 -in @{[ClientCert::Test->ca]}/alice.pem -noout -subject -nameopt compat`;
$slashed =~ s/^subject=\s*|\s+$//g;

my $h = ClientCert::Test->server(
    modules => [qw(authz_user auth_basic auth_digest authn_file access_compat authz_host http2 rewrite include mime)],
    cgi     => 1,
    files   => {
        # all of them have the password "secret"; that of the name in slashes is "password"
        'conf/users' => join('', map { "$_:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" }
            'alice', 'ALICE', 'bob', 'eve', 'x"b', "al\xC4\xB0cek")
            . "$slashed:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"
            . '/O=Example/CN=odd:{SHA}' . sha1_base64('one:password') . "=\n",
        'conf/digest' => join('', map { "$_:digest:" . md5_hex("$_:digest:secret") . "\n" } 'alice', 'bob'),
        'htdocs/page.shtml'        => qq{<!--#include virtual="/cgi-bin/env/on" -->\n},
        'htdocs/part.shtml'        => qq{<!--#include virtual="/cgi-bin/env/part" -->\n},
        'htdocs/index/index.shtml' => qq{<!--#echo var="REMOTE_USER" --> <!--#echo var="AUTH_TYPE" -->\n},
    },
    conf => <<"CONF");
Protocols h2 http/1.1
AddType text/html .shtml
AddHandler server-parsed .shtml
DirectoryIndex index.shtml
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "(.+)\@example\\.com" user=\$1 group=%{subject.OU}
    <Directory \@ROOT\@/htdocs>
        Options +Includes
    </Directory>
    # The files of the directory have other rules, so the index is another configuration.
    <Location "/index">
        $basic
        Require clientcert-same-user
    </Location>
    <LocationMatch "^/index/.+">
        ClientCertMap user=%{subject.CN}
        ClientCertExport SERIAL
    </LocationMatch>
    RewriteEngine On
    RewriteRule "^/again" "-" [E=again:1]
    <Location "/again">
        $basic
        Require clientcert-same-user
        RewriteEngine On
        RewriteRule "again\$" "/cgi-bin/env/on" [PT,L]
    </Location>
    $sections
</VirtualHost>
CONF

# status, REMOTE_USER, AUTH_TYPE and CLIENTCERT_USER
sub seen {
    my ($place, $cert, $user, @curl) = @_;
    my $response = $h->get($place =~ m{^/} ? $place : "/cgi-bin/env/$place", $cert ? (cert => $cert) : (),
        $user ? (user => "$user:secret") : (), curl => \@curl);
    my $env = $h->cgi_env($response);
    return join ' ', $response->{status},
        $response->{status} == 200 ? map { $_ // '-' } @$env{qw(REMOTE_USER AUTH_TYPE CLIENTCERT_USER)} : ();
}

announce('AH01617', 'AH01618', 'AH01629', 'AH01630', 'AH01631', 'AH01797', 'AH02039', 'CC0104', 'CC0110', 'CC0726',
    'CC0725', qr{unable to include});

# ---- both are needed

my $asked = $h->get('/cgi-bin/env/on', cert => 'alice');
is $asked->{status}, 401, 'with a certificate alone, the password is requested';
like $asked->{headers}{'www-authenticate'}, qr/^Basic realm="test"/, 'by AuthType';
unlike $asked->{body}, qr/alice/, 'and the response does not say whose certificate it is';
for my $place (qw(on off fallback all any)) {
    is seen($place, 'alice', 'alice'), '200 alice Basic alice', "$place: certificate and password of one user";
    is seen($place, 'alice', 'bob'), '401', "$place: the password of another user is refused";
    is seen($place, 'alice', undef), '401', "$place: the certificate alone is not enough";
}
is seen($_, undef, 'alice'), '403', "$_: nor is the password" for qw(on off fallback);
is seen('any', undef, 'alice'), '401', 'any: nor is it one way among several';
is seen('any', undef, 'eve'), '200 eve Basic -', 'any: the other way needs no certificate';
is seen('on', $_, 'alice'), '403', "and the certificate has to give a user: $_" for qw(service stranger);
is seen('unmapped', 'alice', 'alice'), '403', 'by the rules in effect';
is seen('off', 'bob', 'bob'), '200 bob Basic bob', 'each user has a certificate and a password';
is $h->get('/cgi-bin/env/on', cert => 'alice', user => 'alice:wrong')->{status}, 401,
    'a wrong password is refused';
is seen('digest', 'alice', 'alice', '--digest'), '200 alice Digest alice', 'Digest is a login too,';
is seen('digest', 'alice', 'bob', '--digest'), '401', 'for the same user only';
is seen('satisfy', 'alice', undef), '401', 'Satisfy Any: the certificate alone is not enough';
is seen('satisfy', 'alice', 'bob'), '401', 'Satisfy Any: nor with the password of another,';
is seen('satisfy', 'alice', 'alice'), '200 alice Basic alice', 'Satisfy Any: but with both';

# ---- names

is seen('upper', 'alice', 'ALICE'), '200 ALICE Basic ALICE', 'names are compared byte by byte:';
is seen('upper', 'alice', 'alice'), '401', 'case counts';
is seen('nocase', 'alice', 'ALICE'), '200 ALICE Basic alice', 'except with nocase';
is seen('nocase', 'alice', 'bob'), '401', 'which makes no other difference';
is seen('kelvin', 'alice', "al\xC4\xB0cek"), '401', 'nocase folds ASCII alone: the Kelvin sign is no k';

# ---- accounts

my @bob = ('-H', 'X-Account: bob');
for my $http ('--http1.1', '--http2') {
    is seen('account', 'alice', 'alice', $http), '200 alice Basic alice', "$http: without a wish, the password of the holder";
    is seen('account', 'alice', 'bob', $http), '401', "$http: that of an account is not enough";
    is seen('account', 'alice', 'bob', @bob, $http), '200 bob Basic bob', "$http: a chosen account has its own password,";
    is seen('account', 'alice', 'alice', @bob, $http), '200 alice Basic bob', "$http: or that of the holder,";
    is seen('account', 'alice', 'eve', @bob, $http), '401', "$http: but not that of another account";
}
is seen('shared', 'alice', 'bob'), '403', 'accounts alone are no user';
is seen('shared', 'alice', 'bob', @bob), '200 bob Basic bob', 'until one is chosen';
is seen('shared', 'alice', 'eve', @bob), '401', 'which excludes the others';
$h->mark_log;
seen('account', 'alice', 'eve', @bob);
like +($h->wait_log(qr/CC0110/))[0], qr/that of 'alice', and the login that of 'eve'/, 'the log names the holder';

# ---- what is no login

$h->mark_log;
is seen('faked', 'alice', undef), '401', 'a password that FakeBasicAuth makes of the certificate is none,';
is seen('fake', 'alice', undef), '401', 'whatever the user of the certificate';
like +($h->wait_log(qr/CC0110.*FakeBasicAuth/))[0], qr/reason="SSLOptions FakeBasicAuth made the password/,
    'and the log says so';
is seen('colon', certificate('odd', '/O=Example/CN=odd:one'), undef), '401', 'also if its name has a colon';
is seen('name', 'alice', undef), '401', 'nor is the user of SSLUserName a login,';
is seen('name', 'alice', 'alice'), '200 alice Basic alice', 'but a password is';
is seen($_, 'alice', 'alice'), '403', "$_: where no AuthType asks for another login, nobody is admitted"
    for qw(named none unset type);

# ---- the log

$h->mark_log;
seen('on', 'alice', 'bob');
my ($line) = $h->wait_log(qr/CC0110/);
like $line, qr/result=forbidden user="alice" /, 'a login of another user is logged,';
like $line, qr/reason="the certificate is that of 'alice', and the login that of 'bob'"/, 'with both names';
like $line, qr/needs="clientcert-same-user \(\S+:\d+\)"/, 'and the line';
$h->mark_log;
is seen('strange', 'alice', 'x"b'), '401', 'names may have quotes';
like +($h->wait_log(qr/CC0110/))[0], qr/that of 'a\\\\x22b', and the login that of 'x\\\\x22b'"/, 'which are escaped';
$h->mark_log;
is seen('forbid', 'alice', 'bob'), '403', 'AuthzSendForbiddenOnFailure is obeyed';
like +($h->wait_log(qr/CC0110/))[0], qr/the login that of 'bob'/, 'and the denial is logged in the same way';
$h->mark_log;
seen('on', 'alice', undef);
seen('on', 'alice', 'alice');
is scalar(() = $h->log_lines(qr/CC0110/)), 0, 'a request for the password is not logged as a denial';

# ---- other requests

is seen('/cgi-bin/env/on', 'alice', 'alice', '--http2'), '200 alice Basic alice', 'HTTP/2: both';
is seen('/cgi-bin/env/on', 'alice', undef, '--http2'), '401', 'HTTP/2: not the certificate alone';
my $connection = $h->connection(cert => 'alice');
my $login      = { headers => ['Authorization: Basic ' . encode_base64('alice:secret', '')] };
is $connection->request('/cgi-bin/env/on', %$login)->{status}, 200, 'one request of a connection with both';
is $connection->request('/cgi-bin/env/on')->{status}, 401, 'leaves nothing for the next one';
is $connection->request('/cgi-bin/env/on', %$login)->{status}, 200, 'which has to have the password again';
like $h->get('/page.shtml', cert => 'alice', user => 'alice:secret')->{body}, qr/^REMOTE_USER=alice$/m,
    'an included page has the same login';
unlike $h->get('/page.shtml', cert => 'alice', user => 'bob:secret')->{body}, qr/REMOTE_USER/,
    'and is not included for another';
is seen('/again', 'alice', 'alice'), '200 alice Basic alice', 'after an internal redirect too';
is seen('/again', 'alice', 'bob'), '401', 'it is not bypassed by one';
is $h->get('/index/', cert => 'alice', user => 'alice:secret')->{body}, "alice Basic\n",
    'the user of an index with other rules is that of the password';
$asked = $h->get('/cgi-bin/env/error', cert => 'alice');
is $asked->{status}, 401, 'ErrorDocument 401 changes the page alone';
is $h->cgi_env($asked)->{REMOTE_USER} // '-', 'alice', 'whose user is the mapped one,';
is $h->cgi_env($h->get('/cgi-bin/env/error', cert => 'alice', user => 'bob:wrong'))->{AUTH_TYPE} // '-',
    'ClientCert', 'and never one with a wrong password';

# ---- configuration

sub error_of {
    my ($lines) = @_;
    return (ClientCert::Test->configtest(
        modules => [qw(authz_user auth_basic authn_file)],
        conf    => "<Location />\n$lines\n</Location>\n"))[1];
}
like error_of('Require clientcert-same-user Alice'),
    qr/line 2 .*\nCC0120: .*"Alice": write nothing more, or nocase/, 'another word is an error';
like error_of('Require clientcert-same-user nocase twice'), qr/CC0120: .*"twice"/, 'as is a second one';
like error_of("<RequireAll>\nRequire all granted\nRequire not clientcert-same-user\n</RequireAll>"),
    qr/line 4 .*\nCC0129: /, 'the line cannot be negated';
like error_of("<RequireAll>\nRequire all granted\n<RequireNone>\nRequire clientcert-same-user\n</RequireNone>\n"
        . '</RequireAll>'), qr/line 5 .*\nCC0129: /, 'nor be in <RequireNone>';

done_testing;
