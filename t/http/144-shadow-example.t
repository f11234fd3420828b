# SPDX-License-Identifier: Apache-2.0
# Tests the example conf/examples/shadow.conf, and what the tool says of shadow rules.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Machine qw(apxs);
use ClientCert::Test::Tool;

use Digest::SHA qw(sha256_hex);

my $ca = ClientCert::Test->ca;

sub key_of {
    my ($name) = @_;
    open my $der, '-|', "openssl x509 -in $ca/$name.pem -noout -pubkey | openssl pkey -pubin -outform DER" or die "openssl: $!\n";
    binmode $der;
    return sha256_hex(do { local $/; <$der> });
}

my $keys = key_of('alice') . " alice - -\n" . key_of('bob') . " bob - 2020-12-31\n" . key_of('bob') . " robert 2021-01-01 -\n";
my $h = example('shadow', files => { 'var/keys.map' => $keys, 'htdocs/orders/page' => "orders\n" });

announce('CC0110', 'CC0137', 'AH01630');
is $h->get('/orders/page', cert => 'alice')->{status}, 200, 'a client that both map to one user';
is $h->get('/orders/page', cert => 'bob')->{status}, 200, 'a client that the shadow rules give another user, by the row that counts';
ok $h->wait_log(qr/CC0137: result=mapped user="bob" .* shadow=mapped shadow_user="robert" /), 'is logged';
is $h->get('/orders/page', cert => 'service')->{status}, 403, 'a client that neither maps is kept out';
is $h->get('/orders/page')->{status}, 403, 'as is one without a certificate';
keeps_denied($h, '/orders/page', cert => 'alice');
is scalar(grep { /CC0137/ } split /^/, $h->log), 1, 'no other client is logged';
$h->stop;

# ---- the tool

my $site = site(
    conf => <<'CONF', files => { 'conf/keys.map' => "$keys# c\n", 'htdocs/page' => "x\n" });
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable keys file:conf/keys.map octets valid=2
    ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN}
    ClientCertMapShadow spki.sha256 in keys user=$1 group=listed
    ClientCertMapShadow subject.CN == deep deny
    <Location "/page">
        ClientCertMap user=%{subject.CN}
    </Location>
    ClientCertTest @CA@/bob.pem expect user=bob
</VirtualHost>
CONF

my $said = ask($site, 'explain', "$ca/bob.pem");
is $said->{exit}, 0, 'explain: the result is that of the rules in effect';
like $said->{output}, qr/\Aresult        mapped\nuser          "bob", by .*\nstrength      weak\nshadow        mapped, unlike the rules in effect\nshadow user   "robert", by \S+site\.conf:\d+\nshadow group  "listed", by /m, 'with the difference';
is $said->{error}, '', 'and nothing else';
my $json = answer($site, 'explain', "$ca/bob.pem");
is_deeply [$json->{verdict}{user}, $json->{shadow}{user}, $json->{shadow}{groups}[0]{name}], [qw(bob robert listed)], 'in JSON, too';
is answer($site, 'explain', '--path', '/page', "$ca/bob.pem")->{shadow}, undef, 'not where rules of a scope inside apply';
like ask($site, 'explain', "$ca/deep.pem")->{output}, qr/^shadow rule   \S+site\.conf:\d+$/m, 'a shadow rule that denies is named';
is answer($site, 'explain', "$ca/stranger.pem")->{shadow}, undef, 'no difference is no line';
my ($exit, $output) = ClientCert::Test->configtest(
    conf => qq(ClientCertMap user=%{subject.CN}\nClientCertMapShadow deny\nClientCertTest \@CA\@/bob.pem expect user=bob));
is $exit, 0, 'ClientCertTest tests the rules in effect' or diag $output;

my $table = ask($site, 'table', 'keys');
like $table->{output}, qr{^rows outside  1 ended, 0 to come\nfirst ended   \S+keys\.map:2\n}m, 'table: the rows that do not count';
unlike $table->{output}, qr/^next to end/m, 'and none that ends';
like ask($site, 'table', 'keys', key_of('bob'))->{output}, qr/\Aresult        found\n.*\n\$1            "robert"$/m, 'a lookup finds the row that counts';
is_deeply answer($site, 'table', 'keys')->{validity}, { ended => 1, coming => 0, first_ended => $site->path('conf/keys.map') . ':2', earliest_end => undef, earliest => undef }, 'in JSON, too';

$site = site(
    conf  => "ClientCertTable t file:conf/t.map valid=2\nClientCertMap subject.CN in t user=\$1\nSSLCACertificateFile \@CA\@/clients.pem\n",
    files => { 'conf/t.map' => "bob bob - 2020-12-31\nalice alice - 2999-12-31\n" });
$said = ask($site, 'table', 't', 'bob');
is $said->{exit}, 1, 'a row that has ended is missing';
like $said->{output}, qr/\Aresult        missing: the row of this key ended on 2020-12-31\n/, 'with the day';
like $said->{output}, qr{^next to end   3000-01-01T00:00:00Z, \S+t\.map:2$}m, 'the next one to end is named';
like ask($site, 'explain', "$ca/bob.pem")->{output}, qr/the row of this key ended on 2020-12-31/, 'explain says it, too';

done_testing;
