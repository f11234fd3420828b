# SPDX-License-Identifier: Apache-2.0
# Knows where the certificates of t/ca are, and that they are made when a test first asks.
package ClientCert::Test::Ca;

use strict;
use warnings;

use File::Path qw(make_path);

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

1;
