# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertCA at a start and at restarts: what a bad file does, and which sessions stay.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::File;
use ClientCert::Test::Identity;
use ClientCert::Test::Service;
use ClientCert::Test::Session;

my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my ($ann, $bea) = (client_of($alpha, 'ann'), client_of($beta, 'bea'));

# A cache outside of httpd keeps the sessions from before a restart, as in 34-restart.t.
my $redis  = ClientCert::Test::Service->redis;
my $global = join "\n", 'SSLSessionTickets off',
    'SSLSessionCache redis:127.0.0.1:' . $redis->port, 'SSLSessionCacheTimeout 3600', '';
my %files = ('conf/cas.pem' => pem_of($alpha, $beta));
my $conf  = ca_host('ClientCertCA conf/cas.pem reload=0');

announce('CC0104', 'CC0106', 'CC0197', 'CC0198', 'AH02039', qr/SSL Library Error/);

# ---- a start

for my $bad (['a file that is missing', 'missing.pem', qr/missing\.pem/],
    ['an empty file', 'empty.pem', qr/empty\.pem/],
    ['a certificate that is not a CA', 'leaf.pem', qr/leaf\.pem/]) {
    my ($claim, $name, $named) = @$bad;
    my ($exit, $output) = ClientCert::Test->try_start(
        modules => ['headers'],
        files   => { %files, 'conf/empty.pem' => '', 'conf/leaf.pem' => pem_of($ann) },
        conf    => ca_host("ClientCertCA conf/cas.pem conf/$name"));
    isnt $exit, 0, "$claim: httpd does not start";
    like $output, qr/CC04\d\d: .*$named/, 'and names the file';
}

# ---- restarts

my $h = ClientCert::Test->server(
    modules => ['headers', 'socache_redis'],
    files   => \%files,
    global  => $global,
    conf    => $conf);

my @sessions = map {
    my ($tls, $cert, $user) = @$_;
    { tls => $tls, user => $user, session => full($h, '/', cert => $cert, tls => $tls) }
} map { (['1.2', @$_], ['1.3', @$_]) } [$ann, 'ann'], [$bea, 'bea'];

sub are_resumed {
    my ($user, $expected, $when) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for (grep { $_->{user} eq $user } @sessions) {
        my $again = resumed($h, $_->{session}, '/', tls => $_->{tls});
        is "$again->{reused} $again->{headers}{user}", $expected ? "1 $user" : '0 ',
            "TLS $_->{tls}, $user, $when: " . ($expected ? 'resumed' : 'not resumed');
    }
    return;
}

sub is_restarted {
    my ($text, $claim, %o) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    replace($h->path('conf/cas.pem'), $text) if defined $text;
    $h->mark_log;
    delete $h->{files}{'conf/cas.pem'};
    return ok $h->reload(%o), $claim;
}

are_resumed($_, 1, 'at the start') for qw(ann bea);
is_restarted(undef, 'a restart without a change');
are_resumed($_, 1, 'after it') for qw(ann bea);

for my $bad (['garbage', "garbage\n"], ['an empty file', ''], ['a certificate that is not a CA', pem_of($ann)]) {
    my ($claim, $text) = @$bad;
    is_restarted($text, "$claim: a graceful restart");
    ok $h->wait_log(qr/\[clientcert:error\].*CC0197: after the restart, the CAs loaded on \S+ stay in use: CC04\d\d: .*cas\.pem/),
        'the log names the file';
    is_served_to($h->get('/', cert => $ann), 'ann', 'and its CAs stay in use');
    are_resumed($_, 1, "after $claim") for qw(ann bea);
}
unlink $h->path('conf/cas.pem');
is_restarted(undef, 'a missing file: a restart', signal => 'HUP');
ok $h->wait_log(qr/CC0197: .*cas\.pem/), 'the log names the file';
is_served_to($h->get('/', cert => $bea), 'bea', 'and its CAs stay in use');

is_restarted(pem_of($beta), 'a CA is removed: a graceful restart');
are_resumed('ann', 0, 'whose CA was removed');
are_resumed('bea', 1, 'whose CA was not');
is $h->get('/', cert => $ann)->{status}, 0, 'a client of the removed CA is refused';
is_restarted(pem_of($alpha, $beta), 'the CA is back: a graceful restart');
are_resumed('ann', 0, 'whose CA was away');
are_resumed('bea', 1, 'whose CA was not');
is_served_to($h->get('/', cert => $ann), 'ann', 'its client is accepted again');

is_restarted(undef, 'a new directive with a bad file: a graceful restart',
    conf => ca_host('ClientCertCA conf/new.pem reload=0.1'));
ok $h->wait_log(qr/\[clientcert:error\].*CC0198: after the restart, none of these CAs is in use.*new\.pem/),
    'the log names the file';
is $h->get('/', cert => $ann)->{status}, 0, 'no client is accepted';
is_served_to($h->get('/'), '', 'while others are served');
waits_for_change($h, sub { $h->file('conf/new.pem', pem_of($alpha)) }, qr/added CN=Alpha CA /,
    'until the file is there');
is_served_to($h->get('/', cert => $ann), 'ann', 'its client is accepted');

done_testing;
