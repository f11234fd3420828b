# SPDX-License-Identifier: Apache-2.0
# Makes the directory of a server: its configuration, its files, and the ports that they contain.
package ClientCert::Test::Directory;

use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path qw(make_path);

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(free_port load_module top unprivileged);

sub path { my ($self, $path) = @_; return "$self->{root}/$path" }

sub port {
    my ($self, $number) = @_;
    $number = '' if !defined $number || $number eq '1';
    return $self->{ports}{$number} //= free_port();
}

sub file {
    my ($self, $path, $text) = @_;
    my $full = $self->path($path);
    make_path(dirname($full));
    return write_file($full, $text);
}

# Makes the directory before the first start.
sub _lay_out {
    my ($self) = @_;
    chmod 0755, $self->{root};
    make_path(map { $self->path($_) } qw(conf htdocs logs run cgi-bin));
    chmod 0777, map { $self->path($_) } qw(logs run);
    $self->file('htdocs/index.html', "It works\n");
    $self->_write_cgi if $self->{cgi};
    return $self->_write;
}

sub _fill {
    my ($self, $text) = @_;
    $text =~ s/\@PORT(\d*)\@/$self->port($1)/ge;
    $text =~ s/\@SSL(?::([\w.-]+))?\@/$self->_ssl($1 \/\/ 'localhost')/ge;
    $text =~ s/\@TLS(?::([\w.-]+))?\@/$self->_tls($1 \/\/ 'localhost')/ge;
    $text =~ s/\@ROOT\@/$self->{root}/g;
    $text =~ s/\@TOP\@/top()/ge;
    $text =~ s/\@CA\@/$self->ca/ge;
    return $text;
}

sub _ssl {
    my ($self, $name) = @_;
    my $ca = $self->ca;
    return 'Include ' . $self->file("conf/ssl-$name.conf", $self->_own($name) . <<"CONF");
SSLCACertificateFile $ca/clients.pem
SSLVerifyDepth 4
CONF
}

sub _tls {
    my ($self, $name) = @_;
    return 'Include ' . $self->file("conf/tls-$name.conf", $self->_own($name));
}

sub _own {
    my ($self, $name) = @_;
    my $ca = $self->ca;
    return <<"CONF";
SSLEngine on
SSLCertificateFile $ca/$name.pem
SSLCertificateKeyFile $ca/$name.key
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
    my $load   = $self->_load_conf;
    my $global = $self->_fill($self->{global});
    my $site   = $self->_fill($self->{conf});
    $self->file($_, $self->_fill($self->{files}{$_})) for sort keys %{ $self->{files} };
    $self->file('conf/site.conf', $site);
    $self->file('conf/mime.types', "text/html html\ntext/plain txt\n");
    $self->port;    # one port at least
    my $listen = join '', map { "Listen 127.0.0.1:$_\n" } sort values %{ $self->{ports} };
    $self->file('conf/httpd.conf', $load . $self->_base_conf . $listen . $global
            . "Include conf/site.conf\n");
    return;
}

sub _load_conf {
    my ($self) = @_;
    my @modules = ('mpm_' . $self->{mpm}, qw(unixd log_config authn_core authz_core dir
            socache_shmcb ssl clientcert), @{ $self->{modules} });
    my %without = map { /^-(.+)/ ? ($1 => 1) : () } @modules;
    my @first = map { /^\^(.+)/ } @modules;
    my %seen;
    return join '', map { load_module($_) }
        grep { !/^[-^]/ && !$without{$_} && !$seen{$_}++ } @first, @modules;
}

sub _base_conf {
    my ($self) = @_;
    my ($user, $gid) = (unprivileged())[0, 3];
    my $who = $> == 0 ? "User $user\nGroup " . getgrgid($gid) . "\n" : '';
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
MaxMemFree 1
KeepAliveTimeout 30
$who<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 4
    ThreadsPerChild 16
    MinSpareThreads 1
    MaxSpareThreads 64
    MaxRequestWorkers 64
</IfModule>
# No spare children are forked while the server runs or ends. The signal handler of a prefork child
# destroys pools, and a signal that arrives while the new child calls malloc() deadlocks the child.
<IfModule mpm_prefork_module>
    StartServers 4
    MinSpareServers 1
</IfModule>
<IfModule mime_module>
    TypesConfig conf/mime.types
</IfModule>
CONF
}

1;
