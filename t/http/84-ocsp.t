# SPDX-License-Identifier: Apache-2.0
# Tests correct OCSP responders: the requests that they get, and the effects of their answers.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;

use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my $ca   = ClientCert::Test->ca;

announce('CC0104', 'CC0110', 'AH01630');

# Virtual hosts with these directives, each on a port of its own.
sub hosts {
    my (@directives) = @_;
    my $n = 0;
    return join '', map { $n++; my $port = $n > 1 ? $n : ''; <<"CONF" } @directives;
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $_
    <Location "/private">
        ClientCertMap user=somebody
        Require clientcert
    </Location>
    <Location "/cgi-bin/env">
        ClientCertExport USER STATE=revocation REASON=revocation.reason DATE=revocation.date
        ClientCertMap revocation == revoked user=nobody-at-all
        ClientCertMap revocation == good user=somebody
        Require clientcert revocation == good
    </Location>
</VirtualHost>
CONF
}

my %files = (files => { 'htdocs/private' => "only for you\n" });

# ---- openssl ocsp -port

{
    my $delegate = ClientCert::Test::Ocsp->delegate('responder');
    my %signer   = ('the issuer' => 'staff', 'a delegate' => $delegate);
    for my $who (sort keys %signer) {
        my $openssl = ClientCert::Test::Ocsp->openssl(certs => ['alice', 'admin'],
            signer => $signer{$who});
        $openssl->revoke('bob', 'keyCompromise', '260102030405Z');
        my $on = 'ClientCertOCSP On responder=' . $openssl->url . ' timeout=' . 10 * $slow;
        my $h  = ClientCert::Test->server(%files, cgi => 1, modules => ['http2', 'headers'],
            global => "Protocols h2 http/1.1\n", conf => hosts($on, "$on nonce=on"));

        for my $port (1, 2) {
            my $nonce = $port == 1 ? '' : ', nonce=on';
            my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice', port => $port));
            is $env->{CLIENTCERT_STATE}, 'good', "signed by $who$nonce: good";
            is $env->{CLIENTCERT_USER}, 'somebody', 'which gives an identity';
            ok !exists $env->{CLIENTCERT_REASON} && !exists $env->{CLIENTCERT_DATE},
                'that has no reason and date of a revocation';

            $h->mark_log;
            is_refused($h->get('/private', cert => 'bob', port => $port),
                "$who$nonce: a revoked one is denied");
            ok $h->wait_log(
                qr/CC0104:.*reason="it was revoked on 2026-01-02T03:04:05Z \(keyCompromise\)"/),
                'the log says when and why';

            $h->mark_log;
            is_refused($h->get('/', cert => 'two-cn', port => $port),
                "$who$nonce: one that the responder does not know is denied, whatever it requests");
            ok $h->wait_log(qr/CC0104:.*reason="the OCSP responder does not know it"/),
                'the log has that reason';
        }
    }
}

# ---- when the responder is asked, and which answers are kept

my $responder = ClientCert::Test::Ocsp->new(certs => [qw(alice bob admin)]);

sub on {
    my ($path, $options) = @_;
    return join ' ', 'ClientCertOCSP On', 'timeout=' . 20 * $slow, 'responder='
        . $responder->url($path), $options // ();
}

{
    my $h = ClientCert::Test->server(%files, cgi => 1,
        conf => hosts(on('honest/kept'), on('honest/public'), on('unknown/kept'), on('hang/public')));

    is $h->get('/private', cert => 'alice')->{status}, 200, "connection $_" for 1 .. 20;
    is $responder->asked('honest/kept'), 1, 'a good answer is kept';
    is $h->get('/private', cert => 'bob')->{status}, 200, 'another certificate';
    is $responder->asked('honest/kept'), 2, 'is another question';
    is $h->get('/private', cert => 'alice', port => 3)->{status}, 403, "connection $_" for 1 .. 5;
    is $responder->asked('unknown/kept'), 1, 'the answer "unknown" is cached too';

    my $connection = $h->connection(cert => 'alice', port => 2);
    is $responder->asked('honest/public'), 0, 'a handshake causes no question';
    is $connection->request('/')->{status}, 200, 'a page without rules';
    is $responder->asked('honest/public'), 1, 'is a question, too';
    is $h->get('/', port => 4)->{status}, 200, 'without a certificate';
    is $responder->asked('hang/public'), 0, 'no responder is asked';
}

# ---- connections in use end

# Sends requests until one is denied; returns the last response.
sub until_denied {
    my ($request) = @_;
    my $began = time;
    my $response;
    do {
        sleep 0.1;
        $response = $request->();
    } while ($response->{status} == 200 && time < $began + 30 * $slow);
    return $response;
}

