# SPDX-License-Identifier: Apache-2.0
# Tests the section "HAProxy" of doc/migration.md: HAProxy runs its Before, and httpd its After.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example qw(keeps_denied);
use ClientCert::Test::File;
use ClientCert::Test::Migration;
use ClientCert::Test::Proxy;
use File::Temp ();

proxy_version('haproxy');    # the test is skipped without it

my $part      = section('HAProxy');
my ($before)  = fenced($part, 'haproxy');
my ($after)   = fenced($part, 'apache');
my ($command) = commands($part);
my @places    = qw(/private /admin);
my @paths     = map { "$_/page" } '', @places;

my $map = join '', map { "$_\n" } 'alice alice', 'bob robert', 'cart cart', 'two-cn two',
    'admin root', 'a,CN=admin odd', 'web partner';
my $dir = File::Temp->newdir;
write_file("$dir/users.map", $map);
my %replace = ('/etc/haproxy/users.map' => "$dir/users.map");
my $headers = 'hdr User "%[var(txn.user)]" hdr Verify "%[ssl_c_verify]"';
my $haproxy = proxy('haproxy', replace => \%replace, text => <<"CONF");
defaults
    mode    http
    timeout connect 5s
    timeout client  60s
    timeout server  60s
$before
backend www
    http-request return status 200 content-type text/plain string page $headers
CONF
my $was = answers($haproxy, \@paths, everyone());
is $haproxy->get('/page')->{headers}{verify}, 0, 'ssl_c_verify is 0 without a certificate';
$haproxy->stop;

my $table = made($command, 'users.map' => $map);
unlike $table, qr/CC0550/, 'clientcert convert leaves no line of the map out';
my ($rule) = $table =~ /^# +(ClientCertMap .*)$/m;
ok index($after, $rule) > 0, 'its rule is that of the page' or diag $rule;

announce('AH01630', 'CC0104', 'CC0106', 'CC0110', 'CC0150', qr/\[(?:ssl|authz_core):error\]/);
my %server = server_of($after, @places);
my $h = ClientCert::Test->server(%server, files => { %{ $server{files} },
    'conf/people.map' => $table });
my $is = answers($h, \@paths, everyone());
compare('HAProxy', $was, $is);
is $is->{'/page two-cn'}, 'two', 'of several common names the first is looked up, as before';
is $was->{'/page service'}, 'cart', 'HAProxy looks up clients of every CA,';
is $is->{'/page service'}, '', 'the rule those of one';
is $is->{"$_ nobody"}, $was->{"$_ nobody"}, "$_: a client without a certificate has the same answer"
    for @paths;
keeps_denied($h, "$_/page", cert => 'alice') for @places;

done_testing;
