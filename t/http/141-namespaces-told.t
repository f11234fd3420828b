# SPDX-License-Identifier: Apache-2.0
# Tests what the tool, lint, the status page and the metrics report about names outside a name space.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Metrics;
use ClientCert::Test::Tool;

announce('CC0103', 'CC0108', 'CC0110', 'AH01630');

my $ca    = ClientCert::Test->ca;
my $lines = <<'CONF';
ClientCertNamespace issuer == "CN=Staff CA,O=Example" user=.+ group=.+
ClientCertNamespace issuer == "CN=Printer CA,O=Example" user=printer-[0-9]+
ClientCertMap user=%{subject.CN}
CONF
my $host = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTest @CA@/printer-alice.pem expect none
    ClientCertTest @CA@/printer.pem expect user=printer-7
    <Location "/admin">
        Require user alice
    </Location>
    <Location "/status">
        SetHandler clientcert-status
        Require all granted
        ErrorDocument 403 /status
    </Location>
    <Location "/rules">
        ClientCertStatusRules On
        SetHandler clientcert-status
        Require all granted
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
        Require local
    </Location>
</VirtualHost>
CONF
my $h = ClientCert::Test->server(modules => ['authz_user', 'authz_host'], conf => $lines . $host,
    files => { 'htdocs/admin' => "admin\n" });
my $site = $h->path('conf/site.conf');

# ---- the tool

my $outside = answer($h, 'explain', '--path', '/admin', "$ca/printer-alice.pem");
is $outside->{result}, 'outside', 'explain: the result';
is $outside->{verdict}{outside}, "$site:2", 'explain: the line';
is $outside->{verdict}{user}, undef, 'explain: no user';
is $outside->{verdict}{notes}[0]{tag}, 'CC0108', 'explain: the note';
is $outside->{access}{outcome}, 'denied', 'explain: and no access';
is $outside->{exit}, 1, 'explain: the exit status is that of no identity';
my @steps = @{ $outside->{trace} };
is scalar(@steps), 3, 'explain: the trace has the rule and both lines';
ok !$steps[0]{namespace}, 'explain: first the rule';
is join(' ', map { "$_->{rule} " . ($_->{holds} ? 'yes' : 'no') } @steps[1, 2]), "$site:1 no $site:2 yes",
    'explain: then the lines, and whether they hold';
my $text = ask($h, 'explain', "$ca/printer-alice.pem")->{output};
like $text, qr/^result +outside/m, 'explain: as text';
like $text, qr/^outside +\Q$site\E:2$/m, 'explain: as text, the line';
like $text, qr/\Q$site\E:2: ClientCertNamespace issuer == "CN=Printer CA,O=Example" user="?printer-/,
    'explain: as text, the line in the trace';
unlike $text, qr/ClientCertMap ClientCertNamespace/, 'explain: a line is not a rule';
my $inside = answer($h, 'explain', "$ca/printer.pem");
is $inside->{verdict}{user}, 'printer-7', 'explain: a name inside';
is scalar(@{ $inside->{trace} }), 1, 'explain: then the trace has the rule alone';
my $checked = answer($h, 'check');
is scalar(@{ $checked->{findings} }), 0, 'check: no findings';
is scalar(grep { $_->{passed} } @{ $checked->{tests} }), 2, 'check: ClientCertTest agrees';
for (['alice', 'mapped'], ['service', 'outside'], ['printer', 'mapped']) {
    my ($cert, $result) = @$_;
    my $path = "$ca/$cert.pem";
    is answer($h, 'explain', $path)->{result}, $result, "explain: $cert";
    my $json = JSON::PP::decode_json($h->get('/status?json', cert => $cert,
        headers => ['Accept: application/json'])->{body});
    is $json->{result}, $result, "the server: $cert";
}

# ---- a failed ClientCertTest

my ($exit, $output) = ClientCert::Test->configtest(
    conf => $lines . 'ClientCertTest @CA@/printer-alice.pem expect user=alice' . "\n");
isnt $exit, 0, 'a test that expects a name outside fails';
like $output, qr/CC0755: .*got no identity: outside the name space of \S+site\.conf:2/, 'with the line';
like $output, qr/CC0756: .*ClientCertNamespace \S+site\.conf:1 does not match: issuer == /, 'and the trace';

# ---- the status page

my $page = $h->get('/status', cert => 'printer-alice')->{body};
like $page, qr/a name that a rule here gives is not one/, 'the page says what happened';
unlike $page, qr/site\.conf|alice" *,|printer-\[/, 'but shows no rules';
$page = $h->get('/rules?trace', cert => 'printer-alice')->{body};
like $page, qr/site\.conf:2/, 'with ClientCertStatusRules, it shows the line';
like $page, qr/ClientCertNamespace issuer ==/, 'and the trace';

