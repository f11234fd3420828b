# SPDX-License-Identifier: Apache-2.0
# Reads metrics as Prometheus would.
package ClientCert::Test::Metrics;

=head1 SYNOPSIS

    use ClientCert::Test::Metrics;

    my $metrics = read_metrics($h->get('/metrics')->{body});
    $metrics->{$name}{'host="a"'};                          # a value, by the text of its labels
    metric($metrics, 'clientcert_decisions_total', result => 'allowed');

read_metrics dies if a line does not conform to the text format 0.0.4 or a sample appears twice.
metric is the sum of the samples that have these labels, and dies if the name does not exist.

=cut

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(metric read_metrics);

sub read_metrics {
    my ($text) = @_;
    my (%value, %type, $now);
    my $label = qr/[a-z_]+="(?:[^"\\]|\\[\\"n])*"/;
    die "not UTF-8\n" if !utf8::decode(my $copy = $text);
    die "no end of line\n" if $text !~ /\n\z/;
    for (split /\n/, $text) {
        if (/\A# HELP ([a-z_]+) [^\\]+\z/) {
            die "$1 twice\n" if exists $value{$1};
            ($now, $value{$1}) = ($1, {});
        } elsif (/\A# TYPE ([a-z_]+) (counter|gauge)\z/) {
            my ($name, $type) = ($1, $2);
            die "the type of $name\n" if $name ne $now || $type{$name};
            die "the name of $name\n" if ($type eq 'counter') != ($name =~ /_total\z/);
            $type{$name} = $type;
        } elsif (/\A([a-z_]+)(?:\{((?:$label(?:,(?!\})|(?=\})))+)\})? (\d+)\z/) {
            my ($name, $labels, $number) = ($1, $2 // '', $3);
            die "$name in the wrong place\n" if $name ne $now || !$type{$name};
            die "$name\{$labels} twice\n" if exists $value{$name}{$labels};
            $value{$name}{$labels} = $number;
        } else {
            die "no line of this format: $_\n";
        }
    }
    return \%value;
}

sub _unescaped { my ($text) = @_; return $text =~ s/\\(.)/$1 eq 'n' ? "\n" : $1/ger }

sub metric {
    my ($metrics, $name, %wanted) = @_;
    die "no $name\n" if !$metrics->{$name};
    my $sum = 0;
    for my $labels (keys %{ $metrics->{$name} }) {
        my %has = map { _unescaped($_) } $labels =~ /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;
        $sum += $metrics->{$name}{$labels} if !grep { $has{$_} ne $wanted{$_} } keys %wanted;
    }
    return $sum;
}

1;
