# SPDX-License-Identifier: Apache-2.0
# Compares clientcert explain with the server that runs the same configuration: every certificate of
# the tests, on virtual hosts that verify in different ways, for paths with every kind of Require.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Command;
use ClientCert::Test::Crl;
use ClientCert::Test::Tool;

use File::Temp ();
use JSON::PP ();

my $ca    = ClientCert::Test->ca;
my $tmp   = File::Temp->newdir;
my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('revoked', 'keyCompromise');

# ---- paths: a <Location> for each, in the main server

my %sections = (
    open        => 'Require all granted',
    shut        => 'Require all denied',
    valid       => 'Require valid-user',
    user        => 'Require user alice',
    ours        => 'Require clientcert-user alice bob',
    group       => 'Require clientcert-group staff',
    condition   => 'Require clientcert subject.OU == staff subject.CN != bob',
    some        => 'Require clientcert',
    not         => "<RequireAll>\nRequire all granted\nRequire not clientcert-group admins\n</RequireAll>",
    'not-user'  => "<RequireAll>\nRequire all granted\nRequire not user bob\n</RequireAll>",
    any         => "Require user alice\nRequire clientcert-group services",
    none        => "<RequireAll>\nRequire valid-user\n<RequireNone>\nRequire user bob\n"
        . "Require clientcert-group admins\n</RequireNone>\n</RequireAll>",
    nested      => "<RequireAny>\n<RequireAll>\nRequire clientcert-group staff\nRequire method POST\n"
        . "</RequireAll>\nRequire user bob\n</RequireAny>",
    limit       => "<Limit POST>\nRequire all denied\n</Limit>",
    except      => "<LimitExcept POST>\nRequire user alice\n</LimitExcept>",
    'merge'     => 'Require clientcert-group staff',
    'merge/and' => "AuthMerging And\nRequire user bob",
    'merge/or'  => "AuthMerging Or\nRequire all granted",
    'merge/off' => 'Require user alice',
    alias       => 'Require staffers',
    off         => "ClientCertAuth Off\nRequire valid-user",
    'off-group' => "ClientCertAuth Off\nRequire clientcert-group staff",
    basic       => "AuthType Basic\nAuthName x\nRequire valid-user",
    'basic-one' => "AuthType Basic\nAuthName x\nRequire user alice",
    'basic-off' => "AuthType Basic\nAuthName x\nClientCertAuth Off\nRequire valid-user",
    'basic-any' => "AuthType Basic\nAuthName x\nRequire valid-user\nRequire clientcert-group services",
    same         => "AuthType Basic\nAuthName x\nRequire clientcert-same-user",
    'same-off'   => "AuthType Basic\nAuthName x\nClientCertAuth Off\nRequire clientcert-same-user nocase",
    'same-or'    => "AuthType Basic\nAuthName x\nRequire clientcert-same-user\nRequire clientcert-group services",
    'same-none'  => 'Require clientcert-same-user',
    fall         => "AuthType Basic\nAuthName x\nClientCertAuth Fallback\nRequire user alice",
    'fall-group' => "AuthType Basic\nAuthName x\nClientCertAuth Fallback\nRequire clientcert-group staff",
    'fall-shut'  => "AuthType Basic\nAuthName x\nClientCertAuth Fallback\nRequire all denied",
    'fall-not'   => "AuthType Basic\nAuthName x\nClientCertAuth Fallback\n<RequireAll>\nRequire all granted\n"
        . "Require not user bob\n</RequireAll>",
    'fall-same'  => "AuthType Basic\nAuthName x\nClientCertAuth Fallback\nRequire clientcert-same-user",
    'fall-none'  => "ClientCertAuth Fallback\nRequire user alice",
    bound        => 'Require clientcert-bound %{env:TOKEN_X5T}',
    'bound-not'  => "<RequireAll>\nRequire all granted\nRequire not clientcert-bound \"%{REMOTE_USER}\"\n</RequireAll>",
    type        => "AuthType ClientCert\nRequire valid-user",
    nothing     => 'AuthType ClientCert',
    method      => "Require method GET HEAD",
    expr        => q(Require expr "'staff' -in clientcert('group') || %{REMOTE_USER} == 'bob'"),
    variable    => 'Require env CLIENTCERT_USER CLIENTCERT_GROUPS',
    satisfy     => "Order deny,allow\nDeny from all\nSatisfy Any\nRequire user alice",
    'any-open'  => "Satisfy Any\nRequire all denied",
    compat      => "Order allow,deny\nAllow from all\nRequire valid-user",
    'deny'      => "Order allow,deny\nDeny from all\nRequire all granted",
    verified    => 'Require ssl-verify-client',
    tls         => 'Require ssl',
    rules       => "ClientCertMap issuer under \"O=Example\" user=%{subject.CN|first|lower}-here\nRequire user bob-here",
    'if-ssl'    => "Require all granted\n<If \"%{SSL_CLIENT_VERIFY} == 'SUCCESS' && %{SSL_CLIENT_S_DN_CN} == 'bob'\">\nRequire all denied\n</If>",
    'if-early'  => "Require all granted\n<If \"%{REMOTE_USER} == 'bob'\">\nRequire all denied\n</If>",
    'if-https'  => "Require all granted\n<If \"%{HTTPS} != 'on'\">\nRequire all denied\n</If>",
    'rewrite'   => 'Require all granted',
    'if'        => "Require all granted\n<If \"clientcert('user') == 'bob'\">\nRequire all denied\n</If>",
);
my %files = map { ("htdocs/$_" => "page\n") } qw(page files/page files/sub/page files/open/page);
my @paths = ((map { "/p/$_" } sort keys %sections),
    qw(/page /files/page /files/sub/page /files/open/page /moved /p/merge/and/more //p/./user));

my $sections = join '', map { "<Location \"/p/$_\">\n$sections{$_}\n</Location>\n" }
    sort keys %sections;

# ---- virtual hosts

my %hosts = (
    'localhost' => "SSLVerifyClient optional",
    'a.example' => "SSLVerifyClient require\nClientCertCRL conf/staff.crl\nClientCertCRLCheck leaf",
    'b.example' => "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 2\nClientCertMap group=everybody",
    'd.example' => "SSLVerifyClient optional_no_ca\nClientCertTolerate On\n"
        . "ClientCertCRL conf/staff.crl missing=allow\nClientCertCRLCheck leaf",
    'ab.example' => "SSLVerifyClient none",
);
my $hosts = join '', map { <<"HOST" } sort keys %hosts;
<VirtualHost *:\@PORT\@>
    ServerName $_
    \@SSL:@{[/^d/ ? 'a.example' : $_]}\@
    $hosts{$_}
    RewriteEngine On
    RewriteRule ^/moved https://elsewhere.example/ [R]
    RewriteCond %{HTTPS} off
    RewriteRule . - [F]
    RewriteCond %{SSL:SSL_CLIENT_S_DN_CN} =bob
    RewriteRule ^/p/rewrite - [F]
</VirtualHost>
HOST

my $h = ClientCert::Test->server(
    modules => [qw(alias rewrite headers authn_file authn_core auth_basic authz_user authz_host access_compat)],
    files   => {
        %files,
        'conf/staff.crl'             => $staff->crl,
        'htdocs/files/.htaccess'     => "Require clientcert-group staff\n",
        'htdocs/files/open/.htaccess' => "<RequireAny>\nRequire user bob\nRequire all granted\n</RequireAny>\n",
    },
    conf => <<"CONF");
LogLevel crit
Header always set X-Identity "expr=%{REMOTE_USER} %{clientcert:group}"
AliasMatch ^/p/ \@ROOT\@/htdocs/page
<AuthzProviderAlias clientcert-group staffers staff>
</AuthzProviderAlias>
ClientCertMap subject.CN == partner deny
ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1 group=staff
ClientCertMap issuer under "O=Example" group=%{subject.OU} group=verified
ClientCertMap san.uri =~ "spiffe://.*" group=services
<Directory "\@ROOT\@/htdocs">
    AllowOverride All
</Directory>
$sections$hosts
CONF

# ---- what the server does, and what the tool says

my @certificates = qw(alice bob admin service partner expired notyet revoked stranger selfsigned
    serveronly ca-client noeku deep comma-o nul-cn two-cn two-mail multi-rdn no-subject bmp-cn);
push @certificates, certificate('self-server', '/CN=self-server', self => 1, extension => 'extendedKeyUsage = serverAuth');

# Of its name, or of what certificate() gives.
sub file_of {
    my ($cert) = @_;
    return $cert =~ m{/} ? $cert : "$ca/$cert";
}

# "STATUS USER GROUPS" by path; status 000: the handshake failed.
sub served {
    my ($host, $cert) = @_;
    my @urls = map { ('-o', '/dev/null', "https://$host:" . $h->port . $_) } @paths;
    my (undef, $output) = run_command('', 'curl', '-sqk', '--noproxy', '*', '--fail-early', '--path-as-is',
        '--http1.1', '--resolve', "$host:" . $h->port . ':127.0.0.1', '--cert', file_of($cert) . '.pem', '--key',
        file_of($cert) . '.key', '-w', '%{http_code} %header{x-identity}\n', @urls);
    my @lines = split /\r?\n/, $output;
    return map { ($paths[$_] => $lines[$_] // '000 ') } 0 .. $#paths;
}

my %status = (granted => 200, denied => 403, password => 401, refused => '000');

sub said {
    my ($answer) = @_;
    my $access = $answer->{access};
    my $status = $access->{status} // $status{ $access->{outcome} } // $access->{outcome};
    return '000 ' if $status eq '000';
    return "$status " if $answer->{result} eq 'rejected' || !$answer->{verdict};
    my $off  = grep { /ClientCertAuth is Off/ } @{ $answer->{notes} };
    my $user = $off ? '' : $answer->{verdict}{user} // '';
    return join ' ', $status, $user, join ',', map { $_->{name} } @{ $answer->{verdict}{groups} };
}

sub explained {
    my ($host, $path) = @_;
    my $output = ask($h, 'explain', '--json', '--vhost', $host, '--path', $path,
        map { file_of($_) . '.pem' } @certificates)->{output};
    my @answers = map { said(JSON::PP->new->utf8->decode($_)) } split /\n/, $output;
    return map { ($certificates[$_] => $answers[$_] // 'none') } 0 .. $#certificates;
}

# The tool is asked about each path on one host, and on two of the other four.
sub asked_of {
    my ($host) = @_;
    my ($number) = grep { (sort keys %hosts)[$_] eq $host } 0 .. keys(%hosts) - 1;
    return @paths if $host eq 'localhost';
    return @paths[grep { ($_ + $number) % 2 } 0 .. $#paths];
}

my (%served, %explained, %count);
for my $host (sort keys %hosts) {
    $served{$host}{$_}    = { served($host, $_) } for @certificates;
    $explained{$host}{$_} = { explained($host, $_) } for asked_of($host);
}

# Whether SetEnvIf sets a variable, and whether a client that mod_ssl has verified, but for which it
# is no client, uses HTTP/2, are not in the certificate. The variables of mod_ssl are not known.
my $uncertain = qr{^/p/(?:variable|bound|verified|if-ssl|rewrite)$};

sub differences {
    my ($server, $tool) = @_;
    my @found;
    for my $cert (@certificates) {
        for my $path (asked_of($tool)) {
            my @both = ($served{$server}{$cert}{$path}, $explained{$tool}{$path}{$cert});
            s/^(?!200)(\d+) .*/$1/, s/ +/ /g, s/ $// for @both;
            next if $both[1] =~ /^depends\b/ && $path =~ $uncertain;
            push @found, "$cert at $tool$path: the server says $both[0], the tool says $both[1]"
                if $both[0] ne $both[1];
        }
    }
    return @found;
}

for my $host (sort keys %hosts) {
    my @found = differences($host, $host);
    diag(join "\n", @found[0 .. ($#found < 40 ? $#found : 40)]) if @found;
    is_deeply \@found, [], "$host: the tool agrees with the server";
    $count{ substr $_, 0, 3 }++ for map { values %$_ } values %{ $served{$host} };
}
cmp_ok $count{$_} // 0, '>', 20, "of which $_: " . ($count{$_} // 0) for qw(000 200 401 403 500 302);
cmp_ok scalar differences('a.example', 'localhost'), '>', 50, 'the comparison finds other answers';

done_testing;