for my $store (session_stores()) {
    $responder->know('bob');
    my $h = ClientCert::Test->server(%files, cgi => 1, modules => ['http2'],
        global => "Protocols h2 http/1.1\n" . session_conf($store),
        conf   => hosts(on("honest/$store", 'ttl=2')));
    my (%open, %session);
    for my $tls ('1.2', '1.3') {
        $open{$tls} = $h->connection(cert => 'bob', tls => $tls);
        is $open{$tls}->request('/private')->{status}, 200, "TLS $tls, $store: a connection";
        my $first = full($h, '/private', cert => 'bob', tls => $tls);
        $session{$tls} = resumed($h, $first, '/private', tls => $tls);
        is $session{$tls}{status}, 200, 'and a session';
        ok $session{$tls}{reused}, 'that is resumed';
    }
    is $h->get('/private', cert => 'bob', http2 => 1)->{status}, 200, 'HTTP/2';
    my $cert = "--cert $ca/bob.pem --key $ca/bob.key --cacert $ca/root.pem";
    # One connection, a request each second; output on stderr is not buffered. If a request and a
    # GOAWAY cross, the client has to send the request again (RFC 9113 6.8).
    open my $http2, '-|', "exec curl -q -sS --noproxy '*' --http2 $cert --rate 3600/h -o /dev/null"
        . ' --no-progress-meter --retry 3 --retry-all-errors'
        . " -w '%{stderr}%{http_code} %{num_connects} %{http_version}\\n'"
        . ' https://localhost:' . $h->port . '/private?[1-' . 10 * $slow . '] 2>&1'
        or die "curl: $!\n";
    like scalar(<$http2>), qr/^200 1 2/, 'and on an HTTP/2 connection';

    $responder->revoke('bob', 'superseded');
    for my $tls ('1.2', '1.3') {
        my $response = until_denied(sub { $open{$tls}->request('/private') });
        is_refused($response, "TLS $tls, $store: it is revoked while a connection is open");
        my $again = resumed($h, $session{$tls}, '/private', tls => $tls);
        is $again->{status}, 403, 'an earlier session gives no identity';
    }
    my @later = grep { /^\d/ } <$http2>;
    my ($denied) = grep { $later[$_] =~ /^403/ } 0 .. $#later;
    ok defined $denied, 'HTTP/2: it is denied' or diag @later;
    like $later[$denied // 0], qr/^403 0 2/, 'on the connection that was open';
    ok scalar(grep { /^403 1 2/ } @later), 'which is then closed' or diag @later;
}
$responder->know('bob');

# ---- responders named by the certificate

{
    my $port = $responder->port;
    my %url  = (
        good    => "http://localhost:$port/honest/aia",
        address => "http://127.0.0.1:$port/honest/aia",
        https   => "https://localhost:$port/honest/aia",
        ldap    => "ldap://localhost:$port/honest/aia",
    );
    my $serial = 0x5000_0000 + int rand 0x0fff_ffff;
    my %cert   = map { $_ => certificate("aia-$_", "/O=Example/CN=aia-$_",
            serial => sprintf('%x', $serial++), aia => "OCSP;URI:$url{$_}") } keys %url;
    $cert{second} = certificate('aia-second', '/O=Example/CN=aia-second',
        serial => sprintf('%x', $serial++),
        aia    => "OCSP;URI:$url{ldap},caIssuers;URI:$url{address},OCSP;URI:$url{good}");
    $cert{none} = 'alice';
    $responder->know(values %cert);

    my $h = ClientCert::Test->server(%files, cgi => 1, conf => hosts(
            "ClientCertOCSP AIA timeout=10\nClientCertOCSPAllow localhost",
            "ClientCertOCSP AIA timeout=10\nClientCertOCSPAllow .localhost ocsp.example.com",
            'ClientCertOCSP AIA responder=' . $responder->url('honest/else')));
    my @refused = (
        [1, 'address', 'is not asked: its host is an address, not a name'],
        [1, 'https',   'is not asked: its scheme is not http'],
        [1, 'ldap',    'is not asked: its scheme is not http'],
        [1, 'none',    'the certificate names no responder'],
        [2, 'good',    'is not asked: ClientCertOCSPAllow does not name its host'],
        [2, 'second',  'is not asked: its scheme is not http'],
    );
    for (@refused) {
        my ($on, $name, $reason) = @$_;
        $h->mark_log;
        is $h->get('/private', cert => $cert{$name}, port => $on)->{status}, 403,
            "AIA, host $on: $name is denied";
        ok $h->wait_log(qr/CC0104:.*there is no valid OCSP answer for it: .*$reason/), $reason;
    }
    is $responder->asked('honest/aia'), 0, 'no responder is asked then';
    is $h->get('/private', cert => $cert{$_})->{status}, 200, "AIA: $_" for 'good', 'second';
    is $responder->asked('honest/aia'), 2, 'the responder that they name is asked';
    is $h->get('/private', cert => $cert{$_}, port => 3)->{status}, 200,
        "AIA and a responder: $_" for 'good', 'none';
    is $responder->asked('honest/else'), 2, 'if the certificate names none that may be asked';
}

# ---- a nonce

{
    my $h = ClientCert::Test->server(%files, cgi => 1,
        conf => hosts(on('honest/nonce', 'nonce=on'), on('nonceless', 'nonce=on'),
            on('nonceless/off')));
    is $h->get('/private', cert => 'alice', port => $_)->{status}, 200, 'a nonce is answered, or '
        . 'there is none' for 1, 3;
    is $h->get('/private', cert => 'alice', port => 2)->{status}, 403, 'one that is left out';
    ok $h->wait_log(qr/CC0104:.*it does not have the nonce of the request/), 'is missed';
    is $h->get('/private', cert => 'alice')->{status}, 200, 'what is kept needs no new one';
    is $responder->asked('honest/nonce'), 1, 'and nobody is asked';
}

# ---- errors of the configuration

my $stands = "ClientCertOCSP On responder=http://ocsp.example.com/";
my @wrong  = (
    ['ClientCertOCSP',                          'CC0430', '',           'the first word must be On'],
    ['ClientCertOCSP Maybe',                    'CC0430', 'Maybe',      'the first word must be On'],
    ["$stands wait=3",                          'CC0431', 'wait=3',     'not an option'],
    ["$stands timeout=0",                       'CC0432', '0',          '0.1 to 60'],
    ["$stands ttl=soon",                        'CC0432', 'soon',       '1 to 31536000'],
    ["$stands stale=-1",                        'CC0432', '-1',         '0 to 31536000'],
    ["$stands failure=ignore",                  'CC0432', 'ignore',     'failure=deny or'],
    ["$stands nonce=maybe",                     'CC0432', 'maybe',      'nonce=off or nonce=on'],
    ["$stands ttl=1 ttl=2",                     'CC0433', 'ttl=2',      'ttl is given twice'],
    ['ClientCertOCSP On responder=https://a.example/', 'CC0434', 'https://a.example/',
        'its scheme is not http'],
    ['ClientCertOCSP On responder=http://u:p@a.example/', 'CC0434', 'http://u:p@a.example/',
        'a user, a password or a fragment'],
    ['ClientCertOCSP On responder=http://a.example:0/', 'CC0434', 'http://a.example:0/',
        'its port is not between 1 and 65535'],
    ['ClientCertOCSP On timeout=3',             'CC0435', 'On',         'On needs responder=URL'],
    ['ClientCertOCSPAllow 127.0.0.1',           'CC0436', '127.0.0.1',  'write a host name'],
    ['ClientCertOCSPAllow http://a.example/',   'CC0436', 'http://a.example/',
        'write a host name'],
);
for (@wrong) {
    my ($line, $tag, $word, $legal) = @$_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => "#\n$line\n");
    my $named = $word eq '' ? '' : qr/"\Q$word\E": /;
    my $says  = qr{error on line 2 of \S+/conf/site\.conf:\n.*\Q$tag\E: .*$named.*\Q$legal};
    ok $exit != 0 && $output =~ $says,
        "$tag: $line" or diag $output;
}
{
    my ($exit, $output) = ClientCert::Test->configtest(
        conf => "ClientCertOCSPCache tape:/dev/st0\n");
    ok $exit != 0 && $output =~ m{error on line 1 of \S+/conf/site\.conf:\n.*CC0175: "tape": },
        'CC0175: an unknown type of cache' or diag $output;
    like $output, qr/available: .*shmcb/, 'those that there are';
    ($exit, $output) = ClientCert::Test->configtest(conf => "\nClientCertOCSPCache shmcb:x(1)\n");
    ok $exit != 0 && $output =~ m{error on line 2 of \S+/conf/site\.conf:\n.*CC0176: "x\(1\)": },
        'CC0176: a size that the cache does not take' or diag $output;
    ($exit, $output) = ClientCert::Test->configtest(
        conf => "<VirtualHost *:\@PORT\@>\nClientCertOCSPCache shmcb\n</VirtualHost>\n");
    ok $exit != 0 && $output =~ /line 2 of .*\n.*ClientCertOCSPCache cannot occur within/,
        'ClientCertOCSPCache is for the whole server' or diag $output;
    my @unserved = (
        ['ClientCertOCSP AIA',  [],                'CC0437: .*no responder may be asked'],
        [$stands,               ['-socache_shmcb'], 'CC0177: .*LoadModule socache_shmcb_module'],
    );
    for (@unserved) {
        my ($line, $modules, $says) = @$_;
        ($exit, $output) = ClientCert::Test->try_start(modules => $modules, conf => hosts($line));
        ok $exit ne '0' && $output =~ /$says/, "$line: $says" or diag $output;
    }
}

done_testing;
