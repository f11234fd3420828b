# SPDX-License-Identifier: Apache-2.0
# Tests Git over HTTPS with certificates, with the client git, as configured in
# conf/examples/git.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Command;
use ClientCert::Test::Example;
use ClientCert::Test::File;

my ($backend) = grep { -x } map { "$_/git-http-backend" } qw(/usr/lib/git-core
    /usr/libexec/git-core);
needs(programs => ['git'], files => [$backend // '/usr/lib/git-core/git-http-backend']);

my $h = example('git', define => { REPOS => '@ROOT@/var', GIT => $backend });
announce('AH01630', 'CC0110');

my $repo = $h->path('var/plans.git');
my $site = 'https://localhost:' . $h->port . '/git/plans.git';
my $home = $h->path('home');
mkdir $home;
delete @ENV{grep { /^GIT_|_proxy$/i } keys %ENV};
@ENV{qw(HOME GIT_CONFIG_NOSYSTEM GIT_TERMINAL_PROMPT)} = ($home, 1, 0);

sub git {
    my ($who, @arguments) = @_;
    my @option = ("http.sslCAInfo=" . $h->ca . '/root.pem', 'user.name=Somewhere',
        'user.email=x@example.org',
        'protocol.version=2', 'safe.directory=*', 'init.defaultBranch=main',
        $who ? map { 'http.ssl' . ($_ eq 'pem' ? 'Cert=' : 'Key=') . $h->ca
            . "/$who.$_" } qw(pem key) : ());
    my ($exit, $output, $error) = run_command('', 'git', (map { ('-c', $_) } @option), @arguments);
    return { exit => $exit, output => $output, error => $error };
}
sub head {
    my ($branch) = @_;
    return git(undef, '-C', $repo, 'rev-parse', '--verify', '-q', $branch)->{output} =~ s/\n//r;
}

git(undef, 'init', '-q', '--bare', $repo);
git(undef, '-C', $repo, 'config', 'core.logAllRefUpdates', 'true');
chmod 0755, write_file("$repo/hooks/post-receive", <<'HOOK');
#!/bin/sh
echo "$REMOTE_USER ($CLIENTCERT_GROUPS)" >>pushed
HOOK
own($repo);

sub commit {
    my ($work, $name) = @_;
    write_file("$work/$name", "$name\n");
    git(undef, '-C', $work, 'add', $name);
    return git(undef, '-C', $work, 'commit', '-q', '-m', $name);
}
my $work = $h->path('work');
git(undef, 'init', '-q', $work);
git(undef, '-C', $work, 'remote', 'add', 'origin', $site);
commit($work, 'first');
my $pushed = git('alice', '-C', $work, 'push', '-q', 'origin', 'main', 'main:old');
is $pushed->{exit}, 0, 'a member of the group pushes' or diag $pushed->{error};
is read_file("$repo/pushed"), "alice (staff,admins)\n", 'a hook sees the user and the groups';
like read_file("$repo/logs/refs/heads/main"), qr/ alice <alice\@http\.127\.0\.0\.1> /,
    'and the reflog has the user';

my $copy = $h->path('copy');
is git('bob', 'clone', '-q', $site, $copy)->{exit}, 0, 'others of the staff clone';
ok -e "$copy/first", 'what was pushed';
commit($copy, 'second');
my $before = head('main');
like git('bob', '-C', $copy, 'push', 'origin', 'main')->{error}, qr/403/, 'but they cannot push';
like git('bob', '-C', $copy, 'push', $site =~ s{//}{//alice:x@}r, 'main')->{error}, qr/403/,
    'nor under the name of another user';
is head('main'), $before, 'and nothing was pushed';

# ---- clients without permission, and requests as git does not send them

for my $who (undef, 'partner') {
    my $name = $who // 'no certificate';
    like git($who, 'clone', '-q', $site, $h->path("copy-$name"))->{error}, qr/403/,
        "cannot clone: $name";
    like git($who, '-C', $work, 'push', $site, 'main:other')->{error}, qr/403/,
        "cannot push: $name";
}
is head('other'), '', 'and there is no new branch';
for my $o ([], [cert => 'bob'], [cert => 'partner']) {
    is $h->get("/git/plans.git/info/refs?$_", @$o)->{status}, 403, "no push begins: $_ @$o"
        for 'service=git-receive-pack', 'service=git%2dreceive-pack',
        'service=git-upload-pack&service=git-receive-pack';
}
is $h->get('/git/plans.git/info/refs?service=git-receive-pack', cert => 'alice')->{status}, 200,
    'except by a member of the group';
is $h->get("/git/plans.git/$_", cert => 'bob')->{status}, 200, "others read $_"
    for 'info/refs?service=git-upload-pack', 'info/refs', 'HEAD';
is $h->get('/git/plans.git/info/refs', cert => 'bob', method => 'HEAD',
    curl => ['--head'])->{status}, 200, 'also by HEAD';

my $line = sub { sprintf '%04x%s', 4 + length $_[0], $_[0] };
my $delete = $line->("$before @{['0' x 40]} refs/heads/old\0 report-status delete-refs") . '0000';
my $body = $h->file('delete', $delete);    # an argument of curl cannot contain a NUL
my @forged = (user => 'alice:x', data => "\@$body",
    headers => ['Content-Type: application/x-git-receive-pack-request',
        'Remote-User: alice', 'ClientCert-User: alice', 'ClientCert-Groups: admins']);
my @paths = map { "/git/plans.git$_" } qw(/git-receive-pack /git%2dreceive-pack /git-receive-pack/
    //git-receive-pack
    /./git-receive-pack /x/../git-receive-pack /git-receive-pack%0a
    /git-upload-pack/../git-receive-pack
    /git-receive-pack?x=/git-upload-pack);
for my $path (@paths) {
    is $h->get($path, @$_, @forged, curl => ['--path-as-is'])->{status}, 403, join ' ', 'refused:',
        $path, @$_
        for [], [cert => 'bob'];
}
is $h->get('/git/plans.git/git-receive-pack', cert => 'bob', @forged, method => $_)->{status}, 403,
    "nor is $_"
    for qw(PUT PATCH OPTIONS);
isnt $h->get('/git/plans.git/git-receive-pack', cert => 'bob')->{status}, 200, 'nor GET';
is head('old'), $before, 'and the branch is still there';
is $h->get('/git/plans.git/git-receive-pack', cert => 'alice', @forged)->{status}, 200,
    'the same request by a member of the group is served';
is head('old'), '', 'and deletes it';
is read_file("$repo/pushed"), "alice (staff,admins)\n" x 2, 'no other user has pushed';

done_testing;
