# SPDX-License-Identifier: Apache-2.0
# Reads the error log of a server, and separates the lines that a test has announced.
package ClientCert::Test::ErrorLog;

use strict;
use warnings;

use Time::HiRes qw(sleep time);

use ClientCert::Test::File;

my $slow = $ENV{CC_SLOW} // 1;

# Lines that do not matter to any test: an OpenSSL other than the one httpd was built with, no
# session cache, rules that name no CA although clients.pem has several, the warning about a header of
# a proxy, which one request per second can cause, and a child that needs more than three seconds to
# end, as on a busy machine. (82-follower.t tests that children end.)
my @announced = ('AH01882', 'AH01873', 'CC0704', 'CC0159', 'AH00045');

sub announce { push @announced, @_; return }

sub _whole_log { my ($self) = @_; return read_if_there($self->path('logs/error_log')) }

sub log {
    my ($self) = @_;
    return substr $self->_whole_log, $self->{mark};
}

# httpd logs the end of a request after its response, so this waits until the log does not change.
sub mark_log {
    my ($self) = @_;
    my $path = $self->path('logs/error_log');
    my $seen = -1;
    for (1 .. 10) {
        last if $seen == -s $path;
        $seen = -s $path;
        sleep 0.1;
    }
    $self->{mark} = length $self->_whole_log;
    return;
}

sub log_lines {
    my ($self, $pattern) = @_;
    return grep { /$pattern/ } split /\n/, $self->log;
}

sub wait_log {
    my ($self, $pattern, $seconds) = @_;
    my $until = time + ($seconds // 10) * $slow;
    while (time < $until) {
        my @lines = $self->log_lines($pattern);
        return @lines if @lines;
        sleep 0.02;
    }
    return;
}

# Unexpected lines of the log and of memory checkers.
sub _wrong {
    my ($self) = @_;
    my @wrong = grep { _is_unexpected($_) } split /\n/, $self->_whole_log;
    push @wrong, 'httpd had to be killed' if $self->{killed};
    for my $report (glob $self->path('logs/{sanitizer,valgrind}*')) {
        my $text = read_if_there($report);
        push @wrong, $text if $text =~ /\S/;
    }
    return @wrong;
}

sub _is_unexpected {
    my ($line) = @_;
    return 1 if $line =~ /AH0005[12]: child pid .* exit signal/;
    my ($level) = $line =~ /^\[[^\]]+\] \[[\w-]*:(\w+)\] \[pid /;
    return 0 if defined $level && $level =~ /^(?:notice|info|debug|trace\d)$/;
    for my $expected (@announced) {
        return 0 if ref $expected ? $line =~ $expected : $line =~ /(?<!\w)\Q$expected\E(?!\w)/;
    }
    return 1;
}

1;
