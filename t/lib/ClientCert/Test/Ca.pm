# SPDX-License-Identifier: Apache-2.0
# Finds the certificates of t/ca, and makes them when a test first needs them.
package ClientCert::Test::Ca;

use strict;
use warnings;

use MIME::Base64 qw(decode_base64 encode_base64);

use File::Path qw(make_path);

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(build top);

my $make = top() . '/t/ca/make';

sub ca {
    our $made;
    my $dir = build() . '/ca';
    make_path($dir);
    local $ENV{CC_ODD} = $ENV{CC_ODD} // build() . '/t/ca/odd';
    $made //= system($make, $dir) == 0 || die "t/ca/make failed\n";
    return $dir;
}

sub short_cert {
    my ($class, $seconds) = @_;
    our $count;
    my $name = 'short-' . $$ . '-' . ++$count;
    system($make, '-s', $seconds, '-o', $name, ca(), 'short') == 0 or die "t/ca/make failed\n";
    return $name;
}

# A key file that OpenSSL accepts as the key of a certificate, because it has its public key,
# although the private key is a different one. For connection(cert => NAME, key => ...).
sub other_key {
    my ($self, $name) = @_;
    my $pem = read_file($self->ca . "/$name.key");
    my ($head, $body, $tail) = $pem =~ /^(-----BEGIN.*?-----\n)(.*)(-----END.*)/s;
    my $der = decode_base64($body);
    my $at  = index $der, "\x04\x20";    # an OCTET STRING of 32 octets, in a P-256 key
    die "$name.key: no P-256 key\n" if $at < 0;
    substr $der, $at + 2, 32, "\x01" x 32;
    $self->file("other-$name.key", $head . encode_base64($der) . $tail);
    return $self->path("other-$name");
}

1;
