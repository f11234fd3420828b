# SPDX-License-Identifier: Apache-2.0
# Tests that Require not and <RequireNone>, at any depth, let in no client without an identity.
use strict;
use warnings;
use utf8;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Crl;

use Time::HiRes qw(sleep);

my $slow = $ENV{CC_SLOW} // 1;
sub all { return join "\n", '<RequireAll>', 'Require all granted', @_, '</RequireAll>' }
sub any { return join "\n", '<RequireAny>', @_, '</RequireAny>' }
sub none { return join "\n", '<RequireNone>', @_, '</RequireNone>' }

# The rules map alice (admins, staff) and bob (staff). `odd` has a further OU that is not usable;
# `two` has two names, of which neither counts. The other certificates give no identity: service is
# unmapped, admin is denied by a rule, selfsigned and stranger do not verify.
my $odd = certificate('odd', "/O=Example/OU=staff/OU=adm\x{202e}ins/CN=odd");
my %cert = (odd => $odd, two => certificate('two', '/O=Example/OU=staff/CN=one/CN=other'),
    map { $_ => $_ } qw(alice bob service admin selfsigned stranger));

# A Location each: its content, and which clients get in (the other clients that try get 403).
my $ban = 'Require clientcert-group admins';
my @places = (
    [all('Require not clientcert-group admins'),                   'bob none'],
    [all("Require\tnot\tclientcert-group admins"),                 'bob none'],
    [all('Require "NOT" clientcert-group admins'),                 'bob none'],
    [all('Require not clientcert-user alice'),                     'bob none'],
    [all('Require not clientcert-user "%{env:WHO}"'),              'bob none'],
    [all(none($ban)),                                              'bob none'],
    [all(none('Require clientcert-user alice', $ban)),             'bob none'],
    [all(none(any($ban, 'Require clientcert-user nobody'))),       'bob none'],
    [all(none(all($ban))),                                         'bob none'],
    [any(all(none(all(any($ban))))),                               'bob none'],
    [all(none(all(none(all(none($ban)))))),                        'bob none'],
    [all(none(all(none(all('Require not clientcert-group admins'))))), 'bob none'],
    [all(none("<IfModule clientcert_module>\n$ban\n</IfModule>")), 'bob none'],
    [all(none("Include conf/ban.inc")),                            'bob none'],
    [all("<IfModule clientcert_module>\n" . none("Include conf/ban.inc") . "\n</IfModule>"),
        'bob none'],

    # an even number of negations: clients that are certainly in the group
    [all(none(all(none($ban)))),                                   'alice'],
    [all(none(all('Require not clientcert-group admins'))),        'alice'],

    # beside a Require that lets clients in
    [any($ban, all('Require not clientcert-group admins')),        'alice bob none'],
    [any('Require clientcert-group staff', all('Require not clientcert-group admins')),
        'alice bob odd two none'],

    # about the certificate, not about its user
    [all('Require not clientcert'),                                'none'],
    [all('Require not clientcert subject.OU == admins'),  'admin bob service two none'],
    [all(none('Require clientcert subject.OU == admins')), 'admin bob service two none'],
    [all('Require not clientcert subject.OU == staff'),   'admin service none'],

    # no rules are in effect
    ["ClientCertMap subject.CN == nobody user=x\n" . all('Require not clientcert-user alice'),
        'none'],
);

my ($sections, %files) = ('');
for my $i (0 .. $#places) {
    $sections .= qq{<Location "/$i/">\n$places[$i][0]\n</Location>\n};
    $files{"htdocs/$i/page"} = "page $i\n";
}
$files{"htdocs/access/page"} = "page\n";
$files{"htdocs/access/.htaccess"} = all(none($ban)) . "\n";
my %alias = (not => all('Require not are-admins'), none => all(none('Require are-admins')),
    other => all('Require not carol'), plain => 'Require are-admins');
for my $name (keys %alias) {
    $files{"htdocs/access/$name/page"}      = "page\n";
    $files{"htdocs/access/$name/.htaccess"} = "$alias{$name}\n";
}
my $aliases = "<AuthzProviderAlias clientcert-group are-admins admins>\n</AuthzProviderAlias>\n"
    . "<AuthzProviderAlias user carol carol>\n</AuthzProviderAlias>\n";
$files{'conf/ban.inc'} = "$ban\n";

# ---- tables, and rules that keep clients out

my $many = join ',', 'banned', map { "g$_" } 1 .. 1000;
my $fine = join ',', map { "g$_" } 1 .. 1000;
$files{'conf/people.map'} = "alice alice $many\nbob bob $fine\n";
my $banned  = certificate('banned', "/O=Example/CN=ban\x{202e}ned", san => 'email:bob@example.com');
my $limited = certificate('limited', '/O=Example/CN=' . 'a' x 60 . 'bx');
my $late    = ClientCert::Test::Crl->new('staff');
$files{'conf/staff.crl'} = $late->crl;
$files{"htdocs/$_/page"} = "page\n"
    for qw(user group banned open deny stop patterns conditions plain);

