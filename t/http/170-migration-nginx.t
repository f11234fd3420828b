# SPDX-License-Identifier: Apache-2.0
# Tests the section "nginx" of doc/migration.md: nginx runs its Before, and httpd its After.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example qw(keeps_denied);
use ClientCert::Test::File;
use ClientCert::Test::Migration;
use ClientCert::Test::Proxy;
use File::Temp ();

proxy_version('nginx');    # the test is skipped without it

my $part       = section('nginx');
my ($before)   = fenced($part, 'nginx');
my ($after)    = fenced($part, 'apache');
my ($command)  = commands($part);
my @places     = qw(/private /admin);
my @paths      = map { "$_/page" } '', @places;

my $www = File::Temp->newdir;
mkdir "$www$_" for @places;
write_file("$www$_", "page\n") for @paths;
my %replace = ('/var/www/html;' => "$www;\nadd_header User \$user always;");
my $nginx = proxy('nginx', text => $before, replace => \%replace);
my $was = answers($nginx, \@paths, everyone());
$nginx->stop;

my $rules = made($command, 'nginx.conf' => $before);
is scalar(() = $rules =~ /^ClientCertMap /mg), 2,
    'clientcert convert makes a rule of each line of the map';
unlike $rules, qr/CC0550/, 'and leaves none out';

announce('AH01630', 'CC0104', 'CC0106', 'CC0110', 'CC0150', qr/\[(?:ssl|authz_core):error\]/);
my %server = server_of($after, @places);
my $h = ClientCert::Test->server(%server, files => { %{ $server{files} },
    'conf/people.conf' => $rules });
my $is = answers($h, \@paths, everyone());
compare('nginx', $was, $is, 'multi-rdn' => 'the page names it');
is $was->{'/page multi-rdn'}, 'admin+OU=x', 'nginx takes two attributes of one RDN for one,';
is $is->{'/page multi-rdn'}, 'admin', 'the rules do not';
is $was->{'/page comma-cn'}, 'a\\', 'nginx finds a part of a name with a comma;';
is $is->{'/page comma-cn'}, '', 'the rules give it no user';
is $was->{'/page service'}, 'cart', 'nginx names clients of every CA,';
is $is->{'/page service'}, '', 'the rules those of one';
is $was->{'/page expired'}, undef, 'nginx answers a certificate that does not verify with 400';
is $is->{"$_ nobody"}, $was->{"$_ nobody"}, "$_: a client without a certificate has the same answer"
    for @paths;
keeps_denied($h, "$_/page", cert => 'alice') for @places;
$h->stop;

# ---- clients that need a certificate

my $optional = 'ssl_verify_client      optional;';
$nginx = proxy('nginx', text => $before,
    replace => { %replace, $optional => $optional =~ s/optional/on/r });
%server = server_of($after =~ s/optional/require/r, @places);
$h = ClientCert::Test->server(%server, files => { %{ $server{files} },
    'conf/people.conf' => $rules });
for my $cert ('', 'expired') {
    my @request = ('/page', $cert ? (cert => $cert) : ());
    is $nginx->get(@request)->{status}, 400, "with \"on\", nginx answers with 400: $cert";
    is $h->get(@request)->{status}, 0, "with \"require\", the handshake fails: $cert";
}

done_testing;
