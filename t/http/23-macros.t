# SPDX-License-Identifier: Apache-2.0
# Tests that the place of a rule or Require in a macro is the line of Use, with the line in the macro,
# wherever a place is shown.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Log;
use JSON::PP ();

my $h = ClientCert::Test->server(
    modules => ['macro'],
    cgi     => 1,
    files   => { 'htdocs/page' => "page\n" },
    conf    => <<'CONF');
<Macro Person $name>
    ClientCertMap subject.CN == $name user=$name
    # a comment is not a line of a macro
    ClientCertMap subject.CN == $name group=of-$name
</Macro>
<Macro Site $group>
    SSLVerifyClient optional
    Use Person alice
    Use Person bob
    <Location "/page">
        Require clientcert-group $group
    </Location>
</Macro>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    Use Site admins
    ClientCertExport GROUPS RULE=rule
    <Location "/whoami">
        SetHandler clientcert-status
        ClientCertStatusRules On
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF
announce('AH01630', 'CC0110', 'CC0704', 'CC0723');
my $site = $h->path('conf/site.conf');

$h->mark_log;
is $h->get('/page', cert => 'bob')->{status}, 403, 'a Require in a macro denies';
my ($line) = map { decision($_) } $h->wait_log(qr/\] CC0110: /);
is $line->{rule},  "$site:17(site:3)(person:1)", 'the rule of the log: Use Site, Use Person, the rule';
is $line->{needs}, "clientcert-group admins ($site:17(site:5))", 'and the Require';

my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'bob'));
is $env->{CLIENTCERT_RULE}, "$site:17(site:3)(person:1),$site:17(site:3)(person:2)", 'the variable of the rules';

my $page = JSON::PP->new->decode($h->get('/whoami?format=json', cert => 'bob')->{body});
is $page->{identity}{user_rule}, "$site:17(site:3)(person:1)", 'the page';

my @labels = $h->get('/metrics')->{body} =~ /^clientcert_rule_matches_total\{.*rule="([^"]*)"/mg;
is_deeply \@labels, [map { "$site:17$_" } qw[(site:2)(person:1) (site:2)(person:2) (site:3)(person:1) (site:3)(person:2)]], 'the metrics, each rule once';
unlike $h->log, qr/CC.*macro '/, 'no sentence of mod_macro is in the log';

done_testing;
