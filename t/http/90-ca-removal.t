# SPDX-License-Identifier: Apache-2.0
# Tests that nothing that a removed CA vouched for is left: no session, keep-alive connection or
# HTTP/2 connection; also if the CA comes back; and that clients of other CAs notice nothing.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Held;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;

my @tls    = ('1.2', '1.3');
my %name   = (alice => 'alice', service => 'cart');
my @all    = qw(root staff services);
my $reason = 'a CA that verified it is no longer trusted here';
my $conf   = ca_host(<<'CONF');
ClientCertCA conf/cas.pem reload=0.1
SSLVerifyDepth 2
<Location "/private">
    Require clientcert
</Location>
CONF

announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH02039', qr/SSL Library Error/);

# Connections and sessions of a client, each used once.
sub open_all {
    my ($h, $cert, $tls) = @_;
    my %open = map { $_ => $h->connection(cert => $cert, tls => $tls) } qw(public private idle);
    for my $name (sort keys %open) {
        is_served_to($open{$name}->request('/private'), $name{$cert},
            "TLS $tls: $cert has a connection ($name)");
    }
    for my $name (qw(early late)) {
        $open{$name} = full($h, '/private', cert => $cert, tls => $tls);
        is_resumed($h, $open{$name}, $cert, $tls, "a session ($name)");
    }
    return \%open;
}

sub is_resumed {
    my ($h, $session, $cert, $tls, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $again = resumed($h, $session, '/private', tls => $tls);
    return is "$again->{reused} $again->{status} $again->{headers}{user}", "1 200 $name{$cert}",
        "TLS $tls: $cert, $claim";
}

sub is_not_resumed {
    my ($h, $session, $tls, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $again = resumed($h, $session, '/', tls => $tls);
    return is "$again->{reused} $again->{status} $again->{headers}{user}", '0 200 ',
        "TLS $tls: $claim: not resumed";
}

sub connections_end {
    my ($h, $open, $tls) = @_;
    $h->mark_log;
    my $denied = $open->{private}->request('/private');
    is_refused($denied, "TLS $tls: the next request is refused");
    is $denied->{headers}{user}, '', 'because it has no identity';
    is $open->{private}->request('/')->{status}, 0, 'and the connection is closed';
    ok $h->wait_log(qr/CC0104: result=rejected .*subject="CN=alice,.* reason="$reason"/),
        'the log has the reason';
    is_refused($open->{public}->request('/'), "TLS $tls: a public page is refused as well");
    is $open->{public}->request('/')->{status}, 0, 'and that connection is closed, too';
    return is scalar(my @told = $h->log_lines(qr/CC0104/)), 2, 'one line for each connection';
}

sub http2_ends {
    my ($h, $held, $other) = @_;
    my @said = map { "$_->{status} $_->{connects}" } go_on($h, $held);
    is_deeply [@said[0, 1]], ['200 1', '403 0'], 'HTTP/2: refused on the open connection';
    is join(' ', map { s/ .*//r } @said[2 .. $#said]) =~ s/\A(?:403 )*(?:0 )*0\z/ended/r, 'ended',
        'which ends';
    return is_deeply [map { "$_->{status} $_->{connects}" } go_on($h, $other)],
        ['200 1', ('200 0') x (@said - 1)], 'HTTP/2: another client stays connected';
}

sub others_are_undisturbed {
    my ($h, $open, $tls, $when) = @_;
    is_served_to($open->{$_}->request('/private'), 'cart', "TLS $tls: another client, $when ($_)")
        for qw(public private);
    return is_resumed($h, $open->{$_}, 'service', $tls, "session of another client, $when ($_)")
        for qw(early late);
}

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => ['headers', 'http2'],
        cgi     => 1,
        files   => { 'conf/cas.pem' => pem_of(@all), 'htdocs/private' => "only for you\n" },
        global  => "Protocols h2 http/1.1\n" . session_conf($store)
            . "KeepAliveTimeout 300\nTimeout 300\n",
        conf => $conf);
    my (%alice, %service);
    for my $tls (@tls) {
        $alice{$tls}   = open_all($h, 'alice',   $tls);
        $service{$tls} = open_all($h, 'service', $tls);
    }
    my @http2 = map { hold($h, $_, ('/private') x 20) } 'alice', 'service';

    ca_changes($h, 'conf/cas.pem', [qw(root services)], qr/removed CN=Staff CA,O=Example \(\S+ \S+\)$/,
        "$store: a CA is removed");
    for my $tls (@tls) {
        is_not_resumed($h, $alice{$tls}{early}, $tls, "$store, its CA has left");
        is_refused_in_handshake($h, 'alice', 'it was issued by CN=Staff CA,O=Example: no such CA is trusted here',
            "TLS $tls: a handshake", tls => $tls);
        connections_end($h, $alice{$tls}, $tls);
        others_are_undisturbed($h, $service{$tls}, $tls, 'after a CA was removed');
    }
    http2_ends($h, @http2);

    ca_changes($h, 'conf/cas.pem', \@all, qr/added CN=Staff CA,O=Example \(\S+ \S+\)$/,
        "$store: the CA is back");
    for my $tls (@tls) {
        is_not_resumed($h, $alice{$tls}{$_}, $tls, "$store, its CA was away ($_)") for qw(early late);
        is_served_to($alice{$tls}{idle}->request('/private'), 'alice',
            "TLS $tls: a connection on which nothing happened meanwhile is verified again");
        my $new = full($h, '/private', cert => 'alice', tls => $tls);
        is_resumed($h, $new, 'alice', $tls, 'a new session');
        others_are_undisturbed($h, $service{$tls}, $tls, 'after the CA is back');
    }
    $h->stop;
}

done_testing;
