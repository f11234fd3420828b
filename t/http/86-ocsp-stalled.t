# SPDX-License-Identifier: Apache-2.0
# Knows that a responder which does not answer keeps few threads waiting: others are served.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Ocsp;

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'bob']);
my $url       = $responder->url('hold');

my $h = ClientCert::Test->server(
    global => "ServerLimit 1\nStartServers 1\nThreadsPerChild 8\nMaxRequestWorkers 8\n"
        . "MinSpareThreads 1\nMaxSpareThreads 8\n",
    conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertOCSP On responder=$url timeout=60
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF
announce('CC0104', 'CC0110', 'AH00484');    # MaxRequestWorkers is reached

sub metric {
    my ($name) = @_;
    my ($value) = $h->get('/metrics')->{body} =~ /^clientcert_ocsp_$name\{[^}]*\} (\d+)/m;
    return $value // 0;
}

# More clients than threads, each on a connection of its own, all with one certificate.
my @clients;
for (1 .. 12) {
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        my $status = $h->get('/', cert => 'alice', curl => ['--max-time', 100])->{status};
        $h->file("status-$$", $status);
        require POSIX;
        POSIX::_exit(0);
    }
    push @clients, $pid;
}
ok $h->wait_log(qr/CC0104: .*it is slow, and enough others wait for it/, 30),
    'who comes too late does not wait, and gives no identity';
is $h->get('/')->{status}, 200, 'a page for everybody is served while the responder is silent';
cmp_ok metric('turned_away_total'), '>=', 1, 'those who did not wait are counted';
my %still = map { $_ => 1 } grep { !-e $h->path("status-$_") } @clients;
cmp_ok scalar keys %still, '>=', 1, 'some still wait for it';
$responder->release;
my %got;
for my $pid (@clients) {
    waitpid $pid, 0;
    open my $in, '<', $h->path("status-$pid") or die "status of $pid: $!\n";
    $got{ readline $in }++;
}
cmp_ok $got{200} // 0, '>=', 1, 'whoever waited has the answer';
is $h->get('/', cert => 'alice')->{status}, 200, 'and all others have it from then on';

done_testing;
