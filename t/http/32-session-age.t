# SPDX-License-Identifier: Apache-2.0
# Tests that SSLSessionCacheTimeout limits the age of a session with a client certificate, even where each resumption
# gives the client a new ticket.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Session;
use ClientCert::Test::Waiting;

# Long enough for two connections.
my $seconds = 8 * ($ENV{CC_SLOW} // 1);

# A host that uses the module, or is left alone: with a file of a key, or without.
sub host {
    my ($name, $uses, $has_file, $port) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName $name.example
    SSLSessionCacheTimeout $seconds
    \@SSL:$name.example\@
    SSLVerifyClient optional
    @{[$uses ? 'ClientCertMap subject.CN =~ "(.+)" user=$1' : '']}
    @{[$has_file ? 'SSLSessionTicketKeyFile conf/key' : '']}
</VirtualHost>
CONF
}

# Tickets have the timeout of the first host of their address.
my $first = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLSessionCacheTimeout 3600
</VirtualHost>
CONF
my %names = (a => 'a host with a key', b => 'a host without', ab => 'a host with a key that is left alone');

for my $store (session_stores()) {
    # In a cache, sessions have no key, and with mod_ssl alone the time of one of TLS 1.3 starts again.
    my @left = $store eq 'tickets' ? ('ab') : ();
    my $h = ClientCert::Test->server(
        files  => { 'conf/key' => 'n' x 16 . 'h' x 16 . 'a' x 16 },
        global => session_conf($store),
        conf   => $first . host('a', 1, 1, '') . host('b', 1, 0, '') . host('ab', 0, 1, 2));
    my %session;
    for my $tls ('1.2', '1.3') {
        for my $host ('a', 'b', @left) {
            my %o = (tls => $tls, host => "$host.example", $host eq 'ab' ? (port => 2) : ());
            my $again = resumed($h, full($h, '/', cert => 'alice', %o), '/', %o);
            my $claim = "$store, TLS $tls, $names{$host}";
            ok $again->{reused}, "$claim: a session is resumed";
            $session{$claim} = { last => $again, %o };
        }
    }
    # Until no session is resumed.
    my $ended = sub {
        for my $session (grep { $_->{last}{reused} } values %session) {
            my %o = %$session;
            $session->{last} = resumed($h, delete $o{last}, '/', %o);
        }
        return !grep { $_->{last}{reused} } values %session;
    };
    wait_until($ended, 3 * $seconds);
    ok !$session{$_}{last}{reused}, "$_: it ends, however often it is resumed" for sort keys %session;
    $h->stop;
}

done_testing;
