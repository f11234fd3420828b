# SPDX-License-Identifier: Apache-2.0
# Tests that demo/run prints its table, each cell as documented, and then runs a server that stops
# cleanly.
use strict;
use warnings;
use ClientCert::Test;

use ClientCert::Test::Machine qw(module_path program);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp ();
use FindBin ();
use IO::Socket::INET;

my $demo  = "$FindBin::Bin/../../demo/run";
my $build = dirname(module_path());

# The environment of demo/run: the module under test.
my %environment = (CC_BUILD => $build, ASAN_OPTIONS => 'detect_leaks=0');

# A process, and its output on stdout and stderr.
sub started {
    my (@arguments) = @_;
    local @ENV{ keys %environment } = values %environment;
    my $pid = open my $out, '-|' // die "fork: $!\n";
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT;
        exec $demo, @arguments or die "$demo: $!\n";
    }
    return ($pid, $out);
}

sub said {
    my ($pid, $out) = started(@_);
    my $text = do { local $/; <$out> };
    close $out;
    return ($? >> 8, $text);
}

# CLIENT => { PLACE => "STATUS USER GROUPS WHY" }
sub table {
    my ($text) = @_;
    my (%table, $client);
    for (split /\n/, $text) {
        $client = $1 if /^(\w+): /;
        next unless $client && m{^  (/\w+|all) +(no TLS|\d+) +(\S+) +(\S+)(?: +(\S.*))?$};
        $table{$client}{$1} = join ' ', $2, $3, $4, $5 // ();
    }
    return \%table;
}

# ---- the table

my $staff    = 'CC0110 clientcert-group staff';
my $admins   = 'CC0110 clientcert-group admins';
my $services = 'CC0110 clientcert-group services';
my $password = '401 - - password required';
my $unmapped = 'CC0103 no rule gives it a user or group';
my @places   = qw(/open /whoami /staff /admin /api /wiki);

my %expected = (
    anonymous => ['200 - -', '200 - -', "403 - - $staff", "403 - - $admins", "403 - - $services",
        $password],
    alice   => [('200 alice staff,admins') x 4, "403 alice staff,admins $services",
        '200 alice staff,admins'],
    bob     => [('200 bob staff') x 3, "403 bob staff $admins", "403 bob staff $services",
        '200 bob staff'],
    service => [('200 cart.shop services') x 2, "403 cart.shop services $staff",
        "403 cart.shop services $admins", '200 cart.shop services',
        "403 cart.shop services $staff"],
    partner => [("200 - - $unmapped") x 2, "403 - - $staff", "403 - - $admins",
        "403 - - $services", $password],
    carol   => ['200 - -', '200 - -', "403 - - $staff", "403 - - $admins", "403 - - $services",
        '200 carol -'],
);
my %refused = (
    expired    => 'it has expired',
    stranger   => 'it was issued by CN=Root CA of Others',
    selfsigned => 'it is self-signed',
);

my ($exit, $text) = said('--once');
is $exit, 0, 'demo/run --once ends well' or diag $text;
my $table = table($text);
is_deeply [sort keys %$table], [sort keys %expected, keys %refused], 'each client has its rows';
for my $client (sort keys %expected) {
    is_deeply [sort keys %{ $table->{$client} }], [sort @places], "$client: each place has one";
    is $table->{$client}{ $places[$_] }, $expected{$client}[$_], "$client at $places[$_]"
        for 0 .. $#places;
}
for my $client (sort keys %refused) {
    is_deeply $table->{$client}, { all => "no TLS - - CC0106 $refused{$client}" },
        "$client gets no connection, and the log says why";
}
is scalar(grep { length > 100 } split /\n/, $text), 0, 'no line is longer than 100 columns';

# ---- the server that keeps running

