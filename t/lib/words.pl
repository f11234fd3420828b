#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Finds words of a list in the prose of files: pages and configurations whole, and conf/install, which
# prints to administrators; of C, comments and strings; of scripts and tests, comments. Marks of
# emphasis in pages are ignored.
#
#   words.pl LIST FILE ...
#
# A line of LIST is a Perl pattern, a tab, and what to write instead. A space in the pattern matches
# any white space, also the end of a line. Prints FILE:LINE: "FOUND": INSTEAD.
use strict;
use warnings;

my ($list, @files) = @ARGV;

sub read_file {
    my ($path) = @_;
    open my $in, '<:encoding(UTF-8)', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# The same text with nothing left but its line ends.
sub lines_alone { return $_[0] =~ tr/\n//cdr }

# A comment without the marks at the beginning of its lines.
sub c_comment { return $_[0] =~ s/^[ \t]*\*+//mgr =~ s{[/*]{2}}{}gr }

my $comment = qr{ /\*.*?\*/ | //[^\n]* }xs;
my $string  = qr{ "(?:[^"\\\n]|\\.)*" }xs;

# Strings that follow each other are one text. Names of included files are not prose.
sub c_prose {
    my ($text, $with_strings) = @_;
    $text =~ s/^(#\s*include)[^\n]*//mg;
    $text =~ s{($comment)|($string)|'(?:[^'\\\n]|\\.)+'|(\s+)|[^"'/\s]+|.}{
        defined $1 ? c_comment($1) : $with_strings && defined $2 ? substr($2, 1, -1) : defined $3 ? $3 : "\0"}gesx;
    return $text;
}

sub script_prose {
    my ($text) = @_;
    return $text =~ s{^(?![ \t]*\#)(.*?)(\s\#\s.*)?$}{"\0" . ($2 // '')}mger =~ s/^[ \t]*#+//mgr;
}

sub prose {
    my ($path) = @_;
    my $text = read_file($path);
    return c_prose($text, $path !~ m{^t/}) if $path =~ /\.[ch]\z/;
    return $text =~ s/^[ \t]*#|\*//mgr if $path =~ m{\.(?:md|conf|[15])\z|\bconf/install\z};
    return script_prose($text);
}

sub patterns {
    my @rows = map { [split /\t+/, $_, 2] } grep { /\S/ && !/^#/ } split /\n/, read_file($list);
    return map { my ($word, $instead) = @$_; $word =~ s/ /\\s+/g; [qr/$word/i, $instead] } @rows;
}

binmode STDOUT, ':encoding(UTF-8)';
my @patterns = patterns();
for my $file (@files) {
    my $prose = prose($file);
    for my $row (@patterns) {
        while ($prose =~ /$row->[0]/g) {
            my $line = 1 + lines_alone(substr $prose, 0, $-[0]) =~ tr/\n//;
            print "$file:$line: \"", $& =~ s/\s+/ /gr, "\": $row->[1]\n";
        }
    }
}
