# SPDX-License-Identifier: Apache-2.0
# Tests that each user has a folder, and cannot open those of others, as configured in
# conf/examples/folders.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Certificate;
use ClientCert::Test::Example;
use ClientCert::Test::File;

my @users = qw(alice bob Alice al);
my $h = example('folders', define => { FOLDERS => '@ROOT@/folders' },
    modules  => ['http2', 'status'],
    files    => { map { ("folders/$_/page" => "page of $_\n") } @users },
    writable => [qw(var folders), map { "folders/$_" } @users],
    conf     => <<'CONF');
Protocols h2 http/1.1
DocumentRoot "@ROOT@/htdocs"
Alias "/other" "@ROOT@/folders"
<FilesMatch "\.php$">
    SetHandler server-status
</FilesMatch>
CONF
announce('AH01630', 'CC0110', qr/\[dav:error\]/, qr/AH0003[67]|AH10244|AH00026/);
symlink '../bob', $h->path('folders/alice/link') or die "symlink: $!\n";

sub dav {
    my ($who, $method, $path, %o) = @_;
    return $h->get($path, cert => $who, method => $method, curl => ['--path-as-is'], %o);
}
sub status { return dav(@_)->{status} }

for my $user (qw(alice bob)) {
    is dav($user, 'GET', "/people/$user/page")->{body}, "page of $user\n",
        "$user reads their own folder";
    is status($user, 'PUT', "/people/$user/new", data => "new\n"), 201, 'and writes there';
    my $found = dav($user, 'PROPFIND', "/people/$user/", headers => ['Depth: 1']);
    like $found->{body}, qr{<D:href>/people/$user/new</D:href>}, 'and finds what is there';
    is status($user, 'PUT', "/people/$user/x.php", data => "<?php\n"), 201, 'also a script';
    is dav($user, 'GET', "/people/$user/x.php")->{body}, "<?php\n", 'which the server does not run';
    is status($user, 'PROPFIND', "/people/$user/x.php", headers => ['Depth: 0']), 207,
        'and which has properties';
    is status($user, 'DELETE', "/people/$user/x.php"), 204, 'and can be deleted';
}
is dav('alice', 'GET', '/people/alice/page', http2 => 1)->{body}, "page of alice\n",
    'also over HTTP/2';

# ---- the folders of others

my @forged = (user => 'bob:x', headers => [map { "$_: bob" } qw(Remote-User X-Remote-User
    ClientCert-User CLIENTCERT_USER)]);
my @paths = qw(/people/bob/page /people/bob /people/bob/ /people/ /people //people/bob/page
    /people//bob/page
    /people/alice/../bob/page /people/alice/%2e%2e/bob/page /people/alice/.%2e/bob/page
    /people/alice//../bob/page /people/alice/./../bob/page /people/%62ob/page /people/Alice/page
    /people/ALICE/page /people/al/page /people/alice%20/page /people/alice%0a/page
    /people/alice%0abob/page /people/./bob/page /other/bob/page /other/alice/page /people/bob%2fpage
    /people/alice%2f..%2fbob/page /people/alice%5c..%5cbob/page /people/alice/..%5cbob/page
    /people/alice/..;/bob/page /people/bob;alice/page /people/alice%00/page /people/*/page
    /people/alice/%252e%252e/bob/page /people/%2e%2e/folders/bob/page /PEOPLE/bob/page
    /people/alice/link/page /people/.dav/ /people/alice|bob/page);
for my $o ([], \@forged, [@forged, http2 => 1]) {
    my $how = join(' ', map { ref ? '' : $_ } @$o) || 'plain';
    my @answers = $h->get_each(map { [$_, cert => 'alice', curl => ['--path-as-is'], @$o] } @paths);
    is_deeply [map { $answers[$_]{status} =~ /^40[034]$/ && $answers[$_]{body} !~ /page of/ ? ()
        : "$paths[$_] $answers[$_]{status}" }
            0 .. $#paths], [], "no URL leads a user to the folder of another: $how";
    @answers = $h->get_each(map { [$_, curl => ['--path-as-is'], @$o] }
            @paths, '/people/alice/page');
    is scalar(grep { $_->{status} !~ /^40[034]$/ } @answers), 0,
        "or a client without a certificate anywhere: $how";
}
my $site = 'https://localhost:' . $h->port;
is status('alice', $_, '/people/bob/page', data => 'x', @forged), 403, "no writing by $_"
    for qw(PUT DELETE MKCOL PROPPATCH LOCK POST OPTIONS PROPFIND);
for my $method (qw(COPY MOVE)) {
    for my $to ('/people/bob/x', '/people/alice/../bob/x', '/people/alice/%2e%2e/bob/x',
        '/people/bob%2fx', '/people/x', '/other/bob/x') {
        my $status = status('alice', $method, '/people/alice/new',
            headers => ["Destination: $site$to", 'Overwrite: T']);
        ok $status >= 400, "nor by $method to $to ($status)";
    }
    is status('alice', $method, '/people/bob/page',
        headers => ["Destination: $site/people/alice/got"]), 403, "nor reading by $method";
}
is read_file($h->path('folders/bob/page')), "page of bob\n", 'the file of the other is unchanged';
is_deeply [sort map { s{.*/}{}r } glob $h->path('folders/bob/*')], [qw(new page)],
    'and there is no new one';
ok !-e $h->path('folders/x') && !-e $h->path('folders/alice/got'), 'nor anywhere else';
for my $depth (qw(1 infinity)) {
    my $r = dav('alice', 'PROPFIND', '/people/alice/', headers => ["Depth: $depth"]);
    is $r->{status}, $depth eq '1' ? 207 : 403, "PROPFIND, depth $depth";
    unlike $r->{body}, qr/bob/, 'lists nothing of the other';
}

# ---- user names

my %odd = (up => '..', dot => '.', slash => 'alice/../bob', escaped => '..%2fbob', upper => 'BOB',
    pipe => 'bob|x', space => 'bob ', hidden => '.dav', star => '*', semicolon => 'bob;x',
    newline => 'bob%0a', capital => 'Alice');
for my $name (sort keys %odd) {
    my $cert = certificate($name, '/O=Example/CN=x', san => 'email:' . $odd{$name}
        . '@example.com');
    my @tried = ('/people/bob/page', "/people/$odd{$name}/page" =~ s/ /%20/gr =~ s/\*/%2a/gr,
        '/people/../folders/bob/page');
    my @answers = $h->get_each(map { [$_, cert => $cert, curl => ['--path-as-is',
        '--globoff']] } @tried);
    is scalar(grep { $_->{status} == 200 || $_->{body} =~ /page of/ } @answers), 0,
        "a user name opens nothing: $odd{$name}";
}

done_testing;