my ($pid, $out) = started();
$text = '';
while (<$out>) {
    $text .= $_;
    last if /tail -f/;
}
my ($url, $port) = $text =~ m{Serving (https://localhost:(\d+))/};
my ($folder)     = $text =~ m{cd (\S+)};
my ($log)        = $text =~ m{tail -f (\S+)};
my ($curl)       = $text =~ m{(curl --cacert .*)};
my ($pki)        = $text =~ m{The certificates are in (\S+): root\.pem};
my $root         = "$pki/root.pem";
ok $url, 'demo/run keeps serving after the table, and prints the address';

my $page = `cd '$folder' && $curl --silent --noproxy '*' 2>&1`;
like $page, qr{<h1>You may see /whoami</h1>}, 'the command that it prints for curl works';
like $page, qr{<td id="user">alice\n.*<td id="groups">staff,admins\n}s,
    'the page shows user and groups,';
like $page, qr{CLIENTCERT_$_->[0]<td>$_->[1]\n}, "CLIENTCERT_$_->[0]" for
    ['USER', 'alice'], ['GROUPS', 'staff,admins'], ['RULE', qr{\S+/demo/site\.conf:\d+,\S+:\d+}],
    ['SUBJECT', 'CN=alice,OU=admins,OU=staff,O=Example'], ['ISSUER', 'CN=Staff CA,O=Example'],
    ['NOT_AFTER', qr/20\d\d-\S+Z/], ['EMAIL', 'alice@example.com'],
    ['UPN', 'alice@corp.example.com'], ['URI', '-'];
like $page, qr{protocol<td>HTTP/2\.0\n}, 'by HTTP/2';
$page = `curl --silent --noproxy '*' --cacert $root $url/admin`;
like $page, qr{You may not see /admin \(403\)}, 'who may not see a page is told so';
like `curl --silent --noproxy '*' --cacert $root $url/$_`, qr/404 Not Found/, "there is no /$_"
    for qw(passwords httpd.conf error_log);
my ($secret) = $text =~ /^The password of each is: (\S+)$/m;
my @p12 = $text =~ /\b(\w+\.p12)(?= (?:\w+\.p12|are\b))/g;
is join(' ', sort @p12),
    'alice.p12 bob.p12 expired.p12 partner.p12 selfsigned.p12 service.p12 stranger.p12',
    'the files of all clients with a certificate are named';
is system("openssl pkcs12 -in $pki/$_ -passin pass:$secret -nokeys -out /dev/null"), 0,
    "$_ is there, and the password is the one that is printed" for @p12;

# ---- a browser on Linux

SKIP: {
    my $missing = join ' ', grep { !program($_) } qw(certutil pk12util);
    die "not installed: $missing\n" if $missing && $ENV{CI};
    skip "not installed: $missing", 3 if $missing;
    my $home = File::Temp->newdir;
    make_path("$home/.pki/nssdb");
    system "certutil -d sql:$home/.pki/nssdb -N --empty-password";
    my ($commands) = $text =~ /^( +cd \S+\n +certutil .*\n +pk12util .*\n)/m;
    local $ENV{HOME} = $home;
    is system('sh', '-ec', "($commands) >/dev/null"), 0,
        'the commands for Chromium on Linux import both';
    my $listed = `certutil -d sql:$home/.pki/nssdb -L`;
    like $listed, qr/^clientcert-demo +C,, *$/m, 'the CA for web sites,';
    like $listed, qr/^alice \(demo\) +u,u,u *$/m, 'and the certificate with its key';
}

($exit, my $busy) = said('--once', '--port', $port);
is $exit, 1, 'a port that is in use ends it';
like $busy, qr/port $port is in use: /, 'and is named';

is `grep -oE 'CC07[0-9]{2}: .*' $log`, '', 'and there were no warnings';

# Whether a client of another address of this system reaches it.
sub is_reached {
    return !!IO::Socket::INET->new(PeerAddr => '127.0.0.2', PeerPort => $_[0]);
}
ok !is_reached($port), 'it listens on 127.0.0.1 alone,';
my ($public, $lines) = started('--public');
1 while defined($_ = <$lines>) && !/^ +place /;
my ($other) = grep { is_reached($_) } $port + 1 .. 8464;
ok $other, 'and with --public on all addresses';
kill 'INT', $public;
close $lines;

kill 'INT', $pid;
my $rest = do { local $/; <$out> };
close $out;
is $? >> 8, 0, 'Ctrl-C ends it';
like $rest, qr/^Stopped\.$/m, 'and it says so';
ok !-e dirname($log), 'its folder is gone';
ok !IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port), 'and its server';

# ---- errors

%environment = (CC_BUILD => '/nowhere');
($exit, $text) = said('--once');
is $exit, 1, 'a missing build ends it';
like $text, qr{/nowhere/mod_clientcert\.so does not exist}, 'and is named';

# A copy of what a build in the directory of the sources has.
my $place = File::Temp->newdir;
my $files = dirname($demo);
symlink "$build/$_", "$place/$_" or die "$place/$_: $!\n" for qw(mod_clientcert.so Makefile);
is system('cp', '-R', $files, "$place/demo"), 0, 'there is a directory of sources with a module';
%environment = (CC_BUILD => "$place");
($exit, $text) = said('--once');
is $exit, 1, 'a build in the directory of the sources ends it';
like $text, qr{\Q$place\E/demo belongs to the sources}, 'and is named,';
is system('diff', '-r', $files, "$place/demo"), 0, 'and no file is removed';

($exit, $text) = said('--port', '70000');
like $text, qr/--port 70000: must be a number/, 'so is an invalid port';

done_testing;
