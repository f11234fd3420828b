# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate without an identity is never sent to a back end, nor one that is too long.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Backend;
use ClientCert::Test::Coalesced;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Waiting;
use Time::HiRes qw(sleep time);

announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0133', 'CC0165', 'CC0190', 'CC0191', qr/CC07\d\d/,
    'AH01630', 'AH01909', 'AH02039', qr/SSL Library Error/);

my $seconds = 5 * ($ENV{CC_SLOW} // 1);
my $backend = backend('http')->url;
my $staff   = ClientCert::Test::Crl->new('staff');
my $send    = qq(ClientCertForward rfc9440 chain=on\nClientCertForwardIdentity\nProxyPass "/app" "$backend"\n);
my $tls     = "\@SSL:ab.example\@\nSSLVerifyClient optional\n";

my $groups = join '', map { 'ClientCertMap group=' . 'g' x 100 . "$_\n" } 1 .. 90;

sub host {
    my ($port, $name, $lines) = @_;
    return "<VirtualHost *:\@PORT$port\@>\nServerName $name\n$lines</VirtualHost>\n";
}

my $h = ClientCert::Test->server(
    modules => [qw(http2 headers proxy proxy_http)],
    files   => { 'conf/staff.crl' => $staff->crl },
    global  => "Protocols h2 http/1.1\nKeepAliveTimeout 300\n" . any_host_conf(),
    conf    => join '',
    # No rules: the certificate of every verified client is sent.
    host('', 'a.example', "$tls SSLCACertificateFile \@CA\@/staff-chain.pem\n$send"),
    host('', 'b.example', "$tls SSLCACertificateFile \@CA\@/services-chain.pem\n$send"),
    host('', 'plain.example', "SSLEngine off\n$send"),
    # Rules: only clients that they map to a user or groups.
    host(2, 'a.example', <<"CONF"),
$tls $send
ClientCertTable away redis:127.0.0.1:1/cert: timeout=1
ClientCertMap subject.CN == bob deny
ClientCertMap subject.CN == alice user=alice
<Location "/app/away">
    ClientCertMap subject.CN in away user=\$1
</Location>
<Location "/app/groups">
    ClientCertMap subject.CN == deep group=only
</Location>
CONF
    host(3, 'a.example', "$tls $send\nClientCertCRL conf/staff.crl reload=0.1\nClientCertCRLCheck leaf\n"
            . "ClientCertMap subject.CN =~ \"(.+)\" user=\$1\n"),
    host(7, 'a.example', "$tls $send\nClientCertCRL conf/staff.crl reload=0.1\nClientCertCRLCheck leaf\n"
            . "ClientCertMap subject.CN =~ \"(.+)\" user=\$1\nErrorDocument 403 /app/error\n"),
    host(4, 'a.example', "$tls $send\nSSLVerifyClient optional_no_ca\nClientCertTolerate On\n"
            . "ClientCertCRL conf/staff.crl reload=0.1\nClientCertCRLCheck leaf\n"),
    host(5, 'a.example', "$tls $send\nClientCertMaxAge $seconds\n"),
    host(6, 'a.example', <<"CONF"),
$tls $send
ClientCertMap subject.CN =~ "(.+)" user=\$1 group=%{san.email}
<Location "/app/short">
    ErrorDocument 500 /app/short/error
    ClientCertForward rfc9440 max=500
</Location>
<Location "/app/chain">
    ClientCertForward rfc9440 max=900 chain=on
</Location>
<Location "/app/enough">
    ClientCertForward rfc9440 max=900
</Location>
<Location "/app/long">
    ClientCertForward Off
    $groups
</Location>
<Location "/whoami">
    SetHandler clientcert-status
    ClientCertForward rfc9440 max=500
</Location>
CONF
);

# The headers that reached the back end, without the values of certificates; "-": none reached it.
sub sent {
    my ($response) = @_;
    return "-$response->{status}" if ($response->{body} // '') !~ /^GET /;
    my %all = $response->{body} =~ /^(Client-?Cert[^:]*): (.*)\r$/mgi;
    return join ' ', map { $_ . ($all{$_} =~ /^:/ ? '' : "=$all{$_}") } sort keys %all;
}

sub get { my ($port, $path, $cert, %o) = @_;
    return $h->get($path, host => 'a.example', port => $port, $cert ? (cert => $cert) : (), %o) }

# ---- rules

is sent(get('', '/app', 'alice')), 'Client-Cert Client-Cert-Chain',
    'without rules, a verified certificate is sent, and no identity';
is sent(get('', '/app')), '', 'without a certificate, nothing is';
is sent(get(2, '/app', 'alice')), 'Client-Cert Client-Cert-Chain ClientCert-User=alice',
    'with rules, certificate and user of a client that they map';
is sent(get(2, '/app', $_)), '', "nothing of a client that they do not map: $_"
    for 'deep', 'bob';
is sent(get(2, '/app/groups', 'deep')), 'Client-Cert Client-Cert-Chain ClientCert-Groups=only',
    'groups alone are an identity';
is sent(get(2, '/app/groups', 'alice')), '', 'and only those of the rules in effect';
is sent(get(2, '/app/away', 'alice')), '-500', 'after a failed lookup, the back end is not reached';

# ---- certificates that do not verify, or no longer

for my $cert (qw(expired notyet selfsigned stranger foreign serveronly ca-client forged revoked)) {
    next if !-e $h->ca . "/$cert.pem";
    for my $http2 (0, 1) {
        my $response = get(4, '/app', $cert, http2 => $http2);
        is sent($response), $cert eq 'revoked' ? 'Client-Cert Client-Cert-Chain' : '',
            "ClientCertTolerate, $cert: nothing is sent" . ($http2 ? ', HTTP/2' : '')
            if $cert ne 'revoked';
    }
}

for my $port (3, 4, 5) {
    is sent(get($port, '/app', 'alice')) =~ /^Client-Cert Client-Cert-Chain/ ? 1 : 0, 1,
        "port $port: a good certificate is sent";
}
my %open;
for my $tls ('1.2', '1.3') {
    for my $port (3, 7) {
        my $c = $open{"TLS $tls, port $port"} =
            $h->connection(host => 'a.example', port => $port, cert => 'alice', tls => $tls);
        is sent($c->request('/app')), 'Client-Cert Client-Cert-Chain ClientCert-User=alice',
            "TLS $tls, port $port: a connection that stays open";
    }
}
$staff->revoke('alice', 'keyCompromise');
replace($h->path('conf/staff.crl'), $staff->crl);
ok $h->wait_log(qr/CC0173: CRLs have changed/, 30), 'the CRL is read again';
for my $what (sort keys %open) {
    my ($response, $expected) = (undef, $what =~ /7/ ? '' : '-403');
    wait_until(sub { sent($response = $open{$what}->request('/app')) eq $expected }); # in its process
    is sent($response), $expected,
        "$what: once it is revoked, the back end is not reached, or only for the page of the error";
}
is sent(get(4, '/app', 'alice')), '', 'ClientCertTolerate: it is served, and not sent';

# ---- too old, and expired

my $until = time + 60 * ($ENV{CC_SLOW} // 1);
my $too_old = time + $seconds;
my $c = $h->connection(host => 'a.example', port => 5, cert => 'bob');
is sent($c->request('/app')), 'Client-Cert Client-Cert-Chain', 'a young handshake';
before_ok($too_old, 'before it is too old');
my $last;
do { $last = sent($c->request('/app')) } while $last =~ /^Client-Cert/ && time < $until;
like $last, qr/^(?:-403|-0|)$/, 'one that is too old';

my $expires = int(time) + $seconds;
my $short = ClientCert::Test->short_cert($seconds);
$c = $h->connection(host => 'a.example', port => '', cert => $short);
is sent($c->request('/app')), 'Client-Cert Client-Cert-Chain', 'a certificate before it expires';
before_ok($expires, 'in time');
do { $last = sent($c->request('/app')) } while $last =~ /^Client-Cert/ && time < $until;
is $last, '', 'and after it';

# ---- other hosts

for my $tls ('1.2', '1.3') {
    my $a = $h->connection(host => 'a.example', sni => '', cert => 'alice', tls => $tls);
    is sent($a->request('/app')), 'Client-Cert Client-Cert-Chain', "TLS $tls: the host of the handshake";
    is sent($a->request('/app', host => 'b.example')), '',
        'nothing is sent by a host that does not trust its CA';
    is sent($a->request('/app', host => 'plain.example')), '', 'nor by a host without TLS';
    is sent($a->request('/app')), 'Client-Cert Client-Cert-Chain', 'and again by the first';
}

# ---- values that are too long

is sent(get(6, '/app/enough', 'alice')),
    'Client-Cert ClientCert-Groups=alice@example.com ClientCert-User=alice', 'a value that fits';
for my $way (['/app/short', 'Client-Cert', 500], ['/app/chain', 'Client-Cert-Chain', 900],
    ['/app/long', 'ClientCert-Groups', 8000])
{
    my ($path, $header, $max) = @$way;
    my $cert = $path eq '/app/chain' ? 'deep' : 'alice';
    $h->mark_log;
    my $response = get(6, $path, $cert);
    is $response->{status}, 500, "$path: a value over max= fails";
    ok $h->wait_log(qr/CC0165: .*: the header $header would have \d+ octets, .* max=$max /),
        'the log says which';
    is sent($response), '-500', 'and the back end is not reached, not even for a page of the error';
}
is get(6, '/whoami', 'alice')->{status}, 200, 'clientcert-status is served';

done_testing;
