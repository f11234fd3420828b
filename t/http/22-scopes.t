# SPDX-License-Identifier: Apache-2.0
# Tests which rules are in effect: only those of the nearest scope that has any.
use strict;
use warnings;
use ClientCert::Test;

my $h = ClientCert::Test->server(
    modules => ['authz_user', 'http2'],
    cgi     => 1,
    files   => { map { ("htdocs/$_/index.html" => "$_\n") } qw(dir dir/below) },
    conf    => <<'CONF');
# The rules of the main server; they precede the virtual hosts that inherit them.
ClientCertMap subject.CN == "alice" user=server-alice group=server
ClientCertMap group=server-all

<Directory @ROOT@/htdocs/dir>
    ClientCertMap user=dir-%{subject.CN}
    Require clientcert-user dir-alice
</Directory>
<Directory @ROOT@/htdocs/dir/below>
    # Has a Require of its own, but no rules.
    Require clientcert-user dir-bob
</Directory>

<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    <Location "/cgi-bin/one">
        ClientCertMap subject.CN == "alice" user=one-alice
        ClientCertMap group=one
    </Location>
    <Location "/cgi-bin/one/more">
        ClientCertMap subject.CN == "bob" user=more-bob
    </Location>
    <Location "/cgi-bin/one/off">
        ClientCertAuth Off
    </Location>
    <Location "/cgi-bin/one/off/on">
        ClientCertAuth On
    </Location>
    <LocationMatch "^/cgi-bin/env/who$">
        ClientCertMap group=match
    </LocationMatch>
    <If "%{QUERY_STRING} == 'if'">
        ClientCertMap user=if-%{subject.CN}
    </If>
    ScriptAlias "/cgi-bin/one" "@ROOT@/cgi-bin/env"
</VirtualHost>

<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional
    ClientCertMap subject.CN == "alice" user=vhost-alice
    ScriptAlias "/cgi-bin/one" "@ROOT@/cgi-bin/env"
</VirtualHost>

<VirtualHost *:@PORT@>
    ServerName b.example
    @SSL:b.example@
    SSLVerifyClient optional
    ClientCertAuth Off
    ClientCertExport
</VirtualHost>
CONF

# user, groups and REMOTE_USER that the application sees; - for each that is not set
sub seen {
    my ($response) = @_;
    my $env = $h->cgi_env($response);
    return join ' ', map { $_ // '-' } @$env{qw(CLIENTCERT_USER CLIENTCERT_GROUPS REMOTE_USER)};
}

my @expected = (
    # path, name of the certificate, what the application sees, the claim
    ['/cgi-bin/env', 'alice', 'server-alice server,server-all server-alice',
        'a virtual host inherits the rules of the server'],
    ['/cgi-bin/env', 'bob', '- server-all -', 'all of them'],
    ['/cgi-bin/one', 'alice', 'one-alice one one-alice',
        'a Location with rules uses only these'],
    ['/cgi-bin/one', 'bob', '- one -', 'also for a client with an identity outside of it'],
    ['/cgi-bin/one/more', 'alice', '- - -', 'a Location inside of it likewise'],
    ['/cgi-bin/one/more', 'bob', 'more-bob - more-bob', 'and only these decide'],
    ['/cgi-bin/one/off', 'alice', 'one-alice one -',
        'without ClientCertAuth there is a user, but not REMOTE_USER'],
    ['/cgi-bin/one/off/on', 'alice', 'one-alice one one-alice', 'and it can be switched on again'],
    ['/cgi-bin/env/who', 'alice', '- match -', 'a LocationMatch with rules uses only these'],
    ['/cgi-bin/env?if', 'alice', 'if-alice - if-alice', 'an If with rules uses only these'],
    ['/cgi-bin/one?if', 'bob', 'if-bob - if-bob', 'over a Location with others'],
);
is seen($h->get($_->[0], cert => $_->[1])), $_->[2], "$_->[1] at $_->[0]: $_->[3]" for @expected;

is seen($h->get('/cgi-bin/one', host => 'a.example', cert => 'alice')),
    'vhost-alice - vhost-alice', 'a virtual host with rules uses only these';
is seen($h->get('/cgi-bin/one', host => 'a.example', cert => 'bob')), '- - -',
    'and not those of the server for certificates that it does not map';
is seen($h->get('/cgi-bin/env', host => 'b.example', cert => 'alice')), '- - -',
    'ClientCertAuth Off and an empty ClientCertExport of a virtual host count in all of it';

announce('AH01630', 'CC0110');
is $h->get('/dir/', cert => 'alice')->{status}, 200, 'a Directory with rules uses only these';
is $h->get('/dir/', cert => 'bob')->{status}, 403, 'for what it requires';
is $h->get('/dir/below/', cert => 'bob')->{status}, 200, 'and what is below inherits them';
is $h->get('/dir/below/', cert => 'alice')->{status}, 403, 'for what that requires';

# One connection requests all of them, again and again.
my $c = $h->connection(cert => 'alice');
my @mine = grep { $_->[1] eq 'alice' } @expected;
my @wrong;
for (1 .. 8) {
    for (@mine) {
        my $seen = seen($c->request($_->[0]));
        push @wrong, "$_->[0]: $seen" if $seen ne $_->[2];
    }
}
is "@wrong", '', 'requests of one connection to places with other rules do not mix';
$c->close;

my @answers = $h->parallel([(map { $_->[0] } @mine) x 3], cert => 'alice');
is join('; ', map { seen($_) } @answers), join('; ', (map { $_->[2] } @mine) x 3),
    'and parallel requests do not mix either';
is scalar(grep { $_->{connects} } @answers), 1, 'of one connection';

done_testing;
