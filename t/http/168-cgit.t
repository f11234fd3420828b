# SPDX-License-Identifier: Apache-2.0
# Tests that a group sees private repositories in cgit, and others do not, as configured in
# conf/examples/cgit.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Command;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

my ($cgit) = grep { -x } qw(/usr/lib/cgit/cgit.cgi /var/www/cgi-bin/cgit);
my $css = '/usr/share/cgit';
needs(programs => ['git'], files => [$cgit // '/usr/lib/cgit/cgit.cgi', "$css/cgit.css"]);

# The settings of the example's comment: those of the public part, and what the private one has.
my $comment = read_file(top() . '/conf/examples/cgit.conf');
my (%public, %private);
while ($comment =~ m{^#   ([\w-]+)=(\S+)(?: +# in the private one: (\S+))?$}mg) {
    ($public{$1}, $private{$1}) = ($2, $3 // $2);
}
is join(' ', sort keys %public), 'cache-root css logo scan-path virtual-root',
    'the example has settings';
sub settings {
    my (%setting) = @_;
    my $text = join '', map { "$_=$setting{$_}\n" } reverse sort keys %setting;
    return "cache-size=1000\nenable-http-clone=1\n"
        . $text =~ s{/var/cache/cgit}{\@ROOT\@/cache}r =~ s{/srv/git}{\@ROOT\@}r;
}
my @caches = map { $_ =~ s{^/var/cache/cgit}{cache}r } $public{'cache-root'},
    $private{'cache-root'};
my %define = (CGIT => $cgit, CSS => $css);
my $h = example('cgit', define => \%define, writable => \@caches, files => {
    'var/public.cgitrc'  => settings(%public),
    'var/private.cgitrc' => settings(%private),
    map { ("$_/.here" => '') } @caches,
});
announce('AH01630', 'CC0110', 'CC0190');

delete @ENV{grep { /^GIT_/ } keys %ENV};
@ENV{qw(HOME GIT_CONFIG_NOSYSTEM)} = ($h->{root}, 1);
for my $part (qw(public private)) {
    my $work = $h->path("work-$part");
    my @git  = ('git', '-c', 'init.defaultBranch=main', '-c', 'user.name=x', '-c',
        'user.email=x@example.com');
    run_command('', @git, 'init', '-q', $work);
    run_command('', @git, '-C', $work, 'commit', '-q', '--allow-empty', '-m', "a $part commit");
    run_command('', @git, 'clone', '-q', '--bare', $work, $h->path("$part/$part.git"));
    own($h->path($part));
}

like $h->get('/cgit/')->{body}, qr{/cgit/public\.git/},
    'all clients see the list of public repositories';
like $h->get('/cgit/public.git/log/')->{body}, qr/a public commit/, 'and their content';
unlike $h->get('/cgit/')->{body}, qr/private/, 'but no private ones';
like $h->get('/private/cgit/', cert => 'alice')->{body}, qr{/private/cgit/private\.git/},
    'the group sees the list of private ones';
like $h->get('/private/cgit/private.git/log/', cert => 'alice')->{body}, qr/a private commit/,
    'and their content';

for my $o (['/cgit/'], ['/private/cgit/', cert => 'alice']) {
    my $page   = $h->get(@$o)->{body};
    my ($link) = $page =~ /<link rel='stylesheet'[^>]* href='([^']*)'/;
    my ($logo) = $page =~ /<img src='([^']*)'/;
    is $h->get($link // '/none')->{body}, read_file("$css/cgit.css"),
        "all clients get the style sheet of $o->[0]";
    is $h->get($logo // '/none')->{status}, 200, 'and its logo';
}

my @private = qw(/private/cgit/ /private/cgit/private.git/log/ /private/cgit
    /private/cgit/?url=private.git/log
    /private/cgit/private.git/HEAD /private/cgit/private.git/info/refs //private/cgit/
    /private//cgit/
    /private/%63git/ /cgit/../private/cgit/);
for my $o ([], [cert => 'bob'], [cert => 'stranger'], [cert => 'partner']) {
    my @all = map { [$_, @$o, curl => ['--path-as-is'], headers => ['CGIT-Config: x',
        'ClientCert-Groups: admins',
                'Remote-User: alice', 'Cookie: clientcert_groups=admins']] } @private;
    is_deeply [map { $_->{status} } $h->get_each(@all)], [(403) x @private],
        "the private part is closed: @$o";
}
my @ways = map { "/cgit/$_" } 'private.git/log/', '?url=private.git/log/', '?r=private.git&p=log',
    '../private/private.git/',
    '%2e%2e/private/private.git/log/', '?url=../private/private.git/log/',
        '?url=/private/private.git/log/',
    'private.git/HEAD', '?url=private.git/info/refs', 'public.git/../private.git/log/';
# So that each is in the cache: cgit's key of a page is the path below the part, and the query.
$h->get("/private/cgit/$_", cert => 'alice', curl => ['--path-as-is'])
    for map { s{^/cgit/}{}r } @ways;
my @cached = glob $h->path("$caches[1]/*");
cmp_ok scalar @cached, '>', 0, 'pages of the private part are in its cache';
my @answers = $h->get_each(map { [$_, cert => 'bob', curl => ['--path-as-is'],
            headers => ['CGIT_CONFIG: ' . $h->path('var/private.cgitrc'), 'CGIT-CONFIG: '
                . $h->path('var/private.cgitrc')]] } @ways);
unlike $answers[$_]{body}, qr/a private commit|^ref: |refs\/heads/,
    "no way by the public part: $ways[$_]" for 0 .. $#ways;
is scalar(grep { $_->{status} == 0 } @answers), 0, 'each was answered';

done_testing;
