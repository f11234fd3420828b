# SPDX-License-Identifier: Apache-2.0
# Tests dbm: tables, and how a request is answered if its lookup fails.
use strict;
use warnings;
use ClientCert::Test;

use Fcntl qw(O_RDWR O_CREAT);
use SDBM_File ();

my $h;

# Replaces the database by one of these rows.
sub database {
    my ($path, %rows) = @_;
    my $new = $h->path("$path.new");
    tie my %dbm, 'SDBM_File', $new, O_RDWR | O_CREAT, 0644 or die "$new: $!\n";
    %dbm = %rows;
    untie %dbm;
    rename "$new.$_", $h->path("$path.$_") for qw(dir pag);
    return;
}

$h = ClientCert::Test->server(
    modules => ['authz_user', 'auth_basic', 'authn_file', 'headers'],
    cgi     => 1,
    files   => {
        'conf/users' => "carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",    # secret
        'conf/t.pag' => '', 'conf/t.dir' => '',
        map { ("htdocs/$_/page" => "page\n") } qw(public user group not condition password cert off),
    },
    conf => <<'CONF');
ClientCertTable t dbm:sdbm:conf/t reload=0.1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN in t user=$1 group=$2
    ClientCertExport USER SERIAL
    <LocationMatch "^/(?!off/)">
        Header always set User "expr=%{REMOTE_USER}/%{clientcert:group}/%{clientcert:serial}"
    </LocationMatch>
    <Location "/user">
        Require valid-user
    </Location>
    <Location "/group">
        Require clientcert-group staff
    </Location>
    <Location "/not">
        <RequireAll>
            Require all granted
            Require not clientcert-group guests
        </RequireAll>
    </Location>
    <Location "/condition">
        Require clientcert subject.CN !in t
    </Location>
    <Location "/password">
        AuthType Basic
        AuthName x
        AuthUserFile conf/users
        Require valid-user
    </Location>
    <Location "/cert">
        AuthType ClientCert
        Require valid-user
    </Location>
    <Location "/off">
        ClientCertAuth Off
        ClientCertExport
        AuthType Basic
        AuthName x
        AuthUserFile conf/users
        Require valid-user
    </Location>
</VirtualHost>
CONF
announce('AH01630', 'CC0110', 'CC0132', 'CC0133', qr/AH01629: authorization failure/);

sub status { my ($path, @o) = @_; return $h->get($path, @o)->{status} }
sub user   { return (split m{/}, $h->get('/public/page', cert => 'alice')->{headers}{user})[0] }

sub rows {
    my (%rows) = @_;
    $h->mark_log;
    database('conf/t', %rows);
    return $h->wait_log(qr/CC0131: table t has changed/);
}

my @places = qw(user group not condition password cert);
my %who = (cert => 'alice', user => 'carol:secret');

# ---- rows

is user(), '', 'an empty database lists no client';
ok rows(alice => 'alice staff,admins', bob => '"b b" staff'), 'a database that is replaced';
is user(), 'alice', 'lists the clients in it';
is $h->get('/public/page', cert => 'bob')->{headers}{user} =~ m{^(.*?/.*?)/} && $1, 'b b/staff',
    'with its columns';
is_deeply [map { status("/$_/page", %who) } @places], [200, 200, 200, 403, 200, 200],
    'and requests are served';
is $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice'))->{CLIENTCERT_USER}, 'alice',
    'the application sees the user';
my $open = $h->connection(cert => 'alice');
is $open->request('/public/page')->{headers}{user} =~ m{^(\w*)/} && $1, 'alice',
    'an open connection';

# ---- a row that is too short fails

ok rows(alice => 'alice'), 'a row gets too short';
$h->mark_log;
is_deeply [map { status("/$_/page", %who) } @places], [(500) x 6],
    '500 if an identity is needed, also under Require not, and beside a password';
is scalar(my @once = $h->log_lines(qr/CC0133: .* reason="table t \(\S+:1\): .*\$2/)),
    scalar @places, 'and one line of the log for each';
is status('/off/page', %who), 200, 'if no identity is needed, the password counts';
my $public = $open->request('/public/page');
is "$public->{status} $public->{headers}{user}", '500 //',
    'a public page is not served, and has no user';
is status('/cgi-bin/env', cert => 'alice'), 500, 'and the application is not run';
is status('/group/page', cert => 'bob'), 403, 'an unlisted client is refused as before';
is status('/group/page'), 403, 'and so is a client without a certificate';
is status('/password/page', user => 'carol:secret'), 200,
    'and may give a password, if there is no certificate';

# ---- a database that cannot be read

$h->mark_log;
unlink map { $h->path("conf/t.$_") } qw(pag dir);
ok $h->wait_log(qr/CC0132: table t was not reloaded; lookups in it fail until it can be read: CC0621: /), 'a database that is gone is told';
is_deeply [map { status("/$_/page", %who) } @places], [(500) x 6], 'and every lookup fails';
ok rows(alice => 'alice staff'), 'it comes back';
is_deeply [map { status("/$_/page", %who) } @places], [200, 200, 200, 403, 200, 200],
    'and requests succeed';
is $h->get('/public/page', cert => 'alice')->{headers}{user} =~ m{^(\w*)/} && $1, 'alice',
    'with the user';

# ---- at start

sub is_refused {
    my ($source, $expected, $claim) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(
        conf => "ClientCertTable t $source\nClientCertMap subject.CN in t user=\$1\n");
    return ok($exit != 0 && $output =~ $expected, $claim) || diag $output;
}
is_refused('dbm:sdbm:conf/nosuch', qr{CC0621: \S+:1: .*nosuch.*No such file},
    'a missing database stops the start');
is_refused('dbm:none:conf/x', qr{CC0620: .*dbm:sdbm:PATH}, 'so does a type that does not exist');

done_testing;
