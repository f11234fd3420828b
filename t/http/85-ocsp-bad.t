# SPDX-License-Identifier: Apache-2.0
# Tests that an OCSP responder that lies, is slow or is unreachable gives no identity, delays no
# request longer than configured, and is asked again when it has recovered.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Ocsp;

use IO::Socket::INET;
use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my @many = qw(alice bob admin revoked noeku two-cn two-mail comma-o comma-cn comma-ou slash-cn
    multi-rdn bmp-cn no-subject long-cn empty-cn);
my $responder = ClientCert::Test::Ocsp->new(certs => \@many);

announce('CC0104', 'CC0110', 'AH01630');

# A virtual host for each line of options; all let in clients with an identity.
sub hosts {
    my (@lines) = @_;
    my $n = 0;
    return join '', map { $n++; my $port = $n > 1 ? $n : ''; <<"CONF" } @lines;
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertOCSP $_
    ClientCertExport USER REVOCATION=revocation
    ClientCertMap user=somebody
    <Location "/">
        Require clientcert
    </Location>
    <Location "/cgi-bin/env/good">
        Require clientcert revocation == good
    </Location>
</VirtualHost>
CONF
}

# ---- lies

ClientCert::Test::Ocsp->delegate('signer', days => 365) =~ m{(.*)/};
my $elsewhere = $1;
my $other     = ClientCert::Test::Ocsp->delegate('not-delegated', eku => 'clientAuth');
my $expired   = ClientCert::Test::Ocsp->delegate('lapsed', days => 0);
my $self      = ClientCert::Test::Ocsp->delegate('own', self => 1);

my @lies = (
    ['garbage',  qr/not an ASN\.1 SEQUENCE|is rejected/],
    ['empty',    qr/\S/],
    ['huge',     qr/its answer is too large/],
    ['endless',  qr/its answer is too large/],
    ['more',     qr/its Content-Length is wrong|is rejected: it is not an OCSP response/],
    ['cut',      qr/closed the connection before the end of its answer/],
    ['closes',   qr/closed the connection before the end of its answer/],
    ['redirect', qr/redirections are not followed/],
    ['type',     qr/its Content-Type is text\/html/],
    ['error',    qr/its answer has HTTP status 500/],
    ['later',    qr/its status is trylater/],
    ['other=bob',       qr/it does not cover the certificate/],
    ['shift=-7200',     qr/its nextUpdate has passed/],
    ['shift=7200',      qr/its thisUpdate is in the future/],
    ['timeless=-7200',  qr/its thisUpdate is older than ttl=/],
    ['signer=bob',      qr/the extended key usage of its signer does not include OCSPSigning/],
    ['signer=services', qr/its signer was not authorized by the issuer/],
    ['signer=stranger', qr/its signer was not authorized by the issuer/],
    ['drip',            qr/no answer in time/],
    ['hang',            qr/no answer in time/],
);
my @signers = (
    [$other,   qr/the extended key usage of its signer does not include OCSPSigning/],
    [$expired, qr/its signer was not authorized by the issuer: .*certificate has expired/],
    [$self,    qr/its signer was not authorized by the issuer/],
);
for my $i (0 .. $#signers) {
    $responder->mood("hang/$i", "signer=$signers[$i][0]");
    push @lies, ["hang/$i", $signers[$i][1]];
}

{
    my $h = ClientCert::Test->server(
        cgi  => 1,
        conf => hosts(map { 'On timeout=' . 5 * $slow . ' responder=' . $responder->url($_->[0]) }
            @lies));
    for my $i (0 .. $#lies) {
        my ($path, $reason) = @{ $lies[$i] };
        my $claim = $path =~ m{^hang/(\d)} ? 'signed by ' . $signers[$1][0] =~ s{.*/}{}r : $path;
        $h->mark_log;
        is $h->get('/', cert => 'alice', port => $i + 1)->{status}, 403, "$claim: denied";
        like +($h->wait_log(qr/CC0104/))[0] // '',
            qr/result=rejected .*reason="there is no valid OCSP answer for it: .*$reason/,
            "$claim: the log says why";
        is $responder->asked($path), 1, "$claim: it was asked";
    }
    is $responder->asked('honest'), 0, 'a redirect is not followed';
}

# ---- failure=allow

