# SPDX-License-Identifier: Apache-2.0
# Tests that a changed table is read once, by the parent, and shared by all processes.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Waiting;

use File::Find qw(find);

plan skip_all => 'the parent may read no more than its children unless it is root' if $> != 0;

my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable people file:conf/people.map reload=0.2
    ClientCertMap san.email in people user=$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF

sub rows { my ($user) = @_; return "alice\@example.com $user\n" }

# Replaces a file by one that only the parent may read.
sub replace_secret {
    my ($h, $octets) = @_;
    my $new = write_file($h->path('conf/people.map.tmp'), $octets);
    chmod 0600, $new or die "chmod: $!\n";
    rename $new, $h->path('conf/people.map') or die "rename: $!\n";
    return;
}

# How many children have logged this since the last mark.
sub children_said {
    my ($h, $pattern) = @_;
    my %pids = map { /\[pid (\d+)/ ? ($1 => 1) : () } $h->log_lines($pattern);
    return scalar keys %pids;
}

# The files below the server's root that another user may read and that contain this text.
sub readable {
    my ($h, $octets) = @_;
    my @found;
    find({ no_chdir => 1, wanted => sub {
        my $mode = (lstat)[2];
        push @found, $_ if -f _ && $mode & 044 && read_file($_) =~ /\Q$octets\E/ } }, $h->path('.'));
    return @found;
}

# How many of the shared images the children have.
sub images {
    my ($h) = @_;
    my %images = map { /(\d+) +\/memfd:clientcert-table / ? ($1 => 1) : () }
        map { split /\n/, read_if_there("/proc/$_/maps") } $h->_children;
    return scalar keys %images;
}

# Keeps the number of children constant. A child that started while rows are replaced would have the
# old rows for a moment, and the test could not find out when the last child has the new rows.
sub fixed {
    my ($mpm, $children) = @_;
    return "StartServers $children\n" . ($mpm eq 'prefork'
        ? "MinSpareServers 1\nMaxSpareServers $children\nMaxRequestWorkers $children\n"
        : "MinSpareThreads 1\nMaxSpareThreads 64\n");
}

for my $mpm ('prefork', 'event') {
    my $children = $mpm eq 'prefork' ? 4 : 2;
    my $h = ClientCert::Test->server(
        mpm     => $mpm,
        modules => ['headers'],
        files   => { 'conf/people.map' => rows('first') },
        global  => fixed($mpm, $children),
        conf    => $conf);
    my $user = sub { return $h->get('/', cert => 'alice')->{headers}{user} };
    is $user->(), 'first', "$mpm: a table";

    for my $new ('second', 'third') {
        $h->mark_log;
        replace_secret($h, rows($new));
        ok wait_until(sub { children_said($h, qr/CC0131/) >= $children }),
            "$mpm: every child uses the file that only the parent may read";
        is_deeply [map { $user->() } 1 .. 3 * $children], [($new) x (3 * $children)],
            "$mpm: and it counts";
    }
    ok wait_until(sub { images($h) == 1 }), "$mpm: there is one image";
    is_deeply [readable($h, "third\0")], [], "$mpm: which is not in a file that scripts could read";

    # ---- a bad file

    announce('CC0132');
    $h->mark_log;
    replace($h->path('conf/people.map'), "alice\@example.com\n");
    ok wait_until(sub { children_said($h, qr/CC0132: .*CC0611/) >= $children }),
        "$mpm: a bad file is logged by every child";
    is $user->(), 'third', "$mpm: the last good rows stay";

    # ---- restarts

    replace_secret($h, rows('fourth'));
    $h->{files} = {};
    ok $h->reload, "$mpm: a graceful restart";
    ok wait_until(sub { ($user->() // '') eq 'fourth' }), "$mpm: reads what has changed";
    replace_secret($h, rows('fifth'));
    # Not the log: a child that the restart starts late has the new rows from its beginning.
    ok wait_until(sub { !grep { ($user->() // '') ne 'fifth' } 1 .. 3 * $children }),
        "$mpm: and the parent gives later changes to all children";
    is_deeply [readable($h, "fifth\0")], [], "$mpm: and no other process reads it";
    $h->stop;
}

done_testing;
