# SPDX-License-Identifier: Apache-2.0
# Knows that a revocation ends what goes on: open connections of HTTP/1.1 and HTTP/2, and sessions
# of TLS 1.2 and 1.3; and that nobody else notices.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

use List::Util qw(sum);
use Time::HiRes qw(sleep time);

my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertCRL conf/staff.crl conf/root.crl reload=0.1
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
    <Location "/private">
        Require clientcert
    </Location>
</VirtualHost>
CONF

# Waits, for a minute at most, until there is run/NAME; that it waits is seen by run/NAME-PID.
my $wait = <<'CGI';
#!/bin/sh
name="@ROOT@/run/$QUERY_STRING"
: >"$name-$$"
for i in $(seq 1000); do
    [ ! -e "$name" ] || break
    sleep 0.05
done
printf 'Content-Type: text/plain\r\n\r\nwaited\n'
CGI

my $more   = 20;               # requests after the revocation
my @tls    = ('1.2', '1.3');
my $reason = 'it was revoked on 2026-01-02T03:04:05Z \(keyCompromise\)';

# Puts a CRL of what is revoked now in place, and waits until it is held.
sub publish {
    my ($h, $staff) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    replace($h->path('conf/staff.crl'), $staff->crl);
    return ok $h->wait_log(qr/CC0173: CRLs have changed \(\S+site\.conf:5\)/, 30),
        'a CRL is taken up';
}

sub problems { my ($h) = @_; return $h->log_lines(qr/CC0104/) }

# ---- HTTP/1.1 and sessions

sub open_all {
    my ($h) = @_;
    my %open;
    for my $cert ('alice', 'bob') {
        for my $tls (@tls) {
            $open{$cert}{$tls} = {
                public  => $h->connection(cert => $cert, tls => $tls),
                private => $h->connection(cert => $cert, tls => $tls),
                later   => $h->connection(cert => $cert, tls => $tls),
                session => full($h, '/private', cert => $cert, tls => $tls),
            };
            for my $name ('public', 'private', 'later') {
                my $response = $open{$cert}{$tls}{$name}->request('/private');
                is_served_to($response, $cert, "TLS $tls: $cert has a connection ($name)");
            }
            my $again = resumed($h, $open{$cert}{$tls}{session}, '/private', tls => $tls);
            is "$again->{reused} $again->{status} $again->{headers}{user}", "1 200 $cert",
                'and a session that is resumed';
        }
    }
    return %open;
}

