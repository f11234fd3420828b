#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that every tag of a message is explained and has exactly one meaning.
. "$(dirname "$0")/lib.sh"

page=doc/messages.md
code="mod_clientcert.c $(files modules '*.c') $(files tools '*.c')"

# shellcheck disable=SC2086  # a list of files
used() { grep -HoE '"CC[0-9]{4}' $code | sed 's/"//' | LC_ALL=C sort -u; } # FILE:TAG
tags_used() { used | sed 's/.*://' | LC_ALL=C sort -u; }
headings() { sed -n 's/^### \(CC[0-9]*\) *$/\1/p' $page | LC_ALL=C sort; }

only_in() { # 1|2: the tags that only one of the two lists has
    work=$(mktemp -d)
    tags_used >"$work/used"
    headings | uniq >"$work/explained"
    LC_ALL=C comm "-$((3 - $1))3" "$work/used" "$work/explained"
    rm -r "$work"
}

twice() { headings | uniq -d; }

in_two_files() {
    used | sed 's/.*://' | sort | uniq -d | while read -r tag; do
        echo "$tag: $(used | sed -n "s/:$tag$//p" | tr '\n' ' ')"
    done
}

# The rows of the first table are the sections in their order: the tags of each are those of its row,
# whose ranges begin and end with a tag that exists.
ranges_wrong() {
    perl -0777 -ne '
        my @rows = map { [/CC\d+(?: to CC\d+)?/g] } /^\| \[(CC[^]]*)\]\(#/gm;
        my @sections = grep { @$_ } map { [/^### (CC\d+)/gm] } split /^## /m;
        print "the table has ", scalar @rows, " rows, for ", scalar @sections, " sections\n"
            if @rows != @sections;
        for my $tags (@sections) {
            my %is = map { $_ => 1 } @$tags;
            for (map { [/CC\d+/g] } @{ shift @rows // [] }) {
                my ($first, $last) = @$_[0, -1];
                print "$_: the table has it, the section does not\n" for grep { !$is{$_} } $first, $last;
                delete @is{ grep { $_ ge $first && $_ le $last } keys %is };
            }
            print "$_: not in the row of its section\n" for sort keys %is;
        }' $page
}

# Only the function of log/line.c escapes all characters that could end a quotation. The page, the
# metrics and the tool have quotations of their own.
fields_by_hand() {
    # shellcheck disable=SC2086  # a list of files
    grep -nE '[a-z_]=\\"' $(files modules/httpd '*.c' |
        grep -vE '/(status|metrics|admin|conf)/|/log/line\.c$') || true
}

incomplete() {
    awk '
        function check() { if (tag && !(meaning && remedy)) print tag }
        /^### / { check(); tag = $2; meaning = remedy = 0 }
        /^\*\*Meaning\.\*\*/ { meaning = 1 }
        /^\*\*Remedy\.\*\*/ { remedy = 1 }
        END { check() }' $page
}

# A word of an entry's text with more than small letters is a placeholder. Three or more words
# between placeholders must be in a string of the code as they are.
quoted_wrongly() {
    # shellcheck disable=SC2086  # a list of files
    perl -0777 -ne '
        BEGIN { $page = shift; $string = qr/"((?:[^"\\]|\\.)*)"/s }
        s{/\*.*?\*/|\x27(?:[^\x27\\]|\\.)\x27|^\#include.*?$}{}gms;
        while (/((?:$string\s*(?:[A-Z_\d]+\s*(?="))?)+)/g) { # strings that the compiler joins
            $code .= join("", $1 =~ /$string/g) . "\n";
        }
        END {
            open my $in, "<", $page or die "$page: $!";
            for (split /^### /m, readline $in) {
                my ($tag, $texts) = /^(CC\d+)\n(.*?)^\*\*Meaning/ms or next;
                for my $part (map { split /\S*[^a-z ,\x27-]\S*/, s/[][;:()"]/ | /gr } $texts =~ /`([^`]+)`/g) {
                    my ($words) = $part =~ /^[ ,]*((?:\S+ ){2,}\S*[^ ,])[ ,]*$/ or next;
                    print "$tag: $words\n" if index($code, $words) < 0;
                }
            }
        }' $page $code
}

# The tags that have a quota: those of the code, and those of doc/operations.md, with its ranges.
quotas_differ() {
    perl -e 'local $/;
        open my $in, "<", "modules/httpd/metrics/quota.c" or die "$!";
        my %code = map { $_ => 1 } readline($in) =~ /\] = TAG\((\d{4})\)/g;
        open $in, "<", "doc/operations.md" or die "$!";
        my ($list) = readline($in) =~ /^The tags are (CC\d{4}.*?)\. /ms or die "no list of tags\n";
        while ($list =~ /CC(\d{4})(?: to CC(\d{4}))?/g) {
            delete $code{$_} or print "CC$_ has no quota\n" for $1 .. $2 // $1;
        }
        print "CC$_ is not named\n" for sort keys %code;'
}

# shellcheck disable=SC2046  # lists of tags
{
    look_at 'tags in the code' $(tags_used)
    look_at "headings of $page" $(headings)
    claim "every tag in the code is explained in $page" only_in 1
    claim "every tag in $page is used in the code" only_in 2
    claim "the texts in $page are those of the code" quoted_wrongly
    claim 'no tag is explained twice' twice
    claim 'doc/operations.md names the tags that have a quota' quotas_differ
    claim 'no tag is used for the messages of two files' in_two_files
    claim 'only one function writes quoted fields of a log line' fields_by_hand
    claim 'the table of ranges has the tags of each section' ranges_wrong
    claim 'every explanation has a Meaning and a Remedy' incomplete
}
done_claiming