{
    $responder->revoke('bob');
    my @lines = map { "On timeout=20 failure=$_ responder=" . $responder->url("honest/$_") }
        qw(allow deny);
    my $h = ClientCert::Test->server(cgi => 1, modules => ['authz_user'],
        conf => hosts(@lines, 'On failure=allow responder=' . $responder->url('garbage/allow')));
    my $response = $h->get('/cgi-bin/env', cert => 'alice', port => 3);
    is $response->{status}, 200, 'failure=allow: the state is unknown, and there is an identity';
    my $env = $h->cgi_env($response);
    is $env->{CLIENTCERT_REVOCATION}, 'unknown', 'which rules can distinguish from a good one';
    is $env->{REMOTE_USER}, 'somebody', 'the user is the one of the rules';
    is $h->get('/cgi-bin/env/good', cert => 'alice', port => 3)->{status}, 403,
        'Require clientcert revocation == good denies it';
    for my $port (1, 2) {
        is $h->get('/cgi-bin/env/good', cert => 'alice', port => $port)->{status}, 200,
            'it lets a good one in';
        is $h->get('/', cert => 'bob', port => $port)->{status}, 403, 'a revoked one is denied';
    }
    $responder->mood('honest/allow', 'unknown');
    is $h->get('/', cert => 'admin', port => 1)->{status}, 403,
        'failure=allow does not let in a client that the responder does not know';
    ok $h->wait_log(qr/CC0104.*reason="the OCSP responder does not know it"/), 'as the log says';
}

# ---- unreachable responders

# Expects that these clients are denied on a port.
sub denied {
    my ($h, $port, @certs) = @_;
    for my $cert (@certs) {
        is $h->get('/', cert => $cert, port => $port)->{status}, 403, "denied: $cert";
    }
    return;
}

{
    my $closed = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
    my $h      = ClientCert::Test->server(conf => hosts(
            "On responder=http://127.0.0.1:$closed/ timeout=" . 20 * $slow,
            'On timeout=' . 20 * $slow . ' responder=' . $responder->url('garbage/kept'),
            'On timeout=2 responder=' . $responder->url('hang/breaker')));

    denied($h, 1, @many);
    ok $h->wait_log(qr/Connection refused/), 'the first ones are told why';
    ok $h->wait_log(qr/it failed repeatedly, and is not asked for a while/),
        'then it is not even tried';

    my $began = time;
    denied($h, 2, ('alice') x 10);
    my $most = 1 + int((time - $began) / 5);
    cmp_ok $responder->asked('garbage/kept'), '<=', $most, 'a failure is cached for a while';

    # Each client has its own certificate, so that each would cause a request to the responder,
    # which never answers.
    $began = time;
    denied($h, 3, @many, @many);
    my $took = time - $began;
    my $asked = $responder->asked('hang/breaker');
    cmp_ok $asked, '>=', 3, 'a silent responder is asked a few times';
    # After the third failure, the responder is not asked for 1, 2, 4 ... seconds.
    cmp_ok $asked, '<=', 4 + log(1 + $took) / log 2, "and then seldom ($asked times in $took s)";

    $responder->mood('hang/breaker', 'honest');
    # A failure is remembered for five seconds, separately for each certificate.
    for my $cert ('alice', 'two-cn') {
        my $until  = time + 60 * $slow;
        my $status = 0;
        until ($status == 200 || time > $until) {
            $status = $h->get('/', cert => $cert, port => 3)->{status};
            sleep 0.2;
        }
        is $status, 200, "it has recovered, and the certificate is good ($cert)";
    }
}

# ---- stale=

{
    my $on = 'On ttl=1 timeout=' . 4 * $slow;
    my $h  = ClientCert::Test->server(conf => hosts(
            "$on stale=600 responder=" . $responder->url('honest/stale'),
            "$on responder=" . $responder->url('honest/strict'),
            "$on responder=" . $responder->url('honest/revoked')));
    is $h->get('/', cert => 'alice', port => $_)->{status}, 200, 'a good answer' for 1, 2;
    is $h->get('/', cert => 'bob', port => 3)->{status}, 403, 'and one that it is revoked';
    $responder->mood("honest/$_", 'hang') for qw(stale strict revoked);
    sleep 1.1;
    is $h->get('/', cert => 'alice', port => 1)->{status}, 200,
        'stale=600: it is used when the responder no longer answers';
    is $h->get('/', cert => 'alice', port => 2)->{status}, 403, 'without stale= it is not';
    $h->mark_log;
    is $h->get('/', cert => 'bob', port => 3)->{status}, 403, 'a revoked one';
    ok $h->wait_log(qr/CC0104.*reason="it was revoked on 2026-01-02T03:04:05Z/), 'stays revoked';
}

done_testing;
