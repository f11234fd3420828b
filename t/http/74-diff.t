# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert diff finds every certificate that two configurations map differently, as
# explain shows for each configuration, and no other.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(lacks);
use ClientCert::Test::Tool;

use File::Temp ();
use JSON::PP ();

my $ca  = ClientCert::Test->ca;
my $tmp = File::Temp->newdir;

# ---- two configurations of one site

my $site = site(modules => ['authz_user'], files => { 'htdocs/x' => "x\n" }, conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap san.uri =~ "spiffe:.*" stop
    ClientCertMap subject.CN == admin user=failed
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=staff group=people
    <Location "/x">
        Require user alice bob
    </Location>
</VirtualHost>
CONF
my $main = read_file($site->path('conf/httpd.conf'));
my $old  = read_file($site->path('conf/site.conf'));
my ($httpd, @directory) = grep { !/^(-f|conf\/httpd\.conf)$/ } $site->_arguments;

# Writes another configuration, whose site is changed in this way; returns its path for -f.
sub configuration {
    my ($name, $change) = @_;
    local $_ = $old;
    $change->();
    $site->file("conf/$name-site.conf", $_);
    $site->file("conf/$name.conf", $main =~ s/Include conf\/site\.conf/Include conf\/$name-site.conf/r);
    return "conf/$name.conf";
}

# Counts how often httpd is started.
my $counting = write_file("$tmp/httpd", "#!/bin/sh\necho start >>'$tmp/starts'\nexec '$httpd' \"\$@\"\n");
chmod 0755, $counting;
sub diff {
    my ($new, @words) = @_;
    unlink "$tmp/starts";
    my $said = tool('diff', '--httpd', $counting, @directory, '-f', 'conf/httpd.conf', $new ? ('-f', $new) : (), @words);
    $said->{starts} = () = (-e "$tmp/starts" ? read_file("$tmp/starts") : '') =~ /^start$/mg;
    $said->{lines} = [map { s/^\Q$ca\E\///r } split /\n/, $said->{output}];
    return $said;
}
my @names = qw(alice bob admin service expired two-mail two-cn newline-cn stranger);
my @files = map { "$ca/$_.pem" } @names;

# ---- no difference

my $said = diff(configuration('same', sub { s/group=staff group=people/group=people group=staff/ }), @files);
is_deeply $said->{lines}, ['0 of 9 certificates differ'], 'the order of groups is no difference' or diag $said->{error};
is "$said->{exit} $said->{starts}", '0 2', 'exit status 0, and each configuration is read once';
is diff('conf/same.conf', '--json', @files)->{output}, '', 'as JSON, no lines';

# ---- accounts

my $accounts = configuration('accounts', sub {
    s/(?=    ClientCertMap san\.uri)/    ClientCertMap subject.CN == alice account=root account="a b"\n    ClientCertMap san.uri =~ "spiffe:.*" account=shared\n/;
    s/(?=        Require)/        ClientCertAccount "%{req:X}"\n/;
});
is_deeply diff($accounts, @files)->{lines}, [
    'alice.pem: alice (people, staff) -> alice (people, staff), account "a b", root',
    'service.pem: unmapped -> unmapped, account shared', '2 of 9 certificates differ',
    ], 'accounts are a part of the identity';
is_deeply [map { $_->{new}{accounts} } map { JSON::PP::decode_json($_) } @{ diff($accounts, '--json', "$ca/alice.pem", "$ca/bob.pem")->{lines} }],
    [['root', 'a b']], 'as JSON, too';
is_deeply diff($accounts, '--path', '/x', '--account', 'root', "$ca/alice.pem")->{lines}, [
    'alice.pem: alice (people, staff), access granted -> root (people, staff), account "a b", alice, access denied', '1 of 1 certificates differs',
    ], 'a request that asks for an account may be another user';

# ---- differences

my $new = configuration('new', sub {
    s/(?=    ClientCertMap san)/    ClientCertMap subject.CN == bob deny\n/;
    s/ group=people//;
    s/user=failed/user="a b" group=x group="y, z"/;
    s/ stop/ user=no/;
    s/user alice bob/user alice/;
});
$said = diff($new, @files);
is_deeply $said->{lines}, [
    'alice.pem: alice (people, staff) -> alice (staff)', 'bob.pem: bob (people, staff) -> denied',
    'admin.pem: "failed" (people, staff) -> "a b" (staff, x, "y, z")', 'service.pem: unmapped -> "no"', 'two-mail.pem: no user (people, staff) -> no user (staff)',
    'two-cn.pem: "failed" -> "a b" (x, "y, z")', 'newline-cn.pem: unmapped -> denied', '7 of 9 certificates differ',
], 'a line for each certificate that differs' or diag $said->{error};
is "$said->{exit} $said->{starts}", '1 2', 'exit status 1, and each configuration is read once';
is_deeply diff($new, "$ca/stranger.pem", "$ca/service.pem")->{lines},
    ['service.pem: unmapped -> "no"', '1 of 2 certificates differs'], 'a certificate that is rejected by both does not differ';
is_deeply diff($new, '--path', '/x', "$ca/alice.pem", "$ca/bob.pem")->{lines}, [
    'alice.pem: alice (people, staff) -> alice (staff)', 'bob.pem: bob (people, staff), access granted -> denied, access denied',
    '2 of 2 certificates differ',
], 'with --path, the access is compared too';
my $closed = configuration('closed', sub { s/user alice bob/user bob/ });
is_deeply diff($closed, '--path', '/x', "$ca/alice.pem", "$ca/bob.pem")->{lines},
    ['alice.pem: alice (people, staff), access granted -> alice (people, staff), access denied', '1 of 2 certificates differs'],
    'and may be the only difference';
is diff($closed, @files)->{exit}, 0, 'which is none without a path';
is_deeply diff(configuration('mode', sub { s/optional/none/ }), "$ca/alice.pem")->{lines},
    ['alice.pem: alice (people, staff) -> rejected', '1 of 1 certificates differs'], 'so does one that is no longer requested';

# ---- the same as explain

for my $configuration ($new, $closed) {
    my @explained = map {
        my %by_name;
        my $answers = tool('explain', '--httpd', $httpd, @directory, '-f', $_, '--json', '--path', '/x', @files)->{output};
        for my $answer (map { JSON::PP->new->utf8->decode($_) } split /\n/, $answers) {
            my $mapped = $answer->{result} eq 'mapped';
            $by_name{ $answer->{file} } = {
                result => $answer->{result},
                user   => $mapped ? $answer->{verdict}{user} : undef,
                groups => $mapped ? [sort map { $_->{name} } @{ $answer->{verdict}{groups} }] : [],
                accounts => [map { $_->{name} } @{ $answer->{verdict}{accounts} }],
                access => $answer->{access}{outcome},
            };
        }
        \%by_name;
    } 'conf/httpd.conf', $configuration;
    my %meant = map { $_ => { old => $explained[0]{$_}, new => $explained[1]{$_} } }
        grep { JSON::PP->new->canonical->encode($explained[0]{$_}) ne JSON::PP->new->canonical->encode($explained[1]{$_}) } @files;
    my %seen;
    for my $line (map { JSON::PP->new->utf8->decode($_) } split /\n/, diff($configuration, '--json', '--path', '/x', @files)->{output}) {
        for my $side (@$line{qw(old new)}) {
            $side->{access} = $side->{access}{outcome};
            $side->{groups} = [sort @{ $side->{groups} }];
        }
        $seen{ $line->{file} } = { old => $line->{old}, new => $line->{new} };
    }
    cmp_ok scalar keys %seen, '>', 0, 'as JSON, there are differences';
    is_deeply \%seen, \%meant, 'which are those between the answers of explain';
}

# ---- errors

SKIP: {
    skip 'the module was built without hiredis', 2 if lacks('hiredis');
    my $failing = configuration('failing', sub {
        s/(?=    ClientCertMap san\.uri)/    ClientCertTable people redis:127.0.0.1:1\/\n    ClientCertMap subject.CN in people group=x\n/
    });
    $said = diff($failing, "$ca/alice.pem");
    is_deeply $said->{lines}, ['alice.pem: alice (people, staff) -> failed', '1 of 1 certificates differs'], 'an identity may be unknown';
    is $said->{exit}, 2, 'which is exit status 2';
}
mkdir "$tmp/empty";
$said = diff($new, "$tmp/empty", "$ca/alice.key", "$ca/service.pem");
like $said->{error}, qr/CC0541/, 'a directory without files is an error';
$said = diff($new, "$ca/alice.key", "$ca/service.pem");
like $said->{lines}[0], qr/^alice\.key: error: CC0303: /, 'a file without a certificate has its line';
is_deeply [@{ $said->{lines} }[1, 2], $said->{exit}], ['service.pem: unmapped -> "no"', '1 of 1 certificates differs', 2],
    'the others are compared, and the exit status is 2';
for my $words ([undef], [$new, '-f', $new]) {
    my ($file, @more) = @$words;
    $said = diff($file, @more, @files);
    like $said->{error}, qr/\Aclientcert: CC0560: diff compares two configurations: name the old one and the new one, with -f OLD -f NEW\n\z/,
        'exactly two configurations';
    is "$said->{exit} $said->{starts}", '2 0', 'are needed, before one is read';
}
$said = diff('conf/nowhere.conf', @files);
like $said->{error}, qr/^clientcert: CC0515: -f conf\/nowhere\.conf: .*cannot load the configuration/m, 'an error names the configuration';
is $said->{exit}, 2, 'and is exit status 2';
$said = diff(configuration('host', sub { s/ServerName localhost/ServerName other.example/ }), @files);
like $said->{error}, qr/CC0561: the configurations have different virtual hosts, localhost:\d+ and other\.example:\d+; name one with --vhost/,
    'different virtual hosts are not compared';
$said = diff('conf/host.conf', '--vhost', 'other.example', @files);
like $said->{error}, qr/CC07\d\d: -f conf\/httpd\.conf: "other\.example"/, 'the host has to exist in both';

done_testing;
