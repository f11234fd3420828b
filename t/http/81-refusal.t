# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate which is no longer valid gets only the refusal on an open connection,
# whatever grants access: conditions of mod_ssl, other modules, public pages, caches.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::BreakingBackend;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Held;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Page;
use ClientCert::Test::Refusal;

use File::Temp ();
use Time::HiRes qw(sleep time);

my $slow = $ENV{CC_SLOW} // 1;

# What lets alice in; none of it is a Require of the module.
my %protected = (
    'verify-client' => 'Require ssl-verify-client',
    'ssl-require'   => 'SSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"',
    expression      => 'Require expr "%{SSL_CLIENT_VERIFY} == \'SUCCESS\'"',
    name            => 'Require expr "%{SSL_CLIENT_S_DN_CN} == \'alice\'"',
    'user-name'     => "SSLUserName SSL_CLIENT_S_DN_CN\nRequire user alice",
    granted         => 'Require all granted',
    'satisfy-host'  => "Order allow,deny\nAllow from all\nSatisfy Any\nRequire all denied",
    'satisfy-user'  => "Order deny,allow\nDeny from all\nSatisfy Any\nRequire ssl-verify-client",
    cached          => 'Header set Cache-Control max-age=600',
);
my @others = qw(/verify-client/ /rewritten /proxied /cgi-bin/count /own/page /whoami);
my @all    = ((map { "/$_/page" } sort keys %protected), @others);
my @some   = qw(/verify-client/page /granted/page /cached/page /proxied);

# A CGI program and a back end count how often they were reached.
my $reached = File::Temp->new;
chmod 0666, $reached->filename;
my $script = <<"CGI";
#!/bin/sh
echo reached >>"$reached"
printf 'Content-Type: text/plain\\r\\n\\r\\nSECRET\\n'
CGI
my $backend = ClientCert::Test::BreakingBackend->new(sub {
    open my $out, '>>', $reached->filename or return 'cannot count';
    syswrite $out, "reached\n";
    return "SECRET\n";
});

sub host {
    my ($port, @lines) = @_;
    return join "\n", "<VirtualHost *:\@PORT$port\@>", 'ServerName localhost', '@SSL@',
        'SSLVerifyClient optional', 'SSLOptions +StdEnvVars',
        'Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"', @lines,
        (map { "<Location /$_>\n$protected{$_}\n</Location>" } sort keys %protected),
        "</VirtualHost>\n";
}

my @doors = ('CacheEnable disk /cached', 'CacheRoot @ROOT@/run', 'CacheHeader on', 'RewriteEngine on',
    'RewriteCond %{SSL:SSL_CLIENT_VERIFY} =SUCCESS', 'RewriteRule ^/rewritten$ /hidden [PT]',
    'ProxyPass /proxied http://127.0.0.1:' . $backend->port . '/',
    "<Location /own>\nClientCertMap subject.CN =~ \"(.+)\" user=\$1\nRequire clientcert\n</Location>",
    "<Location /whoami>\nSetHandler clientcert-status\n</Location>");

# All connections belong to one process, which logs when it has reloaded a CRL.
sub server {
    my ($conf, %files) = @_;
    my $h = ClientCert::Test->server(
        modules => [qw(access_compat alias authz_user cache cache_disk headers http2 proxy proxy_http
            rewrite)],
        cgi    => 1,
        global => "Protocols h2 http/1.1\nKeepAliveTimeout 300\nTimeout 300\nServerLimit 1\n"
            . "ThreadLimit 128\nThreadsPerChild 128\nMaxRequestWorkers 128\nMaxSpareThreads 128\n",
        files => {
            %files,
            'cgi-bin/count'         => $script,
            'htdocs/hidden'         => "SECRET\n",
            'htdocs/sorry/index.html' => "sorry\n",
            'htdocs/own/page'       => "SECRET\n",
            'htdocs/verify-client/index.html' => "SECRET\n",
            map { ("htdocs/$_/page" => "SECRET\n") } keys %protected,
        },
        conf => $conf);
    chmod 0755, $h->path('cgi-bin/count');
    return $h;
}

# One connection of HTTP/1.1 and one of HTTP/2 for each path, which let alice in.
sub let_in {
    my ($h, $why, @paths) = @_;
    my %open;
    $h->get('/cached/page', cert => 'bob');
    for my $path (@paths) {
        my $c      = $open{$path}{http1} = $h->connection(cert => 'alice');
        my $before = $c->request($path);
        like "$before->{status} $before->{body}", $path eq '/whoami' ? qr/^200 / : qr/^200 SECRET/,
            "$why: before, $path lets her in";
        $open{$path}{http2} = hold($h, 'alice', $path);
    }
    like $h->get('/cached/page', cert => 'bob')->{headers}{'x-cache'}, qr/^HIT/, 'from the cache, too';
    return %open;
}

