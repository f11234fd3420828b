# SPDX-License-Identifier: Apache-2.0
# Measures how the cost of a configuration grows with its size: the rows of --growth.
package GrowthRows;

use strict;
use warnings;

use Counting;
use CountedServer ();
use Programs;
use Report;

# Each is measured at three sizes, each four times the one before. The exponent compares what the
# third adds to the second with what the second adds to the first, so a constant cost does not
# count. A straight line has 1, a square 2.
my $factor = 4;
my $most   = 1.1;

sub sizes { my ($largest) = @_; return ($largest / $factor**2, $largest / $factor, $largest) }

sub exponent {
    my (@counts) = @_;
    my $before = $counts[1] - $counts[0];
    my $after  = $counts[2] - $counts[1];
    return $before <= 0 || $after <= 0 ? 0 : log($after / $before) / log($factor);
}

# `count` is called for each size.
sub show_growth {
    my ($what, $largest, $count) = @_;
    if (smoke()) {
        return row_within("14 $what", '', $count->(14), $most, \&thousands);
    }
    my @sizes  = sizes($largest);
    my @counts = map { $count->($_) } @sizes;
    my $each   = ($counts[2] - $counts[0]) / ($sizes[2] - $sizes[0]);
    return row_within(sprintf('%s %s', thousands($largest), $what), thousands($each),
        exponent(@counts), $most, \&fraction);
}

