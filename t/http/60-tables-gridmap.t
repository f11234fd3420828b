# SPDX-License-Identifier: Apache-2.0
# Tests gridmap: tables: a grid-mapfile as grid software writes it, and names that resemble its lines.
use strict;
use warnings;
use ClientCert::Test;

my $h = ClientCert::Test->server(
    modules => ['authz_user', 'headers'],
    files   => {
        'conf/grid-mapfile' => <<'MAP',
# written by grid-mapfile-add-entry
"/O=Example/OU=STAFF/OU=admins/CN=alice" alice_grid,other
"/O=Example/OU=staff/CN=bob" .pool
"/O=Example/OU=staff/CN=bob" bob
"/dteam/Role=NULL" .dteam
"/O=Example/CN=a/CN=admin" root
"/O=Example/OU=x/CN=admin" root
MAP
        'conf/hosts' => <<'MAP',
"/O=Example/CN=a\/CN=admin" slash
"/O=Example/OU=x+CN=admin" both
MAP
        map { ("htdocs/$_/page" => "$_\n") } qw(hosts not),
    },
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable grid gridmap:conf/grid-mapfile reload=0.5
    ClientCertTable hosts gridmap:conf/hosts
    ClientCertMap subject in grid user=$1
    ClientCertMap subject in grid group=grid
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Groups "expr=%{clientcert:group}"
    <Location "/hosts">
        ClientCertMap subject in hosts user=$1
    </Location>
    <Location "/not">
        ClientCertMap subject !in grid user=guest
    </Location>
</VirtualHost>
CONF

sub who {
    my ($path, $cert) = @_;
    my $response = $h->get($path, cert => $cert);
    return join ' ', $response->{status}, grep { length } map { $response->{headers}{$_} // '' } qw(user groups);
}

is who('/', 'alice'), '200 alice_grid grid', 'the first account is the user, whatever the case of the subject';
is who('/', 'bob'), '200 grid', 'a pool gives no user, but its subject is listed';
is who('/', 'service'), '200', 'a subject that is not listed';
is who('/', 'slash-cn'), '200', 'a slash in a value is not the next attribute';
is who('/', 'multi-rdn'), '200', 'nor are two attributes of one RDN two RDNs';
is who('/hosts/page', 'slash-cn'), '200 slash', 'a line can say that the slash belongs to the value';
is who('/hosts/page', 'multi-rdn'), '200 both', 'and that the RDN has two attributes';
is who('/not/page', 'bob'), '200', '!in: a pool is listed';
is who('/not/page', 'slash-cn'), '200 guest', '!in: another name is not';

announce('CC0612');
my $file = qr{conf/grid-mapfile};
ok $h->wait_log(qr{CC0612: table grid: \S+$file:3: its account is a pool}), 'the log has the lines with a pool';
ok $h->wait_log(qr{CC0612: table grid: \S+$file:4: the same name as in line 3, whose account counts}), 'a second account';
ok $h->wait_log(qr{CC0612: table grid: \S+$file:5: a group or role of VOMS}), 'and a group of VOMS';

announce('CC0132');
ClientCert::Test::File::replace($h->path('conf/grid-mapfile'), "\"/CN=*\" star\n");
ok $h->wait_log(qr{CC0132: .*$file:1: .*a wildcard stands for several names}), 'a change that cannot be read is reported';
is who('/', 'alice'), '200 alice_grid grid', 'the rows stay';
ClientCert::Test::File::replace($h->path('conf/grid-mapfile'), "/O=Example/OU=staff/OU=admins/CN=alice new\n");
ok $h->wait_log(qr{CC0131: .*grid}), 'a change is followed';
is who('/', 'alice'), '200 new grid', 'and the rows are new';
$h->stop;

my (undef, $wrong) = ClientCert::Test->configtest(
    files => { 'conf/g' => "/CN=a a\n" },
    conf  => "<VirtualHost *:\@PORT\@>\nServerName localhost\n\@SSL\@\nClientCertTable g gridmap:conf/g\n"
        . "ClientCertMap subject|oneline in g user=\$1\n</VirtualHost>\n");
like $wrong, qr/CC0608: .*"in": the keys of a gridmap: table are DNs, and subject\|oneline is not a DN; write subject in g/,
    'text is not looked up in it';

done_testing;