sub connections_of_the_revoked {
    my ($h, $open, $tls) = @_;
    $h->mark_log;
    my $denied = $open->{private}->request('/private');
    is $denied->{status}, 403, "TLS $tls: the next request of the revoked one is denied";
    is $denied->{headers}{user}, '', 'since it is nobody';
    is lc($denied->{headers}{connection} // ''), 'close', 'and the connection is closed,';
    is $open->{private}->request('/')->{status}, 0, 'as the answer has said';
    ok $h->wait_log(qr/CC0104: result=rejected .*subject="CN=alice,.* reason="$reason"/),
        'the log has the date and the reason';
    my $public = $open->{public}->request('/');
    is_served_to($public, '', "TLS $tls: what is for everybody is answered, to nobody");
    is lc($public->{headers}{connection} // ''), 'close', 'and that connection is closed, too,';
    is $open->{public}->request('/')->{status}, 0, 'as the answer has said';
    is scalar(my @told = problems($h)), 2, 'it is told once a connection';
    return;
}

sub sessions_of_the_revoked {
    my ($h, $open, $tls) = @_;
    $h->mark_log;
    for my $cert ('alice', undef) {
        my $again = resumed($h, $open->{session}, '/private', tls => $tls,
            $cert ? (cert => $cert) : ());
        is "$again->{reused} $again->{status}", '0 403',
            "TLS $tls: no session is resumed" . ($cert ? ', and the certificate is asked for' : '');
    }
    is scalar(my @told = problems($h)), 1, 'where it is shown again, the log tells so';
    return;
}

sub others_are_undisturbed {
    my ($h, $open, $tls, $when) = @_;
    for my $name ('public', 'private') {
        is_served_to($open->{$name}->request('/private'), 'bob',
            "TLS $tls: the connection of somebody else, $when ($name)");
    }
    my $again = resumed($h, $open->{session}, '/private', tls => $tls);
    is "$again->{reused} $again->{status} $again->{headers}{user}", '1 200 bob',
        'and the session';
    return;
}

# A CRL without it, and one that holds it for a while.
sub it_comes_back {
    my ($h, $staff, $open) = @_;
    $staff->restore('alice');
    publish($h, $staff);
    for my $tls (@tls) {
        is_served_to($open->{$tls}{later}->request('/private'), 'alice',
            "TLS $tls: taken off the CRL, an open connection has its identity");
        my $again = resumed($h, $open->{$tls}{session}, '/private', tls => $tls);
        is "$again->{reused} $again->{status} $again->{headers}{user}", '1 200 alice',
            'and so has the session';
    }
    $staff->revoke('alice', 'certificateHold');
    publish($h, $staff);
    is $open->{'1.2'}{later}->request('/private')->{status}, 403, 'on hold: denied';
    ok $h->wait_log(qr/CC0104: .*reason="it was revoked on \S+ \(certificateHold\)"/),
        'and the log says why';
    $staff->restore('alice');
    publish($h, $staff);
    is_served_to($open->{'1.3'}{later}->request('/private'), 'alice',
        'no more on hold: its identity is back');
    is_served_to($h->get('/private', cert => 'alice', http2 => 1), 'alice',
        'on a new connection, too');
    return;
}

# ---- HTTP/2

# Curl on these paths, so many at a time; what it says of each is read by finish. Where a request and
# a GOAWAY cross, the client is to make it again (RFC 9113 6.8).
sub begin {
    my ($h, $cert, $most, @paths) = @_;
    my ($ca, $port) = ($h->ca, $h->port);
    open my $out, '-|', 'curl', '-q', '-s', '--noproxy', '*', '--no-progress-meter', '--retry', 3,
        '--retry-all-errors', '--http2', '--cacert',
        "$ca/root.pem", '--cert', "$ca/$cert.pem", '--key', "$ca/$cert.key",
        '--max-time', 120 * ($ENV{CC_SLOW} // 1),
        $most > 1 ? ('--parallel', '--parallel-max', $most) : (),
        '-w', '%{urlnum} %{http_version} %{http_code} %{num_connects}\n',
        map { ('-o', '/dev/null', "https://localhost:$port$_") } @paths
        or die "curl: $!\n";
    return $out;
}

sub finish {
    my ($out) = @_;
    my @said;
    while (<$out>) {
        my ($number, $version, $code, $connects) = split;
        $said[$number] = { code => $version == 2 ? $code : "HTTP/$version", connects => $connects };
    }
    return @said;
}

# Until so many scripts wait for run/NAME.
sub wait_for {
    my ($h, $name, $count) = @_;
    my $until = time + 30 * ($ENV{CC_SLOW} // 1);
    sleep 0.05 while time < $until && (my @waiting = glob $h->path("run/$name-*")) < $count;
    return;
}

# ---- all of it

announce('CC0104', 'CC0110', 'AH01630');

for my $store (session_stores()) {
    my ($staff, $root) = map { ClientCert::Test::Crl->new($_) } 'staff', 'root';
    my $h = ClientCert::Test->server(
        modules => ['headers', 'http2'],
        cgi     => 1,
        files   => {
            'conf/staff.crl' => $staff->crl, 'conf/root.crl' => $root->crl,
            'htdocs/private' => "only for you\n", 'cgi-bin/wait' => $wait,
        },
        global => "Protocols h2 http/1.1\n" . session_conf($store)
            . "KeepAliveTimeout 300\nTimeout 300\n",
        conf => $conf);
    chmod 0755, $h->path('cgi-bin/wait');
    my %open = open_all($h);
    my %http2 = map {
        $_ => begin($h, $_, 1, '/private', '/cgi-bin/wait?first', ('/private') x $more)
    } 'alice', 'bob';
    my $parallel =
        begin($h, 'alice', 2, '/cgi-bin/wait?second', '/cgi-bin/wait?first', ('/private') x $more);
    wait_for($h, 'first', 3);

    $staff->revoke('alice', 'keyCompromise');
    publish($h, $staff);
    for my $tls (@tls) {
        connections_of_the_revoked($h, $open{alice}{$tls}, $tls);
        sessions_of_the_revoked($h, $open{alice}{$tls}, $tls);
        others_are_undisturbed($h, $open{bob}{$tls}, $tls, 'after a revocation');
    }
    $h->file('run/first', '');
    my @alice = finish($http2{alice});
    is_deeply [map { $_->{code} } @alice], [200, 200, (403) x $more],
        'HTTP/2: who is revoked is denied,';
    is_deeply [map { $_->{connects} } @alice[0 .. 2]], [1, 0, 0], 'on the connection that is open,';
    cmp_ok sum(map { $_->{connects} } @alice), '>', 1, 'and has to connect again';
    is_deeply [map { "$_->{code} $_->{connects}" } finish($http2{bob})],
        ['200 1', ('200 0') x ($more + 1)], 'HTTP/2: others stay connected';
    $h->file('run/second', '');
    my ($slow, @after) = finish($parallel);
    is_deeply [map { $_->{code} } $slow, @after], [200, 200, (403) x $more],
        'HTTP/2: a stream that is open when the connection has to end is answered to its end';
    is $slow->{connects}, 1, 'on that connection';
    cmp_ok sum(map { $_->{connects} } @after), '>', 0, 'while those that follow are on another';
    it_comes_back($h, $staff, $open{alice});
    $h->stop;
}

done_testing;
