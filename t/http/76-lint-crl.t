# SPDX-License-Identifier: Apache-2.0
# Tests that lint reports CAs whose certificates give no identity, or are not checked, for want of a
# current CRL, and no others.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

my ($root, $staff, $services) = map { ClientCert::Test::Crl->new($_) } qw(root staff services);
my %all = map { ("conf/$_->{ca}.crl" => $_->crl) } $root, $staff, $services;

# A host that trusts these CAs and has these lines; its first line is line 5.
sub host {
    my ($cas, $lines, $port) = @_;
    $port //= '';
    return "<VirtualHost *:\@PORT$port\@>\nServerName localhost\n\@SSL\@ \n"
        . "SSLCACertificateFile conf/$cas.pem\n$lines\nSSLVerifyClient optional\n</VirtualHost>\n";
}

sub pem {
    return join '', map { read_file(ClientCert::Test->ca . "/$_.pem") } @_;
}

my %cas = (
    'conf/one.pem'  => pem(qw(root staff)),
    'conf/two.pem'  => pem(qw(root staff services)),
    'conf/root.pem' => pem('root'));

# The findings of httpd -t: "TAG LINE CN", and the texts.
sub found {
    my ($conf, %files) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => $conf, files => { %cas, %all, %files });
    is $exit, 0, 'it loads' or diag $output;
    my @found = $output =~ /(CC07\d\d: .*)/g;
    my @short = map { /^(CC\d+): \S*?:(\d+): .*?"CN=(\w+) CA,O=Example"/ ? "$1 $2 $3" : $_ } @found;
    return (join(', ', @short), "@found");
}

sub is_told {
    my ($claim, $expected, $conf, %files) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($short, $texts) = found($conf, %files);
    is($short, $expected, $claim) or diag $texts;
    return $texts;
}

my $crl = 'ClientCertCRL conf/root.crl conf/staff.crl';

# ---- a CRL that is missing

my $text = is_told('the root has no CRL', 'CC0728 5 Root', host('one', 'ClientCertCRL conf/staff.crl'));
like $text, qr/no CRL is signed with the key of "CN=Root CA,O=Example", so no certificate below this CA gives an identity: add the CRL, or set "ClientCertCRLCheck leaf"/,
    'with the consequence and the remedies';
$text = is_told('an issuing CA has no CRL', 'CC0728 5 Services', host('two', $crl));
$text = is_told('which matters if only leaves are checked, too',
    'CC0728 5 Services', host('two', "$crl\nClientCertCRLCheck leaf"));
unlike $text, qr/ClientCertCRLCheck/, 'and then that is no remedy';
is_told('a directory is searched as a whole', 'CC0728 5 Staff, CC0728 5 Services',
    host('two', 'ClientCertCRL conf/crl'), 'conf/crl/root.crl' => $root->crl);
is_told('two hosts with different CAs share a directive', 'CC0728 1 Services',
    "$crl\n" . host('one', '') . host('two', '', 2));
is_told('a directive with the same fault in two hosts is reported once', 'CC0728 1 Services',
    "$crl\n" . host('two', '') . host('two', 'ClientCertCRLCheck leaf', 2));

is_told('not reported: each CA has its CRL', '', host('one', $crl));
is_told('not reported: the root needs none if only leaves are checked', '',
    host('one', "ClientCertCRL conf/staff.crl\nClientCertCRLCheck leaf"));
is_told('not reported: missing=allow', '', host('two', "$crl missing=allow"));
is_told('not reported: the host never requests a certificate', '',
    host('two', "$crl\nUse") =~ s/Use\nSSLVerifyClient optional/SSLVerifyClient none/r);
is_told('not reported: a CA that no file of CAs has', '', host('root', 'ClientCertCRL conf/root.crl'));

# ---- a CRL that has expired

my %old = ('conf/staff.crl' => $staff->crl(from => -9000, until => -100));
$text = is_told('an expired CRL', 'CC0729 5 Staff', host('one', $crl), %old);
like $text, qr{"\S+/conf/staff\.crl": the CRL of "CN=Staff CA,O=Example" has expired, its nextUpdate was 20\S+Z, so no certificate below this CA gives an identity: fetch the current CRL},
    'with its file, its time, the consequence and the remedy';
$text = is_told('with missing=allow, too', 'CC0729 5 Staff', host('one', "$crl missing=allow"), %old);
like $text, qr/so a certificate that has been revoked since is accepted: fetch/,
    'which has another consequence';
is_told('not reported: grace covers it', '', host('one', "$crl grace=3600"), %old);
is_told('not reported: a newer one beside it', '',
    host('one', "$crl conf/new.crl"), %old, 'conf/new.crl' => $staff->crl(number => 99));

# ---- a CA that is revoked

$root->revoke('services', 'cACompromise');
my %revoked = ('conf/root.crl' => $root->crl);
$text = is_told('a CA that is revoked', 'CC0731 5 Services',
    host('two', "$crl conf/services.crl"), %revoked);
like $text, qr/because of the CA: it is revoked; remove it from the CAs of the virtual host/,
    'with the remedy';
is_told('not reported: CAs are not checked', '',
    host('two', "$crl conf/services.crl\nClientCertCRLCheck leaf"), %revoked);

# ---- who says so, and whether it is true

my $site = site(files => { %cas, %all }, conf => host('two', $crl));
my $said = ask($site, 'check');
is $said->{exit}, 1, 'clientcert check has findings';
is(() = $said->{output} =~ /CC0728/g, 1, 'each of them once');

announce(qw(CC0106 CC0174 CC0729), qr/AH02039|SSL Library Error/);
my $h = ClientCert::Test->server(files => { %cas, %all, %old },
    conf => host('two', "$crl\nClientCertCRLCheck leaf"));
is_deeply [map { /(CC072[89])/ } $h->log_lines(qr/CC07/)], ['CC0729', 'CC0728'],
    'a start logs each once';
isnt $h->get('/', cert => $_)->{status}, 200, "a certificate of such a CA is refused: $_"
    for qw(alice service);
is $h->get('/')->{status}, 200, 'a client without one is not';

done_testing;
