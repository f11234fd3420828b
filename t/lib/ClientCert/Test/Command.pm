# SPDX-License-Identifier: Apache-2.0
# Runs a command and returns its output.
package ClientCert::Test::Command;

=head1 SYNOPSIS

    use ClientCert::Test::Command;

    my ($exit, $output, $error) = run_command($input, 'sort', '-u');
    my $output = openssl('x509', '-noout', '-serial', '-in', $file);    # dies if openssl fails

A command may take a minute, or CC_SLOW minutes if that is set.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use IPC::Open3 qw(open3);

use ClientCert::Test::File;

our @EXPORT = qw(openssl run_command);

my $slow = $ENV{CC_SLOW} // 1;

sub run_command {
    my ($input, @command) = @_;
    my $dir = File::Temp->newdir;
    open my $stdin, '+>', "$dir/in" or die "$dir/in: $!\n";
    print $stdin $input;
    seek $stdin, 0, 0;
    open my $stdout, '>', "$dir/out" or die "$dir/out: $!\n";
    open my $stderr, '>', "$dir/err" or die "$dir/err: $!\n";
    my $pid = open3('<&' . fileno $stdin, '>&' . fileno $stdout, '>&' . fileno $stderr,
        'timeout', 60 * $slow, @command);
    waitpid $pid, 0;
    my $exit = $? >> 8 || $? & 127;
    return ($exit, read_if_there("$dir/out"), read_if_there("$dir/err"));
}

sub openssl {
    my (@arguments) = @_;
    my ($exit, $output, $error) = run_command('', 'openssl', @arguments);
    die "openssl @arguments: $error\n" if $exit != 0;
    return $output;
}

1;
