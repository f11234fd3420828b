# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate revoked during its connection gains no access through other modules that
# authorize, rewrite, include or negotiate, and that it opens no other connection.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Held;
use ClientCert::Test::Refusal;

my $staff = ClientCert::Test::Crl->new('staff');

# The protection of each path.
my %protected = (
    required       => "Require clientcert\n",
    listed         => "Require clientcert\n",
    any            => "<RequireAny>\nRequire user alice bob\nRequire clientcert-user alice bob\n"
        . "Require clientcert-group staff\n</RequireAny>\n",
    satisfy        => "Order deny,allow\nDeny from all\nSatisfy Any\nRequire clientcert\n",
    'satisfy-user' => "Order deny,allow\nDeny from all\nSatisfy Any\nRequire valid-user\n",
    'group-file'   => "AuthGroupFile conf/groups\nRequire group staff\n",
    expression     => "Require expr \"clientcert('user') in {'alice', 'bob'}"
        . " || %{REMOTE_USER} =~ /./ || 'staff' in clientcert('group')\"\n",
);

my $locations = join '', map { "<Location /$_>\n$protected{$_}</Location>\n" } sort keys %protected;
my $host      = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertCRL conf/staff.crl reload=0.1
    ClientCertCRLCheck leaf
    ClientCertMap subject.CN =~ "(.+)" user=$1 group=staff
    ErrorDocument 403 /included.shtml
    <Directory @ROOT@/htdocs>
        Options +Includes +Indexes +MultiViews
        AddType text/html .shtml
        AddType text/plain .txt
        AddOutputFilter INCLUDES .shtml
    </Directory>
    RewriteEngine on
    RewriteCond %{LA-U:REMOTE_USER} .
    RewriteRule ^/rewritten/ /required/page.txt [PT]
CONF

announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH01797', 'AH02039', qr/unable to include|SSL Library Error/);
my $h = ClientCert::Test->server(
    modules => [qw(access_compat alias authz_groupfile authz_user autoindex http2 include mime
        negotiation rewrite)],
    cgi   => 1,
    files => {
        'conf/staff.crl' => $staff->crl,
        'conf/groups'    => "staff: alice bob\n",
        'htdocs/rewritten/page.txt' => "for everybody\n",
        'htdocs/included.shtml' => '<!--#include virtual="/required/page.txt" -->'
            . "user=<!--#echo var=\"REMOTE_USER\" -->\n",
        map { ("htdocs/$_/page.txt" => "SECRET\n") } keys %protected,
    },
    # One process: when it logs that it has reloaded the CRL, all connections are affected.
    global => "Protocols h2 http/1.1\nServerLimit 1\nThreadLimit 64\nThreadsPerChild 64\n"
        . "MaxSpareThreads 64\nKeepAliveTimeout 300\n",
    conf   => "$host$locations</VirtualHost>\n");

my %paths = (
    (map { ("/$_/page.txt" => 'SECRET') } grep { $_ ne 'listed' } keys %protected),
    '/listed/'             => 'page.txt',
    '/required/page'       => 'SECRET',
    '/included.shtml'      => 'SECRET',
    '/rewritten/page.txt'  => 'SECRET',
    '/cgi-bin/env'         => 'REMOTE_USER=bob',
);
my $closed = qr/SECRET|page\.txt|alice|CLIENTCERT_/;

my %open = map { $_ => $h->connection(cert => 'alice') } keys %paths;
my %held = map { $_ => hold($h, 'alice', $_) } keys %paths;
for my $path (sort keys %paths) {
    my ($http2, $http1) = ($h->get($path, cert => 'bob', http2 => 1), $h->get($path, cert => 'bob'));
    like $_->{body}, qr/\Q$paths{$path}/, "$path is open to bob" for $http1, $http2;
    my $alice = $open{$path}->request($path);
    like $alice->{body}, qr/SECRET|page\.txt|REMOTE_USER=alice/, 'and to alice,';
}

$staff->revoke('alice');
replace($h->path('conf/staff.crl'), $staff->crl);
ok $h->wait_log(qr/CC0173/, 30), 'who is revoked then';
for my $path (sort keys %paths) {
    my $alice = $open{$path}->request($path);
    is_refused($alice, "HTTP/1.1: $path is closed to her");
    unlike $alice->{body}, $closed, 'and she sees nothing of it';
    (undef, $alice) = go_on($h, $held{$path});
    is "$alice->{status} $alice->{connects}", '403 0', "HTTP/2: $path is closed to her";
    unlike $alice->{body}, $closed, 'and she sees nothing of it';
}
is_refused_in_handshake($h, 'alice', 'it was revoked on .*', 'the next connection', http2 => $_)
    for 0, 1;

done_testing;
