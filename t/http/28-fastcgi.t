# SPDX-License-Identifier: Apache-2.0
# Tests that .htaccess cannot set the module's variables for a FastCGI program, although a directive
# of mod_proxy_fcgi sets variables after all other modules.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;

my $when = 'ProxyFCGISetEnvIf "true"';
my %refused = (
    set     => qq{$when CLIENTCERT_USER "root"\n},
    quoted  => qq{$when "CLIENTCERT_USER" root\n},
    removed => qq{$when !CLIENTCERT_GROUPS\n},
    spelled => qq{proxyfcgisetenvif true clientcert-user root\n},
    before  => qq{$when REDIRECT_CLIENTCERT_USER root\n},
    spaces  => qq{ProxyFCGISetEnvIf   "true && 'a b' == 'a b'"   CLIENTCERT_ROLE   admin\n},
    section => qq{<Files page.php>\n$when CLIENTCERT_USER root\n</Files>\n},
);
my $fcgi = backend('fcgi');
my $h    = ClientCert::Test->server(
    modules => [qw(proxy proxy_fcgi)],
    files   => {
        (map { ("htdocs/$_/.htaccess" => $refused{$_}, "htdocs/$_/page.php" => "page\n") }
            keys %refused),
        'htdocs/own/.htaccess' => qq{$when MY_USER "%{REMOTE_USER}"\n$when CLIENTCERTIFICATE mine\n},
        'htdocs/own/page.php'  => "page\n",
    },
    conf => <<'CONF' =~ s/BACKEND/$fcgi->url/egr);
<Directory @ROOT@/htdocs>
    AllowOverride FileInfo
    <Files "*.php">
        SetHandler "proxy:BACKEND"
    </Files>
</Directory>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
    <Location "/own">
        ProxyFCGISetEnvIf "reqenv('CLIENTCERT_USER') == 'alice'" MY_ROLE boss
    </Location>
</VirtualHost>
CONF
announce('CC0119');

for my $way (sort keys %refused) {
    for my $o ([], [cert => 'alice']) {
        my $r = $h->get("/$way/page.php", @$o);
        is $r->{status}, 500, join ' ', 'a .htaccess file with such a line is refused:', $way, @$o;
        unlike $r->{body}, qr/CLIENTCERT/, 'and the program is not asked';
    }
}
ok $h->log_lines(qr{set/\.htaccess: CC0119: .*CLIENTCERT_USER}), 'the log names file and variable';

my $body = $h->get('/own/page.php', cert => 'alice')->{body};
like $body, qr/^$_$/m, "the program sees $_"
    for 'CLIENTCERT_USER=alice', 'CLIENTCERT_GROUPS=staff,admins', 'MY_USER=alice',
    'CLIENTCERTIFICATE=mine', 'MY_ROLE=boss';
unlike $h->get('/own/page.php')->{body}, qr/^CLIENTCERT_/m, 'and none for nobody';

my ($refused, $why) = ClientCert::Test->configtest(
    modules => [qw(proxy proxy_fcgi)],
    conf    => "ProxyFCGISetEnvIf true CLIENTCERT_USER root\n",
);
isnt $refused, 0, 'such a line of the server ends the start';
like $why, qr/CC0119: .*CLIENTCERT_USER/, 'and the reason is told';

# Without mod_proxy_fcgi that directive does not exist.
my ($status, $said) = ClientCert::Test->configtest(
    modules => ['-proxy_fcgi'],
    conf    => "ProxyFCGISetEnvIf true MY_USER x\n",
);
isnt $status, 0, 'without mod_proxy_fcgi it ends the start';
like $said, qr/ProxyFCGISetEnvIf/, 'as an unknown one does';

done_testing;
