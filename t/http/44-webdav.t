# SPDX-License-Identifier: Apache-2.0
# Tests that WebDAV requests run as the user of the certificate, as configured in
# conf/examples/webdav.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

my $h = example('webdav', files => { 'htdocs/plans/old' => "old\n" },
    writable => [qw(var htdocs htdocs/plans)], modules => ['status'], conf => <<'CONF');
<FilesMatch "\.php$">
    SetHandler server-status
</FilesMatch>
CONF
announce('AH01630', 'CC0110', qr/\[dav:error\] .* \[4(?:23|03), #0\]$/);

my $site = 'https://localhost:' . $h->port;
my @lock = (headers => ['Content-Type: text/xml'],
    data => '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/>'
        . '</D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>');

sub dav {
    my ($who, $method, $path, %o) = @_;
    return $h->get($path, cert => $who, method => $method, %o);
}
sub status { return dav(@_)->{status} }

is status('alice', 'PUT', '/plans/new', data => "one\n"), 201, 'PUT makes a file';
is $h->get('/plans/new', cert => 'bob')->{body}, "one\n", 'which others of the staff read';
my $found = dav('bob', 'PROPFIND', '/plans/', headers => ['Depth: 1']);
is $found->{status}, 207, 'PROPFIND lists the folder';
is_deeply [sort $found->{body} =~ m{<D:href>([^<]*)}g], [qw(/plans/ /plans/new /plans/old)],
    'with all that is in it';
is status('alice', 'PUT', '/x.php', data => "<?php\n"), 201, 'a script can be stored';
is $h->get('/x.php', cert => 'bob')->{body}, "<?php\n", 'and the server does not run it';
is status('alice', 'PROPFIND', '/x.php', headers => ['Depth: 0']), 207, 'it has properties';
is status('alice', 'DELETE', '/x.php'), 204, 'and can be deleted';

# ---- locks

my $locked = dav('alice', 'LOCK', '/plans/new', @lock);
is $locked->{status}, 200, 'LOCK locks the file';
my $token = $locked->{headers}{'lock-token'};
is status('bob', 'PUT', '/plans/new', data => "two\n"), 423,
    'another user cannot write without the token';
is status('alice', 'PUT', '/plans/new', data => "two\n"), 423, 'nor can its owner';
is status('bob', 'LOCK', '/plans/new', @lock), 423,
    'nor is there a second lock';
is status('bob', 'PUT', '/plans/new', data => "two\n", headers => ["If: ($token)"]), 403,
    'another user cannot write with the token either';
ok $h->wait_log(qr/User "bob" submitted a locktoken created by user "alice"/),
    'because the owner of the lock is the user of the certificate';
is $h->get('/plans/new', cert => 'bob')->{body}, "one\n", 'and nothing was written so far';
is status('alice', 'PUT', '/plans/new', data => "two\n", headers => ["If: ($token)"]), 204,
    'the owner writes with the token';
is $h->get('/plans/new', cert => 'bob')->{body}, "two\n", 'and it is written';

is status('bob', 'MOVE', '/plans/new', headers => ["Destination: $site/plans/moved"]), 423,
    'a locked file is not moved by another user';
is status('alice', 'MOVE', '/plans/new',
    headers => ["Destination: $site/plans/moved", "If: <$site/plans/new> ($token)"]), 201,
    'MOVE by the owner moves it';
is $h->get('/plans/moved', cert => 'bob')->{body}, "two\n", 'to its new name';
is status('bob', 'PUT', '/plans/moved', data => "three\n"), 204, 'where it is no longer locked';

# ---- users without permission

is status('service', 'PUT', '/plans/x', data => 'x'), 403,
    'a client that is not of the staff writes nothing';
is status(undef, 'PUT', '/plans/x', data => 'x'), 403, 'nor does a client without a certificate';
ok !-e $h->path('htdocs/plans/x'), 'and nothing is there';

# ---- the journal

sub journal {
    open my $in, '<', $h->path('var/dav-journal') or return '';
    local $/;
    return scalar(<$in>) // '';
}
for (1 .. 200) {    # the line is written after the response
    last if journal() =~ / bob PUT .* 204$/m;
    select undef, undef, undef, 0.05;
}
is_deeply [map { / (\S+ \S+ \S+ \S+ \d+)$/ } grep { / 20[14]$/ } split /\n/, journal()],
    ['alice PUT /plans/new - 201', 'alice PUT /x.php - 201', 'alice DELETE /x.php - 204',
    'alice PUT /plans/new - 204',
    "alice MOVE /plans/new $site/plans/moved 201", 'bob PUT /plans/moved - 204'],
    'the journal has the author of each change';

done_testing;
