# SPDX-License-Identifier: Apache-2.0
# Makes the headers by which a proxy passes on the certificate of a client, in every format.
package ClientCert::Test::Forwarded;

=head1 SYNOPSIS

    use ClientCert::Test::Forwarded;

    $h->get('/', headers => [forwarded('rfc9440', 'alice')]);
    $h->get('/', headers => [forwarded('xfcc', 'carol', chain => ['sub'], header => 'X-Cert')]);
    my $value = forwarded_value('pem-url', 'alice');

C<forwarded> returns header lines ("Name: value") with the usual name of the format, or header =>
NAME. A certificate is a name of t/ca, or a path without ".pem", as for C<< cert => >>. chain =>
[NAME, ...] adds those above it, from its issuer up: within the header, or in the header of the
chain (chain_header => NAME; needed for pem-url and der).

C<forwarded_value> returns the value alone, with the chain if the format has it within.
C<forwarded_chain> returns the value of the header of the chain. C<formats> lists the formats that
are read, C<ders> returns the DER of all certificates in a PEM file.

The code makes what Envoy, Traefik, nginx, HAProxy and AWS send, and uses no code of the module.

=cut

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use MIME::Base64 qw(decode_base64 encode_base64);

use ClientCert::Test ();
use ClientCert::Test::File;

our @EXPORT = qw(ders formats forwarded forwarded_chain forwarded_value);

my ($begin, $end) = map { "-----$_ CERTIFICATE-----" } 'BEGIN', 'END';

# The usual names of the headers, of the certificate and of the chain.
my %usual = (
    'rfc9440'  => ['Client-Cert', 'Client-Cert-Chain'],
    'xfcc'     => ['X-Forwarded-Client-Cert'],
    'pem-url'  => ['ssl-client-cert'],
    'pem-bare' => ['X-Forwarded-Tls-Client-Cert'],
    'der'      => ['X-ARR-ClientCert'],
    'alb'      => ['X-Amzn-Mtls-Clientcert-Leaf'],
);
my %apart = map { $_ => 1 } qw(rfc9440 pem-url der);

sub formats { return sort keys %usual }

sub ders {
    my ($name) = @_;
    my $path = $name =~ m{/} ? $name : ClientCert::Test->ca . "/$name";
    my $pem  = read_file("$path.pem");
    return map { decode_base64($_) }
        $pem =~ /$begin\s(.*?)$end/gs;
}

sub _base64 { my ($octets) = @_; return encode_base64($octets, '') }

sub _pem {
    my ($der) = @_;
    my $base64 = encode_base64($der, '') =~ s/(.{1,64})/$1\n/gr;
    return "$begin\n$base64$end\n";
}

# All but the unreserved characters of RFC 3986, and those that are kept.
sub _escaped {
    my ($text, $kept) = @_;
    $kept //= '';
    return $text =~ s/([^A-Za-z0-9._~$kept-])/sprintf '%%%02X', ord $1/ger;
}

sub _urls { my ($kept, @ders) = @_; return _escaped(join('', map { _pem($_) } @ders), $kept) }

sub _element {
    my ($leaf, @chain) = @_;
    my $chain = @chain ? ';Chain="' . _urls('', $leaf, @chain) . '"' : '';
    return 'Hash=' . sha256_hex($leaf) . ';Cert="' . _urls('', $leaf) . "\"$chain";
}

my %value = (
    'rfc9440'  => sub { my ($leaf) = @_; return ':' . _base64($leaf) . ':' },
    'xfcc'     => \&_element,
    'pem-url'  => sub { my ($leaf) = @_; return _urls('', $leaf) },
    'pem-bare' => sub { return join ',', map { _base64($_) } @_ },
    'der'      => sub { my ($leaf) = @_; return _base64($leaf) },
    'alb'      => sub { return _urls('+=/', @_) },
);
my %chain_value = (
    'rfc9440' => sub { return join ', ', map { ':' . _base64($_) . ':' } @_ },
    'pem-url' => sub { return _urls('', @_) },
    'der'     => sub { return _base64(join '', @_) },
);

sub forwarded_value {
    my ($format, $cert, %o) = @_;
    my ($leaf) = ders($cert);
    return $value{$format}->($leaf, map { (ders($_))[0] } @{ $o{chain} // [] });
}

sub forwarded_chain {
    my ($format, @certs) = @_;
    return $chain_value{$format}->(map { (ders($_))[0] } @certs);
}

sub forwarded {
    my ($format, $cert, %o) = @_;
    my ($header, $chain_header) = @{ $usual{$format} };
    my @lines = ($o{header} // $header) . ': ' . forwarded_value($format, $cert, %o);
    if ($o{chain} && $apart{$format}) {
        $chain_header = $o{chain_header} // $chain_header // die "$format: chain_header is missing\n";
        push @lines, "$chain_header: " . forwarded_chain($format, @{ $o{chain} });
    }
    return @lines;
}

1;
