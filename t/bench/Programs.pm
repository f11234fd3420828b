# SPDX-License-Identifier: Apache-2.0
# Compiles and runs the programs of this folder, and finds the build.
package Programs;

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Path qw(make_path);
use FindBin ();

our @EXPORT = qw(build command compile_all is_installed made write_file);

my ($top, $build, $is_given);

# Set before ClientCert::Test is loaded, which reads these variables.
BEGIN {
    $top      = abs_path("$FindBin::Bin/../..");
    $is_given = defined $ENV{CC_BUILD};
    $build    = abs_path($ENV{CC_BUILD} // "$top/build");
    $ENV{CC_BUILD} = $build;
    $ENV{CC_SLOW} //= 60;    # because of valgrind, and a large CRL in mod_ssl
}

# The path of a file that is made for, or by, the measurements; without a name, their folder.
sub made { return join '/', "$build/t/bench", @_ }

sub command {
    my (@command) = @_;
    open my $out, '-|', @command or die "$command[0]: $!\n";
    my $text = join '', <$out>;
    close $out or die "failed: @command\n";
    return $text;
}

sub is_installed {
    my ($name) = @_;
    return grep { -x "$_/$name" } split /:/, $ENV{PATH};
}

sub write_file {
    my ($path, $text) = @_;
    open my $out, '>', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
    return;
}

# Builds as t/run does, unless CC_BUILD names a build to measure.
sub build {
    return if $is_given;
    command('sh', '-euc', <<'SH', $top);
cd "$0"
. t/lib/packages.sh
. t/lib/build.sh
need_packages build demo test
want_packages servers
build build CC=gcc CFLAGS='-O2 -g' --enable-werror
build_more t/ca/odd
SH
    return;
}

sub compile {
    my ($out, @arguments) = @_;
    my $cc    = $ENV{CC} // 'cc';
    my @flags = split ' ', command('pkg-config', '--cflags', 'apr-1');
    make_path(made());
    command($cc, '-std=gnu11', '-O2', '-g', '-D_GNU_SOURCE', @flags, '-o', made($out), @arguments);
    return;
}

sub compile_all {
    my @libraries = split ' ',
        command('pkg-config', '--libs', qw(apr-util-1 apr-1 openssl libpcre2-8 jansson libutf8proc));
    compile('pools.so', '-shared', '-fPIC', "$top/t/bench/pools.c", '-ldl');
    for my $program (qw(cas crls growth rules tables)) {
        compile($program, "-I$top/modules", "$top/t/bench/$program.c",
            "$build/libclientcert.a", @libraries);
    }
    return;
}

1;