sub are_refused {
    my ($h, $why, %open) = @_;
    my $before = read_file($reached->filename);
    $h->mark_log;
    for my $path (sort keys %open) {
        my $after = $open{$path}{http1}->request($path);
        is_refused($after, "$why: $path is refused");
        is $after->{headers}{verify}, 'FAILED:application verification failure',
            'to mod_ssl her certificate has failed,';
        is $open{$path}{http1}->request('/')->{status}, 0, 'and the connection has ended';
        my (undef, $stream) = go_on($h, $open{$path}{http2});
        is "$stream->{status} $stream->{connects}", '403 0', "$why: $path is refused over HTTP/2";
        unlike "$after->{body}$stream->{body}", qr/SECRET|CN=alice/, 'and shows nothing';
    }
    is read_file($reached->filename), $before, "$why: no CGI and no back end was reached";
    my $needs = qr/CC0110: .*needs="a certificate that is still accepted"/;
    my $until = time + 20 * $slow;
    sleep 0.05 while time < $until && (my @now = $h->log_lines($needs)) < 2 * keys %open;
    is scalar(my @told = $h->log_lines($needs)), 2 * keys %open, 'each refusal is logged';
    is scalar(my @why = $h->log_lines(qr/CC0104/)), 2 * keys %open, 'and once a connection, why';
    return;
}

announce('AH02229', 'CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH01797', 'AH02039', qr/CC07\d\d/,
    qr/SSL Library Error/);

# ---- a CRL

my $staff = ClientCert::Test::Crl->new('staff');
my $crl   = "ClientCertCRL conf/staff.crl reload=0.1\nClientCertCRLCheck leaf";
my $h     = server(host('', $crl, @doors)
        . host(2, $crl, $doors[-1], 'ErrorDocument 403 /whoami')
        . host(3, $crl, 'ErrorDocument 403 /cgi-bin/env')
        . host(4, $crl, 'ErrorDocument 403 /sorry/', 'ErrorDocument 400 /granted/page'),
    'conf/staff.crl' => $staff->crl);
my %open   = let_in($h, 'revoked', @all);
my $beside = hold_beside($h, 'alice', '/verify-client/page');
my %page   = map { $_ => $h->connection(cert => 'alice', port => $_) } 2 .. 4;
my %later  = map { $_ => $h->connection(cert => 'alice', port => $_) } 2, 4;
is $_->request('/granted/page')->{status}, 200, 'connections to other hosts'
    for values %page, values %later;

$staff->revoke('alice', 'keyCompromise');
replace($h->path('conf/staff.crl'), $staff->crl);
ok $h->wait_log(qr/CC0173/, 30), 'she is revoked';
are_refused($h, 'revoked', %open);
my ($running, $waited, $also) = go_on($h, $beside);
is "$running->{status} $running->{body}", "200 waited\n", 'a stream that runs beside is answered to its end';
is "$waited->{status} $also->{status}", '200 403', 'while a new one is refused';

# ---- the page that explains it

my $status = $page{2}->request('/granted/page');
is_refused($status, 'ErrorDocument: clientcert-status');
like page($status)->{text}, qr/it was revoked on \S+ \(keyCompromise\)/, 'says why';
my $env = $h->cgi_env($page{3}->request('/granted/page'));
is $env->{REDIRECT_STATUS}, 403, 'ErrorDocument: a CGI';
is $env->{SSL_CLIENT_VERIFY}, 'FAILED:application verification failure', 'which does not see SUCCESS';
my $sorry = $page{4}->request('/verify-client/page');
is_refused($sorry, 'ErrorDocument: the index of a folder');
is $sorry->{body}, "sorry\n", 'is shown';
my $bad = $later{4}->request('/', host => 'no host');
is $bad->{status}, 400, 'the page of another error';
unlike $bad->{body}, qr/SECRET/, 'opens nothing';
is_refused($later{2}->request('/whoami'),
    'clientcert-status is served only as the page of the refusal');
$h->stop;

# ---- ClientCertMaxAge

{
    my $seconds = 10 * $slow;
    $h = server(host('', "ClientCertMaxAge $seconds", @doors));
    my $earliest = time + $seconds;
    my %too_old = let_in($h, 'too old', @some);
    before_ok($earliest, 'before it is too old');
    my $end     = time + $seconds;
    sleep 0.1 while time < $end + 0.1;
    are_refused($h, 'too old', %too_old);
    $h->stop;
}

# ---- OCSP

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'bob']);
my $ocsp = 'ClientCertOCSP On ttl=2 timeout=' . 20 * $slow . ' responder=' . $responder->url('honest');
$h = server(host('', $ocsp, @doors) . host(2, $ocsp, <<'CONF'));
SSLVerifyClient none
<Location /late>
    SSLVerifyClient require
    Order allow,deny
    Allow from all
    Satisfy Any
    Require all granted
</Location>
<Location /turned-away>
    SSLVerifyClient require
    SSLRequire %{HTTP_HOST} eq "nobody"
    Satisfy Any
    Require all granted
</Location>
CONF
%open = let_in($h, 'OCSP', @some);
my $late = sub {
    my ($path) = @_;
    return $h->connection(cert => 'alice', port => 2, args => ['-enable_pha'])->request($path);
};
is $late->('/late')->{status}, 404, 'a certificate that is asked for by a page';
is $late->('/turned-away')->{status}, 404, 'also where mod_ssl denies, and Satisfy Any lets in';
$responder->revoke('alice');
my $end = time + 2;    # when earlier answers have expired
sleep 0.1 while time < $end + 0.5;
are_refused($h, 'OCSP', %open);
is $late->('/late')->{status}, 403,
    'Satisfy Any does not pass what is refused by the page that asks for it';
is $late->('/turned-away')->{status}, 403, 'nor if the access phase ended early';

done_testing;
