# SPDX-License-Identifier: Apache-2.0
# Tests the output of clientcert show, and that a server accepts the rule that it suggests.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Tool;

use JSON::PP ();

my $ca = ClientCert::Test->ca;
sub json { return JSON::PP->new->utf8->decode(tool('show', '--json', @_)->{output}) }
sub shown { return tool('show', @_)->{output} }

# ---- text

my $alice = shown("$ca/alice.pem");
like $alice, qr/\A# A rule that maps this certificate:\nClientCertMap issuer == "CN=Staff CA,O=Example" user=%\{san\.email\}\n\n/,
    'the rule is first';
like $alice, qr/^\Q$_\E /m, "$_ is a usual field"
    for qw(subject issuer serial not_before not_after san.email san.upn key.type key.bits ku eku sha256 spki.sha256);
unlike $alice, qr/^(?:der|pem|ext\.|altsec)/m, 'other fields are not printed';
cmp_ok scalar(() = $alice =~ /\n/g), '<', 24, 'it is as long as a screen';
my $all = shown('--all', "$ca/alice.pem");
like $all, qr/^\Q$_\E /m, "--all prints $_" for qw(subject.CN pem der ext.2.5.29.15 altsec.ski);
is_deeply [grep { index($all, "$_\n") < 0 } grep { /^[^#]/ } split /\n/, $alice], [], 'and all of the usual ones';
like shown("$ca/localhost.pem"), qr/\A# No rule is suggested: its extended key usage does not allow TLS client authentication\n\n#/,
    'a certificate for servers: no rule, and why';
like shown("$ca/nul-mail.pem"), qr/^# san\.email: unusable: it contains a NUL: "admin\@example\.com\\x00\.example\.org"$/m,
    'an unusable value is a comment';
like shown('--color=always', "$ca/alice.pem"), qr/\A\e\[1m# A rule that maps this certificate:\e\[m\nClientCertMap /,
    'a heading is bold on a terminal';

# ---- inside extensions

my $inside = shown('--all', "$ca/extensions.pem");
like $inside, qr/^\Q$_\E$/m, "--all prints what is inside an extension: $_"
    for 'ext.1.3.6.1.4.1.34380.1.1.13|text == "web"',
    'ext.1.3.6.1.4.1.34601.2.1.1|at(2/1)|text == "readAnyDatabase"',
    'ext.1.3.6.1.5.5.7.1.3|at(3/2/1/1/1)|oid == "0.4.0.19495.1.2"',
    'ext.1.3.6.1.4.1.57264.1.1|utf8 == "https://accounts.example.com"',
    'ext.1.3.6.1.4.1.311.21.7|at(2)|integer == 100',
    'ext.1.3.6.1.4.1.37476.9000.64.1|at(2)|contents|utf8 == "admins"',
    'ext.1.3.6.1.4.1.8005.100.100.5|at(1/1/1/6/1)|time == 2026-01-01T00:00:00Z';
unlike $inside, qr/^ext\.2\.5\.29\.(?:14|15|19|35|37)\|/m, 'unless it has a field of its own';
unlike shown("$ca/extensions.pem"), qr/^ext/m, 'without --all, no extension is printed';
is_deeply json('--all', "$ca/extensions.pem")->{certificate}{'ext.1.3.6.1.4.1.34380.1.1.13|text'}, ['web'], 'JSON has it too';

# ---- JSON

my $json = json("$ca/alice.pem");
is $json->{rule}, 'ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{san.email}', 'JSON has the rule';
is $json->{reason}, undef, 'and no reason why there is none';
is_deeply $json->{certificate}{'san.email'}, ['alice@example.com'], 'and lists of values';
is $json->{certificate}{pem}, undef, 'of the usual fields';
my $every = json('--all', "$ca/alice.pem")->{certificate};
is_deeply $every->{'subject.OU'}, ['staff', 'admins'], 'with --all, of all fields';
like $every->{pem}[0], qr/^-----BEGIN%20CERTIFICATE/, 'also of those that are long';
is_deeply [map { ref } map { @{ json("$ca/nul-mail.pem")->{certificate}{$_} } } 'san.email'], ['HASH'], 'an unusable value is an object';
my $server = json("$ca/localhost.pem");
is $server->{rule}, undef, 'without a rule, it is null';
like $server->{reason}, qr/extended key usage/, 'and the reason is there';

# ---- the rule in a server

for my $name (qw(alice service no-subject)) {
    my $rule = json("$ca/$name.pem")->{rule};
    my $site = site(conf => "<VirtualHost *:\@PORT\@>\n    ServerName one\n    \@SSL\@\n    SSLVerifyClient optional\n    $rule\n</VirtualHost>\n");
    my $said = answer($site, 'explain', "$ca/$name.pem");
    is $said->{result}, 'mapped', "$name: a server maps it by the rule";
    is ask($site, 'check')->{output}, "0 findings; 0 tests, 0 failed\n", 'and has no objection to it';
}

done_testing;
