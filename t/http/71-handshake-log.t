# SPDX-License-Identifier: Apache-2.0
# Tests that a handshake that fails because of the client's certificate is logged in one line: the
# subject, which certificate of the chain is at fault, and why.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Log;

my $ca    = ClientCert::Test->ca;
my $small = certificate('small', '/O=Example/CN=small', bits => 1024, serial => '4d');
my $weak  = certificate('weak CA', '/O=Example/CN=weak CA', bits => 1024, serial => '4d',
    extension => 'basicConstraints = critical, CA:TRUE');
my $below = certificate('below', '/O=Example/CN=below', issuer => $weak, serial => '4d');
system("cp '$weak.pem' '$below-sends.pem'");

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { map { ("htdocs/$_/page" => "$_\n") } qw(private any) },
    conf    => <<'CONF');
ClientCertAuth On
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    SSLCARevocationFile @CA@/staff.crl
    SSLCARevocationCheck leaf no_crl_for_cert_ok
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional
    SSLVerifyDepth 1
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName b.example
    @SSL:b.example@
    SSLVerifyClient optional_no_ca
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName ab.example
    @SSL:ab.example@
    SSLVerifyClient optional
    SSLCARevocationFile @CA@/deep-ca.crl
    SSLCARevocationCheck chain
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient none
    <Location "/private">
        SSLVerifyClient require
    </Location>
    <Location "/any">
        SSLVerifyClient optional_no_ca
    </Location>
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    LogLevel clientcert:error
</VirtualHost>
CONF

