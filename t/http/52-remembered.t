# SPDX-License-Identifier: Apache-2.0
# Tests that a connection keeps results for reuse, however many different results it needs.
use strict;
use warnings;
use ClientCert::Test;

my $scopes = 80;
my @paths  = map { "/s$_/" } 1 .. $scopes;
my $h      = ClientCert::Test->server(
    modules => ['http2', 'headers'],
    files   => {
        'conf/people' => "alice\@example.com first\n",
        map { ("htdocs$_" . 'index.html' => "page\n") } @paths, '/table/'
    },
    global => "Protocols h2 http/1.1\nThreadsPerChild 16\n",
    conf   => <<'CONF' . join "\n", map { <<"SCOPE" } @paths);
MaxKeepAliveRequests 0
H2MaxSessionStreams 100
ClientCertTable people file:conf/people reload=1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    Header always set X-User "expr=%{clientcert:user}"
    <Location "/table/">
        ClientCertMap san.email in people user=$1
    </Location>
</VirtualHost>
CONF
<Location "$_">
    ClientCertMap san.email == "alice\@example.com" user=alice$_
    Require clientcert-user alice$_
</Location>
SCOPE

sub mapped { return scalar(my @lines = $h->log_lines(qr/CC0101/)) }

# ---- one request after another -------------------------------------------------------------------

my $c = $h->connection(cert => 'alice');
my $wrong = 0;
for my $round (1 .. 3) {
    for my $path (@paths) {
        $wrong++ if ($c->request($path)->{headers}{'x-user'} // '') ne "alice$path";
    }
}
is $wrong, 0, "$scopes scopes on one connection: each is answered by its own rules";
is mapped(), $scopes, 'and evaluated once, however often it is asked';

for my $user (qw(second third fourth)) {
    $h->file('conf/people', "alice\@example.com $user\n");
    my $seen = '';
    for (1 .. 300) {
        $seen = $c->request('/table/')->{headers}{'x-user'} // '';
        last if $seen eq $user;
        select undef, undef, undef, 0.05;
    }
    is $seen, $user, 'a table that changes is followed on it';
    $h->mark_log;
    is $c->request('/table/')->{headers}{'x-user'}, $user, 'and the next request';
    is mapped(), 0, 'remembers it';
}
$c->close;

# ---- streams beside each other -------------------------------------------------------------------

$h->mark_log;
my @answers = $h->parallel([(@paths) x 4], cert => 'alice');
is scalar(grep { $_->{status} == 200 } @answers), 4 * $scopes, 
    'HTTP/2: each is answered by its own rules';
my ($mapped, $connects) = (mapped(), 0);
$connects += $_->{connects} for @answers;
is $connects, 1, 'on one connection';
cmp_ok $mapped, '<=', 2 * $scopes, 'and few are evaluated more than once, since they came at once';

done_testing;
