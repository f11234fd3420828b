# SPDX-License-Identifier: Apache-2.0
# Tests how firmly rules tie users to certificates: Require clientcert-strength, its negation, the
# name strength, the tool, metrics and lint.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Command;
use ClientCert::Test::Example;
use ClientCert::Test::Tool;

use JSON::PP ();

my $ca = ClientCert::Test->ca;

sub digest { return lc(openssl('x509', '-noout', '-fingerprint', '-sha256', '-in', $_[0]) =~ s/.*=|[:\s]//gr) }

sub key_digest {
    my ($hex) = tool('show', '--all', $_[0])->{output} =~ /^spki\.sha256 == ([0-9a-f]{64})$/m;
    return $hex // die "no digest of $_[0]\n";
}

sub all { return join "\n", '<RequireAll>', 'Require all granted', @_, '</RequireAll>' }
sub none { return join "\n", '<RequireNone>', @_, '</RequireNone>' }

# bob is strong, alice named, service weak. `crowd` has a group and no user. `odd` could be two users, so
# it has no user. admin is denied by a rule, and selfsigned does not verify.
my %cert = (
    crowd => certificate('crowd', '/O=Example/CN=crowd'),
    odd   => certificate('odd', '/O=Example/OU=odd/CN=one/CN=other'),
    map { $_ => $_ } qw(alice bob service admin selfsigned));
my ($bob, $staff) = (digest("$ca/bob.pem"), key_digest("$ca/staff.pem"));
my $rules = <<"CONF";
ClientCertTable partners file:conf/partners.map octets
ClientCertMap subject.CN == admin deny
ClientCertMap sha256 in partners user=\$1
ClientCertMap subject.OU == odd user=%{subject.CN} group=odd
ClientCertMap ca.spki.sha256 == $staff san.email =~ "(.+)\@example\\.com" user=\$1
ClientCertMap san.uri =~ ".*/sa/(.+)" user=\$1
ClientCertMap subject.CN == crowd group=crowd
CONF

# A Location each: its content, and which clients get in (the other clients that try get 403).
my $strong = 'Require clientcert-strength strong';
my $named  = 'Require clientcert-strength named';
my @places = (
    [$strong,                                          'bob'],
    [$named,                                           'alice bob'],
    ['Require clientcert-strength "named"',            'alice bob'],
    ["<RequireAll>\n$named\nRequire clientcert-user alice\n</RequireAll>", 'alice'],
    ["$strong\nRequire clientcert-user alice",         'alice bob'],
    ["ClientCertAuth Off\n$strong",                    'bob'],
    # a negation admits the weaker users, and clients without a certificate
    [all('Require not clientcert-strength strong'),    'alice service none'],
    [all('Require not clientcert-strength named'),     'service none'],
    [all(none($strong)),                               'alice service none'],
    [all(none(all(none($strong)))),                    'bob'],
    # in an expression
    [q[Require expr "clientcert('strength') == 'strong'"], 'bob'],
    [q[Require expr "%{clientcert:strength} -in {'strong', 'named'}"], 'alice bob'],
);
my ($sections, %files) = ('');
for my $i (0 .. $#places) {
    (my $lines = $places[$i][0]) =~ s/^/        /mg;
    $sections .= qq{    <Location "/$i/">\n$lines\n    </Location>\n};
    $files{"htdocs/$i/page"} = "page $i\n";
}

announce('AH01630', 'AH02033', 'CC0102', 'CC0104', 'CC0106', 'CC0110', 'CC0152', 'CC0727');
my $h = ClientCert::Test->server(
    modules => [qw(headers)],
    files   => { %files, 'conf/partners.map' => "$bob bob\n", 'htdocs/env/page' => "x\n",
        'htdocs/hidden/.htaccess' => "$strong\n", 'htdocs/hidden/page' => "x\n",
        'htdocs/hidden/not/.htaccess' => all('Require not clientcert-strength strong') . "\n",
        'htdocs/hidden/not/page' => "x\n" },
    conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertExport STRENGTH LEVEL=strength
    Header always set Strength "%{CLIENTCERT_STRENGTH}e %{CLIENTCERT_LEVEL}e"
    $rules
    $sections
    <Directory "\@ROOT\@/htdocs/hidden">
        AllowOverride AuthConfig
    </Directory>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/status">
        SetHandler clientcert-status
    </Location>
</VirtualHost>
CONF

my @clients = (qw(alice bob service crowd odd admin selfsigned), 'none');
sub client { my ($name) = @_; return $name eq 'none' ? () : (cert => $cert{$name}) }

for my $i (0 .. $#places) {
    my $in = join ' ', grep { $h->get("/$i/page", client($_))->{status} == 200 } @clients;
    is $in, $places[$i][1], $places[$i][0] =~ s/\n/, /gr;
}
for my $protocol ('1.2', '1.3') {
    is join(' ', grep { $h->get('/0/page', client($_), tls => $protocol)->{status} == 200 } @clients),
        'bob', "over TLS $protocol too";
}
is join(' ', grep { $h->get('/hidden/page', client($_))->{status} == 200 } @clients), 'bob',
    'in .htaccess too';
is join(' ', grep { $h->get('/hidden/not/page', client($_))->{status} == 200 } @clients),
    'alice service none', 'and negated there';

# ---- the log

ok $h->wait_log(qr/CC0110: .*user="alice".*reason="its user comes from a rule of strength named, which is not strong".*needs="clientcert-strength strong \(/),
    'the log names the strength that a user has';
ok $h->wait_log(qr/CC0110: .*reason="its user comes from a weak rule"/), 'weak, too';
ok $h->wait_log(qr/CC0110: .*reason="it has groups, but no user".*needs="clientcert-strength/),
    'or that there is no user';

# ---- what applications see

is_deeply [map { $h->get('/env/page', client($_))->{headers}{strength} } qw(alice bob service crowd none)],
    ['named named', 'strong strong', 'weak weak', '(null) (null)', '(null) (null)'],
    'applications get the strength, by ClientCertExport';
is_deeply [map { JSON::PP::decode_json($h->get('/status?format=json', client($_))->{body})->{identity}{strength} } qw(bob crowd)],
    ['strong', undef], 'the page has it as JSON';
like $h->get('/status', client('alice'))->{body}, qr/<dt>Strength<\/dt><dd><bdi>named/, 'and for people';
my $metrics = $h->get('/metrics')->{body};
like $metrics, qr/^clientcert_users_total\{strength="$_"\} [1-9]/m, "a metric counts $_ users"
    for qw(weak named strong);

# ---- the tool

for (['bob', 'strong'], ['alice', 'named'], ['service', 'weak']) {
    my ($name, $word) = @$_;
    my $answer = answer($h, 'explain', '--path', '/0/page', "$ca/$name.pem");
    is $answer->{verdict}{strength}, $word, "clientcert explain: $name is $word";
    is $answer->{access}{outcome}, $word eq 'strong' ? 'granted' : 'denied', 'and access as the server decides';
}
like ask($h, 'explain', "$ca/bob.pem")->{output}, qr/^user +"bob", by .*\nstrength +strong$/m,
    'for people it follows the user';
my $said = answer($h, 'rules');
is_deeply [map { $_->{strength} } @{ $said->{scopes}[0]{rules} }],
    [undef, 'strong', 'weak', 'named', 'weak', undef], 'clientcert rules has the strength of each rule';
$h->stop;

# ---- errors and lint

sub config { my ($lines) = @_; return ClientCert::Test->configtest(conf => <<"CONF") }
<VirtualHost *:\@PORT\@>
    \@SSL\@
    SSLVerifyClient optional
$lines
</VirtualHost>
CONF
for my $word ('', 'weak', 'Strong', 'strong named', 'high', '%{env:X}') {
    my ($exit, $output) = config(qq{<Location "/">\nRequire clientcert-strength $word\n</Location>});
    isnt $exit, 0, "\"$word\" is not legal";
    like $output, qr/CC0107: Require clientcert-strength.*: write one word, strong or named/, 'and the error says what is';
}

sub lint {
    my ($rule, @require) = @_;
    my ($exit, $output) = config(qq{$rule\n<Location "/">\n} . join("\n", @require) . "\n</Location>");
    is $exit, 0, 'it starts' or diag $output;
    return $output =~ /CC07(?:07|24): .*/ ? $& : '';
}
my $weak = 'ClientCertMap san.email =~ .+ user=%{san.email}';
my $good = "ClientCertMap sha256 == $bob user=bob";
like lint($weak, $strong), qr/CC0707: .*gives a strong user\. The strongest is at \S+, which is weak/,
    'lint: no rule is strong enough';
like lint($weak, $named), qr/CC0707: .*gives a named user/, 'not even named';
like lint('ClientCertMap subject.CN == x group=x', $named), qr/CC0707: .*gives a user/, 'or no rule gives a user';
like lint('', $strong), qr/CC0724/, 'or there are no rules';
is lint("$weak\n$good", $strong), '', 'one strong rule is enough';
is lint($weak, all('Require not clientcert-strength strong')), '', 'a negation is no finding';
is lint($weak, 'Require clientcert-user alice'), '', 'where no strength is asked for, weak rules are no finding';
my $key = "ClientCertMap ca.spki.sha256 == $staff";
like lint("$key user=%{subject.O}-%{subject.CN}", $named), qr/CC0707: .*gives a named user\. .*which is weak/,
    'two names that are joined are weak, since "a" and "b-c" are "a-b" and "c"';
is lint("$key user=%{serial}:%{subject.CN}", $named), '', 'unless it is certain where the one ends';
is lint(qq{$weak\n<Location "/in">\n$good\n</Location>}, $strong), '', 'rules of sections count';

my ($exit, $output) = ClientCert::Test->configtest(global => "<AuthzProviderAlias clientcert-strength firm strong>\n</AuthzProviderAlias>\n",
    conf => qq{$good\n<Location "/">\n} . all('Require not firm') . "\n</Location>\n");
isnt $exit, 0, 'an alias must not be negated';
like $output, qr/CC0158/, 'as the error says';

# ---- conf/examples/strength.conf

announce('AH01630', 'CC0110');
$h = example('strength', define => { STAFF_KEY => $staff },
    files => { 'var/partners.map' => "$bob acme\n", map { ("htdocs/$_/page" => "$_\n") } qw(orders portal) });
is_deeply [map { my $c = $_; [map { $h->get("/$_/page", client($c))->{status} } qw(orders portal)] } qw(bob alice service)],
    [[200, 200], [403, 200], [403, 403]], 'strength.conf: what each may see';
keeps_denied($h, "/$_/page", client('bob')) for qw(orders portal);

done_testing;
