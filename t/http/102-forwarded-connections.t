# SPDX-License-Identifier: Apache-2.0
# Tests that the connection of a proxy mixes none of its clients: one after the other, pipelined, as
# streams of HTTP/2, in subrequests, redirects and error pages.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command qw(run_command);
use ClientCert::Test::File;
use ClientCert::Test::Forwarded;

use File::Temp ();
use IO::Socket::INET;

my $conf = <<'CONF';
    ClientCertHeader pem-bare
    ClientCertTrustedProxy 127.0.0.1
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1
    Header always set User "%{CLIENTCERT_USER}e"
    <Directory "@ROOT@/htdocs">
        Options +Includes
        AllowOverride AuthConfig
        RewriteEngine on
        RewriteRule ^moved$ /index.html [PT]
    </Directory>
    <Location "/alice">
        Require clientcert-user alice
    </Location>
    ErrorDocument 403 /failed.html
CONF
my %files = (
    'htdocs/index.html'        => "hello\n",
    'htdocs/failed.html'       => "failed\n",
    'htdocs/alice'             => "for alice\n",
    'htdocs/page.shtml'        => qq{<!--#include virtual="/cgi-bin/env" -->\n},
    'htdocs/bob/.htaccess'     => "Require clientcert-user bob\n",
    'htdocs/bob/index.html'    => "for bob\n",
    'htdocs/else/.htaccess'    => "<RequireAll>\nRequire all granted\nRequire not clientcert-user bob\n</RequireAll>\n",
    'htdocs/else/index.html'   => "not for bob\n",
    'htdocs/match/.htaccess'   => "Require clientcert via == header via.proxy == 127.0.0.1\n",
    'htdocs/match/index.html'  => "through the proxy\n",
);
my %value = map { $_ => forwarded_value('pem-bare', $_) } qw(alice bob admin foreign);

announce('CC0104', 'CC0110', 'CC0145', 'AH01630');

sub head {
    my ($path, $cert) = @_;
    return "GET $path HTTP/1.1\r\nHost: localhost\r\n"
        . ($cert ? "X-Forwarded-Tls-Client-Cert: $value{$cert}\r\n" : '') . "\r\n";
}

# The status and user of each of so many responses.
sub answers {
    my ($socket, $count) = @_;
    my @said;
    for (1 .. $count) {
        my ($status, $user, $length) = ('', '', 0);
        while (defined(my $line = <$socket>)) {
            $status = $1 if $line =~ m{^HTTP/1\.1 (\d+)};
            $user   = $1 if $line =~ /^User: (.*?)\r/;
            $length = $1 if $line =~ /^Content-Length: (\d+)/;
            last if $line eq "\r\n";
        }
        read $socket, my ($body), $length;
        push @said, "$status $user";
    }
    return join ', ', @said;
}

sub plain {
    my ($h) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $h->port(2), Timeout => 60)
        // die "connect: $!\n";
}

sub ask {
    my ($socket, $path, $cert) = @_;
    print {$socket} head($path, $cert);
    return answers($socket, 1);
}

