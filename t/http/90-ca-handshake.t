# SPDX-License-Identifier: Apache-2.0
# Tests which clients ClientCertCA accepts, and which CAs it names, without SSLCACertificateFile:
# on TLS 1.2 and 1.3, whenever the certificate is requested, before and after the CAs change.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

my %way = ('1.2' => 'renegotiation', '1.3' => 'post-handshake authentication');
my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my ($ann, $bea) = (client_of($alpha, 'ann'), client_of($beta, 'bea'));
my @names = ('Alpha CA', 'Beta CA');

# The modes of requesting a certificate, and the path that requests it.
my @modes = (
    ['optional', 'SSLVerifyClient optional', '/'],
    ['require', 'SSLVerifyClient require', '/'],
    ['require in a Location', <<'CONF', '/private'],
SSLVerifyClient none
<Location "/private">
    SSLVerifyClient require
</Location>
CONF
    ['optional in a Location', <<'CONF', '/private'],
SSLVerifyClient none
<Location "/private">
    SSLVerifyClient optional
</Location>
CONF
);

announce('CC0106', 'CC0110', 'CC0115', 'CC0722', 'AH02039', 'AH02225', 'AH02261', 'AH02262', 'AH02263', 'AH10158',
    qr/SSL Library Error/);
announce('AH01897');    # mod_ssl knows no CA where it requires a certificate

my $port = 0;
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'conf/cas.pem' => pem_of($alpha), 'htdocs/private' => "private\n" },
    conf    => join '', map {
        ca_host("ClientCertCA conf/cas.pem reload=0.1\n$_->[1]", ++$port) } @modes);

sub connect_as {
    my ($cert, $tls, $mode, @args) = @_;
    return $h->connection(tls => $tls, port => $mode + 1, args => ['-enable_pha', '-msg', @args],
        $cert ? (cert => $cert) : ());
}

# Sessions without a certificate, to be resumed and asked for one later.
sub sessions {
    return map { my $mode = $_;
        map { { tls => $_, mode => $mode, begun => full($h, '/', tls => $_, port => $mode + 1) } }
            '1.2', '1.3' } 2, 3;
}

sub is_named_when_resumed {
    my ($session, $named) = @_;
    my ($tls, $mode) = @$session{qw(tls mode)};
    my $c = connect_as($ann, $tls, $mode, '-sess_in', $session->{begun}{session});
    is_served_to($c->request('/'), '', "TLS $tls, $modes[$mode][0]: a session");
    unlike $c->trace, qr/^<<< .* Certificate$/m, 'that is resumed';
    is_served_to($c->request('/private'), 'ann', 'is asked for a certificate');
    return is_deeply [names_asked($c->trace, @names)], [$named],
        'the names are those of its beginning';
}

sub is_accepted {
    my ($cert, $user, $tls, $mode, $named) = @_;
    my ($name, undef, $path) = @{ $modes[$mode] };
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $c = connect_as($cert, $tls, $mode);
    is_served_to($c->request($path), $user, "TLS $tls, $name: $user");
    is_deeply [names_asked($c->trace, @names)], [$named], 'is asked for a certificate of these CAs';
    return $c;
}

sub is_not_accepted {
    my ($cert, $tls, $mode) = @_;
    my ($name, undef, $path) = @{ $modes[$mode] };
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    my $response = connect_as($cert, $tls, $mode)->request($path);
    ok !$response->{headers}{user}, "TLS $tls, $name: another client has no identity";
    isnt $response->{status}, 200, 'and no page';
    ok $h->wait_log(qr/CC0106: .*reason="it was issued by CN=\w+ CA: no such CA is trusted here"/),
        'and the log says why';
    return;
}

# Connections without a certificate, which are asked for one later.
sub open_ones {
    return map { my $mode = $_; map { [connect_as($ann, $_, $mode), $_, $mode] } '1.2', '1.3' } 2, 3;
}

for my $mode (0 .. $#modes) {
    for my $tls ('1.2', '1.3') {
        is_accepted($ann, 'ann', $tls, $mode, 'Alpha CA');
        is_not_accepted($bea, $tls, $mode);
    }
}
is_served_to($h->get('/', port => 1), '', 'a client without a certificate');
is $h->get('/', port => 2)->{status}, 0, 'which one host requires';

my @sessions = sessions();
my @before = open_ones();
is_served_to($_->[0]->request('/'), '', "TLS $_->[1]: a connection without a certificate") for @before;
ca_changes($h, 'conf/cas.pem', [$alpha, $beta],
    qr/added CN=Beta CA \(sha256 [0-9a-f]{64}\)$/, 'a CA is added');
for (@before) {
    my ($c, $tls, $mode) = @$_;
    is_served_to($c->request('/private'), 'ann', "TLS $tls, $way{$tls}: on an old connection");
    is_deeply [names_asked($c->trace, @names)], ['Alpha CA'], 'the names of its beginning stay';
}
is_named_when_resumed($_, 'Alpha CA Beta CA') for @sessions;
for my $mode (0 .. $#modes) {
    for my $tls ('1.2', '1.3') {
        is_accepted($_->[0], $_->[1], $tls, $mode, 'Alpha CA Beta CA') for [$ann, 'ann'], [$bea, 'bea'];
    }
}

@before = open_ones();
is_served_to($_->[0]->request('/'), '', "TLS $_->[1]: a connection without a certificate") for @before;
ca_changes($h, 'conf/cas.pem', [$beta], qr/removed CN=Alpha CA \(sha256 [0-9a-f]{64}\)$/,
    'a CA is removed');
for (@before) {
    my ($c, $tls) = @$_;
    isnt $c->request('/private')->{status}, 200,
        "TLS $tls, $way{$tls}: on an old connection, its client is no longer accepted";
    is_deeply [names_asked($c->trace, @names)], ['Alpha CA Beta CA'], 'although it is still named';
}
for my $mode (0 .. $#modes) {
    for my $tls ('1.2', '1.3') {
        is_accepted($bea, 'bea', $tls, $mode, 'Beta CA');
        is_not_accepted($ann, $tls, $mode);
    }
}

done_testing;
