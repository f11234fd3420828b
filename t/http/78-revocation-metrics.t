# SPDX-License-Identifier: Apache-2.0
# Tests the metrics of CRLs and OCSP: each event counts once, whichever processes see it, and
# further requests of a connection do not count.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Metrics;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Waiting;

use POSIX ();
use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
announce('CC0104', 'CC0110', 'CC0174');

my $h;

sub host {
    my ($port, @directives) = @_;
    return join "\n    ", "<VirtualHost *:\@PORT$port\@>", 'ServerName localhost', '@SSL@',
        'SSLVerifyClient optional', 'ClientCertMap user=somebody', @directives,
        "\n</VirtualHost>\n";
}

my $numbers = <<'CONF';
<VirtualHost *:@PORT9@>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/status">
        SetHandler server-status
    </Location>
</VirtualHost>
CONF

sub page { return $h->get("/$_[0]", scheme => 'http', port => 9)->{body} }

sub vhost { my ($port) = @_; return 'localhost:' . $h->port($port || 1) }

# The value for the host of this port: a number, or with labels "good 1 failed 2", without zeros.
sub number {
    my ($name, $port) = @_;
    my $vhost = 'vhost="' . vhost($port) . '"';
    my $of    = read_metrics(page('metrics'))->{"clientcert_$name"} // {};
    my @results = map { /^\Q$vhost\E,result="(\w+)"$/ && $of->{$_} ? "$1 $of->{$_}" : () } sort keys %$of;
    return $of->{$vhost} // join ' ', @results;
}

sub numbers { my ($port, @names) = @_; return join ' ', map { number($_, $port) } @names }

# Waits for a value, and returns the last one seen.
sub soon {
    my ($expected, $code) = @_;
    wait_until(sub { $code->() eq $expected }, 20);
    return $code->();
}

# ---- files of CRLs, and many processes

my $staff = ClientCert::Test::Crl->new('staff');
my $first = $staff->crl;
my $responder = ClientCert::Test::Ocsp->new(certs => [qw(alice bob admin)]);
my $on = 'ClientCertOCSP On timeout=' . 20 * $slow . ' ttl=60';

$h = ClientCert::Test->server(
    mpm     => 'prefork',
    modules => ['status'],
    files   => { 'conf/staff.crl' => $first, 'conf/crls/staff.crl' => $first,
        'conf/crls/README' => "no CRL\n" },
    conf => $numbers
        . host('', 'ClientCertCRL conf/staff.crl reload=0.1', 'ClientCertCRLCheck leaf')
        . host(2, 'ClientCertCRL conf/crls reload=0.1', 'ClientCertCRLCheck leaf')
        . host(3, "$on responder=" . $responder->url('honest/prefork')));

my @of_files = qw(crl_loads_total crl_load_failures_total crl_files_refused);

