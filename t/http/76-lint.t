# SPDX-License-Identifier: Apache-2.0
# Tests which findings lint reports about a configuration, which it does not, and when.
use strict;
use warnings;
use ClientCert::Test;

my @modules = qw(rewrite http2 headers auth_basic authn_file authz_user);
my $issued  = 'issuer == "CN=Staff CA,O=Example"';
my $rule    = "ClientCertMap $issued user=%{subject.CN} group=staff";

# The output of httpd -t for a configuration: "TAG LINE", and the texts.
sub lint {
    my (%options) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(modules => \@modules, %options);
    is $exit, 0, 'it loads' or diag $output;
    my @found = $output =~ /(CC07\d\d: .*)/g;
    s{: \S*?/site\.conf:}{: } for @found;
    s{: /\S*?/(?=conf/)}{: } for @found;
    return @found;
}

sub is_told {
    my ($claim, $conf, @expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @found = lint(conf => $conf);
    my @short = map { /^(CC\d+: \d+)/ ? $1 : $_ } @found;
    return is_deeply \@short, \@expected, $claim || diag join "\n", @found;
}

sub is_silent { my ($claim, $conf) = @_; return is_told("not reported: $claim", $conf) }

# A virtual host with TLS; its own lines begin at line 4.
sub host {
    my ($lines, $port) = @_;
    $port //= '';
    return "<VirtualHost *:\@PORT$port\@>\nServerName host$port.example\n\@SSL\@\n"
        . "$lines</VirtualHost>\n";
}

my $optional = "SSLVerifyClient optional\n";

# ---- no certificate is requested

is_told('rules of a host that asks nobody', host("$rule\n"), 'CC0720: 4');
is_told('and says so', host("SSLVerifyClient none\n$rule\n"), 'CC0720: 5');
is_told('several of them are reported once', host("<Location /a>\n$rule\n</Location>\n$rule\n"),
    'CC0720: 5');
is_told('a section of the main server requests no certificate',
    "<Location /a>\n$rule\n</Location>\n" . host(''), 'CC0720: 2');
is_told('rules of the main server, which no host that requests a certificate uses',
    "$rule\n" . host('') . host("$optional$rule\n", 2), 'CC0720: 1');
is_told('Require, too, waits for a certificate',
    host("<Location /a>\nRequire clientcert\n</Location>\n"), 'CC0720: 5');
is_silent('the host asks', host("SSLVerifyClient require\n$rule\n"));
is_silent('the main server does, for all hosts', $optional . host("$rule\n"));
is_silent('a section asks',
    "SSLProtocol TLSv1.2\n" . host("$rule\n<Location /a>\n$optional</Location>\n"));
is_silent('a section of the main server asks, for all hosts',
    "SSLProtocol TLSv1.2\n<Location /a>\n$optional</Location>\n" . host("$rule\n"));
is_silent('rules of the main server, and one host that asks',
    "$rule\n" . host('') . host($optional, 2));
is_silent('clients with a certificate are denied, and there are none',
    host("<Location /a>\n<RequireAll>\nRequire all granted\nRequire not clientcert\n"
            . "</RequireAll>\n</Location>\n"));
is_silent('no rules wait for one', host("Header set A b\n"));
is_silent('Require without TLS lets no client in',
    "<VirtualHost *:\@PORT\@>\n<Location /a>\nRequire clientcert\n</Location>\n</VirtualHost>\n");

# ---- no TLS

my $plain = "<VirtualHost *:\@PORT2\@>\nServerName plain.example\n$rule\n</VirtualHost>\n";

is_told('rules of a host without TLS', host("$optional$rule\n") . $plain, 'CC0721: 9');
is_told('rules of a server without TLS', "$rule\n", 'CC0721: 1');
is_silent('rules of the main server, and a host with TLS', "$rule\n" . host($optional));
is_silent('TLS depends on Listen',
    "SSLCertificateFile \@CA\@/localhost.pem\nSSLCertificateKeyFile \@CA\@/localhost.key\n$plain");

# ---- SSLVerifyClient in a section

sub bare    { my ($mode) = @_; return "<Location /a>\nSSLVerifyClient $mode\n</Location>\n" }
sub section { my ($mode) = @_; return bare($mode) =~ s{(?=</)}{ClientCertAuth On\n}r }

my %on = (
    'TLS 1.3'            => '',
    'HTTP/2'             => "Protocols h2 http/1.1\nSSLProtocol all -TLSv1.3\n",
    'TLS 1.3 and HTTP/2' => "Protocols h2 http/1.1\nSSLProtocol -all +TLSv1.2 +TLSv1.3\n",
);
my %says = (
    'TLS 1.3' => 'with TLS 1.3, browsers get 403; use',
    'HTTP/2'  => 'requests a certificate after the handshake: HTTP/2 does not allow it; use',
    'TLS 1.3 and HTTP/2' => 'with TLS 1.3, browsers get 403, and HTTP/2 does not allow it; use',
);
for my $with (sort keys %on) {
    my $line = 5 + ($on{$with} =~ tr/\n//);
    for my $mode (qw(require optional optional_no_ca)) {
        my @found = lint(conf => host($on{$with} . section($mode)));
        is scalar @found, 1, "$with: $mode in a section";
        like $found[0], qr/^CC0722: $line: .*\Q$says{$with}\E/, 'where it stands, and what follows';
        like $found[0], qr/use "SSLVerifyClient optional" on the virtual host/, 'and the remedy';
        ($mode eq 'require' ? \&like : \&unlike)
            ->($found[0], qr/and "Require clientcert" here/, 'which keeps what was required');
    }
}
for my $section ('<Directory "/srv">', '<Files "a">', '<If "true">', '<LocationMatch "^/a">') {
    my ($name) = $section =~ /^<(\w+)/;
    is_told("in $name", host("$section\nSSLVerifyClient require\n</$name>\nClientCertAuth On\n"),
        'CC0722: 5');
}
my ($again) = lint(conf => host($optional . section('require')));
like $again, qr/^CC0722: 6: .*; use "Require clientcert" here, since the virtual host already requests a certificate/,
    'require where the host asks, but does not insist';
is_told('in a section of the main server', section('require') . host(''), 'CC0722: 2');
is_silent('without a directive of the module', bare('require') . host(bare('require')));
is_silent('the host asks as much',
    host($optional . section('optional'))
        . host("SSLVerifyClient require\n" . section('require'), 2));
is_silent('a host asks less than the main server',
    "SSLVerifyClient require\nClientCertAuth On\n" . host("SSLVerifyClient none\n"));
is_silent('a section that requests no certificate', host($optional . section('none')));
is_silent('TLS 1.2 renegotiates, on HTTP/1.1',
    host("SSLProtocol all -TLSv1.3\n" . section('require'))
        . host("SSLProtocol TLSv1.2\n" . section('require'), 2)
        . host("SSLProtocol TLSv1.3 TLSv1.2\n" . section('require'), 3)
        . host("SSLProtocol +TLSv1.2\n" . section('require'), 4));
is_deeply [lint(modules => [], conf => host($on{'HTTP/2'} . section('require')))], [],
    'not reported: HTTP/2 is not available';
is_silent('OpenSSL may be configured for another version',
    host("SSLOpenSSLConfCmd MaxProtocol TLSv1.2\n" . section('require')));
is_silent('a section of the main server, and a host that asks as much',
    section('require') . host('') . host("SSLVerifyClient require\n", 2));

# ---- digests that are denied

my $digest = 'ab' x 32;
is_told('deny by the digest of a certificate', host("${optional}ClientCertMap sha256 == $digest deny\n"),
    'CC0706: 5');
is_silent('deny by serial number',
    host("${optional}ClientCertMap $issued serial == 6b1f deny\n"));
is_silent('a rule that grants by a digest',
    host("${optional}ClientCertMap sha256 == $digest user=alice\n"));

# ---- users and groups that no rule gives

sub needs { my ($what) = @_; return "<Location /a>\nRequire $what\n</Location>\n" }

my $gives = "$optional$rule\n";
my $all   = "<RequireAll>\nRequire all granted\n";

is_told('a group that no rule gives', host($gives . needs('clientcert-group admins')),
    'CC0723: 7');
is_told('a user',
    host("${optional}ClientCertMap $issued user=bob\n" . needs('clientcert-user alice')),
    'CC0723: 7');
is_told('each of several names', host($gives . needs('clientcert-group a staff "b c"')),
    'CC0723: 7', 'CC0723: 7');
is_told('in containers, and <Limit>',
    host("$gives<Location /a>\n<RequireAny>\n<RequireAll>\nRequire clientcert-group a\n"
            . "</RequireAll>\nRequire all granted\n</RequireAny>\n<Limit GET>\n"
            . "Require clientcert-group b\n</Limit>\n</Location>\n"),
    'CC0723: 9', 'CC0723: 14');
is_told('that only another host gives',
    host($gives . needs('clientcert-group admins'))
        . host("${optional}ClientCertMap $issued group=admins\n", 2),
    'CC0723: 7');
is_told('that only the main server gives, whose rules the host does not inherit',
    "ClientCertMap $issued group=admins\n"
        . host($gives . needs('clientcert-group admins'))
        . host($optional, 2),
    'CC0723: 8');
is_told('in the main server, where no host gives it',
    needs('clientcert-group admins') . host($gives) . host($gives, 2), 'CC0723: 2');
my ($told) = lint(conf => host($gives . needs(q{clientcert-group "\x \"y"})));
like $told, qr/the group "\\\\\\\\x \\\\x22y": correct the name, or add a rule that gives it$/,
    'a name cannot break out of its quotes';

is_silent('a rule gives it', host($gives . needs('clientcert-group staff')));
is_silent('a rule may take it from the certificate',
    host($gives . needs('clientcert-user alice bob')));
is_silent('a section of the same host gives it',
    host("$gives<Location /b>\nClientCertMap $issued group=admins\n</Location>\n"
            . needs('clientcert-group admins')));
is_silent('a section of the main server gives it',
    "<Location /b>\nClientCertMap $issued group=admins\n</Location>\n"
        . host($gives . needs('clientcert-group admins')));
is_silent('the main server gives it to a host without rules of its own',
    "ClientCertMap $issued group=admins\n" . host($optional . needs('clientcert-group admins')));
is_silent('in the main server, one host gives it',
    needs('clientcert-group staff') . host($gives)
        . host("${optional}ClientCertMap $issued group=admins\n", 2));
is_silent('it is negated',
    host("$gives<Location /a>\n${all}Require not clientcert-group a\n<RequireNone>\n"
            . "Require clientcert-group b\n</RequireNone>\n</RequireAll>\n</Location>\n"));
is_silent('it depends on the request',
    host($gives . needs('clientcert-group "%{HTTP_HOST}"')));
is_silent('others can give it', host($gives . needs('user carol')));

# ---- no rules

is_told('a name, and no rules', host($optional . needs('clientcert-group staff')), 'CC0724: 6');
is_told('and rules only in another host',
    host($gives) . host($optional . needs('clientcert-user a'), 2),
    'CC0724: 12');
is_silent('conditions need no rules', host($optional . needs('clientcert subject.O == Example')));
is_silent('a section of the main server, and one host with rules',
    needs('clientcert-group staff') . host($gives) . host($optional, 2));

# ---- mod_ssl's own users

my $name  = "SSLUserName SSL_CLIENT_S_DN_CN\n";
my $basic = "<Location /b>\nAuthType Basic\nAuthName b\nAuthUserFile \@ROOT\@/users\n"
    . "Require valid-user\n</Location>\n";
my $in_a = "<Location /a>\n$rule\n<If \"true\">\n$name</If>\n</Location>\n";

is_told('SSLUserName beside rules', host($gives . $name), 'CC0725: 6');
is_told('in a section', host("$gives<Location /a>\n$name</Location>\n"), 'CC0725: 7');
is_told('in a section with rules', host($optional . $in_a), 'CC0725: 8');
is_silent('SSLUserName where rules are not',
    host("$optional$name<Location /a>\n$rule\n</Location>\n"));
is_silent('SSLUserName of a host without rules', host($gives) . host($optional . $name, 2));
is_silent('the user is not that of the rules', host("${gives}ClientCertAuth Off\n$name"));

# ---- mod_ssl's own conditions

my %verified = (
    'Require ssl-verify-client' => needs('ssl-verify-client'),
    'SSLRequire'  => "<Location /a>\nSSLRequire %{SSL_CLIENT_VERIFY} eq \"SUCCESS\"\n</Location>\n",
    'Require expr' => needs('expr %{SSL_CLIENT_VERIFY} == \'SUCCESS\''),
);
for my $condition (sort keys %verified) {
    is_told("$condition beside rules", host($gives . $verified{$condition}), 'CC0737: 7');
    is_silent("$condition where no rules are", host($optional . $verified{$condition}));
}
is_told('If around a Require beside rules', asks(
        "<If \"%{SSL_CLIENT_VERIFY} == 'SUCCESS'\">\nRequire all granted\n</If>"), 'CC0737: 7');
is_silent('If around something else',
    asks("<If \"%{SSL_CLIENT_VERIFY} == 'SUCCESS'\">\nHeader set A b\n</If>"));
is_told('RewriteCond beside rules',
    host("${gives}RewriteEngine on\nRewriteCond %{SSL:SSL_CLIENT_VERIFY} !=SUCCESS\n"
            . "RewriteRule .? - [F]\n"), 'CC0737: 7');

is_told('FakeBasicAuth beside rules',
    host("${gives}SSLOptions +StdEnvVars +FakeBasicAuth\n$basic"), 'CC0726: 6');
is_told('also without a sign', host("${gives}SSLOptions FakeBasicAuth\n$basic"), 'CC0726: 6');
is_silent('FakeBasicAuth where no password is asked for',
    host("${gives}SSLOptions +FakeBasicAuth\n"));
is_silent('FakeBasicAuth that is removed', host("${gives}SSLOptions -FakeBasicAuth\n$basic"));
is_silent('FakeBasicAuth where no rules are', host("${optional}SSLOptions +FakeBasicAuth\n$basic"));

# ---- several CAs

sub trusts {
    my ($which, @expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($claim, $files, $lines) = @$which;
    $lines //= "SSLCACertificateFile cas.pem\n";
    my @found = lint(files => $files,
        conf => host("${lines}${optional}ClientCertMap user=%{subject.CN}\n"));
    my @tags  = map { /^(CC0704)/ } @found;    # 76-lint-cas.t tests the others
    return is_deeply \@tags, \@expected, $claim || diag join "\n", @found;
}

sub pem {
    my @names = @_;
    return join '', map {
        open my $in, '<', ClientCert::Test->ca . "/$_.pem" or die "$_.pem: $!\n";
        local $/;
        my ($first) = <$in> =~ /(-----BEGIN CERTIFICATE.*?END CERTIFICATE-----\n)/s;
        $first;
    } @names;
}

trusts(['two CAs that issue clients are several', { 'cas.pem' => pem(qw(staff services)) }],
    'CC0704');
trusts(['also below the same root', { 'cas.pem' => pem(qw(root staff services)) }], 'CC0704');
trusts(['two roots are', { 'cas.pem' => pem(qw(root foreign-root)) }], 'CC0704');
trusts(['a root and a CA below it are one', { 'cas.pem' => pem(qw(root staff)) }]);
trusts(['a duplicate CA counts once', { 'cas.pem' => pem(qw(staff staff)) }]);
trusts(['a certificate that is not a CA does not count', { 'cas.pem' => pem(qw(staff alice)) }]);
trusts(['a file without a CA causes no finding', { 'cas.pem' => "none\n" }]);
my $folder = "SSLCACertificateFile one.pem\nSSLCACertificatePath cas\n";
trusts(['a file and a folder count together',
    { 'one.pem' => pem('staff'), 'cas/0a1b2c3d.0' => pem('services') }, $folder], 'CC0704');
trusts(['in a folder, what has a name of OpenSSL\'s',
    { 'one.pem' => pem('staff'), 'cas/services.pem' => pem('services') }, $folder]);

my @found = lint(files => { 'one.pem' => pem(qw(root staff)) },
    conf => "SSLCACertificateFile \@CA\@/clients.pem\nClientCertMap user=%{subject.CN}\n"
        . host("SSLCACertificateFile one.pem\n$optional"));
is_deeply \@found, [], 'the CAs of a server without TLS do not matter';

# ---- a line in several places

my %parts = (
    'conf/rules.conf' => "$rule\n" . needs('clientcert-group admins'),
    'conf/never.conf' => "ClientCertMap key.bits < 2 key.bits > 3 group=a\n",
    'conf/needs.conf' => needs('clientcert-group admins'),
    'conf/host.conf'  => host("SSLVerifyClient \${ASK}\n$rule group=for-\${NAME}\n"
            . needs('clientcert-group ${NAME}')),
);
my $gives_admins = "${optional}ClientCertMap $issued group=admins\n";
@found = lint(files => \%parts, conf => host("${optional}Include conf/rules.conf\n")
        . host("${optional}Include conf/rules.conf\n", 2));
is_deeply [map { /^(CC\d+: \S+):/ } @found], ['CC0723: conf/rules.conf:3'],
    'a file that is included twice is reported once';
@found = lint(files => \%parts, conf => host("${optional}Include conf/never.conf\n")
        . host("${optional}Include conf/never.conf\n", 2));
is_deeply [map { /^(CC\d+: \S+):/ } @found], ['CC0700: conf/never.conf:1'], 'also of its rules';
@found = lint(files => \%parts, conf => host("${gives}Include conf/needs.conf\n")
        . host("${gives_admins}Include conf/needs.conf\n", 2));
is_deeply \@found, [], 'and not at all if one of the hosts gives it';
@found = lint(files => \%parts, conf => "Define NAME staff\nDefine ASK none\n"
        . "Include conf/host.conf\nDefine NAME admins\nDefine ASK optional\n"
        . "Include conf/host.conf\n");
is_deeply [map { /^(CC\d+: \S+): .*?("admins"|$)/ ? "$1 $2" : $_ } @found],
    ['CC0720: conf/host.conf:5 ', 'CC0723: conf/host.conf:7 "admins"'],
    'two hosts with the same lines are distinguished';

# ---- expressions that let in clients without an identity

# A section with this content, in a host whose rules give the group.
sub asks {
    my ($lines) = @_;
    return host("SSLVerifyClient optional\n$rule\n<Location /a>\n$lines\n</Location>\n");
}

for my $negation (
    q[! ('banned' in clientcert('group'))],
    q[!('banned' -in clientcert('group'))],
    q[! 'banned' in clientcert('group')],
    q["! ('banned' in clientcert('group'))"],
    q[clientcert('user') != 'bob'],
    q['bob' != clientcert('user')],
    q['bob' ne clientcert ('user')],
    q[clientcert('days_left') -ne 3],
    q[clientcert('san.email') !~ /@example\.com$/],
    q[%{clientcert:user} != 'bob'],
    q["x%{clientcert:user}" != 'xbob'],
    q[-z clientcert('user')],
    q[clientcert('user') == ''],
    q[tolower(clientcert('user')) != 'bob'],
    q[%{REQUEST_URI} == '/x' || clientcert('user') != 'bob'],
    q[(clientcert('user') == 'a') && (clientcert('user') != 'b')],
    q[! (%{REQUEST_URI} == '/x' && (clientcert('user') == 'bob'))],
    q[! (%{REQUEST_URI} == '/x' && ! (clientcert('user') != 'bob'))],
) {
    is_told($negation, asks("Require expr $negation"), 'CC0727: 7');
}
for my $fine (
    q['staff' in clientcert('group')],
    q[clientcert('user') == 'bob'],
    q[clientcert('user') != ''],
    q[! (clientcert('user') != 'bob')],
    q[-n clientcert('user')],
    q[! -z clientcert('user')],
    q[%{REQUEST_URI} != '/x' && clientcert('user') == 'bob'],
    q[! (%{REQUEST_URI} == '/x') && clientcert('user') == 'bob'],
    q[(! (%{REQUEST_URI} == '/x')) && (clientcert('user') == 'bob')],
    q[clientcert('san.email') =~ /a! !=b/],
    q[clientcert('san.email') =~ m#a!=b#],
    q[clientcert('user') == 'a != b'],
    q[%{REMOTE_USER} != 'bob'],
) {
    is_silent($fine, asks("Require expr $fine"));
}
my $in = q['banned' in clientcert('group')];
is_told('not expr', asks("<RequireAll>\nRequire all granted\nRequire not expr $in\n</RequireAll>"),
    'CC0727: 9');
is_told('in RequireNone', asks("<RequireAll>\nRequire all granted\n<RequireNone>\nRequire expr $in\n"
        . "</RequireNone>\n</RequireAll>"), 'CC0727: 10');
is_silent('negated twice',
    asks("<RequireAll>\nRequire all granted\nRequire not expr ! ($in)\n</RequireAll>"));
is_told('If that lets in', asks("<If \"! ($in)\">\nRequire all granted\n</If>"), 'CC0727: 7');
is_told('ElseIf', asks("<If \"%{REQUEST_URI} == '/x'\">\nRequire all denied\n</If>\n"
        . "<ElseIf \"clientcert('user') != 'bob'\">\nRequire all granted\n</ElseIf>"), 'CC0727: 10');
is_told('If that keeps out', asks("<If \"$in\">\nRequire all denied\n</If>"), 'CC0727: 7');
is_silent('If that lets in clients with an identity',
    asks("<If \"$in\">\nRequire all granted\n</If>"));
is_silent('If that keeps out clients without one',
    asks("<If \"! ($in)\">\nRequire all denied\n</If>"));
is_silent('If about something else', asks("<If \"! ($in)\">\nHeader set A b\n</If>"));

# ---- when findings appear: once at a start, at each reload, and with httpd -t

my %late = (modules => \@modules, conf => host("$rule\n$rule\n" . needs('clientcert-group admins'))
        . host($optional . needs('clientcert-group staff'), 2));
my @lines = map { s{: }{: \@ROOT\@/conf/site.conf:}r }
    ('CC0720: 4', 'CC0702: 5', 'CC0723: 7', 'CC0724: 15');

sub logged {
    my ($h) = @_;
    my @lines = map { /clientcert:warn\].*?(CC\d+: \S+?:\d+): / } $h->log_lines(qr/CC07/);
    return map { s/\Q$h->{root}\E/\@ROOT\@/r } @lines;
}

announce('CC0702', 'CC0720', 'CC0723', 'CC0724', 'AH01909');
my $h = ClientCert::Test->server(%late);
is_deeply [logged($h)], \@lines, 'at a start each is logged once, in their order';
is $h->get('/', port => 2)->{status}, 200, 'and the server runs';
$h->mark_log;
ok $h->reload, 'it reloads';
is_deeply [logged($h)], \@lines, 'and logs them again';
$h->mark_log;
ok $h->reload(conf => "LogLevel clientcert:error\n$late{conf}"), 'a LogLevel above warn';
is_deeply [logged($h)], [], 'silences them';
is_deeply [lint(conf => "LogLevel clientcert:error\n$late{conf}")], [], 'for httpd -t, too';

done_testing;
