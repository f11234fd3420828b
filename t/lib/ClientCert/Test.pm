# SPDX-License-Identifier: Apache-2.0
# Knows how to run a real httpd for one test file: configuration, start, log, end.
package ClientCert::Test;

=head1 SYNOPSIS

    use strict;
    use warnings;
    use ClientCert::Test;    # brings Test::More along

    my $h = ClientCert::Test->server(
        modules => ['authz_user'],
        cgi     => 1,
        conf    => <<'CONF');
    <VirtualHost *:@PORT@>
        ServerName localhost
        @SSL@
        SSLVerifyClient optional
        ClientCertMap san.email =~ "(.+)@example\.com" user=$1
        <Location "/private">
            Require clientcert
        </Location>
    </VirtualHost>
    CONF

    is $h->get('/', cert => 'alice')->{status}, 200, 'a certificate of the staff is served';

    announce('AH01630', 'CC0110');
    is $h->get('/private')->{status}, 403, 'nobody gets in without a certificate';

    my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice'));
    is $env->{REMOTE_USER}, 'alice', 'the application sees the user';

    done_testing;            # ours: stops the servers and checks their logs first

Run it with C<t/run t/http/NAME.t>, or after a build with C<prove -It/lib t/http/NAME.t>.
C<KEEP=1> keeps the server's directory and prints its name.

=head1 SERVERS

=over

=item ClientCert::Test->server(conf => TEXT, ...)

Makes a directory for a server and starts it on free ports of 127.0.0.1. Further options:

    modules => [NAME, ...]      modules besides authn_core, authz_core, dir, log_config, unixd,
                                socache_shmcb, ssl, clientcert and the MPM; "-NAME" leaves one
                                out. Whether one is static or shared is found out.
    mpm     => 'event'          or worker, prefork
    cgi     => 1                adds alias and cgid, and /cgi-bin/env, which shows its environment
                                (modules => ['-cgid', 'cgi'] takes cgi instead)
    files   => {PATH => TEXT}   files below the server's directory; also htdocs/..., conf/...
    global  => TEXT             configuration to stand before conf (conf is a file of its own,
                                site.conf, so that its line numbers count from its first line)

In conf, global and files stand for something:

    @PORT@ @PORT2@ @PORT3@ ...  free ports; httpd listens on each that is mentioned
    @SSL@ @SSL:a.example@       SSLEngine on, the server's certificate of localhost or another
                                (a.example, b.example, ab.example), SSLVerifyDepth 4 and
                                SSLCACertificateFile clients.pem; one line. What follows
                                it may set another.
    @CA@                        the directory of test certificates (see t/ca)
    @ROOT@                      the server's directory: conf, htdocs, logs, run, cgi-bin
    @TOP@                       the project's source

The server has LogLevel info; a LogLevel in conf changes that.

=item ClientCert::Test->configtest(...), ClientCert::Test->try_start(...)

Take the same options, give (exit status, output). configtest runs C<httpd -t>; try_start starts
the server, for errors that show only then; status 0 means that it did start (it is stopped again),
the output is then its log.

=item $h->stop

Stops the server and checks, as one test, that no process died by a signal and that the log holds
no line of level warn or worse but those announced. done_testing does it for all.

=item announce(WHAT, ...)

Says which of those lines are expected: tags ('CC0110', 'AH01630') or patterns (qr/.../), such as
qr/SSL Library Error/ for the lines that mod_ssl adds to its own.

=item $h->reload(conf => TEXT)

A graceful restart (conf may be left out). True when the server runs with the new configuration,
false when it ended. C<files> may be given too.

=item $h->log, $h->log_lines(PATTERN), $h->wait_log(PATTERN, SECONDS), $h->mark_log

The error log, or the lines of it that match, since the last mark_log. wait_log waits until there
is a line that matches (10 seconds), and gives those lines, or none. mod_log_config's lines come
after the response: use wait_log for what is logged at the end of a request.

=item $h->file(PATH, TEXT), $h->path(PATH), $h->port, $h->port(2), $h->pid

A file below the server's directory is written; the full name of one; the ports; the parent.

=item ClientCert::Test->ca, ClientCert::Test->short_cert(SECONDS)

