# SPDX-License-Identifier: Apache-2.0
# Tests that doc/migration.md widens no access: a client refused by a Before is also refused by its
# After. What a <Directory> closes by its own Require stays closed.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(build top);
use ClientCert::Test::Migration qw(made);
use ClientCert::Test::Ocsp;

use List::Util qw(sum);

my $ca = ClientCert::Test->ca;

# ---- the pairs of the page

# [title, Before, After ...]: a block belongs to the last line that begins with one of these words.
sub pairs {
    my ($page) = @_;
    my ($title, $kind, @pairs) = ('', '');
    while ($page =~ /\G(?:```apache\n(.*?)^```\n|([^\n]*\n))/msgc) {
        my ($block, $line) = ($1, $2);
        if (defined $line) {
            $title = $1 if $line =~ /^##+ (.*)/;
            $kind  = $1 if $line =~ /^(Before|After|Or)\b/;
            $kind  = '' if $line =~ /^#/;
        } elsif ($kind eq 'Before') {
            push @pairs, [$title, $block];
        } elsif ($kind) {
            push @{ $pairs[-1] }, $block;
        }
    }
    return @pairs;
}

# 49-migration-proxies.t tests the part that needs a proxy, and 170-migration-*.t other products.
my $page  = read_file(top() . '/doc/migration.md') =~ s/^## Behind a proxy\n.*//msr;
my @pairs = pairs($page);
cmp_ok scalar @pairs, '>=', 8, 'the page has pairs';
my $blocks = () = $page =~ /^```apache$/mg;
is $blocks, sum(map { $#$_ } @pairs), 'every block of it belongs to one';
is join(' ', map { $_->[0] } grep { @$_ < 3 } @pairs), '', 'and each Before has an After';

# ---- the files that they name

my ($command) = $page =~ /^(clientcert convert fakebasicauth .*)$/m;
my $alice     = 'OU=staff/OU=admins/CN=alice';
my $users     = join '', map { "/O=Example/$_:xxj31ZMTZzkVA\n" } $alice, 'CN=revoked',
    'CN=we "quote" it';
my $ocsp = ClientCert::Test::Ocsp->openssl(certs => ['alice', 'bob', 'two-cn'], signer => 'staff');
$ocsp->revoke('revoked', 'keyCompromise', '260102030405Z');

my %files = (
    'conf/dn-users'  => $users,
    'conf/dn-groups' => join('', 'editors:', map { qq( "/O=Example/$_") } $alice, 'OU=staff/CN=bob',
        'CN=two-cn/CN=admin', 'CN=cart') . "\n",
    'conf/dn-logins' => qq("/O=Example/$alice" alice editors\n),
    'conf/clients-ca.crl' => join('', map { read_file("$ca/$_.crl") } qw(root staff services)),
    'conf/dn-list'        => list($users),
    'conf/issuing-cas.pem' => join('', map { read_file("$ca/$_.pem") } qw(staff services)),
    map { ("htdocs/$_/page" => "page\n", "htdocs/$_/closed/page" => "page\n") }
        qw(. private admin internal app api units reports),
    map { ("htdocs/$_/inner/page" => "page\n") } qw(app reports),
);

# The result of the page's command for the file of users.
sub list {
    my ($text) = @_;
    my $dir = File::Temp->newdir;
    mkdir "$dir/conf";
    open my $out, '>', "$dir/conf/dn-users" or die "dn-users: $!\n";
    print $out $text;
    close $out;
    system "cd '$dir' && PATH='@{[build()]}':\$PATH && $command 2>/dev/null";
    return read_file("$dir/conf/dn-list");
}
is scalar(() = $files{'conf/dn-list'} =~ /^"/mg), 3, 'the command makes a line for each name';
like $files{'conf/dn-list'}, qr{^"/O=Example/CN=we \\"quote\\" it"$}m, 'which may have quotes';

# ---- the conditions that clientcert convert translates

my ($conditions) = grep { $_->[0] =~ /^SSLRequire/ } @pairs;
my $converted = made('clientcert convert sslrequire httpd.conf > conf/new',
    'httpd.conf' => $conditions->[1]);
my @lines = $converted =~ /^(Require clientcert.*)$/mg;
is scalar @lines, 3, 'clientcert convert makes a line of each condition of the page';
my $written = $conditions->[2] =~ tr/"//dr;
is join("\n", grep { index($written, tr/"//dr) < 0 } @lines), '', 'which the After has';
like $converted, qr/^# CC0550: line \d+ .*RewriteCond/m, 'and reports the RewriteCond';

# ---- the servers

sub server {
    my ($block) = @_;
    my $url = $ocsp->url =~ s{/$}{}r;
    $block =~ s{\bconf/clients-ca\.pem}{\@CA\@/clients.pem};
    $block =~ s{http://ocsp\.example\.com}{$url};
    $block =~ s{\bocsp\.example\.com}{localhost};
    return ClientCert::Test->server(
        modules => [qw(authz_host authz_user authz_groupfile auth_basic authn_file rewrite)],
        files   => \%files,
        conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile \@CA\@/localhost.pem
    SSLCertificateKeyFile \@CA\@/localhost.key
    <DirectoryMatch "^\@ROOT\@/htdocs/(?:.*/)?closed">
        Require all denied
    </DirectoryMatch>
$block</VirtualHost>
CONF
}

# ---- which client gets in where

# A staff certificate that matches; another staff certificate; one of another CA that the host
# trusts; one of a CA that it does not trust; others that do not verify; names like those of others.
my @clients = ('', qw(alice bob two-cn service stranger selfsigned serveronly revoked expired
    comma-cn slash-cn nul-cn));

# For each path and client, whether the request is served: a failed handshake, 401, 403 and 500 are
# refusals. On TLS 1.2 the server can request a certificate from curl within a connection.
sub served {
    my ($h, @paths) = @_;
    my %served;
    for my $cert (@clients) {
        my @responses = $h->get_each(map { [$_, tls => '1.2', headers => ['Connection: close'],
            $cert ? (cert => $cert) : ()] } @paths);
        for my $n (0 .. $#paths) {
            my $status = $responses[$n]{status};
            $served{"$paths[$n] " . ($cert || 'nobody')} =
                $status =~ /^[234]/ && $status !~ /^40[13]/ || 0;
        }
    }
    return \%served;
}

announce('AH01897');    # mod_ssl does not know the CAs of ClientCertCA

# Refusals of every kind.
announce('AH00027', 'AH02227', 'CC0104', 'CC0106', 'CC0110', 'CC0150', 'CC0152', 'CC0154', 'CC0722',
    qr/\[(?:ssl|authz_core|auth_basic|rewrite):error\]/);

for my $pair (@pairs) {
    my ($title, $before, @after) = @$pair;
    my @named = join('', $before, @after) =~ m{(?:"|\^)(/\w+)}g;
    my %seen;
    my @paths = grep { !$seen{$_}++ } map { ("$_/page", "$_/closed/page") } '', '/private', @named;
    my $h     = server($before);
    my $was   = served($h, @paths);
    $h->stop;
    for my $n (1 .. @after) {
        $h = server($after[$n - 1]);
        my $is = served($h, @paths);
        is join(', ', grep { $is->{$_} && !$was->{$_} } sort keys %$is), '',
            "$title: After $n lets in no client that Before refuses";
        is join(', ', grep { / alice$/ && $was->{$_} && !$is->{$_} } sort keys %$is), '',
            'and its intended clients still get in';
        is join('', $h->log_lines(qr/CC07/)), '', 'without warnings';
        $h->stop;
    }
    cmp_ok scalar(grep { $_ } values %$was), '>', 0, 'as before';
    cmp_ok scalar(grep { !$_ } values %$was), '>', 0, 'where some were refused';
}

# ---- sections inside

# A Require there does not end SSLRequire and the RewriteRule, but does end a Require.
sub inner {
    my ($block, $merging) = @_;
    my @paths = map { "$_/inner" } qw(/app /reports);
    my $h = server($block . join '', map { <<"CONF" } @paths);
<Location "$_">
    $merging
    Require all granted
</Location>
CONF
    my $served = served($h, map { "$_/page" } @paths);
    $h->stop;
    return join ', ', grep { $served->{$_} } sort keys %$served;
}
my ($before, $after) = @$conditions[1, 2];
my $was = inner($before, '');
like $was, qr{^/app/inner/page alice, .*/reports/inner/page alice\b}, 'a section inside';
unlike $was, qr/nobody/, 'is closed to clients without a certificate';
is inner($after, 'AuthMerging And'), $was, 'and stays so with AuthMerging And';
like inner($after, ''), qr/nobody/, 'but not without it';

done_testing;
