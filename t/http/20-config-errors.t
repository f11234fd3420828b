# SPDX-License-Identifier: Apache-2.0
# Tests that every mistake in the module's directives stops httpd with a message that has the file,
# the line, the wrong word, a tag and the legal choices.
use strict;
use warnings;
use ClientCert::Test;

# The line follows three others, so that the line number proves something.
sub error_of {
    my ($line, %options) = @_;
    return ClientCert::Test->configtest(%options, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
$line
    ClientCertMap user=somebody
</VirtualHost>
CONF
}

sub is_refused {
    my ($line, $tag, $word, $says) = @_;
    my ($exit, $output) = error_of($line);
    my $expected = qr{Syntax\ error\ on\ line\ 4\ of\ \S+/conf/site\.conf:\n
        .*\Q$tag\E:\ .*"\Q$word\E":\ .*\Q$says\E}x;
    ok $exit != 0 && $output =~ $expected, "$tag: $line" or diag $output;
    return;
}

# The line, the tag of its message, the wrong word, and a part of the legal choices that are named.
my @refused = (
    # the language: words, fields, modifiers, operators
    # httpd escapes its output once more
    ['ClientCertMap san.email == "alice user=x', 'CC0210', '\\\\"alice user=x', 'not closed'],
    ['ClientCertMap sna.email == x user=y',      'CC0201', 'sna.email', 'the nearest is san.email'],
    ['ClientCertMap user=%{subject.CNN}',        'CC0202', 'CNN', 'dotted object identifier'],
    ['ClientCertMap ext.1.x == 00 user=y',       'CC0271', '1.x', 'such as 1.3.6.1'],
    ['ClientCertMap san.email|lowr == x user=y', 'CC0211', 'lowr',
        'write one of lower, upper, local, domain, '],
    ['ClientCertMap user=%{ext.1.2.3}',          'CC0249', 'ext.1.2.3', 'write %{ext.1.2.3|text}'],
    ['ClientCertMap ext.1.2.3|at(1/x)|text == y user=y', 'CC0247', 'x', 'separated by /'],
    ['ClientCertMap subject|lower == x user=y',  'CC0212', 'lower', 'only on text and octets'],
    ['ClientCertMap san.email == x san.dns',     'CC0213', 'san.dns', 'an operator must follow'],
    ['ClientCertMap san.email ==',               'CC0213', '==', 'an operand must follow'],
    ['ClientCertMap san.email = x user=y',       'CC0214', '=', 'write one of ==, !=, =~, !~'],
    ['ClientCertMap key.bits =~ 2.* user=y',     'CC0215', '=~', '==, !=, in, !in, <, <=, >, >='],
    ['ClientCertMap sha256 < aa user=y',         'CC0215', '<', 'write one of ==, !='],
    ['ClientCertMap subject =~ .*CN=x user=y',   'CC0216', '=~', 'such as subject.CN'],
    ['ClientCertMap issuer|oneline !~ .*x deny', 'CC0216', '!~', 'such as subject.CN'],
    ['ClientCertMap san.email|lower == Bob user=y', 'CC0217', 'Bob', '|lower'],
    ['ClientCertMap san.email =~ "(.+@" user=y', 'CC0218', '(.+@', 'at byte 4'],
    ['ClientCertMap san.email =~ (?<n>.*) san.dns =~ (?<n>.*) user=$<n>', 'CC0219', '(?<n>.*)',
        'its own name'],

    ['ClientCertMap (issuer,serial == x user=y', 'CC0234', '(issuer,serial', '(FIELD,FIELD)'],
    ['ClientCertMap subject.CN == x-%{san.upn} user=y', 'CC0235', 'x-%{san.upn}', 'the whole operand'],
    ['ClientCertMap serial == %{subject.CN} user=y', 'CC0236', '%{subject.CN}', 'different types'],
    ['ClientCertMap san.ip under 10.1.2.3/8 user=y', 'CC0237', '10.1.2.3/8', 'write 10.0.0.0/8'],
    ['ClientCertMap serial == dec:1f user=y', 'CC0238', 'dec:1f', 'dec: and its decimal digits'],

    # operands
    ['ClientCertMap subject == "alice" user=y',  'CC0273', 'alice', 'RFC 4514'],
    ['ClientCertMap subject == "/O=Example/CN=alice" user=y', 'CC0274', '/O=Example/CN=alice',
        'CN=alice,O=Example'],
    ['ClientCertMap subject == "" user=y',       'CC0275', '', 'CN=Staff CA,O=Example'],
    ['ClientCertMap key.bits >= many user=y',    'CC0276', 'many', 'digits'],
    ['ClientCertMap not_after < tomorrow user=y', 'CC0277', 'tomorrow', '2026-11-20'],
    ['ClientCertMap sha256 == aabb user=y',      'CC0278', 'aabb', '64 hex digits'],
    ['ClientCertMap eku == clientauthentication user=y', 'CC0279', 'clientauthentication',
        'clientAuth'],
    ['ClientCertMap san.ip == 1.2.3 user=y',     'CC0280', '1.2.3', '192.0.2.1'],
    ['ClientCertMap is_ca == yes user=y',        'CC0281', 'yes', 'true or false'],

    # outputs
    ['ClientCertMap',                            'CC0220', '', 'user=TEMPLATE, group=TEMPLATE'],
    ['ClientCertMap san.email == x',             'CC0220', 'x', 'user=TEMPLATE, group=TEMPLATE'],
    ['ClientCertMap user=x san.email == y',      'CC0221', 'san.email', 'before outputs'],
    ['ClientCertMap deny user=x',                'CC0222', 'deny', 'must be the only output'],
    ['ClientCertMap user=x user=y',              'CC0223', 'user=y', 'group='],
    ['ClientCertMap user=$0',                    'CC0225', '$0', '$1 to $9'],
    ['ClientCertMap user=%CN',                   'CC0226', '%CN', '%{FIELD}'],
    ['ClientCertMap san.email =~ .* user=$1',    'CC0227', '$1', 'no condition'],
    ['ClientCertMap san.email =~ (?<a>.*) user=$<b>', 'CC0227', '$<b>', '(?<name>...)'],
    ['ClientCertMap san.email =~ (.*) san.dns =~ (.*) user=$1', 'CC0228', '$1', '$<name>'],
    ['ClientCertMap group=',                     'CC0229', 'group=', 'a template must follow'],

    ['ClientCertExport user',                    'CC0125', 'user', 'capital letters'],
    ['ClientCertExport USER-NAME=user',          'CC0125', 'USER-NAME', 'capital letters'],
    ['ClientCertExport =user',                   'CC0125', '', 'capital letters'],
    ['ClientCertExport 1ST=user',                'CC0125', '1ST', 'capital letters'],
    ['ClientCertExport SHOESIZE',                'CC0124', 'SHOESIZE', 'write SHOESIZE=FIELD'],
    ['ClientCertExport SUBJECT_NONSENSE',        'CC0124', 'SUBJECT_NONSENSE', '=FIELD'],
    ['ClientCertExport USER MAIL=san.email USER=subject.CN', 'CC0126', 'USER', 'once'],
    ['ClientCertExport MAIL=sna.email',          'CC0201', 'sna.email', 'san.email'],
    ['ClientCertExport MAIL=san.email|big',      'CC0211', 'big', 'write one of lower, upper'],
    ['ClientCertExport DN=subject|lower',        'CC0212', 'lower', 'only on text and octets'],
);
is_refused(@$_) for @refused;

# Require is in a section, two lines down.
sub is_refused_require {
    my ($line, $expected) = @_;
    my ($exit, $output) = error_of("<Location />\n    $line\n</Location>", modules => ['headers']);
    my $place = qr{Syntax error on line 5 of \S+/conf/site\.conf:\n};
    ok $exit != 0 && $output =~ /$place.*$expected/, "refused: $line" or diag $output;
    return;
}

my @refused_require = (
    ['Require clientcert san.emial == x',        qr/CC0201: .*"san\.emial": .*san\.email/],
    ['Require clientcert san.email',             qr/CC0213: .*"san\.email": .*==, !=, =~, !~/],
    ['Require clientcert subject =~ .*',         qr/CC0216: .*"=~": .*subject\.CN/],
    ['Require clientcert key.bits >= x',         qr/CC0276: .*"x": .*digits/],
    ['Require clientcert san.email == x user=y', qr/CC0224: .*"user=y": only conditions/],
    ['Require clientcert group=admins',          qr/CC0224: .*"group=admins": only conditions/],
    ["Require clientcert san.email == 'x",       qr/CC0210: .*"'x": .*not closed/],
    ['Require clientcert-user',                  qr/CC0121: .*clientcert-user.*at least one/],
    ['Require clientcert-group',                 qr/CC0121: .*clientcert-group.*at least one/],
    ['Require clientcert-group %{nosuch:x}',     qr/CC0122: .*%\{nosuch:x\}.*nosuch/],
    ['Require clientcert-user %{env:x',          qr/CC0122: .*%\{env:x/],
    [q[Require expr clientcert('sna.email') == 'x'],    qr/CC0201: .*"sna\.email": .*san\.email/],
    [q[Require expr 'x' in clientcert('groups')],       qr/CC0240: .*"groups": .*write group/],
    [q[Require expr clientcert('san.email|big') == ''], qr/CC0211: .*"big": .*lower, upper/],
    [q[Require expr clientcert(req('x')) == ''],        qr/CC0127: .*user, group, account, rule/],
    ['RequestHeader set X "expr=%{clientcert:users}"',  qr/CC0240: .*"users": .*write user/],
);
is_refused_require(@$_) for @refused_require;

# Mistakes in the rules of one scope as a whole.
my ($exit, $output) = error_of('ClientCertMap deny');
ok $exit != 0 && $output =~ m{line 5 of .*\n.*CC0230: .*"user=somebody": .*site\.conf:4},
    'a rule after an unconditional deny is refused, and the deny is named' or diag $output;
($exit, $output) = error_of('ClientCertMap group=x stop');
ok $exit != 0 && $output =~ m{line 5 of .*\n.*CC0230: .*"user=somebody": .*site\.conf:4},
    'a rule after an unconditional stop is refused, and the stop is named' or diag $output;
($exit, $output) = error_of("<Location />\nClientCertMap deny\n</Location>");
is $exit, 0, 'a rule of another scope may follow it' or diag $output;

# Values and places of the other directives.
($exit, $output) = error_of('ClientCertAuth maybe');
ok $exit != 0 && $output =~ /line 4 .*\nCC0130: ClientCertAuth: "maybe": write On, Off or Fallback/,
    'ClientCertAuth takes On, Off or Fallback' or diag $output;
($exit, $output) = error_of('<Limit GET>' . "\n" . 'Require not clientcert' . "\n</Limit>");
isnt $exit, 0, 'a Require not without another Require is refused, by mod_authz_core';

# Directives of other modules that this one reads too: without their modules they have no effect.
for my $line ('Require all denied', 'ProxyFCGISetEnvIf true X y') {
    ($exit, $output) = error_of("<Location />\n$line\n</Location>", modules => ['-authz_core']);
    ok $exit != 0 && $output =~ /line 5 .*\n\S+ is a directive of mod_\w+\.c, which is not loaded/,
        "refused where its module is not loaded: $line" or diag $output;
}

# Lines that must be accepted, so that the tables above do not pass for other reasons.
for my $line (
    'ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=staff',
    'ClientCertMap issuer == "CN=Staff CA,O=Example" group=%{subject.OU|lower} stop',
    'ClientCertMap subject under "O=Example" not_after > 2026-01-01 key.bits >= 2048 deny',
    'ClientCertExport',
    'ClientCertExport USER GROUPS RULE SERIAL SAN_EMAIL NOT_AFTER MAIL=san.email|lower X_1=sha256',
    'ClientCertAuth off',
    '<Location "/">' . "\n" . 'Require clientcert' . "\n" . '</Location>',
    '<Location "/">' . "\n" . 'Require clientcert-group %{env:x} "domain users"' . "\n"
        . '</Location>',
) {
    ($exit, $output) = error_of($line);
    ok $exit == 0 && $output !~ /CC0[1-6]\d\d/, "taken: $line" =~ tr/\n/ /r or diag $output;
}

done_testing;
