# SPDX-License-Identifier: Apache-2.0
# Tests that the path whose CAs rules see is that of the host of each request: on one connection,
# after CAs have changed, when a certificate is requested later, and behind a proxy.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Coalesced;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

my $ca   = ClientCert::Test->ca;
my $self = '/O=Example/CN=Staff CA';

# The Staff CA below the Root CA, and the same name and key as a root.
my $own = authority('own', $self);
system("openssl req -x509 -utf8 -key $ca/staff.key -subj '$self' -days 10 -out $own.pem") == 0
    or die "openssl req: $?\n";

my $rules = <<'CONF';
    ClientCertMap chain.subject.CN|last == "Root CA" root.subject == "CN=Root CA,O=Example" user=%{root.subject.CN}
    ClientCertMap chain.subject != "CN=Root CA,O=Example" user=%{root.subject.CN}
    ClientCertMap group=%{chain.subject.CN}
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Chain "expr=%{reqenv:CLIENTCERT_GROUPS}"
CONF

sub host {
    my ($name, @lines) = @_;
    my $port = $name =~ /^(\d)/ ? $1 : '';
    return join "\n", "<VirtualHost *:\@PORT$port\@>", "ServerName " . ($port ? 'localhost' : $name), @lines,
        "$rules</VirtualHost>\n";
}

my @tls = ('@SSL:ab.example@', 'SSLVerifyClient optional', 'SSLVerifyDepth 3');
my @to  = ('ClientCertHeader rfc9440', 'ClientCertTrustedProxy 127.0.0.0/8');
my @own = "SSLCACertificateFile $own.pem";
my %files = ('conf/cas.pem' => pem_of('staff', 'root'));
my $conf = host('a.example', @tls, 'SSLCACertificateFile @CA@/staff-chain.pem')
    . host('b.example', @tls, @own)
    . host('2', '@SSL@', @to)
    . host('3', @to, 'SSLCACertificateFile @CA@/clients.pem', 'SSLVerifyDepth 3')
    . host('4', '@SSL@', 'SSLVerifyDepth 3', '<Location /private>', 'SSLVerifyClient require', '</Location>')
    . host('5', '@TLS@', 'SSLVerifyClient optional', 'ClientCertCA conf/cas.pem reload=0.1 depth=3');

announce('CC0104', 'CC0110', 'CC0195', 'CC0722', 'AH01909');
my %server = (modules => ['headers', 'http2'], files => { %files, 'htdocs/private' => "private\n" });
my $h = ClientCert::Test->server(%server, conf => $conf,
    global => "Protocols h2 http/1.1\n" . session_conf('tickets') . any_host_conf());

sub path_of {
    my ($response) = @_;
    return join ': ', map { $response->{headers}{$_} // '' } qw(user chain);
}

# ---- hosts of one connection

my %path = ('a.example' => 'Root CA: Staff CA,Root CA', 'b.example' => 'Staff CA: Staff CA');
for my $tls ('1.2', '1.3') {
    for my $first (sort keys %path) {
        my $c = $h->connection(host => $first, sni => '', cert => 'alice', tls => $tls);
        is path_of($c->request('/', host => $_)), $path{$_}, "TLS $tls: a request to $_"
            for ($first, 'b.example', 'a.example', 'b.example', $first);
    }
    for my $host (sort keys %path) {
        my %o = (host => $host, tls => $tls);
        my $full = full($h, '/', %o, cert => 'alice');
        is path_of($full), $path{$host}, "TLS $tls: a handshake with $host";
        my $again = resumed($h, $full, '/', %o);
        is path_of($again), $path{$host}, "TLS $tls: a session resumed on $host";
        ok $again->{reused}, 'which was resumed indeed';
    }
}
is_deeply coalesced($h, '127.0.0.1', 'alice', qw(a.example b.example a.example b.example)),
    ['200 Root CA 1 2', '200 Staff CA 0 2', '200 Root CA 0 2', '200 Staff CA 0 2'],
    'HTTP/2: each host has its own path';

# ---- certificates that are requested later

for my $tls ('1.2', '1.3') {
    my $c = $h->connection(port => 4, cert => 'deep', tls => $tls, args => ['-enable_pha']);
    is path_of($c->request('/')), ': ', "TLS $tls: no certificate yet";
    is path_of($c->request('/private')), 'Root CA: Department CA,Staff CA,Root CA',
        'the path of the certificate that is requested later';
    is path_of($c->request('/')), 'Root CA: Department CA,Staff CA,Root CA', 'and after that';
}

# ---- certificates that a proxy passes on

for my $port (2, 3) {
    my @to = ('/', port => $port, $port == 3 ? (scheme => 'http') : ());
    is path_of($h->get(@to, headers => [forwarded('rfc9440', 'alice')])), 'Root CA: Staff CA,Root CA',
        "port $port: the path of a certificate that a proxy passes on";
    is path_of($h->get(@to, headers => [forwarded('rfc9440', 'deep')])), ': ', 'without its chain, none';
    is path_of($h->get(@to, headers => [forwarded('rfc9440', 'deep', chain => ['deep-ca'],
        chain_header => 'Client-Cert-Chain')])),
        'Root CA: Department CA,Staff CA,Root CA', 'with its chain, the whole path';
}

# ---- CAs that change

for my $tls ('1.2', '1.3') {
    my %o = (port => 5, tls => $tls);
    my $c = $h->connection(%o, cert => 'alice');
    my $full = full($h, '/', %o, cert => 'alice');
    is path_of($_), $path{'a.example'}, "TLS $tls: the CAs of a file"
        for $c->request('/'), $full, resumed($h, $full, '/', %o);
    ca_changes($h, 'conf/cas.pem', [$own], '.*CN=Staff CA.*', 'another root with the name and key of the CA');
    is path_of($c->request('/')), $path{'b.example'}, 'the path on the open connection is another one';
    my $again = resumed($h, $full, '/', %o, cert => 'alice');
    is path_of($again), $path{'b.example'}, 'and on a new one';
    ok !$again->{reused}, 'on which the session is not resumed';
    ca_changes($h, 'conf/cas.pem', ['staff', 'root'], '.*CN=Staff CA.*', 'all is as it was');
    is path_of($c->request('/')), $path{'a.example'}, 'and so is the path';
}

done_testing;
