# SPDX-License-Identifier: Apache-2.0
# Tests ldap: tables with an attribute that a directory returns in parts, as Active Directory does
# with more than 1500 values.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Table;
use IO::Socket::INET;
use POSIX ();

my $module = glob '/usr/lib/apache2/modules/mod_ldap.so /usr/lib*/httpd/modules/mod_ldap.so';
if (!$module) {
    die "not installed: mod_ldap\n" if $ENV{CI};
    plan skip_all => 'not installed: mod_ldap';
}

# ---- a directory that answers each search with one entry, by the key in the filter

my %entry = (
    alice => { uid => ['alice'], 'memberOf;range=0-1499' => ['staff'] },
    bob   => { uid => ['bob'], memberOf => ['staff', 'night'] },
    admin => { uid => ['admin'], 'memberOfOther;range=0-1499' => ['staff'] },
);

sub tlv {
    my ($tag, @content) = @_;
    my $octets = join '', @content;
    my $length = length $octets;
    return pack('C', $tag) . ($length < 128 ? pack 'C', $length : pack 'Cn', 0x82, $length) . $octets;
}

sub attribute {
    my ($name, $values) = @_;
    return tlv(0x30, tlv(0x04, $name), tlv(0x31, map { tlv(0x04, $_) } @$values));
}

my $done = tlv(0x0a, "\0") . tlv(0x04) . tlv(0x04);

sub answers {
    my ($operation, $octets) = @_;
    return tlv(0x61, $done) if $operation == 0x60;    # bind
    return if $operation != 0x63;                     # search
    my ($key) = grep { index($octets, $_) >= 0 } sort keys %entry;
    my @entry = $key ? tlv(0x64, tlv(0x04, "uid=$key"), tlv(0x30,
        map { attribute($_, $entry{$key}{$_}) } sort keys %{ $entry{$key} })) : ();
    return (@entry, tlv(0x65, $done));
}

sub converse {
    my ($client) = @_;
    while (read($client, my $head, 2) == 2) {
        my $length = ord substr $head, 1;
        if ($length & 0x80) {
            read($client, my $more, $length & 0x7f);
            $length = unpack 'N', substr "\0\0\0\0$more", -4;
        }
        read($client, my $message, $length);
        my $id = substr $message, 0, 2 + ord substr $message, 1;
        my $rest = substr $message, length $id;
        syswrite $client, join '', map { tlv(0x30, $id, $_) } answers(ord $rest, $rest);
    }
    return;
}

my $listener = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1') or die "listen: $!\n";
my $port     = $listener->sockport;
my $parent   = $$;
my $daemon   = fork // die "fork: $!\n";
if (!$daemon) {
    $SIG{CHLD} = 'IGNORE';
    alarm 300;
    while (my $client = $listener->accept) {
        next if fork // die "fork: $!\n";
        alarm 300;
        converse($client);
        POSIX::_exit(0);
    }
    POSIX::_exit(0);
}
close $listener;
END { kill 'TERM', $daemon if $daemon && $$ == $parent }

# ---- the server

announce('CC0133');
my $h = ClientCert::Test->server(
    modules => [qw(authz_user ldap)],
    files   => { 'htdocs/private/page' => "page\n" },
    conf    => <<"CONF");
LDAPConnectionTimeout 5
LDAPTimeout 5
ClientCertTable people "ldap:ldap://127.0.0.1:$port/dc=example?uid,memberOf?sub?(cn=%s)" timeout=5 ttl=0 negative_ttl=0
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap subject.CN in people user=\$1 group=\$2
    <Location "/private">
        <RequireAll>
            Require valid-user
            Require not clientcert-group banned
        </RequireAll>
    </Location>
</VirtualHost>
CONF

fails_ok($h, '/private/page', 'alice', qr/returns memberOf in parts: it has too many values/,
    'an attribute that comes in parts is a failure');
is $h->get('/private/page', cert => 'bob')->{status}, 200, 'a complete one is not';
is $h->get('/private/page', cert => 'admin')->{status}, 200, 'nor is a missing one';

done_testing;
