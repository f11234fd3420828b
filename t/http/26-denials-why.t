# SPDX-License-Identifier: Apache-2.0
# Tests that each line about a denial has the reason, also on later requests of a connection: what an
# identity lacks, and the note of the rules that explains it.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Log;

my $backtracks = certificate('backtracks', '/O=Example/CN=' . 'a' x 60 . 'bx');
my $h          = ClientCert::Test->server(
    modules => ['authz_host'],
    files   => {
        'htdocs/files/index.html' => "files\n",
        'htdocs/files/.htaccess'  => "# a comment\nRequire clientcert subject.CN =~ \"(a+)+b\"\n",
        map { ("htdocs/$_/page" => "$_\n") }
            qw(ambiguous empty none denied group user conditions both limit not except other)
    },
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN == "alice" user=alice group=staff
    <Location "/ambiguous">
        ClientCertMap user=%{subject.OU}
        Require clientcert-user root
    </Location>
    <Location "/empty">
        ClientCertMap user=%{subject.CN}
        Require clientcert-group staff
    </Location>
    <Location "/none">
        ClientCertMap issuer.CN == "Staff CA" user=%{subject.title}
        Require clientcert-group staff
    </Location>
    <Location "/denied">
        ClientCertMap subject.CN =~ "(a+)+b" deny
        Require clientcert-group staff
    </Location>
    <Location "/group">
        ClientCertMap user=%{subject.OU} group=staff
        Require clientcert-group admins
    </Location>
    <Location "/user">
        ClientCertMap user=%{subject.OU} group=staff
        Require clientcert-user alice
    </Location>
    <Location "/conditions">
        Require clientcert subject.CN == bob
    </Location>
    <Location "/both">
        Require clientcert-user bob
        Require clientcert-group admins
    </Location>
    <Location "/limit">
        ClientCertMap group=staff
        Require clientcert subject.CN =~ "(a+)+b"
    </Location>
    <Location "/not">
        ClientCertMap group=%{subject.CN} group=staff
        <RequireAll>
            Require all granted
            Require not clientcert-group guests
        </RequireAll>
    </Location>
    <Location "/except">
        <RequireAll>
            Require all granted
            Require not clientcert subject.CN == deep
        </RequireAll>
    </Location>
    <Location "/other">
        Require ip 192.0.2.1
    </Location>
    <Directory "@ROOT@/htdocs/files">
        AllowOverride AuthConfig
    </Directory>
</VirtualHost>
CONF
announce('AH01630', 'CC0110', map { "CC015$_" } 0 .. 7);
announce('CC0704');    # each rule gives a user to any CA

my $site = quotemeta $h->path('conf/site.conf');

# The reason must be the same for all requests of a connection.
sub denies {
    my ($path, $cert, $reason, $needs, $claim) = @_;
    my $c = $h->connection(cert => $cert);
    for my $number (1 .. 3) {
        $h->mark_log;
        is $c->request("/$path")->{status}, 403, "$claim: request $number";
        my ($line) = map { decision($_) } $h->wait_log(qr/\] CC0110: /);
        like $line->{reason}, qr/\A$reason\z/, 'has its reason';
        like $line->{needs},  qr/\A$needs\z/,  'and what it needs';
    }
    return;
}

sub at { my ($line) = @_; return qr/$site:$line/ }

my $nobody = 'no rule gives it a user or group';
denies('ambiguous/page', 'alice', qr/$nobody; CC0152 at @{[at(7)]}: user=.* is ambiguous, .*/,
    qr/clientcert-user root \(@{[at(8)]}\)/, 'a rule that would give two users');
denies('empty/page', 'empty-cn', qr/$nobody; CC0154 at @{[at(11)]}: .*it is empty/,
    qr/clientcert-group staff \(@{[at(12)]}\)/, 'a value that is no name');
denies('none/page', 'alice', qr/$nobody; the rule at @{[at(15)]} matches, but gives none/,
    qr/clientcert-group staff \(.*\)/, 'a rule that matches, but has no value to give');
denies('none/page', 'service', $nobody, qr/clientcert-group staff \(.*\)/,
    'no rule that matches');
denies('denied/page', $backtracks, qr/a rule denies it; CC0151 at @{[at(19)]}: .*/,
    qr/clientcert-group staff \(.*\)/, 'a rule that denies since it is undecided');
denies('group/page', 'alice', 'it has no such group', qr/clientcert-group admins \(@{[at(24)]}\)/,
    'a missing group, which an ambiguous user does not explain');
denies('user/page', 'alice', qr/it has groups, but no user; CC0152 at @{[at(27)]}: .*/,
    qr/clientcert-user alice \(@{[at(28)]}\)/, 'a missing user, which it explains');
denies('conditions/page', 'alice', 'its certificate does not match',
    qr/clientcert subject\.CN == bob \(@{[at(31)]}\)/, 'conditions');
denies('conditions/page', 'deep', 'its certificate does not match',
    qr/clientcert subject\.CN == bob \(@{[at(31)]}\)/, 'conditions, which need no identity');
denies('except/page', 'deep', 'it does not meet this requirement',
    qr/not clientcert subject\.CN == deep \(@{[at(51)]}\)/, 'an exclusion');
denies('both/page', 'alice', 'it meets none of these requirements',
    qr/clientcert-user bob \(@{[at(34)]}\), clientcert-group admins \(@{[at(35)]}\)/,
    'several requirements');
denies('limit/page', $backtracks,
    qr/its certificate does not match; CC0151 at @{[at(39)]}: .*/,
    qr/clientcert subject\.CN =~ '\(a\+\)\+b' \(@{[at(39)]}\)/, 'conditions that are undecided');
denies('not/page', 'nul-cn', qr/it does not meet this requirement; CC0150 at @{[at(42)]}: .*/,
    qr/not clientcert-group guests \(@{[at(45)]}; undecided at @{[at(42)]}\)/,
    'an exclusion that is undecided');
denies('other/page', 'alice', 'another module denied it', 'a condition of another module',
    'a condition of another module');

# ---- .htaccess, also of a subrequest for the index of a directory

my $file = quotemeta $h->path('htdocs/files/.htaccess');
for my $path ('files/index.html', 'files/') {
    denies($path, $backtracks, qr/its certificate does not match; CC0151 at $file:2: .*/,
        qr/clientcert subject\.CN =~ '\(a\+\)\+b' \($file:2\)/, 'a Require of .htaccess');
}

$h->stop;
is_deeply [not_decisions($h->log)], [], 'all decisions have their form';

done_testing;