# Some streams of one HTTP/2 connection, at once: [path, certificate] ...
sub streams {
    my ($h, @requests) = @_;
    my $dir = File::Temp->newdir;
    my @a   = ('curl', '-q', '-s', '--no-progress-meter', '--parallel', '--parallel-max', 50);
    for my $i (0 .. $#requests) {
        my ($path, $cert) = @{ $requests[$i] };
        push @a, '--http2', '--noproxy', '*', '--cacert', $h->ca . '/root.pem', '--max-time', 60,
            $cert ? ('-H', "X-Forwarded-Tls-Client-Cert: $value{$cert}") : (), '-o', '/dev/null',
            '-w', "$i %{http_code} %header{user} %{num_connects}\n", '--resolve',
            'localhost:' . $h->port . ':127.0.0.1', 'https://localhost:' . $h->port . $path, '--next';
    }
    pop @a;
    my (undef, $output) = run_command('', @a);
    my @said = map { s/^\d+ //r } sort { ($a =~ /(\d+)/)[0] <=> ($b =~ /(\d+)/)[0] } split /\n/, $output;
    return @said;
}

for my $mpm (qw(prefork worker event)) {
    my $h = ClientCert::Test->server(
        mpm     => $mpm,
        modules => ['headers', 'include', 'mime', 'rewrite', $mpm eq 'prefork' ? () : 'http2'],
        cgi     => 1,
        files   => \%files,
        global  => "Protocols h2 http/1.1\nKeepAliveTimeout 60\n",
        conf    => <<"CONF");
AddType text/html .shtml
AddHandler server-parsed .shtml
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
$conf
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    SSLCACertificateFile \@CA\@/clients.pem
    SSLVerifyDepth 4
$conf
</VirtualHost>
CONF
    my $socket = plain($h);
    for my $round (1 .. 3) {
        is join(', ', map { ask($socket, '/', $_) } 'alice', 'bob', undef, 'bob', 'foreign', 'alice', 'alice'),
            '200 alice, 200 bob, 200 (null), 200 bob, 200 (null), 200 alice, 200 alice',
            "$mpm: clients one after the other on a connection, round $round";
    }
    print {$socket} map { head('/', $_) } 'alice', 'bob', undef, 'alice', 'admin', 'bob';
    is answers($socket, 6), '200 alice, 200 bob, 200 (null), 200 alice, 200 admin, 200 bob', "$mpm: pipelined";
    print {$socket} map { head($_->[0], $_->[1]) } ['/alice', 'alice'], ['/alice', 'bob'], ['/alice'],
        ['/alice', 'alice'];
    is answers($socket, 4), '200 alice, 403 bob, 403 (null), 200 alice', "$mpm: pipelined, where one is let in";
    is ask($socket, '/moved', 'bob'), '200 bob', "$mpm: an internal redirect";
    is ask($socket, '/alice', 'bob'), '403 bob', "$mpm: an error page";
    is ask($socket, '/alice'), '403 (null)', "$mpm: an error page for nobody";
    is join(', ', map { ask($socket, '/bob/', $_) } 'bob', 'alice', undef), '200 bob, 403 alice, 403 (null)',
        "$mpm: .htaccess";
    is join(', ', map { ask($socket, '/else/', $_) } 'bob', 'alice', undef, 'foreign'),
        '403 bob, 200 alice, 200 (null), 403 (null)', "$mpm: Require not in .htaccess";
    is join(', ', map { ask($socket, '/match/', $_) } 'bob', undef), '200 bob, 403 (null)',
        "$mpm: fields of the way in .htaccess";

    for my $tls ('1.2', '1.3') {
        my $c = $h->connection(tls => $tls, cert => 'admin');
        is join(', ', map { my $r = $c->request('/', headers => $_ ? ["X-Forwarded-Tls-Client-Cert: $value{$_}"] : []);
            "$r->{status} $r->{headers}{user}" } 'alice', 'bob', undef, 'alice', 'bob'),
            '200 alice, 200 bob, 200 (null), 200 alice, 200 bob', "$mpm, TLS $tls: a proxy with a certificate";
        $c->close;
    }
    for my $cert ('alice', 'bob') {
        my $env = $h->cgi_env($h->get('/page.shtml', headers => ["X-Forwarded-Tls-Client-Cert: $value{$cert}"]));
        is $env->{CLIENTCERT_USER}, $cert, "$mpm: a subrequest of $cert";
    }
    if ($mpm ne 'prefork') {
        my @clients = ('alice', 'bob', undef, 'admin', 'foreign');
        my @said = streams($h, map { ['/', $clients[$_ % 5]] } 0 .. 39);
        is_deeply [map { s/ \d$//r } @said], [map { '200 ' . ($_ && $_ ne 'foreign' ? $_ : '(null)') }
            map { $clients[$_ % 5] } 0 .. 39], "$mpm: streams at once";
        cmp_ok eval { my $n = 0; $n += (split)[-1] for @said; $n }, '<', 40, "$mpm: which share connections";
    }
    close $socket;    # so that no child of before the restart stays
    ok $h->reload, "$mpm: a graceful restart";
    my $after = plain($h);
    is join(', ', map { ask($after, '/', $_) } 'alice', 'bob', undef), '200 alice, 200 bob, 200 (null)',
        "$mpm: the same after it";
    close $after;
    $h->stop;
}
done_testing;
