# SPDX-License-Identifier: Apache-2.0
# Tests what bash, zsh and fish offer while a command line of clientcert is typed.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::Machine qw(build program top);
use ClientCert::Test::Tool;

use File::Temp ();

my $ca  = ClientCert::Test->ca;
my $tmp = File::Temp->newdir;
$ENV{PATH} = build() . ":$ENV{PATH}";
$ENV{HOME} = "$tmp";    # fish writes there

# ---- shells: each function returns the words offered at the end of a line

# bash splits words at = and : before it calls the function.
sub bash {
    my ($line) = @_;
    my @words = split /(?<==)|(?==)|(?<=:)|(?=:)| +/, $line, -1;
    return run_command('', 'bash', '-c', '. "$0" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) && _clientcert "$1" &&
        printf "%s\n" "${COMPREPLY[@]}"', top() . '/completion/clientcert', @words);
}

sub zsh {
    my ($line) = @_;
    my $work = File::Temp->newdir;
    return run_command('', 'zsh', '-f', top() . '/t/lib/complete.zsh', top() . '/completion', "$work", $line);
}

sub fish {
    my ($line) = @_;
    my ($exit, $output, $error) = run_command('', 'fish', '--no-config', '-c',
        'source $argv[1]; complete -C $argv[2]', top() . '/completion/clientcert.fish', $line);
    return ($exit, $output =~ s/\t.*//mgr, $error);
}

my %shells = (bash => \&bash, zsh => \&zsh, fish => \&fish);

# Without the part before the last = or :, which some shells repeat and others do not.
sub offered {
    my ($shell, $line) = @_;
    my (undef, $output, $error) = $shells{$shell}->($line);
    diag $error if $error;
    my %words = map { (s{/$}{}r => 1) } map { s{^.*[=/](?=.)}{}r } grep { length } split /\n/, $output;
    return [sort keys %words];
}

# ---- what they have to offer

my @rows     = map { [split /\t/] } split /\n/, tool('commands')->{output};
my @commands = sort map { $_->[0] } grep { $_->[1] eq '-' } @rows;
my @kinds    = sort map { $_->[0] eq 'KIND' ? $_->[1] : () } @rows;
my @tags     = sort map { /^(CC011\d)/ ? $1 : () } split /\n/, tool('message')->{output};
my $host     = "\n    \@SSL\@\n    SSLVerifyClient optional\n</VirtualHost>\n";
my $site     = site(conf => "ClientCertMap subject.CN == alice user=alice\n<VirtualHost *:\@PORT\@>\n    ServerName a.example$host"
    . "<VirtualHost *:\@PORT\@>\n    ServerName b.example$host");
my $httpd  = httpd_wrapper($site, "$tmp/httpd");
my (undef, @options) = $site->_arguments;
my $server = join ' ', '--httpd', $httpd, @options;
my $broken = site(conf => "ClientCertMap nonsense\n");
(undef, @options) = $broken->_arguments;
my $silent = join ' ', '--httpd', $httpd, @options;

for my $shell (sort keys %shells) {
    SKIP: {
        skip "no $shell", 1 unless program($shell);
        my @first = grep { !/^--/ } @{ offered($shell, 'clientcert ') };
        is_deeply \@first, \@commands, "$shell: the commands";
        is_deeply offered($shell, 'clientcert exp'), ['explain'], 'those that begin as typed';
        for my $command (@commands) {
            my @own = sort map { $_->[1] } grep { $_->[0] eq $command && $_->[1] ne '-' } @rows;
            is_deeply offered($shell, "clientcert $command -"), \@own, "the options of $command";
        }
        is_deeply offered($shell, 'clientcert explain --color '), [qw(always auto never)], 'the values of an option';
        is_deeply offered($shell, 'clientcert explain --color=ne'), ['never'], 'also after =';
        is_deeply offered($shell, 'clientcert explain --via '), [qw(header proxy-protocol tls)], 'ways of certificates';
        is_deeply offered($shell, 'clientcert message CC011'), \@tags, 'tags';
        is_deeply offered($shell, 'clientcert convert '), \@kinds, 'kinds of mappings';
        is_deeply offered($shell, 'clientcert convert haproxy-'), [qw(haproxy-beg haproxy-reg haproxy-str)], 'those that begin as typed';
        is_deeply offered($shell, 'clientcert help revo'), ['revoked'], 'commands, for help';
        is_deeply offered($shell, 'clientcert show -passin '), [qw(env: fd: file: pass: stdin)], 'sources of passwords';
        my @hosts = map { s/:.*//r } @{ offered($shell, "clientcert explain $server --vhost ") };
        is_deeply [grep { /example/ } @hosts], ['a.example', 'b.example'], 'virtual hosts';
        is_deeply [map { s/:.*//r } @{ offered($shell, "clientcert explain $server --vhost=b.") }], ['b.example'], 'also after =';
        is_deeply [run_silently($shell, "clientcert explain $silent --vhost ")], [], 'none, and no error, if httpd has an error';
        is_deeply offered($shell, "clientcert rules $ca/alice"), [], 'no files for a command that takes none';
    }
}

sub run_silently {
    my ($shell, $line) = @_;
    my (undef, $output, $error) = $shells{$shell}->($line);
    return grep { length } split /\n/, $output . $error;
}

# ---- files: bash adds them itself

for my $shell (grep { program($_) } qw(zsh fish)) {
    is_deeply offered($shell, "clientcert show $ca/alice.p"), ['alice.p12', 'alice.pem'], "$shell: files for a command that takes them";
    is_deeply offered($shell, "clientcert convert gridmap $ca/alice.p"), ['alice.p12', 'alice.pem'], 'after a kind, files';
    is_deeply offered($shell, "clientcert rules -f $ca/alice.p"), ['alice.p12', 'alice.pem'], 'and for an option';
}
SKIP: {
    skip 'no bash', 2 unless program('bash');
    is_deeply [run_silently('bash', "clientcert show $ca/alice.p")], [], 'bash: nothing is offered instead of files';
    my ($exit, $output) = run_command('', 'bash', '-c', '. "$0" && complete -p clientcert', top() . '/completion/clientcert');
    like $output, qr/-o default/, 'so it offers files';
}

done_testing;
