# SPDX-License-Identifier: Apache-2.0
# Starts a real httpd for a test, with the help of the modules in the directory Test.
package ClientCert::Test;

=head1 SYNOPSIS

    use strict;
    use warnings;
    use ClientCert::Test;    # exports Test::More too

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
    is $h->get('/private')->{status}, 403, 'no client gets in without a certificate';

    my $env = $h->cgi_env($h->get('/cgi-bin/env', cert => 'alice'));
    is $env->{REMOTE_USER}, 'alice', 'the application sees the user';

    done_testing;            # of this module: first stops the servers and checks their logs

Run it with C<t/run t/http/NAME.t>, or after a build with C<prove -It/lib t/http/NAME.t>.
C<KEEP=1> keeps the server's directory and prints its name.

=head1 SERVERS

=over

=item ClientCert::Test->server(conf => TEXT, ...)

Makes a directory for a server and starts it on free ports of 127.0.0.1. Further options:

    modules => [NAME, ...]      modules besides authn_core, authz_core, dir, log_config, unixd,
                                socache_shmcb, ssl, clientcert and the MPM; "-NAME" leaves one
                                out. Static and shared modules are distinguished.
    mpm     => 'event'          or worker, prefork
    cgi     => 1                adds alias and cgid, and /cgi-bin/env, which shows its environment
                                (modules => ['-cgid', 'cgi'] uses cgi instead)
                                (modules => ['^clientcert'] loads that before all others)
    files   => {PATH => TEXT}   files below the server's directory; also htdocs/..., conf/...
    global  => TEXT             configuration in front of conf (conf is a file of its own,
                                site.conf, so that its line numbers count from its first line)

Placeholders in conf, global and files:

    @PORT@ @PORT2@ @PORT3@ ...  free ports; httpd listens on each that appears
    @SSL@ @SSL:a.example@       SSLEngine on, the server's certificate of localhost or another
                                (a.example, b.example, ab.example), SSLVerifyDepth 4 and
                                SSLCACertificateFile clients.pem; one line. Later lines
                                may override them.
    @TLS@ @TLS:a.example@       the same without CAs of clients and depth
    @CA@                        the directory of test certificates (see t/ca)
    @ROOT@                      the server's directory: conf, htdocs, logs, run, cgi-bin
    @TOP@                       the project's source

The server has LogLevel info; a LogLevel in conf changes that.

=item ClientCert::Test->configtest(...), ClientCert::Test->try_start(...)

Take the same options and return (exit status, output). configtest runs C<httpd -t>; try_start
starts the server, for errors that appear only then. Status 0 means that it did start (it is stopped
again); the output is then its log.

=item $h->disturb

Sends to each port of the server what clients should not send: plain HTTP, garbage, and the first
octets of a handshake. The server of each test has to survive this, because stop begins with it.

=item $h->stop

Stops the server and checks, as one test, that no process died by a signal and that the log has no
line of level warn or worse except announced ones. done_testing does this for all servers.

=item announce(WHAT, ...)

Announces expected lines: tags ('CC0110', 'AH01630') or patterns (qr/.../), such as
qr/SSL Library Error/ for the lines that mod_ssl adds to its own.

=item $h->reload(conf => TEXT)

A graceful restart (conf may be omitted). True if the server runs with the new configuration, false
if it has ended. C<files> may be given too; with signal => 'HUP' the restart is not graceful.

=item $h->log, $h->log_lines(PATTERN), $h->wait_log(PATTERN, SECONDS), $h->mark_log

The error log, or its lines that match, since the last mark_log. wait_log waits until a line matches
(10 seconds) and returns the matching lines, or none. mod_log_config writes its lines after the
response: use wait_log for lines that are written at the end of a request.

=item $h->file(PATH, TEXT), $h->path(PATH), $h->port, $h->port(2), $h->pid

Writes a file below the server's directory; the full path of one; the ports; the parent's process
number.

=item ClientCert::Test->needs(LIBRARY), ClientCert::Test->needs_for(CONFIGURATION, ...)

Ends the test, as skipped, if the module was built without hiredis, Jansson or libldap, or without
what a table or handler of a configuration needs. A server does the latter, unless it has the option
C<< lacking => 1 >>. A command of L<ClientCert::Test::Tool> does it too.

=item ClientCert::Test->ca, ClientCert::Test->short_cert(SECONDS)

The directory of test certificates; a new certificate of the Staff CA (CN=short,
short@example.com) that expires in this number of seconds, for C<< cert => >>.

=back

=head1 CLIENTS

See L<ClientCert::Test::Client>: get, s_client, connection, parallel, cgi_env.

=cut

use strict;
use warnings;

use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use Test::More ();

use ClientCert::Test::Machine qw(lacks);
use parent qw(ClientCert::Test::Ca ClientCert::Test::Client ClientCert::Test::Directory
    ClientCert::Test::Disturbance ClientCert::Test::ErrorLog ClientCert::Test::Process);

my @servers;

sub import {
    my $caller = caller;
    no strict 'refs';
    Test::More->export_to_level(1);
    no warnings 'redefine';
    *{"${caller}::announce"}     = \&ClientCert::Test::ErrorLog::announce;
    *{"${caller}::done_testing"} = \&done_testing;
    return;
}

sub done_testing {
    $_->stop for grep { $_->{pid} } @servers;
    Test::More->builder->done_testing(@_);
    return;
}

# What a configuration has that needs a library.
my %needs = (
    hiredis => qr/^\s*ClientCertTable\s+\S+\s+rediss?:/m,
    Jansson => qr/^\s*SetHandler\s+clientcert-(?:status|ledger)\b/m,
    libldap => qr/^\s*ClientCertTable\s+\S+\s+ldaps?:/m,
);

# Ends the test here, with the reason, if the module was built without this library.
sub needs {
    my ($class, $library) = @_;
    my $builder = Test::More->builder;
    my $why     = "the module was built without $library";
    return if !lacks($library);
    $builder->plan(skip_all => $why) if !$builder->current_test && !grep { $_->{pid} } @servers;
    $builder->skip($why);
    done_testing();
    exit;
}

sub needs_for {
    my ($class, @texts) = @_;
    for my $library (sort keys %needs) {
        $class->needs($library) if grep { ($_ // '') =~ $needs{$library} } @texts;
    }
    return;
}

sub _new {
    my ($class, %options) = @_;
    my @texts = (@options{qw(global conf)}, values %{ $options{files} // {} });
    $class->needs_for(@texts) if !$options{lacking};
    my $self = bless {
        mpm => 'event', modules => [], files => {}, global => '', conf => '', %options,
        root => tempdir('clientcert-XXXXXX', TMPDIR => 1), ports => {}, mark => 0,
    }, $class;
    push @servers, $self;
    $self->_lay_out;
    return $self;
}

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

sub stop {
    my ($self) = @_;
    $self->disturb;
    $self->_end;
    my @wrong = $self->_wrong;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return Test::More::ok(!@wrong, 'the error log has only lines that the test announced')
        || Test::More::diag(join "\n", @wrong);
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
