# SPDX-License-Identifier: Apache-2.0
# Tests that the tool and configuration errors name places in macros in one form, also those of
# virtual hosts, tables and tests in a macro.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Tool;

my $ca = ClientCert::Test->ca;

sub host {
    my ($rules) = @_;
    return site(
        modules => ['macro'],
        files   => { 'conf/people' => "alice alice\n" },
        conf    => <<"CONF");
<Macro Host \$name>
    <VirtualHost *:\@PORT\@>
        ServerName \$name
        \@SSL\@
        SSLVerifyClient optional
        ClientCertTable people file:conf/people
        ClientCertTest \@CA\@/alice.pem expect user=nobody
$rules
    </VirtualHost>
</Macro>
# a line that counts
Use Host localhost
CONF
}

my $site = host("ClientCertMap subject.CN in people user=\$1\nClientCertMap subject.CN == bob deny");
my $used = $site->path('conf/site.conf') . ':13';

my $said = answer($site, 'explain', "$ca/alice.pem");
is $said->{host}{where}, "$used(host:1)", 'explain: the virtual host';
is $said->{verdict}{user_rule}, "$used(host:7)", 'and the rule';
$said = ask($site, 'explain', "$ca/alice.pem");
like $said->{output}, qr/\Q$used(host:7)\E/, 'also as text';
like ask($site, 'rules')->{output}, qr/^.*\Q$used(host:8)\E.*deny/m, 'rules';
like ask($site, 'table', 'people')->{output}, qr/\Q$used(host:5)\E/, 'table';
my $check = ask($site, 'check');
like $check->{output}, qr/^\Q$used(host:6)\E: ClientCertTest .*FAILED/m, 'check: a test that fails';
like $check->{output}, qr/^CC0704: \Q$used(host:7)\E: /m, 'and a finding';
unlike $_->{output} . $_->{error}, qr/macro '/, "no sentence of mod_macro" for $said, $check;

my ($exit, $error) = ClientCert::Test->configtest(modules => ['macro'], conf => <<'CONF');
<Macro Wrong $field>
    ClientCertMap subject.CN == alice user=alice stop
    ClientCertMap $field == x user=x
</Macro>
<Macro Around>
    Use Wrong nofield
</Macro>
Use Around
CONF
isnt $exit, 0, 'an error in a macro prevents a start';
like $error, qr/nofield/, 'and names the word';

done_testing;
