# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate of many values costs one evaluation and few lines of log.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;

# The two patterns backtrack on each of the email addresses.
my $cert = certificate('many', '/O=Example/CN=many',
    san => join ',', map { 'email:' . 'a' x 24 . "bx$_\@example.com" } 1 .. 800);

my $two = certificate('two', '/O=Example/CN=two', san => 'email:a@example.com,email:b@example.com');

my $groups = join ' ', map({ "team$_" } 1 .. 20), 'admins', map { "team$_" } 21 .. 40;
my $ambiguous = join "\n", map { "ClientCertMap user=\%{san.email}-$_" } 1 .. 200;

my $h = ClientCert::Test->server(
    modules => ['http2'],
    global => "Protocols h2 http/1.1\n",
    files => { map { ("htdocs/$_" => "yours\n") } qw(negated groups others noted) },
    conf  => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap san.email =~ "(a+)+b" group=banned
    ClientCertMap san.email =~ "((a+)b?)+c" deny
    ClientCertMap san.email|local =~ "alice" user=alice group=\%{subject.OU}
    <Location "/negated">
        <RequireAll>
            Require all granted
            Require not clientcert-group banned
        </RequireAll>
    </Location>
    <Location "/noted">
        $ambiguous
    </Location>
    <Location "/groups">
        Require clientcert-group $groups
    </Location>
    <Location "/others">
        Require clientcert-group \%{req:X-Groups} nobody
    </Location>
</VirtualHost>
CONF

is $h->get('/groups', cert => 'alice')->{status}, 200, 'a client with one of many groups gets in';
is $h->get('/groups')->{status}, 403, 'and no other client';
is $h->get('/others', cert => 'alice', headers => ["X-Groups: $groups"])->{status}, 200,
    'also if an expression names the many groups';
is $h->get('/others', cert => 'alice', headers => ["X-Groups: " . $groups =~ s/admins //r])
    ->{status}, 403, 'which must name that group';

announce('CC0151', 'CC0133', 'CC0110', 'AH01630');
$h->mark_log;
is $h->get('/negated', cert => $cert)->{status}, 500,
    'an evaluation with too many steps does not satisfy a negation';
my @lines = $h->wait_log(qr/CC0133/);
is scalar @lines, 1, 'and is logged in one line';
like $lines[0], qr/the patterns have used all the steps that one certificate is allowed/,
    'which says why';
@lines = $h->log_lines(qr/clientcert:/);
is scalar(grep { /CC0151/ } @lines), 1, 'beside one line about the pattern';
cmp_ok length(join '', @lines), '<', 3000, 'they are short, 800 addresses or not';

# ---- the same connection -------------------------------------------------------------------------

# One after the other, all on one connection of HTTP/2, which 500 does not end.
$h->mark_log;
my $last = $h->get('/negated', cert => $cert, http2 => 1,
    curl => [map { ('-o', '/dev/null', 'https://localhost:' . $h->port . "/negated?$_") } 1 .. 20]);
is $last->{status}, 500, 'the last of many requests on one connection fails like the first';
ok $h->wait_log(qr/CC0133/), 'which is told';
is scalar(my @noted = $h->log_lines(qr/CC0151/)), 1, 'the patterns were tried once for all of them';
is scalar(@lines = $h->log_lines(qr/CC0133/)), 1, 'and that was told once';

# ---- many notes ----------------------------------------------------------------------------------

$h->mark_log;
announce('CC0152', 'CC0188');
is $h->get('/noted', cert => $two)->{status}, 200, 'rules that give no user deny no client';
cmp_ok scalar(@noted = $h->log_lines(qr/CC0152/)), '>=', 100, 'what is noted of them is told';
cmp_ok scalar(@noted), '<', 200, 'as far as the quota of a tag lets it';

done_testing;
