# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert message prints every entry of doc/messages.md, and finds the tag that is meant.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);
use ClientCert::Test::Tool;

# The text of an entry without the marks of Markdown, with single spaces.
sub plain {
    my ($text) = @_;
    return $text =~ s/`|\*\*//gr =~ s/\[([^][]*)\]\([^()]*\)/$1/gr =~ s/\s+/ /gr =~ s/^ | $//gr;
}

my %entry;
for my $section (split /^(?=##)/m, read_file(top() . '/doc/messages.md')) {
    my ($tag) = $section =~ /^### (CC\d{4})$/m or next;
    $entry{$tag} = plain($section =~ s/^### //r);
}
cmp_ok scalar keys %entry, '>', 150, 'doc/messages.md has entries';

my %said = map { ($_ => tool('message', $_)) } sort keys %entry;
is_deeply +{ map { ($_ => $said{$_}{output} =~ s/\s+/ /gr =~ s/ $//r) } keys %said }, \%entry, 'each is printed, word for word';
is_deeply [grep { $said{$_}{exit} || $said{$_}{error} } keys %said], [], 'with exit status 0';
is_deeply [grep { /^.{81}/ && !/^\S+$/ } map { split /\n/ } map { $_->{output} } values %said], [],
    'no wider than a terminal';
is_deeply [grep { $said{$_}{output} !~ /\A$_\n\n\S(?:.+\n)+\n(?:.*\n)*?Meaning\. (?:.*\n)*\nRemedy\. / } keys %said], [], 'in paragraphs';
cmp_ok scalar(grep { $_->{output} =~ /\n\n- .*\n(?:  \S.*\n)*- / } values %said), '>', 3, 'and lists';

is_deeply [sort { $a cmp $b } tool('message')->{output} =~ /^(CC\d+)  \S/mg], [sort keys %entry], 'without a tag, all are listed';

for ('cc0110', '110', '0110', 'CC0110:', '[Sun Nov 29 05:15:30 2026] [clientcert:error] [client ::1] CC0110: result=forbidden',
    'clientcert: CC0110: x', 'CC0110 (CC0110)', 'CC0110 ACC0103 CC01031') {
    is_deeply tool('message', $_), $said{CC0110}, "CC0110 is meant by $_";
}
for (
    ['CC9999', qr/CC0531: "CC9999"/, 'an unknown tag'],
    ['CC0110 CC0103', qr/CC0530: .*several tags/, 'two tags in one line'],
    ["nothing\n\e[2J", qr/CC0530: "nothing\\x0A\\x1B\[2J": this contains no tag/, 'none'],
    ['', qr/CC0530/, 'an empty word'],
    ['11000', qr/CC0530/, 'a number that is too long'],
) {
    my ($word, $pattern, $claim) = @$_;
    my $wrong = tool('message', $word);
    is "$wrong->{exit}$wrong->{output}", '2', "exit status 2: $claim";
    like $wrong->{error}, qr/\A[^\n]*$pattern[^\n]*\n\z/, 'in one line';
}
like tool('message', '110', '103')->{error}, qr/CC0506: "103"/, 'one at a time';

done_testing;
