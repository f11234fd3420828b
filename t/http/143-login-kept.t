# SPDX-License-Identifier: Apache-2.0
# Tests that a login of another module stays the user of its request where no rules are in effect,
# even if an index of the directory has rules.
use strict;
use warnings;
use ClientCert::Test;

use MIME::Base64 qw(encode_base64);

my $map = 'ClientCertMap san.email =~ "(.+)@example\.com" user=$1';

# A directory with a login and without rules, whose index has rules.
sub directory {
    my ($name, $auth) = @_;
    return <<"CONF";
<Directory "\@ROOT\@/htdocs/$name">
    Options +Includes
    AuthType Basic
    AuthName test
    AuthUserFile conf/users
    Require valid-user
    ErrorDocument 404 /$name/
    ErrorDocument 401 /$name/
    RewriteEngine On
    RewriteRule "^moved\$" "/$name/" [PT,L]
    <Files "index.shtml">
        $map
        ClientCertAuth $auth
    </Files>
</Directory>
CONF
}

my $index = join ' ', map { qq(<!--#echo var="$_" -->) } qw(REMOTE_USER AUTH_TYPE CLIENTCERT_USER);
my %auths = (on => 'On', fallback => 'Fallback', off => 'Off');
my $h     = ClientCert::Test->server(
    modules => [qw(authz_user auth_basic authn_file http2 rewrite include mime)],
    files   => {
        # all of them have the password "secret"
        'conf/users' => join('', map { "$_:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" } 'alice', 'bob'),
        (map { ("htdocs/$_/index.shtml" => "$index\n") } sort keys %auths),
    },
    conf => join '', <<'CONF', map({ directory($_, $auths{$_}) } sort keys %auths), "</VirtualHost>\n");
Protocols h2 http/1.1
AddType text/html .shtml
AddHandler server-parsed .shtml
DirectoryIndex index.shtml
LogFormat "%U %u" users
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    CustomLog logs/users users
    <Directory "@ROOT@/htdocs">
        Options +Includes
    </Directory>
CONF

announce('AH01617', 'AH01618', 'AH01797', qr{unable to include}, qr{CC07\d\d});

# The status, and the REMOTE_USER, AUTH_TYPE and CLIENTCERT_USER that the index has.
sub seen {
    my ($path, $cert, $login, @curl) = @_;
    my $response = $h->get($path, $cert ? (cert => $cert) : (), $login ? (user => $login) : (), curl => \@curl);
    return "$response->{status} " . ($response->{body} =~ s/\(none\)/-/gr =~ s/\n.*//sr);
}

my ($bob, $wrong) = ('bob:secret', 'bob:wrong');
for my $http ('--http1.1', '--http2') {
    for my $place (sort keys %auths) {
        my $claim = "$http $place:";
        is seen("/$place/", 'alice', $bob, $http), '200 bob Basic alice', "$claim the user of an index is that of the login";
        is seen("/$place/moved", 'alice', $bob, $http), '200 bob Basic alice', "$claim after an internal redirect";
        is seen("/$place/none", 'alice', $bob, $http), '404 bob Basic alice', "$claim in an error page";
        is seen("/$place/", undef, $bob, $http), '200 bob Basic -', "$claim without a certificate";
    }
}

# httpd copies the user of a request to its error page, whose index has rules.
for my $place (qw(on fallback)) {
    is seen("/$place/", 'alice', $wrong), '401 alice ClientCert alice',
        "$place: a name whose password is wrong is no user of the error page";
    is seen("/$place/", 'alice', undef), '401 alice ClientCert alice', "$place: nor is there one without a login";
}

# ---- other requests

my $connection = $h->connection(cert => 'alice');
my $login      = { headers => ['Authorization: Basic ' . encode_base64($bob, '')] };
like $connection->request('/on/', %$login)->{body}, qr/^bob Basic alice$/, 'a login is for one request:';
is $connection->request('/on/')->{status}, 401, 'the next one has none';
like $connection->request('/on/', %$login)->{body}, qr/^bob Basic alice$/, 'until it comes again';

done_testing;
