# SPDX-License-Identifier: Apache-2.0
# Tests the units and scripts of conf/operations: systemd accepts them, they are confined, and the scripts are
# free of likely mistakes.
use strict;
use warnings;
use Test::More;
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);
use ClientCert::Test::Service;

use File::Path qw(make_path);
use File::Temp ();

my $from = top() . '/conf/operations';
my $dir  = File::Temp->newdir;
ClientCert::Test::Service->needed_program($_) for qw(systemd-analyze shellcheck);

# Units, with the scripts where they are now.
for my $path (glob "$from/*.service $from/*.timer") {
    my $text = read_file($path);
    $text =~ s{^ExecStart=\K/usr/local/sbin}{$from}m or $path =~ /timer\z/ or die "$path has no ExecStart\n";
    write_file($dir . $path =~ s{.*(?=/)}{}r, $text);
}
my @units = sort glob "$dir/*";
is scalar(@units), 4, 'two services and their timers';

my ($exit, @said) = run_command('', 'systemd-analyze', 'verify', '--man=no', @units);
is join('', $exit, @said), '0', 'systemd accepts the units';

for my $service (grep { /service\z/ } @units) {
    my ($name) = $service =~ m{([^/]+)\z};
    my ($status, $output) = run_command('', qw(systemd-analyze security --no-pager --offline=true --threshold=20), $service);
    is $status, 0, "$name: systemd calls its exposure OK, 2.0 or less" or diag $output;
    my ($user) = read_file($service) =~ /^User=(\S+)$/m;
    like read_file("$from/clientcert.sysusers"), qr/^u \Q$user\E +- /m, "$name: its user is in clientcert.sysusers";
}

my $root = File::Temp->newdir;
mkdir "$root/etc";

# The steps of each service that install files, from the directory that they name.
make_path("$root/usr/local/sbin", "$root/etc/sysusers.d", "$root/etc/systemd/system");
for my $name (qw(clientcert-crl clientcert-spire)) {
    my @steps = grep { /^(?:cd|install) / } read_file("$from/$name.service") =~ /^#   (.+)/mg;
    s{ && systemd-sysusers\z}{}, s{(?<= )/(?=usr/local/|etc/)}{$root/}g for @steps;
    my $steps = join "\n", @steps;
    $steps =~ s{/usr/share/doc/mod_clientcert(?=/)}{top()}e;
    my ($status, @output) = run_command('', qw(env -C / sh -eu -c), $steps);
    is join('', $status, @output), '0', "$name: its steps install the files";
    is join(' ', grep { !-s "$root/$_" } "usr/local/sbin/$name", 'etc/sysusers.d/clientcert.conf',
        map { "etc/systemd/system/$name.$_" } qw(service timer)), '', 'all of them';
    unlink "$root/etc/sysusers.d/clientcert.conf";
}
like read_file("$from/clientcert-crl.service"), qr/^#   apt-get install curl jq /m,
    'and the programs that the script needs';

($exit, @said) = run_command('', 'systemd-sysusers', "--root=$root", "$from/clientcert.sysusers");
is $exit, 0, 'systemd-sysusers accepts the users' or diag @said;
like read_if_there("$root/etc/passwd"), qr/^clientcert-crl:.*^clientcert-spire:/ms, 'and makes them';

for my $script (grep { read_file($_) =~ m{\A#!/bin/sh} } glob "$from/*") {
    ($exit, @said) = run_command('', 'shellcheck', $script);
    is join('', $exit, @said), '0', $script =~ s{.*/}{}r . ': ShellCheck has no finding';
}

done_testing;
