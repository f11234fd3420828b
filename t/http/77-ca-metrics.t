# SPDX-License-Identifier: Apache-2.0
# Tests the metrics of CAs: each change of a file counts once, whichever processes see it, and every
# process reports the CAs that it uses.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Metrics;
use ClientCert::Test::Waiting;

use IO::Socket::INET ();
use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my $ca   = ClientCert::Test->ca;
announce('CC0196');

my $is_ca = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign";
my $day   = 24 * 3600;

# The certificate of a CA in PEM, which expires after so many seconds.
sub ca_for {
    my ($name, $subject, $left) = @_;
    my $at = certificate($name, $subject, self => 1, extension => $is_ca,
        begin => time - 400 * $day, end => int(time) + $left);
    return read_file("$at.pem");
}

my $one = ca_for('one', '/O=Example/CN=One <CA>', 300 * $day);
my $two = ca_for('two', '/O=Example/CN=Two CA',   200 * $day);

my $tls  = "SSLEngine on\nSSLCertificateFile \@CA\@/localhost.pem\nSSLCertificateKeyFile \@CA\@/localhost.key";
my $host = "ServerName localhost\n$tls\nSSLVerifyClient optional\nClientCertMap user=somebody\n";
my $h = ClientCert::Test->server(
    mpm     => 'prefork',
    modules => ['status'],
    files   => { 'conf/cas.pem' => $one, 'conf/federated.pem' => $two, 'conf/others.pem' => $one . $two },
    global  => "StartServers 4\nMaxKeepAliveRequests 0\nKeepAliveTimeout 300\nTimeout 300\n",
    conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    $host
    ClientCertCA conf/cas.pem reload=0.1
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    $host
    ClientCertCA conf/others.pem reload=0
    ClientCertCA conf/federated.pem reload=0 domain=b.example
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap user=somebody
</VirtualHost>
<VirtualHost *:\@PORT9\@>
    ServerName localhost
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/status">
        SetHandler server-status
    </Location>
</VirtualHost>
CONF

# ---- several processes: a connection that stays open keeps a process of prefork to itself

my @processes = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port(9))
        or die "no connection: $!\n" } 1 .. 4;

sub page {
    my ($process, $path) = @_;
    print {$process} "GET $path HTTP/1.1\r\nHost: localhost\r\n\r\n";
    $process->flush;
    local $/ = "\r\n\r\n";
    my $head = readline $process;
    my ($length) = $head =~ /^Content-Length: (\d+)/mi;
    my $body = '';
    if (defined $length) {
        read $process, $body, $length;
        return $body;
    }
    local $/ = "\r\n";
    while (defined(my $size = readline $process)) {    # chunked
        $size = hex $size =~ s/\r\n//r;
        read $process, my $chunk, $size + 2;
        last if !$size;
        $body .= substr $chunk, 0, $size;
    }
    return $body;
}

sub vhost { my ($port) = @_; return 'vhost="localhost:' . $h->port($port || 1) . '"' }

# A metric of the first host, or of another one, as a process reports it.
sub number {
    my ($process, $name, $port, $domain) = @_;
    my $labels = vhost($port) . (defined $domain ? qq{,domain="$domain"} : '');
    return read_metrics(page($process, '/metrics'))->{"clientcert_ca_$name"}{$labels};
}

# "CAs loads failures refused" of the first host.
sub numbers {
    my ($process) = @_;
    return join ' ', number($process, 'certificates', '', ''),
        map { number($process, $_) } qw(loads_total load_failures_total files_refused);
}

sub becomes {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $all = join ' | ', ($expected) x @processes;
    my $now = sub { join ' | ', map { numbers($_) } @processes };
    wait_until(sub { $now->() eq $all });
    return is $now->(), $all, $claim;
}

sub put { my ($octets) = @_; return replace($h->path('conf/cas.pem'), $octets) }

# ---- at the start

becomes('1 1 0 0', 'at the start a file was loaded, with one CA');
my $process = $processes[0];
is number($process, 'certificates', 2, ''), 2, 'CAs for all certificates but those of a domain';
is number($process, 'certificates', 2, 'b.example'), 1, 'and for a trust domain';
is number($process, 'loads_total',  2), 2, 'the files of all ClientCertCA of a host count together';
is number($process, 'loads_total',  3), undef, 'a host without ClientCertCA has no such metrics';
cmp_ok abs(number($process, 'earliest_end_timestamp_seconds', '', '') - time - 300 * $day), '<',
    100 * $slow, 'the only CA is the first to expire';
cmp_ok abs(number($process, 'earliest_end_timestamp_seconds', 2, '') - time - 200 * $day), '<',
    100 * $slow, 'of two, the one that expires first';
my ($changed, $looked) =
    map { number($process, "last_${_}_timestamp_seconds") } qw(change look);
