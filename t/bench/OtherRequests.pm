# SPDX-License-Identifier: Apache-2.0
# Measures the cost of a request with a client certificate in HAProxy and nginx, as in httpd.
package OtherRequests;

use strict;
use warnings;

use IO::Socket::INET ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep);

use CountedServer ();
use Counting;
use OtherServers ();
use Programs;

use parent qw(ClientCert::Test::Ca ClientCert::Test::Client);

# Each requires a certificate, and answers without a back end. "mapped": the CN is mapped to a
# user, and clients without one are denied. "headers": the same, with six fields as headers: of the
# request in HAProxy, and of the response in nginx, which sets no request headers without a back
# end.
my %servers = (
    haproxy => { conf => \&haproxy_conf, run => sub { ('haproxy', '-db', '-f', $_[0]) } },
    nginx   => { conf => \&nginx_conf,   run => sub { ('nginx', '-c', $_[0]) } },
);

sub haproxy_conf {
    my ($port, $dir, $ca, $how) = @_;
    write_file("$dir/haproxy.users", "alice alice\n");
    write_file("$dir/haproxy.pem", command('cat', "$ca/localhost.pem", "$ca/localhost.key"));
    my $mapped = <<"CONF";
    http-request set-var(txn.user) ssl_c_s_dn(CN),map_str($dir/haproxy.users)
    http-request deny unless { var(txn.user) -m str alice }
CONF
    my $headers = <<'CONF';
    http-request set-header X-User %[var(txn.user)]
    http-request set-header X-Subject %{+Q}[ssl_c_s_dn]
    http-request set-header X-Issuer %{+Q}[ssl_c_i_dn]
    http-request set-header X-Serial %[ssl_c_serial,hex]
    http-request set-header X-SHA1 %[ssl_c_sha1,hex]
    http-request set-header X-Not-After %[ssl_c_notafter]
CONF
    my %conf = (bare => '', mapped => $mapped, headers => $mapped . $headers);
    return <<"CONF";
global
    nbthread 1
defaults
    mode http
    timeout client 300s
frontend bench
    bind 127.0.0.1:$port ssl crt $dir/haproxy.pem ca-file $ca/clients.pem verify required
$conf{$how}    http-request return status 200 content-type text/plain string "ok"
CONF
}

sub nginx_conf {
    my ($port, $dir, $ca, $how) = @_;
    my $maps = <<'CONF';
    map $ssl_client_s_dn $cn { "~(?:^|,)CN=(?<name>[^,]+)" $name; }
    map $cn $user { alice alice; }
CONF
    my $check   = "if (\$user = '') { return 403; }\n";
    my $headers = join '', map { "add_header X-$_;\n" } 'User $user', 'Subject $ssl_client_s_dn',
        'Issuer $ssl_client_i_dn', 'Serial $ssl_client_serial', 'SHA1 $ssl_client_fingerprint',
        'Not-After $ssl_client_v_end';
    my %conf = (bare => '', mapped => $check, headers => $check . $headers);
    my @temporary = map { "${_}_temp_path $dir/nginx;" } qw(client_body proxy fastcgi uwsgi scgi);
    return <<"CONF";
daemon off;
master_process off;
pid $dir/nginx.pid;
error_log $dir/nginx.log;
events {
}
http {
    @temporary
    access_log off;
@{[$how eq 'bare' ? '' : $maps]}
    server {
        listen 127.0.0.1:$port ssl;
        ssl_protocols TLSv1.3;
        ssl_certificate $ca/localhost.pem;
        ssl_certificate_key $ca/localhost.key;
        ssl_client_certificate $ca/clients.pem;
        ssl_verify_client on;
        ssl_verify_depth 4;
        keepalive_timeout 300;
        keepalive_requests 10000;
        $conf{$how}
        return 200 ok;
    }
}
CONF
}

# The cost that each setup adds to a bare request, and that of the bare request; nothing if the
# server is not installed.
sub figures {
    my ($name) = @_;
    return {} unless is_installed($name);
    my ($bare, @more) = ('bare', smoke() ? () : 'mapped', 'headers');
    my %count = map { ($_ => per_request_of($name, $_)) } $bare, @more;
    return { bare => $count{bare}, map { ($_ => $count{$_} - $count{bare}) } @more };
}

sub per_request_of {
    my ($name, $how) = @_;
    return slope(sub { counted($name, $how, $_[0]) }, smoke() ? 2 : 50, 250, 450);
}

sub port { my ($self) = @_; return $self->{port} }
sub log  { my ($self) = @_; return "see $self->{log}\n" }

# The instructions of a server that was started, answered this many requests and ended.
sub counted {
    my ($name, $how, $times) = @_;
    my $port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
    my $path = made("$name.conf");
    my $self = bless { port => $port, log => "$path.log", path => '/',
        cert => CountedServer->client }, __PACKAGE__;
    my $count = made("$name.count");
    write_file($path, $servers{$name}{conf}->($port, made(), $self->ca, $how));
    my $pid = OtherServers::started($self, Counting::callgrind(), "--callgrind-out-file=$count",
        $servers{$name}{run}->($path));
    $self->await($pid);
    CountedServer::ask_often($self, $times);
    ended($pid);
    return CountedServer::total_of($count);
}

# nginx may get the signal just before it waits, and wait nevertheless.
sub ended {
    my ($pid) = @_;
    kill 'TERM', $pid;
    until (waitpid($pid, WNOHANG) == $pid) {
        sleep 0.2;
        kill 'TERM', $pid;
    }
    return;
}

# Waits until the server accepts connections.
sub await {
    my ($self, $pid) = @_;
    until (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->port)) {
        die $self->log if waitpid($pid, WNOHANG) == $pid;
        sleep 0.1;
    }
    return;
}

sub connected { my ($self) = @_; return CountedServer::connected($self) }
sub ask { my ($self, $connection) = @_; return CountedServer::ask($self, $connection) }

1;
