# SPDX-License-Identifier: Apache-2.0
# Tests Subversion with certificates, as configured in conf/examples/svn.conf, with the client svn.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Command;
use ClientCert::Test::Example;

needs(modules => [qw(dav_svn authz_svn)], programs => [qw(svn svnadmin svnlook)]);

my $h = example('svn', define => { REPOS => '@ROOT@/var' }, modules => ['authz_host'],
    files => { 'var/svn-access' => <<'ACCESS' });
[groups]
planners = alice, bob
[plans:/]
@planners = rw
[plans:/keys]
* =
alice = rw
ACCESS
announce('AH01630', 'CC0110', qr/AuthzSVN|authz_svn:error|dav:error/);

my $repo = $h->path('var/plans');
my $url  = 'https://localhost:' . $h->port . '/svn/plans';
my $home = $h->path('home');
mkdir $home;
is((run_command('', 'svnadmin', 'create', $repo))[0], 0, 'there is a repository');
own($repo);

# The client, with a certificate as users have it: a .p12 file with a password.
sub svn {
    my ($who, @arguments) = @_;
    my %option = ('ssl-authority-files' => $h->ca . '/root.pem',
        $who ? ('ssl-client-cert-file' => $h->ca . "/$who.p12",
            'ssl-client-cert-password' => 'secret') : ());
    my ($exit, $output, $error) = run_command('', 'svn', '--non-interactive', '--config-dir', $home,
        (map { ('--config-option', "servers:global:$_=$option{$_}") } sort keys %option),
            @arguments);
    return { exit => $exit, output => $output, error => $error };
}
sub author { return join ' ', split /\n/, (run_command('', 'svnlook', 'author', $repo))[1] }
sub youngest { return 0 + (run_command('', 'svnlook', 'youngest', $repo))[1] }

my $made = svn('alice', 'mkdir', '-m', 'start', "$url/doc", "$url/keys");
is $made->{exit}, 0, 'a member of the group commits' or diag $made->{error};
is author(), 'alice', 'and is the author';

my $work = $h->path('work');
is svn('bob', 'checkout', "$url/doc", $work)->{exit}, 0, 'others of the staff check out';
$h->file('work/new', "one\n");
svn('bob', 'add', "$work/new");
like svn('bob', 'commit', '-m', 'new', $work)->{error}, qr/forbidden|403/i,
    'but cannot commit, although the file of permissions would allow it';
like svn('bob', 'commit', '-m', 'new', '--username', 'alice', '--password', 'x', $work)->{error},
    qr/forbidden|403/i, 'nor under the name of another user';
is youngest(), 1, 'and there is no new revision';
is svn('alice', 'commit', '-m', 'new', $work)->{exit}, 0,
    'the same commit by a member of the group';
is author(), 'alice', 'is theirs';
is svn('alice', 'lock', "$work/new")->{exit}, 0, 'so is a lock';
like svn('bob', 'info', "$url/doc/new")->{output}, qr/^Lock Owner: alice$/m,
    'of which others see the owner';
like svn('bob', 'log', "$url/doc")->{output}, qr/^r2 \| alice \|/m, 'as they see the authors';

is svn('bob', 'list', "$url/doc")->{output}, "new\n", 'others list what they may read';
like svn('bob', 'list', "$url/keys")->{error}, qr/forbidden|403|E220004|E170001/i,
    'the file of permissions hides paths from them';
is svn('bob', 'checkout', $url, $h->path('whole'))->{exit}, 0, 'a checkout of everything';
ok -e $h->path('whole/doc/new') && !-e $h->path('whole/keys'), 'leaves them out';

# ---- users without permission, and names that a client chooses

isnt svn($_, 'list', "$url/doc")->{exit}, 0, 'no access: ' . ($_ // 'no certificate') for undef,
    'partner';
isnt svn($_, 'mkdir', '-m', 'x', "$url/x")->{exit}, 0, 'no commit: ' . ($_ // 'no certificate')
    for undef, 'partner';

my @alice = (user => 'alice:x', headers => ['Remote-User: alice', 'X-Remote-User: alice',
    'ClientCert-User: alice',
        'ClientCert-Groups: admins']);
my %keys = map { $_ => "/svn/plans/$_/" } qw(doc keys);
is $h->get($keys{keys}, cert => 'alice')->{status}, 200, 'GET shows a hidden folder to its user';
is $h->get($keys{keys}, cert => 'bob', @alice)->{status}, 403,
    'and not to another who claims to be that user';
is $h->get($keys{doc}, @alice)->{status}, 403, 'nor to a client without a certificate';
is $h->get($keys{doc}, cert => 'admin')->{status}, 403,
    'the file of permissions refuses users that it does not list';
is $h->get('/svn/plans/!svn/me', cert => 'bob', method => 'POST', @alice,
    headers => ['Content-Type: application/vnd.svn-skel'], data => '(create-txn)')->{status}, 403,
    'no transaction begins without the group';
is $h->get("$keys{doc}x", cert => 'bob', method => $_, data => 'x', @alice)->{status}, 403,
    "$_ is refused"
    for qw(PUT DELETE MKCOL COPY MOVE PROPPATCH LOCK UNLOCK MERGE CHECKOUT MKACTIVITY);
is youngest(), 2, 'and there is no new revision';

done_testing;
