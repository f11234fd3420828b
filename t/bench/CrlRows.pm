# SPDX-License-Identifier: Apache-2.0
# Knows the rows about revocation: what a large CRL costs, to load, to hold and to ask.
package CrlRows;

use strict;
use warnings;

use Counting;
use CountedServer ();
use Programs;
use Report;

my $entries    = 1_000_000;
my $handshakes = 20;    # are timed

my $granted = <<'CONF';
<Location "/">
    Require all granted
</Location>
CONF

my $mapped = <<'CONF';
ClientCertMap issuer == "CN=Staff CA,O=Example" subject.CN =~ "(.+)" user=$1
<Location "/">
    Require clientcert-user alice
</Location>
CONF

sub ca { my ($file) = @_; return ClientCert::Test->ca . "/$file" }

# In DER, and in PEM, which is what mod_ssl reads.
sub write_crl {
    my ($der, $pem) = @_;
    command(made('crls'), 'make', $der, ca('staff.pem'), ca('staff.key'), $entries);
    command('openssl', 'crl', '-inform', 'DER', '-in', $der, '-out', $pem);
    return;
}

# Each second certificate that is asked for is on the CRL: see crls.c.
sub per_check {
    my ($crl) = @_;
    return slope(sub {
        my ($times) = @_;
        return count_of(qr{^\d+ of $times revoked$}, made('crls'), 'ask', $crl, ca('staff.pem'),
            $entries, $times);
    }, 10_000, 110_000, 210_000);
}

sub rows_of_the_set {
    my ($crl) = @_;
    my ($held, $most, @unsorted) = split ' ',
        command(made('crls'), 'load', $crl, ca('staff.pem'), 5);
    my @seconds = sort { $a <=> $b } @unsorted;
    row_of_seconds('seconds to load it, best of 5', '', $seconds[0], 1);
    row_of_seconds('  median of 5',                 '', $seconds[2], 1);
    row_within('millions of octets, held', '', $held / 1e6, 40, \&thousands);
    row('  while it is loaded', '', thousands($most / 1e6));
    row_within('instructions of a check', '', per_check($crl), 2000, \&thousands);
    return;
}

# What a handshake costs the process that serves, in milliseconds of a processor, and its octets.
sub timed {
    my (%o) = @_;
    my $server = CountedServer->served(%o);
    $server->ask($server->connected) for 1 .. 4;
    my $before = $server->seconds;
    $server->ask($server->connected) for 1 .. $handshakes;
    my $milliseconds = 1000 * ($server->seconds - $before) / $handshakes;
    my $octets       = $server->resident_octets;
    $server->end;
    return ($milliseconds, $octets);
}

sub rows_beside_mod_ssl {
    my ($ours, $theirs) = @_;
    my ($stock_ms,  $stock_octets)  = timed(conf => $granted);
    my ($theirs_ms, $theirs_octets) = timed(conf => $theirs . $granted);
    my ($plain_ms,  $plain_octets)  = timed(ours => 1, conf => $mapped);
    my ($ours_ms,   $ours_octets)   = timed(%$ours);
    row('ms of a processor, full handshake without it', fraction($stock_ms), fraction($plain_ms));
    row('  with it', fraction($theirs_ms), fraction($ours_ms));
    row('millions of octets, the process that serves', thousands($stock_octets / 1e6),
        thousands($plain_octets / 1e6));
    row('  with it', thousands($theirs_octets / 1e6), thousands($ours_octets / 1e6));
    return;
}

sub rows_of_the_server {
    my ($ours) = @_;
    my $plain = per_connection(ours => 1, conf => $mapped);
    my $noise = apart;
    my $with  = per_connection(%$ours);
    print "noise $noise ", apart, "\n";
    row('full handshake, instructions', '', thousands($plain));
    row_within('  with it', '', $with - $plain, $noise, \&plus);
    my $kept = per_request(ours => 1, conf => $mapped);
    print "noise ", apart, "\n";
    row('request on a connection kept open, instructions', '', thousands($kept));
    row('  with it', '', plus(per_request(%$ours) - $kept));
    print "noise ", apart, "\n";
    return;
}

sub show {
    my ($der, $pem) = map { made("crl.$_") } qw(der pem);
    my $root = ca('root.crl');
    my %ours = (
        ours    => 1,
        conf    => "ClientCertCRL $der $root\n$mapped",
    );
    write_crl($der, $pem);
    heading('a CRL of ' . thousands($entries) . ' entries', 'mod_ssl');
    rows_of_the_set($der);
    rows_beside_mod_ssl(\%ours, "SSLCARevocationFile $pem\nSSLCARevocationCheck leaf\n");
    rows_of_the_server(\%ours);
    unlink $der, $pem;
    return;
}

1;