cmp_ok abs(time - $_), '<', 60 * $slow, 'the CAs have an age, and were looked at' for $changed, $looked;

# ---- changes

sleep 1.1;    # so that the second is another one
put($one . $two);
becomes('2 2 0 0', 'a CA that arrives is one load, and every process uses it');
my $arrived = number($process, 'last_change_timestamp_seconds');
cmp_ok $arrived, '>', $changed, 'the age begins again';
put("no certificate\n");
becomes('2 2 1 1', 'a file without a CA is one refusal, and the CAs stay');
sleep 1;
becomes('2 2 1 1', 'however many processes see it, and however often');
put($one . substr $two, 0, 200);
becomes('2 2 2 1', 'another bad state is another refusal');
is number($process, 'last_change_timestamp_seconds'), $arrived, 'the CAs have not changed';
put($two);
becomes('1 3 2 0', 'a good one is a load, and nothing is refused now');
cmp_ok abs(number($process, 'earliest_end_timestamp_seconds', '', '') - time - 200 * $day), '<',
    100 * $slow, 'the first to expire is now the other one';
$arrived = number($process, 'last_change_timestamp_seconds');
unlink $h->path('conf/cas.pem');
becomes('1 3 3 1', 'no file is a failure');
put($two);
wait_until(sub { !grep { numbers($_) !~ /^1 [34] 3 0$/ } @processes });
sleep 1;      # whether the same content is one more load depends on what was read meanwhile
my $loads = number($process, 'loads_total');
becomes("1 $loads 3 0", 'the same CAs again are no refusal, and no change');
is number($process, 'last_change_timestamp_seconds'), $arrived, 'so the age goes on';
cmp_ok number($process, 'last_look_timestamp_seconds'), '>', $looked, 'the last look was later';
is join(' ', map { number($process, $_, 2) } qw(loads_total load_failures_total files_refused)),
    '2 0 0', 'nothing of that is counted for another host';

# ---- mod_status

my %line = page($process, '/status?auto') =~ /^ClientCert(CA\S+): ?(.*?)\r?$/mg;

# The values of these names in the group of lines about a host, and a domain.
sub lines {
    my ($group, $port, $domain, @names) = @_;
    my ($at) = grep {
        vhost($port) eq qq{vhost="} . ($line{"$group\[$_]Vhost"} // '') . '"'
            && (!defined $domain || $line{"$group\[$_]Domain"} eq $domain)
    } 0 .. 3;
    return join ' | ', map { $line{"$group\[$at]$_"} } @names;
}

is lines('CA', 1, '', qw(FirstToEnd Certificates)), 'CN=Two CA,O=Example | 1', 'mod_status: CAs';
is lines('CA', 2, 'b.example', 'Certificates'), 1, 'of each trust domain';
cmp_ok abs(lines('CA', 1, '', 'EndsIn') - 200 * $day), '<', 100 * $slow, 'seconds until the first end';
is lines('CAFiles', 1, undef, qw(Loads LoadFailures Refused)), "$loads | 3 | 0", 'files';
cmp_ok lines('CAFiles', 1, undef, 'Age'), '<', 120 * $slow, 'the age of the set';
my ($cas, $files) =
    page($process, '/status') =~ m{<h3>CAs</h3>(.*)<h3>Files of CAs</h3>(.*)}s;
my $name = 'localhost:' . $h->port;
like $cas, qr{<td>\Q$name\E</td><td></td><td>CN=Two CA,O=Example</td><td align="right">1</td><td>\w\w\w, },
    'the same for people: CAs';
like $cas, qr{<td>b\.example</td>}, 'with the trust domain';
like $files, qr{<td>\Q$name\E</td><td align="right">$loads</td><td align="right">3</td><td align="right">0</td>},
    'and files';

# ---- a CA that has expired, and a hostile subject

put(ca_for('old', qq{/O=Example/CN=<b>"Old"\nCA}, -3600) . $one);
announce('CC0142', 'CC0734');
becomes(join(' ', 2, $loads + 1, '3 0'), 'a set with a CA that has expired');
my $ended = number($process, 'earliest_end_timestamp_seconds', '', '') - time;
cmp_ok abs($ended + 3600), '<', 100 * $slow, 'whose end is in the past';
%line = page($process, '/status?auto') =~ /^ClientCert(CA\S+): ?(.*?)\r?$/mg;
cmp_ok lines('CA', 1, '', 'EndsIn'), '<', 0, 'mod_status: so many seconds ago';
like lines('CA', 1, '', 'FirstToEnd'), qr/^<b>.*Old.*\\x0ACA$/, 'and its subject is one line';
unlike page($process, '/status'), qr/<b>"Old/, 'which is escaped on the page';
unlike page($process, '/metrics'), qr/Old/, 'and is no label';

close $_ for @processes;
done_testing;
