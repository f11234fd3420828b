# SPDX-License-Identifier: Apache-2.0
# Tests that no certificate is given a name outside its name space, whichever way it comes.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Forwarded;

announce('CC0103', 'CC0108', 'CC0110', 'AH01630');

sub status {
    my ($h, $path, $cert, %o) = @_;
    return $h->get($path, $cert ? (cert => $cert) : (), %o)->{status};
}

# ---- the example

my $h = example('namespaces', files => { map { ("htdocs/$_/page" => "$_\n") } qw(print admin) });
my %in = (print => 'alice bob printer', admin => 'alice');
my @clients = (qw(alice bob printer printer-alice service), '');
for my $place (sort keys %in) {
    is join(' ', grep { status($h, "/$place/page", $_) == 200 } @clients), $in{$place},
        "example: which clients get to /$place";
    keeps_denied($h, "/$place/page", cert => 'alice');
}
$h->mark_log;
is status($h, '/admin/page', 'printer-alice'), 403,
    "a printer's certificate with an administrator's name gets nobody";
like join('', $h->wait_log(qr/CC0108/)),
    qr/result=outside user="" groups="" rule=\S+:22 .*reason="this line does not allow the user 'alice', which the rule at \S+:27 gives"/,
    'the log has the line, the name and the rule';
like join('', $h->wait_log(qr/CC0103/)), qr/result=outside .*reason="a name is outside its name space; CC0108 at /,
    'and the decision';
$h->stop;

# ---- everywhere

my $map = 'ClientCertMap user=%{subject.CN} group=all';
$h = ClientCert::Test->server(
    cgi     => 1,
    global  => "Protocols h2 http/1.1\n",
    modules => ['authz_user', 'http2'],
    files   => {
        'htdocs/open'            => "open\n",
        'htdocs/not'             => "not\n",
        'htdocs/none'            => "none\n",
        'htdocs/group'           => "group\n",
        'htdocs/own'             => "own\n",
        'htdocs/conditions'      => "conditions\n",
        'htdocs/user'            => "user\n",
        'htdocs/file/page'       => "page\n",
        'htdocs/file/.htaccess'  => "<RequireAll>\nRequire not clientcert-user alice\nRequire all granted\n</RequireAll>\n",
        'conf/allowed.map'       => "alice yes\n",
    },
    conf => <<"CONF");
ClientCertTable allowed file:conf/allowed.map
ClientCertNamespace issuer == "CN=Staff CA,O=Example" user=.+ group=.+
$map
<Location "/own">
    ClientCertMap subject.CN == alice user=alice group=admins
    ClientCertMap group=admins
    Require clientcert-group admins
</Location>
<Location "/group">
    Require clientcert-group all
</Location>
<Location "/user">
    Require valid-user
</Location>
<Location "/not">
    <RequireAll>
        Require all granted
        Require not clientcert-user alice
    </RequireAll>
</Location>
<Location "/none">
    <RequireAll>
        Require all granted
        <RequireNone>
            Require clientcert-group banned
        </RequireNone>
    </RequireAll>
</Location>
<Location "/conditions">
    Require clientcert subject.CN == alice
</Location>
<Directory \@ROOT\@/htdocs/file>
    AllowOverride AuthConfig
</Directory>
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
</VirtualHost>
<VirtualHost *:\@PORT\@>
    ServerName a.example
    \@SSL:ab.example\@
    SSLVerifyClient optional
    ClientCertNamespace issuer == "CN=Printer CA,O=Example" user=alice group=all
    ClientCertNamespace subject.CN in allowed issuer == "CN=Staff CA,O=Example" user=alice group=all
</VirtualHost>
<VirtualHost *:\@PORT\@>
    ServerName b.example
    \@SSL:ab.example\@
    SSLVerifyClient optional
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 127.0.0.0/8
</VirtualHost>
CONF

sub env { return $h->cgi_env($h->get('/cgi-bin/env', @_)) }

my $env = env(cert => 'printer-alice');
ok !exists $env->{$_}, "no $_" for qw(REMOTE_USER CLIENTCERT_USER CLIENTCERT_GROUPS AUTH_TYPE);
is env(cert => 'alice')->{REMOTE_USER}, 'alice', 'a name inside is given';

for my $how ([], [tls => '1.2'], [http2 => 1]) {
    my $with = @$how ? "@$how" : 'HTTP/1.1';
    is status($h, "/$_", 'printer-alice', @$how), 403, "$with: /$_ is closed to a name outside"
        for qw(group own not none user);
    is status($h, "/$_", 'alice', @$how), 200, "$with: /$_ is open to a name inside"
        for qw(group own none user);
    is status($h, '/not', 'bob', @$how), 200, "$with: a ban is for those whom it names";
    is status($h, '/conditions', 'printer-alice', @$how), 200, "$with: conditions are not names";
}
is status($h, '/file/page', 'printer-alice'), 403, '.htaccess: a ban cannot be evaded';

# ---- virtual hosts

my @a = (host => 'a.example');
is env(cert => 'printer-alice', @a)->{REMOTE_USER}, 'alice',
    'a virtual host with lines of its own uses those, for rules of the main server';
is env(cert => 'alice', @a)->{REMOTE_USER}, 'alice', 'its lines may ask a table';
ok !exists env(cert => 'bob', @a)->{REMOTE_USER}, 'and it has none of the main server';
is status($h, '/own', 'alice', @a), 403, 'nor do rules in sections of the main server';

my @proxied = (port => 2);
is env(@proxied, headers => [forwarded('rfc9440', 'alice')])->{CLIENTCERT_USER}, 'alice',
    'a certificate from a proxy: a name inside';
$env = env(@proxied,
    headers => [forwarded('rfc9440', 'printer-alice', chain => ['printers'],
        chain_header => 'Client-Cert-Chain')]);
ok !exists $env->{CLIENTCERT_USER}, 'a certificate from a proxy: a name outside is not given';

# ---- one connection

my $both = $h->connection(cert => 'printer-alice', @a);
is $both->request('/group', @a)->{status}, 200, 'on one connection, the lines of one virtual host';
is $both->request('/group', host => 'b.example')->{status}, 403, 'and those of another for its requests';
is $both->request('/group', @a)->{status}, 200, 'and those of the first again';
$both->close;
my $connection = $h->connection(cert => 'alice', @a);
is $connection->request('/group', @a)->{status}, 200, 'on an open connection, a name is inside';
$h->file('conf/allowed.map', "bob yes\n");
my $changed;
for (1 .. 200) {
    last if ($changed = $connection->request('/group', @a)->{status}) == 403;
    select undef, undef, undef, 0.1;
}
is $changed, 403, 'and outside when the table of a line has changed';

done_testing;
