# SPDX-License-Identifier: Apache-2.0
# Tests the rules of Prometheus and the dashboard of Grafana in conf/operations: promtool accepts the rules, each
# alert fires when it should, and every metric and label is one that a server prints.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program top);
use ClientCert::Test::Metrics;

use JSON::PP ();

my $from  = top() . '/conf/operations';
my $rules = read_file("$from/clientcert.rules.yml");
my $board = JSON::PP->new->utf8->decode(read_file("$from/clientcert.dashboard.json"));

# ---- a server that has every metric

my $staff = ClientCert::Test::Crl->new('staff');
my $h = ClientCert::Test->server(
    files => { 'conf/t.map' => "short 2020-01-01 2040-01-01 short\n", 'conf/staff.crl' => $staff->crl },
    conf  => <<'CONF');
ClientCertTable rows file:conf/t.map valid=1
ClientCertTable down redis:127.0.0.1:1/ timeout=1 ttl=1
<VirtualHost *:@PORT@>
    ServerName localhost
    @TLS@
    SSLVerifyClient optional
    ClientCertCA @CA@/clients.pem depth=4
    ClientCertCRL conf/staff.crl missing=allow
    ClientCertOCSP On responder=http://127.0.0.1:1/ failure=allow
    ClientCertMap subject.CN in rows user=$3
    ClientCertMapShadow subject.CN == "short" user=other
    <Location "/down">
        ClientCertMap subject.CN in down user=$1
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF
announce('CC0137');

is $h->get('/', cert => ClientCert::Test->short_cert(3600))->{status}, 200, 'a client that expires soon';
my $metrics = read_metrics($h->get('/metrics', scheme => 'http', port => 2)->{body});

# The labels of each metric, with their values. Prometheus adds job and instance.
my %label;
for my $name (keys %$metrics) {
    for my $labels (keys %{ $metrics->{$name} }) {
        $label{$name}{$1}{$2} = 1 while $labels =~ /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;
    }
    $label{$name}{$_} = {} for qw(job instance);
}

# What is wrong with the metrics and labels of an expression. A virtual host, a table and a domain have any name.
sub faults {
    my ($expression) = @_;
    my (@faults, %known);
    while ($expression =~ /\b(clientcert_[a-z_]+)(?:\{([^}]*)\})?/g) {
        my ($name, $selector) = ($1, $2 // '');
        push @faults, "$name does not exist" if !$metrics->{$name} || !%{ $metrics->{$name} };
        $known{$_} = 1 for keys %{ $label{$name} // {} };
        while ($selector =~ /([a-z]+)(?:=~|!=|=)"([^"]*)"/g) {
            my ($label, $values) = ($1, $2);
            push @faults, "$name has no label $label" if !$label{$name}{$label};
            push @faults, map { "$name: no $label is $_" } grep { !$label{$name}{$label}{$_} }
                $values =~ /\$|\A\z/ ? () : split /\|/, $values;
        }
    }
    push @faults, 'no metric' if !%known;
    for my $list ($expression =~ /\b(?:by|on) \(([^)]*)\)/g) {
        push @faults, map { "no label $_" } grep { !$known{$_} } split /, */, $list;
    }
    return (join('; ', @faults), \%known);
}

sub is_right {
    my ($what, $expression, $text) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($faults, $known) = faults($expression);
    my @unknown = grep { !$known->{$_} } $text =~ /\{\{ *(?:\$labels\.)?([a-z]+) *\}\}/g;
    return is join('; ', $faults || (), map { "no label $_ in the text" } @unknown), '',
        "$what: its metrics and labels exist";
}

isnt((faults('rate(clientcert_no_total[5m])'))[0], '', 'a metric that does not exist is found,');
isnt((faults('clientcert_decisions_total{result="no"}'))[0], '', 'a value,');
isnt((faults('sum by (tag) (clientcert_decisions_total)'))[0], '', 'and a label');

# ---- the dashboard

my @targets = map { my $panel = $_; map { [$panel, $_] } @{ $panel->{targets} } } @{ $board->{panels} };
cmp_ok scalar(@targets), '>', 15, 'the dashboard has panels';
for (@targets) {
    my ($panel, $target) = @$_;
    is_right("$panel->{title}, $target->{refId}", $target->{expr}, $target->{legendFormat});
    is $_->{datasource}{uid}, '${datasource}', 'and the data source is a variable' for $panel, $target;
}
is_right("variable $_->{name}", $_->{definition}, '') for grep { $_->{type} eq 'query' } @{ $board->{templating}{list} };
my %seen;
is_deeply [grep { $seen{$_}++ } map { $_->{id} } @{ $board->{panels} }], [], 'each panel has its own id';

# ---- the rules

my @alerts = $rules =~ /^  - alert: (\w+)\n(.*?)(?=^  [-#]|^- |\z)/gms;
cmp_ok scalar(@alerts), '>', 40, 'there are rules';
my %expressions;
while (my ($name, $rest) = splice @alerts, 0, 2) {
    my ($expression, $summary) = $rest =~ /expr: (.*?)^    \w.*summary: "(.*)"$/ms or die "$name: $rest\n";
    is_right($name, $expression, $summary);
    $expressions{ $expression =~ s/^\||\s+//gr } = $name;
    like $board && read_file("$from/" . ($name =~ /Unused/ ? 'clientcert.unused.test.yml' : 'clientcert.rules.test.yml')),
        qr/alertname: $name\n    exp_alerts:\n    - exp_labels/, 'and a test of it expects it to fire';
}

# Each expression of the page is that of an alert.
my ($list) = read_file(top() . '/doc/operations.md') =~ /^## What to monitor\n.*?^```yaml\n(.*?)^```/ms;
for my $line (grep { !/^#/ } split /\n/, $list) {
    ok $expressions{ $line =~ s/\s+//gr }, "doc/operations.md: it is that of an alert: $line";
}

SKIP: {
    my $promtool = program('promtool');
    skip 'promtool is not installed', 2 if !$promtool && !$ENV{CI};
    my ($exit, @said) = run_command('', 'promtool', 'check', 'rules', "$from/clientcert.rules.yml");
    is $exit, 0, 'promtool accepts the rules' or diag @said;
    ($exit, @said) = run_command('', 'promtool', 'test', 'rules', map { "$from/clientcert.$_.test.yml" } qw(rules unused));
    is $exit, 0, 'and its tests of them pass' or diag @said;
}

done_testing;
