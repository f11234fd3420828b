# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert explain and revoked answer for many certificates with one start of the
# server as they do for each alone, and show the rules that matter.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(build);
use ClientCert::Test::Tool;

use File::Copy qw(copy);
use File::Temp ();
use IO::Socket::UNIX ();
use JSON::PP ();
use POSIX qw(mkfifo);

my $ca    = ClientCert::Test->ca;
my $tmp   = File::Temp->newdir;
my $staff = ClientCert::Test::Crl->new('staff');
my $root  = ClientCert::Test::Crl->new('root');
$staff->revoke('revoked', 'keyCompromise');

my $site = site(
    files => { 'conf/staff.crl' => $staff->crl, 'conf/root.crl' => $root->crl },
    conf  => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertCRL conf/staff.crl conf/root.crl
    ClientCertMap subject.CN == bob deny
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=staff
    ClientCertMap issuer under "O=Example" group=%{subject.OU}
</VirtualHost>
CONF

# A wrapper of httpd that counts its starts.
my ($httpd) = $site->_arguments;
my $counting = write_file("$tmp/httpd", "#!/bin/sh\necho start >>'$tmp/starts'\nexec '$httpd' \"\$@\"\n");
chmod 0755, $counting;

sub starts {
    my ($command, @words) = @_;
    unlink "$tmp/starts";
    my (undef, @configuration) = $site->_arguments;
    my $said = tool($command, '--httpd', $counting, @configuration, @words);
    $said->{starts} = -e "$tmp/starts" ? () = read_file("$tmp/starts") =~ /^start$/mg : 0;
    return $said;
}

sub objects { return map { JSON::PP->new->utf8->decode($_) } split /\n/, $_[0]{output} }

# ---- the same answers as for each certificate alone

my @names = qw(alice bob admin service partner expired notyet revoked stranger selfsigned serveronly deep
    two-mail two-cn nul-mail no-subject newline-cn escape-cn);
my @files = map { "$ca/$_.pem" } @names;
for my $command (qw(explain revoked)) {
    my $many = starts($command, '--json', @files);
    is $many->{starts}, 1, "$command: many certificates, one start of the server";
    my @answers = objects($many);
    is_deeply [map { $_->{file} } @answers], \@files, 'an object for each, in their order';
    my ($worst, @different) = (0);
    for my $i (0 .. $#files) {
        my $one = answer($site, $command, $files[$i]);
        $worst = $one->{exit} if $one->{exit} > $worst;
        delete $answers[$i]{file};
        delete $one->{exit};
        delete @{ $_->{certificate} }{'days_left'} for $one, $answers[$i];
        for my $list (map { @{ ($_->{crls} // {})->{lists} // [] } } $one, $answers[$i]) {
            delete @$list{qw(age left)};
        }
        my @text = map { JSON::PP->new->canonical->encode($_) } $one, $answers[$i];
        push @different, "$names[$i]: @text" if $text[0] ne $text[1];
    }
    is_deeply \@different, [], 'which is the answer for each certificate alone';
    is $many->{exit}, $worst, 'and the exit status is the highest';
}

# ---- lines

my $said = starts('explain', map { "$ca/$_.pem" } qw(alice bob comma-cn expired));
is $said->{starts}, 1, 'as text: one start';
my ($alice, $bob, $nobody, $expired) = split /\n/, $said->{output};
is $alice, "$ca/alice.pem: mapped: user \"alice\", groups \"staff\", \"admins\"", 'a line for one that is mapped';
like $bob, qr/^\S+bob\.pem: denied: by \S+site\.conf:\d+$/, 'one that is denied';
is $nobody, "$ca/comma-cn.pem: unmapped", 'one to which no rule gives anything';
like $expired, qr/^\S+expired\.pem: rejected: it has expired: \d{4}-/, 'one that is rejected, with the reason';
is $said->{exit}, 1, 'exit status 1: one has no user and no group';
is starts('explain', "$ca/alice.pem", "$ca/admin.pem")->{exit}, 0, 'exit status 0: each has';
$said = starts('revoked', map { "$ca/$_.pem" } qw(alice revoked service));
like $said->{output}, qr/\A\S+alice\.pem: good\n\S+revoked\.pem: revoked: it was revoked on \S+ \(keyCompromise\)\n\S+service\.pem: unknown: /,
    'revoked: likewise';
$said = starts('explain', '--all', "$ca/alice.pem", "$ca/bob.pem");
like $said->{output}, qr/^# \S+alice\.pem\nresult +mapped\n.*^# \S+bob\.pem\nresult +denied$/ms, '--all: what is told of one, of each';

# ---- progress, on a terminal alone

SKIP: {
    skip 'no script, which makes a terminal', 4 if system 'command -v script >/dev/null';
    my $fast = httpd_wrapper($site, "$tmp/fast");
    my $slow = write_file("$tmp/slow", "#!/bin/sh\n'$fast' \"\$\@\"\nstatus=\$?\nsleep 2\nexit \$status\n");
    chmod 0755, $slow;
    my (undef, @configuration) = $site->_arguments;
    my @command = (build() . '/clientcert', 'explain', '--httpd', $slow, @configuration, '--color', 'never');
    local $ENV{TERM} = 'xterm';
    my $several = join ' ', map { "'$_'" } @command, "$ca/alice.pem", "$ca/bob.pem";
    my $output = `script -qec "$several" /dev/null </dev/null`;
    like $output, qr/\r2 of 2 certificates(?:\r2 of 2 certificates)*\r\e\[K\S+alice\.pem: mapped/, 'a line shows how many have been answered, until the answers follow';
    my $one = join ' ', map { "'$_'" } @command, "$ca/alice.pem";
    unlike `script -qec "$one" /dev/null </dev/null`, qr/certificates/, 'but not for one certificate';
    is tool('explain', '--httpd', $slow, @configuration, "$ca/alice.pem", "$ca/bob.pem")->{error}, '', 'nor without a terminal';
    local $ENV{TERM} = 'dumb';
    unlike `script -qec "$several" /dev/null </dev/null`, qr/of 2 certificates/, 'nor on a dumb terminal';
}

# ---- directories

my $folder = "$tmp/people";
mkdir $_ for $folder, "$folder/deeper";
copy("$ca/$_->[0]", "$folder/$_->[1]") for ['bob.pem', 'b.pem'], ['alice.pem', 'a.pem'], ['alice.p12', 'c.p12'],
    ['admin.pem', '.hidden.pem'], ['admin.pem', 'deeper/d.pem'], ['alice.key', 'e.key'];
mkfifo("$folder/fifo", 0600);
symlink "$ca/admin.pem", "$folder/link.pem";
my $socket = IO::Socket::UNIX->new(Local => "$folder/socket", Listen => 1);
write_file("$folder/\e[31mred", 'x');
$said = starts('explain', "$folder/", "$ca/partner.pem");
is $said->{starts}, 1, 'a folder: one start';
is $said->{exit}, 2, 'exit status 2: some could not be read';
my @lines = map { s/^\Q$folder\E\/+//r } split /\n/, $said->{output};
like shift @lines, $_, "line: $_" for qr/^"?\\x1B\[31mred"?: error: CC0303: /, qr/^a\.pem: mapped: user "alice"/, qr/^b\.pem: denied/,
    qr/^c\.p12: error: CC0304: .*needs a password, and none was given$/, qr/^e\.key: error: CC0303: the file contains no certificate/,
    qr/^fifo: error: CC0302: .*it is a FIFO, not a regular file$/, qr/^link\.pem: mapped: /, qr/^socket: error: CC0302: .*it is a socket, not a regular file$/,
    qr/partner\.pem: /;
is_deeply \@lines, [], 'and no more: hidden files and deeper folders are not looked at';
like starts('explain', '-passin', 'pass:secret', $folder)->{output}, qr/c\.p12: mapped: user "alice"/, '-passin is for all';
my ($first) = objects(starts('explain', '--json', $folder));
is "$first->{result} $first->{error}{tag}", 'error CC0303', 'in JSON, an error is an object';
$said = starts('explain', "$ca/nowhere.pem", "$folder/e.key");
is "$said->{starts} $said->{exit}", '0 2', 'where no file can be read, no server is asked';
$said = starts('explain', "$folder/deeper");
like $said->{output}, qr/\A\S+d\.pem: mapped: [^\n]+\n\z/, 'a folder with one file has a line, too';

# ---- errors of the question

for (['--vhost', 'nowhere.example', qr/CC0751/], ['--path', 'x', qr/CC0511/], ['-C', 'Nonsense', qr/CC0515/]) {
    my ($option, $value, $tag) = @$_;
    $said = starts('explain', $option, $value, @files);
    is "$said->{exit} $said->{output}", '2 ', "$option $value: no line, exit status 2";
    like $said->{error}, qr/$tag: /, 'and one error';
}
sub program { my ($lines) = @_; my $path = write_file("$tmp/program", "#!/bin/sh\n$lines\n"); chmod 0755, $path; return $path }
$said = tool('explain', '--httpd', program('echo "{\"result\": \"unmapped\"}" >$CLIENTCERT_QUESTION/answer.json'),
    "$ca/alice.pem", "$ca/bob.pem");
like $said->{output}, qr/\A\S+alice\.pem: unmapped\n\z/, 'a server that ends in the middle: what it said';
like $said->{error}, qr/CC0542: /, 'and an error';
is $said->{exit}, 2, 'exit status 2';

# ---- files that are left behind

mkdir "$tmp/through";
{
    local $ENV{TMPDIR} = "$tmp/through";
    starts('explain', @files);
    is_deeply [glob "$tmp/through/*"], [], 'no temporary file is left behind';
}

# ---- the rules that matter

my $rules = join '', map { "ClientCertMap issuer == \"CN=Staff CA,O=Example\" subject.CN == n$_ user=n$_\n" } 1 .. 50;
my $host  = site(conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap subject.CN == x group=x
    ClientCertMap subject.CN == y group=y
    $rules
    ClientCertMap subject.CN == alice group=held
    ClientCertMap issuer == "CN=Staff CA,O=Example" subject.OU == admins subject.CN == z user=nearest
    ClientCertMap issuer == "CN=Staff CA,O=Example" subject.CN == alice user=alice stop
    ClientCertMap user=late
</VirtualHost>
CONF
$said = ask($host, 'explain', "$ca/alice.pem");
like $said->{output}, qr/^The relevant rules, in order:$/m, 'of many rules, those that matter';
like $said->{output}, qr/ClientCertMap $_\n +matches$/m, "$_: held" for qr/subject\.CN == "alice" group=held/, qr/[^\n]*user=alice stop/;
like $said->{output}, qr/user=nearest\n +does not match: subject\.CN == "z"; seen: alice$/m, 'the one that came nearest is told';
is scalar(() = $said->{output} =~ /^ +does not match: /mg), 10, 'with others, ten in all';
unlike $said->{output}, qr/group=x$/m, 'not those without a condition that holds';
unlike $said->{output}, qr/user=late$/m, 'nor those that are not reached';
like $said->{output}, qr/^43 more rules do not match; --all shows them$/m, 'and the count of the rest';
my $json = answer($host, 'explain', "$ca/alice.pem");
is scalar(@{ $json->{trace} }) . " $json->{rest}", '12 43', 'JSON: likewise';
$said = ask($host, 'explain', '--all', "$ca/alice.pem");
is scalar(() = $said->{output} =~ /^ +does not match: /mg), 53, '--all: every rule';
like $said->{output}, qr/^The rules, in order:$/m, 'as such';
unlike $said->{output}, qr/more rules?/, 'and no rest';
$json = answer($host, 'explain', '--all', "$ca/alice.pem");
is scalar(@{ $json->{trace} }) . " $json->{rest}", '55 0', 'JSON: likewise';
like ask($host, 'revoked', '--all', "$ca/alice.pem")->{error}, qr/CC0507: "--all"/, 'revoked has no rules to tell';

done_testing;