# The text this many times, with its number for each #.
sub repeated {
    my ($text, $count) = @_;
    return join '', map { my $number = sprintf '%08d', $_; $text =~ s/#/$number/gr } 1 .. $count;
}

# ---- rules, in the engine alone: read, checked by lint, and asked for one group each

my $staff = 'issuer == "CN=Staff CA,O=Example"';
my $mail  = 'san.email =~ "(.+)@p#\.example"';
my @kinds = (
    ['rules with ==, a user and a group each' => 'subject.CN == "s#" user=s# group=g#'],
    ['rules with == that deny'                => 'serial == # deny'],
    ['patterns that end with a domain'        => "$mail user=\$1 group=g#"],
    ['patterns that begin with a host'        => 'san.uri =~ "spiffe://d#\.example/.*" user=u#'],
    ['patterns of which neither is certain'   => 'subject.CN =~ "[a-z]+#.*" user=u#'],
    ['patterns of one issuer, with stop'      => "$staff $mail user=\$1 stop"],
    ['rules of one issuer with =='            => "$staff subject.CN == \"s#\" user=s#"],
    ['names that a DN must lie under'         => 'subject under "O=Partner #" user=p#'],
    ['conditions with !='                     => 'subject.CN != "s#" group=g#'],
    ['comparisons of numbers'                 => 'days_left > # group=g#'],
    ['rules without a condition'              => 'group=g#'],
    ['groups with a field in their middle'    => 'subject.OU == "o#" group=g%{subject.OU}-#'],
    ['rules that look into one table'         => 'subject.OU == "o#" subject.CN in t user=$1'],
    ['rules with a field of their own'        => 'ext.1.3.6.1.4.1.99999.1# == 00 group=g#'],
);

sub count_of_rules {
    my ($text) = @_;
    my $file = made('growth.rules');
    write_file($file, $text);
    return count_of('main', qr/^rules=\d+ findings=\d+ given=\d+$/, made('growth'), $file);
}

sub show_rules {
    for my $kind (smoke() ? $kinds[0] : @kinds) {
        my ($what, $rule) = @$kind;
        show_growth($what, 8_000,
            sub { count_of_rules("table t file:/dev/null\n" . repeated("$rule\n", $_[0])) });
    }
    show_growth('rules of all these kinds', 96_000, sub {
        my $text = join '', map { "$_->[1]\n" } @kinds;
        return count_of_rules("table t file:/dev/null\n" . repeated($text, $_[0] / @kinds));
    });
    show_growth('tables, a rule each', 8_000, sub {
        count_of_rules(repeated("table t# file:/dev/null\nsubject.CN in t# user=\$1\n", $_[0]));
    });
    unlink made('growth.rules');
    return;
}

# ---- configurations, with httpd -t: the cost beyond that of as many sections or hosts of stock

my $ours_rule = "ClientCertMap $staff user=u# group=g#\n";

sub section {
    my ($lines) = @_;
    return "<Location \"/l#\">\n$lines</Location>\n";
}

# One of many virtual hosts.
sub host {
    my ($lines) = @_;
    return "<VirtualHost *:\@PORT\@>\nServerName h#.example\n\@SSL\@\n"
        . "SSLCACertificateFile \@CA\@/staff-chain.pem\nSSLVerifyClient optional\n"
        . "$lines</VirtualHost>\n";
}

my $granted = section("Require all granted\n");
my $wants   = section("Require clientcert-group g#\n");
my $scope   = section("${ours_rule}Require clientcert-group g#\n");

# The only virtual host.
sub in_host { my ($text) = @_; return repeated(host("\0"), 1) =~ s/\0/$text/r }

# The name, how many, the configuration with the module, that of stock; # is a running number.
my @configurations = (
    ['virtual hosts, each with a rule and a Require', 2_000,
        sub { repeated(host("$ours_rule$wants"), $_[0]) }, sub { repeated(host($granted), $_[0]) }],
    ['virtual hosts with the rules of the server', 2_000,
        sub { $ours_rule . repeated(host(section("Require clientcert-user u#\n")), $_[0]) },
        sub { repeated(host($granted), $_[0]) }],
    ['virtual hosts, and as many scopes of the server', 2_000,
        sub { repeated($scope . host(''), $_[0]) }, sub { repeated($granted . host(''), $_[0]) }],
    ['groups, each with a rule and a Require', 10_000,
        sub { in_host(repeated("ClientCertMap subject.OU == o# group=g#\n$wants", $_[0])) },
        sub { in_host(repeated($granted, $_[0])) }],
    ['sections with rules and a Require', 10_000,
        sub { in_host(repeated($scope, $_[0])) }, sub { in_host(repeated($granted, $_[0])) }],
    ['sections with a Require that never holds', 10_000,
        sub { in_host($ours_rule . repeated(section("Require clientcert-group x#\n"), $_[0])) },
        sub { in_host(repeated($granted, $_[0])) }],
    ['sections with conditions and exports', 10_000,
        sub {
            in_host(repeated(section("Require clientcert subject.OU == o#\n"
                . "ClientCertExport X#=subject.CN\n"), $_[0]));
        },
        sub { in_host(repeated($granted, $_[0])) }],
);

my @callgrind = ('valgrind', '-q', '--tool=callgrind', '--callgrind-out-file=@LOGS@/count');

sub count_of_check {
    my ($ours, $conf) = @_;
    my $self = CountedServer->_new(counter => \@callgrind, conf => $conf,
        modules => [$ours ? () : '-clientcert']);
    my $exit = $self->_run_httpd(['-t'], $self->path('logs/stderr'));
    die $self->_said if $exit != 0;
    return CountedServer::total_of($self->path('logs/count'));
}

sub show_configurations {
    for my $configuration (smoke() ? $configurations[0] : @configurations) {
        my ($what, $largest, $ours, $stock) = @$configuration;
        show_growth($what, $largest, sub {
            return count_of_check(1, $ours->($_[0])) - count_of_check(0, $stock->($_[0]));
        });
    }
    return;
}

# ---- hosts with TLS, at a start: the parent's work, including that of mod_ssl

my @of_start = ('valgrind', '-q', '--tool=callgrind', '--callgrind-out-file=@LOGS@/count.%p');

sub count_of_start {
    my ($ours, $conf) = @_;
    ClientCert::Test::ErrorLog::announce('AH01909');    # because of the names of the hosts
    my $server = CountedServer->server(counter => \@of_start, conf => $conf,
        global => "ServerLimit 1\nMaxRequestWorkers 16\n", modules => [$ours ? () : '-clientcert']);
    my $file = $server->path('logs/count.' . $server->pid);
    $server->end;
    return CountedServer::total_of($file);
}

sub show_starts {
    show_growth('virtual hosts that start, with a rule each', 64, sub {
        return count_of_start(1, repeated(host("$ours_rule$wants"), $_[0]))
            - count_of_start(0, repeated(host($granted), $_[0]));
    });
    return;
}

sub show {
    heading('growth: exponent of instructions', 'of each');
    show_rules();
    show_configurations();
    return;
}

1;
