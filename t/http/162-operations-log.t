# SPDX-License-Identifier: Apache-2.0
# Tests what reads the log: the filter of fail2ban in conf/operations, and the commands of doc/running.md. The lines
# are those of a server, and no client can forge one.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program top);

use IO::Socket::SSL;

my $operations = top() . '/conf/operations';
local $SIG{PIPE} = 'IGNORE';

# A name that looks like the fields of a line, in a certificate of no trusted CA, and in one of the staff.
my $fields  = 'x" client=192.0.2.66 vhost=a:443 reason="';
my $line    = '[Mon Nov 30 03:23:38.562510 2026] [clientcert:warn] [pid 1:tid 1] [client 192.0.2.66:1] CC0106: result=refused';
my @hostile = (
    certificate('forged fields', '/O=Example/CN=' . $fields =~ s{/}{}gr, self => 1),
    certificate('forged line', "/O=Example/description=$line", self => 1),
);

# The level that the page names, for its commands.
my ($page) = read_file(top() . '/doc/running.md') =~ /^## Questions about clients\n(.*?)^## /ms;
my ($level) = $page =~ /^(LogLevel .*)\n/m;
is $level, 'LogLevel warn clientcert:notice', 'the page names the level that its commands need';
my $h = ClientCert::Test->server(
    modules => ['remoteip', 'headers'],
    global  => ($level // 'LogLevel warn') . "\nDefine CLIENTCERT_LOGS \@ROOT\@/logs\n",
    conf    => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(alice|bob|short)" user=$1
    Include @TOP@/conf/operations/clients-log.conf
    <Location "/private">
        Require clientcert-user root
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    RemoteIPProxyProtocol On
    @SSL@
    SSLVerifyClient optional_no_ca
    ClientCertMap subject.CN =~ "(.+)" user=$1
</VirtualHost>
CONF
announce(qw(CC0103 CC0104 CC0106 CC0110 CC0704 CC0705 AH01630 AH02039 AH02276 AH10184 AH10634), qr/SSL Library Error/);

my $hour = 3600;
my $soon = ClientCert::Test->short_cert($hour);
$h->get('/', cert => $_) for qw(alice alice bob expired foreign), $soon, @hostile;
$h->get('/private', cert => $_) for 'bob', 'service';
$h->get('/private');

# A request of a client with a certificate of its own that connects from this address.
sub from_address {
    my ($address) = @_;
    my ($family, $own) = $address =~ /:/ ? ('TCP6', '2001:db8::1') : ('TCP4', '192.0.2.1');
    my $ca = $h->ca;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port(2)) or die "$!\n";
    syswrite $socket, "PROXY $family $address $own 40000 443\r\n";
    IO::Socket::SSL->start_SSL($socket, SSL_ca_file => "$ca/root.pem", SSL_hostname => 'localhost',
        SSL_cert_file => "$ca/selfsigned.pem", SSL_key_file => "$ca/selfsigned.key") or return '';
    print $socket "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    return (join '', <$socket>) =~ /^HTTP\S+ (\d+)/ ? $1 : '';
}
is from_address($_), 200, "a client of $_ with a certificate of its own" for '2001:db8::7', '192.0.2.7';
ok $h->wait_log(qr/CC0104: .*client=192\.0\.2\.7 /), 'its line';
my $log = $h->path('logs/error_log');
ok -s $log, 'there is a log';

# ---- fail2ban

SKIP: {
    my $regex = program('fail2ban-regex');
    skip 'fail2ban is not installed', 7 if !$regex && !$ENV{CI};
    my $filter = "$operations/fail2ban-filter.conf";

    # The addresses that a mode finds in a log, with their numbers.
    my $banned = sub {
        my ($file, $mode) = @_;
        my ($exit, $output, $error) = run_command('', $regex, '-o', 'ip', $file, "$filter\[mode=$mode]");
        is $exit, 0, "fail2ban accepts the filter, $mode" or diag $output, $error;
        my %count;
        $count{$_}++ for grep { /\S/ } split /\n/, $output;
        return \%count;
    };
    # expired, foreign and two hostile ones; each handshake of the same client is a line
    my $lines = () = read_file($log) =~ /^\[[^\]]*\] \[clientcert:.*CC010[46]: .*client=127\.0\.0\.1 /mg;
    cmp_ok $lines, '>=', 4, 'certificates that did not verify';
    is_deeply $banned->($log, 'normal'), { '127.0.0.1' => $lines, '192.0.2.7' => 1, '2001:db8::7' => 1 },
        'each certificate that did not verify counts, with IPv4 and IPv6, and no address that a client made up';
    my $more = () = read_file($log) =~ /^\[[^\]]*\] \[clientcert:.*CC01(?:03: |10: result=forbidden user="").*client=127\.0\.0\.1 /mg;
    cmp_ok $more, '>=', 2, 'clients without an identity';
    cmp_ok scalar($h->log_lines(qr/CC0103: /)), '>=', 1, 'among them one that no rule maps';
    is $banned->($log, 'aggressive')->{'127.0.0.1'}, $lines + $more, 'aggressive: those without an identity, too';

    # The same lines, from a proxy, and of another module that quotes one.
    my ($one) = grep { /CC0104: .*2001:db8::7/ } split /\n/, read_file($log);
    my $others = write_file($h->path('logs/others'), join "\n",
        $one =~ s/ reason="/ via=header proxy=192.0.2.3 reason="/r,
        $one =~ s/\[clientcert:\w+\]/[core:error]/r,
        $one =~ s/\] CC0104/] AH00001: "$line CC0104/r, '');
    is_deeply $banned->($others, 'aggressive'), {}, 'lines about proxies, and those of other modules, do not count';
}

