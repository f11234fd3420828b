# SPDX-License-Identifier: Apache-2.0
# Tests what clientcert explain says of each Require, of CRLs, and of what it cannot decide.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Tool;

my $ca    = ClientCert::Test->ca;
my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('revoked', 'keyCompromise');

my %sections = (
    'ip'           => 'Require ip 203.0.113.0/24',
    'ip-or-group'  => "Require ip 203.0.113.0/24\nRequire clientcert-group staff",
    'ip-and-group' => "<RequireAll>\nRequire ip 203.0.113.0/24\nRequire clientcert-group staff\n</RequireAll>",
    'not-ip'       => "<RequireAll>\nRequire clientcert-group staff\nRequire not ip 203.0.113.0/24\n</RequireAll>",
    'none-ip'      => "<RequireAll>\nRequire user nobody\n<RequireNone>\nRequire ip 203.0.113.0/24\n</RequireNone>\n</RequireAll>",
    'alias'        => "<RequireAll>\nRequire clientcert-group staff\nRequire not inside\n</RequireAll>",
    'two'          => "<RequireAll>\nRequire ip 203.0.113.0/24\nRequire not ip 203.0.113.7\n</RequireAll>",
    'header'       => q(Require expr "%{HTTP:X-Secret} == 'yes'"),
    'header-user'  => 'Require user %{HTTP:X-User}',
    'env'          => 'Require env SOME_VARIABLE',
    'ours'         => 'Require expr "clientcert(\'user\') == \'alice\'"',
    'form'         => "AuthType Form\nAuthName x\nRequire user nobody",
    'login'        => "AuthType Basic\nAuthName x\nRequire valid-user",
    'fake'         => "AuthType Basic\nAuthName x\nSSLOptions +FakeBasicAuth\nRequire valid-user",
    'ssl-user'     => "ClientCertAuth Off\nSSLUserName SSL_CLIENT_S_DN_CN\nRequire valid-user",
    'ssl-require'  => "SSLRequire %{SSL_CLIENT_S_DN_O} eq \"Example\"\nRequire clientcert-group staff",
    'allow'        => "Order deny,allow\nDeny from all\nAllow from 203.0.113.0/24\nSatisfy Any\nRequire clientcert-group staff",
    'allow-all'    => "Order deny,allow\nDeny from all\nAllow from 203.0.113.0/24\nRequire clientcert-group staff",
    'allow-all/in' => "Order allow,deny\nAllow from all\nRequire clientcert-group staff",
    'later'        => "SSLVerifyClient require\nRequire clientcert-group staff",
    'later/off'    => "SSLVerifyClient optional\nRequire all granted",
    'if-ssl'       => "Require all granted\n<If \"%{SSL_CLIENT_S_DN_CN} == 'bob'\">\n<Limit GET>\nRequire all denied\n</Limit>\n</If>",
    'if-other'     => "Require all granted\n<If \"%{SSL_CLIENT_S_DN_CN} == 'bob'\">\nOptions None\n</If>",
    'if-file'      => "Require all denied\n<If \"-f '/etc/passwd'\">\nRequire all granted\n</If>",
    'else'         => "<If \"%{HTTP_USER_AGENT} == 'x'\">\nOptions None\n</If>\n<ElseIf \"clientcert('user') == 'bob'\">\n"
        . "Require all denied\n</ElseIf>\n<Else>\nRequire all granted\n</Else>",
    'certain-else' => "<If \"clientcert('user') == 'bob'\">\nRequire all denied\n</If>\n<Else>\nRequire all granted\n</Else>",
    'tls-only'     => "SSLRequireSSL\nRequire all granted",
    'rewritten'    => 'Require all granted',
    'not-group'    => "<RequireAll>\nRequire all granted\nRequire not clientcert-group staff\n</RequireAll>",
    'not-other'    => "<RequireAll>\nRequire all granted\nRequire not clientcert-group others\n</RequireAll>",
);
my $locations = join '', map { "<Location \"/$_\">\n$sections{$_}\n</Location>\n" } sort keys %sections;
my $h = ClientCert::Test->server(
    modules => [qw(rewrite authn_file authn_core auth_basic authz_user authz_host access_compat)],
    files   => { 'conf/staff.crl' => $staff->crl },
    conf    => <<"CONF");
LogLevel clientcert:info
<AuthzProviderAlias ip inside 203.0.113.0/24>
</AuthzProviderAlias>
ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1 group=staff
$locations
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    RewriteEngine on
    RewriteCond %{SSL:SSL_CLIENT_VERIFY} !=SUCCESS
    RewriteRule ^/rewritten - [F]
    ClientCertCRL conf/staff.crl missing=allow
    ClientCertCRLCheck leaf
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName plain.example
</VirtualHost>
<VirtualHost *:\@PORT\@>
    ServerName a.example
    \@SSL:a.example\@
    SSLVerifyClient none
    ClientCertOCSP on responder=http://127.0.0.1:9/
