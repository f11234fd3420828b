# SPDX-License-Identifier: Apache-2.0
# Knows that clientcert explain and rules say of a configuration what its server does.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Tool;

use File::Temp ();
use JSON::PP ();

my $ca  = ClientCert::Test->ca;
my $tmp = File::Temp->newdir;

sub text {
    my (@paths) = @_;
    local (@ARGV, $/) = (@paths);
    return join '', <>;
}

sub made {
    my ($name, $text) = @_;
    open my $out, '>:raw', "$tmp/$name" or die "$tmp/$name: $!\n";
    print $out $text;
    close $out or die "$tmp/$name: $!\n";
    return "$tmp/$name";
}

# ---- the same as the server, for many certificates

my $h = ClientCert::Test->server(
    modules => ['rewrite', 'authz_user', 'headers', 'proxy', 'proxy_http', 'setenvif'],
    cgi     => 1,
    files   => {
        'conf/people.map'     => "alice\@example.com  alice  mapped,listed\n",
        'conf/more/rules.inc' => "ClientCertMap subject.CN == bob group=included\n",
        'htdocs/page'         => "page\n",
        'cgi-bin/.htaccess'   => "ClientCertAuth Off\n",
    },
    conf => <<'CONF' =~ s/\@ZERO\@/'0' x 64/ger);
Define STAFF "CN=Staff CA,O=Example"
ClientCertMap issuer == "${STAFF}" user=%{subject.CN|first|lower} group=%{subject.OU}
ClientCertMap subject.CN == bob deny
<Directory "@ROOT@/cgi-bin">
    AllowOverride All