The directory of test certificates; a new certificate of the Staff CA (CN=short,
short@example.com) that expires in so many seconds, for C<< cert => >>.

=back

=head1 CLIENTS

See L<ClientCert::Test::Client>: get, s_client, connection, parallel, cgi_env.

=cut

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Test::More ();
use Time::HiRes qw(sleep time);

use parent 'ClientCert::Test::Client';

my $top   = abs_path(dirname(__FILE__) . '/../../..');
my $build = abs_path($ENV{CC_BUILD} // "$top/build") // "$top/build";
my $slow  = $ENV{CC_SLOW} // 1;    # how many times longer than usual everything may take
# Lines that say nothing about a test: an OpenSSL other than the one httpd was built with, that
# there is no session cache, and that rules name no CA although clients.pem has several.
my @announced = ('AH01882', 'AH01873', 'CC0704');
my @servers;

sub import {
    my $caller = caller;
    no strict 'refs';
    Test::More->export_to_level(1);
    no warnings 'redefine';
    *{"${caller}::announce"}     = \&announce;
    *{"${caller}::done_testing"} = \&done_testing;
    return;
}

sub announce { push @announced, @_; return }

sub done_testing {
    $_->stop for grep { $_->{pid} } @servers;
    Test::More->builder->done_testing(@_);
    return;
}

# ---- what the machine has

sub _command {
    my (@command) = @_;
    open my $out, '-|', @command or return '';
    my $text = join '', <$out>;
    close $out;
    chomp $text;
    return $text;
}

sub _apxs {
    my ($name) = @_;
    my ($apxs) = grep { -x } map { ("$_/apxs", "$_/apxs2") } split(/:/, $ENV{PATH}), '/usr/sbin';
    $apxs = $ENV{APXS} // $apxs // die "no apxs: install the development files of httpd\n";
    return _command($apxs, '-q', $name);
}

sub _httpd {
    my @names = ($ENV{CC_HTTPD} // (), _apxs('SBINDIR') . '/' . _apxs('PROGNAME'),
        '/usr/sbin/apache2', '/usr/sbin/httpd');
    my ($found) = grep { -x } @names;
    return $found // die "no httpd among @names\n";
}

my ($httpd, $libexecdir, $static);

sub _find_httpd {
    $httpd      //= _httpd();
    $libexecdir //= _apxs('LIBEXECDIR');
    $static     //= { map { $_ => 1 } _command($httpd, '-l') =~ /^\s+(?:mod_)?(\w+)\.c$/mg };
    $static->{"mpm_$_"} = $static->{$_} for qw(event worker prefork);
    return;
}

# One LoadModule line, or nothing for what is built in.
sub _load_module {
    my ($name) = @_;
    return '' if $static->{$name};
    return '' if $name eq 'unixd' && !-e "$libexecdir/mod_unixd.so";
    my $path = $name eq 'clientcert' ? module_path() : "$libexecdir/mod_$name.so";
    die "there is no $path\n" unless -e $path;
    return "LoadModule ${name}_module $path\n";
}

sub module_path { return $ENV{CC_MODULE} // "$build/.libs/mod_clientcert.so" }

sub ca {
    our $made;
    my $dir = "$build/ca";
    make_path($dir);
    local $ENV{CC_ODD} = $ENV{CC_ODD} // "$build/t/ca/odd";
    $made //= system("$top/t/ca/make", $dir) == 0 || die "t/ca/make failed\n";
    return $dir;
}

sub short_cert {
    my ($class, $seconds) = @_;
    our $count;
    my $name = 'short-' . $$ . '-' . ++$count;
    system("$top/t/ca/make", '-s', $seconds, '-o', $name, ca(), 'short') == 0
        or die "t/ca/make failed\n";
    return $name;
}

# Ports below those that the system gives to clients, so that no client takes one meanwhile.
# Test files that run beside each other look at other ports: the first free one from a place that
# the process number gives. (Between the look and httpd's bind another could take it.)
sub _free_port {
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

# ---- the server's directory

sub _new {
    my ($class, %options) = @_;
    _find_httpd();
    my $root = tempdir('clientcert-XXXXXX', TMPDIR => 1);
    my $self = bless {
        mpm => 'event', modules => [], files => {}, global => '', conf => '',
        %options, root => $root, ports => {}, mark => 0,
    }, $class;
    push @servers, $self;
    chmod 0755, $root;
    make_path(map { "$root/$_" } qw(conf htdocs logs run cgi-bin));
    chmod 0777, map { "$root/$_" } qw(logs run);
    $self->file('htdocs/index.html', "It works\n");
    $self->_write_cgi if $self->{cgi};
    $self->_write;
    return $self;
}

sub path { my ($self, $path) = @_; return "$self->{root}/$path" }
sub pid  { my ($self)        = @_; return $self->{pid} }

sub port {
    my ($self, $number) = @_;
    $number = '' if !defined $number || $number eq '1';
    return $self->{ports}{$number} //= _free_port();
}

sub file {
    my ($self, $path, $text) = @_;
    my $full = $self->path($path);
    make_path(dirname($full));
    open my $out, '>:raw', $full or die "$full: $!\n";
    print $out $text;
    close $out or die "$full: $!\n";
    return $full;
}

sub _fill {
    my ($self, $text) = @_;
    $text =~ s/\@PORT(\d*)\@/$self->port($1)/ge;
    $text =~ s/\@SSL(?::([\w.-]+))?\@/$self->_ssl($1 \/\/ 'localhost')/ge;
    $text =~ s/\@ROOT\@/$self->{root}/g;
    $text =~ s/\@TOP\@/$top/g;
    $text =~ s/\@CA\@/ca()/ge;
    return $text;
}

sub _ssl {
    my ($self, $name) = @_;
    my $ca = ca();
    return 'Include ' . $self->file("conf/ssl-$name.conf", <<"CONF");
SSLEngine on
SSLCertificateFile $ca/$name.pem
SSLCertificateKeyFile $ca/$name.key
SSLCACertificateFile $ca/clients.pem
SSLVerifyDepth 4
CONF
}

sub _write_cgi {
    my ($self) = @_;
    push @{ $self->{modules} }, 'alias', 'cgid';
    $self->{global} .= <<'CONF';
<IfModule cgid_module>
    ScriptSock cgisock
</IfModule>
ScriptAlias /cgi-bin/ @ROOT@/cgi-bin/
CONF
    chmod 0755, $self->file('cgi-bin/env', <<'PERL');
#!/usr/bin/perl
print "Content-Type: text/plain\r\n\r\n";
for (sort keys %ENV) {
    (my $value = $ENV{$_}) =~ s/([\\\x00-\x1f\x7f])/sprintf '\\x%02x', ord $1/ge;
    print "$_=$value\n";
}
PERL
    return;
}

sub _write {
    my ($self) = @_;
    my %seen;
    my @modules = ('mpm_' . $self->{mpm}, qw(unixd log_config authn_core authz_core dir
            socache_shmcb ssl clientcert), @{ $self->{modules} });
    my %without = map { /^-(.+)/ ? ($1 => 1) : () } @modules;
    my $load    = join '', map { _load_module($_) }
        grep { !/^-/ && !$without{$_} && !$seen{$_}++ } @modules;
    my $global  = $self->_fill($self->{global});
    my $site    = $self->_fill($self->{conf});
    $self->file($_, $self->_fill($self->{files}{$_})) for sort keys %{ $self->{files} };
    $self->file('conf/site.conf', $site);
    $self->file('conf/mime.types', "text/html html\ntext/plain txt\n");
    $self->port;    # one port at least
    my $listen = join '', map { "Listen 127.0.0.1:$_\n" } sort values %{ $self->{ports} };
    $self->file('conf/httpd.conf', $load . $self->_base_conf . $listen . $global
            . "Include conf/site.conf\n");
    return;
}

sub _base_conf {
    my ($self) = @_;
    my ($user, $group) = _unprivileged();
    my $who = $> == 0 ? "User $user\nGroup $group\n" : '';
    return <<"CONF";
ServerRoot "$self->{root}"
ServerName localhost
PidFile run/httpd.pid
DefaultRuntimeDir run
DocumentRoot htdocs
ErrorLog logs/error_log
LogLevel info
GracefulShutdownTimeout 5
MaxKeepAliveRequests 0
KeepAliveTimeout 30
$who<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 4
    ThreadsPerChild 16
    MinSpareThreads 1
    MaxSpareThreads 64
    MaxRequestWorkers 64
</IfModule>
<IfModule mpm_prefork_module>
    StartServers 4
</IfModule>
<IfModule mime_module>
    TypesConfig conf/mime.types
</IfModule>
CONF
}

sub _unprivileged {
    for my $name (qw(www-data apache daemon nobody)) {
        my @entry = getpwnam $name or next;
        return ($name, scalar getgrgid $entry[3]);
    }
    die "no user to run httpd as\n";
}

# ---- start and stop

sub server {
    my ($class, %options) = @_;
    my $self = $class->_new(%options);
    return $self if $self->_start;
    Test::More::diag($self->_said);
    Test::More::BAIL_OUT('httpd did not start') if $ENV{CC_BAIL};
    die "httpd did not start\n";
}

sub try_start {
    my ($class, %options) = @_;
    my $self = $class->_new(%options);
    if ($self->_start) {
        my $log = $self->log;
        $self->stop;
        return (0, $log);
    }
    return ($self->{exit}, $self->_said);
}

sub configtest {
    my ($class, %options) = @_;
    my $self   = $class->_new(%options);
    my $exit   = $self->_run_httpd(['-t'], $self->path('logs/stderr'));
    my $output = $self->_said;
    return ($exit, $output);
}

sub _said {
    my ($self) = @_;
    return join '', map { _slurp($self->path("logs/$_")) } qw(stderr error_log);
}

sub _slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub _arguments {
    my ($self) = @_;
    return ($httpd, '-d', $self->{root}, '-f', 'conf/httpd.conf');
}

# The command under which httpd runs, and its environment, when memory is being checked.
sub _checker {
    my ($self) = @_;
    my $logs = $self->path('logs');
    if ($ENV{CC_PRELOAD}) {
        $ENV{LD_PRELOAD}    = $ENV{CC_PRELOAD};
        $ENV{ASAN_OPTIONS}  = "detect_leaks=0:abort_on_error=1:handle_segv=2:handle_sigbus=2:"
            . "handle_sigfpe=2:log_path=$logs/sanitizer";
        $ENV{UBSAN_OPTIONS} = "halt_on_error=1:abort_on_error=1:print_stacktrace=1:"
            . "log_path=$logs/sanitizer";
    }
    return $ENV{CC_VALGRIND}
        ? ('valgrind', '-q', '--leak-check=full', '--errors-for-leak-kinds=definite',
        '--show-leak-kinds=definite', '--num-callers=40', '--keep-debuginfo=yes',
        "--suppressions=$top/t/lib/valgrind.supp",
        "--log-file=$logs/valgrind.%p") : ();
}

sub _exec_httpd {
    my ($self, $arguments, $output) = @_;
    setpgrp;
    open STDIN,  '<',  '/dev/null' or POSIX::_exit(127);
    open STDOUT, '>',  $output     or POSIX::_exit(127);
    open STDERR, '>&', \*STDOUT    or POSIX::_exit(127);
    $ENV{LC_ALL} = 'C';
    my @command = ($self->_checker, $self->_arguments, @$arguments);
    exec { $command[0] } @command or POSIX::_exit(127);
}

sub _run_httpd {
    my ($self, $arguments, $output) = @_;
    my $pid = fork // die "fork: $!\n";
    $self->_exec_httpd($arguments, $output) if $pid == 0;
    waitpid $pid, 0;
    return $? >> 8 || $? & 127;
}

sub _start {
    my ($self) = @_;
    for (1 .. 3) {
        my $pid = fork // die "fork: $!\n";
        $self->_exec_httpd(['-DFOREGROUND'], $self->path('logs/stderr')) if $pid == 0;
        $self->{pid} = $pid;
        return 1 if $self->_is_up(1);
        return 0 if $self->_said !~ /AH00072|could not bind/;
        unlink map { $self->path("logs/$_") } qw(stderr error_log);
        $self->{ports} = {};
        $self->_write;
    }
    return 0;
}

# How often the server has said that it runs.
sub _times_up {
    my ($self) = @_;
    my @said = _slurp($self->path('logs/error_log')) =~ /configured -- resuming normal operations/g;
    return scalar @said;
}

# Waits until the server has said for the n-th time that it runs; false if it ended instead.
sub _is_up {
    my ($self, $times) = @_;
    my $until = time + 30 * $slow;
    while (time < $until) {
        return 1 if $self->_times_up >= $times;
        if (waitpid($self->{pid}, WNOHANG) == $self->{pid}) {
            $self->{exit} = $? >> 8 || $? & 127;
            delete $self->{pid};
            return 0;
        }
        sleep 0.02;
    }
    $self->_end;
    $self->{exit} = 'time out';
    return 0;
}

sub reload {
    my ($self, %options) = @_;
    $self->{$_} = $options{$_} for keys %options;
    $self->_write;
    my $before = $self->_times_up;
    my @children = $self->_children;
    kill 'USR1', $self->{pid};
    my $up = $self->_is_up($before + 1);
    # Processes of before take connections until they have heard of it.
    my $until = time + 3 * $slow;
    sleep 0.02 while time < $until && grep { $self->_listens($_) } @children;
    return $up;
}

sub _children {
    my ($self) = @_;
    return grep { (eval { _slurp("/proc/$_/status") } // '') =~ /^PPid:\s+$self->{pid}$/m }
        map { m{(\d+)} } glob '/proc/[0-9]*';
}

# The lines of /proc/net/tcp about the server's ports, in a state (two hex digits).
sub _sockets {
    my ($self, $state) = @_;
    my $ports = join '|', map { sprintf '%04X', $_ } values %{ $self->{ports} };
    return grep { /^\s*\d+: \w+:(?:$ports) \w+:\w+ $state / } split /\n/, _slurp('/proc/net/tcp');
}

sub _listens {
    my ($self, $pid) = @_;
    my %inodes = map { (split)[9] => 1 } $self->_sockets('0A');    # LISTEN
    return grep { (readlink // '') =~ /^socket:\[(\d+)\]$/ && $inodes{$1} } glob "/proc/$pid/fd/*";
}

# Waits a moment until no connection to the server is left. Where a connection ends while httpd is
# told to end, its event MPM may look at a socket that is gone (close_worker_sockets), and crash.
sub _settle {
    my ($self) = @_;
    my $until = time + 0.5 * $slow;
    while (time < $until) {
        return unless $self->_sockets('(?!06|0A)..');    # but for TIME_WAIT and LISTEN
        sleep 0.01;
    }
    return;
}

sub _end {
    my ($self) = @_;
    my $pid = delete $self->{pid} // return;
    $self->_settle;
    kill 'TERM', $pid;
    my $until = time + 20 * $slow;
    while (time < $until) {
        return if waitpid($pid, WNOHANG) == $pid;
        sleep 0.02;
    }
    kill 'KILL', -$pid;
    waitpid $pid, 0;
    $self->{killed} = 1;
    return;
}

sub stop {
    my ($self) = @_;
    $self->_end;
    my @wrong = $self->_wrong;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::ok(!@wrong, 'the error log holds only what the test announced')
        || Test::More::diag(join "\n", @wrong);
}

# ---- the log

sub log {
    my ($self) = @_;
    return substr _slurp($self->path('logs/error_log')), $self->{mark};
}

# httpd logs the end of a request after its answer: so this waits until the log stands still.
sub mark_log {
    my ($self) = @_;
    my $path = $self->path('logs/error_log');
    my $seen = -1;
    for (1 .. 10) {
        last if $seen == -s $path;
        $seen = -s $path;
        sleep 0.1;
    }
    $self->{mark} = length _slurp($path);
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

# What in the log, and what memory checkers say, should not be there.
sub _wrong {
    my ($self) = @_;
    my @wrong = grep { _is_unexpected($_) } split /\n/, _slurp($self->path('logs/error_log'));
    push @wrong, 'httpd had to be killed' if $self->{killed};
    for my $report (glob $self->path('logs/{sanitizer,valgrind}*')) {
        my $text = _slurp($report);
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

$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP);

END {
    my $status = $?;
    for my $self (@servers) {
        if ($self->{pid} && $self->{pid} > 0) {
            $self->_end;
            Test::More::diag($_) for $self->_wrong;
            $status ||= 1;    # the test ended before done_testing
        }
        if ($ENV{KEEP}) {
            Test::More::diag("kept $self->{root}");
        } else {
            remove_tree($self->{root});
        }
    }
    $? = $status;
}

1;
