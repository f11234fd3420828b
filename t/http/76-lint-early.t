# SPDX-License-Identifier: Apache-2.0
# Tests that lint reports directives that run before the user is known, or use a variable that is
# never set, and no others.
use strict;
use warnings;
use ClientCert::Test;

my $rule = 'ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN}';

# The lines of a virtual host with findings; its own lines begin at 1.
sub found {
    my ($lines, $tag) = @_;
    $tag //= 'CC0730';
    my ($exit, $output) = ClientCert::Test->configtest(
        modules => [qw(access_compat headers rewrite setenvif)],
        conf => "<VirtualHost *:\@PORT\@> \nServerName localhost\n\@SSL\@\nSSLVerifyClient optional\n"
            . "RewriteEngine on\n$lines</VirtualHost>\n");
    is $exit, 0, 'it loads' or diag $output;
    return join ' ', map { $_ - 5 } $output =~ /$tag: \S+:(\d+):/g;
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

# ---- other directives that run early, also in sections

sub in_a { return "<Location /a>\n$_[0]\n</Location>\n" }

my %early = (
    'If with the user'            => qq[<If "%{REMOTE_USER} == 'bob'">\nRequire all denied\n</If>],
    'If with a variable'          => qq[<If "%{ENV:CLIENTCERT_USER} == 'bob'">\nRequire all denied\n</If>],
    'If with reqenv'              => qq[<If "reqenv('CLIENTCERT_USER') == 'bob'">\nRequire all denied\n</If>],
    'SetEnvIf with a variable'    => 'SetEnvIf CLIENTCERT_USER bob is_bob',
    'SetEnvIfNoCase'              => 'SetEnvIfNoCase clientcert_user bob is_bob',
    'SetEnvIf with the user'      => 'SetEnvIf Remote_User bob is_bob',
    'SetEnvIfExpr'                => q[SetEnvIfExpr "%{REMOTE_USER} == 'bob'" is_bob],
    'SSLRequire'                  => 'SSLRequire %{REMOTE_USER} eq "bob"',
    'SSLRequire with a variable'  => 'SSLRequire %{ENV:CLIENTCERT_USER} eq "bob"',
);
is found("$rule\n" . in_a($early{$_})), '3', $_ for sort keys %early;
is found("$rule\nSetEnvIf CLIENTCERT_USER bob is_bob\n"), '2', 'outside of sections, too';
is found("$rule\nRequestHeader set X-User %{CLIENTCERT_USER}e early\n"), '2', 'RequestHeader early';
is found("$rule\nHeader set X-User \"expr=%{REMOTE_USER}\" early\n"), '2', 'Header early';
is found("<Location /b>\n$rule\n</Location>\n" . in_a($early{SSLRequire})), '5',
    'if the rules are in a section';

my %fine = (
    'If with clientcert()'        => qq[<If "clientcert('user') == 'bob'">\nRequire all granted\n</If>],
    'If about something else'     => qq[<If "%{REMOTE_ADDR} == '::1'">\nRequire all denied\n</If>],
    'SetEnvIf with a header'      => 'SetEnvIf User-Agent bob is_bob',
    'SetEnvIfExpr with clientcert()' => q[SetEnvIfExpr "clientcert('user') == 'bob'" is_bob],
    'SSLRequire about something else' => 'SSLRequire %{SSL_CIPHER} ne "NULL"',
    'Require expr with the user'  => q[Require expr %{REMOTE_USER} == 'bob'],
    'Require expr with a variable' => q[Require expr reqenv('CLIENTCERT_USER') == 'bob'],
    'RequestHeader'               => 'RequestHeader set X-User %{CLIENTCERT_USER}e',
    'RequestHeader with the value early' => 'RequestHeader set X-User "%{CLIENTCERT_USER}e early"',
);
is found("$rule\n" . in_a($fine{$_})), '', "not: $_" for sort keys %fine;
is found(in_a($early{'If with the user'})), '', 'not: the user where there are no rules';

# ---- variables that are never set

sub unset { return found($_[0], 'CC0738') }

is unset("$rule\n" . in_a('Require env CLIENTCERT_MAIL')), '3', 'Require env';
is unset("$rule\nClientCertExport USER\n" . in_a("<RequireAll>\nRequire all granted\n"
            . "Require not env clientcert_mail\n</RequireAll>")), '6', 'Require not env, in any case';
is unset("$rule\n" . in_a('Require env CLIENTCERT_USER CLIENTCERT_MAIL')), '3', 'one of several';
is unset("$rule\n" . in_a("Order deny,allow\nDeny from all\nAllow from env=CLIENTCERT_MAIL")), '5',
    'Allow from env=';
is unset(in_a('Require env CLIENTCERT_USER')), '2', 'the user where there are no rules';

is unset("$rule\n" . in_a('Require env CLIENTCERT_USER CLIENTCERT_GROUPS')), '',
    'not: what is exported by default';
is unset("$rule\nClientCertExport MAIL=san.email\n" . in_a('Require env CLIENTCERT_MAIL')), '',
    'not: what is exported';
is unset("$rule\n<Location />\nClientCertExport MAIL=san.email\n</Location>\n"
        . in_a('Require env CLIENTCERT_MAIL')), '', 'not: what a section exports';
is unset("$rule\n" . in_a('Require env MAIL')), '', 'not: a variable of another name';

# ---- whether it is true

announce(qw(AH01630 AH02229 CC0110 CC0730 CC0738));
my @sections = (%early, 'Require env' => 'Require env CLIENTCERT_MAIL');
my %constant = @sections;
$constant{$_} .= "\nRequire env is_bob" for grep { /^SetEnvIf/ } keys %constant;
my @claims = sort keys %constant;
my $h      = ClientCert::Test->server(
    modules => [qw(setenvif)],
    files   => { map { ("htdocs/$_/page" => "page\n") } 0 .. $#claims },
    conf    => "<VirtualHost *:\@PORT\@>\nServerName localhost\n\@SSL\@\nSSLVerifyClient optional\n"
        . "$rule\n"
        . join('', map { "<Location /$_>\n$constant{$claims[$_]}\n</Location>\n" } 0 .. $#claims)
        . "</VirtualHost>\n");
for my $i (0 .. $#claims) {
    my @status = map { $h->get("/$i/page", cert => $_)->{status} } qw(alice bob);
    is $status[1], $status[0], "$claims[$i]: the user makes no difference";
}

done_testing;
