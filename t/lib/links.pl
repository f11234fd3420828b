#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Prints the broken links of the Markdown and HTML pages below a directory: those to a file that does
# not exist or is not below the directory, and those to an anchor that its page lacks. With --count,
# prints the number of links. With --anchors, prints the anchors of a page. HTML pages must be such as
# doc/make-html makes.
#
#   links.pl [--count] DIRECTORY
#   links.pl --anchors PAGE
use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(dirname);
use File::Find qw(find);

my $list  = @ARGV && $ARGV[0] eq '--anchors' ? shift : 0;
my $count = @ARGV && $ARGV[0] eq '--count'   ? shift : 0;
my $top   = realpath($ARGV[0] // '.');
my @pages;
my %anchors;

sub text {
    my ($path) = @_;
    open my $in, '<:encoding(UTF-8)', $path or die "$path: $!\n";
    local $/;
    my $text = <$in>;
    return $text if $path =~ /\.html\z/;
    $text =~ s/^```.*?^```//msg;
    $text =~ s/^    .*//mg;
    return $text;
}

sub links {
    my ($path) = @_;
    return text($path) =~ /\s(?:href|src)="([^"]*)"/g if $path =~ /\.html\z/;
    return text($path) =~ /\]\(([^)\s]+)\)/g;
}

# As GitHub makes them: of two equal headings the second one gets "-1".
sub anchors {
    my ($path) = @_;
    return $anchors{$path} //= { map { $_ => 1 } text($path) =~ /\sid="([^"]*)"/g }
        if $path =~ /\.html\z/;
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
    return 'it is outside of the directory'    if index("$path/", "$top/") != 0;
    return 'there is no such heading' if defined $anchor && !anchors($path)->{$anchor};
    return;
}

if ($list) {
    print map { "$_\n" } sort keys %{ anchors($top) };
    exit;
}

find({ no_chdir => 1, wanted => sub { push @pages, $_ if /\.(?:md|html)\z/ } }, $top);
my $links = 0;
for my $page (sort @pages) {
    for my $link (grep { !/^[a-z]+:/ } links($page)) {
        my $problem = problem($page, $link);
        $links++;
        print substr($page, length "$top/"), ": $link: $problem\n" if $problem && !$count;
    }
}
print "$links\n" if $count;
