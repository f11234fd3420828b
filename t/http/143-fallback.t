# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertAuth Fallback: where the mapped user is not admitted, another login may follow.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;

use MIME::Base64 qw(encode_base64);

my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('revoked', 'keyCompromise');

my $basic = "AuthType Basic\nAuthName test\nAuthUserFile conf/users\nClientCertAuth Fallback\n";
my %sections = (
    bob     => "${basic}Require user bob",
    strict  => "${basic}ClientCertAuth On\nRequire user bob",
    valid   => "${basic}Require valid-user",
    shut    => "${basic}Require all denied",
    address => "${basic}Require ip 192.0.2.1",
    group   => "${basic}Require clientcert-group admins",
    both    => "${basic}<RequireAll>\nRequire clientcert-group staff\nRequire user eve\n</RequireAll>",
    banned  => "${basic}<RequireAll>\nRequire all granted\nRequire not user alice\n</RequireAll>",
    outcast => "${basic}<RequireAll>\nRequire all granted\nRequire not clientcert-user alice\n</RequireAll>",
    expr    => "${basic}Require expr %{REMOTE_USER} == 'eve'",
    any     => "${basic}Order deny,allow\nDeny from all\nSatisfy Any\nRequire user eve",
    none    => "ClientCertAuth Fallback\nRequire user bob",
    unset   => "AuthType None\nClientCertAuth Fallback\nRequire user bob",
    type    => "AuthType ClientCert\nClientCertAuth Fallback\nRequire user bob",
    error   => "${basic}ErrorDocument 401 /cgi-bin/env/valid\nRequire user bob",
    forbid  => "${basic}AuthzSendForbiddenOnFailure On\nRequire user bob",
);
my $sections = join '', map { "<Location \"/cgi-bin/env/$_\">\n$sections{$_}\n</Location>\n" }
    sort keys %sections;

