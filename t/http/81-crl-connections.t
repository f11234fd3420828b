# SPDX-License-Identifier: Apache-2.0
# Tests that a revocation ends open connections of HTTP/1.1 and HTTP/2 and sessions of TLS 1.2 and
# 1.3, and that other clients are not affected.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;

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

# Waits, for a minute at most, until run/NAME exists; run/NAME-PID shows that it waits.
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

# Installs a CRL of the certificates revoked so far, and waits until it is loaded.
sub publish {
    my ($h, $staff) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    replace($h->path('conf/staff.crl'), $staff->crl);
    return ok $h->wait_log(qr/CC0173: CRLs have changed \(\S+site\.conf:5\)/, 30),
        'a CRL is loaded';
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
    is_refused($denied, "TLS $tls: the next request of the revoked one is denied");
    is $denied->{headers}{user}, '', 'because it has no identity';
    is $open->{private}->request('/')->{status}, 0, 'and the connection is closed';
    ok $h->wait_log(qr/CC0104: result=rejected .*subject="CN=alice,.* reason="$reason"/),
        'the log has the date and the reason';
    is_refused($open->{public}->request('/'), "TLS $tls: a public page is denied as well");
    is $open->{public}->request('/')->{status}, 0, 'and that connection is closed, too';
    is scalar(my @told = problems($h)), 2, 'it is logged once for each connection';
    return;
}

sub sessions_of_the_revoked {
    my ($h, $open, $tls) = @_;
    $h->mark_log;
    my $again = resumed($h, $open->{session}, '/private', tls => $tls);
    is "$again->{reused} $again->{status}", '0 403', "TLS $tls: no session is resumed";
    is problems($h), 0, 'and a client without its key has no identity';
    $again = resumed($h, $open->{session}, '/private', tls => $tls, cert => 'alice');
    is $again->{status}, 0, "TLS $tls: where the certificate is shown again, there is no connection";
    my @told = $h->wait_log(qr/CC0106: result=refused .*subject="CN=alice,.* reason="$reason"/);
    is scalar(@told), 1, 'which the log tells';
    return;
}

sub others_are_undisturbed {
    my ($h, $open, $tls, $when) = @_;
    for my $name ('public', 'private') {
        is_served_to($open->{$name}->request('/private'), 'bob',
            "TLS $tls: the connection of another client, $when ($name)");
    }
    my $again = resumed($h, $open->{session}, '/private', tls => $tls);
    is "$again->{reused} $again->{status} $again->{headers}{user}", '1 200 bob',
        'and the session';
    return;
}

# A CRL without the certificate, and one that puts it on hold for a while.
sub it_comes_back {
    my ($h, $staff, $open) = @_;
    $staff->restore('alice');
    publish($h, $staff);
    for my $tls (@tls) {
        is_served_to($open->{$tls}{later}->request('/private'), 'alice',
            "TLS $tls: removed from the CRL, an open connection has its identity");
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
        'no longer on hold: its identity is back');
    is_served_to($h->get('/private', cert => 'alice', http2 => 1), 'alice',
        'on a new connection, too');
    return;
}

# ---- HTTP/2

# Runs curl on these paths, this many at a time; finish reads its output for each.
sub begin {
    my ($h, $cert, $most, @paths) = @_;
    my ($ca, $port) = ($h->ca, $h->port);
    open my $out, '-|', 'curl', '-q', '-s', '--noproxy', '*', '--no-progress-meter', '--http2', '--cacert',
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
        my $said = $code eq '000' || $version == 2 ? $code + 0 : "HTTP/$version";
        $said[$number] = { code => $said, connects => $connects };
    }
    return @said;
}

# Expects that some requests on an open connection are denied after a revocation, that the
# connection then ends, and that the other requests get no response. A request may cross with the
# GOAWAY.
sub are_refused {
    my ($said, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is join(' ', map { $_->{code} } @$said) =~ s/\A(?:403 )+(?:0 )*0\z/refused/r, 'refused',
        $claim;
}

# Waits until this many scripts wait for run/NAME.
sub wait_for {
    my ($h, $name, $count) = @_;
    my $until = time + 30 * ($ENV{CC_SLOW} // 1);
    sleep 0.05 while time < $until && (my @waiting = glob $h->path("run/$name-*")) < $count;
    return;
}

# ---- the totals

announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH02039', qr/SSL Library Error/);

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
    wait_for($h, 'second', 1);

    $staff->revoke('alice', 'keyCompromise');
    publish($h, $staff);
    for my $tls (@tls) {
        connections_of_the_revoked($h, $open{alice}{$tls}, $tls);
        sessions_of_the_revoked($h, $open{alice}{$tls}, $tls);
        others_are_undisturbed($h, $open{bob}{$tls}, $tls, 'after a revocation');
    }
    $h->file('run/first', '');
    my @alice = finish($http2{alice});
    is_deeply [map { "$_->{code} $_->{connects}" } @alice[0 .. 2]], ['200 1', '200 0', '403 0'],
        'HTTP/2: a revoked client is denied on the open connection';
    are_refused([@alice[2 .. $#alice]], 'which ends, and there is no other');
    is_deeply [map { "$_->{code} $_->{connects}" } finish($http2{bob})],
        ['200 1', ('200 0') x ($more + 1)], 'HTTP/2: others stay connected';
    $h->file('run/second', '');
    my ($slow, @after) = finish($parallel);
    is "$slow->{code} $slow->{connects}", '200 1',
        'HTTP/2: a stream that is open when the connection has to end is answered to its end';
    is $after[0]{code}, 200, 'and so is another one';
    are_refused([@after[1 .. $#after]], 'while those that follow are refused');
    it_comes_back($h, $staff, $open{alice});
    $h->stop;
}

done_testing;
