# SPDX-License-Identifier: Apache-2.0
# Tests how a changed table file is reloaded: every kind of change, the identities of open
# connections, and which rows stay in use after a bad change.
use strict;
use warnings;
use ClientCert::Test;

use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;
my $h = ClientCert::Test->server(
    modules => ['headers', 'authz_user'],
    files   => {
        'conf/t.map'          => "alice first one\n",
        'conf/never.map'      => "alice first\n",
        'htdocs/staff/page'   => "page\n",
        'htdocs/never/page'   => "page\n",
        'htdocs/require/page' => "page\n",
    },
    conf => <<'CONF');
ClientCertTable t     file:conf/t.map reload=0.1
ClientCertTable never file:conf/never.map reload=0
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN in t user=$1 group=$2
    Header always set User "expr=%{REMOTE_USER}/%{clientcert:group}"
    <Location "/staff">
        Require clientcert-group staff
    </Location>
    <Location "/require">
        Require clientcert subject.CN in t
    </Location>
    <Location "/never">
        ClientCertMap subject.CN in never user=$1 group=x
    </Location>
</VirtualHost>
CONF
announce('AH01630', 'CC0110', 'CC0132');
my $open = $h->connection(cert => 'alice');

sub user_of { my ($response) = @_; return "$response->{status} $response->{headers}{user}" }
sub user      { return user_of($h->get($_[0] // '/', cert => 'alice')) }
sub open_user { return user_of($open->request($_[0] // '/')) }

# The log lines about a change; a line follows for each of the other tables.
sub followed { return $h->wait_log(qr/CC0131: table t has changed/) }
sub refused  { return $h->wait_log(qr/CC0132: table t was not reloaded; its previous rows stay in use: /) }

sub rewrite { my ($text) = @_; return $h->file('conf/t.map', $text) }
sub replace {
    my ($text) = @_;
    return rename $h->file('conf/t.new', $text), $h->path('conf/t.map');
}

sub is_now {
    my ($expected, $how) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is open_user(), $expected, "$how: the open connection";
    return is user(), $expected, "$how: and a new one";
}

is_now('200 first/one', 'at the start');
is open_user('/staff/page'), '403 first/one', 'and it is not permitted';

# ---- changes that are loaded

$h->mark_log;
replace("alice second staff\n");
ok followed(), 'a file that is replaced';
is_now('200 second/staff', 'after that');
is open_user('/staff/page'), '200 second/staff', 'and it is permitted now';

$h->mark_log;
rewrite("alice third staff\n");
ok followed(), 'a file that is rewritten in its place';
is_now('200 third/staff', 'after that');

$h->mark_log;
rewrite("bobby third staff\n");    # the same length as before
ok followed(), 'of the same size';
is_now('200 /', 'after that, a client that is no longer listed');
is open_user('/staff/page'), '403 /', 'is no longer permitted';
is open_user('/require/page'), '403 /', 'not even by a condition of Require';

$h->mark_log;
rewrite("alice back staff\n");
ok followed(), 'and again';
is open_user('/require/page'), '200 back/staff',
    'a client that is listed again is permitted, on the open connection';

$h->mark_log;
rewrite('');
ok followed(), 'a file that is truncated to nothing';
is_now('200 /', 'after that');

$h->mark_log;
rewrite("alice fourth staff\n");
followed();
my $before = (stat $h->path('conf/t.map'))[9];
$h->mark_log;
rewrite("alice fifth staff\n");
utime $before, $before, $h->path('conf/t.map');
ok followed(), 'a file whose modification time is set back';
is_now('200 fifth/staff', 'after that');

# ---- changes that are rejected

my %bad = (
    'bad UTF-8'     => ["alice \xff staff\n",           qr/t\.map:1: .*UTF-8/],
    'a double key'  => ["alice x x\nalice y y\n",       qr/t\.map:2: .*in line 1/],
    'a column less' => ["alice x x\nbob x\n",           qr/t\.map:2: /],
);
for my $what (sort keys %bad) {
    my ($text, $expected) = @{ $bad{$what} };
    $h->mark_log;
    replace($text);
    my ($line) = refused();
    like $line, qr{CC0611: \S+site\.conf:1: "\S+/conf/t\.map": .*$expected}, "$what is told";
    is_now('200 fifth/staff', "$what: the last good rows stay");
    sleep 0.6;
    is scalar(my @lines = $h->log_lines(qr/CC0132/)), 1, "$what is told once";
}

$h->mark_log;
rewrite("alice sixth x\nalice y y\n");
ok refused(), 'another bad file is logged again';
$h->mark_log;
unlink $h->path('conf/t.map');
my ($gone) = refused();
like $gone, qr{CC0610: .*"\S+/conf/t\.map": .*No such file}, 'a file that is deleted';
is_now('200 fifth/staff', 'the last good rows stay');
sleep 0.5;
is scalar(my @told = $h->log_lines(qr/CC0132/)), 1, 'which is told once too';
$h->mark_log;
rewrite("alice seventh staff\n");
ok followed(), 'and created again';
is_now('200 seventh/staff', 'after that');

# ---- reload=0

$h->file('conf/never.map', "alice second\n");
sleep 0.5;
is user('/never/page'), '200 first/x', 'reload=0: a change is not followed';
is scalar(my @never = $h->log_lines(qr/table never/)), 0, 'nor told';

# ---- a graceful restart

$open->close;
$open = $h->connection(cert => 'alice');
is open_user(), '200 seventh/staff', 'a connection';
ok $h->reload(files => {}), 'a graceful restart';
is user('/never/page'), '200 second/x', 'after which every file is read again';
$h->mark_log;
rewrite("alice eighth staff\n");
ok followed(), 'a change after that';
is user(), '200 eighth/staff', 'and followed as before';

$h->stop;

# ---- later processes, which do not return to old rows

my %late = (
    modules => ['headers'],
    files   => { 'conf/t.map' => "alice old\nbob bob\n" },
    global  => "MaxConnectionsPerChild 5\n",
    conf    => <<'CONF');
ClientCertTable t file:conf/t.map reload=0.1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN in t user=$1
    Header always set User "expr=%{REMOTE_USER}/"
</VirtualHost>
CONF
$h = ClientCert::Test->server(%late);

sub child { return ($h->log_lines(qr/AH01964/))[-1] =~ /\[pid (\d+)/ ? $1 : 0 }

# The first response to alice from a child other than this one.
sub of_the_next_child {
    my ($last) = @_;
    my ($until, $response) = (time + 30 * $slow);
    while (time < $until) {
        $response = $h->get('/', cert => 'alice');
        return user_of($response) if $response->{status} && child() != $last;
        sleep 0.05;
    }
    return 'no other child';
}

is user(), '200 old/', 'a process with the rows of the start';
my $first = child();
$h->mark_log;
replace("bob bob\n");
ok followed(), 'a client is removed from the list';
is of_the_next_child($first), '200 /', 'and is not on it in a process that is started later';

sleep 23;    # the parent checks every ten seconds, and may be too busy once
$h->mark_log;
replace("alice bad\n\xff\n");
ok refused(), 'a bad file comes';
is user(), '200 /', 'which brings no removed client back';
is of_the_next_child(child()), '200 /', 'not even in a process that never saw a good file';

done_testing;
