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
    skip 'logrotate is not installed', 15 if !$logrotate && !$ENV{CI};
    mkdir "$dir/log";
    chmod 0755, "$dir/log";
    write_file("$dir/log/clients.log", "line\n");
    my $conf = read_file("$from/clientcert.logrotate");
    $conf =~ s{^/var/log/clientcert/}{$dir/log/}m or die "no directory\n";
    write_file("$dir/rotate", $conf);
    chmod 0644, "$dir/rotate";
    my ($exit, @said) = run_command('', $logrotate, '-d', '-s', "$dir/state", "$dir/rotate");
    is $exit, 0, 'logrotate accepts the file' or diag @said;

    # A system with these programs, which note how they are called: what postrotate called, and what
    # it logged.
    my $rotated = sub {
        my (%programs) = @_;
        my $bin = File::Temp->newdir;
        $programs{logger} = "while read -r line; do echo \"\$line\" >>$bin/.logged; done";
        for my $name (keys %programs) {
            my $note = $name eq 'logger' ? '' : "echo \"$name \$*\" >>$bin/.called";
            chmod 0755, write_file("$bin/$name", "#!/bin/sh\n$note\n$programs{$name}\n");
        }
        write_file("$dir/log/clients.log", "line\n");
        my ($exit, @said) = run_command('', 'env', "PATH=$bin",
            $logrotate, '-f', '-s', "$dir/state", "$dir/rotate");
        is join('', $exit, @said), '0', 'logrotate has no complaint';
        return [split /\n/, read_if_there("$bin/.called") . "--\n" . read_if_there("$bin/.logged")];
    };
    my %httpd  = map { $_ => 'exit 0' } qw(apachectl apache2ctl apache2 httpd);
    my %debian = (%httpd, 'invoke-rc.d' => 'exit 0', systemctl => 'exit 0');
    my $bad    = 'echo "the configuration is bad" >&2; exit 1';
    my @asked  = ('pgrep -f ^/usr/sbin/apache2');
    my @reload = (@asked, 'invoke-rc.d apache2 reload');
    is_deeply $rotated->(%debian, pgrep => 'exit 0'), [@reload, '--'], 'Debian: the server reloads';
    ok -e "$dir/log/clients.log.1", 'and the log is rotated';
    is_deeply $rotated->(%debian, pgrep => 'exit 1'), [@asked, '--'],
        'Debian: a stopped server stays stopped';
    is_deeply $rotated->(%debian, pgrep => 'exit 0', 'invoke-rc.d' => $bad),
        [@reload, '--', 'the configuration is bad'],
        'Debian: a bad configuration is logged, and nothing else happens';

    @asked  = ('systemctl -q is-active httpd.service');
    @reload = (@asked, 'systemctl reload httpd.service');
    is_deeply $rotated->(%httpd, systemctl => 'exit 0'), [@reload, '--'],
        'Fedora: the server reloads';
    is_deeply $rotated->(%httpd, systemctl => 'exit 3'), [@asked, '--'],
        'Fedora: a stopped server stays stopped';
    is_deeply $rotated->(%httpd, systemctl => "[ \$1 != reload ] && exit\n$bad"),
        [@reload, '--', 'the configuration is bad'],
        'Fedora: a bad configuration is logged, and nothing else happens';
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
