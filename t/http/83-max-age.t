# SPDX-License-Identifier: Apache-2.0
# Tests that an identity is as old as its full handshake and ends at ClientCertMaxAge: in open
# connections of HTTP/1.1 and HTTP/2, and in sessions however often they were resumed.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;

use Time::HiRes qw(sleep time);

my $slow    = $ENV{CC_SLOW} // 1;
my $seconds = 8 * $slow;

sub host {
    my ($port, $lines) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $lines
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    <Location "/private">
        Require clientcert
    </Location>
</VirtualHost>
CONF
}

# Waits until this time has passed.
my $wait = <<'CGI';
#!/bin/sh
while [ ! -e "@ROOT@/run/over" ]; do sleep 0.05; done
printf 'Content-Type: text/plain\r\n\r\nwaited\n'
CGI

my $why = 'its full handshake is older than ClientCertMaxAge allows';
my %server = map {
    my $h = ClientCert::Test->server(
        modules => ['headers', 'http2'],
        cgi     => 1,
        files   => { 'htdocs/private' => "only for you\n", 'cgi-bin/wait' => $wait },
        global  => "Protocols h2 http/1.1\nKeepAliveTimeout 300\nTimeout 300\n"
            . "ClientCertMaxAge $seconds\n" . session_conf($_),
        conf => host('', '') . host(2, 'ClientCertMaxAge 0') . host(3, 'ClientCertMaxAge 1000'));
    chmod 0755, $h->path('cgi-bin/wait');
    ($_ => $h)
} session_stores();
my $h = $server{tickets};

# Hosts that trust other CAs than the host of the handshake, so that they verify again.
my $hosts = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'htdocs/private' => "only for you\n" },
    global  => <<'CONF',
KeepAliveTimeout 300
SSLStrictSNIVHostCheck off
<IfDirective SSLVHostSNIPolicy>
    SSLVHostSNIPolicy insecure
</IfDirective>
CONF
    conf => host('', "ServerAlias first.example\nSSLCACertificateFile \@CA\@/staff-chain.pem")
        . host('', "ServerName short.example\nClientCertMaxAge $seconds")
        . host('', "ServerName long.example\nClientCertMaxAge 1000"));

announce('CC0104', 'CC0110', 'AH01630', 'AH01909');

sub is_resumed_by {
    my ($response, $user, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is "$response->{reused} $response->{status} $response->{headers}{user}",
        "1 200 $user", $claim;
}

# Runs curl on these paths over one HTTP/2 connection, one after the other.
sub begin {
    my ($port, @paths) = @_;
    my $ca = $h->ca;
    open my $out, '-|', 'curl', '-q', '-s', '--noproxy', '*', '--http2', '--retry', 3,
        '--retry-all-errors', '--cacert', "$ca/root.pem", '--cert', "$ca/alice.pem", '--key',
        "$ca/alice.key", '--max-time', 120 * $slow,
        '-w', '%{http_version} %{http_code} %header{user} %{num_connects}\n',
        map { ('-o', '/dev/null', 'https://localhost:' . $h->port($port) . $_) } @paths
        or die "curl: $!\n";
    return $out;
}

sub finish { my ($out) = @_; return map { tr/\r\n//dr } <$out> }

# ---- before

my (%open, %session, %unlimited, %anew);
my $end = time + $seconds;    # for the first connection; for the last one not later than $last
my @paths = ('/private', '/cgi-bin/wait', ('/private') x 20);
my %http2 = map { $_ => begin($_, @paths) } 1, 2;
for my $tls ('1.2', '1.3') {
    for my $name ('private', 'public') {
        $open{$tls}{$name} = $h->connection(cert => 'alice', tls => $tls);
        is_served_to($open{$tls}{$name}->request('/private'), 'alice',
            "TLS $tls: a connection after a full handshake");
    }
    $unlimited{$tls} = { map {
        my $port = $_;
        my $c = $h->connection(cert => 'alice', tls => $tls, port => $port);
        is_served_to($c->request('/private'), 'alice', "TLS $tls: another host ($port)");
        ($port => $c)
    } 2, 3 };
    for my $store (session_stores()) {
        my $first = full($server{$store}, '/', cert => 'alice', tls => $tls);
        is_served_to($first, 'alice', "TLS $tls, $store: a session");
        $session{$store}{$tls} = $first;
    }
    $anew{$tls} = $hosts->connection(cert => 'alice', tls => $tls, sni => '');
    is_served_to($anew{$tls}->request('/private', host => "$_.example"), 'alice',
        "TLS $tls: a host that verifies the certificate again ($_)") for 'first', 'long';
}
my $last = time + $seconds;

# They are resumed after half of the time, which renews no identity.
sleep 0.1 while time < $end - $seconds / 2;
my %again;
for my $tls ('1.2', '1.3') {
    for my $store (session_stores()) {
        my $again = resumed($server{$store}, $session{$store}{$tls}, '/', tls => $tls);
        is_resumed_by($again, 'alice', "TLS $tls, $store: the session is resumed");
        $again{$store}{$tls} = $again;
    }
    $open{$tls}{resumed} = $h->connection(tls => $tls,
        args => ['-sess_in', $session{tickets}{$tls}{session}]);
    is_served_to($open{$tls}{resumed}->request('/private'), 'alice',
        "TLS $tls: a connection of a resumed session");
}
before_ok($end, 'all that before it is too old');

# ---- after

sleep 0.1 while time < $last + 0.1;
for my $tls ('1.2', '1.3') {
    for my $name ('private', 'resumed') {
        $h->mark_log;
        is_refused($open{$tls}{$name}->request('/private'),
            "TLS $tls: a connection that is too old ($name)");
        is $open{$tls}{$name}->request('/private')->{status}, 0, 'is closed after the answer';
        ok $h->wait_log(qr/CC0104: .*reason="$why"/), 'and the log says why';
        is scalar(my @told = $h->log_lines(qr/CC0104/)), 1, 'once';
    }
    is_refused($open{$tls}{public}->request('/'), "TLS $tls: a public page is denied too");
    for my $port (2, 3) {
        is_served_to($unlimited{$tls}{$port}->request('/private'), 'alice',
            "TLS $tls: another host has another age, or none ($port)");
    }
    is_served_to($anew{$tls}->request('/private', host => 'long.example'), 'alice',
        "TLS $tls: a host that has verified again, with another age");
    is $anew{$tls}->request('/private', host => 'short.example')->{status}, 403,
        'and one that verifies again only now, which renews no identity';
    for my $store (session_stores()) {
        for my $before ($session{$store}{$tls}, $again{$store}{$tls}) {
            my $after = resumed($server{$store}, $before, '/', cert => 'alice', tls => $tls);
            is "$after->{reused} $after->{status} $after->{headers}{user}", '0 200 alice',
                "TLS $tls, $store: the session is not resumed, and the key is asked for";
            my $without = resumed($server{$store}, $before, '/', tls => $tls);
            is "$without->{reused} $without->{status} $without->{headers}{user}", '0 200 ',
                'without the key there is no identity';
        }
    }
}
$h->file('run/over', '');
my ($young, $waited, $old, @others) = finish($http2{1});
is $young, '2 200 alice 1', 'HTTP/2: a connection';
is $old, '2 403  0', 'HTTP/2: a connection that is too old has no identity';
is scalar(grep { $_ eq '2 200 alice 1' } @others), 1, 'has to be replaced by another one,';
is $others[-1], '2 200 alice 0', 'which has the identity again';
is_deeply [finish($http2{2})], ['2 200 alice 1', ('2 200 alice 0') x 21],
    'HTTP/2: where any age will do';
done_testing;
