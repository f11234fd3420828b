# SPDX-License-Identifier: Apache-2.0
# Tests that metrics are exact whichever processes count, that no text of a certificate gets into
# them, and that all of them are documented.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Metrics;
use ClientCert::Test::Certificate;
use ClientCert::Test::Example;

use FindBin ();
use POSIX ();
use Time::HiRes qw(sleep time);

my $page = do { local (@ARGV, $/) = "$FindBin::Bin/../../doc/operations.md"; <> };

# ---- reading

my $h;

sub metrics { return read_metrics($h->get('/metrics', scheme => 'http', port => 2)->{body}) }

sub decisions {
    my ($metrics, %labels) = @_;
    return { map { ($_ => metric($metrics, 'clientcert_decisions_total', result => $_, %labels)) }
            qw(mapped unmapped denied failed) };
}

# The metrics that are not 0, of all virtual hosts.
sub words {
    my ($metrics, $name) = @_;
    my %sum;
    for my $labels (grep { $metrics->{$name}{$_} } keys %{ $metrics->{$name} }) {
        my ($word) = $labels =~ /"(\w+)"\z/ or die "no word: $labels\n";
        $sum{$word} += $metrics->{$name}{$labels};
    }
    return \%sum;
}

sub rules {
    my ($metrics) = @_;
    my %rule;
    for (grep { !/same\.conf/ } keys %{ $metrics->{clientcert_rule_matches_total} }) {
        my ($line) = /rule="[^"]*site\.conf:(\d+)"/ or die "which rule: $_\n";
        $rule{$line} = $metrics->{clientcert_rule_matches_total}{$_};
    }
    return [map { $rule{$_} } sort { $a <=> $b } keys %rule];
}

# The metrics of the table t.
sub table {
    my ($metrics, @names) = @_;
    return [map { metric($metrics, "clientcert_table_$_", table => 't') } @names];
}

# ---- traffic

# Runs the same function in this many processes at once.
sub at_once {
    my ($count, $code) = @_;
    my @children;
    for (1 .. $count) {
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            $code->();
            POSIX::_exit(0);
        }
        push @children, $pid;
    }
    waitpid $_, 0 for @children;
    return;
}

my %options = (
    modules => ['status', 'authz_user'],
    files   => {
        'conf/t.map' => "alice one\nbob two\n",
        # Children reload it as a user that may have no access to the build directory.
        'htdocs/files/.htaccess' => "Require clientcert-user root\n",
        'conf/staff.crl' => do { local (@ARGV, $/) = ClientCert::Test->ca . '/staff.crl'; <> },
        map { ("htdocs/$_/page" => "page\n") } qw(table down private files),
    },
    global => <<'GLOBAL',
StartServers 3
# More threads than clients, or the event MPM would close connections that wait for a request.
<IfModule !mpm_prefork_module>
    MinSpareThreads 48
    MaxSpareThreads 64
    # Children of before a restart have places, too.
    ServerLimit 8
    MaxRequestWorkers 128
</IfModule>
KeepAliveTimeout 300
LogFormat "%P" pid
CustomLog logs/pids pid
GLOBAL
    conf => <<'CONF');
ClientCertTable t    file:conf/t.map reload=0.1
ClientCertTable down redis:127.0.0.1:1/ timeout=1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertLedger
    ClientCertMap subject.CN == "alice" user=alice
    ClientCertMap issuer.CN == "Staff CA" subject.OU == "staff" group=staff
    ClientCertMap subject.CN == "two-cn" user=%{subject.CN}
    ClientCertMap subject.CN == "PARTNER-AS2" deny
    <Location "/table">
        ClientCertMap subject.CN in t user=$1
    </Location>
    <Location "/down">
        ClientCertMap subject.CN in down user=$1
        Require user x
    </Location>
    <Location "/private">
        Require clientcert-user root
    </Location>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional_no_ca
    ClientCertCRL conf/staff.crl missing=allow
    ClientCertMap user=anybody
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/status">
        SetHandler server-status
    </Location>
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertOCSP On responder=http://127.0.0.1:1/
    ClientCertCA "@CA@/clients.pem"
