# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert explain and rules agree with the server that runs the configuration.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Tool;

use File::Temp ();
use JSON::PP ();

my $ca  = ClientCert::Test->ca;
my $tmp = File::Temp->newdir;

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
    ClientCertMap group=%{chain.subject.CN}/%{root.subject.CN}
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
    'CC0153', 'CC0154', 'CC0157', 'AH01630', 'CC0107', 'CC0108', 'CC0109', 'AH02261', 'AH02262', 'AH02033',
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
is_deeply \@different, [],
    'the tool agrees with the server: ' . @certificates . ' certificates on three hosts';
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
is served('ab.example', '/cgi-bin/env', 'alice'), '- -',
    'a host that requests no certificate has no identities';
is explained('ab.example', '/cgi-bin/env', 'alice'), '- -', 'and the tool agrees';

# ---- the output

my @at   = ('--vhost', 'localhost');
my $said = answer($h, 'explain', @at, "$ca/alice.pem");
is $said->{exit}, 0, 'mapped: exit status 0';
is $said->{result}, 'mapped', 'and in the answer';
is $said->{verdict}{user}, 'alice', 'the user';
like $said->{verdict}{user_rule}, qr/site\.conf:14$/, 'and its rule';
is_deeply [map { $_->{name} } @{ $said->{verdict}{groups} }], [qw(staff mapped listed verified alice), 'Staff CA/Root CA', 'Root CA/Root CA'],
    'the groups, also of a table and of the verified issuer';
like $said->{host}{name}, qr/^localhost:\d+$/, 'the host';
like $said->{host}{where}, qr/site\.conf:7$/, 'and where it stands';
is $said->{host}{taken_as}, 'named by --vhost', 'and why it was chosen';
is_deeply $said->{verification}, { verified => JSON::PP::true, reason => undef, ca => undef }, 'that it would verify';
is $said->{certificate}{subject}[0], 'CN=alice,OU=admins,OU=staff,O=Example', 'the certificate';
is $said->{scope}{section}, undef, 'the rules are those of the host';
ok((grep { /have their own rules.*<Location "\/cgi-bin\/env\/who">/ } @{ $said->{notes} }),
    'the sections with other rules');
my ($held)   = grep { $_->{rule} =~ /site\.conf:14$/ } @{ $said->{trace} };
my ($failed) = grep { $_->{rule} =~ /site\.conf:19$/ } @{ $said->{trace} };
ok $held->{holds}, 'a rule that matches';
like $held->{text}, qr/^issuer == "CN=Staff CA,O=Example" san\.email =~ .* user=\$1 group=staff$/, 'in its canonical form';
ok !$failed->{holds}, 'a rule that does not match';
is $failed->{field}, 'ca.sha256', 'with the field';
like $failed->{condition}, qr/^ca\.sha256 == /, 'the condition';
like $failed->{seen}, qr/^[0-9a-f]{64}$/, 'and the value seen';

my $shown = ask($h, 'explain', @at, "$ca/alice.pem");
is $shown->{exit}, 0, 'as text: the same exit status';
like $shown->{output}, $_, "$_" for qr/^result +mapped$/m, qr/^user +"alice", by \S+site\.conf:14$/m,
    qr/^group +"staff", by /m, qr/^verified +yes$/m, qr/^host +localhost:\d+: named by --vhost \(\S+site\.conf:7\)$/m,
    qr/^    \S+site\.conf:19: ClientCertMap ca\.sha256 == "?0+"? group=never\n        does not match: ca\.sha256 .*; seen: [0-9a-f]{64}$/m;
is $shown->{error}, '', 'and nothing else';