</Directory>
<VirtualHost *:@PORT@>
    ServerName localhost
    ServerAlias other.example *.wild.example
    @SSL@
    SSLVerifyClient optional
    ClientCertTable people file:conf/people.map
    <IfModule ssl_module>
        ClientCertMap issuer == "${STAFF}" san.email =~ "(.+)@example\.com" user=$1 group=staff
        <IfDefine !NOWHERE>
            ClientCertMap san.email in people group=$2
        </IfDefine>
    </IfModule>
    ClientCertMap ca.sha256 == @ZERO@ group=never
    ClientCertMap ca.spki.sha256 != @ZERO@ group=verified
    ClientCertMap issuer under "O=Example" group=%{subject.CN|first}
    Include conf/more/*.inc
    RewriteEngine On
    RewriteRule ^/old/(.*) /cgi-bin/env/$1 [PT]
    RewriteRule ^/moved https://elsewhere.example/ [R]
    RewriteRule ^/proxied http://127.0.0.1:9/ [P]
    RewriteRule ^/gone - [G]
    <Location "/cgi-bin/env/who">
        ClientCertMap user=location-%{subject.CN|first}
    </Location>
    <If "%{REQUEST_URI} =~ m#/env/if$#">
        ClientCertMap user=if-%{subject.CN|first}
    </If>
    <If "%{HTTP:X-Secret} == 'yes'">
        ClientCertMap user=secret
    </If>
    Alias "/alias" "@ROOT@/cgi-bin/env"
    <Location "/alias">
        SetHandler cgi-script
        Options +ExecCGI
        Require all granted
    </Location>
    <Files "none">
        ClientCertMap user=none
    </Files>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional
    SSLVerifyDepth 2
    SSLCARevocationFile @CA@/staff.crl
    SSLCARevocationCheck leaf no_crl_for_cert_ok
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName b.example
    @SSL:b.example@
    SSLVerifyClient optional_no_ca
    SSLVerifyDepth 1
    SSLCACertificateFile @CA@/staff.pem
    ClientCertMap group=anybody
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName ab.example
    @SSL:ab.example@
    SSLVerifyClient none
    ClientCertMap group=anybody
</VirtualHost>
CONF
my @certificates = qw(alice bob admin service partner expired notyet revoked stranger selfsigned
    forged serveronly ca-client noeku deep sub-staff comma-o nul-cn two-cn two-mail multi-rdn
    no-subject newline-cn bmp-cn);
announce('AH02039', 'AH02040', 'AH02008', qr/SSL Library Error/, 'CC0104', 'CC0106', 'CC0150', 'CC0151', 'CC0152',
    'CC0153', 'CC0154', 'AH01630', 'CC0107', 'CC0108', 'CC0109', 'AH02261', 'AH02262', 'AH02033',
    qr/CC07\d\d/);

# "user groups" as the application sees it; - for none, or where the handshake fails.
sub served {
    my ($host, $path, $cert) = @_;
    my $response = $h->s_client(get => $path, host => $host, cert => $cert);
    my $env = $h->cgi_env($response);
    return join ' ', map { $_ // '-' } @$env{qw(CLIENTCERT_USER CLIENTCERT_GROUPS)};
}

sub explained {
    my ($host, $path, $cert) = @_;
    my $said = answer($h, 'explain', '--vhost', $host, '--path', $path, "$ca/$cert.pem");
    my $v    = $said->{verdict};
    return '- -' if $said->{exit} != 0;
    my @groups = map { $_->{name} } @{ $v->{groups} };
    my $text   = join ' ', $v->{user} // '-', @groups ? join(',', @groups) : '-';
    utf8::encode($text);
    return $text;
}

my (%count, @different);
for my $cert (@certificates) {
    for my $at (['localhost', '/cgi-bin/env'], ['a.example', '/cgi-bin/env'], ['b.example', '/cgi-bin/env']) {
        my ($server, $tool) = (served(@$at, $cert), explained(@$at, $cert));
        $count{ $tool eq '- -' ? 'nobody' : 'somebody' }++;
        push @different, "$cert at @$at: the server says $server, the tool says $tool" if $server ne $tool;
    }
}
is_deeply \@different, [], 'the tool says what ' . @certificates . ' certificates are on three hosts';
cmp_ok $count{$_}, '>', 15, "$_ on many" for qw(somebody nobody);

@different = ();
for my $path (qw(/cgi-bin/env /cgi-bin/env/who /cgi-bin/env/who/more /cgi-bin/env/if /old/who /old/x /alias /alias/who
    //cgi-bin//env/who /cgi-bin/../cgi-bin/env/who /cgi-bin/%65nv/who /old/if)) {
    for my $cert (qw(alice service stranger)) {
        my ($server, $tool) = (served('localhost', $path, $cert), explained('localhost', $path, $cert));
        push @different, "$cert at $path: the server says $server, the tool says $tool" if $server ne $tool;
    }
}
is_deeply \@different, [], 'and on many paths';
is served('ab.example', '/cgi-bin/env', 'alice'), '- -', 'a host that asks nobody has nobody';
is explained('ab.example', '/cgi-bin/env', 'alice'), '- -', 'and so says the tool';

# ---- what it says

my @at   = ('--vhost', 'localhost');
my $said = answer($h, 'explain', @at, "$ca/alice.pem");
is $said->{exit}, 0, 'mapped: exit status 0';
is $said->{result}, 'mapped', 'and in the answer';
is $said->{verdict}{user}, 'alice', 'the user';
like $said->{verdict}{user_rule}, qr/site\.conf:14$/, 'and its rule';
is_deeply [map { $_->{name} } @{ $said->{verdict}{groups} }], [qw(staff mapped listed verified alice)],
    'the groups, also of a table and of the verified issuer';
like $said->{host}{name}, qr/^localhost:\d+$/, 'the host';
like $said->{host}{where}, qr/site\.conf:7$/, 'and where it stands';
is $said->{host}{taken_as}, 'named by --vhost', 'and why it was taken';
is_deeply $said->{verification}, { verified => JSON::PP::true, reason => undef }, 'that it would verify';
is $said->{certificate}{subject}[0], 'CN=alice,OU=admins,OU=staff,O=Example', 'the certificate';
is $said->{scope}{section}, undef, 'the rules are those of the host';
ok((grep { /have rules of their own.*<Location "\/cgi-bin\/env\/who">/ } @{ $said->{notes} }),
    'which sections have others');
my ($held)   = grep { $_->{rule} =~ /site\.conf:14$/ } @{ $said->{trace} };
my ($failed) = grep { $_->{rule} =~ /site\.conf:19$/ } @{ $said->{trace} };
ok $held->{holds}, 'a rule that holds';
like $held->{text}, qr/^issuer == "CN=Staff CA,O=Example" san\.email =~ .* user=\$1 group=staff$/, 'in its canonical form';
ok !$failed->{holds}, 'a rule that does not hold';
is $failed->{field}, 'ca.sha256', 'with the field';
like $failed->{condition}, qr/^ca\.sha256 == /, 'the condition';
like $failed->{seen}, qr/^[0-9a-f]{64}$/, 'and the value seen';

my $shown = ask($h, 'explain', @at, "$ca/alice.pem");
is $shown->{exit}, 0, 'as text: the same exit status';
like $shown->{output}, $_, "$_" for qr/^result +mapped$/m, qr/^user +"alice", by \S+site\.conf:14$/m,
    qr/^group +"staff", by /m, qr/^verified +yes$/m, qr/^host +localhost:\d+: named by --vhost \(\S+site\.conf:7\)$/m,
    qr/^    \S+site\.conf:19: ClientCertMap ca\.sha256 == "?0+"? group=never\n        does not hold: ca\.sha256 .*; seen: [0-9a-f]{64}$/m;
is $shown->{error}, '', 'and nothing else';

for (
    ['bob', 'a.example', 'denied', 1, undef, 'a rule denies'],
    ['service', 'a.example', 'unmapped', 1, undef, 'no rule fits'],
    ['expired', 'localhost', 'rejected', 1, qr/it has expired: \d{4}-/, 'expired'],
    ['notyet', 'localhost', 'rejected', 1, qr/it is not valid yet: \d{4}-/, 'not valid yet'],
    ['stranger', 'localhost', 'rejected', 1, qr/its issuer is not a CA of this virtual host: CN=Root CA of Others/, 'another CA'],
    ['selfsigned', 'localhost', 'rejected', 1, qr/self-signed/, 'self-signed'],
    ['revoked', 'a.example', 'rejected', 1, qr/it was revoked/, 'revoked'],
    ['serveronly', 'localhost', 'rejected', 1, qr/\w/, 'for servers only'],
    ['alice', 'ab.example', 'rejected', 1, qr/SSLVerifyClient is none/, 'nobody is asked'],
    ['revoked', 'localhost', 'mapped', 0, undef, 'a host that looks at no CRL'],
) {
    my ($cert, $host, $result, $exit, $reason, $claim) = @$_;
    $said = answer($h, 'explain', '--vhost', $host, "$ca/$cert.pem");
    is "$said->{result} $said->{exit}", "$result $exit", "$result: $claim";
    is !!$said->{verification}{verified}, !$reason, 'and whether it would verify';
    like $said->{verification}{reason}, $reason, 'and why not' if $reason;
}
$said = answer($h, 'explain', @at, "$ca/expired.pem");
is $said->{verdict}{user}, 'expired', 'of one who is rejected, what the rules would say';
$shown = ask($h, 'explain', @at, "$ca/expired.pem");
like $shown->{output}, qr/\Aresult +rejected: it would not be verified\n +What follows is what the rules would say if it were not\.\nuser +"expired"/,
    'marked as such';
system "openssl x509 -in $ca/deep.pem -out $tmp/leaf.pem";
$said = answer($h, 'explain', @at, "$tmp/leaf.pem");
like $said->{verification}{reason}, qr/^its issuer is not a CA of this virtual host: CN=/, 'an intermediate CA that is missing';
is answer($h, 'explain', @at, "$ca/deep.pem")->{result}, 'mapped', 'and that the client sends along';
like answer($h, 'explain', '--vhost', 'a.example', "$ca/deep.pem")->{verification}{reason},
    qr/^of the CAs above it, .*: the chain is longer than SSLVerifyDepth allows$/, 'and one too many';

# ---- hosts

is answer($h, 'explain', '--vhost', $_, "$ca/alice.pem")->{host}{where} =~ s/.*://r, 7, "--vhost $_"
    for 'LOCALHOST', 'other.example', 'x.wild.example', 'localhost:' . $h->port, 'other.example:' . $h->port;
$said = ask($h, 'explain', '--vhost', 'nowhere.example', "$ca/alice.pem");
is $said->{exit}, 2, 'a host that is not there: exit status 2';
like $said->{error}, qr/CC0751: "nowhere\.example": .*there are .*localhost:\d+, a\.example:\d+, b\.example:\d+, ab\.example:\d+$/,
    'with those that are';
like ask($h, 'explain', '--vhost', 'localhost:1', "$ca/alice.pem")->{error}, qr/CC0751/, 'nor is a port that is not there';
$said = ask($h, 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'several hosts to choose from: exit status 2';
like $said->{error}, qr/CC0752: several .* say --vhost and one of localhost:\d+, a\.example/, 'with their names';

# ---- paths

$said = answer($h, 'explain', @at, '--path', '/old/who', "$ca/alice.pem");
is $said->{scope}{section}, '<Location "/cgi-bin/env/who">', '--path: the section whose rules are in effect';
like $said->{filename}, qr{/cgi-bin/env/?}, 'and the file';
ok((grep { /ClientCertAuth is Off/ } @{ $said->{notes} }), 'with what .htaccess says');
ok((grep { /judged for a GET.*X-Secret/ } @{ $said->{notes} }), 'and the conditions that a request may meet');
ok !(grep { /env\/who/ } @{ $said->{notes} }), 'not what does not depend on a request';
for (['/moved', 302], ['/gone', 410], ['/%zz', 400], ['/a%2fb', 404]) {
    my ($path, $status) = @$_;
    $said = answer($h, 'explain', @at, '--path', $path, "$ca/alice.pem");
    is $said->{exit}, 1, "--path $path: nobody is asked who they are";
    ok((grep { /answers this path with $status/ } @{ $said->{notes} }), "because httpd answers $status");
}
is answer($h, 'explain', @at, '--path', '/proxied', "$ca/alice.pem")->{result}, 'mapped', 'a path that is proxied by a RewriteRule';
like ask($h, 'explain', '--path', 'page', "$ca/alice.pem")->{error}, qr/CC0511: "page"/, 'a path without a slash is none';

# ---- rules

my $rules = answer($h, 'rules');
is $rules->{exit}, 0, 'rules: exit status 0';
my ($main)    = grep { $_->{server} =~ /main server/ } @{ $rules->{scopes} };
my ($section) = grep { ($_->{section} // '') =~ /Location/ } @{ $rules->{scopes} };
like "@{ $main->{hosts} }", qr/a\.example:\d+$/, 'the rules of the main server serve the host without rules of its own';
unlike "@{ $main->{hosts} }", qr/b\.example/, 'and no host with rules of its own';
is_deeply [map { $_->{text} } @{ $main->{rules} }], ['issuer == "CN=Staff CA,O=Example" user=%{subject.CN|first|lower} group=%{subject.OU}',
    'subject.CN == "bob" deny'], 'in canonical form';
like $section->{hosts}[0], qr/^localhost:\d+$/, 'a section serves its host';
$said = ask($h, 'rules', '--vhost', 'b.example');
like $said->{output}, qr/\A# b\.example:\d+, for b\.example:\d+\n\S+site\.conf:\d+: ClientCertMap group=anybody\n\z/, 'rules --vhost: those of one host, as text';
like ask($h, 'rules')->{output}, qr{^\S+conf/more/rules\.inc:1: ClientCertMap subject\.CN == "bob" group=included$}m, 'also from a file that is included';
like ask($h, 'rules', '--vhost', 'x')->{error}, qr/CC0751/, 'rules: a host that is not there';
is ask(site(conf => ''), 'rules')->{output}, "# There are no rules.\n", 'a configuration without rules';

# ---- a server that serves answers nobody

my $asked = File::Temp->newdir;
made('x', '');
open my $out, '>', "$asked/question.json" or die;
print $out '{"ask": "rules"}';
close $out;
chmod 0777, $asked;
{
    local $ENV{CLIENTCERT_QUESTION} = "$asked";
    my $deaf = ClientCert::Test->server(conf => '');
    ok $deaf->reload, 'a server starts and restarts with a question in its environment';
    ok !-e "$asked/answer.json", 'and does not answer it';
    is_deeply [$deaf->log_lines(qr/CC075/)], [], 'nor speak of it';
    my ($exit, $output) = ClientCert::Test->configtest(conf => '');
    is $exit, 0, 'httpd -t is asked';
    ok -s "$asked/answer.json", 'and answers';
    ($exit, $output) = ClientCert::Test->configtest(conf => '');
    like $output, qr/CC0753/, 'but takes no file that is there for its answer';
}

# ---- the only host, and hosts without

my $rule = "ClientCertMap subject.CN == alice user=alice group=\"a,b\"\n";
my $one  = "<VirtualHost *:\@PORT\@>\n    ServerName one\n    \@SSL\@\n    SSLVerifyClient optional\n    MORE\n</VirtualHost>\n";
sub with { my ($more) = @_; return $one =~ s/MORE/$more/r }

$said = answer(site(conf => with($rule) . "<VirtualHost *:\@PORT2\@>\nServerName two\n</VirtualHost>\n"), 'explain', "$ca/alice.pem");
like $said->{host}{name}, qr/^one:/, 'without --vhost: the only one with TLS and rules';
is $said->{exit}, 0, 'whose rules count';
$said = answer(site(conf => "<VirtualHost *:\@PORT2\@>\nServerName one\n</VirtualHost>\n" . with($rule)), 'explain',
    '--vhost', 'one', "$ca/alice.pem");
is $said->{exit}, 0, 'of two hosts of one name, the one with TLS is meant';
$said = answer(site(conf => $rule), 'explain', "$ca/alice.pem");
like "$said->{result} $said->{verification}{reason}", qr/^rejected it has no TLS/, 'a server without TLS';
like $said->{host}{name}, qr/main server/, 'is the main server';
is answer(site(conf => with('')), 'explain', "$ca/alice.pem")->{result}, 'unmapped', 'no rules';
like answer(site(conf => "<VirtualHost *:\@PORT\@>\nServerName one\nSSLEngine on\nSSLCertificateFile \@CA\@/localhost.pem\n"
    . "SSLCertificateKeyFile \@CA\@/localhost.key\nSSLVerifyClient optional\n</VirtualHost>\n"), 'explain', "$ca/alice.pem")
    ->{verification}{reason}, qr/^it trusts no CA/, 'no CA is configured';
$said = ask(site(conf => with("SSLCACertificateFile conf/nowhere.pem")), 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'a file of CAs that is not there: exit status 2';
like $said->{error}, qr/nowhere\.pem/, 'with its name';
is answer(site(conf => with("SSLVerifyClient none\n<Location /x>\nSSLVerifyClient require\n</Location>\n$rule")), 'explain', "$ca/alice.pem")
    ->{result}, 'mapped', 'a section that asks for a certificate';
ok((grep { /tls\.version.*no value here/ } @{ answer(site(conf => with('ClientCertMap tls.version == TLSv1.3 user=x')), 'explain',
    "$ca/alice.pem")->{notes} }), 'rules on the connection have no value, and a note says so');

# ---- SSLVerifyDepth 0 and 1, below a root

system("openssl req -x509 -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=alice -CA $ca/root.pem "
    . "-CAkey $ca/root.key -addext basicConstraints=critical,CA:FALSE -keyout $tmp/low.key -out $tmp/low.pem 2>$tmp/openssl.log") == 0
    or die text("$tmp/openssl.log");
for (['root.pem', 0, "$tmp/low.pem", 'rejected'], ['root.pem', 1, "$tmp/low.pem", 'mapped'],
    ['selfsigned.pem', 0, "$ca/selfsigned.pem", 'mapped'], ['clients.pem', 1, "$ca/alice.pem", 'rejected'],
    ['clients.pem', 2, "$ca/alice.pem", 'mapped']) {
    my ($trusted, $depth, $file, $result) = @$_;
    my $deep = answer(site(conf => with("SSLCACertificateFile \@CA\@/$trusted\nSSLVerifyDepth $depth\nClientCertMap group=x\n")),
        'explain', $file);
    is $deep->{result}, $result, "SSLVerifyDepth $depth, $trusted: $result" or diag $deep->{verification}{reason};
}

# ---- certificates and passwords

my $site = site(conf => with($rule));
is answer($site, 'explain', '-passin', 'pass:secret', "$ca/alice.p12")->{exit}, 0, 'PKCS#12 with -passin';
system "openssl x509 -in $ca/alice.pem -outform DER -out $tmp/alice.der";
is answer($site, 'explain', "$tmp/alice.der")->{exit}, 0, 'DER';
for (
    [["$ca/nowhere.pem"], qr/CC0302/, 'a certificate that is not there'],
    [["$ca/alice.key"], qr/CC0303/, 'a file without a certificate'],
    [['-passin', 'pass:wrong', "$ca/alice.p12"], qr/CC0305/, 'a wrong password'],
    [[], qr/CC0510/, 'no certificate'],
    [["$ca/alice.pem", "$ca/bob.pem"], qr/CC0509/, 'two certificates'],
    [['--vhost'], qr/CC0508: "--vhost"/, 'an option without its value'],
    [['--nonsense', "$ca/alice.pem"], qr/CC0507: "--nonsense": .*--vhost, --path, -passin, --json/, 'an unknown option'],
    [['--httpd', '/nowhere/httpd', "$ca/alice.pem"], qr{CC0513: "/nowhere/httpd"}, 'a program that is not there'],
) {
    my ($words, $pattern, $claim) = @$_;
    $said = ask($site, 'explain', @$words);
    is $said->{exit}, 2, "exit status 2: $claim";
    like $said->{error}, $pattern, 'with its message';
    is $said->{output}, '', 'and no output';
}
like ask($site, 'rules', "$ca/alice.pem")->{error}, qr/CC0507/, 'rules takes no file';
like ask($site, 'check', '--vhost', 'one')->{error}, qr/CC0507: "--vhost": .*write --httpd, -f, -d, -D, -C, -c, --json/, 'check takes no host';
mkdir "$tmp/through";
{
    local $ENV{TMPDIR} = "$tmp/through";
    is ask($site, 'explain', "$ca/alice.pem")->{exit}, 0, 'TMPDIR is where tool and server meet';
    is_deeply [glob "$tmp/through/*"], [], 'and nothing stays there';
}

# ---- the configuration, through httpd

$said = ask(site(conf => with('ClientCertMap nonsense')), 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'a configuration that does not load: exit status 2';
like $said->{error}, qr/line \d+ of \S+site\.conf:\n.*CC02.*\n.*CC0515: /s, 'with what httpd says';
sub program { my ($name, $lines) = @_; my $path = made($name, "#!/bin/sh\n$lines\n"); chmod 0755, $path; return $path }
my $loud = tool('rules', '--httpd', program('loud', "printf 'line \\033[2J one\\n'; exit 3"));
like $loud->{error}, qr/^line \\x1B\[2J one\n.*CC0515: .*exit status 3/s, 'made fit for a terminal';
like tool('rules', '--httpd', program('dead', 'kill -KILL $$'))->{error}, qr/CC0514: .*crashed/, 'a server that crashes';
$said = ask(site(conf => '', modules => ['-clientcert']), 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'a configuration without the module: exit status 2';
like $said->{error}, qr/CC0516: .*LoadModule clientcert_module/, 'and what to write';
$site = site(conf => "<IfDefine WIDE>\n" . with($rule) . "</IfDefine>\n<IfDefine !WIDE>\n" . with('ClientCertMap user=narrow') . "</IfDefine>\n");
is answer($site, 'explain', "$ca/alice.pem")->{verdict}{user}, 'narrow', 'without -D';
is answer($site, 'explain', '-D', 'WIDE', "$ca/alice.pem")->{verdict}{user}, 'alice', 'with -D';
is answer($site, 'explain', '-C', 'Define WIDE', "$ca/alice.pem")->{verdict}{user}, 'alice', 'with -C';

SKIP: {
    skip 'no apache2ctl, which is Debian\'s', 2 unless -x '/usr/sbin/apache2ctl' && !$ENV{CC_HTTPD};
    $site = site(conf => with('ClientCertMap user=${CLIENTCERT_NAME}'));
    $site->file('envvars', "export CLIENTCERT_NAME=ours APACHE_RUN_DIR=run APACHE_LOCK_DIR=run\n");
    $site->file('apache2.conf', "Include conf/httpd.conf\n");
    local $ENV{APACHE_CONFDIR} = $site->path('');
    my $control = tool('explain', "$ca/alice.pem");
    is $control->{exit}, 0, 'where no configuration is named, the control script knows which one' or diag $control->{error};
    like $control->{output}, qr/^user +"ours"/m, 'and what stands in envvars';
}

# ---- tables

my $table = "ClientCertMap subject.CN in people user=\$1\n";
$site = site(conf => with("ClientCertTable people file:conf/people.map\n$table"),
    files => { 'conf/people.map' => "alice alicia\n" });
is answer($site, 'explain', "$ca/alice.pem")->{verdict}{user}, 'alicia', 'a file is read';
$site->file('conf/people.map', "alice elise\n");
is answer($site, 'explain', "$ca/alice.pem")->{verdict}{user}, 'elise', 'each time anew';
system "printf 'alice albert\\n' > $tmp/map; httxt2dbm -i $tmp/map -o $tmp/dbm -f sdbm >/dev/null 2>&1";
SKIP: {
    skip 'no httxt2dbm', 1 unless -e "$tmp/dbm.pag";
    is answer(site(conf => with("ClientCertTable people dbm:sdbm:$tmp/dbm\n$table")), 'explain', "$ca/alice.pem")
        ->{verdict}{user}, 'albert', 'a database file is read';
}
my $away = answer(site(conf => with("ClientCertTable people redis:127.0.0.1:9\n$table")), 'explain', "$ca/alice.pem");
is "$away->{result} $away->{exit}", 'failed 2', 'a Redis server that does not answer: failed, exit status 2';
like $away->{verdict}{failure}, qr/people.*refused/i, 'and why';
SKIP: {
    my $modules = ClientCert::Test::_apxs('LIBEXECDIR');
    skip 'no mod_dbd and mod_ldap', 2 unless -e "$modules/mod_dbd.so" && -e "$modules/mod_ldap.so";
    # With a table that is looked at, this process gets ready for lookups.
    my $file = "ClientCertTable f file:conf/f.map\nClientCertMap subject.O in f user=f\n";
    for (['dbd', 'sql:SELECT x FROM y WHERE z = %s'], ['ldap', 'ldap:ldap://127.0.0.1:9/dc=x?cn?sub?(mail=%s)']) {
        my ($module, $source) = @$_;
        my $asks = answer(site(conf => with("${file}ClientCertTable people \"$source\"\n$table"), modules => [$module],
            files => { 'conf/f.map' => '' }), 'explain', "$ca/alice.pem");
        like "$asks->{result}: $asks->{verdict}{failure}", qr/^failed: .*only a server that runs asks it/, "$module is not asked, and that is said";
    }
}

# ---- what a certificate can do to a terminal

sub hostile {
    my ($name, $config) = @_;
    made("$name.cnf", "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\nutf8=yes\nstring_mask=utf8only\n"
        . "[dn]\n$config\n");
    system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -config $tmp/$name.cnf -keyout $tmp/$name.key "
        . "-out $tmp/$name.pem 2>$tmp/openssl.log") == 0 or die text("$tmp/openssl.log");
    return "$tmp/$name.pem";
}

my $san     = "[ext]\nbasicConstraints=CA:FALSE\nsubjectAltName=";
my %hostile = (
    bidi   => hostile('bidi', "CN=adm\xe2\x80\xaenimda\xe2\x81\xa6\n${san}email:a\@example.com"),
    escape => hostile('escape', "CN=\e]0;owned\a\e[2J\e[31mroot\n${san}email:a\@example.com"),
    quotes => hostile('quotes', qq(CN=x\\", groups \\"admins <script>alert(1)</script>\n${san}email:a\@example.com)),
    huge   => hostile('huge', "CN=x\n${san}URI:" . 'http://x/' . 'y' x 100_000),
    map { ($_ => "$ca/$_.pem") } qw(newline-cn nul-cn nul-mail nul-uri bmp-cn bad-upn escape-cn long-cn empty-cn slash-cn comma-cn),
);
$site = site(conf => with(<<'CONF'));
ClientCertMap user=%{subject.CN|first} group=%{san.email} group=%{san.uri} group=%{san.upn}
ClientCertMap subject.CN == nobody group=x
ClientCertMap san.uri == "x" group=x
CONF
for my $name (sort keys %hostile) {
    my $as_text = ask($site, 'explain', $hostile{$name});
    cmp_ok $as_text->{exit}, '<', 2, "$name: explain answers";
    my $decoded = $as_text->{output};
    ok utf8::decode($decoded), "$name: in UTF-8";
    unlike $decoded, qr/[\x00-\x09\x0b-\x1f\x7f-\x9f\x{200e}\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{2028}\x{2029}]/,
        "$name: and without control characters and marks of direction";
    like $decoded, qr/\Aresult .*\n(?:[a-z_0-9 ]{14}.*\n)*\nThe rules in their order:\n(?: {4}.*\n)*\z/, "$name: each line is one of ours";
    my $raw = ask($site, 'explain', '--json', $hostile{$name})->{output};
    ok eval { JSON::PP->new->utf8->decode($raw) }, "$name: JSON is JSON" or diag $@;
    unlike $raw, qr/[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xc2[\x80-\x9f]/, "$name: and safe for a terminal too";
}
my $quotes = ask($site, 'explain', $hostile{quotes})->{output};
like $quotes, qr/^user +"x\\", groups \\"admins <script>alert\(1\)<\/script>", by /m, 'a name does not end its quotes';
cmp_ok length ask($site, 'explain', $hostile{huge})->{output}, '>', 100_000, 'and a long one is not cut';
like ask($site, 'explain', '--vhost', "a\e[2Jb", $hostile{bidi})->{error}, qr/CC0751: "a\\+x1B\[2Jb"/, 'nor does a word of the command line reach the terminal as it is';

done_testing;
