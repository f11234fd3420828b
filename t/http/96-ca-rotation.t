# SPDX-License-Identifier: Apache-2.0
# Tests the rotation of a CA with the commands of conf/examples/rotation.conf, run by a shell.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Command;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(build top);
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;
use ClientCert::Test::Tool;

use Time::HiRes qw(sleep);

# ---- the commands of the example: a list for each step

my $text = read_file(top() . '/conf/examples/rotation.conf');
my %commands;
while ($text =~ /^# (\d)\. .*\n(?:#    .*\n)*((?:#   \S.*\n(?:#       .*\n)*)+)/mg) {
    my ($step, $lines) = ($1, $2);
    $commands{$step} = join '', map { s/^#   //r } split /^/, $lines;
}
is join(' ', sort keys %commands), '1 2 4', 'steps 1, 2 and 4 have commands';

# ---- the old CA, and a server

my $usage   = "basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign, cRLSign";
my $old     = certificate('staff-old', '/O=Example/CN=Staff CA', self => 1, extension => $usage);
my ($digest) = openssl('x509', '-noout', '-fingerprint', '-sha256', '-in', "$old.pem") =~ /=(.*)/;
my $mail    = 'email:alice@example.com';
my $alice   = certificate('old-alice', '/CN=alice', issuer => $old, san => $mail);

my $h = example('rotation',
    files  => { 'htdocs/private/page' => "private\n", 'var/cas/staff-old.pem' => read_file("$old.pem") },
    define => { LOG => '@ROOT@/logs', OLD => lc $digest =~ tr/://dr });
announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH02039', qr/SSL Library Error/);

# Runs the commands of a step in var, where "clientcert" asks about this server.
sub run {
    my ($step) = @_;
    my ($httpd, @configuration) = $h->_arguments;
    httpd_wrapper($h, $h->path('run/httpd'));
    my $tool = build() . '/clientcert';
    my $options = join ' ', map { "'$_'" } '--httpd', $h->path('run/httpd'), @configuration;
    $h->file('run/clientcert', <<"SH");
#!/bin/sh
case \$1 in show) exec '$tool' "\$@" ;; esac
exec '$tool' "\$@" $options
SH
    chmod 0755, $h->path('run/clientcert');
    my ($exit, $output, $error) = run_command("set -ex\n$commands{$step}", 'sh', '-c',
        'cd "$1" && PATH=$2:$PATH && export PATH && exec sh -s', 'sh', $h->path('var'), $h->path('run'));
    is $exit, 0, "step $step: its commands succeed" or diag $output, $error;
    return $output;
}

sub status { my ($cert) = @_; return $h->get('/private/page', cert => $cert)->{status} }

sub waits_for {
    my ($cert, $status) = @_;
    my $tries = 0;
    sleep 0.2 while status($cert) != $status && ++$tries < 300;
    return status($cert) == $status;
}

is status($alice), 200, 'the old CA: its client is served';
keeps_denied($h, '/private/page', cert => $alice);
my $kept    = $h->connection(cert => $alice);
my $session = full($h, '/private/page', cert => $alice);
is $kept->request('/private/page')->{status}, 200, 'also on a connection that stays open';

# ---- the old and the new CA

run(1);
my $bob = certificate('new-bob', '/CN=bob', issuer => $h->path('var/staff-new'),
    san => 'email:bob@example.com');
is status($bob), 0, 'the new CA alone changes nothing';
my $listed = run(2);
like $listed, qr/CN=Staff CA/, 'the tool lists the CAs';
$h->mark_log;
ok waits_for($bob, 200), 'the old and the new CA: the new client is served';
is status($alice), 200, 'and the old one';
is $kept->request('/private/page')->{status}, 200, 'also on its connection';
my $again = resumed($h, $session, '/private/page');
is "$again->{reused} $again->{status}", '1 200', 'and in its session';
ok waits_for_file('logs/old-ca.log', qr/\balice$/m), 'old-ca.log lists it';
unlike read_file($h->path('logs/old-ca.log')), qr/\bbob$/m, 'and not the new one';

sub waits_for_file {
    my ($path, $pattern) = @_;
    my $tries = 0;
    sleep 0.1 while read_if_there($h->path($path)) !~ $pattern && ++$tries < 100;
    return read_if_there($h->path($path)) =~ $pattern;
}

# ---- the new CA

run(4);
ok waits_for($alice, 0), 'the new CA: the old client has no connection';
is_refused($kept->request('/private/page'), 'the connection that it had');
my $late = resumed($h, $again, '/private/page');
is "$late->{reused} $late->{status}", '0 403', 'nor its session gives an identity';
is status($bob), 200, 'the new client is served';

# ---- the same in doc/operations.md

my $page = read_file(top() . '/doc/operations.md');
my $words = sub { my ($lines) = @_; return join ' ', split ' ', $lines };
for my $step (1, 4) {
    my $command = $words->($commands{$step} =~ s{\bcas/}{/etc/clients-ca/}gr =~ s/\\\n//gr);
    like $words->($page =~ s/\\\n//gr), qr/\Q$command\E/, "doc/operations.md has step $step";
}

done_testing;