for (
    ['bob', 'a.example', 'denied', 1, undef, 'a rule denies'],
    ['service', 'a.example', 'unmapped', 1, undef, 'no rule matches'],
    ['expired', 'localhost', 'rejected', 1, qr/it has expired: \d{4}-/, 'expired'],
    ['notyet', 'localhost', 'rejected', 1, qr/it is not yet valid: \d{4}-/, 'not valid yet'],
    ['stranger', 'localhost', 'rejected', 1, qr/it was issued by CN=Root CA of Others\S*: no such CA is trusted here/, 'another CA'],
    ['selfsigned', 'localhost', 'rejected', 1, qr/self-signed/, 'self-signed'],
    ['revoked', 'a.example', 'rejected', 1, qr/it was revoked/, 'revoked'],
    ['serveronly', 'localhost', 'rejected', 1, qr/\w/, 'for servers only'],
    ['alice', 'ab.example', 'rejected', 1, qr/SSLVerifyClient none/, 'nobody is asked'],
    ['revoked', 'localhost', 'mapped', 0, undef, 'a host that looks at no CRL'],
) {
    my ($cert, $host, $result, $exit, $reason, $claim) = @$_;
    $said = answer($h, 'explain', '--vhost', $host, "$ca/$cert.pem");
    is "$said->{result} $said->{exit}", "$result $exit", "$result: $claim";
    is !!$said->{verification}{verified}, !$reason, 'and whether it would verify';
    like $said->{verification}{reason}, $reason, 'and why not' if $reason;
}
$said = answer($h, 'explain', @at, "$ca/expired.pem");
is $said->{verdict}{user}, 'expired', 'for a rejected certificate, the result of the rules';
$shown = ask($h, 'explain', @at, "$ca/expired.pem");
like $shown->{output}, qr/\Aresult +rejected: the certificate would not be verified\n +If it were accepted, the rules would give:\nuser +"expired"/,
    'marked as such';
for (
    [['stranger'], "no rule would give it a user or a group.\nverified"],
    [['bob', '--path', '/%zz'], "a rule would deny it:\ndenied by"],
) {
    my ($words, $text) = @$_;
    my ($cert, @more) = @$words;
    $shown = ask($h, 'explain', '--vhost', 'a.example', @more, "$ca/$cert.pem");
    like $shown->{output}, qr/\Aresult +rejected: [^\n]*\n +Even if it were accepted, \Q$text\E /, "and what else: $cert";
}
system "openssl x509 -in $ca/deep.pem -out $tmp/leaf.pem";
$said = answer($h, 'explain', @at, "$tmp/leaf.pem");
like $said->{verification}{reason}, qr/^it was issued by CN=.*: no such CA is trusted here$/, 'an intermediate CA that is missing';
is answer($h, 'explain', @at, "$ca/deep.pem")->{result}, 'mapped', 'and that the client sends along';
like answer($h, 'explain', '--vhost', 'a.example', "$ca/deep.pem")->{verification}{reason},
    qr/^the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 3$/, 'and one too many';

# ---- hosts

is answer($h, 'explain', '--vhost', $_, "$ca/alice.pem")->{host}{where} =~ s/.*://r, 7, "--vhost $_"
    for 'LOCALHOST', 'other.example', 'x.wild.example', 'localhost:' . $h->port, 'other.example:' . $h->port;
$said = ask($h, 'explain', '--vhost', 'nowhere.example', "$ca/alice.pem");
is $said->{exit}, 2, 'an unknown host: exit status 2';
like $said->{error}, qr/CC0751: "nowhere\.example": .*use one of .*localhost:\d+, a\.example:\d+, b\.example:\d+, ab\.example:\d+$/,
    'with the known hosts';
like ask($h, 'explain', '--vhost', 'localhost:1', "$ca/alice.pem")->{error}, qr/CC0751/, 'nor is a port that is not there';
$said = ask($h, 'explain', "$ca/alice.pem");
is $said->{exit}, 2, 'several hosts to choose from: exit status 2';
like $said->{error}, qr/CC0752: several .*; choose one with --vhost: localhost:\d+, a\.example/, 'with their names';

# ---- paths

$said = answer($h, 'explain', @at, '--path', '/old/who', "$ca/alice.pem");
is $said->{scope}{section}, '<Location "/cgi-bin/env/who">', '--path: the section whose rules are in effect';
like $said->{filename}, qr{/cgi-bin/env/?}, 'and the file';
ok((grep { /ClientCertAuth is Off/ } @{ $said->{notes} }), 'with the settings of .htaccess');
ok((grep { /result for a GET.*X-Secret/ } @{ $said->{notes} }), 'and the conditions that a request may meet');
ok !(grep { /env\/who/ } @{ $said->{notes} }), 'but not conditions that depend on no request';
for (['/moved', 302], ['/gone', 410], ['/%zz', 400], ['/a%2fb', 404]) {
    my ($path, $status) = @$_;
    $said = answer($h, 'explain', @at, '--path', $path, "$ca/alice.pem");
    is $said->{exit}, 1, "--path $path: no identity is requested";
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

done_testing;