sub host {
    my ($port, $lines) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
$lines
</VirtualHost>
CONF
}

my $rule    = 'ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN} group=%{subject.OU}';
my $not     = all('Require not clientcert-user alice short');
my $ages    = "SSLVerifyClient require\n$rule\n<Location /banned>\n$not\n</Location>\n";
my $keepout = join "\n", map { "<Location /$_->[0]>\n$_->[1]\n</Location>" } (
    ['deny', "ClientCertMap subject.CN =~ \"ban.*\" deny\nClientCertMap user=%{san.email|local}\n"
        . 'Require all granted'],
    ['user', "ClientCertMap subject.CN =~ \"ban.*\" deny\nClientCertMap user=%{san.email|local}\n"
        . 'Require valid-user'],
    ['stop', "ClientCertMap subject.CN == banned stop\nClientCertMap user=%{san.email|local}\n"
        . 'Require valid-user'],
    ['group', "ClientCertMap subject.CN == banned group=banned\n"
        . "ClientCertMap user=%{san.email|local}\n" . all('Require not clientcert-group banned')],
    ['plain', "ClientCertMap subject.CN == banned group=banned\n"
        . "ClientCertMap user=%{san.email|local}\nRequire valid-user"],
    ['conditions', all('Require not clientcert subject.CN =~ "ban.*"')],
    ['patterns', all(none('Require clientcert subject.CN =~ "(a+)+b"'))],
    ['banned', "ClientCertMap subject.CN =~ \"(a+)+b\" deny\nClientCertMap user=x\n"
        . 'Require valid-user'],
);

announce(qr/\.htaccess: CC0158/, 'AH01630', 'CC0104', 'CC0110', qr/CC07\d\d/,
    map { "CC01$_" } qw(33 50 51 52 53 56 57));
my $h = ClientCert::Test->server(
    modules => [qw(authz_user env headers setenvif)],
    files   => \%files,
    global  => $aliases . "KeepAliveTimeout 300\nMaxKeepAliveRequests 0\nClientCertTable people file:conf/people.map\n",
    conf    => "SetEnvIf Request_URI .* WHO=alice\n"
        . "<Directory \@ROOT\@/htdocs/access>\nAllowOverride AuthConfig\n</Directory>\n"
        . host('', "SSLVerifyClient optional_no_ca\nClientCertMap subject.CN == admin deny\n"
            . "$rule\n$sections")
        . host(2, "SSLVerifyClient require\n$keepout")
        . host(3, "SSLVerifyClient require\n"
            . "ClientCertMap subject.CN in people user=\$1 group=\$2\n"
            . "Header always set User expr=%{REMOTE_USER}\n"
            . "<Location /user>\nRequire valid-user\n</Location>\n"
            . "<Location /group>\n" . all('Require not clientcert-group banned') . "\n</Location>\n")
        . host(4, "$ages\nClientCertMaxAge 2")
        . host(5, "$ages\nClientCertCRL conf/staff.crl reload=1 missing=allow"));

# ---- which clients get in where

my %connection = (none => $h->connection,
    map { $_ => $h->connection(cert => $cert{$_}) } keys %cert);
my @who = (sort(keys %cert), 'none');

for my $i (0 .. $#places) {
    my ($lines, $expected) = @{ $places[$i] };
    my @in;
    for my $name (@who) {
        my $status = $connection{$name}->request("/$i/page")->{status};
        push @in, $name          if $status == 200;
        push @in, "$name=$status" if $status != 200 && $status != 403;
    }
    is "@in", $expected, $lines =~ tr/\n\t/  /r;
}
is join(' ', grep { $connection{$_}->request('/access/page')->{status} == 200 } @who), 'bob none',
    '.htaccess';

# ---- other names for a Require, in .htaccess

for my $name ('not', 'none') {
    is $h->get("/access/$name/page", cert => $_)->{status}, 500,
        "a negated name of AuthzProviderAlias is refused in .htaccess: $name, $_"
        for 'bob', 'selfsigned';
    ok $h->log_lines(qr{CC0158: \S+/$name/\.htaccess:\d+: "are-admins" .* use Require clientcert-group}),
        'with what to write';
}
is $h->get('/access/other/page', cert => 'bob')->{status}, 200,
    'a name for another Require is not refused';
is $h->get('/access/plain/page', cert => 'alice')->{status}, 200,
    'nor is a name that is not negated';

# ---- the log of these decisions

