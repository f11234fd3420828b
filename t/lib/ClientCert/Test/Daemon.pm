# SPDX-License-Identifier: Apache-2.0
# Runs the servers that tables ask, for one test: PostgreSQL and slapd.
package ClientCert::Test::Daemon;

=head1 SYNOPSIS

    use ClientCert::Test::Daemon;

    plan skip_all => postgres_missing() if postgres_missing();
    my $db = postgres('CREATE TABLE ...; INSERT ...');
    $db->params;                    # for DBDParams
    $db->sql('INSERT ...');

    plan skip_all => slapd_missing() if slapd_missing();
    my $directory = slapd(schema => TEXT, ldif => TEXT, conf => TEXT, tls => 'localhost');
    $directory->url;                # ldap://127.0.0.1:PORT; $directory->tls_url: ldaps://127.0.0.1:PORT

    $daemon->freeze; $daemon->thaw;     # it hangs, and continues
    $daemon->stop; $daemon->start;      # at once, as in a crash

Each is an ordinary process in a directory of its own, as the user that runs the tests or, for root,
an unprivileged one. It ends with the test. schema and conf are lines of slapd.conf, for all and for
the one database, whose suffix is dc=example,dc=com and whose root is cn=root,dc=example,dc=com with
the password "secret"; tls names a certificate of the test CA.

..._missing returns which program is missing, or nothing. If CI is set in the environment, a missing
program is a failure.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use IO::Socket::INET ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use ClientCert::Test ();
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(free_port unprivileged);

our @EXPORT = qw(postgres postgres_missing slapd slapd_missing);

