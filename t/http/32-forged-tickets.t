# SPDX-License-Identifier: Apache-2.0
# Tests that tickets are authenticated with the key of SSLSessionTicketKeyFile: a client that knows all of the key
# except for its HMAC part cannot change the certificate in its ticket.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Client;
use ClientCert::Test::Session;

use Digest::SHA qw(hmac_sha256);
use MIME::Base64 qw(decode_base64 encode_base64);

my $key = join '', map { chr(33 + $_) } 0 .. 47;    # the name, the HMAC key, the AES key
my ($name, $mac_key, $aes_key) = unpack '(a16)3', $key;

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'conf/ticket.key' => $key },
    global  => session_conf('tickets') . "SSLSessionTicketKeyFile conf/ticket.key\n",
    conf    => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF

sub slurp { my ($path) = @_; open my $in, '<:raw', $path or die "$path: $!\n"; local $/; return <$in> }

sub session_der { return decode_base64(slurp($_[0]) =~ s/^-----.*\n//gmr) }

# Encrypts or decrypts with AES-128-CBC.
sub aes {
    my ($direction, $iv, $octets) = @_;
    my $in = $h->file('aes-in', $octets);
    my $out = $h->path('aes-out');
    system('openssl', 'enc', '-aes-128-cbc', $direction, '-K', unpack('H*', $aes_key), '-iv',
        unpack('H*', $iv), '-in', $in, '-out', $out) == 0 or die "openssl enc\n";
    return slurp($out);
}

# The position of the ticket in a session, and its length.
sub place {
    my ($der) = @_;
    my $at = index $der, $name;
    die "no ticket\n" if $at < 4;
    return ($at, unpack 'n', substr $der, $at - 2, 2);
}

# The session with a ticket of the same length that contains another name, authenticated with this key.
sub forged {
    my ($session, $from, $to, $mac) = @_;
    my $der = session_der($session);
    my ($at, $len) = place($der);
    my $ticket = substr $der, $at, $len;
    my $iv     = substr $ticket, 16, 16;
    my $says   = aes('-d', $iv, substr $ticket, 32, -32);
    ok $says =~ s/\Q$from\E/$to/g, "the ticket says $from";
    my $head = $name . $iv . aes('-e', $iv, $says);
    substr $der, $at, $len, $head . hmac_sha256($head, $mac);
    return $h->file("forged-$to", "-----BEGIN SSL SESSION PARAMETERS-----\n" . encode_base64($der)
            . "-----END SSL SESSION PARAMETERS-----\n");
}

for my $tls ('1.2', '1.3') {
    my $first = full($h, '/', cert => 'alice', tls => $tls);
    is $first->{headers}{user}, 'alice', "TLS $tls: alice";
    my $again = resumed($h, $first, '/', tls => $tls);
    ok $again->{reused}, 'resumes her session';
    is $again->{headers}{user}, 'alice', 'as alice';

    my $same = forged($first->{session}, 'alice', 'alice', $mac_key);
    ok resumed($h, { session => $same }, '/', tls => $tls)->{reused}, 'with the HMAC key, a ticket can be made';
    for my $mac ("\0" x 16, $aes_key, substr($mac_key, 0, 15) . '!', '!' . substr($mac_key, 1)) {
        my $forged = resumed($h, { session => forged($first->{session}, 'alice', 'admin', $mac) }, '/', tls => $tls);
        ok !$forged->{reused}, 'with another key, it is not resumed';
        is $forged->{headers}{user} // '', '', 'and makes no client an admin';
    }
}

done_testing;
