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

announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH02039', qr/SSL Library Error/);
announce('AH00045');    # at the end, on a busy machine: a signal ends prefork's children in malloc too

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

# The versions of the file, in the order in which they come, and the message about each.
my ($changed, $refused) = ('CC0195', 'CC0196');
my @versions = (
    ['cut short',     substr("$pem{b}$pem{a}", 0, -40),         $refused],
    ['A',             $pem{a},                                  $changed],
    ['empty',         "nothing\n",                              $refused],
    ['written again', "again\n$pem{a}",                         ''],
    ['A and B',       "$pem{a}$pem{b}",                         $changed],
    ['not a CA',      $pem{a} . read_file("$client{b}.pem"),    $refused],
);
announce($refused);

sub server {
    my (%o) = @_;
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
    $o{conf}
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
    my ($name, $content, $message) = @$version;
    $h->mark_log;
    my $began = time;
    put($h, $content);
    if ($message) {
        $h->wait_log(qr/$message/, 60) or die "$name: no $message\n";
    }
    sleep $settles || ($message ? 0 : 0.15);
    return ($began, time);
}

# All versions, a number of times. Returns the times at which B was certainly in the set or not:
# [when, from, until].
sub rounds {
    my ($h, $count, $settles) = @_;
    my ($present, $since) = (1, time);
    my @times;
    for my $version ((@versions) x $count) {
        my ($began, $seen) = change($h, $version, $settles);
        next if $version->[2] ne $changed;
        push @times, [$present, $since, $began];
        ($present, $since) = (!$present, $seen);
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
    return \%results;
}

# A connection and sessions from before a change.
sub before { my ($h) = @_; return map { full($h, '/open', cert => $client{b}, tls => $_) } '1.2', '1.3' }

sub are_not_resumed {
    my ($h, $claim, @sessions) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @got = map { my $r = resumed($h, $_, '/open'); "$r->{reused}$r->{headers}{user}" } @sessions;
    return is "@got", '0 0', $claim;
}

# ---- every MPM

my @h1 = (['HTTP/1.1', '1.2'], ['HTTP/1.1', '1.3'], ['resumption', '1.2'], ['resumption', '1.3']);
my $single = "StartServers 1\nServerLimit 1\nThreadsPerChild 48\nMaxRequestWorkers 48\nThreadLimit 48\n";
my %mpms = (    # the sessions of worker are in the cache of the server
    event   => { rounds => 10, settles => 0,   kinds => [@h1, ['HTTP/2', '1.3']], global => $single },
    worker  => { rounds => 4,  settles => 0,   kinds => [@h1, ['HTTP/2', '1.3']],
        global => $single . session_conf('cache') },
    prefork => { rounds => 3,  settles => 0.3, kinds => \@h1, global => "MaxConnectionsPerChild 200\n" },
);
for my $mpm (sort keys %mpms) {
    my %o = %{ $mpms{$mpm} };
    my $h2 = $mpm ne 'prefork';
    my $h = server(mpm => $mpm, global => $o{global}, modules => [$h2 ? 'http2' : ()],
        conf => $h2 ? 'Protocols h2 http/1.1' : '');
    my @before  = before($h);
    is join(' ', map { $_->{headers}{user} } @before), 'b b', "$mpm: B is mapped";
    my $load    = ClientCert::Test::Load->start($h, $client{a});
    my @traffic = traffic($h, @{ $o{kinds} });
    my @probers = map { ClientCert::Test::Prober->start($h, '/open', cert => $client{b}, tls => $_) } '1.2', '1.3';
    my @times   = rounds($h, 2, $o{settles});
    are_not_resumed($h, "$mpm: sessions from before B was removed", @before);
    my $memory  = $load->memory;
    push @times, rounds($h, $o{rounds} - 2, $o{settles});
    my $after   = $load->memory;
    my $results = results_of_b([map { $_->finish } @probers], @times);
    $load->ends_well($mpm);
    ends_well($mpm, $_) for @traffic;
    is_deeply [sort keys %{ $results->{1} }], ['200 b'], "$mpm: B is mapped whenever it is in the set"
        or diag explain $results;
    is_deeply [grep { !/^(?:0|403) $/ } keys %{ $results->{''} }], [], "$mpm: and has no identity otherwise"
        or diag explain $results;
    cmp_ok $_ // 0, '>', 0, "$mpm: its connections ended" for $results->{''}{'403 '};
    cmp_ok $_ // 0, '>', 0, "$mpm: its handshakes failed" for $results->{''}{'0 '};
SKIP: {
        skip 'the memory is also that of a checker', 1 if !defined $after;
        cmp_ok $after, '<', $memory * 1.5 + 2048, "$mpm: memory did not grow ($memory, $after KiB)";
    }
    $h->stop;
}

# ---- a farm: two servers that resume each other's sessions

my %farm = (
    conf  => 'SSLSessionTicketKeyFile conf/ticket.key',
    files => { 'conf/ticket.key' => join '', map { chr int rand 256 } 1 .. 80 },
);
my ($one, $two) = map { server(%farm) } 1, 2;
my ($alone, $both) = map { my $name = $_; grep { $_->[0] eq $name } @versions } 'A', 'A and B';

# A session of a server, begun now.
sub session { my ($h, $x, $tls) = @_; return full($h, '/open', cert => $client{$x}, tls => $tls) }

# Whether a session is resumed, and as whom, on the first server and on the second.
sub resumed_as {
    my ($session) = @_;
    return join ' ', map {
        my $again = resumed($_, $session, '/open');
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
my $before = session($one, 'b', '1.3');
$two->stop;
$two = server(%farm);
is resumed_as($before), 'b -', 'a server that was just started does not know what was before';
is resumed_as(session($one, 'b', '1.3')), 'b b', 'and resumes sessions that are younger';

done_testing;
