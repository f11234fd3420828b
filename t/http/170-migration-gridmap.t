# SPDX-License-Identifier: Apache-2.0
# Tests the section "Grid-mapfiles" of doc/migration.md: its file gives the accounts that grid
# software gives to these subjects, to certificates of the named CA only.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example qw(keeps_denied);
use ClientCert::Test::Migration;

my $part            = section('Grid-mapfiles');
my ($before)        = grep { m{^"/O=Example} } fenced($part, '');
my ($file, $table)  = fenced($part, 'apache');
my ($command)       = commands($part);
my $ca              = ClientCert::Test->ca;
my @paths           = ('/page', '/grid/page');

# Further lines, one for each name that is easily misread; a backslash in quotes is written twice.
my @hostile = qw(two-cn two-mail multi-rdn comma-cn comma-o comma-ou long-cn sql-cn service
    stranger);
sub quoted {
    my ($cert) = @_;
    my $subject = qx(openssl x509 -in '$ca/$cert.pem' -noout -subject -nameopt compat);
    return '"' . ($subject =~ s/\Asubject=|\n\z//gr =~ s/(["\\])/\\$1/gr) . '"';
}
my $map = join '', $before, map { quoted($_) . " $_\n" } @hostile;

# By the name of each certificate, the account that grid software gives to its subject.
my %accounts = map { /^(".*") ([^,]+)/ ? ($1 => $2) : () } reverse split /\n/, $map;
my %account = map { ($_ => $accounts{ quoted($_) }) } grep { $_ } everyone();
is "$account{alice} $account{bob}", 'alice bob', 'the first account of a line counts';
is $account{stranger}, 'alice', 'whichever CA issued the certificate';

# Certificates that do not verify, among others one with the subject of alice, are refused before.
my %bad = map { ($_ => 1) } '', qw(expired notyet stranger selfsigned serveronly foreign forged);
my %was;
for my $cert (everyone()) {
    my $who = $cert || 'nobody';
    $was{"/page $who"}      = $bad{$cert} ? undef : $account{$cert} // '';
    $was{"/grid/page $who"} = $bad{$cert} ? undef : $account{$cert};
}

my $rows = made($command, 'grid-mapfile' => $map);
like $rows, qr/^# CC0550: line 2 .*only the first account/m,
    'clientcert convert reports what it leaves out';
my ($rule) = $rows =~ /^# +(ClientCertMap .*)$/m;
ok index($table, $rule) > 0, 'its rule is that of the page' or diag $rule;

announce('AH01630', 'AH02035', 'CC0104', 'CC0106', 'CC0110', 'CC0150',
    'CC0612', qr/\[(?:ssl|authz_core|authz_user):error\]/);
for (['gridmap:', $file, 'conf/grid-mapfile', $map], ['file:', $table, 'conf/gridmap.map', $rows]) {
    my ($title, $after, $path, $text) = @$_;
    $after =~ s{/etc/grid-security/}{conf/};
    my %server = server_of($after, '/grid');
    my $h = ClientCert::Test->server(%server, files => { %{ $server{files} }, $path => $text });
    my $is = answers($h, \@paths, everyone());
    compare($title, \%was, $is);
    is $is->{'/page comma-cn'}, 'comma-cn', 'a name with a comma has its own account';
    is $is->{'/grid/page service'}, undef, 'a client of another CA has no account';
    keeps_denied($h, '/grid/page', cert => 'alice');
}

done_testing;
