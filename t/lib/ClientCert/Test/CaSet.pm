# SPDX-License-Identifier: Apache-2.0
# Makes and changes the CAs of ClientCertCA, and waits until a server uses them.
package ClientCert::Test::CaSet;

=head1 SYNOPSIS

    use ClientCert::Test::CaSet;

    my $alpha = authority('alpha', '/CN=Alpha');         # a self-signed CA
    my $ann   = client_of($alpha, 'ann');                # for cert => $ann

    my $h = ClientCert::Test->server(
        modules => ['headers'],
        files   => { 'conf/cas.pem' => pem_of($alpha) },
        conf    => ca_host('ClientCertCA conf/cas.pem reload=0.1'));
    ca_changes($h, 'conf/cas.pem', [$alpha, $beta], 'added CN=Beta', 'a CA is added');

    my $c = $h->connection(args => ['-msg']);
    is_deeply [names_asked($c->trace, 'Alpha', 'Beta')], ['Alpha Beta'], 'each CertificateRequest';

A CA, or a client, is the path of its files without .pem and .key; the CAs of t/ca are named by
their names. ca_host is a virtual host as in L<ClientCert::Test::Identity>, without
SSLCACertificateFile. With C<ca_changes>, the file gets the certificates of these CAs; the line of
the log has to match the pattern. C<waits_for_change> only waits for such a line, after what the
function does. C<names_asked> finds the messages CertificateRequest in the output of -msg, and
returns for each of them which of the words it contains.

=cut

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use ClientCert::Test ();
use ClientCert::Test::Certificate;
use ClientCert::Test::File;

our @EXPORT = qw(authority ca_changes ca_host client_of names_asked pem_of waits_for_change);

my $usage = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign\n"
    . "subjectKeyIdentifier = hash\n";
my $count = 0;

sub authority {
    my ($name, $subject, %o) = @_;
    return certificate($name, $subject, $o{issuer} ? () : (self => 1), extension => $usage,
        serial => sprintf('%x', 4096 + ++$count), %o);
}

sub client_of {
    my ($ca, $name, %o) = @_;
    return certificate($name, "/CN=$name", issuer => $ca, serial => sprintf('%x', 4096 + ++$count),
        %o);
}

sub pem_of {
    return join '', map { read_file((m{/} ? $_ : ClientCert::Test->ca . "/$_") . '.pem') } @_;
}

sub ca_host {
    my ($conf, $port) = @_;
    $port //= '';
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@TLS\@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    $conf
</VirtualHost>
CONF
}

sub waits_for_change {
    my ($h, $change, $pattern, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    $change->();
    my ($line) = $h->wait_log(qr/CC0195: /, 30);
    return like $line // '', qr/CC0195: "\S+": CAs have changed: $pattern/, "$claim: followed";
}

sub ca_changes {
    my ($h, $path, $cas, $pattern, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return waits_for_change($h, sub { replace($h->path($path), pem_of(@$cas)) }, $pattern, $claim);
}

sub names_asked {
    my ($trace, @words) = @_;
    my @asked;
    for my $message (split /^(?=<<<|>>>)/m, $trace) {
        my ($head, $octets) = split /\n/, $message, 2;
        next unless $head =~ /CertificateRequest/;
        my $text = pack 'H*', join '', ($octets // '') =~ /\b([0-9a-f]{2})\b/g;
        push @asked, join ' ', grep { index($text, $_) >= 0 } @words;
    }
    return @asked;
}

1;