# ---- the commands of the page

my @commands = $page =~ /^([^\n]+):\n\n```sh\n(.*?)^```/gms;
is scalar(@commands), 10, 'the page has five commands';
my %command = @commands;

sub output_of {
    my ($claim) = @_;
    my ($exit, $output, $error) = run_command('', 'sh', '-c', 'cd "$1" && ' . $command{$claim} =~ s/\berror\.log\b/error_log/gr,
        'sh', $h->path('logs'));
    is "$exit$error", '0', "$claim: the command works";
    return [split /\n/, $output =~ s/^ +//gmr];
}

# Any day: midnight may come between the requests.
my $day     = qr/2\d{3} [A-Z][a-z]{2} \d\d/;
my $refused = output_of('Refused clients, by day, with the reason');
is scalar(grep { /\A\d+ $day\tCN=[^\t]*O=Example\t\S/ } @$refused) > 2, 1, 'each line has the day, the subject and the reason'
    or diag explain $refused;
is scalar(grep { /\A\d+ $day\t\S*CN=expired\S*\t.*expired/ } @$refused), 1, 'a certificate that has expired'
    or diag explain $refused;
is scalar(grep { /\A1 $day\t\S*CN=bob\S*\tit is another user\z/ } @$refused), 1, 'a user who was denied';
is scalar(grep { /\A\d+ $day\t(?:[^\t]*)\t[^\t]+\z/ } @$refused), scalar(@$refused), 'no name of a client changes the form';

my $reasons = output_of('The most frequent reasons');
is scalar(grep { /\A\d+ it has expired/ } @$reasons), 1, 'reasons, once each' or diag explain $reasons;
is scalar(grep { /\A2 no rule gives it a user or group\z/ } @$reasons), 1,
    'no rule maps it, and so the request is denied' or diag explain $reasons;
my ($most, $least) = map { /\A(\d+) / } @$reasons[0, -1];
cmp_ok $most, '>=', $least, 'the most frequent one first';

my $staff = 'CN=Staff CA,O=Example';
is_deeply output_of('Users of each CA'), ["2 $staff\talice", "2 $staff\tbob", "1 $staff\tshort"], 'users by CA';
is_deeply output_of('Certificates that expire within a week, the first one first'),
    ["0\tCN=short,OU=staff,O=Example"], 'certificates that expire soon';
is scalar(grep { /\A1 403\tCN=bob,/ } @{ output_of('Requests that were not served, by status') }), 1, 'denied requests';

done_testing;
