# SPDX-License-Identifier: Apache-2.0
# Tests certificates that a client presents within a connection without having their key.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Session;
use Time::HiRes qw(sleep time);

# The effect of a request is observed on the server, because its client may never get a response.
my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient none
    ClientCertMap subject.CN =~ "(.+)" user=$1 group=staff
    ClientCertExport USER SERIAL
    CustomLog logs/user_log "%U %s %u" "expr=-n clientcert('user')"
    CustomLog logs/all_log "%U %s %u"
    ScriptAlias /require  @ROOT@/cgi-bin/mark
    ScriptAlias /optional @ROOT@/cgi-bin/mark
    ScriptAlias /identity @ROOT@/cgi-bin/mark
    ScriptAlias /negated  @ROOT@/cgi-bin/mark
    ScriptAlias /open     @ROOT@/cgi-bin/mark
    <Location />
        SSLRenegBufferSize 100000
    </Location>
    <Location /require>
        SSLVerifyClient require
    </Location>
    <Location /optional>
        SSLVerifyClient optional
    </Location>
    <Location /identity>
        SSLVerifyClient require
        Require clientcert-group staff
    </Location>
    <Location /negated>
        SSLVerifyClient optional
        <RequireAll>
            Require all granted
            Require not clientcert-group banned
        </RequireAll>
    </Location>
</VirtualHost>
CONF

my $mark = <<'PERL';
#!/usr/bin/perl
my $body = '';
read STDIN, $body, $ENV{CONTENT_LENGTH} if $ENV{CONTENT_LENGTH};
my $user = defined $ENV{REMOTE_USER} ? $ENV{REMOTE_USER} : '-';
my $serial = defined $ENV{CLIENTCERT_SERIAL} ? 'serial' : '-';
open my $f, '>>', "$ENV{DOCUMENT_ROOT}/../logs/marks" or die;
print $f "$ENV{REQUEST_URI} $user $serial " . length($body) . "\n";
close $f;
print "Content-Type: text/plain\r\n\r\n$user";
PERL

sub server {
    my ($mpm) = @_;
    my $h = ClientCert::Test->server(mpm => $mpm, modules => ['cgid', 'alias'], conf => $conf,
        global => "ScriptSock cgisock\n" . session_conf('cache'));
    chmod 0755, $h->file('cgi-bin/mark', $mark);
    return $h;
}

# Waits until a request has been logged, and returns what its CGI program recorded, if it ran.
sub seen {
    my ($h, $path) = @_;
    my $until = time + 20 * ($ENV{CC_SLOW} // 1);
    sleep 0.02
        while time < $until && read_if_there($h->path('logs/all_log')) !~ m{^\Q$path\E }m;
    my ($said) = read_if_there($h->path('logs/marks')) =~ /^\Q$path\E (.*)$/m;
    return $said;
}

my $count = 0;

# A request for a path that needs a certificate, on a connection that has none yet.
sub asked {
    my ($h, $place, %o) = @_;
    my $c    = $h->connection(%o, args => ['-enable_pha']);
    my $path = "/$place/" . ++$count;
    is $c->request("/open/$count")->{body}, '-', "$o{where}: no identity before";
    my $response = $c->request($path, %{ $o{request} // {} });
    return ($response, seen($h, $path), $c, $path);
}

sub with_another_key {
    my ($h, $tls, $key) = @_;
    for my $place (qw(require optional identity negated)) {
        for my $request ({}, { method => 'POST', data => 'x' x 5000 }) {
            my $where = "TLS $tls, $place, " . ($request->{method} // 'GET');
            my ($response, $seen, $c, $path) = asked($h, $place, cert => 'alice', key => $key,
                tls => $tls, where => $where, request => $request);
            isnt $response->{status}, 200, "$where: a client without the key gets nothing";
            is $seen, undef, 'and nothing is run for it';
            is $c->request("/open/after$count")->{status}, 0, 'its connection has ended';
            unlike read_if_there($h->path('logs/user_log')), qr/^\Q$path\E /m,
                'it is logged without an identity';
        }
    }
    return;
}

sub with_its_own {
    my ($h, $tls) = @_;
    for my $place (qw(require optional identity negated)) {
        my $where = "TLS $tls, $place, with its key";
        my ($response, $seen) = asked($h, $place, cert => 'alice', tls => $tls, where => $where,
            request => { method => 'POST', data => 'x' x 5000 });
        is "$response->{status} $seen", '200 alice serial 5000', "$where: it is alice";
    }
    my ($response, $seen) =
        asked($h, 'require', cert => 'stranger', tls => $tls, where => "TLS $tls, stranger");
    isnt $response->{status}, 200, "TLS $tls: a certificate of another CA is not let in";
    is $seen, undef, 'and nothing is run for it';
    return;
}

sub with_none {
    my ($h, $tls) = @_;
    my $where = "TLS $tls, without a certificate";
    my ($response, $seen) = asked($h, 'optional', tls => $tls, where => $where);
    is "$response->{status} $seen", '200 - - 0', "$where: optional: there is no identity";
    for my $place (qw(require identity)) {
        my ($response, $seen) = asked($h, $place, tls => $tls, where => $where);
        isnt $response->{status}, 200, "$where: $place: it is not let in";
        is $seen, undef, 'and nothing is run for it';
    }
    return;
}

# The body is sent in two pieces, and the server requests the certificate in between: it first reads
# the whole body.
sub in_a_body {
    my ($h, $tls, $key) = @_;
    for my $k ('alice', $key) {
        my $own   = $k eq 'alice';
        my $path  = '/optional/' . ++$count;
        my $c     = $h->connection(cert => 'alice', key => $k, tls => $tls, args => ['-enable_pha']);
        my $head  = "POST $path HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nfirst";
        local $SIG{PIPE} = 'IGNORE';
        syswrite $c->{in}, $head;
        sleep 0.05;
        syswrite $c->{in}, ' half';
        is seen($h, $path), $own ? 'alice serial 10' : undef,
            "TLS $tls, in the middle of a body: " . ($own ? 'with the key' : 'with another');
    }
    return;
}

sub at_once {
    my ($h, $tls, $key) = @_;
    my $said = $h->s_client(cert => 'alice', key => $key, tls => $tls, port => 2, get => '/');
    is $said->{status}, 0, "TLS $tls: where it is asked for at once, there is no connection";
    return;
}

$conf .= <<'CONF';
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=$1
</VirtualHost>
CONF

announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0722', 'AH01630', qr/SSL Library Error/, 'AH02261',
    'AH02225', 'AH02262', 'AH02263', 'AH10158', 'AH02008');
for my $mpm ('event', 'prefork') {
    my $h   = server($mpm);
    my $key = $h->other_key('alice');
    for my $tls ('1.2', '1.3') {
        with_another_key($h, $tls, $key);
        with_its_own($h, $tls);
        with_none($h, $tls);
        in_a_body($h, $tls, $key);
        at_once($h, $tls, $key);
    }
}

done_testing;