my $slow = $ENV{CC_SLOW} // 1;
my @places = (
    split(/:/, $ENV{PATH} // ''), qw(/usr/sbin /usr/libexec),
    reverse(sort(glob '/usr/lib/postgresql/*/bin /usr/pgsql-*/bin'))
);
my @running;

# ---- programs

sub _program {
    my ($name) = @_;
    my ($found) = grep { -x } map { "$_/$name" } @places;
    return $found;
}

sub _missing {
    my (@names) = @_;
    my @missing = grep { !_program($_) } @names or return;
    die "missing: @missing\n" if $ENV{CI};
    return "not installed: @missing";
}

sub postgres_missing { return _missing(qw(postgres initdb psql)) }
sub slapd_missing    { return _missing(qw(slapd)) }

# The user that runs it: PostgreSQL refuses root.
sub _user {
    return if $> != 0;
    return (unprivileged())[2, 3];
}

sub _run {
    my ($self, $output, @command) = @_;
    my ($uid, $gid) = _user();
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    chdir $self->{dir};
    setpgrp;
    if (defined $uid) {
        POSIX::setgid($gid);
        POSIX::setuid($uid);
    }
    open STDIN,  '<',  '/dev/null'            or POSIX::_exit(127);
    open STDOUT, '>>', "$self->{dir}/$output" or POSIX::_exit(127);
    open STDERR, '>&', \*STDOUT               or POSIX::_exit(127);
    delete @ENV{qw(LD_PRELOAD PERL5LIB)};    # Debian's psql is Perl, and may not read t/lib
    $ENV{LC_ALL} = 'C';
    exec { $command[0] } @command or POSIX::_exit(127);
}

sub _run_once {
    my ($self, @command) = @_;
    waitpid $self->_run('said', @command), 0;
    return if $? == 0;
    die "$command[0] failed:\n", read_if_there("$self->{dir}/said");
}

# ---- common methods

sub _new {
    my ($class, %options) = @_;
    my $self = bless { %options, dir => tempdir('clientcert-daemon-XXXXXX', TMPDIR => 1, CLEANUP => 1) },
        $class;
    my ($uid, $gid) = _user();
    chown $uid, $gid, $self->{dir} if defined $uid;
    chmod 0755, $self->{dir};
    push @running, $self;
    return $self;
}

sub _write {
    my ($self, $name, $text) = @_;
    return write_file("$self->{dir}/$name", $text);
}

sub start {
    my ($self) = @_;
    $self->{pid} = $self->_run('log', $self->_command);
    my $until = time + 30 * $slow;
    while (time < $until) {
        return 1 if $self->_is_up;
        $self->_give_up('it ended') if waitpid($self->{pid}, WNOHANG) == $self->{pid};
        sleep 0.05;
    }
    return $self->_give_up('it does not start');
}

sub _give_up {
    my ($self, $why) = @_;
    my @said = map { read_if_there("$self->{dir}/$_") } qw(log said);
    die "@{[$self->_command]}: $why\n", @said;
}

# The process and its children, which may be in another process group.
sub _processes {
    my ($self) = @_;
    my %parent;
    for my $stat (glob '/proc/[0-9]*/stat') {
        my ($pid, $ppid) = read_if_there($stat) =~ /^(\d+) \(.*\) \S (\d+)/s or next;
        $parent{$pid} = $ppid;
    }
    return ($self->{pid}, grep { $parent{$_} == $self->{pid} } keys %parent);
}

sub freeze { my ($self) = @_; kill 'STOP', $self->_processes; return }
sub thaw   { my ($self) = @_; kill 'CONT', $self->_processes; return }

sub stop {
    my ($self) = @_;
    my @processes = $self->{pid} ? $self->_processes : ();
    kill 'KILL', @processes;
    waitpid delete $self->{pid}, 0 if @processes;
    my $until = time + 10 * $slow;
    sleep 0.02 while time < $until && grep { kill 0, $_ } @processes;
    return;
}

END {
    my $status = $?;
    $_->stop for @running;
    $? = $status;
}

# ---- PostgreSQL

package ClientCert::Test::Daemon::Postgres;

our @ISA = 'ClientCert::Test::Daemon';

sub _command {
    my ($self) = @_;
    return (ClientCert::Test::Daemon::_program('postgres'), '-D', "$self->{dir}/data",
        '-k', $self->{dir}, '-p', $self->{port}, '-c', 'listen_addresses=', '-F');
}

sub _psql {
    my ($self, @arguments) = @_;
    return (ClientCert::Test::Daemon::_program('psql'), '-X', '-q', '-h', $self->{dir}, '-p',
        $self->{port}, '-U', 'httpd', '-v', 'ON_ERROR_STOP=1', @arguments, 'postgres');
}

sub _is_up {
    my ($self) = @_;
    waitpid $self->_run('said', $self->_psql('-c', 'SELECT 1')), 0;
    return $? == 0;
}

sub sql {
    my ($self, $sql) = @_;
    return $self->_run_once($self->_psql('-f', $self->_write('sql', $sql)));
}

sub params {
    my ($self) = @_;
    return "host=$self->{dir} port=$self->{port} user=httpd dbname=postgres connect_timeout=20";
}

package ClientCert::Test::Daemon;

sub postgres {
    my ($sql) = @_;
    my $self = ClientCert::Test::Daemon::Postgres->_new(port => 5432); # in the name of the socket
    $self->_run_once(_program('initdb'), '-D', "$self->{dir}/data", '-U', 'httpd', '-A', 'trust',
        '-E', 'UTF8', '--no-locale', '-N');
    $self->start;
    $self->sql($sql);
    return $self;
}

# ---- slapd

package ClientCert::Test::Daemon::Slapd;

our @ISA = 'ClientCert::Test::Daemon';

sub url     { my ($self) = @_; return "ldap://127.0.0.1:$self->{port}" }
sub tls_url { my ($self) = @_; return "ldaps://127.0.0.1:$self->{tls_port}" }

sub _command {
    my ($self) = @_;
    my $urls = join ' ', $self->url . '/', $self->{tls_port} ? $self->tls_url . '/' : ();
    return ("$self->{dir}/slapd", '-d', '0', '-f', "$self->{dir}/slapd.conf", '-h', $urls);
}

sub _is_up {
    my ($self) = @_;
    return defined IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
}

package ClientCert::Test::Daemon;

sub _slapd_conf {
    my ($self)   = @_;
    my ($schema) = grep { -d } qw(/etc/ldap/schema /etc/openldap/schema);
    my ($mdb)    = grep { -e } map { "$_/back_mdb.la" } qw(/usr/lib/ldap /usr/lib64/openldap);
    my $modules  = $mdb ? "moduleload $mdb" : '';
    my $tls      = $self->{tls} ? <<"CONF" : '';
TLSCACertificateFile $self->{dir}/ca.pem
TLSCertificateFile $self->{dir}/tls.pem
TLSCertificateKeyFile $self->{dir}/tls.key
CONF
    return <<"CONF";
include $schema/core.schema
include $schema/cosine.schema
$modules
@{[$self->{schema} // '']}
pidfile $self->{dir}/pid
${tls}database mdb
suffix "dc=example,dc=com"
rootdn "cn=root,dc=example,dc=com"
rootpw secret
directory $self->{dir}/data
@{[$self->{conf} // '']}
CONF
}

sub _copy {
    my ($self, $from, $to, $mode) = @_;
    my $path = $self->_write($to, read_file($from));
    my ($uid, $gid) = _user();
    chown $uid, $gid, $path if defined $uid;
    chmod $mode, $path;
    return;
}

sub slapd {
    my (%options) = @_;
    my $self = ClientCert::Test::Daemon::Slapd->_new(%options, port => free_port());
    $self->{tls_port} = free_port() if $self->{tls};
    # A copy, because AppArmor may keep the installed one to its own directories.
    $self->_copy(_program('slapd'), 'slapd', 0755);
    if ($self->{tls}) {
        # Copies too, because the user that runs it may not read files of root.
        $self->_copy(ClientCert::Test->ca . '/root.pem', 'ca.pem', 0644);
        $self->_copy(ClientCert::Test->ca . "/$self->{tls}.$_", "tls.$_", 0600) for qw(pem key);
    }
    mkdir "$self->{dir}/data";
    my ($uid, $gid) = _user();
    chown $uid, $gid, "$self->{dir}/data" if defined $uid;
    $self->_write('slapd.conf', $self->_slapd_conf);
    $self->_run_once("$self->{dir}/slapd", '-T', 'add', '-f', "$self->{dir}/slapd.conf", '-l',
        $self->_write('data.ldif', $self->{ldif}));
    $self->start;
    return $self;
}

1;
