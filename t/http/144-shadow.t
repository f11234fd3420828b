# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertMapShadow: its rules are compared with those in effect, and decide nothing.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Metrics;

my $h = ClientCert::Test->server(
    modules => ['headers', 'authz_user', 'include'],
    files   => {
        'conf/people.map' => "alice alice\n",
        'htdocs/env/page' => "<!--#printenv -->",
        map { ("htdocs/$_/page" => "$_\n") }
            qw(same other none private group expr exported own inner inner/deep denied negated hostile),
    },
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMapShadow subject.CN == alice user=boss group=chiefs group=staff
    ClientCertMapShadow subject.CN == cart deny
    ClientCertMapShadow user=%{subject.CN} group=staff
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Mapped "expr=%{clientcert:user}%{clientcert:group}"
    <Location "/private">
        Require clientcert-user boss
    </Location>
    <Location "/group">
        Require clientcert-group chiefs
    </Location>
    <Location "/expr">
        Require expr "%{clientcert:user} != ''"
    </Location>
    <Location "/negated">
        <RequireAll>
            Require all granted
            Require not clientcert-group nobody
        </RequireAll>
    </Location>
    <Location "/same">
        ClientCertMap user=%{subject.CN} group=a group=b
        ClientCertMapShadow user=%{subject.CN} group=b
        ClientCertMapShadow group=a
        Require valid-user
    </Location>
    <Location "/other">
        ClientCertMap user=%{subject.CN} group=a
        ClientCertMapShadow subject.CN == bob user=robert
        ClientCertMapShadow user=%{subject.CN} group=b
        Require clientcert-group a
    </Location>
    <Location "/denied">
        ClientCertMap user=%{subject.CN} group=a
        ClientCertMapShadow deny
        Require valid-user
    </Location>
    <Location "/own">
        ClientCertMap user=%{subject.CN}
    </Location>
    <Location "/inner">
        ClientCertMapShadow user=outer
    </Location>
    <Location "/inner/deep">
        ClientCertMapShadow user=deep
    </Location>
    <Location "/hostile">
        ClientCertMapShadow user=x group=%{subject.CN|replace("x","x\"y")}
    </Location>
    <Directory "@ROOT@/htdocs/env">
        Options +Includes
        SetOutputFilter INCLUDES
    </Directory>
    <Location "/exported">
        ClientCertExport USER GROUPS SERIAL=serial
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/status">
        SetHandler clientcert-status
        ClientCertStatusRules On
    </Location>
</VirtualHost>
CONF

announce('CC0110', 'AH01630', 'CC0137', 'CC0723');

sub who { my ($response) = @_; return join ' ', $response->{status}, grep { length } map { $_ // '' } @{ $response->{headers} }{qw(user mapped)} }

# The lines about shadow rules since the last mark.
sub told { return grep { /CC0137/ } split /^/, $h->log }

sub compared {
    my $metrics = read_metrics($h->get('/metrics')->{body});
    return join ' ', map { metric($metrics, 'clientcert_shadow_decisions_total', result => $_) } qw(same different failed);
}

# ---- nothing reads them

ok $h->wait_log(qr/CC0723: .*no rule .* gives the group "chiefs"/), 'lint does not count them among the rules that give a group';
is compared(), '0 0 0', 'nothing is compared yet';
my $c = $h->connection(cert => 'alice');
$h->mark_log;
is who($c->request('/none/page')), '200', 'no rules are in effect: the shadow rules give no user and no group';
ok $h->wait_log(qr/CC0137: result=unmapped user="" groups="" rule=- subject=.* shadow=mapped shadow_user="boss" shadow_groups="chiefs,staff" shadow_rule=\S+site\.conf:\d+ reason=""/),
    'the log has what they would give, and by which rule';
is who($c->request("/$_/page")), $_ eq 'negated' ? '200' : '403', "$_: nor to access control" for qw(private group expr);
is who($c->request('/negated/page')), '403', 'nobody meets a negation by them';
unlike $c->request('/env/page')->{body}, qr/^CLIENTCERT|REMOTE_USER|boss|chiefs/m, 'nor to a program';
my $page = $c->request('/status')->{body};
unlike $page, qr/boss|chiefs|Shadow/, 'nor on the page, even with ClientCertStatusRules';
is scalar(told()), 1, 'one line for the connection';
is compared(), '0 1 0', 'and one difference';
is who($c->request('/exported/page')), '200', 'exports without rules give no user either';
is scalar(told()), 2, 'and are another result of the connection';
$c->close;

$h->mark_log;
is who($h->get('/none/page', cert => 'service')), '200', 'a client that they would deny is served';
ok $h->wait_log(qr/CC0137: result=unmapped .* shadow=denied shadow_user="" shadow_groups="" shadow_rule=\S+ reason="a rule denies it"/), 'and that is logged';

# ---- beside rules in effect

$h->mark_log;
is who($h->get('/same/page', cert => 'alice')), '200 alice alicea,b', 'the same user and groups, in another order';
is who($h->get('/own/page', cert => 'alice')), '200 alice alice', 'rules of a scope inside are not compared with those outside';
is scalar(told()), 0, 'there is no difference';
is compared(), '1 3 0', 'which is counted';
is who($h->get('/other/page', cert => 'alice')), '200 alice alicea', 'another group changes nothing';
ok $h->wait_log(qr/CC0137: result=mapped user="alice" groups="a" rule=\S+ .* shadow=mapped shadow_user="alice" shadow_groups="b"/), 'and is logged';
is who($h->get('/other/page', cert => 'bob')), '200 bob boba', 'nor does another user';
ok $h->wait_log(qr/CC0137: result=mapped user="bob" .* shadow_user="robert" shadow_groups="b"/), 'which is logged';
is who($h->get('/denied/page', cert => 'alice')), '200 alice alicea', 'nor does deny';
ok $h->wait_log(qr/CC0137: result=mapped user="alice" .* shadow=denied shadow_user="" shadow_groups=""/), 'which is logged, too';
is compared(), '1 6 0', 'and all are counted';
$h->mark_log;
is who($h->get('/inner/deep/page', cert => 'alice')), '200', 'of two scopes with shadow rules';
ok $h->wait_log(qr/CC0137: .* shadow_user="deep"/), 'the innermost counts';
is scalar(grep { /outer/ } told()), 0, 'alone';

# ---- hostile names

$h->mark_log;
$h->get('/hostile/page', cert => $_) for qw(newline-cn escape-cn comma-cn);
is scalar(grep { !/CC\d{4}: / && /shadow/ } split /^/, $h->log), 0, 'a name ends no line';
$h->stop;

# ---- configurations that are refused

sub says { my ($conf) = @_; my ($exit, $output) = ClientCert::Test->configtest(conf => $conf); return "$exit $output" }
like says('ClientCertMapShadow subject.CN = alice user=x'), qr{\A1 .*line 1 of \S+site\.conf:\nCC0214: }s, 'a bad rule stops the start, with its line';
like says('ClientCertMapShadow subject.CN in people user=$1'), qr{\A1 .*CC0231: "people": no such table}s, 'so does an unknown table';
like says(qq(ClientCertTable people file:conf/none.map\nClientCertMapShadow subject.CN in people user=\$1)), qr{\A1 .*CC0610: .*none\.map}s, 'and a table that cannot be read, though only a shadow rule uses it';
like says(qq(ClientCertMapShadow san.email =~ ".*\@example.com" user=x)), qr{\A0 .*CC07\d\d: \S+:\d+: a shadow rule: }s, 'lint judges shadow rules, and says that they are';

done_testing;
