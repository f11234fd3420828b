# SPDX-License-Identifier: Apache-2.0
# Tests that a condition that misses is explained by clientcert explain, the page and ClientCertTest.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Page;
use ClientCert::Test::Tool;

my $ca = ClientCert::Test->ca;
my $h  = ClientCert::Test->server(
    files => { 'conf/people.map' => "alice  alice\n" },
    conf  => <<'CONF');
<Location "/whoami">
    SetHandler clientcert-status
</Location>
<Location "/rules">
    SetHandler clientcert-status
    ClientCertStatusRules On
</Location>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable people file:conf/people.map
    ClientCertMap san.email =~ "@example\.com" group=mail
    ClientCertMap issuer == "O = Example, CN = Staff CA" group=staff
    ClientCertMap san.email in people user=$1
    ClientCertMap subject.CN == "bob" group=none
</VirtualHost>
CONF

announce('CC0773', 'CC0775', 'CC0776');

my @hints = (
    'the pattern matches only a part of the value, but has to match all of it; write san.email =~ ".*@example\.com"',
    'the certificate has this name in the other order, the most specific part first; '
        . 'write issuer == "CN=Staff CA,O=Example"',
    'the table (' . $h->{root} . '/conf/people.map:1) has the key "alice"; write san.email|local in people',
    undef,
);

# ---- the tool

my $said = answer($h, 'explain', "$ca/alice.pem");
is_deeply [map { $_->{hint} } @{ $said->{trace} }], \@hints, 'clientcert explain --json has the hints';
my $text = ask($h, 'explain', "$ca/alice.pem")->{output};
like $text, qr/^ +does not match: .*; seen: alice\@example\.com\n +hint: \Q$hints[0]\E$/m,
    'and so has its text';
unlike $text, qr/seen: alice\n +hint/, 'where nothing is certain, there is none';

# ---- the page: no table is searched for a client, and nothing is shown without its directive

my $json = json($h->get('/rules?trace&format=json', cert => 'alice'));
is_deeply [map { $_->{hint} } @{ $json->{trace} }], [@hints[0, 1], undef, undef],
    'the page with ClientCertStatusRules has them, except those of tables';
is_deeply [missing(page($h->get('/rules?trace', cert => 'alice')), $json)], [], 'also as HTML';
$json = json($h->get('/whoami?trace&format=json', cert => 'alice'));
is_deeply [map { $_->{hint} } @{ $json->{trace} }], [undef, undef, undef, undef],
    'the page without it has none';

# ---- ClientCertTest

my ($exit, $output) = ClientCert::Test->configtest(
    conf => qq(ClientCertMap san.email =~ "\@example\\.com" user=x\nClientCertTest \@CA\@/alice.pem expect user=x\n));
isnt $exit, 0, 'a ClientCertTest fails';
like $output, qr/CC0756: .*does not match: .*seen alice\@example\.com; the pattern matches only a part of the value/,
    'and the reason has the hint';

done_testing;