sub needs {
    my ($path, %o) = @_;
    $h->mark_log;
    $h->get($path, %o);
    my ($line) = $h->wait_log(qr/CC0110: /);
    return join '; ', ($line // '') =~ / (reason="[^"]*"|needs="[^"]*")/g;
}
like needs('/0/page', cert => 'selfsigned'),
    qr/reason="it is self-signed, and not trusted here itself"; needs="not clientcert-group admins \(\S+site\.conf:\d+\)"/, 'of who did not verify';
like needs('/0/page', cert => 'admin'),
    qr/reason="a rule denies it"; needs="not clientcert-group admins \(\S+site\.conf:\d+\)"/, 'of who is denied';
like needs('/0/page', cert => $odd),
    qr/needs="not clientcert-group admins \(\S+site\.conf:\d+; undecided at \S+site\.conf:\d+\)"/,
    'of whom the rules may not know all';

# ---- what cannot be decided

sub status_of {
    my ($path, $cert, $port) = @_;
    return $h->get("$path/page", cert => $cert, port => $port)->{status};
}

$h->mark_log;
is status_of('/user', $banned, 2), 403, 'a deny rule on a value that cannot be used denies';
ok $h->wait_log(qr/CC0157: result=undecided .*reason="subject\.CN =~ 'ban\.\*' cannot be decided/),
    'and the log says so';
is status_of('/stop', $banned, 2), 403, 'so does a stop rule';
is status_of('/conditions', $banned, 2), 403, 'a negated Require clientcert denies';
is status_of('/group', $banned, 2), 403,
    'so does a negated clientcert-group where a rule that may give the group is not decided';
is status_of('/plain', $banned, 2), 200, 'without a negation, certain groups count';
is status_of('/deny', $banned, 2), 200, 'a page that needs no identity is served';
is status_of('/banned', $limited, 2), 403, 'a deny rule whose pattern took too many steps denies';
is status_of('/patterns', $limited, 2), 403, 'so does a negated Require clientcert';
is status_of('/conditions', $limited, 2), 200, 'a decided one does not';
is status_of("/$_", 'two-cn', 2), 200,
    "a name that does not match: /$_" for qw(conditions patterns);

# ---- rows that a table loses

is status_of('/group', 'alice', 3), 500, 'more than 1000 groups: a banned one may be missing';
is status_of('/user', 'alice', 3), 500, 'and the user is not known';
is $h->get('/open/page', cert => 'alice', port => 3)->{headers}{user}, '',
    'a page that needs no identity has no user';
is status_of('/group', 'bob', 3), 200, '1000 groups are no failure';

# ---- identities that end while a connection is open

# All responses until the certificate is rejected, and the first one after that.
sub answers_until_rejected {
    my ($cert, $port, $reason, $meanwhile) = @_;
    my $c = $h->connection(cert => $cert, port => $port);
    my %seen;
    $h->mark_log;
    for my $i (1 .. 300 * $slow) {
        my $response = $c->request('/banned/page');
        $seen{ $response->{status} } = 1;
        return join ' ', sort keys %seen if $h->log_lines(qr/CC0104: .*reason="$reason/);
        $meanwhile->() if $i == 1 && $meanwhile;
        sleep 0.1;
    }
    return 'never rejected';
}
is answers_until_rejected('alice', 4, 'its full handshake is older'), 403,
    'a client that was kept out stays out when the handshake is too old';
is answers_until_rejected(ClientCert::Test->short_cert(8 * $slow), 5, 'it has expired'), 403,
    'when the certificate has expired';
is answers_until_rejected('alice', 5, 'it was revoked', sub {
    $late->revoke('alice', 'keyCompromise');
    replace($h->path('conf/staff.crl'), $late->crl);
}), 403, 'when it was revoked';

# ---- other names for a Require

sub negated_alias {
    my ($section) = @_;
    return ClientCert::Test->configtest(
        modules => ['authz_user'],
        global  => $aliases,
        conf => host('', "SSLVerifyClient optional\n$rule\n<Location />\n$section\n</Location>"));
}
for my $section (all('Require not are-admins'), all(none('Require are-admins')),
    all(none(all('Require are-admins')))) {
    my ($exit, $output) = negated_alias($section);
    isnt $exit, 0, 'a negated name of AuthzProviderAlias is refused: ' . $section =~ tr/\n/ /r;
    like $output, qr/CC0158: \S+site\.conf:\d+: "are-admins" .* use Require clientcert-group directly/,
        'with what to write';
}
for my $section ('Require are-admins', all(none(all(none('Require are-admins')))),
    all('Require not carol')) {
    my ($exit, $output) = negated_alias($section);
    is $exit, 0, 'a name that is not negated, or not of the module, is legal' or diag $output;
}

$_->close for values %connection;
done_testing;