# How many such lines each of the four processes has written, at least.
sub said_by_all {
    my ($pattern) = @_;
    my %said;
    /\[pid (\d+)/ and $said{$1}++ for $h->log_lines($pattern);
    my ($fewest) = sort { $a <=> $b } values %said;
    return keys %said >= 4 ? $fewest : 0;
}

# Calls a function, and waits until every process has reloaded.
sub becomes {
    my ($do, $tag, $expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    $do->();
    wait_until(sub { said_by_all($tag) });
    return is soon($expected, sub { numbers('', @of_files) }), $expected, $claim;
}

sub put { my ($octets) = @_; return sub { replace($h->path('conf/staff.crl'), $octets) } }

is numbers($_, @of_files), '1 0 0', 'at the start a file was loaded, and none refused' for '', 2;
my $looked = number('crl_last_look_timestamp_seconds', '');
cmp_ok abs(time - $looked), '<', 20 * $slow, 'the files have been looked at';

$staff->revoke('bob');
my $second = $staff->crl;
becomes(put($second), qr/CC0173/, '2 0 0', 'a change is one load, of all processes');
becomes(put($first), qr/CC0412/, '2 1 1', 'a rollback is one refusal, and the file is refused');
becomes(put(damaged($staff->crl)), qr/CC0411/, '2 2 1', 'another bad state is another one');
becomes(put($staff->crl), qr/CC0173/, '3 2 0', 'a good one is a load, and nothing is refused now');
becomes(sub { unlink $h->path('conf/staff.crl') }, qr/CC0406/, '3 3 1', 'no file is a failure');
becomes(put($staff->crl), qr/CC0173/, '4 3 0', 'and it is loaded when it comes back');
is numbers(2, @of_files), '1 0 0', 'nothing of that is counted for another ClientCertCRL';

# All at once: each process may read them in any number of steps.
replace($h->path("conf/crls/$_.crl"), $staff->crl) for 'staff', 'a' .. 'e';
is soon('7 0 0', sub { numbers(2, @of_files) }), '7 0 0', 'in a folder, each file counts';
cmp_ok number('crl_last_look_timestamp_seconds', ''), '>', $looked, 'the last look was later';
sleep 1;
is numbers(2, @of_files), '7 0 0', 'and that stays so while nothing changes';

# ---- one cache for many processes

is $h->get('/', cert => 'alice', port => 3)->{status}, 200, "connection $_" for 1 .. 12;
is numbers(3, 'ocsp_checks_total', 'ocsp_cache_hits_total', 'ocsp_questions_total'),
    'good 12 11 good 1', 'twelve checks by several processes: one question, and the cache';

# ---- the page of mod_status

my %line = page('status?auto') =~ /^ClientCert((?:CRL|OCSP)\S+): (.*)$/mg;

# The values of these names in the group of lines about this host.
sub lines {
    my ($group, $port, @words) = @_;
    my ($at) = grep { ($line{"$group\[$_]Vhost"} // '') eq vhost($port) } 0, 1;
    return join ' ', map { $line{"$group\[$at]$_"} } @words;
}

is lines('CRLFiles', 1, qw(Loads LoadFailures Refused)), '4 3 0', 'mod_status: files of CRLs';
is lines('CRLFiles', 2, qw(Loads LoadFailures Refused)), '7 0 0', 'of each host';
cmp_ok abs(time - lines('CRLFiles', 1, 'LastLook')), '<', 20 * $slow, 'looked at lately';
cmp_ok abs(time - $line{'CRL[0]LastLoad'}), '<', 120 * $slow, 'a CRL has a time of loading';
is lines('OCSP', 3, qw(ChecksGood ChecksFailed CacheHits Waits TurnedAway QuestionsGood)),
    '12 0 11 0 0 1',
    'OCSP';
my $cells = sub { join '', map { qq{<td align="right">$_</td>} } @_ };
my ($files, $ocsp) = page('status') =~ m{<h3>Files of CRLs</h3>(.*)<h3>OCSP</h3>(.*)}s;
my ($two, $three) = map { '<td>' . vhost($_) . '</td>' } 2, 3;
like $files, qr/\Q$two@{[$cells->(7, 0, 0)]}\E/, 'the same for people: files';
like $ocsp, qr/\Q$three@{[$cells->(0, 12, 0, 0, 0, 11, 0, 0, 0, 0, 1, 0, 0, 0, 0)]}\E/, 'and OCSP';
$h->stop;

# ---- results of questions to responders

my $gone = 'closes/gone';
$h = ClientCert::Test->server(
    mpm  => 'event',
    conf => $numbers
        . host('', "$on responder=" . $responder->url('honest/event'))
        . host(2, "$on responder=" . $responder->url($gone))
        . host(3, 'ClientCertOCSP On ttl=1 stale=600 responder=' . $responder->url('honest/stale'))
        . host(4, "$on responder=" . $responder->url('hold/waits'))
        . host(5, 'ClientCertOCSP AIA', 'ClientCertOCSPAllow ocsp.example')
        . host(6, "$on responder=" . $responder->url('garbage/event') . ' failure=allow'));

sub ask { my ($port, @certs) = @_; return map { $h->get('/', cert => $_, port => $port) } @certs }

my @of_ocsp = qw(ocsp_checks_total ocsp_questions_total ocsp_cache_hits_total
    ocsp_stale_answers_total ocsp_waits_total);

$responder->revoke('bob');
is numbers('', @of_ocsp), '  0 0 0', 'at the start there are no questions';
ask('', qw(alice bob two-cn));
is numbers('', @of_ocsp), 'good 1 revoked 1 unknown 1 good 1 revoked 1 unknown 1 0 0 0',
    'checks and questions, by the answer of the responder';
my $connection = $h->connection(cert => 'alice');
is $connection->request('/')->{status}, 200, "request $_ of a connection" for 1 .. 5;
is numbers('', @of_ocsp), 'good 2 revoked 1 unknown 1 good 1 revoked 1 unknown 1 1 0 0',
    'is one check, which the cache answers';

ask(6, qw(alice alice));
is numbers(6, 'ocsp_checks_total', 'ocsp_questions_total', 'ocsp_cache_hits_total'),
    'failed 2 failed 1 0', 'a failure is remembered, and no hit';

ask(5, 'alice');
is numbers(5, @of_ocsp), 'no_responder 1  0 0 0', 'a certificate that names no responder';

# Each one is a new request. After three failures in a row, the responder is not asked for a while.
my @many = qw(alice bob admin two-cn two-mail comma-o comma-cn slash-cn multi-rdn long-cn);
my $asked = 0;
while ($asked < @many && number('ocsp_questions_total', 2) !~ /left_alone/) {
    ask(2, $many[$asked++]);
}
my $failed = $responder->asked($gone);
is numbers(2, @of_ocsp), "failed $asked failed $failed left_alone 1 0 0 0",
    'a responder that fails repeatedly is left alone';
is $asked, $failed + 1, 'which is no question to it';

# ---- answers that have expired

ask(3, 'alice');
$responder->mood('honest/stale', 'closes');
sleep 1.1;
is join(' ', map { $_->{status} } ask(3, 'alice')), 200, 'an expired answer is used';
is numbers(3, @of_ocsp), 'good 2 failed 1 good 1 0 1 0', 'and is counted, with the failure';

# ---- one question at a time

my @askers = map {
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        ask(4, 'alice');
        POSIX::_exit(0);
    }
    $pid;
} 1 .. 3;
is soon(2, sub { number('ocsp_waits_total', 4) }), 2, 'two wait for the question of a third';
is numbers(4, @of_ocsp[0, 1]), ' ', 'which is not answered yet';
$responder->release;
waitpid $_, 0 for @askers;
is numbers(4, @of_ocsp), 'good 3 good 1 0 0 2', 'one answer is that of three checks';

done_testing;
