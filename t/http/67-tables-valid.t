# SPDX-License-Identifier: Apache-2.0
# Tests valid=: a row begins and ends at its moments, in open connections, negations and lookups.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::File;
use IO::Socket::SSL;
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);

my $ca      = ClientCert::Test->ca;
my $seconds = int(9 * ($ENV{CC_SLOW} // 1)) + 1;

sub moment { my ($time) = @_; return strftime '%Y-%m-%dT%H:%M:%SZ', gmtime $time }

# ---- a moment at which one row ends, and another one begins

my $h = ClientCert::Test->server(
    modules => ['headers', 'http2', 'authz_user'],
    files   => {
        'conf/people.map' => '',
        map { ("htdocs/$_/page" => "$_\n") } qw(not deny negated),
    },
    global => "Protocols h2 http/1.1\nKeepAliveTimeout 300\nTimeout 300\n",
    conf   => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable people file:conf/people.map valid=2 reload=0.5
    ClientCertMap subject.CN in people user=$1
    Header always set User "expr=%{REMOTE_USER}"
    <Location "/not">
        ClientCertMap subject.CN !in people user=guest
    </Location>
    <Location "/deny">
        ClientCertMap subject.CN in people deny
        ClientCertMap user=%{subject.CN}
    </Location>
    <Location "/negated">
        <RequireAll>
            Require clientcert
            Require not clientcert subject.CN in people
        </RequireAll>
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF

# Two requests by curl over one HTTP/2 connection, with this many seconds between them.
sub two_by_http2 {
    my ($cert) = @_;
    open my $out, '-|', 'curl', '-q', '-sS', '--noproxy', '*', '--http2', '--cacert', "$ca/root.pem", '--cert', "$ca/$cert.pem",
        '--key', "$ca/$cert.key", '--rate', int(3600 / ($seconds + 2)) . '/h', '-w', '%header{user} %{num_connects}\n',
        map { ('-o', '/dev/null', 'https://localhost:' . $h->port . '/') } 1 .. 2
        or die "curl: $!\n";
    return $out;
}

# A connection with an unfinished request; and the user of the request after the rest of it is sent.
sub begin {
    my ($cert) = @_;
    my $s = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, SSL_verify_mode => SSL_VERIFY_NONE,
        SSL_hostname => 'localhost', SSL_cert_file => "$ca/$cert.pem", SSL_key_file => "$ca/$cert.key")
        or die "connect: $SSL_ERROR\n";
    print $s "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    return $s;
}

sub finish {
    my ($s) = @_;
    print $s "\r\n";
    my $response = join '', readline $s;
    return join ' ', $response =~ m{\AHTTP/1\.1 (\d+)}, $response =~ /^User: ([^\r\n]+)/mi;
}

sub who { my ($response) = @_; return join ' ', $response->{status}, grep { length } $response->{headers}{user} // '' }

announce('CC0134', 'CC0110', 'AH01630', 'CC0103');
my $at  = int(time) + $seconds;
my $now = moment($at);
replace($h->path('conf/people.map'), "alice old - $now\nalice new $now -\nbob bob - $now\n"
    . "cart cart $now -\nshort never 2020-01-01 2020-12-31\nlater later 2999-01-01 -\n");
ok $h->wait_log(qr/CC0131: .*people/), 'the rows are loaded';
my $http2 = two_by_http2('alice');
my $slow  = begin('bob');
my %c     = map { $_ => $h->connection(cert => $_) } qw(alice bob service);
my %whole = (alice => ['200 old', '200 new'], bob => ['200 bob', '200'], service => ['200', '200 cart']);
for my $cert (sort keys %c) {
    is who($c{$cert}->request('/')), $whole{$cert}[0], "$cert, before the moment";
}
is who($c{bob}->request('/not/page')), '200', '!in does not hold for a row that counts';
is who($c{bob}->request('/deny/page')), '200', 'which denies';
is who($c{bob}->request('/negated/page')), '403 bob', 'and keeps out in a negated Require';
is who($c{service}->request('/not/page')), '200 guest', 'a row that begins later is not there';
is finish(begin('bob')), '200 bob', 'a request that was sent in two parts';
before_ok($at, 'all that before the moment');

sleep 0.1 while time < $at + 1.1;
is finish($slow), '200', 'a request that began before the moment, and arrives after it, gains nothing';

for my $cert (sort keys %c) {
    is who($c{$cert}->request('/')), $whole{$cert}[1], "$cert, after the moment, on the same connection";
}
is who($c{bob}->request('/not/page')), '200 guest', 'a row that has ended is not there: !in holds';
is who($c{bob}->request('/deny/page')), '200 bob', 'it does not deny';
is who($c{bob}->request('/negated/page')), '200', 'nor keep out in a negated Require';
is who($c{service}->request('/not/page')), '200', 'and the row that has begun is there';
ok $h->wait_log(qr/CC0134: result=outside .*reason="table people \(\S+\): the row of this key ended on \Q$now\E"/), 'the log names the moment';
ok $h->wait_log(qr/CC0134: .*the row of this key begins on \Q$now\E"/), 'of either kind';
is_deeply [<$http2>], ["old 1\n", "new 0\n"], 'two streams of one HTTP/2 connection get one row each';

my $metrics = $h->get('/metrics')->{body};
like $metrics, qr/^clientcert_table_rows_outside\{table="people",.*\} 4$/m, 'the metrics count the rows outside';
unlike $metrics, qr/clientcert_table_earliest_end_timestamp_seconds\{/, 'no other row ends';
like $metrics, qr/^clientcert_notes_total\{note="outside_row"\} [1-9]/m, 'and the lookups that met one';

# ---- changes

my $end = $at + 3600;
replace($h->path('conf/people.map'), "bob bob - " . moment($end) . "\n");
$h->mark_log;
sleep 0.1 until who($h->get('/', cert => 'bob')) eq '200 bob';
like $h->get('/metrics')->{body}, qr/^clientcert_table_earliest_end_timestamp_seconds\{table="people",.*\} $end$/m, 'the metrics have the next end';
announce('CC0132');
$h->mark_log;
replace($h->path('conf/people.map'), "bob bob - soon\n");
ok $h->wait_log(qr{CC0132: .*people\.map:1: column 3, a date of valid=, is "soon"; write }), 'a bad date is a bad line of a new version';
is who($h->get('/', cert => 'bob')), '200 bob', 'and the rows stay';
$h->stop;

# ---- starts

sub says {
    my ($table, $rows) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(
        conf  => "ClientCertTable t $table\nClientCertMap subject.CN in t user=\$1\n",
        files => { 'conf/t.map' => $rows });
    return "$exit $output";
}
like says('file:conf/t.map valid=2', "a a - -\nb b 2026-13-01 -\n"), qr{\A1 .*t\.map:2: column 2, a date of valid=, is "2026-13-01"; write 2027-01-31, }s, 'a bad date stops the start, with its line';
like says('file:conf/t.map valid=2', "a a\n"), qr{\A1 .*t\.map:1: column 2, a date of valid=, is missing}s, 'so does a missing column';
like says('gridmap:conf/t.map valid=1', qq("/CN=a" a\n)), qr{\A1 .*CC0604: "valid": not an option of gridmap tables}s, 'a gridmap has no such option';
like says('file:conf/t.map valid=2', "a a - 2020-12-31\n"), qr{\A0 .*CC0740: \S+:\d+: no row of table t counts now \(valid=\): 1 have ended, and 0 begin later}s, 'lint tells that no row counts';
unlike says('file:conf/t.map valid=2', "a a - 2020-12-31\nb b - -\n"), qr/CC0740/, 'but not if one does';

done_testing;
