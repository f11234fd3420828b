# SPDX-License-Identifier: Apache-2.0
# Tests that an identity ends when the certificate expires, in open connections and in sessions.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;
use Time::HiRes qw(sleep time);

my $conf = identity_host(<<'CONF');
<Location "/private">
    Require clientcert-user short
</Location>
CONF

# Two requests by curl over one HTTP/2 connection, with this many seconds between them; returns a
# handle to read from.
sub two_by_http2 {
    my ($h, $cert, $seconds) = @_;
    my ($ca, $port) = ($h->ca, $h->port);
    open my $out, '-|', 'curl', '-q', '-sS', '--noproxy', '*', '--http2', '--cacert',
        "$ca/root.pem", '--cert', "$ca/$cert.pem", '--key', "$ca/$cert.key",
        '--rate', int(3600 / $seconds) . '/h',
        '-w', '%{http_code} %header{user} %{num_connects} %{http_version}\n',
        map { ('-o', '/dev/null', "https://localhost:$port/") } 1 .. 2
        or die "curl: $!\n";
    return $out;
}

announce('CC0104', 'CC0110', 'AH01630');

my %server = map { $_ => ClientCert::Test->server(
        modules => ['headers', 'http2'],
        files   => { 'htdocs/private' => "only for you\n" },
        global  => "Protocols h2 http/1.1\nKeepAliveTimeout 300\n" . session_conf($_),
        conf    => $conf) } session_stores();
my $h       = $server{tickets};
my $seconds = 5 * ($ENV{CC_SLOW} // 1);
my $earliest = int(time) + $seconds;    # it ends between this moment and $end
my $cert    = ClientCert::Test->short_cert($seconds);
my $end     = time + $seconds;

my $http2      = two_by_http2($h, $cert, $seconds + 2);
my %connection;
my %session;
for my $tls ('1.2', '1.3') {
    for my $name ('public', 'private') {
        my $c = $connection{$tls}{$name} = $h->connection(cert => $cert, tls => $tls);
        is_served_to($c->request('/'), 'short', "TLS $tls: a certificate that is about to expire");
        is $c->request('/private')->{status}, 200, 'opens what is its own';
    }
    for my $store (session_stores()) {
        my $first = full($server{$store}, '/', cert => $cert, tls => $tls);
        my $again = resumed($server{$store}, $first, '/', tls => $tls);
        is_served_to($again, 'short', "TLS $tls, $store: so does its session");
        ok $again->{reused}, 'which was resumed';
        $session{$store}{$tls} = $again;
    }
}
before_ok($earliest, 'all that before it expires');

sleep 0.1 while time < $end + 1.1;

for my $tls ('1.2', '1.3') {
    $h->mark_log;
    for my $path ('/', '/private') {
        my $c        = $connection{$tls}{ $path eq '/' ? 'public' : 'private' };
        my $response = $c->request($path);
        is_refused($response, "TLS $tls: it expired, and an open connection is refused $path");
        is $response->{headers}{user}, '', 'as nobody';
        is $response->{headers}{verify}, 'FAILED:application verification failure',
            'which mod_ssl reports, too';
        is $c->request('/')->{status}, 0, 'and there is no further request';
        ok $h->wait_log(qr/$_: .* reason="it has expired"/), "the log says why ($_)"
            for 'CC0104', 'CC0110';
        $h->mark_log;
    }
    for my $store (session_stores()) {
        my $again = resumed($server{$store}, $session{$store}{$tls}, '/', tls => $tls);
        is_served_to($again, '', "TLS $tls, $store: its session gives no identity");
        ok !$again->{reused}, 'since it is not resumed';
    }
}
chomp(my @lines = <$http2>);
tr/\r//d for @lines;    # what curl prints for an empty header
is_deeply \@lines, ['200 short 1 2', '403  0 2'],
    'HTTP/2: it expired while its connection was open';

done_testing;
