# SPDX-License-Identifier: Apache-2.0
# Tests which key session tickets have with SSLSessionTicketKeyFile, and which servers resume a session.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

# The name, the HMAC key and the AES key.
my %key = (first => 'n' x 16 . 'h' x 16 . 'a' x 16, second => 'N' x 16 . 'H' x 16 . 'A' x 16);

# A host that uses the module, with a file or without.
sub host {
    my ($name, $key, $port) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT@{[$port // '']}\@>
    ServerName $name.example
    \@SSL:$name.example\@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    @{[$key ? "SSLSessionTicketKeyFile conf/$key.key" : '']}
</VirtualHost>
CONF
}

# A host that is left alone, except for its tickets.
my $alone = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    SSLSessionTicketKeyFile conf/first.key
</VirtualHost>
CONF

sub server {
    my (%keys) = @_;
    return ClientCert::Test->server(
        modules => ['headers'],
        files   => { map { ("conf/$_.key" => $keys{$_}) } keys %keys },
        global  => session_conf('tickets'),
        conf    => host('a', 'first') . host('b', 'second') . host('ab') . $alone
            . host('a', '', 2) . host('b', 'second', 2) . host('ab', '', 2));
}

# The name of the key of a session's ticket.
sub key_name {
    my ($response) = @_;
    my ($hex) = openssl('sess_id', '-noout', '-text', '-in', $response->{session}) =~
        /TLS session ticket:\n\s+0000 - ([0-9a-f -]+?)   /;
    return pack 'H*', $hex =~ tr/0-9a-f//cdr;
}

sub session {
    my ($h, $host, $tls, %o) = @_;
    return full($h, '/', cert => 'alice', host => "$host.example", tls => $tls, %o);
}

# What another connection to a server gets with a session.
sub is_resumed {
    my ($h, $session, $host, $tls, $expected, $claim, %o) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $again = resumed($h, $session, '/', cert => 'alice', host => "$host.example", tls => $tls, %o);
    is_served_to($again, 'alice', $claim);
    isnt $again->{session}, $session->{session}, 'with a new ticket for the next connection' if $tls eq '1.3';
    return is $again->{reused}, $expected, $expected ? 'in the same session' : 'after a full handshake';
}

# ---- the key of each host

my $h = server(%key);
for my $tls ('1.2', '1.3') {
    my %first = map { $_ => session($h, $_, $tls) } qw(a b ab);
    is key_name($first{a}), 'n' x 16, "TLS $tls: the key of the first host";
    is key_name($first{b}), 'N' x 16, 'of another one, chosen by SNI';
    unlike key_name($first{ab}), qr/\A(?:n+|N+|\0+)\z/, 'and a random key of a host without a file';
    is_resumed($h, $first{$_}, $_, $tls, 1, "host $_: alice") for sort keys %first;
    is_resumed($h, $first{a}, 'b', $tls, 0, 'a session of another host: alice');

    my $later = session($h, 'b', $tls, port => 2);
    is key_name($later), 'N' x 16, 'a host with a file, behind one without: it has its key, too';
    is_resumed($h, $later, 'b', $tls, 1, 'and sessions are resumed: alice', port => 2);
    is_resumed($h, $later, 'b', $tls, 1, 'on the other port, too: alice');
    my $random = session($h, 'ab', $tls, port => 2);
    is_resumed($h, $random, 'ab', $tls, 1, 'a host without a file: alice', port => 2);
    is_resumed($h, $random, 'ab', $tls, 0, 'not on the other port, which has another random key: alice');
}

# ---- other servers

my %other = (
    'the same file'    => [$key{first}, 1],
    'another name'     => ['x' . substr($key{first}, 1), 0],
    'another HMAC key' => [substr($key{first}, 0, 31) . 'x' . substr($key{first}, 32), 0],
    'another AES key'  => [substr($key{first}, 0, 47) . 'x', 0]);
for my $what (sort keys %other) {
    my ($first, $resumes) = @{ $other{$what} };
    my $other = server(%key, first => $first);
    for my $tls ('1.2', '1.3') {
        is_resumed($other, session($h, 'a', $tls), 'a', $tls, $resumes, "TLS $tls, a server with $what: alice");
        my $left = full($h, '/', cert => 'alice', tls => $tls);
        is resumed($other, $left, '/', tls => $tls)->{reused}, $resumes, 'and so in a host that does not use the module';
    }
    $other->stop;
}

# ---- another key, and other octets after the key

for my $tls ('1.2', '1.3') {
    my $before = session($h, 'a', $tls);
    ok $h->reload(files => { 'conf/first.key' => "$key{first}and more" }), "TLS $tls: a graceful restart with the same key";
    is_resumed($h, $before, 'a', $tls, 1, 'the session stays: alice');
    ok $h->reload(files => { 'conf/first.key' => $key{second} }), 'with another key';
    is_resumed($h, $before, 'a', $tls, 0, 'it does not: alice');
    ok $h->reload(files => { 'conf/first.key' => $key{first} }), 'with the first key again';
}

done_testing;
