# SPDX-License-Identifier: Apache-2.0
# Tests what ClientCertHeader proxy-protocol needs from mod_remoteip, and from other virtual hosts.
use strict;
use warnings;
use ClientCert::Test;

my $on     = 'RemoteIPProxyProtocol On';
my $header = 'ClientCertHeader proxy-protocol';
my $basics = <<'CONF';
ClientCertTrustedProxy 192.0.2.1
ClientCertCA @CA@/clients.pem
ClientCertMap user=client
CONF

# Virtual hosts, each with a name, a port (or an address with a port) and lines, after lines of the main server.
sub conf {
    my ($main, @hosts) = @_;
    return join "\n", $basics, $main, map {
        my ($name, $address, @lines) = @$_;
        $address = "*:$address" if $address !~ /:/;
        ("<VirtualHost $address>", "ServerName $name", @lines, '</VirtualHost>')
    } @hosts;
}

sub output_of { return ClientCert::Test->configtest(modules => ['remoteip'], conf => conf(@_)) }

sub accepted {
    my ($claim, @conf) = @_;
    my ($exit, $output) = output_of(@conf);
    is $exit, 0, $claim or diag $output;
    return;
}

sub refused {
    my ($claim, $error, @conf) = @_;
    my ($exit, $output) = output_of(@conf);
    isnt $exit, 0, $claim;
    like $output, $error, 'with its reason';
    my @errors = $output =~ /CC049\d/g;
    is scalar @errors, 1, 'which is the only one';
    return;
}

my ($p, $q) = ('@PORT@', '@PORT2@');
my $needs = qr/CC0499: \S+site\.conf:\d+: .* needs "RemoteIPProxyProtocol On" \(mod_remoteip\) in a$/m;
my $first = qr/CC0498: \S+site\.conf:\d+: .* the same line in a, the first virtual host/;

accepted('both in a host', '', [a => $p, $on, $header]);
accepted('both in the main server', "$on\n$header");
accepted('mod_remoteip in the main server', $on, [a => $p, $header]);
accepted('mod_remoteip in another host of the address', '', [a => $p, $header], [b => $p, $on, $header]);
accepted('mod_remoteip in a host of all addresses', '', [a => $p, $on], [b => "127.0.0.1:$p", $header]);
accepted('or of all ports', '', [a => '*:*', $on], [b => "127.0.0.1:$p", $header]);
accepted('a host of another address', '', [a => $p, $on, $header], [b => $q]);
accepted('the header in the first host alone', '', [a => $p, $on, $header], [b => $p]);
accepted('all that is inherited', "$on\n$header", [a => $p], [b => $p], [c => $q]);
accepted('mod_remoteip without the header', $on, [a => $p]);

refused('not without mod_remoteip', $needs, '', [a => $p, $header]);
refused('nor in the main server', qr/CC0499: .* in the main server$/m, $header);
refused('Off for the host', $needs, $on, [a => $p, 'RemoteIPProxyProtocol Off', $header]);
refused('the last directive counts', $needs, '', [a => $p, $on, 'RemoteIPProxyProtocol Off', $header]);
refused('another address does not count', $needs, '', [a => $p, $header], [b => $q, $on]);
refused('nor does one address for all others', $needs, '', [a => $p, $header], [b => "127.0.0.1:$p", $on]);
refused('nor another port', $needs, '', [a => "127.0.0.1:$p", $header], [b => $q, $on]);
refused('the header in another host than the first', $first, $on, [a => $p], [b => $p, $header]);
refused('another TLV than the first', $first, $on, [a => $p, $header], [b => $p, "$header tlv=0xE0"]);

my ($exit, $output) = ClientCert::Test->configtest(conf => conf('', [a => $p, $header]));
isnt $exit, 0, 'not if mod_remoteip is not loaded';
like $output, $needs, 'either';

done_testing;
