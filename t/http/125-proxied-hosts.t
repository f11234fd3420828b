# SPDX-License-Identifier: Apache-2.0
# Tests that each virtual host judges what a proxy passes on by itself: the same header, from the same
# proxy and on the same connection, for hosts with other CAs, other proxies and none.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Forwarded;

use IO::Socket::INET;

my @names = qw(staff services both none untrusting);

sub host {
    my ($name, @lines) = @_;
    return join "\n", '<VirtualHost *:@PORT@>', "    ServerName $name.example",
        (map { "    $_" } @lines), '    ClientCertMap subject.CN =~ "(.+)" user=$1',
        "    Header always set User \"$name %{CLIENTCERT_USER}e\"", "</VirtualHost>\n";
}

my $h = ClientCert::Test->server(
    modules => [qw(headers)],
    files   => {
        'htdocs/index.html' => "here\n",
        map { ("conf/$_->[0].pem" => join '', map { read_file(ClientCert::Test->ca . "/$_.pem") }
            @{ $_->[1] }) } ['staff', ['root', 'staff']], ['services', ['root', 'services']],
    },
    conf => join("\n", 'ClientCertHeader rfc9440', 'ClientCertTrustedProxy 127.0.0.1', '')
        . host('staff', 'ClientCertCA conf/staff.pem depth=2')
        . host('services', 'ClientCertCA conf/services.pem depth=2')
        . host('both', 'SSLCACertificateFile @CA@/clients.pem', 'SSLVerifyDepth 4')
        . host('none')
        . host('untrusting', 'ClientCertTrustedProxy 192.0.2.1', 'ClientCertCA conf/staff.pem depth=2'));

announce('CC0104', 'CC0146');

my %expected = (
    alice   => { staff => 'alice', both => 'alice' },
    service => { services => 'cart', both => 'cart' },
);

# All hosts in turn on one connection, in all orders that begin with another host.
for my $round (1, 2) {
    for my $first (0 .. $#names) {
        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port, Timeout => 60)
            // die "connect: $!\n";
        my @order = (@names[$first .. $#names], @names[0 .. $first - 1]);
        for my $cert ('alice', 'service', 'alice') {
            my (@said, @wanted);
            for my $name (@order) {
                my $value = forwarded_value('rfc9440', $cert);
                my $target = $round == 1 ? '/' : "http://$name.example/";    # which overrides Host
                my $named  = $round == 1 ? $name : 'staff';
                print {$socket} "HEAD $target HTTP/1.1\r\nHost: $named.example\r\nClient-Cert: $value\r\n\r\n";
                my $head = '';
                while (defined(my $line = <$socket>)) { $head .= $line; last if $line eq "\r\n" }
                push @said, $head =~ /^User: (.*?)\r/m ? $1 : $head;
                push @wanted, "$name " . ($expected{$cert}{$name} // '(null)');
            }
            is join(', ', @said), join(', ', @wanted), "$cert, first on the host $order[0], round $round";
        }
        close $socket;
    }
    ok $h->reload, 'a graceful restart' if $round == 1;
}
done_testing;