# openssl's output for a certificate.
sub facts {
    my ($name) = @_;
    my $file   = $name =~ m{/} ? $name : "$ca/$name";
    my $print  = '-serial -fingerprint -sha256 -subject -issuer -nameopt rfc2253';
    my $said   = `openssl x509 -in '$file.pem' -noout $print`;
    my %fact   = $said =~ /^(serial|sha256 Fingerprint|subject|issuer) *=(.*)/mg;
    return (subject => $fact{subject}, issuer => $fact{issuer}, serial => lc $fact{serial},
        sha256 => lc($fact{'sha256 Fingerprint'}) =~ tr/://dr);
}

my $staff = 'CN=Staff CA,O=Example';
my $no_ca = 'no such CA is trusted here';
my @weak  = ('-cipher', 'DEFAULT@SECLEVEL=0');

# Client, the expected reason, and options: the host, the depth of the certificate at fault, and its
# subject.
my @refusals = (
    ['expired',    qr/it has expired: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/],
    ['notyet',     qr/it is not yet valid: 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ/],
    ['revoked',    qr/it was revoked/],
    ['selfsigned', qr/it is self-signed, and not trusted here itself/],
    ['forged',     qr/it is self-signed, .*/],
    ['serveronly', qr/its extended key usage allows TLS servers only.* use a private CA/],
    [$small,       qr/its key is too small/, args => \@weak],
    ['stranger',   qr/the CA .* above it: it was issued by CN=Root CA of Others,O=Elsewhere: $no_ca/, at => [1, 'foreign']],
    [$below,       qr/the CA .* above it: its key is too small/, args => \@weak, at => [1, $weak]],
    ['deep',       qr/the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 3/, host => 'a.example',
        at => [3, 'root']],
    ['alice',      qr/the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 2/, host => 'a.example',
        at => [2, 'root']],
    ['deep',       qr/the CA .* above it: there is no CRL of its issuer: \Q$staff\E/, host => 'ab.example',
        at => [1, 'deep-ca']],
    ['alice',      qr/there is no CRL of its issuer: \Q$staff\E/, host => 'ab.example'],
    ['expired',    qr/it has expired: .*/, host => 'b.example'],
);

announce('CC0106', 'AH02039', 'AH02040', 'CC0104', qr/SSL Library Error/);
announce(qr/CC0115|AH02261|AH02225|AH02262|AH02263|AH10158|AH02042/);    # mod_ssl, when it asks again
announce('CC0722');    # SSLVerifyClient in a section
announce('CC0732', 'CC0736');    # SSLVerifyDepth, mod_ssl's own CRLs
announce('AH01909');    # the server's certificate is for another name

sub is_refusal {
    my ($cert, $reason, $at, $host) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @lines = $h->wait_log(qr/CC0106/);
    my $fact  = decision($lines[0] // '') // { line => $lines[0] };
    my ($depth, $fault) = @{ $at // [0] };
    my %fault = $fault ? facts($fault) : (subject => '', serial => '-');
    like delete $fact->{reason}, qr/\A$reason\z/, 'why';
    is_deeply $fact, { facts($cert), tag => 'CC0106', level => 'warn', result => 'refused',
        user => '', groups => '', rule => '-', client => '127.0.0.1', vhost => $host,
        depth => $depth, at_subject => $fault{subject}, at_serial => $fault{serial} },
        'the client, and which certificate of its chain is at fault';
    is scalar(@lines), 1, 'in one line';
    return;
}

for my $tls ('1.2', '1.3') {
    for (@refusals) {
        my ($cert, $reason, %o) = @$_;
        my $host = $o{host} // 'localhost';
        my $name = $cert =~ s{.*/}{}r;
        $h->mark_log;
        my $response = $h->s_client(get => '/', cert => $cert, tls => $tls, host => $host,
            args => $o{args} // []);
        is $response->{status}, 0, "TLS $tls, $name, $host: there is no connection";
        is_refusal($cert, $reason, $o{at}, "$host:" . $h->port);
    }

    $h->mark_log;
    is $h->s_client(get => '/', cert => $_, tls => $tls, host => 'b.example')->{status}, 200,
        "TLS $tls, $_, optional_no_ca: there is a connection" for qw(selfsigned stranger);
    is $h->s_client(get => '/', cert => 'alice', tls => $tls)->{status}, 200,
        "TLS $tls: one that verifies";
    is $h->s_client(get => '/', tls => $tls, host => 'b.example')->{status}, 200,
        "TLS $tls: and none";
    is_deeply [$h->log_lines(qr/CC0106/)], [], 'which is no refusal';

    for my $cert ('expired', 'stranger') {
        $h->mark_log;
        my $c = $h->connection(cert => $cert, tls => $tls, port => 2, args => ['-enable_pha']);
        is $c->request('/')->{status}, 200, "TLS $tls, $cert: a connection without a certificate";
        isnt $c->request('/private/page')->{status}, 200, 'that is asked for one within';
        is_refusal($cert, @{ (grep { $_->[0] eq $cert } @refusals)[0] }[1],
            $cert eq 'stranger' ? [1, 'foreign'] : undef, 'localhost:' . $h->port(2));
    }
    $h->mark_log;
    my $c = $h->connection(cert => 'selfsigned', tls => $tls, port => 2, args => ['-enable_pha']);
    is $c->request('/any/page')->{status}, 200,
        "TLS $tls: an error that is tolerated within a connection";
    is_deeply [$h->log_lines(qr/CC0106/)], [], 'is no refusal either';

    $h->mark_log;
    is $h->s_client(get => '/', cert => 'expired', tls => $tls, port => 3)->{status}, 0,
        "TLS $tls, LogLevel clientcert:error: a refusal";
    is_deeply [$h->log_lines(qr/CC0106/)], [], 'is not told';
}

# ---- handshakes without a certificate

for my $tls ('1.2', '1.3') {
    $h->mark_log;
    is $h->s_client(get => '/', tls => $tls)->{status}, 0,
        "TLS $tls: no certificate where one is required";
    ok $h->wait_log(qr/SSL Library Error: .*peer did not return a certificate/),
        'is what mod_ssl tells';
    is_deeply [$h->log_lines(qr/CC0106/)], [], 'and the module does not';
}

$h->stop;
my $log = do { local (@ARGV, $/) = $h->path('logs/error_log'); <> };
is_deeply [not_decisions($log)], [], 'every decision has its form';

done_testing;
