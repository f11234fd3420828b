# SPDX-License-Identifier: Apache-2.0
# Tests that lint reports error pages to which access is denied, and no others.
use strict;
use warnings;
use ClientCert::Test;

my $rule = 'ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN} group=admin';

# A host with these lines, which begin with line 6.
sub host {
    my ($lines, $port) = @_;
    $port //= '';
    $lines .= section('/admin', 'Require clientcert-group admin');
    return "<VirtualHost *:\@PORT$port\@>\nServerName host$port.example\n\@SSL\@\n"
        . "SSLVerifyClient optional\n$rule\n$lines</VirtualHost>\n";
}

sub section {
    my ($path, @lines) = @_;
    return join "\n", "<Location \"$path\">", @lines, "</Location>\n";
}

sub found {
    my ($conf) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(modules => [qw(auth_basic authz_host rewrite)],
        conf => $conf);
    is $exit, 0, 'it loads' or diag $output;
    return join ', ', $output =~ /CC0739: \S+:(\d+): .*? since \S+:(\d+) denies/g;
}

my $page   = "ErrorDocument 403 /errors/denied.html\n";
my $all    = section('/', 'Require clientcert');
my $errors = section('/errors', 'Require all granted');

is found(host("$page$all")), '6, 7', 'the whole site needs a certificate';
is found(host("$all$page")), '9, 6', 'in any order';
is found(host($page . section('/errors/', 'Require clientcert-user alice'))), '6, 7',
    'its directory does';
is found(host($page . section('/errors/denied.html', 'Require clientcert'))), '6, 7', 'the page itself';
is found(host("$page$errors$all")), '6, 10', 'the later section decides';
is found(host($page . section('/', '<RequireAll>', 'Require all granted', 'Require clientcert',
        '</RequireAll>'))), '6, 7', 'all of several must hold';
is found(host($page . section('/', '<RequireAny>', 'Require clientcert-user alice',
        'Require clientcert-group admin', '</RequireAny>'))), '6, 7', 'one of several that need one';
is found(section('/', 'Require clientcert') . host($page)), '9, 1', 'a section of the main server';

is found(host("$page$all") =~ s/optional/require/r), '', 'not: every client has a certificate';
is found(host("$page$all") =~ s{/admin}{/errors}r), '',
    'not: the same section denies the request and the page';
is found(host("$page$all$errors")), '', 'not: the page is open';
is found(section('/', 'Require clientcert') . host("$page$errors")), '', 'not: it is open in the host';
is found(host($page . section('/admin', 'Require clientcert'))), '', 'not: another section';
is found(host($page . section('/err', 'Require clientcert'))), '', 'not: a path that begins alike';
is found(host($page . section('/', 'Require clientcert', 'Require ip 127.0.0.1'))), '',
    'not: others are admitted, too';
is found(host($page . section('/', 'Require all denied'))), '', 'not: no client is admitted';
is found(host($page . section('/', '<RequireAll>', 'Require all granted', 'Require not clientcert-user a',
        '</RequireAll>'))), '', 'not: only some clients with a certificate are denied';
is found(host($page . $all . "<LocationMatch \"^/errors\">\nRequire all granted\n</LocationMatch>\n")),
    '', 'not: a pattern may match the page';
is found(host("RewriteEngine on\nRewriteRule ^/errors/(.*) /open/\$1\n$page$all")), '',
    'not: the path may be rewritten';
is found(host(section('/a', "ErrorDocument 403 /a/denied", 'Require clientcert'))), '',
    'not: ErrorDocument in a section';
is found(host("ErrorDocument 403 \"denied\"\n$all")), '', 'not: a text';
is found(host("ErrorDocument 403 https://elsewhere.example/\n$all")), '', 'not: another server';
is found(host("$page<Directory />\nAuthType Basic\n</Directory>\n$all")), '', 'not: clients are asked for a password';
is found(host("ErrorDocument 404 /errors/missing.html\n$all")), '', 'not: another status';
is found($page . host($all) . host("$all$errors", 2)), '', 'not: a line of all hosts, one of them is right';

# ---- whether it is true

announce('AH01630', 'CC0110', 'CC0739', 'AH01909');
my $h = ClientCert::Test->server(
    files => { 'htdocs/errors/denied.html' => "our page\n" },
    conf  => host("$page$all") . host("$page$all$errors", 2));
unlike $h->get('/admin')->{body}, qr/our page/, 'the page is not seen';
like $h->get('/')->{body}, qr/our page/, 'except where the same sections apply';
like $h->get('/admin', port => 2)->{body}, qr/our page/, 'with the remedy it is seen';

done_testing;
