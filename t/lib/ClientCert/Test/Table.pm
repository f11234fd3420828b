# SPDX-License-Identifier: Apache-2.0
# Checks the failures of a table: in the configuration, for one request, and while the server that
# the table asks hangs, is unreachable or restarts.
package ClientCert::Test::Table;

=head1 SYNOPSIS

    use ClientCert::Test::Table;

    fails_ok($h, '/people/', 'alice', qr/locked/, 'a locked database');    # 500, logged once

    hangs_ok($h, $db, '/people/', qr/no answer/);
    down_ok($h, $db, '/people/', qr/people/, 3);
    restarts_ok($h, $db, '/people/', 2);

    table_refused_ok('"sql:..."', qr/CC0640/, 'a query without the key', modules => ['dbd']);

hangs_ok, down_ok and restarts_ok take a server of L<ClientCert::Test::Daemon>, and a path that is
served (200) to clients in the table, such as alice, and denied (403) to others, such as admin.
hangs_ok needs two more paths: /others/, served to clients outside the table, and /kept/, where
answers are cached.

table_refused_ok has a ClientCertTable with these words in its first line; it returns httpd's
output.

=cut

use strict;
use warnings;

use Exporter qw(import);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

use ClientCert::Test ();

our @EXPORT = qw(down_ok fails_ok hangs_ok restarts_ok table_refused_ok);

sub _status { my ($h, $path, $cert) = @_; return $h->get($path, cert => $cert)->{status} }

# The status, and one line in the log, about a failure and not about a denial.
sub fails_ok {
    my ($h, $path, $cert, $why, $name) = @_;
    $h->mark_log;
    is _status($h, $path, $cert), 500, $name;
    my @lines = $h->wait_log(qr/CC0133/);
    is scalar @lines, 1, 'one line reports it';
    like "@lines", $why, 'and why';
    is scalar $h->log_lines(qr/CC0110|CC0103/), 0, 'and no line reports a missing row';
    return;
}

sub hangs_ok {
    my ($h, $daemon, $path, $why) = @_;
    _status($h, '/kept/', 'alice');
    $daemon->freeze;
    fails_ok($h, $path, 'alice', $why, 'it hangs');
    fails_ok($h, '/others/', 'admin', $why, '!in does not hold either');
    is _status($h, '/'), 200, 'a client that needs no lookup does not wait';
    is _status($h, '/kept/', 'alice'), 200, 'nor does one with a cached answer';
    $daemon->thaw;
    is _status($h, $path, 'alice'), 200, 'it continues: the next request works';
    is _status($h, $path, 'admin'), 403, 'and an unlisted client has no identity';
    return;
}

sub down_ok {
    my ($h, $daemon, $path, $why, $times) = @_;
    $daemon->stop;
    fails_ok($h, $path, 'alice', $why, 'it is down') for 1 .. $times;
    is _status($h, '/'), 200, 'the server keeps running';
    $daemon->start;
    is _status($h, $path, 'alice'), 200, 'it is up: the next request works';
    return;
}

# Requests for three seconds, in a separate process: its exit status is 0 if all responses were
# right.
sub _requests {
    my ($h, $path) = @_;
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    my $wrong = 0;
    my $until = time + 3;
    while (time < $until) {
        my $status = _status($h, $path, 'alice');
        $wrong = 1 if $status != 200 && $status != 500;
    }
    POSIX::_exit($wrong);
}

sub restarts_ok {
    my ($h, $daemon, $path, $times) = @_;
    my $pid = _requests($h, $path);
    for (1 .. $times) {
        sleep 0.3;
        $daemon->stop;
        sleep 0.3;
        $daemon->start;
    }
    waitpid $pid, 0;
    is $? >> 8, 0, 'while it restarts, a listed client gets 200 or 500, never 403';
    is _status($h, $path, 'alice'), 200, 'and 200 afterwards';
    return;
}

sub table_refused_ok {
    my ($words, $why, $name, %options) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(%options, conf => <<"CONF");
ClientCertTable people $words
ClientCertMap sha256 in people user=\$1
CONF
    isnt $exit, 0, $name;
    like $output, $why, 'and the message says why';
    return $output;
}

1;
