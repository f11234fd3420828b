# SPDX-License-Identifier: Apache-2.0
# Tests that only this module sets CLIENTCERT_*: no directive of .htaccess and no page can set such
# a variable, in any spelling that a program may take for it.
use strict;
use warnings;
use ClientCert::Test;

$ENV{CLIENTCERT_PASSED} = 'root';

my %set = (
    setenv   => qq{SetEnv CLIENTCERT_USER root\nSetEnv CLIENTCERT_ROLE admin\n},
    spelled  => qq{SetEnv clientcert_user root\nSetEnv CLIENTCERT-USER root\n}
        . qq{SetEnv CLIENTCERT.GROUPS admins\nSetEnv ClientCert:x root\n},
    unset    => qq{UnsetEnv CLIENTCERT_USER\nUnsetEnv CLIENTCERT_GROUPS\n},
    pass     => qq{PassEnv CLIENTCERT_PASSED\n},
    setenvif => qq{SetEnvIf Host . CLIENTCERT_USER=root CLIENTCERT_ROLE=admin\n},
    browser  => qq{BrowserMatch . CLIENTCERT_GROUPS=admins CLIENTCERT_ROLE=admin\n},
    rewrite  => qq{RewriteEngine on\nRewriteRule ^ - [E=CLIENTCERT_USER:root,E=CLIENTCERT_ROLE:admin]\n},
    before   => qq{SetEnv REDIRECT_CLIENTCERT_USER root\nSetEnv redirect-clientcert_user root\n}
        . qq{SetEnv REDIRECT_REDIRECT_CLIENTCERT_USER root\n},
    own      => qq{SetEnv CLIENTCERTIFICATE mine\nSetEnv MY_CLIENTCERT_USER mine\n},
);
my $h = ClientCert::Test->server(
    modules => [qw(env headers include mime proxy proxy_fcgi rewrite setenvif)],
    cgi     => 1,
    files   => {
        (map { ("htdocs/$_/.htaccess" => $set{$_}, "htdocs/$_/page" => "page\n") } keys %set),
        'htdocs/fcgi/page.html' => "page\n",
        'htdocs/stop/.htaccess' =>
            qq{RewriteEngine on\nRewriteRule ^ - [E=CLIENTCERT_USER:root,F]\n},
        'htdocs/go/.htaccess' =>
            qq{RewriteEngine on\nRewriteRule ^ /cgi-bin/env [E=CLIENTCERT_USER:root]\n},
        'htdocs/ssi/page.shtml' => qq{<!--#set var="CLIENTCERT_USER" value="root" -->\n}
            . qq{<!--#set var="CLIENTCERT_ROLE" value="root" -->\n}
            . qq{<!--#include virtual="/cgi-bin/env" -->\n},
    },
    conf => <<'CONF');
LogFormat "%>s %p %U user=%{CLIENTCERT_USER}e groups=%{CLIENTCERT_GROUPS}e role=%{CLIENTCERT_ROLE}e" who
CustomLog logs/who who
AddType text/html .shtml
AddHandler server-parsed .shtml
Header set X-User "%{CLIENTCERT_USER}e" env=CLIENTCERT_USER
<Directory @ROOT@/htdocs>
    AllowOverride FileInfo
    Options +Includes +FollowSymLinks
</Directory>
<Directory @ROOT@/cgi-bin>
    AllowOverride FileInfo
</Directory>
<Location "/stop">
    ErrorDocument 403 /cgi-bin/env
</Location>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
</VirtualHost>
CONF

my $ours = qr/^(?:REDIRECT[_-])*CLIENTCERT(?![A-Z0-9])/i;

# The module's variables in the environment that a program prints, as one text.
sub seen {
    my ($r) = @_;
    my $env = $h->cgi_env($r);
    return join ' ', map { "$_=$env->{$_}" } sort grep { /$ours/ && $env->{$_} ne '(null)' } keys %$env;
}
my @clients = (
    [alice   => 'CLIENTCERT_GROUPS=staff,admins CLIENTCERT_USER=alice', cert => 'alice'],
    [nobody  => ''],
    ['plain HTTP' => '', port => 2, scheme => 'http'],
);

announce('CC0119');

# ---- programs

for my $way (sort keys %set) {
    $h->file('cgi-bin/.htaccess', $set{$way});
    for (@clients) {
        my ($who, $expected, %o) = @$_;
        is seen($h->get('/cgi-bin/env', %o)), $expected,
            "a program sees only the module's variables: $way, $who";
    }
}
$h->file('cgi-bin/.htaccess', $set{own});
is $h->cgi_env($h->get('/cgi-bin/env'))->{$_}, 'mine', "another name is not changed: $_"
    for 'CLIENTCERTIFICATE', 'MY_CLIENTCERT_USER';
unlink $h->path('cgi-bin/.htaccess');

for (@clients) {
    my ($who, $expected, %o) = @$_;
    my $before = $expected =~ s/CLIENTCERT/REDIRECT_CLIENTCERT/gr;
    my $both   = join ' ', grep { length } $expected, $before;
    is seen($h->get('/go/x', %o)), $both, "so does one that a rule leads to: $who";
    like seen($h->get('/stop/x', %o)), qr/^\Q$expected\E(?!.*root)/, "and an ErrorDocument: $who";
    is seen($h->get('/ssi/page.shtml', %o)), $expected, "and what a page includes: $who";
}

# ---- a FastCGI program, for which mod_proxy_fcgi sets further variables

my %fcgi = (
    'CLIENTCERT_USER root'            => 500,
    '!CLIENTCERT_USER'                => 500,
    'clientcert-groups admins'        => 500,
    'REDIRECT_CLIENTCERT_USER root'   => 500,
    '"CLIENTCERT_ROLE" admin'         => 500,
    'CLIENTCERTIFICATE mine'          => 404,
    'ROLE CLIENTCERT_USER'            => 404,
);
for my $line (sort keys %fcgi) {
    $h->file('htdocs/fcgi/.htaccess', qq{ProxyFCGISetEnvIf "true" $line\n});
    is $h->get('/fcgi/page')->{status}, $fcgi{$line}, "ProxyFCGISetEnvIf $line, in .htaccess";
}
my ($exit, $said) = ClientCert::Test->configtest(
    modules => ['proxy', 'proxy_fcgi'],
    conf    => qq{ProxyFCGISetEnvIf "reqenv('X') == 'y'" CLIENTCERT_USER root\n});
isnt $exit, 0, 'and the server must not set one either';
like $said, qr/CC0119: ProxyFCGISetEnvIf may not change CLIENTCERT_USER/, 'and says why';

# ---- headers and the log

for (@clients) {
    my ($who, undef, %o) = @$_;
    for my $way (sort keys %set) {
        is $h->get("/$way/page", %o)->{headers}{'x-user'} // '-', $who eq 'alice' ? 'alice' : '-',
            "a header has the module's value: $way, $who";
    }
}

$h->stop;
my $log = do { local (@ARGV, $/) = $h->path('logs/who'); <> };
unlike $log, qr/root|role=admin|groups=admins/, 'the access log has no foreign value';
like $log, qr{^403 \d+ /stop/x user=alice groups=staff,admins role=-$}m,
    'but the own value if a rule refused';
like $log, qr{^200 \d+ /ssi/page\.shtml user=alice groups=staff,admins role=-$}m,
    'and where a page set another';

done_testing;
