# SPDX-License-Identifier: Apache-2.0
# Finds and starts the applications that httpd serves in tests: as Debian packages them.
package ClientCert::Test::Application;

=head1 SYNOPSIS

    use ClientCert::Test::Application;

    needs(modules => ['dav_svn'], programs => ['svn'], files => ['/usr/lib/cgit/cgit.cgi']);

    my $php = application('php-fpm');                     # FastCGI
    my $tomcat = application('tomcat', files => { 'webapps/app/index.jsp' => TEXT, ... });
    my $radicale = application('radicale', files => { config => TEXT });
    $php->port;

    my $path = own($h->path('var/repos'));                # gives it to httpd's user, all of it

Modules of httpd, programs and files that are not installed are a reason to skip the test, or to
fail if CI is set. An application is an ordinary process of the test, see
L<ClientCert::Test::Service>, as an unprivileged user if root runs the tests. In its files, @PORT@
is its port and @DIR@ its directory.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Basename qw(dirname);
use File::Find qw(find);
use File::Path qw(make_path);
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(apxs program unprivileged);
use parent -norequire, 'ClientCert::Test::Service';
use ClientCert::Test::Service;

our @EXPORT = qw(application needs own);

# Tomcat runs JSP files of any application.
my $web_xml = <<'XML';
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet>
    <servlet-name>jsp</servlet-name>
    <servlet-class>org.apache.jasper.servlet.JspServlet</servlet-class>
  </servlet>
  <servlet-mapping>
    <servlet-name>jsp</servlet-name>
    <url-pattern>*.jsp</url-pattern>
  </servlet-mapping>
</web-app>
XML

# For each application: its program and further files that it needs, both with wildcards, its own
# files, and the arguments (of its directory).
my %applications = (
    'php-fpm' => {
        program => '/usr/sbin/php-fpm[0-9]* /usr/sbin/php-fpm',
        files   => { 'fpm.conf' => <<'CONF' },
[global]
error_log = @DIR@/log
daemonize = no
[www]
listen = 127.0.0.1:@PORT@
pm = static
pm.max_children = 2
CONF
        command => sub { ('-n', '-y', "$_[0]/fpm.conf", '-p', $_[0]) },
    },
    tomcat => {
        program => '/usr/bin/java',
        needs   => ['/usr/share/tomcat*/bin/bootstrap.jar'],
        files   => { 'conf/web.xml' => $web_xml },
        command => \&_tomcat,
    },
    radicale => {
        program => '/usr/bin/python3',
        needs   => ['/usr/lib/python3*/*-packages/radicale/__main__.py'],
        command => sub { ('-m', 'radicale', '--config', "$_[0]/config") },
    },
);

sub _found { my ($pattern) = @_; return (grep { -e } glob $pattern)[-1] }

sub _tomcat {
    my ($dir) = @_;
    my $home = dirname(dirname(_found('/usr/share/tomcat*/bin/bootstrap.jar')));
    return ('-Xshare:auto', '-XX:TieredStopAtLevel=1', '-Xmx128m', "-Dcatalina.home=$home",
        "-Dcatalina.base=$dir", "-Djava.io.tmpdir=$dir", '-cp',
        "$home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar",
        'org.apache.catalina.startup.Bootstrap', 'start');
}

sub _absent {
    my (%o) = @_;
    my $libexec = apxs('LIBEXECDIR');
    return (
        (grep { !program(split /\|/) } @{ $o{programs} // [] }),
        (grep { !-e "$libexec/mod_$_.so" } @{ $o{modules} // [] }),
        (grep { my @found = glob; !grep { -e } @found } @{ $o{files} // [] }),
    );
}

sub needs {
    my @absent = _absent(@_) or return;
    die "not installed: @absent\n" if $ENV{CI};
    Test::More::plan(skip_all => "not installed: @absent");
    return;
}

sub application {
    my ($name, %o) = @_;
    my $how = $applications{$name} // die "no application $name\n";
    needs(files => [$how->{program}, @{ $how->{needs} // [] }]);
    my $self  = __PACKAGE__->_new;
    my %files = (%{ $how->{files} // {} }, %{ $o{files} // {} });
    for my $path (sort keys %files) {
        make_path(dirname("$self->{dir}/$path"));
        write_file("$self->{dir}/$path",
            $files{$path} =~ s/\@PORT\@/$self->{port}/gr =~ s/\@DIR\@/$self->{dir}/gr);
    }
    own($self->{dir});
    my @as = $> == 0 ? ('--reuid', (unprivileged())[2], '--regid', (unprivileged())[3],
        '--clear-groups') : ();
    # Without root's rights, and so that it ends even if the test is killed.
    $self->{program} = program('setpriv');
    $self->{command} = ['setpriv', @as, '--pdeathsig', 'TERM', 'env', '-i', 'PATH=/usr/bin:/bin',
        "HOME=$self->{dir}", _found($how->{program}), $how->{command}->($self->{dir})];
    return $self->start;
}

# By SIGTERM, so that it ends its children.
sub stop {
    my ($self) = @_;
    my $pid = $self->{pid} // return;
    kill 'TERM', $pid;
    my $until = time + 10 * ($ENV{CC_SLOW} // 1);
    while (time < $until) {
        return delete $self->{pid} if waitpid($pid, WNOHANG) == $pid;
        sleep 0.02;
    }
    return $self->SUPER::stop;
}

sub said { my ($self) = @_; return read_if_there("$self->{dir}/said") }

sub own {
    my (@paths) = @_;
    my ($uid, $gid) = (unprivileged())[2, 3];
    find({ no_chdir => 1, wanted => sub { chown $uid, $gid, $_ } }, @paths) if $> == 0;
    return $paths[0];
}

1;
