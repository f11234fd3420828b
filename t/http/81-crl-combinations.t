# SPDX-License-Identifier: Apache-2.0
# Knows that a revoked certificate opens no door by the modules that authorise, rewrite, include or
# negotiate beside ours.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;

my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('alice');

# What each path is protected by.
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
    ClientCertCRL conf/staff.crl
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

announce('CC0104', 'CC0110', 'AH01630', 'AH01797', qr/unable to include/);
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
    global => "Protocols h2 http/1.1\n",
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
for my $http2 (0, 1) {
    my $version = $http2 ? 'HTTP/2' : 'HTTP/1.1';
    for my $path (sort keys %paths) {
        my $bob = $h->get($path, cert => 'bob', http2 => $http2);
        like $bob->{body}, qr/\Q$paths{$path}/, "$version: $path, which is open to bob,";
        my $alice  = $h->get($path, cert => 'alice', http2 => $http2);
        my $public = $path =~ m{^/(?:included|rewritten|cgi-bin)} ? 200 : 403;
        is $alice->{status}, $public, 'and to alice is not, who is revoked';
        unlike $alice->{body}, $closed, 'and sees nothing of it';
    }
}

done_testing;
