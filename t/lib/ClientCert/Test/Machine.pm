# SPDX-License-Identifier: Apache-2.0
# Finds what the machine has for a test: httpd and its modules, the build, programs, ports, a user.
package ClientCert::Test::Machine;

=head1 FUNCTIONS

Exported by request.

=over

=item top, build, module_path

The directories of the source and of the build; the path of the built module.

=item httpd, load_module(NAME)

The server's program; the line that loads one of its modules or this one, or nothing for a module
that is built in.

=item lacks(LIBRARY)

Whether the module was built without hiredis, Jansson or libldap.

=item program(NAME, ...)

The path of the first of these programs that is installed.

=item free_port

An unused port of 127.0.0.1 that the system does not give to clients.

=item children(PID)

The processes that this one has started, as far as the system tells.

=item unprivileged

The result of getpwnam for a user that owns no files.

=back

=cut

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use IO::Socket::INET ();

use ClientCert::Test::File;

our @EXPORT_OK = qw(build children free_port httpd lacks load_module module_path program top unprivileged apxs);

my $top   = abs_path(dirname(__FILE__) . '/../../../..');
my $build = abs_path($ENV{CC_BUILD} // "$top/build") // "$top/build";

sub top         { return $top }
sub build       { return $build }
sub module_path { return $ENV{CC_MODULE} // "$build/mod_clientcert.so" }

# Such a module has these words in its messages (modules/**/*_absent.c).
sub lacks {
    my ($library) = @_;
    open my $module, '<:raw', module_path() or return 0;
    local $/;
    our $module_text //= <$module>;
    return index($module_text, "built without $library") >= 0;
}

sub program {
    my (@names) = @_;
    for my $name (@names) {
        my ($found) = grep { -x } map { "$_/$name" } split(/:/, $ENV{PATH}), '/usr/sbin';
        return $found if $found;
    }
    return;
}

# ---- httpd

sub _command {
    my (@command) = @_;
    open my $out, '-|', @command or return '';
    my $text = join '', <$out>;
    close $out;
    chomp $text;
    return $text;
}

sub apxs {
    my ($name) = @_;
    return $ENV{"CC_APXS_$name"} if $ENV{"CC_APXS_$name"};
    my $apxs = $ENV{APXS} // program('apxs', 'apxs2')
        // die "no apxs: install the development files of httpd\n";
    return _command($apxs, '-q', $name);
}

sub _find_httpd {
    my @names = ($ENV{CC_HTTPD} // (), apxs('SBINDIR') . '/' . apxs('PROGNAME'),
        '/usr/sbin/apache2', '/usr/sbin/httpd');
    my ($found) = grep { -x } @names;
    return $found // die "no httpd among @names\n";
}

sub httpd { return our $httpd //= _find_httpd() }

sub _is_built_in {
    my ($name) = @_;
    our $built_in //= { map { $_ => 1 } _command(httpd(), '-l') =~ /^\s+(?:mod_)?(\w+)\.c$/mg };
    return $built_in->{ $name =~ s/^mpm_//r };
}

sub load_module {
    my ($name) = @_;
    our $libexecdir //= apxs('LIBEXECDIR');
    return '' if _is_built_in($name);
    return '' if $name eq 'unixd' && !-e "$libexecdir/mod_unixd.so";
    my $path = $name eq 'clientcert' ? module_path() : "$libexecdir/mod_$name.so";
    die "there is no $path\n" unless -e $path;
    return "LoadModule ${name}_module $path\n";
}

# ---- the port and the user of a server

# Ports below those that the system gives to clients, so that no client takes one meanwhile. Tests
# that run at the same time check different ports: the search starts at a port that depends on the
# process number. (Another process could take the port between the check and the server's bind.)
sub free_port {
    our %given;
    my $first = $$ % 1500 * 8;
    for my $offset (0 .. 11_999) {
        my $port = 20000 + ($first + $offset) % 12000;
        next if $given{$port}++;
        return $port
            if IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => $port);
    }
    die "no free port\n";
}

sub children {
    my ($pid) = @_;
    return grep { read_if_there("/proc/$_/status") =~ /^PPid:\s+$pid$/m }
        map { m{(\d+)} } glob '/proc/[0-9]*';
}

sub unprivileged {
    for my $name (qw(www-data apache daemon nobody)) {
        my @entry = getpwnam $name or next;
        return @entry;
    }
    die "no user to run a server as\n";
}

1;
