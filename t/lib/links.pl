#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Prints the links of Markdown pages below a folder that lead nowhere: to a missing file, out of the
# folder, or to a heading that the page does not have. With --count, prints the number of links.
#
#   links.pl [--count] FOLDER
use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);
use File::Find qw(find);

my $count = @ARGV && $ARGV[0] eq '--count' ? shift : 0;
my $top   = realpath($ARGV[0] // '.');
my @pages;
my %anchors;

sub text {
    my ($path) = @_;
    open my $in, '<:encoding(UTF-8)', $path or die "$path: $!\n";
    local $/;
    my $text = <$in>;
    $text =~ s/^```.*?^```//msg;
    $text =~ s/^    .*//mg;
    return $text;
}

# The anchors that GitHub makes: the second of two equal headings gets "-1".
sub anchors {
    my ($path) = @_;
    return $anchors{$path} //= do {
        my %seen;
        my @names = map { s/[^\w\- ]//gr =~ tr/ /-/r } map { lc } text($path) =~ /^#+ +(.*?) *$/mg;
        +{ map { $_ . ($seen{$_}++ ? '-' . ($seen{$_} - 1) : '') => 1 } @names };
    };
}

sub problem {
    my ($page, $link) = @_;
    my ($file, $anchor) = split /#/, $link, 2;
    my $path = $file eq '' ? $page : realpath(dirname($page) . "/$file");
    return 'there is no such file'   if !defined $path || !-e $path;
    return 'it leads out of here'    if index("$path/", "$top/") != 0;
    return 'there is no such heading' if defined $anchor && !anchors($path)->{$anchor};
    return;
}

find({ no_chdir => 1, wanted => sub { push @pages, $_ if /\.md\z/ } }, $top);
my $links = 0;
for my $page (sort @pages) {
    for my $link (grep { !/^[a-z]+:/ } text($page) =~ /\]\(([^)\s]+)\)/g) {
        my $problem = problem($page, $link);
        $links++;
        print substr($page, length "$top/"), ": $link: $problem\n" if $problem && !$count;
    }
}
print "$links\n" if $count;
