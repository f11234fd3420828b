# SPDX-License-Identifier: Apache-2.0
# Tests the section "mod_nss" of doc/migration.md: its commands export the CAs and the key of a
# database of the NSS library, and its names are those that the NSS library writes.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program);
use ClientCert::Test::Migration;
use File::Temp ();

my @missing = grep { !program($_) } qw(certutil pk12util);
if (@missing) {
    die "not installed: @missing\n" if $ENV{CI};
    plan skip_all => "not installed: @missing";
}

# ---- the database

my $ca = ClientCert::Test->ca;
my $db = File::Temp->newdir;
sub nss {
    my ($program, @options) = @_;
    my ($exit, $output, $error) = run_command('', $program, '-d', $db, @options);
    die "$program @options: $error" if $exit;
    return $output;
}
nss('certutil', '-N', '--empty-password');
nss('certutil', '-A', '-n', $_->[0], '-t', $_->[1], '-a', '-i', "$ca/$_->[2].pem")
    for ['Root CA of the clients', 'CT,,', 'root'], ['Staff CA', ',,', 'staff'],
    ['For servers', 'C,,', 'foreign-root'], ['For mail', ',CT,', 'printers'];
system "openssl pkcs12 -export -name Server-Cert -in $ca/localhost.pem -inkey $ca/localhost.key "
    . "-passout pass:secret -out $db/in.p12";
nss('pk12util', '-i', "$db/in.p12", '-W', 'secret');

# ---- the commands

my $part = section('mod_nss');
my ($loop, $more, $key, $list) = commands($part);
is scalar(commands($part)), 4, 'the section has its commands';
mkdir "$db/conf";
sub in_shell {
    my ($commands) = @_;
    $commands =~ s{/etc/httpd/alias}{$db}g;
    $commands =~ s{^pk12util .*}{$& -W secret}m;
    $commands =~ s{^openssl .*}{$& -passin pass:secret}mg;
    my ($exit, undef, $error) = run_command('', 'sh', '-ec', "cd $db\n$commands");
    return is($exit, 0, 'commands of the page work') || diag $error;
}
sub digests {
    my ($file) = @_;
    return [map { tr/\r\n//dr } read_file($file) =~ /^-----BEGIN.*?\n(.*?)-----END/msg];
}
in_shell($loop);
is_deeply digests("$db/conf/clients-ca.pem"), digests("$ca/root.pem"),
    'the loop exports the CAs of clients only';
in_shell($more);
is_deeply digests("$db/conf/clients-ca.pem"), [map { @{ digests("$ca/$_.pem") } } qw(root staff)],
    'and the other command a CA below them';
in_shell($key);
is_deeply digests("$db/conf/server.pem"), digests("$ca/localhost.pem"),
    'the certificate of the server is exported';

# ---- the servers

# The name of a certificate as the NSS library writes it.
sub nss_name {
    my ($cert) = @_;
    nss('certutil', '-A', '-n', "client $cert", '-t', ',,', '-a', '-i', "$ca/$cert.pem");
    my ($name) = nss('certutil', '-L', '-n', "client $cert") =~ /^ +Subject: "(.*)"$/m;
    return $name;
}
my %nss = map { ($_ => nss_name($_)) } qw(alice bob admin multi-rdn two-cn comma-cn);
my $right = ':xxj31ZMTZzkVA';
my $users = join '', map { "/$nss{$_}$right\n" } sort keys %nss;
write_file("$db/conf/nss-users", $users =~ s{(?<=CN=bob,OU=staff,O=Example):.*}{:other}r);
in_shell($list);

my (undef, @after) = fenced($part, 'apache');
is scalar @after, 2, 'there are two ways';
my %files = map { ("conf/$_" => read_file("$db/conf/$_")) } qw(clients-ca.pem server.pem
    server.key nss-list);
sub users {
    my ($block) = @_;
    $block .= <<'CONF';
<Location "/admin/inner">
    AuthMerging And
    Require all granted
</Location>
CONF
    my %server = server_of($block =~ s{\bconf/clients-ca\.pem}{./conf/clients-ca.pem}r,
        qw(/admin /admin/inner));
    $server{conf} =~ s{\@CA\@/clients\.pem}{conf/clients-ca.pem};
    my $h = ClientCert::Test->server(%server, files => { %{ $server{files} }, %files });
    my $is = answers($h, ['/page', '/admin/page', '/admin/inner/page'], everyone());
    $h->stop;
    return $is;
}
announce('AH01630', 'CC0104', 'CC0106', 'CC0110', 'CC0150', 'CC0152',
    'CC0154', qr/\[(?:ssl|authz_core):error\]/);

my $is = users($after[0]);
sub admitted {
    my ($place) = @_;
    my @served = sort grep { defined $is->{$_} } keys %$is;
    return join ' ', map { m{^$place/page (.+)} ? $1 : () } @served;
}
is admitted('/admin'), 'alice bob',
    'with the exported files, the intended clients get in, and no others';
is admitted('/admin/inner'), 'alice bob', 'nor in a section inside, with AuthMerging And';
is $is->{"/page $_"}, undef,
    "$_: a certificate of a CA for servers or mail, or one that does not verify, is refused"
    for qw(foreign stranger expired selfsigned);

$is = users($after[1]);
is admitted('/admin'), 'admin alice two-cn',
    'a list of the NSS library admits the subjects with the right password';
is $is->{"/page $_"}, $nss{$_},
    "$_: the user is what the NSS library writes" for qw(admin alice two-cn);
is $is->{'/page bob'}, '', 'a line with another password admits no client';
isnt $nss{'comma-cn'}, undef, 'the NSS library puts a name with a comma in quotes';
like $nss{'comma-cn'}, qr/^CN="/, 'so its line is not found';
is $is->{'/page comma-cn'}, '', 'and its client has no user';

# ---- the names of older versions

my ($older) = $part =~ /`(sed -n [^`]+)`/;
my ($known, $user) = $part =~ /`(\S+ in people)`, `(user=\S+)`/;
write_file("$db/conf/nss-users", "alice$right\nadmin$right\nbob:other\n/CN=cart$right\n");
in_shell("$older conf/nss-users > conf/nss-list");
$files{'conf/nss-list'} = read_file("$db/conf/nss-list");
is $files{'conf/nss-list'}, qq("alice"\n"admin"\n),
    'the command for common names leaves out others';
$is = users($after[1] =~ s/subject\|rfc2253 in people user=\S+/$known $user/r);
is admitted('/admin'), 'admin alice multi-rdn two-cn',
    'the list admits certificates with one of its names';
is $is->{'/page two-cn'}, 'admin', 'of several names, the last one is the user';

done_testing;
