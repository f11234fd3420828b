# SPDX-License-Identifier: Apache-2.0
# Tests that virtual hosts on one address have CAs of their own: in handshakes with SNI, and for
# requests to several hosts on one connection; and that hosts without ClientCertCA are not affected.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Coalesced;
use ClientCert::Test::Identity;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;

# Two CAs of one name, and clients of both.
my ($one, $two) = map { authority("twin$_", '/CN=Twin CA') } 1, 2;
my ($gamma, $delta) = map { authority(lc, "/CN=$_ CA") } 'Gamma', 'Delta';
my ($ann, $bea, $guy) = (client_of($one, 'ann'), client_of($two, 'bea'), client_of($gamma, 'guy'));
my @names = ('Twin CA', 'Gamma CA', 'Delta CA');

sub host {
    my ($name, $settings, $rules) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name
    \@TLS:ab.example\@
    SSLVerifyClient optional
    $settings
    @{[ $rules // 'ClientCertMap subject.CN =~ "(.+)" user=$1' ]}
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
</VirtualHost>
CONF
}

my $a     = 'ClientCertCA conf/a.pem reload=0.1';
my $file  = 'SSLCACertificateFile conf/file.pem';
my $later = "<Location /later>\nSSLVerifyClient require\n</Location>";
my $conf  = join '', host('a.example', $a), host('b.example', 'ClientCertCA conf/b.pem reload=0.1'),
    host('same.example', $a), host('both.example', "$a\n$file"), host('file.example', $file),
    host('unused.example', "$file\n$later", ''),
    host('none.example', "$a\n$file\nSSLVerifyClient none\n$later");

announce('CC0104', 'CC0106', 'CC0110', 'CC0457', 'CC0722', 'AH01909', 'AH02039', qr/SSL Library Error/);
my $h = ClientCert::Test->server(
    modules => ['headers', 'http2'],
    files   => {
        'conf/a.pem' => pem_of($one), 'conf/b.pem' => pem_of($two, $gamma),
        'conf/file.pem' => pem_of($gamma), 'htdocs/later' => "later\n",
    },
    global => "Protocols h2 http/1.1\n" . any_host_conf() . session_conf('tickets'),
    conf   => $conf);

# ---- handshakes

sub is_named {
    my ($host, $expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    for my $tls ('1.2', '1.3') {
        my $c = $h->connection(host => $host, tls => $tls, args => ['-msg']);
        is $c->request('/')->{status}, 200, "TLS $tls, $host: a client without a certificate";
        is_deeply [names_asked($c->trace, @names)], [$expected], 'is asked for one of these CAs';
    }
    return;
}

is_named(@$_) for ['a.example', 'Twin CA'], ['b.example', 'Twin CA Gamma CA'],
    ['both.example', 'Twin CA'], ['file.example', 'Gamma CA'];
for my $tls ('1.2', '1.3') {
    my %o = (tls => $tls);
    is_served_to($h->get('/', %o, curl => ['-k'], cert => $_->[0], host => "$_->[1].example"), $_->[2],
        "TLS $tls: $_->[1] accepts $_->[2]")
        for [$ann, 'a', 'ann'], [$bea, 'b', 'bea'], [$guy, 'b', 'guy'], [$ann, 'same', 'ann'],
        [$ann, 'both', 'ann'], [$guy, 'file', 'guy'], [$guy, 'unused', ''];
    my $twin = 'it was issued by CN=Twin CA.*';
    is_refused_in_handshake($h, $_->[0], $_->[2], "TLS $tls: $_->[1] does not accept another", %o,
        host => "$_->[1].example")
        for [$bea, 'a', $twin], [$ann, 'b', $twin], [$guy, 'a', '.*no such CA.*'],
        [$guy, 'both', '.*no such CA.*'], [$ann, 'file', '.*no such CA.*'];
}

# ---- several hosts on one connection

# The answers on one connection. httpd ends it after 421.
sub answers {
    my ($cert, $tls, $sni, @hosts) = @_;
    my $c = $h->connection(cert => $cert, tls => $tls, host => $sni);
    return join ', ', map { "$_->{status} $_->{headers}{user}" }
        map { $c->request('/', host => "$_.example") } @hosts;
}

for my $tls ('1.2', '1.3') {
    is answers($ann, $tls, 'a.example', qw(a same both a), $_), '200 ann, 200 ann, 200 ann, 200 ann, 421 ',
        "TLS $tls: $_, whose CAs do not verify the certificate, answers 421" for qw(b file unused);
    is answers($guy, $tls, 'b.example', qw(b file b), $_), '200 guy, 200 guy, 200 guy, 421 ',
        "TLS $tls: so does $_" for qw(a both);
    is answers($guy, $tls, 'file.example', qw(file b unused file), $_),
        '200 guy, 200 guy, 200 , 200 guy, 421 ', "TLS $tls: and $_" for qw(a both);
    is answers(undef, $tls, 'a.example', qw(a b file), 'unused'), '200 , 200 , 200 , 421 ',
        "TLS $tls: one that does not use the module, before it can request a certificate";
}
is_deeply coalesced($h, 'a.example', $ann, qw(a.example same.example b.example unused.example a.example)),
    ['200 ann 1 2', '200 ann 0 2', '421  0 2', '421  0 2', '200 ann 0 2'], 'HTTP/2: the same';

# The certificate is requested for the second host, and verified with the CAs of the first.
for my $tls ('1.2', '1.3') {
    my $c = $h->connection(cert => $ann, tls => $tls, host => 'none.example', args => ['-enable_pha']);
    is $c->request('/')->{status}, 200, "TLS $tls: a connection without a certificate";
    my $response = $c->request('/later', host => 'unused.example');
    isnt $response->{status}, 200, 'on which another host requests one: its CA does not count there';
    unlike $response->{body}, qr/later/, 'and there is no page';
}

# ---- sessions

for my $tls ('1.2', '1.3') {
    for (['a', $ann, 'ann'], ['file', $guy, 'guy'], ['unused', $guy, '']) {
        my ($name, $cert, $user) = @$_;
        my %o     = (host => "$name.example", tls => $tls);
        my $first = full($h, '/', %o, cert => $cert);
        my $again = resumed($h, $first, '/', %o);
        is "$again->{reused} $again->{headers}{user} $again->{headers}{verify}", "1 $user SUCCESS",
            "TLS $tls, $name: a session is resumed";
        my $b = resumed($h, $first, '/', %o, host => 'b.example');
        is "$b->{reused} $b->{headers}{user}", '0 ', 'but not by another host';
    }
}

# ---- a change of one of them

ca_changes($h, 'conf/b.pem', [$two, $delta], qr/added CN=Delta CA .*; removed CN=Gamma CA /, 'b changes');
is_named(@$_) for ['a.example', 'Twin CA'], ['b.example', 'Twin CA Delta CA'],
    ['file.example', 'Gamma CA'];
is_served_to($h->get('/', curl => ['-k'], cert => $ann, host => 'a.example'), 'ann', 'a does not');
is answers($guy, '1.3', 'file.example', qw(file b)), '200 guy, 421 ', 'b no longer accepts its client';

done_testing;