</VirtualHost>
CONF
announce('CC0104', 'CC0106', 'CC0457', 'CC0704', 'CC0110', 'CC0132', 'CC0133', 'CC0152', 'AH01630', 'AH02039',
    'AH02276',
    qr/SSL Library Error/);

sub counts_exactly {
    my ($mpm) = @_;
    my $none = metrics();
    is_deeply decisions($none), { mapped => 0, unmapped => 0, denied => 0, failed => 0 },
        "$mpm: at the start there is nothing";
    is_deeply table($none, qw(rows loads_total load_failures_total last_load_successful)),
        [2, 1, 0, 1], "$mpm: but a table that was loaded";

    at_once(5, sub { $h->get('/', cert => 'alice', curl => ["https://localhost:" . $h->port . '/'])
            for 1 .. 6 });
    my $now = metrics();
    is decisions($now)->{mapped}, 30, "$mpm: 30 connections of two requests are 30 decisions";
    is_deeply rules($now), [30, 30, 0, 0, 0, 0, 0], "$mpm: and two rules matched in each";
    my %pids = map { $_ => 1 } split /\n/, do { local (@ARGV, $/) = $h->path('logs/pids'); <> };
    cmp_ok keys %pids, '>', 1, "$mpm: made by several processes";

    at_once(2, sub { $h->get('/', cert => $_) for qw(service partner two-cn bob) });
    $h->get('/down/page', cert => 'alice');
    $h->get('/table/page', cert => $_) for qw(alice alice service);
    $h->get('/') for 1 .. 3;
    $now = metrics();
    is_deeply decisions($now, section => ''),
        { mapped => 32, unmapped => 4, denied => 2, failed => 0 }, "$mpm: by result";
    is_deeply decisions($now, section => '<Location "/down">'),
        { mapped => 0, unmapped => 0, denied => 0, failed => 1 }, "$mpm: by scope: a failure";
    is_deeply decisions($now, section => '<Location "/table">'),
        { mapped => 2, unmapped => 1, denied => 0, failed => 0 }, "$mpm: and a table";
    is_deeply rules($now), [30, 32, 2, 2, 2, 0, 0], "$mpm: by rule";
    is_deeply words($now, 'clientcert_notes_total'), { ambiguous_user => 2 }, "$mpm: notes";
    my $lookups = 'clientcert_table_lookups_total';
    is_deeply [map { metric($now, $lookups, table => $$_[0], result => $$_[1]) }
            ['t', 'found'], ['t', 'missing'], ['t', 'failed'], ['down', 'failed']], [2, 1, 0, 1],
        "$mpm: lookups";
    return;
}

for my $mpm ('prefork', 'event') {
    $h->stop if $h;
    $h = ClientCert::Test->server(%options, mpm => $mpm);
    counts_exactly($mpm);
}

# ---- why certificates are rejected

# The virtual hosts with samples of a metric, in their order; by name, and ports by number.
sub vhosts {
    my ($name) = @_;
    my %port = map { ($h->port($_) => $_) } 1 .. 5;
    my (@vhosts, %seen);
    for ($h->get('/metrics', scheme => 'http', port => 2)->{body} =~ /^$name\{(.*)\} /mg) {
        my ($vhost) = /\bvhost="((?:[^"\\]|\\.)*)"/ or die "no vhost: $_\n";
        push @vhosts, $vhost =~ s/:(\d+)\z/:$port{$1}/r if !$seen{$vhost}++;
    }
    return "@vhosts";
}
my $rejected = 'clientcert_certificates_rejected_total';
my $denied   = 'clientcert_requests_denied_total';
sub vhost { my ($name, $port) = @_; return "$name:" . $h->port($port) }

is_deeply words(metrics(), $rejected), {}, 'no certificate was rejected';
is vhosts($_), ' localhost:1 a.example:1 localhost:2 localhost:3',
    "$_: virtual hosts that use the module have samples from the start, and the main server"
    for $rejected, $denied;
