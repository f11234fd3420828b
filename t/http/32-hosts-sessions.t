# SPDX-License-Identifier: Apache-2.0
# Tests that a session resumed on another virtual host counts only if both hosts trust the same CAs.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

# mod_ssl resumes the session of one host on every other host of the same ServerName and port, so
# the CAs that each host trusts decide here. The other ports share the ticket keys of the first.
sub host {
    my ($name, $port, $settings) = @_;
    return <<"CONF";
<VirtualHost *:$port>
    ServerName ab.example:443
    ServerAlias $name
    \@SSL:ab.example\@
    $settings
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF
}

my %settings = (
    'staff.example'     => 'SSLCACertificateFile @CA@/staff-chain.pem',
    'same.example'      => 'SSLCACertificateFile @CA@/staff-chain.pem',
    'services.example'  => 'SSLCACertificateFile @CA@/services-chain.pem',
    'foreign.example'   => 'SSLCACertificateFile @CA@/foreign-chain.pem',
    'wider.example'     => '',
    'revoking.example'  => "SSLCACertificateFile \@CA\@/staff-chain.pem\n"
        . "SSLCARevocationFile \@CA\@/staff.crl\nSSLCARevocationCheck leaf",
    'hinting.example'   => "SSLCACertificateFile \@CA\@/staff-chain.pem\n"
        . 'SSLCADNRequestFile @CA@/services-chain.pem',
);
my @others = grep { !/^(?:staff|same)\./ } sort keys %settings;

sub from_host_to_host {
    my ($h, $tls, $where) = @_;
    my $first = full($h, '/', host => 'staff.example', cert => 'alice', tls => $tls);
    is_served_to($first, 'alice', "$where: a session with an identity");

    for my $port (1, 2) {
        my $same =
            resumed($h, $first, '/', host => 'same.example', port => $port, tls => $tls);
        is_served_to($same, 'alice', "$where: holds on a host that trusts the same (port $port)");
        ok $same->{reused}, 'since it was resumed there';
        for my $host (@others) {
            my $other = resumed($h, $first, '/', host => $host, port => $port, tls => $tls);
            is_served_to($other, '', "$where: gives no identity on $host (port $port)");
            ok !$other->{reused}, 'and is not resumed there';
        }
    }

    my $anew = resumed($h, $first, '/', host => 'services.example', cert => 'service',
        tls => $tls);
    is_served_to($anew, 'cart', "$where: what the client has for that host is asked for");
    return;
}

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => ['headers'],
        files   => { 'conf/ticket.key' => join '', map { chr(33 + $_) } 0 .. 47 },
        global  => session_conf($store) . "SSLStrictSNIVHostCheck off\n",
        conf    => join '', map {
            my $port = $_;
            map { host($_, $port, $settings{$_} . "\nSSLSessionTicketKeyFile conf/ticket.key") }
                sort keys %settings
        } '@PORT@', '@PORT2@');
    from_host_to_host($h, $_, "TLS $_, $store") for '1.2', '1.3';
}

done_testing;
