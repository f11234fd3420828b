# SPDX-License-Identifier: Apache-2.0
# Sends requests for several hosts over one connection.
package ClientCert::Test::Coalesced;

=head1 SYNOPSIS

    use ClientCert::Test::Coalesced;

    my $h = ClientCert::Test->server(global => "Protocols h2 http/1.1\n" . any_host_conf(), ...);
    is_deeply coalesced($h, '127.0.0.1', 'alice', qw(a.example b.example)),
        ['200 alice 1 2', '200  0 2'], 'each host judges for itself';

The requests go over one HTTP/2 connection to an address, so without SNI, or to a host. The result
has a text for each host: the status, the header User, the number of new connections, and the
version of HTTP.

mod_ssl answers 421 to a request for a host with other TLS settings than those of the host of the
handshake. any_host_conf is a configuration for the whole server that allows it.

=cut

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(any_host_conf coalesced);

# Older versions of mod_ssl allow it if the client named no host at all.
sub any_host_conf {
    return <<'CONF';
SSLStrictSNIVHostCheck off
<IfDirective SSLVHostSNIPolicy>
    SSLVHostSNIPolicy insecure
</IfDirective>
CONF
}

sub coalesced {
    my ($h, $to, $cert, @hosts) = @_;
    my $at       = $cert =~ m{/} ? $cert : $h->ca . "/$cert";
    my $port     = $h->port;
    my @requests = map { (
        '--http2', '--insecure', '--cert', "$at.pem", '--key', "$at.key",
        '--resolve', "$to:$port:127.0.0.1", '-H', "Host: $_", '-o', '/dev/null',
        '-w', '%{http_code} %header{user} %{num_connects} %{http_version}\n',
        "https://$to:$port/", '--next') } @hosts;
    pop @requests;
    open my $out, '-|', 'curl', '-q', '-sS', '--noproxy', '*', @requests or die "curl: $!\n";
    chomp(my @lines = <$out>);
    tr/\r//d for @lines;    # what curl prints for an empty header
    return \@lines;
}

1;
