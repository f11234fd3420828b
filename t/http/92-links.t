# SPDX-License-Identifier: Apache-2.0
# Tests CRLs and tables behind symbolic links that are swapped while httpd runs, as in the volumes of
# Kubernetes.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Identity;

use File::Temp qw(tempdir);
use SDBM_File ();
use Fcntl qw(O_RDWR O_CREAT);

announce('CC0106', 'CC0132', 'CC0174', 'AH02039', qr/SSL Library Error/);

# The folder has links through "..data" to the files of one version, which is another folder.
my $volume = tempdir(CLEANUP => 1);
chmod 0755, $volume;

sub link_put {
    my ($name, $target) = @_;
    symlink $target, "$volume/..new" or die "$volume/..new: $!\n";
    return rename "$volume/..new", "$volume/$name";
}

# All files of both versions have the same date.
sub version_make {
    my ($version, $crl, $group) = @_;
    my $folder = "$volume/..$version";
    mkdir $folder, 0755 or die "$folder: $!\n";
    write_file("$folder/staff.crl", $crl);
    write_file("$folder/t.map",     "bob $group\n");
    tie my %dbm, 'SDBM_File', "$folder/d", O_RDWR | O_CREAT, 0644 or die "$folder/d: $!\n";
    $dbm{bob} = $group;
    untie %dbm;
    my @files = map { "$folder/$_" } qw(staff.crl t.map d.pag d.dir);
    utime 1_700_000_000, 1_700_000_000, @files;
    return;
}

my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('alice');
version_make(1, $staff->crl, 'one');
$staff->restore('alice');
version_make(2, $staff->crl, 'two');
$staff->revoke('alice');
version_make(3, $staff->crl, 'six');
link_put('..data', '..1');
link_put($_, "..data/$_") for qw(staff.crl t.map d.pag d.dir);

my @crls = ($volume, "$volume/staff.crl", "$volume/..data", "$volume/..data/staff.crl");
my $h    = ClientCert::Test->server(
    modules => ['headers'],
    global  => "LogLevel warn clientcert:info\n",
    conf    => <<"CONF" . join '', map { identity_host(<<"HOST", $_ ? $_ + 1 : '') } 0 .. $#crls);
ClientCertTable named  file:$volume/t.map reload=0.1
ClientCertTable linked file:$volume/..data/t.map reload=0.1
ClientCertTable db     dbm:sdbm:$volume/d reload=0.1
CONF
ClientCertCRL $crls[$_] reload=0.1
ClientCertCRLCheck leaf
ClientCertMap subject.CN in named group=named-\$1
ClientCertMap subject.CN in linked group=linked-\$1
ClientCertMap subject.CN in db group=db-\$1
Header always set Groups "expr=%{clientcert:group}"
HOST

# "good" or "-", which is no connection, for alice; then the groups of bob.
sub seen {
    my ($port) = @_;
    my ($alice, $bob) = map { $h->get('/', cert => $_, port => $port) } 'alice', 'bob';
    return ($alice->{headers}{revocation} || '-') . " $bob->{headers}{groups}";
}

sub expected {
    my ($alice, $version) = @_;
    return "$alice named-$version,linked-$version,db-$version";
}

sub is_seen {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply [map { seen($_) } 1 .. @crls], [($expected) x @crls], $claim;
}

# The lines of the directives in site.conf.
sub crl_lines {
    my @lines = split /\n/, read_file($h->path('conf/site.conf'));
    return grep { $lines[$_ - 1] =~ /\A\s*ClientCertCRL\s/ } 1 .. @lines;
}

# Each directive finds the change by itself.
sub is_followed {
    my ($change, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    $change->();
    ok $h->wait_log(qr/CC0173: .*site\.conf:$_\)/, 30), "$claim: ClientCertCRL of line $_"
        for crl_lines();
    ok $h->wait_log(qr/CC0131: table $_ has changed/, 30), "$claim: table $_" for qw(named linked db);
    return;
}

is_seen(expected('-', 'one'), 'at the start');
is_followed(sub { link_put('..data', '..2') }, 'a link that is swapped');
is_seen(expected('good', 'two'), 'and the files behind it are used');
is_followed(sub {
    rename "$volume/..2", "$volume/..old" or die;
    rename "$volume/..3", "$volume/..2" or die;
}, 'another folder in place of the one behind the link');
is_seen(expected('-', 'six'), 'and its files are used');

# ---- a link that cannot be followed

$h->mark_log;
link_put('staff.crl', 'staff.crl');
ok $h->wait_log(qr{CC0174: .*CC0407: .*"\Q$volume\E/staff\.crl": the file cannot be read: }, 30),
    'a link in a folder to itself';
is seen(1), expected('-', 'six'), 'keeps its CRLs';
$h->mark_log;
link_put('staff.crl', '..old/staff.crl');
ok $h->wait_log(qr/CC0174: .*CC0412: .*older than the one loaded before/, 30),
    'an older CRL behind it is no way back';
is seen(1), expected('-', 'six'), 'and the CRLs stay';
$h->stop;

done_testing;
