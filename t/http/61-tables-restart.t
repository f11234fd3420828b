# SPDX-License-Identifier: Apache-2.0
# Tests that a graceful restart reads only files that have changed, and that a bad table does not
# make it fail.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;

use Time::HiRes qw(sleep stat time);

sub conf {
    my ($file) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertTable people file:conf/$file reload=0.2
    ClientCertMap san.email in people user=\$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF
}

my $row = "alice\@example.com alice\n";
my $h   = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'conf/people.map' => $row },
    conf    => conf('people.map'));

sub user { return $h->get('/', cert => 'alice')->{headers}{user} }

sub restart {
    my ($file, $claim) = @_;
    $h->mark_log;
    $h->{files} = {};    # unchanged
    return ok $h->reload(conf => conf($file)), $claim;
}

is user(), 'alice', 'a table';
my $young = (stat $h->path('conf/people.map'))[9] + 0.7;
sleep 0.05 while time < $young;                 # until then the file may still be being written
restart('people.map', 'a graceful restart');    # a recently changed file is read once more
for (1 .. 2) {
    restart('people.map', 'a graceful restart');
    ok $h->wait_log(qr/CC0187: table people keeps its rows .*site\.conf:5\)/, 10),
        'a file that has not changed is not read again';
    is user(), 'alice', 'and its rows count';
}

replace($h->path('conf/people.map'), "alice\@example.com other\n");
restart('people.map', 'a graceful restart after a change');
is user(), 'other', 'what has changed is read';
ok !$h->log_lines(qr/CC0187/), 'and not kept';

# ---- a bad file

announce('CC0132', 'CC0133', 'CC0185', 'CC0186');
replace($h->path('conf/people.map'), "nobody\n");
for (1 .. 2) {
    restart('people.map', 'a graceful restart with a bad table');
    ok $h->wait_log(qr/:error\].*CC0185: table people was not reloaded at the restart; its previous rows stay in use: CC0611: .*site\.conf:5/, 10),
        'what was held stays, and the log says why';
    is user(), 'other', 'and it counts';
}
replace($h->path('conf/people.map'), $row);
ok $h->wait_log(qr/CC0131/, 30), 'a good one is taken again';
is user(), 'alice', 'and counts';

write_file($h->path('conf/new.map'), "nobody\n");
restart('new.map', 'a graceful restart with a bad table that is new');
ok $h->wait_log(qr/:crit\].*CC0186: table people was not loaded at the restart; .*CC0611/, 10), 'the log says so';
is $h->get('/', cert => 'alice')->{status}, 500, 'lookups fail';
is $h->get('/')->{status}, 200, 'a request without a certificate needs no table';
$h->mark_log;
replace($h->path('conf/new.map'), $row);
ok $h->wait_log(qr/CC0131/, 30), 'it is repaired';
is user(), 'alice', 'and counts';

my ($exit, $said) = ClientCert::Test->try_start(
    modules => ['headers'],
    files   => { 'conf/people.map' => "nobody\n" },
    conf    => conf('people.map'));
isnt $exit, 0, 'a bad table stops a start';
like $said, qr/CC0611/, 'and is told';
done_testing;
