# SPDX-License-Identifier: Apache-2.0
# Describes the lines of the error log that report decisions.
package ClientCert::Test::Log;

=head1 SYNOPSIS

    use ClientCert::Test::Log;

    my ($line) = $h->wait_log(qr/CC0103/);
    is_deeply decision($line), { tag => 'CC0103', level => 'notice', result => 'unmapped', ... };

    is_deeply [not_decisions($h->log)], [], 'every line has the form that it should have';

C<decision> returns the fields of a line by name (via and proxy only through a proxy), or undef if the line does not have exactly the
form that doc/messages.md promises for its tag. C<sent> returns the octets that such a field
represents. C<not_decisions> returns the lines of a log that have the tag of a decision, but not
that form.

=cut

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(decision not_decisions sent);

# Quoted text has no quotes and only printable ASCII. httpd doubles backslashes.
my $text   = qr/"(?:[ !\#-\[\]-~]|\\\\|\\x[0-9a-f]{2})*"/;
my $number = qr/-|-?[0-9a-f]+(?:\.\.\.)?/;

# The fields of every decision, in this order, and the fields that follow, by tag.
my @fields = (
    result => qr/\w+/, user => $text, groups => $text, rule => qr/-|\S+:\d+(?:\([^:()]+:\d+\))*/, subject => $text,
    issuer => $text, serial => $number, sha256 => qr/-|[0-9a-f]{64}/, client => qr/[0-9a-f.:]+/,
    vhost => qr/[\w.-]+:\d+/);
my $proxy  = qr/(?: via=(?<via>header|proxy-protocol) proxy=(?<proxy>[0-9a-f.:]+|unix))?/;
my @reason = (reason => $text);
my %more   = (
    CC0101 => [],
    CC0103 => \@reason,
    CC0104 => \@reason,
    CC0106 => [@reason, depth => qr/\d+/, at_subject => $text, at_serial => $number],
    CC0110 => [@reason, request => $text, needs => $text],
    CC0115 => [@reason, request => $text],
    CC0133 => \@reason,
    CC0190 => [@reason, depth => qr/\d+/, at_subject => $text, at_serial => $number],
    map { ("CC015$_" => \@reason) } 0 .. 6);

sub _pattern {
    my @rest = @_;
    my @words;
    while (my ($name, $value) = splice @rest, 0, 2) {
        push @words, "$name=(?<$name>$value)";
    }
    return join ' ', @words;
}

# httpd writes "remote" for an HTTP/2 stream whose worker is done with it.
my $httpd = qr/\[[^\]]+\] \[clientcert:(?<level>\w+)\] \[pid \d+[^\]]*\] \[(?:client|remote) [^\]]+\] /;
my %form  = map {
    my ($same, $more) = (_pattern(@fields), _pattern(@{ $more{$_} }));
    ($_ => qr/\A$httpd$_: $same$proxy@{[$more && " $more"]}\z/)
} keys %more;

# The tag of a line that should report a decision.
sub _tag {
    my ($line) = @_;
    return $line =~ /\A\[[^\]]+\] \[clientcert:.*?\] (CC\d{4}): / && $form{$1} ? $1 : undef;
}

sub decision {
    my ($line) = @_;
    my $tag = _tag($line);
    return unless $tag && $line =~ $form{$tag};
    my %field = (%+, tag => $tag);
    s/\A"(.*)"\z/$1/ for values %field;
    return \%field;
}

# Undoes httpd's escapes in the line, and then the module's escapes of octets.
sub sent {
    my ($field) = @_;
    for (1, 2) {
        $field =~ s/\\(?:x([0-9a-fA-F]{2})|(.))/defined $1 ? chr hex $1 : $2/ges;
    }
    return $field;
}

sub not_decisions {
    my ($log) = @_;
    return grep { _tag($_) && !decision($_) } split /\n/, $log;
}

1;
