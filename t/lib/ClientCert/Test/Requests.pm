# SPDX-License-Identifier: Apache-2.0
# Runs curl, or a program that does the same for many requests (t/clients/requests.c).
package ClientCert::Test::Requests;

=head1 SYNOPSIS

    use ClientCert::Test::Requests;

    my ($exit, $error) = run_curl('curl', '-sS', '-D', $head, '-o', $body, $url);

The program is not built where libcurl's development files are missing. Then, and if it does not
know one of the arguments, this is curl itself.

=cut

use strict;
use warnings;

use Exporter qw(import);
use POSIX ();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC);

use ClientCert::Test::Command qw(run_command);
use ClientCert::Test::Machine qw(build);

our @EXPORT = qw(run_curl);

# The program of this process: a fork of a test gets one of its own, and so does a test that has
# changed its environment.
sub _started {
    our %running;
    my $for = join "\0", $$, map { "$_=$ENV{$_}" } sort keys %ENV;
    return $running{socket} if ($running{for} // '') eq $for;
    socketpair my $mine, my $other, AF_UNIX, SOCK_STREAM, PF_UNSPEC or die "socketpair: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        open STDIN,  '<&', $other or POSIX::_exit(127);
        open STDOUT, '>&', $other or POSIX::_exit(127);
        exec build() . '/t/clients/requests' or POSIX::_exit(127);
    }
    close $other;
    %running = (for => $for, socket => $mine);
    return $mine;
}

sub _is_built { our $built //= -x build() . '/t/clients/requests' ? 1 : 0; return $built }

# curl's exit status and message; nothing if an argument is unknown.
sub _ask {
    my (@arguments) = @_;
    my $socket = _started();
    my $text = join('', map { "+$_\0" } @arguments) . "\0";
    while (length $text) {
        my $sent = syswrite $socket, $text or die "t/clients/requests: $!\n";
        substr $text, 0, $sent, '';
    }
    my $said = '';
    until ($said =~ /\0\z/) {
        sysread $socket, $said, 4096, length $said or die "t/clients/requests has ended\n";
    }
    my ($exit, $error) = $said =~ /^(-?\d+) (.*)\0\z/s;
    return $exit < 0 ? () : ($exit, $error);
}

sub run_curl {
    my ($program, @arguments) = @_;
    my @said = _is_built() ? _ask(@arguments) : ();
    return @said if @said;
    my ($exit, undef, $error) = run_command('', $program, @arguments);
    return ($exit, $error);
}

1;
