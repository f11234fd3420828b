# SPDX-License-Identifier: Apache-2.0
# Tests that conditions of mod_ssl and other modules, on a host with ClientCertCA and without rules,
# admit no certificate that is no longer accepted: its CA has left, it has expired, or its client has
# not proved possession of the key.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::CaSet;
use ClientCert::Test::File;
use ClientCert::Test::Held;
use ClientCert::Test::Refusal;
use ClientCert::Test::Session;
use Time::HiRes qw(sleep time);

my $seconds = 4 * ($ENV{CC_SLOW} // 1);
my @tls     = ('1.2', '1.3');

# What admits a request for each path.
my %admits = (
    verified => 'Require ssl-verify-client',
    sslrequire => 'SSLRequire %{SSL_CLIENT_S_DN_O} eq "Example"',
    expression => 'Require expr "%{SSL_CLIENT_VERIFY} == \'SUCCESS\'"',
    faked => "SSLOptions +FakeBasicAuth\nAuthType Basic\nAuthName Staff\nAuthBasicProvider anon\n"
        . "Anonymous * /C=XX /CN=alice\nAnonymous_NoUserId on\nAnonymous_MustGiveEmail off\nRequire valid-user",
    satisfied => "Order deny,allow\nDeny from all\nSatisfy Any\nRequire ssl-verify-client",
    cached => 'CacheEnable disk',
    open   => '',
);
my @paths = ((map { "/$_/page" } sort keys %admits), '/rewritten', '/cgi-bin/env');
my $conf  = <<'CONF' . join '', map { "<Location /$_>\n$admits{$_}\n</Location>\n" } sort keys %admits;
CacheRoot @ROOT@/run
CacheQuickHandler on
CacheDefaultExpire 3600
CacheIgnoreNoLastMod On
ErrorDocument 403 /refusal
ErrorDocument 404 /verified/page
SSLOptions +StdEnvVars
RewriteEngine on
RewriteCond %{SSL:SSL_CLIENT_VERIFY} =SUCCESS
RewriteRule ^/rewritten$ /open/page [PT]
SSLUserName SSL_CLIENT_S_DN_CN
CONF
my $later = <<'CONF';
<VirtualHost *:@PORT2@>
    ServerName localhost
    @TLS@
    ClientCertCA conf/cas.pem reload=0.1
    SSLVerifyDepth 2
    CustomLog logs/later "%U %>s"
    ScriptAlias /later @ROOT@/cgi-bin/mark
    <Location /later>
        SSLVerifyClient optional
        Require ssl-verify-client
    </Location>
</VirtualHost>
CONF

announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0737', 'CC0720', 'CC0722', 'AH01630', 'AH01797', 'AH01897', 'AH02039',
    'AH02261', 'AH02262', 'AH02263', qr/SSL Library Error/);
my $h = ClientCert::Test->server(
    modules => [qw(access_compat alias auth_basic authn_anon authz_user cache cache_disk headers http2 rewrite)],
    cgi   => 1,
    files => {
        'conf/cas.pem'   => pem_of(qw(root staff services)),
        'htdocs/refusal' => "refused\n",
        map { ("htdocs/$_/page" => "SECRET\n") } keys %admits,
    },
    global => "Protocols h2 http/1.1\n" . session_conf('tickets')
        . "ServerLimit 1\nThreadLimit 64\nThreadsPerChild 64\nMaxSpareThreads 64\nKeepAliveTimeout 300\n",
    conf => ca_host("ClientCertCA conf/cas.pem reload=0.1\nSSLVerifyDepth 2\n$conf") =~ s/ClientCertMap.*//r . $later);

# ---- the key

chmod 0755, $h->file('cgi-bin/mark', <<'SH');
#!/bin/sh
echo "$REQUEST_URI" >>"$DOCUMENT_ROOT/../logs/marks"
printf 'Content-Type: text/plain\r\n\r\nmarked\n'
SH

# Requests a page that needs a certificate. Waits until it has been logged.
sub later {
    my ($tls, $key) = @_;
    my $path = "/later/$tls-" . ($key eq 'alice' ? 'own' : 'other');
    my $c    = $h->connection(cert => 'alice', key => $key, tls => $tls, port => 2, args => ['-enable_pha']);
    is $c->request('/open/page')->{status}, 200, "TLS $tls: a connection without a certificate";
    $c->request($path);
    my $until = time + 30 * ($ENV{CC_SLOW} // 1);
    sleep 0.02 while time < $until && read_if_there($h->path('logs/later')) !~ /^\Q$path\E /m;
    return read_if_there($h->path('logs/marks')) =~ /^\Q$path\E$/m ? 'runs' : 'does not run';
}

my $other = $h->other_key('alice');
for my $tls (@tls) {
    is later($tls, 'alice'), 'runs',         "TLS $tls: a program for a client that is asked later";
    is later($tls, $other),  'does not run', "TLS $tls: not for one without the key";
}

# ---- dates

my $earliest = time + $seconds;    # it ends between this moment and $end
my $short = ClientCert::Test->short_cert($seconds);
my $end   = time + $seconds;
my @open  = map { $h->connection(cert => $short, tls => $_) } @tls;
is $_->request('/verified/page')->{status}, 200, 'a certificate that will expire' for @open;
before_ok($earliest, 'before it expires');
sleep 0.1 while time < $end + 1.1;
is_refused($_->request('/verified/page'), 'it has expired') for @open;

# ---- the CA

my %open = map { my $tls = $_; map { ("$tls $_" => $h->connection(cert => 'alice', tls => $tls)) } @paths } @tls;
my %held = map { $_ => hold($h, 'alice', $_) } @paths;
for my $path (@paths) {
    like $_->{body}, qr/SECRET|SSL_CLIENT_VERIFY=SUCCESS/, "$path is open to alice"
        for map { $open{"$_ $path"}->request($path) } @tls;
}
ca_changes($h, 'conf/cas.pem', [qw(root services)], qr/removed CN=Staff CA/, 'her CA leaves');
for my $path (@paths) {
    for my $tls (@tls) {
        my $said = $open{"$tls $path"}->request($path);
        is_refused($said, "TLS $tls: $path is closed to her");
        is "$said->{body} $said->{headers}{user}", "refused\n ", 'and she sees nothing of it';
        unlike $said->{headers}{verify}, qr/SUCCESS/, 'which the error page does not report as verified';
    }
    my (undef, $said) = go_on($h, $held{$path});
    is "$said->{status} $said->{connects} $said->{body}", "403 0 refused\n", "HTTP/2: $path is closed to her";
}

done_testing;
