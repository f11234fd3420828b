# SPDX-License-Identifier: Apache-2.0
# Tests that CAs can change while the server is fully loaded: no request of a client whose CA stays fails
# or loses its identity, and no client of a removed CA has one.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Load;
use ClientCert::Test::Prober;
use ClientCert::Test::Session;
use ClientCert::Test::Traffic;

use Time::HiRes qw(sleep time);

plan skip_all => 'no ab' if !can_load;

my $slow = $ENV{CC_SLOW} // 1;
announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH02039', qr/SSL Library Error/);

# ---- two CAs with the same names: A stays, and B comes and goes

my $is_a_ca = 'basicConstraints = critical, CA:TRUE';
my (%ca, %client, %pem);
for my $x ('a', 'b') {
    $ca{$x} = certificate("ca-$x", '/O=Example/CN=Clients CA', self => 1, extension => $is_a_ca);
    $client{$x} = certificate("client-$x", '/O=Example/CN=client', issuer => $ca{$x});
    $pem{$x}    = read_file("$ca{$x}.pem");
}
my ($digest) = openssl('x509', '-noout', '-fingerprint', '-sha256', '-in', "$ca{a}.pem") =~ /=(.*)/;
my $is_a     = 'ca.sha256 == ' . lc $digest =~ tr/://dr;

# Versions of the file; and the message to wait for, if they change the CAs.
my ($alone, $both) = ([$pem{a}, 'CC0195: .*removed'], ["$pem{a}$pem{b}", 'CC0195: .*added']);
my @good = ($alone, ["written again\n$pem{a}"], $both);
my @all  = (
    [substr "$pem{b}$pem{a}", 0, -40], $alone, ["empty\n"], $good[1],
    $both, [$pem{a} . read_file("$client{b}.pem")]);
my @refusals = qw(CC0464 CC0466 CC0465);    # of the other three
announce('CC0196');

