# SPDX-License-Identifier: Apache-2.0
# Measures revocation: the cost of loading, holding and searching a large CRL.
package CrlRows;

use strict;
use warnings;

use List::Util qw(max);

use Counting;
use CountedServer ();
use Programs;
use Report;
use Setups;


my $mapped = <<'CONF';
ClientCertMap issuer == "CN=Staff CA,O=Example" subject.CN =~ "(.+)" user=$1
<Location "/">
    Require clientcert-user alice
</Location>
CONF

sub entries    { return smoke() ? 1_000 : 1_000_000 }
sub handshakes { return smoke() ? 2     : 100 }         # timed handshakes

sub ca { my ($file) = @_; return ClientCert::Test->ca . "/$file" }

# In DER, and in PEM, which mod_ssl reads.
sub write_crl {
    my ($der, $pem) = @_;
    command(made('crls'), 'make', $der, ca('staff.pem'), ca('staff.key'), entries());
    command('openssl', 'crl', '-inform', 'DER', '-in', $der, '-out', $pem);
    return;
}

# Half of the serial numbers that are looked up are on the CRL: see crls.c. Each load scatters the
# entries by its own seed, which makes a difference of about one per cent: this is the worst of
# three.
sub per_check {
    my ($crl) = @_;
    my $times = smoke() ? 100 : 100_000;
    return max(map {
        count_of('cc_crls_check', qr{^\d+ of $times revoked$}, made('crls'), 'ask', $crl,
            ca('staff.pem'), entries(), $times) / $times
    } 1 .. 3);
}

sub rows_of_the_set {
    my ($crl) = @_;
    my ($held, $most, @unsorted) = split ' ',
        command(made('crls'), 'load', $crl, ca('staff.pem'), 5);
    my @seconds = sort { $a <=> $b } @unsorted;
    row_within('seconds to load it, best of 5', '', $seconds[0], 1, \&seconds);
    row('  median of 5', '', seconds($seconds[2]));
    row_within('millions of octets, held', '', $held / 1e6, 40, \&thousands);
    row('  while it is loaded', '', thousands($most / 1e6));
    row_within('instructions of a check', '', per_check($crl), 2000, \&thousands);
    return;
}

# The cost of a handshake in the serving process, in processor milliseconds, and its octets.
sub timed {
    my (%o) = @_;
    my $server = CountedServer->served(%o);
    $server->ask($server->connected) for 1 .. 4;
    my $before = $server->seconds;
    $server->ask($server->connected) for 1 .. handshakes();
    my $milliseconds = 1000 * ($server->seconds - $before) / handshakes();
    my $octets       = $server->resident_octets;
    $server->end;
    return ($milliseconds, $octets);
}

sub rows_of_the_process {
    my ($bare, $theirs, $plain, $ours) = map { [timed(%$_)] } @_;
    row('ms of a processor, full handshake without it', map { fraction($_->[0]) } $bare, $plain);
    row('  with it', map { fraction($_->[0]) } $theirs, $ours);
    row('millions of octets, the process that serves', map { thousands($_->[1] / 1e6) } $bare,
        $plain);
    row('  with it', map { thousands($_->[1] / 1e6) } $theirs, $ours);
    return;
}

# With the CRL, a handshake may cost at most one thousandth more, a difference that two runs may
# have by chance. mod_ssl needs minutes to load the CRL under callgrind, so there are few
# connections.
sub rows_of_instructions {
    my ($bare, $theirs, $plain, $ours) = @_;
    if (smoke()) {
        row('instructions, full handshake with it', map { thousands(per_connection(%$_)) } $theirs,
            $ours);
        return;
    }
    my ($stock, $without) = map { per_connection(%$_) } $bare, $plain;
    row('instructions, full handshake without it', map { thousands($_) } $stock, $without);
    row_within('  with it', plus(per_connection(%$theirs, connections => 7) - $stock),
        per_connection(%$ours) - $without, $without / 1000, \&plus);
    my $kept = per_request(%$plain);
    row('instructions, request on a connection kept open', '', thousands($kept));
    row('  with it', '', plus(per_request(%$ours) - $kept));
    return;
}

sub show {
    my ($der, $pem) = map { made("crl.$_") } qw(der pem);
    my @others = map { ca("$_.crl") } qw(root services);
    my @servers = (
        { conf => $granted },
        { conf => "SSLCARevocationFile $pem\nSSLCARevocationCheck leaf\n$granted" },
        { ours => 1, conf => $mapped },
        { ours => 1, conf => "ClientCertCRL $der @others\n$mapped" },
    );
    write_crl($der, $pem);
    heading('a CRL of ' . thousands(entries()) . ' entries', 'mod_ssl');
    rows_of_the_set($der);
    rows_of_the_process(@servers);
    rows_of_instructions(@servers);
    unlink $der, $pem;
    return;
}

1;
