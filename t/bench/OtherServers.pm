# SPDX-License-Identifier: Apache-2.0
# Measures the time in which HAProxy and nginx load a table, and the memory that the table takes.
package OtherServers;

use strict;
use warnings;

use HTTP::Tiny ();
use IO::Socket::INET ();
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep);

use Programs;

# Each answers with the value of the key in the header Key, or with "none" without a table.
my %servers = (
    haproxy => {
        rows  => sub { $_[0] },
        conf  => \&haproxy_conf,
        check => sub { ('haproxy', '-c', '-f', $_[0]) },
        run   => sub { ('haproxy', '-db', '-f', $_[0]) },
    },
    nginx => {
        rows  => sub { $_[0] =~ s/ (.*)/ "$1";/r },
        conf  => \&nginx_conf,
        check => sub { ('nginx', '-t', '-c', $_[0]) },
        run   => sub { ('nginx', '-c', $_[0]) },
    },
);

sub haproxy_conf {
    my ($port, $dir, $table) = @_;
    my $value = $table ? "%[req.hdr(Key),map_str($table)]" : 'none';
    return <<"CONF";
defaults
    mode http
    timeout client 60s
frontend bench
    bind 127.0.0.1:$port
    http-request return status 200 content-type text/plain lf-string "$value"
CONF
}

sub nginx_conf {
    my ($port, $dir, $table) = @_;
    my $map   = $table ? "map \$http_key \$row { include $table; }" : '';
    my $value = $table ? '$row' : 'none';
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
    map_hash_max_size 2000000;
    map_hash_bucket_size 1024;
    $map
    server {
        listen 127.0.0.1:$port;
        return 200 $value;
    }
}
CONF
}

# The cost of the table in this server: the octets by which it grows the running process, and the
# processor seconds by which it slows a check of the configuration, least first. The last arguments
# are a key and its value. Returns nothing if the server is not installed.
sub cost {
    my ($name, $dir, $table, $times, @wanted) = @_;
    return unless is_installed($name);
    my $rows = "$dir/$name.rows";
    rows_write($rows, $table, $servers{$name}{rows});
    my $bare   = conf_write($name, $dir);
    my $full   = conf_write($name, $dir, $rows);
    my $octets = resident_octets($name, $full, @wanted)
        - resident_octets($name, $bare, $wanted[0], 'none');
    my @quick = seconds_of_checks($name, $bare, $times);
    my @slow  = seconds_of_checks($name, $full, $times);
    unlink $rows;
    return ($octets, map { $slow[$_] - $quick[$_] } 0 .. $#slow);
}

sub rows_write {
    my ($path, $table, $as) = @_;
    open my $in,  '<', $table or die "$table: $!\n";
    open my $out, '>', $path  or die "$path: $!\n";
    while (my $row = <$in>) {
        print $out $as->($row);
    }
    close $out or die "$path: $!\n";
    return;
}

# Writes a configuration; returns its path, port and log.
sub conf_write {
    my ($name, $dir, $table) = @_;
    my $port = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')->sockport;
    my $path = "$dir/$name.conf" . ($table ? '.table' : '');
    open my $out, '>', $path or die "$path: $!\n";
    print $out $servers{$name}{conf}->($port, $dir, $table);
    close $out or die "$path: $!\n";
    return { path => $path, port => $port, log => "$path.log" };
}

sub started {
    my ($conf, @command) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    open STDOUT, '>', $conf->{log} and open STDERR, '>&', \*STDOUT and exec @command;
    POSIX::_exit(1);
}

# The processor seconds of children that have ended.
sub seconds_of_children {
    my (undef, undef, $user, $system) = times;
    return $user + $system;
}

sub seconds_of_checks {
    my ($name, $conf, $times) = @_;
    my @seconds;
    for (1 .. $times) {
        my $before = seconds_of_children();
        waitpid started($conf, $servers{$name}{check}->($conf->{path})), 0;
        push @seconds, seconds_of_children() - $before;
        die "failed, see $conf->{log}\n" if $?;
    }
    return sort { $a <=> $b } @seconds;
}

sub resident_octets {
    my ($name, $conf, $key, $value) = @_;
    my $pid    = started($conf, $servers{$name}{run}->($conf->{path}));
    my $said   = answer($pid, $conf->{port}, $key);
    my $octets = octets_of($pid);
    kill 'TERM', $pid;
    waitpid $pid, 0;
    die "no $value but: $said, see $conf->{log}\n" if $said ne $value;
    return $octets;
}

# The response of the server, as soon as it serves.
sub answer {
    my ($pid, $port, $key) = @_;
    my $client = HTTP::Tiny->new(no_proxy => ['127.0.0.1']);
    my $status = 599;    # there was no connection
    my $answer = {};
    while ($status == 599 && waitpid($pid, WNOHANG) == 0) {
        $answer = $client->get("http://127.0.0.1:$port/", { headers => { Key => $key } });
        $status = $answer->{status};
        sleep 0.1;
    }
    return $answer->{content} // '';
}

sub octets_of {
    my ($pid) = @_;
    open my $in, '<', "/proc/$pid/status" or return 0;
    my ($kilobytes) = map { /^VmRSS:\s+(\d+) kB/ } <$in>;
    return 1024 * ($kilobytes // 0);
}

1;
