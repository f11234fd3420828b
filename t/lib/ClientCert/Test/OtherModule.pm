# SPDX-License-Identifier: Apache-2.0
# Compiles the modules of t/modules, which use mod_clientcert as modules of others do.
package ClientCert::Test::OtherModule;

=head1 SYNOPSIS

    use ClientCert::Test::OtherModule;

    my $h = ClientCert::Test->server(global => load_other('test_lookup'), conf => ...);

load_other compiles t/modules/mod_NAME.c, and mod_NAME_*.c, with apxs and the header in include/, as
the author of a module would. It returns the line that loads the module. The module is removed when
the test ends.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Copy qw(copy);
use File::Temp ();

use ClientCert::Test::Command;
use ClientCert::Test::Machine qw(program top);

our @EXPORT = qw(load_other);

my $dir = File::Temp->newdir;
chmod 0755, $dir;

sub load_other {
    my ($name)  = @_;
    my @sources = glob top() . "/t/modules/mod_$name.[ch] " . top() . "/t/modules/mod_${name}_*.c";
    my $apxs    = $ENV{APXS} // program('apxs', 'apxs2');
    my @files   = map { s{.*/}{}r } @sources;
    my $build   = "$dir/$name";
    mkdir $build;
    copy($_, $build) for @sources;
    my ($exit, $output, $error) = run_command('', 'sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh',
        $build, $apxs, '-I', top() . '/include', '-Wc,-Wall -Wextra -Werror', '-c',
        '-o', "mod_$name.la", grep { /\.c$/ } @files);
    die "mod_$name.c: $output$error\n" if $exit != 0;
    chmod 0755, $build, "$build/.libs";
    return "LoadModule ${name}_module $build/.libs/mod_$name.so\n";
}

1;