is keys %{ metrics()->{$rejected} }, 5 * 16, 'each for each reason';
$h->get('/', cert => 'serveronly') for 1 .. 2;
$h->get('/', cert => 'stranger');
$h->get('/', cert => $_, host => 'a.example') for qw(stranger selfsigned);
{
    my $c = $h->connection(cert => 'ca-client');
    $c->request('/') for 1 .. 3;
    my $seconds = 3 * ($ENV{CC_SLOW} // 1);
    my $earliest = time + $seconds;
    my $cert     = ClientCert::Test->short_cert($seconds);
    my $until    = time + $seconds + 1.1;
    my $short    = $h->connection(cert => $cert);
    $short->request('/');
    is metrics()->{clientcert_certificates_earliest_end_timestamp_seconds}{''} <= $until, 1,
        'the certificate that ends first';
    before_ok($earliest, 'before it ends');
    sleep 0.1 while time < $until;
    $short->request('/') for 1 .. 3;
}
is_deeply words(metrics(), $rejected),
    { handshake => 3, not_verified => 2, not_a_client => 1, expired => 1 },
    'rejected certificates, once per connection, by reason';
is metric(metrics(), $rejected, vhost => $$_[0], reason => $$_[1]), $$_[2], "$$_[1] at $$_[0]"
    for [vhost('localhost', ''), 'handshake', 3], [vhost('localhost', ''), 'not_verified', 0],
    [vhost('a.example', ''), 'not_verified', 2], ['', 'handshake', 0];
is metric(metrics(), $denied), 1,
    'the one that expired was denied, and its connection had no further request';
$h->mark_log;
is $h->get('/private/page', cert => 'alice')->{status}, 403, 'another request is';
$h->wait_log(qr/CC0110/);
is metric(metrics(), $denied), 2, 'which is counted';

# ---- tables

sub soon {
    my ($wanted, $claim) = @_;
    my $until = time + 20;
    my @names = qw(rows loads_total load_failures_total last_load_successful);
    sleep 0.1 while time < $until && "@{ table(metrics(), @names) }" ne "@$wanted";
    sleep 0.5;
    return is_deeply table(metrics(), @names), $wanted, $claim;
}

# In one write, or a process may load a half-written file too.
sub replace { return rename $h->file('conf/t.new', $_[0]), $h->path('conf/t.map') }

sub age { return time - table(metrics(), 'last_load_timestamp_seconds')->[0] }

my $age = age();
cmp_ok $age, '>', 1, 'the rows have an age';
replace("alice one\n\xff\n");
soon([2, 1, 1, 0], 'a broken file is one failure, of all processes, and the rows stay');
cmp_ok age(), '>', $age, 'and grow older';
replace("alice one\nbob two\ncarol three\n");
soon([3, 2, 1, 1], 'a good one is one load');
cmp_ok age(), '<', $age, 'and its rows are young';
ok !exists metrics()->{clientcert_table_rows}{'table="down",vhost="",type="redis"'},
    'a table without rows has no number of them';
is metric(metrics(), 'clientcert_table_cache_misses_total', table => 'down'), 1, 'but a cache';
like join(' ', keys %{ metrics()->{clientcert_decisions_total} }),
    qr/vhost="localhost:@{[$h->port]}",section="<Location \\"\/table\\">"/, 'labels are escaped';

# ---- certificates that expire soon

sub expiring { return metric(metrics(), 'clientcert_certificates_expiring') }

my $before = expiring();
is $before, 5, 'certificates that end soon: each once, without those that were rejected or ended';
$h->get('/', cert => $_) for qw(noeku noeku alice), certificate('later', '/CN=later', days => 40);
is expiring(), $before + 1, 'another one, and not what ends later';

# ---- the page of mod_status

my $auto = $h->get('/status?auto', scheme => 'http', port => 2)->{body};
my %line = $auto =~ /^(ClientCert\S+): (.*)$/mg;
my $sums = decisions(metrics());
is_deeply { map { ($_ => $line{"ClientCertDecisions\u$_"}) } keys %$sums }, $sums,
    'mod_status: the sums';
is $line{'ClientCertRejectedNotVerified'}, 2, 'reasons';
is $line{'ClientCertRequestsDenied'},      2, 'denials';
is $line{'ClientCertExpiring'}, $before + 1, 'certificates';
is "@line{map { qq(ClientCertLedger[0]$_) } qw(Vhost Replaced)}", 'localhost:' . $h->port . ' 0', 'a ledger';
is "@line{map { qq(ClientCertRule[1]$_) } qw(Vhost Section Matches)}",
    'localhost:' . $h->port . '  ' . rules(metrics())->[1], 'a rule';
is "@line{map { qq(ClientCertTable[0]$_) } qw(Name Type Rows Loads LoadFailures)}", 't file 3 2 1',
    'a table';
cmp_ok $line{'ClientCertTable[0]Age'}, '<', 60, 'and its age';

# ---- the handler

my $response = $h->get('/metrics', scheme => 'http', port => 2);
is $response->{headers}{'content-type'}, 'text/plain; version=0.0.4; charset=utf-8',
    'the type of content is that of the format';
is $response->{headers}{'cache-control'}, 'no-store', 'it is not cached';
sub status_of { return $h->get('/metrics', scheme => 'http', port => 2, @_)->{status} }
is status_of(method => 'HEAD'), 200, 'HEAD is answered';
is status_of(method => 'POST', data => 'x'), 405, 'POST is not';

# ---- the documentation

my @named = $page =~ /^\| `(clientcert_\w+)` \|/mg;
is_deeply [sort @named], [sort keys %{ metrics() }],
    'doc/operations.md has every metric, and no other';
my %documented = map { $_ => 1 } $page =~ /^\| `\w+` \| (counter|gauge) \|/mg;
is_deeply [sort keys %documented], ['counter', 'gauge'], 'with its type';
my %words = map { $_ => 1 } $page =~ /^\| `([a-z_]+)` \| (?!counter|gauge|Me|Value)/mg;
my %shown = map { /(?:reason|note|result)="(\w+)"/ ? ($1 => 1) : () } map { keys %$_ }
    @{ metrics() }{map { "clientcert_${_}_total" }
        qw(decisions notes certificates_rejected ocsp_checks ocsp_questions)};
is_deeply [sort keys %words], [sort keys %shown],
    'every result, reason and note, and no other';
my ($lines) = $page =~ /^\| Line \| Value \|\n(.*)/ms;
my %told = map { $_ => 1 } map { /`(ClientCert[^`]*)`/g }
    map { (split /\|/)[1] // () } split /\n/, $lines;
my %put  = map { s/\[\d+\]/[N]/r => 1 } keys %line;
$put{"ClientCertTable[N]$_"} = 1 for qw(RowsOutside EarliestEnd);    # no table here has valid=
is_deeply [sort keys %told], [sort keys %put], 'every line of mod_status, and no other';

# ---- hostile certificates

my $evil = qq{x"} . 1 . "\n# HELP evil\nevil{a=\x22b\x22} 1\r\x1b[31m\xe2\x80\xae\xe2\x80\xa8"
    . q{'><script>alert(1)</script>&amp;</td>\\\\ } . "\xc3\xa9\xf0\x9f\x98\x80";
(my $quoted = $evil) =~ s{([\\/+])}{\\$1}g;
my @hostile = (
    certificate('hostile', "/O=Example/description=$quoted/CN=hostile"),
    certificate('huge',
        '/O=Example/description=' . $quoted x (90_000 / length $quoted) . '/CN=huge'),
    certificate('plain', '/O=Example/CN=<b>ü\\"'),
    qw(newline-cn nul-cn bmp-cn long-cn));
ok $h->reload(
    files => { 'conf/same.conf' => "SSLVerifyClient optional\nClientCertMap user=same\n" },
    conf  => <<'CONF'), 'another configuration';
SSLSessionTickets off
SSLSessionCache none
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap user=%{subject.description} group=%{subject.CN}
    ClientCertMap user=%{subject.CN}
    ClientCertMap san.dns == "never" group=never
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    Include conf/same.conf
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT3@>
    ServerName localhost
    @SSL@
    Include conf/same.conf
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName "x\"y.example"
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/status">
        SetHandler server-status
    </Location>
    <Location "/ä\\\"{}">
        ClientCertMap user=x
    </Location>
</VirtualHost>
<VirtualHost *:@PORT4@>
    ServerName plain.example
</VirtualHost>
<VirtualHost *:@PORT5@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    <Directory "@ROOT@/htdocs/files">
        AllowOverride AuthConfig
    </Directory>
</VirtualHost>
CONF
announce('CC0150', 'CC0154', 'CC0721');
is_deeply rules(metrics()), [0, 0, 0, 0], 'a graceful restart begins at 0';
is expiring(), 0, 'with an empty list';
cmp_ok time - metric(metrics(), 'clientcert_start_time_seconds'), '<', 60,
    'and reports the time of the start';

my $used = 'localhost:1 localhost:3 x\"y.example:2';
is vhosts($_), $used, "$_: a virtual host that does not use the module has no samples"
    for $rejected, $denied;
$h->mark_log;
is $h->get('/files/page', cert => $hostile[0], port => 5)->{status}, 403, 'a .htaccess file denies';
$h->wait_log(qr/CC0110/);
is vhosts($_), "$used localhost:5", "$_: one with .htaccess has them once something has happened"
    for $rejected, $denied;
is metric(metrics(), $denied, vhost => vhost('localhost', 5)), 1, 'and each its own';

is $h->get('/', cert => $hostile[0], port => 3)->{status}, 200,
    'one of two hosts with equal labels';
is_deeply [map { metrics()->{clientcert_rule_matches_total}{$_} }
        grep { /same\.conf/ } keys %{ metrics()->{clientcert_rule_matches_total} }], [1],
    'is counted with the other one';
$h->get('/', cert => 'serveronly', port => 3);
is_deeply [map { $$_{"vhost=\"@{[vhost('localhost', 3)]}\",reason=\"handshake\""} }
        metrics()->{$rejected}], [1], 'and so are rejected certificates';

is $h->get('/', cert => $_)->{status}, 200, 'a hostile certificate' for @hostile;
my $text = $h->get('/metrics', scheme => 'http', port => 2)->{body};
is eval { keys %{ read_metrics($text) } }, @named + 0, 'the metrics are unchanged' or diag $@;
unlike $text, qr/evil|script|hostile|huge/, 'and nothing of a certificate is in them';
like $text, qr/section="<Location \\"\/ä\\\\\\\\\\\\\\"\{\}\\">"/, 'what an administrator writes is';
is expiring(), @hostile + 0, 'only their number';

my $html = $h->get('/status', scheme => 'http', port => 2)->{body};
my ($ours) = $html =~ m{<h2>mod_clientcert</h2>\n(.*?)(?=<hr|</body)}s;
is_deeply [grep { !m{\A</?(?:h3|p|table(?: border="1")?|tr|th(?: scope="col")?|td(?: align="right")?)>\z} }
        $ours =~ /<[^>]*>?/g], [], 'mod_status: its page has no tag but those of the tables';
unlike $ours, qr/[^\x20-\x7e\n]/, 'no octet that is not ASCII';
unlike $ours, qr/&(?!#\d+;)|["'](?!1"|right"|col"|>)/, 'no entity and no quote of another';
like $ours, qr/&#60;script&#62;.*x1B/, 'the subject is there all the same';
like $ours, qr/&#60;b&#62;&#252;/, 'with its letters';
like $ours, qr/octets\)</, 'and a long one is cut';
cmp_ok length $ours, '<', 20_000, 'so that the page stays small';
$auto = $h->get('/status?auto', scheme => 'http', port => 2)->{body};
my ($block) = $auto =~ /^(ClientCert.*\nClientCert.*?\n)/ms;
is_deeply [grep { !/\AClientCert\w+(?:\[\d+\]\w+)?: / } split /\n/, $block], [], 'a line is a line';
unlike $auto, qr/evil|script/, 'and says nothing of certificates';
$h->stop;

# ---- the example

$h = example('metrics', define => { WATCHER => '192.0.2.10' }, files => { 'htdocs/page' => '' });
is $h->get('/page', cert => 'alice')->{status}, 200, 'metrics.conf: a client';
is metric(read_metrics($h->get('/metrics')->{body}), 'clientcert_decisions_total'), 1,
    'whose metrics this machine may see';
like $h->get('/server-status?auto')->{body}, qr/^ClientCertDecisionsMapped: 1$/m, 'here too';

done_testing;