my $h = ClientCert::Test->server(
    modules => [qw(authz_user auth_basic authn_file access_compat authz_host http2 rewrite include mime)],
    cgi     => 1,
    files   => {
        # all of them have the password "secret"
        'conf/users' => join('', map { "$_:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" } 'alice', 'bob', 'eve'),
        'conf/staff.crl'               => $staff->crl,
        'htdocs/deep/.htaccess'        => "${basic}Require user bob\n",
        'htdocs/deep/page'             => "page\n",
        'htdocs/part.shtml'            => qq{<!--#include virtual="/cgi-bin/env/bob" -->\n},
        'htdocs/index/index.shtml'     => qq{<!--#echo var="REMOTE_USER" --> <!--#echo var="AUTH_TYPE" -->\n},
    },
    conf => <<"CONF");
Protocols h2 http/1.1
AddType text/html .shtml
AddHandler server-parsed .shtml
DirectoryIndex index.shtml
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertCRL conf/staff.crl missing=allow
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "(.+)\@example\\.com" user=\$1 group=%{subject.OU}
    <Directory \@ROOT\@/htdocs>
        Options +Includes
        AllowOverride AuthConfig
    </Directory>
    <Location "/index">
        $basic
        Require user eve
    </Location>
    <LocationMatch "^/index/.+">
        ClientCertMap user=%{subject.CN}
    </LocationMatch>
    <Location "/again">
        $basic
        Require user bob
        RewriteEngine On
        RewriteRule "again\$" "/cgi-bin/env/bob" [PT,L]
    </Location>
    $sections
</VirtualHost>
CONF

sub seen {
    my ($place, $cert, $user, @curl) = @_;
    my $response = $h->get($place =~ m{^/} ? $place : "/cgi-bin/env/$place", $cert ? (cert => $cert) : (),
        $user ? (user => "$user:secret") : (), curl => \@curl);
    my $env = $h->cgi_env($response);
    return join ' ', $response->{status},
        $response->{status} == 200 ? map { $_ // '-' } @$env{qw(REMOTE_USER AUTH_TYPE CLIENTCERT_USER)} : ();
}

announce('AH01617', 'AH01618', 'AH01630', 'AH01631', 'AH01797', 'CC0104', 'CC0106', 'CC0110', 'CC0133', 'CC0717',
    'AH02276', 'AH02261', qr{SSL Library Error}, qr{CC06\d\d}, qr{unable to include});

# ---- where the mapped user is admitted

is seen('bob', 'bob'), '200 bob ClientCert bob', 'a mapped user that is admitted needs no password';
is seen('bob', 'bob', 'eve'), '200 bob ClientCert bob', 'and keeps its name, whatever password there is';
is seen('valid', 'alice'), '200 alice ClientCert alice', 'any such user';

# ---- where it is not

is seen('strict', 'alice'), '403', 'with On, another user is denied';
my $asked = $h->get('/cgi-bin/env/bob', cert => 'alice');
is $asked->{status}, 401, 'with Fallback, the password is requested';
like $asked->{headers}{'www-authenticate'}, qr/^Basic realm="test"/, 'by AuthType';
is seen('bob', 'alice', 'bob'), '200 bob Basic alice', 'and gives the user';
is seen('bob', 'alice', 'eve'), '401', 'which has to be the right one';
is $h->get('/cgi-bin/env/bob', cert => 'alice', user => 'bob:wrong')->{status}, 401, 'with the right password';
is seen('bob', 'alice', 'alice'), '401', 'the mapped user with its password is still not admitted';
is seen('bob', undef, 'bob'), '200 bob Basic -', 'without a certificate, nothing is different';
is seen('expr', 'alice', 'eve'), '200 eve Basic alice', 'expressions see the user of the password';
is seen('both', 'alice', 'eve'), '200 eve Basic alice', 'groups of the certificate still count,';
is seen('both', 'alice'), '401', 'and do not replace the password';
is seen('both', undef, 'eve'), '403', 'nor can a password replace them';
is seen('group', 'bob', 'eve'), '403', 'a group of the certificate is not had by a password';
is seen('any', 'alice'), '401', 'Satisfy Any: the password is requested too,';
is seen('any', 'alice', 'eve'), '200 eve Basic alice', 'Satisfy Any: and enough';

# ---- what stays as it is

is seen($_, 'alice', 'eve'), '403', "$_: no login helps, so the answer is 403" for qw(shut address outcast);
is seen($_, 'alice'),        '403', "$_: without one too"                        for qw(shut address outcast);
is seen($_, 'alice', 'bob'), '403', "$_: where no AuthType asks for a login, Fallback is On" for qw(none unset type);
is seen('banned', 'alice'), '401', 'a user that is kept out does not get in as an anonymous client,';
is seen('banned', 'bob'), '200 bob ClientCert bob', 'unlike another user';
is seen('banned', 'alice', 'alice'), '401', 'nor by its own password';
is $h->get('/cgi-bin/env/bob', cert => 'revoked', user => 'bob:secret')->{status}, 0,
    'a revoked certificate ends the handshake, whatever the password';

# ---- the log

sub denials {
    my ($place, $cert, $user) = @_;
    $h->mark_log;
    my $status = $h->get("/cgi-bin/env/$place", cert => $cert, $user ? (user => "$user:secret") : ())->{status};
    $h->get('/cgi-bin/env/valid', cert => 'bob');
    my @lines = $h->log_lines(qr/CC0110/);
    return ($status, scalar @lines, @lines);
}
is join(' ', (denials('bob', 'alice'))[0, 1]), '401 0', 'a request for the password is not logged as a denial';
is join(' ', (denials('both', 'alice'))[0, 1]), '401 0', 'even if a line of this module was not met';
is join(' ', (denials('bob', 'alice', 'bob'))[0, 1]), '200 0', 'nor is one that is admitted by it';
my ($status) = denials('shut', 'alice');
my @denied   = $h->wait_log(qr/CC0110/);
is "$status " . @denied, '403 1', 'a denial is logged once';
like $denied[0], qr/user="alice" .*needs="a condition of another module"/, 'with the mapped user';
is join(' ', (denials('forbid', 'alice', 'eve'))[0, 1]), '403 0', 'that of another login is not one of the certificate';

# ---- other requests

is seen('bob', 'alice', 'bob', '--http2'), '200 bob Basic alice', 'HTTP/2: the password gives the user';
is seen('bob', 'alice', undef, '--http2'), '401', 'HTTP/2: and is requested';
is $h->get('/deep/page', cert => 'alice')->{status}, 401, '.htaccess may have it,';
is $h->get('/deep/page', cert => 'alice', user => 'bob:secret')->{status}, 200, 'with the same effect';
like $h->get('/part.shtml', cert => 'alice', user => 'bob:secret')->{body}, qr/^REMOTE_USER=bob$/m,
    'included pages too';
unlike $h->get('/part.shtml', cert => 'alice')->{body}, qr/REMOTE_USER/, 'which are not there without the password';
is seen('/again', 'alice', 'bob'), '200 bob Basic alice', 'after an internal redirect the user stays the same';
is $h->get('/index/', cert => 'alice', user => 'eve:secret')->{body}, "eve Basic\n",
    'as does that of an index with other rules';
$asked = $h->get('/cgi-bin/env/error', cert => 'alice');
is $asked->{status}, 401, 'ErrorDocument 401 changes the page alone';
is $h->cgi_env($asked)->{REMOTE_USER} // '-', 'alice', 'which is served to the mapped user';
my $connection = $h->connection(cert => 'alice');
my $login      = { headers => ['Authorization: Basic ' . encode_base64('bob:secret', '')] };
is $connection->request('/cgi-bin/env/bob', %$login)->{status}, 200, 'a login is for one request:';
is $connection->request('/cgi-bin/env/bob')->{status}, 401, 'the next one has none';
is $connection->request('/cgi-bin/env/valid')->{status}, 200, 'and is that of the mapped user again';

my (undef, $output) = ClientCert::Test->configtest(conf => "<Location />\nClientCertAuth perhaps\n</Location>\n");
like $output, qr/line 2 .*\nCC0130: ClientCertAuth: "perhaps": write On, Off or Fallback/,
    'another word is an error';

done_testing;
