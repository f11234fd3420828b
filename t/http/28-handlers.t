# SPDX-License-Identifier: Apache-2.0
# Tests which handlers of the module .htaccess can select: the page about the client, but never the
# metrics of the server.
use strict;
use warnings;
use ClientCert::Test;

my %htaccess = (
    handler => "SetHandler clientcert-metrics\n",
    expr    => qq{SetHandler "expr=clientcert-metrics"\n},
    files   => "<Files page>\nSetHandler clientcert-metrics\n</Files>\n",
    add     => "AddHandler clientcert-metrics .txt\n",
    rule    => "RewriteEngine on\nRewriteRule ^ - [H=clientcert-metrics]\n",
    list    => "SetHandler clientcert-metrics\n",
);
my $h = ClientCert::Test->server(
    modules => ['mime', 'rewrite'],
    files   => {
        (map { ("htdocs/$_/.htaccess" => $htaccess{$_}, "htdocs/$_/page" => "page\n") } keys %htaccess),
        'htdocs/add/page.txt'     => "page\n",
        'htdocs/whoami/.htaccess' => "SetHandler clientcert-status\n",
        'htdocs/.htaccess'        => "AddType text/plain .txt\n",
        'htdocs/numbers/.htaccess' => "SetHandler none\n",
        'htdocs/numbers/page'     => "page\n",
    },
    conf => <<'CONF');
<Directory @ROOT@/htdocs>
    AllowOverride FileInfo
    Options +FollowSymLinks
</Directory>
<Directory @ROOT@/htdocs/list>
    AllowOverride None
    AllowOverrideList SetHandler
</Directory>
<Directory @ROOT@/htdocs/numbers>
    SetHandler clientcert-metrics
</Directory>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/metrics/none">
        SetHandler none
    </Location>
</VirtualHost>
CONF
announce('CC0113', 'CC0114');

for my $path (map { "/$_/page" . ($_ eq 'add' ? '.txt' : '') } sort keys %htaccess) {
    my $r = $h->get($path);
    like $r->{status}, qr/^(?:403|500)$/, ".htaccess cannot show the metrics: $path";
    unlike $r->{body}, qr/# TYPE/, "nor any of them: $path";
}
ok $h->log_lines(qr{handler/\.htaccess: CC0113: }), 'the log names the file';
like $h->get('/metrics')->{body}, qr/^# TYPE clientcert_/m,
    q{the server's own SetHandler can, also below a folder with .htaccess};
is $h->get('/metrics/none')->{status}, 404, 'until another SetHandler';
is $h->get('/numbers/page')->{body}, "page\n", 'which may be that of .htaccess';
like $h->get('/whoami/', cert => 'alice')->{body}, qr/alice/,
    'clientcert-status shows a client its own data, and is legal in .htaccess';

done_testing;
