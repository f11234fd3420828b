# SPDX-License-Identifier: Apache-2.0
# Tests that an included document has the variables of its own rules, whatever the including page or
# a rewrite rule sets.
use strict;
use warnings;
use ClientCert::Test;

# Texts: rewrite rules answer 403 where they see values that are not the module's. Programs print
# the values that they see.
sub texts { return join '', map { "<!--#include virtual=\"/$_.txt\" -->\n" } @_ }
sub including { return join '', map { "---\n<!--#include virtual=\"/cgi-bin/env$_\" -->\n" } @_ }
my $set = join '', map { "<!--#set var=\"CLIENTCERT_$_\" value=\"root\" -->\n" } qw(USER OTHER);

# The rewrite rules of the second host set a variable before the fixups.
my $site = <<'CONF';
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=$1
    AddOutputFilter INCLUDES .shtml
    <Location "/">
        Require valid-user
    </Location>
    <DirectoryMatch "@ROOT@/(?:htdocs|cgi-bin)">
        Options +Includes +FollowSymLinks
        RewriteEngine On
        RewriteCond %{ENV:CLIENTCERT_USER}%{ENV:CLIENTCERT_OTHER}%{ENV:CLIENTCERT_FORGED} root
        RewriteRule \.txt$ - [F]
        RewriteCond %{ENV:CLIENTCERT_USER}%{ENV:CLIENTCERT_OTHER}%{ENV:CLIENTCERT_FORGED} root
        RewriteRule ^ - [E=SEEN:root]
    </DirectoryMatch>
    <Location "/cgi-bin/env/added">
        SetEnv CLIENTCERT_FORGED root
    </Location>
    <Location "/cgi-bin/env/swapped">
        RewriteRule ^ - [E=!SERVER_SOFTWARE,E=CLIENTCERT_FORGED:root]
    </Location>
    <Location "/cgi-bin/env/changed">
        RewriteRule ^ - [E=CLIENTCERT_USER:root]
    </Location>
    <Location "/cgi-bin/env/other">
        ClientCertMap subject.OU|first =~ "(.+)" user=$1
    </Location>
CONF

my $h = ClientCert::Test->server(
    cgi     => 1,
    modules => [qw(include mime filter rewrite authz_user env)],
    files   => {
        'htdocs/page.shtml' => including('', '') . $set . including('', '')
            . including('/forged', '/forged', '', '/forged'),
        'htdocs/texts.shtml' => texts('plain', 'plain') . $set . texts('plain', 'plain')
            . texts('forged', 'forged', 'plain', 'forged'),
        (map { ("htdocs/$_.txt" => "$_\n") } 'plain', 'forged'),
        'htdocs/fixups.shtml' => including('', '/added', '/swapped', '/changed'),
        'htdocs/mixed.shtml' => including('', '', '/other', '', '/other'),
    },
    conf => <<"CONF");
<VirtualHost *:\@PORT\@>
$site
</VirtualHost>
<VirtualHost *:\@PORT2\@>
$site
    RewriteEngine On
    RewriteRule /forged(\\.txt)?\$ - [E=CLIENTCERT_FORGED:root]
</VirtualHost>
CONF

# The variables that matter, of each part that a page includes.
sub included {
    my ($path, $port) = @_;
    my (undef, @parts) = split /^---\n/m, $h->get($path, cert => 'alice', port => $port)->{body};
    return [map { join ' ', sort /^((?:CLIENTCERT_|REMOTE_USER|SEEN).*)$/mg } @parts];
}

sub of { my ($user) = @_; return "CLIENTCERT_USER=$user REMOTE_USER=$user" }

for my $port ('', 2) {
    is_deeply included('/page.shtml', $port), [map { of('alice') } 1 .. 8],
        'neither #set nor a rewrite rule gives an include a user, and no rewrite rule sees one';
    my @words = $h->get('/texts.shtml', cert => 'alice', port => $port)->{body} =~ /(\w+)/g;
    is "@words", 'plain plain plain plain forged forged plain forged',
        'the same with the configuration of the page itself';
    is_deeply included('/mixed.shtml', $port),
        [map { of($_) } qw(alice alice staff alice staff)],
        'an include with its own rules has their user, and the next include that of the page';
    is_deeply included('/fixups.shtml', $port), [map { of('alice') } 1 .. 4],
        'the fixups of an include neither change nor add a variable of the module';
}

done_testing;
