# SPDX-License-Identifier: Apache-2.0
# Checks that clientcert-status is correct HTML and JSON, whatever text it contains.
package ClientCert::Test::Page;

=head1 SYNOPSIS

    use ClientCert::Test::Page;

    my $page = page($h->get('/whoami', cert => 'alice'));    # { title, text }
    my $json = json($h->get('/whoami?format=json', cert => 'alice'));
    is_deeply [missing($page, $json)], [], 'the page has every text of the JSON';

C<page> dies if a body is not HTML with only the tags and attributes of the template, each closed,
and with all other text escaped, in UTF-8, without control characters and without characters that
change the direction of text. text has the texts, separated by single spaces. C<json> dies if a
body is not one line of JSON with the type of JSON. C<missing> returns the texts of the JSON that
are not in the page, be it as text or as the address of a link.

=cut

use strict;
use warnings;

use Encode qw(decode FB_CROAK);
use Exporter qw(import);
use JSON::PP ();

our @EXPORT = qw(page json missing);

my %void       = map { $_ => 1 } qw(meta);
my %attributes = (
    html => qr/ lang="en"/,
    meta => qr/ charset="utf-8"| name="viewport" content="[\w=, -]+"| name="color-scheme" content="light dark"/,
    span => qr/ class="tag (?:ok|no)"/,
    a    => qr{ href="(?:\?(?:(?:format=json)?(?:&amp;)?(?:trace)?)|(?:https?://|mailto:|/)[^"<>\s]+)"},
    p    => qr/| class="warning"/,
    time => qr/ datetime="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/,
    map { $_ => qr// } qw(head title style body main header section nav h1 h2 dl dt dd ul ol li
        bdi code pre small strong details summary));
my %entities = (lt => '<', gt => '>', amp => '&', quot => '"');
my $never = qr/[\x00-\x09\x0b-\x1f\x7f-\x9f\x{61c}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2066}-\x{2069}]/;

sub _utf8 {
    my ($octets) = @_;
    my $text = decode('UTF-8', $octets, FB_CROAK);
    die 'a character that must not be: ' . sprintf("U+%04X\n", ord $1) if $text =~ /($never)/;
    return $text;
}

sub _tag {
    my ($open, $end, $name, $rest) = @_;
    my $allowed = $attributes{$name} // die "<$name> is not a tag of the template\n";
    if ($end) {
        my $last = pop @$open // '';
        die "</$name> ends <$last>\n" if $last ne $name || $rest ne '';
        return;
    }
    die "<$name$rest>\n" if $rest !~ /\A(?:$allowed)\z/;
    push @$open, $name unless $void{$name};
    return;
}

sub _text {
    my ($text) = @_;
    die "not escaped: $text\n" if $text =~ /[<>"]/;
    $text =~ s/&(\w*)(;?)/($2 && $entities{$1}) \/\/ die "&$1$2 is not an entity of the page\n"/ge;
    return $text;
}

sub page {
    my ($response) = @_;
    my $html = $response->{body};    # octets: Perl finds positions in them at once
    _utf8($html);
    my (@open, @texts, @links, $title);
    $html =~ m{\A<!DOCTYPE html>\n}g or die "no document type\n";
    while (pos $html < length $html) {
        if ($html =~ m{\G([^<]+)}gc) {
            next if @open && $open[-1] eq 'style';
            push @texts, _text(_utf8($1));
            $title = $texts[-1] if @open && $open[-1] eq 'title';
        } else {
            $html =~ m{\G<(/?)([a-z][a-z0-9]*)([^<>]*)>}gc
                or die 'no tag: ' . substr($html, pos $html, 80) . "\n";
            my $rest = $3;
            _tag(\@open, $1, $2, $rest);
            push @links, _text(_utf8($1)) if $rest =~ / href="([^"]*)"/;
        }
    }
    die "not closed: @open\n" if @open;
    s/\s+/ /g for @texts;
    (my $text = join ' ', @texts) =~ s/\s+/ /g;
    return { title => $title, text => $text, texts => { map { $_ => 1 } @texts, @links } };
}

sub json {
    my ($response) = @_;
    die "not of the type\n" if $response->{headers}{'content-type'} ne 'application/json';
    my $text = _utf8($response->{body});
    die "not one line\n" if $text !~ /\A[^\n]+\n\z/;
    return JSON::PP->new->decode($text);
}

sub _strings {
    my ($value) = @_;
    return map { _strings($_) } @$value        if ref $value eq 'ARRAY';
    return map { _strings($_) } values %$value if ref $value eq 'HASH';
    return !ref $value && defined $value && $value ne '' ? $value : ();
}

sub missing {
    my ($page, $json) = @_;
    return grep { my $one = s/\s+/ /gr; !$page->{texts}{$one} && index($page->{text}, $one) < 0
            && !$page->{texts}{ $one =~ tr/-/ /r } }    # a word of a result is a tag
        _strings($json);
}

1;