# ---- the metrics

my $count = sub {
    my $metrics = read_metrics($h->get('/metrics')->{body});
    return (metric($metrics, 'clientcert_identities_outside_total'),
        metric($metrics, 'clientcert_decisions_total', result => 'outside'),
        metric($metrics, 'clientcert_notes_total',     note   => 'outside'));
};
my @before = $count->();
$h->get('/admin', cert => 'printer-alice');
my @after = $count->();
is join(' ', map { $after[$_] - $before[$_] } 0 .. 2), '1 1 1',
    'a name outside is counted once: as identity, decision and note';

# ---- lint

sub found {
    my ($conf) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => $conf);
    return join ' ', map { s/.*(CC07\d\d): \S+:(\d+): .*/$1:$2/r } grep { /CC07\d\d/ } split /\n/, $output;
}

my $ssl = <<'CONF';
<VirtualHost *:@PORT@>
    @SSL@
    SSLVerifyClient optional
CONF
my $end   = "</VirtualHost>\n";
my $staff = 'ClientCertNamespace issuer == "CN=Staff CA,O=Example"';
my $rule  = 'ClientCertMap issuer == "CN=Staff CA,O=Example"';
my $account = 'ClientCertAccount "%{req:X-Account}"';
for (
    ["$staff user=alice\n$rule user=alice", '', 'a name that is allowed'],
    ["$staff user=alice\n$rule user=root", 'CC0710:5', 'a user that no line allows'],
    ["$staff user=.*\n$rule user=a group=admins", 'CC0710:5', 'a group that no line allows'],
    ["$staff user=alice\n$rule user=alice account=root\n$account", 'CC0710:5', 'an account that no line allows'],
    ["$staff user=alice group=root\n$rule user=alice account=root\n$account", 'CC0710:5',
        'which is not allowed as a group'],
    ["$staff user=alice|root\n$rule user=alice account=root\n$account", '', 'an account that is allowed'],
    ["$staff user=alice\n$rule user=%{subject.CN}", '', 'a template may give a name that is allowed'],
    ["ClientCertNamespace subject.O == Example user=a.*\n$rule user=alice", 'CC0711:4',
        'a condition that certificates of any CA can meet'],
    ["ClientCertNamespace user=.*\n$rule user=alice", 'CC0712:4', 'a line that allows everybody'],
    ["ClientCertNamespace user=guest\n$rule user=guest", '', 'a line for all certificates'],
    ["$staff issuer == CN=x user=alice\n$staff user=alice\n$rule user=alice", 'CC0700:4',
        'conditions that exclude each other'],
    ["$staff user=alice\n$staff user=alice\n$rule user=alice", 'CC0702:5', 'a line that is there twice'],
    ["$staff user=alice\n$staff user=bob\n$rule user=alice", '', 'the same conditions with another name'],
    ["ClientCertNamespace issuer == \"O=Example,CN=Staff CA\" user=alice\n$rule user=alice", 'CC0775:4',
        'the name of a CA in the other order'],
) {
    my ($inside, $expected, $claim) = @$_;
    is found("$ssl$inside\n$end"), $expected, "lint: $claim";
}
my $main = "$staff user=alice\n$rule user=root\n";
is found("$main$ssl$end"), 'CC0710:2', 'lint: the rules and lines of the main server';
is found("$main$ssl$staff user=root\n$end"), '',
    'lint: but not if the lines of a virtual host may allow the name';

# ---- errors

for (
    ['ClientCertNamespace', 'CC0251'],
    ['ClientCertNamespace issuer == CN=x', 'CC0251'],
    ['ClientCertNamespace issuer == CN=x deny', 'CC0251'],
    ['ClientCertNamespace issuer == CN=x user=', 'CC0251'],
    ['ClientCertNamespace issuer == CN=x user=$1', 'CC0252'],
    ['ClientCertNamespace issuer == CN=x user=(', 'CC0218'],
    ['ClientCertNamespace isuer == CN=x user=a', 'CC0201'],
    ['ClientCertNamespace issuer in nothing user=a', 'CC0231'],
    ["<Location />\nClientCertNamespace user=a\n</Location>", 'not allowed'],
) {
    my ($line, $says) = @$_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => "$line\n");
    isnt $exit, 0, "an error: $line";
    like $output, qr/$says/, "... $says";
    like $output, qr/line \d+ of \S+site\.conf/, '... with its line';
}

done_testing;
