# SPDX-License-Identifier: Apache-2.0
# Tests the help of clientcert, where its options may be, and when its output is coloured.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Machine qw(build);
use ClientCert::Test::Tool;

my $ca = ClientCert::Test->ca;

# ---- help

my @rows     = map { [split /\t/, $_, -1] } split /\n/, tool('commands')->{output};
my @commands = map { $_->[0] } grep { $_->[1] eq '-' } @rows;
is_deeply [grep { @$_ != 4 || grep { $_ eq '' } @$_ } @rows], [], 'every row of commands has four columns';
cmp_ok scalar @commands, '>=', 11, 'there are commands';

my $list = tool('--help');
is "$list->{exit}$list->{error}", '0', '--help succeeds';
like $list->{output}, qr/^  $_ +\w.*$/m, "and lists $_" for @commands;
is_deeply tool(@$_), $list, "@$_ prints the same" for ['help'], ['-h'];
my $none = tool();
is "$none->{exit} $none->{output}", "2 $list->{output}", 'so does no word at all, with exit status 2';
like $none->{error}, qr/\Aclientcert: CC0501: the command is missing; use one of show, .*\n\z/, 'and an error';

for my $command (@commands) {
    my $help = tool($command, '--help');
    like $help->{output}, qr/\AUsage: clientcert $command\b.*^Options:.*^Exit status:\n  0  .*^  2  /ms, "$command has its own help";
    is "$help->{exit}$help->{error}", '0', 'with exit status 0';
    is_deeply [grep { length > 80 } split /\n/, $help->{output}], [], 'no wider than a terminal';
    is_deeply tool(@$_), $help, "@$_ prints the same" for [$command, '-h'], ['help', $command], ['--help', $command];
    for my $row (grep { $_->[0] eq $command && $_->[1] ne '-' } @rows) {
        my ($option, $value) = @$row[1, 2];
        my $named = $value eq '-' ? $option : "$option $value";
        like $help->{output}, qr/^  \Q$named\E /m, "it has $named";
    }
}
like tool('explain', '--json', 'FILE', '--help', '--nonsense')->{output}, qr/\AUsage: clientcert explain/, '--help may be anywhere';
like tool('helpme', '--help')->{error}, qr/CC0501: "helpme"/, 'an unknown command is an error';
like tool('help', 'helpme')->{error}, qr/CC0529: "helpme"/, 'so is help for one';
like tool('version', 'x')->{error}, qr/CC0506: "x"/, 'and an argument that a command does not take';
is_deeply tool('--version'), tool('version'), '--version is the command version';

# ---- options

my $site   = site(conf => "<VirtualHost *:\@PORT\@>\n    ServerName one\n    \@SSL\@\n    SSLVerifyClient optional\n"
    . "    ClientCertMap subject.CN == alice user=alice\n</VirtualHost>\n");
my $plain  = ask($site, 'explain', '--vhost', 'one', '--path', '/x/', "$ca/alice.pem");
is $plain->{exit}, 0, 'explain answers';
is_deeply ask($site, 'explain', @$_), $plain, "the same with @$_"
    for ["$ca/alice.pem", '--path', '/x/', '--vhost', 'one'], ['--path=/x/', "$ca/alice.pem", '--vhost=one'],
    ['--vhost=one', '--path=/x/', '--', "$ca/alice.pem"];
my $many = ask($site, 'explain', "$ca/alice.pem", '--json', "$ca/bob.pem");
is scalar(() = $many->{output} =~ /^\{.*\}$/mg), 2, 'an option between two files';
for (
    [['--vhost='], qr/CC0510/, 'an empty value is a value'],
    [['--json=yes', "$ca/alice.pem"], qr/CC0526: "--json"/, 'an option without a value'],
    [['--', '--json', "$ca/nowhere.pem"], qr/\A\z/, 'after --, all words are files'],
    [['-', '-'], qr/CC0527: "-": standard input can be read only once/, 'standard input is read once'],
    [['-passin', 'stdin', '-'], qr/CC0527/, 'or holds the password'],
) {
    my ($words, $pattern, $claim) = @$_;
    my $said = ask($site, 'explain', @$words);
    is $said->{exit}, 2, "exit status 2: $claim";
    like $said->{error}, $pattern, 'with its message';
}

# ---- colour

my $colour = qr/\e\[[0-9]*m/;
unlike $plain->{output}, $colour, 'output that is not a terminal is not coloured';
my $always = ask($site, 'explain', '--vhost', 'one', '--path', '/x/', '--color', 'always', "$ca/alice.pem");
like $always->{output}, qr/\Aresult +\e\[32mmapped[^\e\n]*\e\[m\n/, '--color always: the result is green';
like $always->{output}, qr/^\e\[1mThe rules, in order:\e\[m$/m, 'and a heading is bold';
is $always->{output} =~ s/$colour//gr, $plain->{output}, 'the text is the same';
my $bad = ask($site, 'explain', '--color=always', "$ca/bob.pem")->{output};
like $bad, qr/\Aresult +\e\[31munmapped\e\[m\n/, 'a negative answer is red';
like $bad, qr/^ +\e\[31mdoes not match\e\[m: subject\.CN/m, 'so is a rule that does not match';
like ask($site, 'explain', '--color=always', "$ca/alice.pem", "$ca/bob.pem")->{output},
    qr/alice\.pem: \e\[32mmapped\e\[m: .*\n.*bob\.pem: \e\[31munmapped\e\[m\n/, 'and so are the lines of several certificates';
unlike ask($site, 'explain', '--color=always', '--json', "$ca/alice.pem")->{output}, qr/\e/, 'JSON is not coloured';

SKIP: {
    skip 'no script(1), which makes a terminal', 5 unless grep { -x "$_/script" } split /:/, $ENV{PATH};
    sub on_terminal {
        my ($environment, @words) = @_;
        return scalar `env $environment script -qec '@{[build()]}/clientcert @words' /dev/null </dev/null`;
    }
    like on_terminal('-u NO_COLOR TERM=xterm', 'help'), $colour, 'on a terminal, output is coloured';
    like on_terminal('NO_COLOR= TERM=xterm', 'help'), $colour, 'also with an empty NO_COLOR';
    unlike on_terminal('NO_COLOR=1 TERM=xterm', 'help'), $colour, 'but not with NO_COLOR';
    unlike on_terminal('-u NO_COLOR TERM=dumb', 'help'), $colour, 'nor on a dumb terminal';
    unlike on_terminal('-u NO_COLOR TERM=xterm', 'help', '--color', 'never'), $colour, 'nor with --color never';
}

done_testing;
