# SPDX-License-Identifier: Apache-2.0
# Tests that a request is judged when it has arrived completely: a client that sends it slowly gains
# no time.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Identity;

use IO::Socket::SSL;
use Time::HiRes qw(sleep time);

sub host {
    my ($port, $lines) = @_;
    return identity_host("$lines\n<Location \"/private\">\nRequire clientcert\n</Location>", $port);
}

my $seconds = 6 * ($ENV{CC_SLOW} // 1);

announce('CC0104', 'CC0110', 'AH01630');
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'htdocs/private' => "only for you\n" },
    global  => "Timeout 300\n",
    conf    => host('', '') . host(2, "ClientCertMaxAge $seconds") . <<'CONF');
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap days_left == 1 user=early
    ClientCertMap days_left == 0 user=late
    Header always set X-Expression "expr=%{clientcert:user} %{clientcert:days_left}"
    <Location "/private">
        SetHandler clientcert-status
        ClientCertStatusRules On
    </Location>
</VirtualHost>
CONF

# A connection with an unfinished request.
sub begin {
    my ($cert, $port, $query) = @_;
    $query //= '';
    my $path = $h->ca . "/$cert";
    my $s    = IO::Socket::SSL->new(
        PeerAddr => '127.0.0.1', PeerPort => $h->port($port), SSL_verify_mode => SSL_VERIFY_NONE,
        SSL_hostname => 'localhost', SSL_cert_file => "$path.pem", SSL_key_file => "$path.key")
        or die "connect: $SSL_ERROR\n";
    print $s "GET /private$query HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    return $s;
}

# The status of the request, after the rest of it is sent.
sub finish {
    my ($s) = @_;
    print $s "\r\n";
    my ($status) = (readline($s) // '') =~ m{^HTTP/1\.1 (\d+)};
    return $status // 0;
}

my $earliest = time + $seconds;    # all end between this moment and $end
my $short = ClientCert::Test->short_cert($seconds);
my $day   = begin(ClientCert::Test->short_cert(86_400 + $seconds), 3, '?format=json&trace');
my $end   = time + $seconds;
my %begun = (
    'a certificate that has expired since'      => [begin($short, 1)],
    'a handshake that is too old since'         => [begin('alice', 2)],
    'which may still arrive, however slowly'        => [begin('alice', 1), 200],
);
is finish(begin($short, 1)), 200, 'a certificate that is about to expire';
is finish(begin('alice', 2)), 200, 'a handshake that is about to be too old';
before_ok($earliest, 'all that before it expires');

sleep 0.1 while time < $end + 1.1;
for my $claim (sort keys %begun) {
    my ($s, $status) = @{ $begun{$claim} };
    is finish($s), $status // 403, $claim;
}

# What depends on the time: the rules, expressions, and the page with its trace.
print $day "\r\n";
my $page = join '', readline $day;
like $page, qr/^X-Expression: late 0\r$/m, 'an expression has the days that are left when the rules are evaluated';
like $page, qr/"user":"late".*"days_left":\[?"0"/s, 'the page has the same ones' or diag $page;

done_testing;
