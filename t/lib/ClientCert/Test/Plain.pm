# SPDX-License-Identifier: Apache-2.0
# Virtual hosts without TLS that take certificates from a proxy, and the proxy's connections to them.
package ClientCert::Test::Plain;

=head1 SYNOPSIS

    use ClientCert::Test::Plain;

    my $h = ClientCert::Test->server(
        modules => ['headers'],
        files   => { 'conf/cas.pem' => pem_of('root', 'staff'), 'htdocs/page' => "page\n" },
        conf    => plain_host('ClientCertCA conf/cas.pem'));

    is passed($h, 'alice'), '200 alice', 'a certificate of the staff';
    is passed($h, undef), '200 ', 'the proxy itself';

    my $proxy = proxy_to($h);                  # one connection, which stays open
    is $proxy->pass('alice'), '200 alice', 'one client';
    is $proxy->pass('bob'),   '200 bob',   'and another one';

C<plain_host(LINES, PORT, NAME)> is a virtual host that maps subject.CN to the user, and takes the
header Client-Cert from 127.0.0.1; its name is localhost, or NAME. It shows the user and the field
revocation in headers of each response. C<passed> returns "STATUS USER" of a request for /page.
Further options: port, host, path, and what => 'revocation' for that header in place of the user.
A certificate is a name of t/ca, or a path without ".pem".

=cut

use strict;
use warnings;

use Exporter qw(import);
use IO::Socket::INET;

use ClientCert::Test::Forwarded;

our @EXPORT = qw(passed plain_host proxy_to);

my $slow = $ENV{CC_SLOW} // 1;

sub plain_host {
    my ($conf, $port, $name) = @_;
    $port //= '';
    $name //= 'localhost';
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName $name
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 127.0.0.1
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Revocation "expr=%{clientcert:revocation}"
    $conf
</VirtualHost>
CONF
}

sub _lines { my ($cert) = @_; return defined $cert ? forwarded('rfc9440', $cert) : () }

sub passed {
    my ($h, $cert, %o) = @_;
    my $path     = delete $o{path} // '/page';
    my $what     = delete $o{what} // 'user';
    my $response = $h->get($path, scheme => 'http', headers => [_lines($cert)], %o);
    return "$response->{status} " . ($response->{headers}{$what} // '');
}

sub proxy_to {
    my ($h, %o) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port($o{port} // 1),
        Timeout => 10 * $slow) or die "no connection: $@\n";
    $socket->autoflush(1);
    return bless { socket => $socket }, __PACKAGE__;
}

# "STATUS USER" of a request on this connection; '' if it is closed.
sub pass {
    my ($self, $cert, %o) = @_;
    my $socket = $self->{socket};
    my $host   = $o{host} // 'localhost';
    my $path   = $o{path} // '/page';
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { die "no response\n" };
    alarm 20 * $slow;
    print {$socket} join "\r\n", "GET $path HTTP/1.1", "Host: $host", _lines($cert), '', '';
    local $/ = "\r\n\r\n";
    my $head = <$socket> // '';
    my ($len) = $head =~ /^Content-Length: *(\d+)/mi;
    read $socket, my $body, $len if $len;
    alarm 0;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)} or return '';
    my ($user) = $head =~ /^User: *(.*?)\r$/m;
    return "$status " . ($user // '');
}

1;