sub server {
    my (%o)  = @_;
    my $more = $o{conf} // '';
    return ClientCert::Test->server(
        mpm     => $o{mpm} // 'event',
        modules => ['headers', @{ $o{modules} // [] }],
        global  => "LogLevel warn clientcert:info\nMaxKeepAliveRequests 500\n" . ($o{global} // ''),
        files   => { 'conf/cas.pem' => "$pem{a}$pem{b}", 'htdocs/open' => "open\n", %{ $o{files} // {} } },
        conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost:443
    SSLEngine on
    SSLCertificateFile \@CA\@/localhost.pem
    SSLCertificateKeyFile \@CA\@/localhost.key
    SSLVerifyClient optional
    ClientCertCA conf/cas.pem reload=0.05
    ClientCertMap issuer == "CN=Clients CA,O=Example" $is_a user=a stop
    ClientCertMap issuer == "CN=Clients CA,O=Example" user=b
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Resumed "expr=%{SSL_SESSION_RESUMED}"
    $more
    <Location "/">
        Require clientcert-user a
    </Location>
    <Location "/open">
        Require all granted
    </Location>
</VirtualHost>
CONF
}

# ---- changes

# Replaces the file as rsync does: by one that was written some time ago, so it is read at once.
sub put {
    my ($h, $content) = @_;
    our $written //= time - 10_000;
    my $new = write_file($h->path('conf/cas.new'), $content);
    utime ++$written, $written, $new;
    rename $new, $h->path('conf/cas.pem') or die "cas.pem: $!\n";
    return;
}

# The next version, until all processes have seen it. Returns when the change began and when it was seen.
sub change {
    my ($h, $version, $settles) = @_;
    my ($content, $message) = @$version;
    my $began = time;
    put($h, $content);
    if ($message) {
        $h->wait_log(qr/$message/, 60) or die "no $message\n";
        $h->{refused}{$_} += $h->log_lines(qr/CC0196: .*$_/) for @refusals;
        $h->mark_log;
    }
    sleep($message ? $settles // 0 : 0.12);
    return ($began, time);
}

# These versions, one after the other, and after each change a handshake of B. Returns the times at which
# B was certainly in the set or not, and what B had then: [when, from, until, what].
sub changes {
    my ($h, $settles, @versions) = @_;
    my ($present, $since, $had) = (1, time, '200 b');
    my @times;
    for my $version (@versions) {
        my ($began, $seen) = change($h, $version, $settles);
        next if !$version->[1];
        push @times, [$present, $since, $began, $had];
        ($present, $since) = ($version == $both ? 1 : 0, $seen);
        my $response = $h->get('/open', cert => $client{b});
        $had = join ' ', $response->{status}, $response->{headers}{user} // '';
    }
    return @times;
}

# ---- clients

sub traffic {
    my ($h, @kinds) = @_;
    return map {
        my ($kind, $tls) = @$_;
        ClientCert::Test::Traffic->start($h, kind => $kind, tls => $tls, cert => $client{a},
            is_right => sub { my ($a) = @_; return "$a->{status} $a->{user}" eq '200 a' });
    } @kinds;
}

sub ends_well {
    my ($mpm, $traffic) = @_;
    my $what   = "$mpm: A, $traffic->{kind}, TLS $traffic->{tls}";
    my $counts = $traffic->finish;
    cmp_ok $counts->{requests}, '>', 100, "$what: requests were sent";
    is $counts->{lost}, 0, "$what: none failed" or diag explain $counts->{exits};
    is $counts->{wrong}, 0, "$what: none lost its identity" or diag explain $counts->{seen};
    cmp_ok $counts->{resumed}, '>', 50, "$what: sessions were resumed" if $traffic->{kind} eq 'resumption';
    return;
}

# What B had at these times, by whether it was in the set: each different result, and how many there were.
sub results_of_b {
    my ($notes, @times) = @_;
    my %results;
    for my $note (@$notes) {
        my ($time) = grep { $note->{began} >= $_->[1] && $note->{ended} <= $_->[2] } @times;
        next if !$time || $time->[0] && $note->{connected} < $time->[1];
        $results{ $time->[0] }{"$note->{status} $note->{user}"}++;
    }
    $results{ $_->[0] }{ $_->[3] }++ for @times;
    return \%results;
}

# A session of one of the clients, begun now.
sub session {
    my ($h, $x, $tls) = @_;
    return { tls => $tls, %{ full($h, '/open', cert => $client{$x}, tls => $tls) } };
}

sub are_not_resumed {
    my ($h, $claim, @sessions) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @got = map { my $r = resumed($h, $_, '/open', tls => $_->{tls}); "$r->{reused}$r->{headers}{user}" }
        @sessions;
    return is "@got", '0 0', $claim;
}

# ---- every MPM

my $single = enough_threads('event');
my $cache  = "SSLSessionCache shmcb:logs/sessions(512000)\n";    # curl needs an ID for a session of TLS 1.2
my @resumption = (['resumption', '1.2'], ['resumption', '1.3']);
my %mpms = (
    event => {
        rounds   => 17,    # 102 changes
        versions => \@all,
        global   => $single . $cache,
        kinds    => [['HTTP/1.1', '1.2'], ['HTTP/2', '1.3'], @resumption],
    },
    worker => {
        rounds   => 3,
        versions => \@all,
        global   => $single . session_conf('cache'),    # no tickets
        kinds    => [['HTTP/1.1', '1.3'], ['HTTP/2', '1.2'], @resumption],
    },
    prefork => {
        rounds   => 3,
        versions => \@good,
        settles  => 1.5 * $slow,    # one process reports a change
        global   => $cache,
        kinds    => [['HTTP/1.1', '1.3'], @resumption],
    },
);

sub results_are_right {
    my ($mpm, $notes, @times) = @_;
    my %all     = map { ("$_->{status} $_->{user}" => 1) } @$notes;
    my $results = results_of_b($notes, @times);
    is_deeply [grep { $_ ne '200 b' } keys %{ $results->{1} }], [],
        "$mpm: B is mapped whenever it is in the set" or diag explain $results;
    is_deeply [grep { !/^(?:0|403) $/ } keys %{ $results->{0} }], [],
        "$mpm: and has no identity otherwise" or diag explain $results;
    ok $all{'403 '}, "$mpm: its open connections were refused";
    return ok $all{'0 '}, "$mpm: its handshakes failed";
}

sub changes_are_followed {
    my ($mpm, $h, %o) = @_;
    my @before = map { session($h, 'b', $_) } '1.2', '1.3';
    is join(' ', map { $_->{headers}{user} } @before), 'b b', "$mpm: B is mapped";
    my $load    = ClientCert::Test::Load->start($h, $client{a});
    my @traffic = traffic($h, @{ $o{kinds} });
    my @probers = map {
        my ($requests, $tls) = @$_;
        ClientCert::Test::Prober->start($h, '/open', $requests, cert => $client{b}, tls => $tls);
    } [25, '1.2'], [25, '1.3'], [2, '1.2'], [2, '1.3'];
    my @times = changes($h, $o{settles}, @{ $o{versions} });
    are_not_resumed($h, "$mpm: sessions from before B was removed", @before);
    push @times, changes($h, $o{settles}, @{ $o{versions} });
    my $memory = $load->memory;
    push @times, changes($h, $o{settles}, (@{ $o{versions} }) x ($o{rounds} - 2));
    my $after = $load->memory;
    results_are_right($mpm, [map { $_->finish } @probers], @times);
    $load->ends_well($mpm);
    ends_well($mpm, $_) for @traffic;
SKIP: {
        skip 'the memory is also that of a checker', 1 if !defined $after;
        cmp_ok $after, '<', $memory * 1.5 + 2048, "$mpm: memory did not grow ($memory, $after KiB)";
    }
    return;
}

for my $mpm (sort keys %mpms) {
    my %o  = %{ $mpms{$mpm} };
    my $h2 = grep { $_->[0] eq 'HTTP/2' } @{ $o{kinds} };
    my $h  = server(mpm => $mpm, global => $o{global}, modules => [$h2 ? 'http2' : ()],
        conf => $h2 ? 'Protocols h2 http/1.1' : '');
    changes_are_followed($mpm, $h, %o);
    cmp_ok $h->{refused}{$_}, '>', 0, "$mpm: $_: bad versions were refused meanwhile"
        for $o{versions} == \@all ? @refusals : ();
    $h->stop;
}

# ---- children that have just been forked, from a parent that polls rarely

my $h = server(mpm => 'prefork',
    global => "MaxConnectionsPerChild 1\nStartServers 1\nMinSpareServers 1\nMaxSpareServers 1\n$cache");
my @before = map { session($h, 'b', $_) } '1.2', '1.3';
change($h, $_, 1.5 * $slow) for $alone, $both;
are_not_resumed($h, 'a child that has not seen that B was removed', @before);
$h->stop;

# ---- a farm: two servers that resume each other's sessions

my %farm = (
    conf  => 'SSLSessionTicketKeyFile conf/ticket.key',
    files => { 'conf/ticket.key' => join '', map { chr int rand 256 } 1 .. 80 },
);
my ($one, $two) = map { server(%farm) } 1, 2;

# Whether a session is resumed, and as whom, on the first server and on the second.
sub resumed_as {
    my ($session) = @_;
    return join ' ', map {
        my $again = resumed($_, $session, '/open', tls => $session->{tls});
        $again->{reused} ? $again->{headers}{user} : '-'
    } $one, $two;
}

for my $tls ('1.2', '1.3') {
    my $a   = session($one, 'a', $tls);
    my @old = map { session($_, 'b', $tls) } $one, $two;
    is join(', ', map { resumed_as($_) } @old), 'b b, b b', "TLS $tls: each server resumes sessions of both";
    change($_, $alone) for $one, $two;
    is join(', ', map { resumed_as($_) } @old), '- -, - -', 'B is removed: neither does';
    change($one, $both);
    is join(', ', map { resumed_as($_) } @old), '- -, - -', 'B is back on one server: neither does';
    change($two, $both);
    is join(', ', map { resumed_as($_) } @old), '- -, - -', 'nor when it is back on both';
    my @new = map { session($_, 'b', $tls) } $one, $two;
    is join(', ', map { resumed_as($_) } @new), 'b b, b b', 'sessions from after that are resumed';
    change($one, $alone);
    my $meanwhile = session($two, 'b', $tls);
    is join(', ', map { resumed_as($_) } @new, $meanwhile), '- b, - b, - b',
        'B is removed on one server: the other still has it';
    change($one, $both);
    is join(', ', map { resumed_as($_) } @new, $meanwhile), '- b, - b, - b',
        'B is back there: sessions from before are resumed by the other alone, on whichever server they began';
    is resumed_as($a), 'a a', 'all the time, sessions of A are resumed';
}
my $earlier = session($one, 'b', '1.3');
$two->stop;
$two = server(%farm);
is resumed_as($earlier), 'b -', 'a server that was just started does not know what was before';
is resumed_as(session($one, 'b', '1.3')), 'b b', 'and resumes sessions that are younger';

done_testing;
