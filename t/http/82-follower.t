# SPDX-License-Identifier: Apache-2.0
# Tests that one thread of each child follows all CRLs and tables, and never delays the end of the
# child.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Waiting;

use Time::HiRes qw(sleep time);

use constant HOSTS => 100;

my $staff = ClientCert::Test::Crl->new('staff');
my $crl   = $staff->crl;
$staff->revoke('alice');
my $revoked = $staff->crl;

# Virtual hosts with their own CRL and table each, all in separate files.
sub hosts {
    my ($reload) = @_;
    return join '', map { <<"CONF" } 1 .. HOSTS;
<VirtualHost *:\@PORT\@>
    ServerName localhost
    ServerAlias h$_.localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertCRL conf/$_.crl reload=$reload
    ClientCertCRLCheck leaf
    ClientCertTable people file:conf/$_.map reload=$reload
    ClientCertMap san.email in people user=\$1
</VirtualHost>
CONF
}

my %files = map { ("conf/$_.crl" => $crl, "conf/$_.map" => "a\@example.com a\n") } 1 .. HOSTS;

sub start {
    my ($mpm) = @_;
    return ClientCert::Test->server(
        mpm    => $mpm,
        files  => \%files,
        global => $mpm eq 'prefork' ? "StartServers 3\n" : "StartServers 1\n",
        conf   => hosts(1));
}

sub child { my ($h) = @_; return ($h->_children)[0] }

sub tasks { my ($pid) = @_; my @tasks = glob "/proc/$pid/task/*"; return @tasks }

# How often the threads of a process have gone to sleep.
sub rests {
    my ($pid) = @_;
    my $rests = 0;
    for my $task (tasks($pid)) {
        $rests += $1 if read_if_there("$task/status") =~ /^voluntary_ctxt_switches:\s+(\d+)/m;
    }
    return $rests;
}

# The threads of a child without the module; of event: main, listener, and ThreadsPerChild.
my %usual = (event => 2 + 16, prefork => 1);

for my $mpm ('event', 'prefork') {
    my $usual = $usual{$mpm};
    my $h     = start($mpm);
    my $child = child($h);
    ok wait_until(sub { tasks($child) == $usual + 1 }),
        "$mpm: one thread follows @{[2 * HOSTS]} files" or diag scalar tasks($child), ", usual $usual";

    # Files that were just written are checked again in the first second.
    wait_until(sub { my $before = rests($child); sleep 1; rests($child) - $before < 10 });
    my ($began, $before) = (time, rests($child));
    sleep 4;
    my $rate = (rests($child) - $before) / (time - $began);
    cmp_ok $rate, '<', 10, sprintf '%s: and wakes up for all at once (%.1f times a second)', $mpm, $rate;

    my @old = $h->_children;
    ok $h->reload, "$mpm: a graceful restart";
    ok wait_until(sub { my %now = map { $_ => 1 } $h->_children; !grep { $now{$_} } @old }),
        "$mpm: the earlier children are gone";
    my $all_follow = sub {
        my @children = $h->_children;    # for a moment, there may be none
        return @children && !grep { tasks($_) <= $usual } @children;
    };
    ok wait_until($all_follow),
        "$mpm: and each of the new ones follows the files";
    $h->stop;    # without AH00045: no child needed a second signal
    unlike $h->_whole_log, qr/AH0004[56]/, "$mpm: children end when they are told to";
}

# ---- changes are seen in all files

my $h = ClientCert::Test->server(files => \%files, global => "StartServers 1\n", conf => hosts(0.2));
replace($h->path("conf/$_.crl"), $revoked)                 for 1, HOSTS;
replace($h->path("conf/$_.map"), "a\@example.com other\n") for 1, HOSTS;
for my $tag ('CC0173', 'CC0131') {
    my $both = sub {
        my %where = map { /([\w.]+:\d+)\)$/ ? ($1 => 1) : () } $h->log_lines(qr/$tag/);
        return keys %where == 2;
    };
    ok wait_until($both), "the first and the last of them are followed ($tag)";
}
done_testing;
