# SPDX-License-Identifier: Apache-2.0
# Tests which changes of the files of ClientCertCA are accepted, which are refused, and which CAs
# are in use then: files, directories, several lines, symbolic links.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::File;

use File::Temp qw(tempdir);

my @names = qw(alpha beta gamma linked other);
my %ca    = map { $_ => authority($_, "/CN=\u$_ CA") } @names;
my %of    = map { $_ => client_of($ca{$_}, "of-$_") } @names;

# Kubernetes' volumes: ca.pem -> ..data/ca.pem, and ..data -> ..1, which is swapped.
my $volume = tempdir(CLEANUP => 1);
chmod 0755, $volume;
mkdir "$volume/..$_" or die "mkdir: $!\n" for 1, 2;
write_file("$volume/..1/ca.pem", pem_of($ca{linked}));
symlink '..1', "$volume/..data" or die "symlink: $!\n";
symlink '..data/ca.pem', "$volume/ca.pem" or die "symlink: $!\n";

announce('CC0104', 'CC0106', 'CC0196', 'AH02039', qr/SSL Library Error/);

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/one.pem'            => pem_of($ca{alpha}),
        'conf/folder/beta.pem'    => pem_of($ca{beta}),
        'conf/folder/README'      => "no certificate\n",
        'conf/folder/.hidden.pem' => pem_of($ca{other}),
        'conf/folder/old.pem~'    => pem_of($ca{other}),
    },
    conf => ca_host("ClientCertCA conf/one.pem conf/folder reload=0.1\n"
            . "ClientCertCA $volume/ca.pem reload=0.1"));

# The CAs whose clients have an identity.
sub accepted {
    return join ' ', grep { ($h->get('/', cert => $of{$_})->{headers}{user} // '') eq "of-$_" } @names;
}

sub put { my ($path, $text) = @_; return replace($h->path("conf/$path"), $text) }

sub is_followed {
    my ($change, $pattern, $expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    waits_for_change($h, $change, $pattern, $claim);
    is scalar(my @lines = $h->log_lines(qr/CC0195/)), 1, 'one line';
    return is accepted(), $expected, 'and used';
}

# Expects that the change is refused, in one line, and that the next change is followed.
sub is_refused {
    my ($change, $pattern, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $before = accepted();
    $h->mark_log;
    $change->();
    my ($line) = $h->wait_log(qr/CC0196/, 60);
    like $line // '', qr/\[clientcert:error\].*CC0196: the CAs already loaded stay in use: $pattern/,
        "$claim: refused";
    is accepted(), $before, 'the CAs already loaded stay in use';
    put('folder/marker.pem', pem_of($ca{gamma}));
    ok $h->wait_log(qr/CC0195: .*added CN=Gamma CA/, 30), 'other files are followed';
    unlink $h->path('conf/folder/marker.pem');
    ok $h->wait_log(qr/CC0195: .*removed CN=Gamma CA/, 30), 'both ways';
    return is scalar(my @lines = $h->log_lines(qr/CC0196/)), 1, 'and the refusal is logged once';
}

is accepted(), 'alpha beta linked', 'several lines, files, a directory, and a symbolic link';

# ---- accepted changes

is_followed(sub { put('one.pem', pem_of(@ca{qw(alpha gamma)})) }, qr/added CN=Gamma CA \(\S+ \S+\)$/,
    'alpha beta gamma linked', 'a CA in a file');
is_followed(sub { $h->file('conf/one.pem', pem_of($ca{alpha})) }, qr/removed CN=Gamma CA \(\S+ \S+\)$/,
    'alpha beta linked', 'a file that is overwritten');
is_followed(sub { put('folder/more.pem', pem_of($ca{gamma})) }, qr/added CN=Gamma CA /,
    'alpha beta gamma linked', 'a file in a directory');
is_followed(sub { unlink $h->path('conf/folder/beta.pem') }, qr/removed CN=Beta CA /,
    'alpha gamma linked', 'a file that is removed from a directory');
is_followed(sub { put('folder/more.pem', pem_of($ca{beta})) },
    qr/added CN=Beta CA \(\S+ \S+\); removed CN=Gamma CA \(\S+ \S+\)$/, 'alpha beta linked',
    'one in place of another');
is_followed(
    sub {
        write_file("$volume/..2/ca.pem", pem_of($ca{other}));
        symlink '..2', "$volume/..new" or die "symlink: $!\n";
        rename "$volume/..new", "$volume/..data" or die "rename: $!\n";
    },
    qr/added CN=Other CA \(\S+ \S+\); removed CN=Linked CA \(\S+ \S+\)$/, 'alpha beta other',
    'a symbolic link that is switched');

# The order, comments and white space are no change.
my $again = "A comment\n\n" . pem_of(@ca{qw(gamma alpha)}) . "\n";
is_followed(sub { put('one.pem', pem_of(@ca{qw(alpha gamma)})) }, qr/added CN=Gamma CA /,
    'alpha beta gamma other', 'a CA again');
$h->mark_log;
put('one.pem', $again);
put('folder/more.pem', pem_of(@ca{qw(beta linked)}));
ok $h->wait_log(qr/CC0195: .*added CN=Linked CA/, 30), 'a file written again, and another change';
is scalar(my @lines = $h->log_lines(qr/CC019[56]/)), 1, 'of which the first one changes nothing';
is accepted(), 'alpha beta gamma linked other', 'all are in use';
is_followed(sub { put('one.pem', pem_of($ca{alpha})) }, qr/removed CN=Gamma CA /,
    'alpha beta linked other', 'the next change of that file');

# ---- refused changes

my $one   = qr{CC04\d\d: \S+:8: "\S*/conf/one\.pem": };
my $alpha = pem_of($ca{alpha});
is_refused(sub { put('one.pem', '') }, $one, 'an empty file');
is_refused(sub { put('one.pem', "garbage\n") }, $one, 'a file without a certificate');
is_refused(sub { put('one.pem', $alpha . substr(pem_of($ca{gamma}), 0, -40)) }, $one,
    'a file that is cut off');
is_refused(sub { put('one.pem', $alpha . pem_of($of{gamma})) }, $one,
    'a certificate that is not a CA');
is_refused(sub { put('one.pem', $alpha . read_file("$ca{alpha}.key")) }, $one, 'a private key');
is_refused(sub { unlink $h->path('conf/one.pem') }, $one, 'a file that is gone');
put('one.pem', $alpha);
is_refused(sub { unlink "$volume/..data" }, qr{CC04\d\d: \S+:9: "\Q$volume\E/ca\.pem": },
    'a symbolic link to nothing');

my $folder = qr{CC04\d\d: \S+:8: "\S*/conf/folder": };
$h->mark_log;
unlink $h->path('conf/folder/more.pem');
my ($line) = $h->wait_log(qr/CC0196/, 60);
like $line // '', qr/CC0196: the CAs already loaded stay in use: $folder/, 'a directory without a certificate: refused';
is accepted(), 'alpha beta linked other', 'the CAs already loaded stay in use';
waits_for_change($h, sub { put('folder/new.pem', pem_of($ca{gamma})) }, qr/added CN=Gamma CA /,
    'a new file in it');
ok $h->wait_log(qr/CC0195: .*removed CN=(?:Beta|Linked) CA \(\S+ \S+\), CN=\w+ CA /, 30),
    'and then the old one is removed';
is accepted(), 'alpha gamma other', 'all is followed';

done_testing;
