# SPDX-License-Identifier: Apache-2.0
# Tests the files of conf/operations for logrotate, AppArmor and fail2ban's jail, and that doc/running.md names every
# file.
use strict;
use warnings;
use Test::More;
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program top);

use File::Temp ();

my $from = top() . '/conf/operations';
my $dir  = File::Temp->newdir;

my $page = read_file(top() . '/doc/running.md');
my @files = map { s{.*/}{}r } glob "$from/*";
is join(' ', grep { index($page, "](../conf/operations/$_)") < 0 } @files), '', 'the page names every file';

SKIP: {
    my $logrotate = program('logrotate');
    skip 'logrotate is not installed', 4 if !$logrotate && !$ENV{CI};
    mkdir "$dir/log";
    chmod 0755, "$dir/log";
    write_file("$dir/log/clients.log", "line\n");
    my $conf = read_file("$from/clientcert.logrotate");
    $conf =~ s{^/var/log/clientcert/}{$dir/log/}m or die "no directory\n";
    write_file("$dir/rotate", $conf);
    chmod 0644, "$dir/rotate";
    chmod 0755, write_file("$dir/apachectl", "#!/bin/sh\necho \"\$*\" >>$dir/restarted\n");
    local $ENV{PATH} = "$dir:$ENV{PATH}";
    my ($exit, @said) = run_command('', $logrotate, '-d', '-s', "$dir/state", "$dir/rotate");
    is $exit, 0, 'logrotate accepts the file' or diag @said;
    run_command('', $logrotate, '-f', '-s', "$dir/state", "$dir/rotate");
    ok -e "$dir/log/clients.log.1", 'it rotates the log';
    is read_file("$dir/restarted"), "-k graceful\n", 'httpd restarts gracefully';
    my ($mode, $group) = (stat "$dir/log/clients.log")[2, 5];
    is sprintf('%o %s', $mode & 0777, scalar getgrgid $group), '640 adm', 'others cannot read the new log';
}

SKIP: {
    my $parser = program('apparmor_parser');
    skip 'apparmor_parser is not installed', 2 if (!$parser && !$ENV{CI}) || !-e '/etc/apparmor.d/abi/3.0';
    my $accepts = sub {
        my ($rules) = @_;
        write_file("$dir/profile", "abi <abi/3.0>,\ninclude <tunables/global>\nprofile clientcert-test {\n$rules\n}\n");
        my ($exit, @said) = run_command('', $parser, qw(-Q -K -M /etc/apparmor.d/abi/3.0 -I /etc/apparmor.d), "$dir/profile");
        return $exit == 0 ? 'accepted' : "refused: @said";
    };
    is $accepts->(read_file("$from/clientcert.apparmor")), 'accepted', 'apparmor_parser accepts the rules';
    like $accepts->('/etc/clientcert/ q,'), qr/\Arefused/, 'and not just any text';
}

SKIP: {
    my $client = program('fail2ban-client');
    skip 'fail2ban is not installed', 1 if !$client && !$ENV{CI};
    run_command('', 'cp', '-R', '/etc/fail2ban', "$dir/fail2ban");
    unlink glob "$dir/fail2ban/jail.d/*";
    write_file("$dir/fail2ban/filter.d/clientcert.conf", read_file("$from/fail2ban-filter.conf"));
    write_file("$dir/error.log", '');
    write_file("$dir/fail2ban/jail.d/clientcert.conf",
        read_file("$from/fail2ban-jail.conf") =~ s{%\(apache_error_log\)s}{$dir/error.log}r);
    my ($exit, @said) = run_command('', $client, '-c', "$dir/fail2ban", '-d');
    is $exit, 0, 'fail2ban accepts the jail' or diag @said;
    like "@said", qr/'set', 'clientcert', 'maxretry', 20\b.*/s, 'with its limit';
}

done_testing;
