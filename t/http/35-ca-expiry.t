# SPDX-License-Identifier: Apache-2.0
# Tests that an identity ends when a CA above the certificate expires, in open connections and in
# sessions.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Deadline;
use ClientCert::Test::File;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;
use Time::HiRes qw(sleep time);

my $is_ca = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign";
my $root  = certificate('root', '/O=Example/CN=Lasting CA', self => 1, extension => $is_ca);
my %client = (lasting => certificate('of root', '/O=Example/CN=lasting', issuer => $root));
my $conf = identity_host(<<'CONF');
SSLCACertificateFile conf/cas.pem
<Location "/private">
    Require clientcert
</Location>
CONF

announce('CC0104', 'CC0106', 'CC0110', 'CC0142', 'AH01630', 'AH02008', 'AH02039', 'AH02276',
    qr/SSL Library Error/);

my (%server, $h, $end, %open, %session);

# Servers whose second CA expires in this number of seconds.
sub start {
    my ($seconds) = @_;
    $end = int(time + $seconds);
    my $short = certificate("short $seconds", '/O=Example/CN=Short CA', issuer => $root,
        end => $end, extension => $is_ca);
    $client{short} =
        certificate("of short $seconds", '/O=Example/CN=short', issuer => $short);
    %server = map { $_ => ClientCert::Test->server(
            modules => ['headers'],
            files   => {
                'conf/cas.pem'   => read_file("$root.pem") . read_file("$short.pem"),
                'htdocs/private' => "only for you\n",
            },
            global => "KeepAliveTimeout 300\n" . session_conf($_),
            conf   => $conf) } session_stores();
    $h = $server{tickets};
    return;
}

# ---- before

# Connections and sessions of both users.
sub open_all {
    for my $tls ('1.2', '1.3') {
        for my $user (sort keys %client) {
            $open{$user}{$tls} = $h->connection(cert => $client{$user}, tls => $tls);
            my $response = $open{$user}{$tls}->request('/private');
            is_served_to($response, $user, "TLS $tls: $user, a connection");
            for my $store (session_stores()) {
                my $first =
                    full($server{$store}, '/private', cert => $client{$user}, tls => $tls);
                my $again = resumed($server{$store}, $first, '/private', tls => $tls);
                is "$again->{reused} $again->{headers}{user}", "1 $user",
                    "$store: and a session";
                $session{$user}{$tls}{$store} = $again;
            }
        }
    }
    return;
}

start(10 * ($ENV{CC_SLOW} // 1));
open_all();
before_ok($end, 'all that before it expires');

# ---- after

sleep 0.1 while time < $end + 1.1;
for my $tls ('1.2', '1.3') {
    $h->mark_log;
    my $denied = $open{short}{$tls}->request('/private');
    is $denied->{status}, 403, "TLS $tls: its CA has expired, and the connection is denied";
    is $denied->{headers}{user}, '', 'because it gives no identity';
    ok $h->wait_log(qr/CC0104: .* reason="a CA above it has expired"/), 'and the log says why';
    is_served_to($open{lasting}{$tls}->request('/private'), 'lasting', 'the other CA has not');
    for my $store (session_stores()) {
        my %again = map {
            my $response =
                resumed($server{$store}, $session{$_}{$tls}{$store}, '/private', tls => $tls);
            ($_ => "$response->{reused} $response->{status}")
        } keys %client;
        is_deeply \%again, { short => '0 403', lasting => '1 200' },
            "TLS $tls, $store: its session is not resumed";
    }
    is full($h, '/', cert => $client{short}, tls => $tls)->{status}, 0,
        "TLS $tls: as a full handshake would not have been completed";
}

done_testing;
