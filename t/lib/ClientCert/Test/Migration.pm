# SPDX-License-Identifier: Apache-2.0
# Reads the sections of doc/migration.md, and compares what two servers answer to the same clients.
package ClientCert::Test::Migration;

=head1 SYNOPSIS

    use ClientCert::Test::Migration;

    my $part   = section('nginx');                   # "## nginx" and what is below it
    my @blocks = fenced($part, 'apache');
    my ($command) = commands($part);
    my $made = made($command, 'nginx.conf' => $text);     # what the command writes to its file
    my $h    = ClientCert::Test->server(server_of($block, '/private', '/admin'), ...);
    my $was  = answers($proxy, ['/admin/page'], everyone());
    my $is   = answers($h, ['/admin/page'], everyone());
    compare('nginx', $was, $is, service => 'why');

server_of gives C<modules>, C<files> and C<conf> for a block: a virtual host with a page in each of
these directories, which sends the user in the header User. The server denies .htpasswd, as that of
Debian does. answers has the user for each path and client, undef if the request is refused. compare
tests that the second server refuses each request that the first one refuses, and gives the same user,
or none, except to the clients that it names.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use Test::More ();

use ClientCert::Test::Example qw($debian);
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(build top);

our @EXPORT = qw(answers commands compare everyone fenced made section server_of);

# ---- the page

sub section {
    my ($title) = @_;
    my ($part) = read_file(top() . '/doc/migration.md') =~ /^(## \Q$title\E\n.*?)(?=^## |\z)/ms;
    return $part // die "doc/migration.md has no section $title\n";
}

sub fenced {
    my ($part, $language) = @_;
    my @blocks;
    while ($part =~ /^```(\w*)\n(.*?)^```$/msg) {
        push @blocks, $2 if $1 eq $language;
    }
    return @blocks;
}

# The blocks of commands, each as one text.
sub commands {
    my ($part) = @_;
    return grep { /^(?:clientcert|certutil|pk12util|openssl|sed) /m } fenced($part, '');
}

# Runs a command in a directory with these files and conf/; returns what it writes to its file.
sub made {
    my ($command, %files) = @_;
    my $dir = File::Temp->newdir;
    mkdir "$dir/conf" or die "$dir/conf: $!\n";
    write_file("$dir/$_", $files{$_}) for keys %files;
    my ($file) = $command =~ />>?\s*(\S+)$/m or die "$command: writes no file\n";
    local $ENV{PATH} = build() . ":$ENV{PATH}";
    local $ENV{ASAN_OPTIONS} = $ENV{ASAN_OPTIONS} // 'detect_leaks=0';
    system 'sh', '-c', 'cd "$0" && eval "$1" 2>said', $dir, $command;
    return read_file("$dir/$file");
}

# ---- the server

sub server_of {
    my ($block, @places) = @_;
    $block =~ s{\bconf/clients-ca\.pem}{\@CA\@/clients.pem};
    my $tls = $block =~ /^SSLEngine/m ? '' : '@TLS@';
    return (
        modules => [qw(authz_user headers)],
        global  => $debian,
        files   => { map { ("htdocs$_/page" => "page\n") } '', @places },
        conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    $tls
    Header always set User "expr=%{REMOTE_USER}"
$block</VirtualHost>
CONF
}

# ---- the clients

# No certificate; two CAs; certificates that do not verify; and names that look like others.
sub everyone {
    return ('', qw(alice bob admin noeku service partner),
        qw(expired notyet stranger selfsigned serveronly foreign forged ca-client),
        qw(two-cn two-mail multi-rdn comma-cn comma-o comma-ou slash-cn nul-cn newline-cn bmp-cn
            empty-cn long-cn escape-cn filter-cn sql-cn no-subject));
}

# By "PATH CLIENT": the user if the request is served, undef if it is refused.
sub answers {
    my ($server, $paths, @clients) = @_;
    my %answers;
    for my $cert (@clients) {
        my @requests = map { [$_, $cert ? (cert => $cert) : ()] } @$paths;
        my @responses = $server->get_each(@requests);
        for my $n (0 .. $#$paths) {
            my $user = $responses[$n]{headers}{user} // '';
            $answers{ "$paths->[$n] " . ($cert || 'nobody') } =
                $responses[$n]{status} == 200 ? $user : undef;
        }
    }
    return \%answers;
}

sub compare {
    my ($title, $was, $is, %except) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @both = grep { defined $was->{$_} && defined $is->{$_} } sort keys %$was;
    my @new = grep { defined $is->{$_} && !defined $was->{$_} } sort keys %$is;
    Test::More::is_deeply(\@new, [], "$title: After lets in no client that Before refuses");
    my @other = grep { $is->{$_} ne '' && $is->{$_} ne $was->{$_} && !$except{ s/^\S+ //r } } @both;
    Test::More::is_deeply([map { "$_: $was->{$_}, $is->{$_}" } @other], [],
        'and gives no client another user');
    my @lost = grep { / (?:alice|bob)$/ && defined $was->{$_} && ($is->{$_} // 'no') ne $was->{$_} }
        sort keys %$was;
    Test::More::is_deeply(\@lost, [], 'and its intended clients have what they had');
    Test::More::cmp_ok(scalar(@both), '>', 2, 'of which there are some');
    my @refused = grep { !defined $was->{$_} } keys %$was;
    Test::More::cmp_ok(scalar(@refused), '>', 5, 'where some were refused');
    return;
}

1;
