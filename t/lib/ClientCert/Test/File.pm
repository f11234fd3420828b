# SPDX-License-Identifier: Apache-2.0
# Reads, writes or replaces a whole file, octet by octet.
package ClientCert::Test::File;

=head1 SYNOPSIS

    use ClientCert::Test::File;

    my $octets = read_file($path);        # dies if the file does not exist
    my $octets = read_if_there($path);    # '' if the file does not exist
    my $path   = write_file($path, $octets);
    replace($path, $octets);              # replaces the file atomically

=cut

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(read_file read_if_there replace write_file);

sub _all_of {
    my ($in) = @_;
    local $/;
    return scalar(<$in>) // '';
}

sub read_file {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    return _all_of($in);
}

sub read_if_there {
    my ($path) = @_;
    open my $in, '<:raw', $path or return '';
    return _all_of($in);
}

sub write_file {
    my ($path, $octets) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $octets;
    close $out or die "$path: $!\n";
    return $path;
}

sub replace {
    my ($path, $octets) = @_;
    rename write_file("$path.tmp", $octets), $path or die "$path: $!\n";
    return $path;
}

1;