</VirtualHost>
<VirtualHost *:\@PORT\@>
    ServerName b.example
    \@SSL:b.example\@
    SSLVerifyClient require
    ClientCertOCSP on responder=http://127.0.0.1:9/
</VirtualHost>
CONF
announce('CC0106', 'CC0104', qr/SSL Library Error/, 'AH02039', 'AH02008', qr/CC07\d\d/);

sub explained {
    my ($path, $cert, $host) = @_;
    return answer($h, 'explain', '--vhost', $host // 'localhost', '--path', $path, "$ca/$cert.pem");
}

# ---- outcomes

my $address = 'it depends on the address of the client';
for (
    ['/ip', 'alice', 'depends', qr{^Require ip 203\.0\.113\.0/24 at \S+site\.conf:\d+: $address$}],
    ['/ip-or-group', 'alice', 'granted'],
    ['/ip-or-group', 'service', 'depends', qr/^Require ip .*: $address$/],
    ['/ip-and-group', 'alice', 'depends', qr/^Require ip .*: $address$/],
    ['/ip-and-group', 'service', 'denied'],
    ['/not-ip', 'alice', 'depends', qr/^Require not ip .*: $address$/],
    ['/not-ip', 'service', 'denied'],
    ['/none-ip', 'alice', 'denied'],
    ['/alias', 'alice', 'depends', qr/^Require not inside .*: $address$/],
    ['/alias', 'service', 'denied'],
    ['/two', 'alice', 'depends', qr/^Require ip .*: $address\nRequire not ip .*: $address$/],
    ['/header', 'alice', 'depends', qr/X-Secret.*: its expression depends on more than the identity and the path$/],
    ['/header-user', 'alice', 'depends', qr/X-User.*: its expression depends/],
    ['/env', 'alice', 'depends', qr/SOME_VARIABLE.*: it depends on variables that other modules set$/],
    ['/ours', 'alice', 'granted'],
    ['/ours', 'bob', 'denied'],
    ['/form', 'service', 'depends', qr/^AuthType Form: its login was not tried$/],
    ['/login', 'service', 'password'],
    ['/login', 'alice', 'granted'],
    ['/fake', 'service', 'depends', qr/^SSLOptions \+FakeBasicAuth at .*: it may set the user$/],
    ['/fake', 'alice', 'granted'],
    ['/ssl-user', 'alice', 'depends', qr/^SSLUserName SSL_CLIENT_S_DN_CN at .*: it may set the user$/],
    ['/ssl-require', 'alice', 'depends', qr/^SSLRequire .*: its expression was not evaluated$/],
    ['/ssl-require', 'service', 'denied'],
    ['/allow', 'alice', 'granted'],
    ['/allow', 'service', 'depends', qr{^allow from 203\.0\.113\.0/24 at .*: $address$}],
    ['/allow-all', 'service', 'denied'],
    ['/allow-all', 'alice', 'depends', qr/^allow from .*: $address$/],
    ['/allow-all/in', 'alice', 'granted'],
    ['/later', 'alice', 'depends', qr/^SSLVerifyClient require at .*: the server requests the certificate after the handshake, /],
    ['/later/off', 'alice', 'granted'],
    ['/if-ssl', 'bob', 'depends', qr/^<If "%\{SSL_CLIENT_S_DN_CN\} == 'bob'"> at \S+: its condition depends on more/],
    ['/if-other', 'bob', 'granted'],
    ['/if-file', 'bob', 'depends', qr/^<If "-f '\S+'"> at \S+: its condition/],
    ['/else', 'alice', 'depends', qr/\A<ElseIf .* at \S+: its condition.*\n<Else *> at \S+: its condition.*\z/],
    ['/certain-else', 'alice', 'granted'],
    ['/certain-else', 'bob', 'denied'],
    ['/tls-only', 'alice', 'granted'],
    ['/rewritten', 'alice', 'depends', qr/^%\{SSL:SSL_CLIENT_VERIFY\}: a RewriteCond asks for it/],
) {
    my ($path, $cert, $outcome, $on) = @$_;
    my $said = explained($path, $cert);
    is $said->{access}{outcome}, $outcome, "$path, $cert: $outcome";
    my $depends = join "\n", @{ $said->{access}{depends_on} };
    like $depends, $on // qr/^$/, 'and on what that depends';
    is $said->{exit}, $outcome eq 'granted' ? 0 : 1, 'and the exit status';
}

is explained('/rewritten', 'alice')->{result}, 'mapped', 'a RewriteCond on the certificate is no answer before it';

is explained('/tls-only', 'alice', 'plain.example')->{access}{outcome}, 'denied', 'SSLRequireSSL without TLS';
is explained('/ssl-require', 'alice', 'plain.example')->{access}{outcome}, 'denied', 'where SSLRequire is ignored';

# ---- each line

my $said = explained('/ip-or-group', 'alice');
my ($first, $second) = @{ $said->{access}{requires} };
is "$first->{text} $first->{result} $first->{reason}", "ip 203.0.113.0/24 unknown $address", 'a Require that is not known';
is "$second->{text} $second->{result}", 'clientcert-group staff granted', 'and one that is';
like $second->{where}, qr{/site\.conf:\d+$}, 'with its place';
is explained('/not-ip', 'service')->{access}{requires}[0]{result}, 'denied', 'a Require that denies';
is explained('/none-ip', 'alice')->{access}{requires}[0]{result}, 'denied', 'and another';
is explained('/not-group', 'alice')->{access}{requires}[1]{result}, 'denied', 'a negated one that matches';
is explained('/not-group', 'service')->{access}{requires}[1]{result}, 'denied', 'or may match, without an identity';
is explained('/not-other', 'alice')->{access}{requires}[1]{result}, 'neutral', 'and one that does not match';
is explained('/login', 'service')->{access}{requires}[0]{result}, 'denied_no_user', 'one that lacks a user';
my $text = ask($h, 'explain', '--vhost', 'localhost', '--path', '/ip-or-group', "$ca/service.pem")->{output};
like $text, $_, "$_" for qr/\Aresult +unmapped; access depends on more than the certificate$/m,
    qr/^access {8}\S+site\.conf:\d+: Require ip \S+: not known: $address$/m,
    qr/^ {14}\S+site\.conf:\d+: Require clientcert-group staff: denied$/m,
    qr/^depends on +Require ip \S+ at \S+: $address$/m;
is scalar(() = $text =~ /access depends/g), 1, 'the outcome is written once';
like ask($h, 'explain', '--vhost', 'localhost', '--path', '/ours', "$ca/expired.pem")->{output},
    qr/\Aresult +rejected: the certificate would not be verified; the handshake fails$/m, 'also that of a handshake';
$text = ask($h, 'explain', '--vhost', 'localhost', '--path', '/ours', "$ca/alice.pem", "$ca/bob.pem",
    "$ca/expired.pem");
like $text->{output}, qr/^\S+alice\.pem: mapped: user "alice", groups "staff"; access granted$/m, 'a line for each of several';
like $text->{output}, qr/^\S+bob\.pem: mapped: user "bob", groups "staff"; access denied$/m, 'with the outcome';
like $text->{output}, qr/^\S+expired\.pem: rejected: it has expired: \S+; the handshake fails$/m, 'and the reason';
is $text->{exit}, 1, 'and the highest exit status';

# ---- CRLs and responders

$h->s_client(get => '/', cert => 'revoked');
my ($log) = $h->wait_log(qr/CC0106/);
$said = explained('/ours', 'revoked');
my ($reason) = ($log // '') =~ /reason="([^"]*)"/;
like $reason, qr/^it was revoked on \S+ \(keyCompromise\)$/, 'the server rejects a revoked certificate';
is "$said->{result}: $said->{reason}", "rejected: $reason", 'explain rejects it, with the same words';
is "$said->{revocation}{status}: $said->{revocation}{reason}", "revoked: $reason", 'which are those of the CRL';
is $said->{access}{outcome}, 'refused', 'the handshake fails';
is $said->{exit}, 1, 'and the exit status';
like ask($h, 'explain', '--vhost', 'localhost', "$ca/revoked.pem")->{output},
    qr/\Aresult +rejected: \Q$reason\E\n.*^verified +yes\nrevocation +revoked: \Q$reason\E$/ms, 'as text';
$said = explained('/ours', 'alice');
is $said->{revocation}{status}, 'good', 'a certificate that the CRL does not list';
is_deeply $said->{revocation}{not_asked}, [], 'all was asked';
$said = explained('/ours', 'alice', 'b.example');
is $said->{revocation}{status}, undef, 'a host without CRLs';
is_deeply $said->{revocation}{not_asked}, ['ClientCertOCSP'], 'a responder is not asked';
like ask($h, 'explain', '--vhost', 'b.example', "$ca/alice.pem")->{output},
    qr/^not asked +the OCSP responder; use: clientcert revoked$/m, 'and that is said';

# ---- SSLVerifyClient in a section alone

$said = explained('/ours', 'alice', 'a.example');
is "$said->{result}: $said->{reason}",
    'rejected: the server requests no certificate for this path: SSLVerifyClient none', 'a path without SSLVerifyClient';
is $said->{access}{outcome}, 'denied', 'is denied to a client without a certificate';
$said = explained('/later', 'alice', 'a.example');
is "$said->{result} $said->{access}{outcome}", 'mapped depends', 'a path for which the certificate is requested later';

done_testing;
