# SPDX-License-Identifier: Apache-2.0
# Tests whom a virtual host without TLS accepts: clients of its own CAs, whatever other hosts accept,
# and whether mod_ssl is loaded or not.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Plain;

my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my ($ann, $bea) = (client_of($alpha, 'ann'), client_of($beta, 'bea'));
my %files = (
    'conf/alpha.pem'     => pem_of($alpha),
    'conf/beta.pem'      => pem_of($beta),
    'conf/folder/a.pem'  => pem_of($alpha),
    'conf/staff.pem'     => pem_of('root', 'staff'),
    'htdocs/page'        => "page\n",
    'htdocs/private'     => "private\n",
);
my $private = "<Location \"/private\">\nRequire clientcert\n</Location>";

announce('CC0104', 'CC0110', 'CC0457', 'CC0732', 'AH01630');

sub users { my ($h, %o) = @_; return join ', ', map { passed($h, $_, %o) } $ann, $bea, undef }

# ---- without mod_ssl

my $h = ClientCert::Test->server(
    modules => ['-ssl', 'headers'],
    files   => \%files,
    conf    => plain_host("ClientCertCA conf/alpha.pem\n$private")
        . plain_host('ClientCertCA conf/folder', 2) . plain_host('ClientCertCA conf/staff.pem depth=2', 3)
        . plain_host('ClientCertCA conf/staff.pem depth=1', 4));
is users($h), '200 ann, 200 , 200 ', 'without mod_ssl: clients of the CA of the host, and no others';
is users($h, path => '/private'), '200 ann, 403 , 403 ', 'access likewise';
is users($h, port => 2), '200 ann, 200 , 200 ', 'a folder of CAs';
is passed($h, 'alice', port => 3), '200 alice', 'an issuing CA below its root';
is passed($h, 'alice', port => 4), '200 ', 'a chain longer than depth= allows';
is passed($h, 'expired', port => 3), '200 ', 'an expired certificate';
is_deeply [$h->log_lines(qr/CC0102/)], [], 'and no warning that there can be no certificates';
my ($line) = $h->log_lines(qr/CC0104: .*bea/);
like $line // '', qr/reason="it was issued by CN=Beta CA: no such CA is trusted here"/, 'the log has the reason';

# ---- several hosts on one port

$h = ClientCert::Test->server(
    modules => ['-ssl', 'headers'],
    files   => \%files,
    conf    => plain_host('ClientCertCA conf/alpha.pem', '', 'alpha.example')
        . plain_host('ClientCertCA conf/beta.pem', '', 'beta.example')
        . plain_host('ClientCertCA conf/alpha.pem conf/beta.pem', '', 'both.example'));
my %expected = ('alpha.example' => '200 ann, 200 , 200 ', 'beta.example' => '200 , 200 bea, 200 ',
    'both.example' => '200 ann, 200 bea, 200 ');
my $proxy = proxy_to($h);
for my $round (1, 2) {
    for my $host (sort keys %expected) {
        is users($h, host => $host), $expected{$host}, "$host, round $round: its own CAs";
        is join(', ', map { $proxy->pass($_, host => $host) } $ann, $bea, undef), $expected{$host},
            'also on a connection to all of them';
    }
}

# ---- inheritance, and mod_ssl's directives

my $taken = "ClientCertHeader rfc9440\nClientCertTrustedProxy 127.0.0.1\n";
my $shown = "ClientCertMap subject.CN =~ \"(.+)\" user=\$1\nHeader always set User \"expr=%{REMOTE_USER}\"\n";

sub host {
    my ($port, $lines) = @_;
    return "<VirtualHost *:\@PORT$port\@>\nServerName localhost\n$lines\n</VirtualHost>\n";
}

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => \%files,
    conf    => "${taken}ClientCertCA conf/alpha.pem\n$shown" . host(2, '')
        . host(3, 'ClientCertCA conf/beta.pem') . host(4, "\@SSL\@\nSSLVerifyClient none")
        . "# The main server is at \@PORT\@.\n");
is users($h), '200 ann, 200 , 200 ', 'the main server';
is users($h, port => 2), '200 ann, 200 , 200 ', 'a host that inherits everything';
is users($h, port => 3), '200 , 200 bea, 200 ', 'a host with CAs of its own';

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => \%files,
    conf    => "SSLCACertificateFile conf/alpha.pem\n" . host('', "$taken$shown")
        . host(2, "$taken${shown}SSLCACertificateFile conf/beta.pem")
        . host(3, "$taken${shown}SSLCACertificateFile conf/staff.pem\nSSLVerifyDepth 2")
        . host(4, "$taken${shown}SSLCACertificateFile conf/staff.pem")
        . host(5, "$taken${shown}ClientCertCA conf/beta.pem"));
is users($h), '200 ann, 200 , 200 ', 'SSLCACertificateFile of the main server';
is users($h, port => 2), '200 , 200 bea, 200 ', 'SSLCACertificateFile of the host';
is passed($h, 'alice', port => 3), '200 alice', 'as many CAs as SSLVerifyDepth allows';
is passed($h, 'alice', port => 4), '200 ', 'and no more';
is users($h, port => 5), '200 , 200 bea, 200 ', 'ClientCertCA replaces SSLCACertificateFile';

# ---- a certificate of the connection does not count in a host without TLS

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => \%files,
    conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName a.example
    \@SSL:ab.example\@
    SSLVerifyClient optional
    $shown
</VirtualHost>
<VirtualHost *:\@PORT\@>
    ServerName b.example
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 192.0.2.1
    ClientCertCA conf/staff.pem depth=2
    $shown
</VirtualHost>
CONF
announce('AH01909', 'AH02032', 'AH02033', 'AH10158');
my $c = $h->connection(cert => 'alice', host => 'a.example');
is $c->request('/page', host => 'a.example')->{headers}{user}, 'alice', 'in the host of the handshake, it does';
my $other = $c->request('/page', host => 'b.example');
is $other->{headers}{user} // '', '', 'not in one that only takes certificates from proxies';

done_testing;
