# SPDX-License-Identifier: Apache-2.0
# Tests that lint reports rewrite rules that run before the user is known, and no others.
use strict;
use warnings;
use ClientCert::Test;

my $rule = 'ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN}';

# The lines of a virtual host with findings; its own lines begin at 1.
sub found {
    my ($lines) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(modules => ['rewrite'],
        conf => "<VirtualHost *:\@PORT\@> \nServerName localhost\n\@SSL\@\nSSLVerifyClient optional\n"
            . "RewriteEngine on\n$lines</VirtualHost>\n");
    is $exit, 0, 'it loads' or diag $output;
    return join ' ', map { $_ - 5 } $output =~ /CC0730: \S+:(\d+):/g;
}

my $f = 'RewriteRule ^/block - [F]';
is found("$rule\nRewriteCond %{ENV:CLIENTCERT_USER} =bob\n$f\n"), '2',
    'a condition on a variable of the module';
is found("$rule\nRewriteCond %{env:clientcert_GROUPS} admins\n$f\n"), '2', 'in any case';
is found("$rule\nRewriteCond %{REMOTE_USER} =bob\n$f\n"), '2', 'and on the user';
is found("$rule\nRewriteCond expr \"%{REMOTE_USER} == 'bob'\"\n$f\n"), '2', 'in an expression too';
is found("$rule\nRewriteRule ^/home /users/%{REMOTE_USER}\n"), '2', 'a rule that makes a path of it';
is found("RewriteCond %{REMOTE_USER} =bob\n$f\n<Location /a>\n$rule\n</Location>\n"), '1',
    'if the rules are in a section';

is found("$rule\nRewriteCond %{LA-U:REMOTE_USER} =bob\n$f\n"), '', 'not: a look-ahead';
is found("$rule\nRewriteCond %{LA-U:ENV:CLIENTCERT_USER} =bob\n$f\n"), '', 'not: for a variable';
is found("$rule\nRewriteCond expr \"clientcert('user') == 'bob'\"\n$f\n"), '',
    'not: an expression of the module';
is found("$rule\n<Location />\nRewriteCond %{ENV:CLIENTCERT_USER} =bob\nRewriteRule ^ - [F]\n</Location>\n"),
    '', 'not: in a section';
is found("RewriteCond %{REMOTE_USER} =bob\n$f\n"), '', 'not: where there are no rules';

done_testing;
