# SPDX-License-Identifier: Apache-2.0
# Tests that lint reports CAs whose certificates never verify, and no others.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Command;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

my $is_ca = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign";

sub ca { my ($name, %o) = @_; return certificate($name, "/O=Example/CN=$name", extension => $is_ca, %o) }

my $base = ca('Base', self => 1);
my %past = (issuer => $base, begin => time - 9000, end => time - 100);
my %cert = (
    base    => $base,
    expired => ca('Old', %past),
    early   => ca('Early', issuer => $base, begin => time + 9000, end => time + 99_000),
    renewed => ca('Renewed', issuer => $base),
    before  => certificate('before', '/O=Example/CN=Renewed', extension => $is_ca, %past),
    pinned  => certificate('pinned', '/O=Example/CN=pinned', self => 1),
    client  => certificate('client', '/O=Example/CN=client', issuer => $base),
);

sub pem {
    return join '',
        map { read_file(($cert{$_} // ClientCert::Test->ca . "/$_") . '.pem') =~ s/-----BEGIN[^-]*PRIVATE.*//sr }
        @_;
}

sub hash_of {
    my ($name) = @_;
    return openssl('x509', '-noout', '-subject_hash', '-in', ClientCert::Test->ca . "/$name.pem") =~ s/\s//gr;
}

# A host that trusts these CAs, and has these lines: the CAs are in line 4, its lines begin with 5.
sub host {
    my ($lines, $port) = @_;
    $port //= '';
    return "<VirtualHost *:\@PORT$port\@>\nServerName host$port.example\n\@SSL\@ \n"
        . "SSLCACertificateFile conf/cas.pem\nSSLVerifyDepth 1\n$lines\nSSLVerifyClient optional\n"
        . "ClientCertAuth On\n</VirtualHost>\n";
}

# The same without CAs and depth; its lines begin with 5, too.
sub bare {
    my ($lines, $port) = @_;
    return host($lines, $port) =~ s{\@SSL\@ .*?SSLVerifyDepth 1\n}{SSLEngine on
SSLCertificateFile \@CA\@/localhost.pem
SSLCertificateKeyFile \@CA\@/localhost.key
}sr;
}

# The findings of httpd -t: "TAG LINE CN".
sub found {
    my ($cas, $conf, %files) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => $conf,
        files => { 'conf/cas.pem' => pem(@$cas), %files });
    is $exit, 0, 'it loads' or diag $output;
    my @found = $output =~ /(CC07\d\d: .*)/g;
    my @short = map { /^(CC\d+): \S*?:(\d+): .*?"CN=([\w ]+),O=Example"/ ? "$1 $2 $3" : $_ } @found;
    return (join(', ', @short), "@found");
}

sub is_told {
    my ($claim, $expected, @of) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($short, $texts) = found(@of);
    is($short, $expected, $claim) or diag $texts;
    return $texts;
}

# ---- SSLVerifyDepth

my $text = is_told('an issuing CA below a root', 'CC0732 5 Staff CA', [qw(root staff)], host(''));
like $text, qr/certificates that "CN=Staff CA,O=Example" issues need SSLVerifyDepth 2, but host\.example has 1, so they give no identity: set "SSLVerifyDepth 2"/,
    'with the number';
$text = is_told('the deepest one counts', 'CC0732 6 Department CA', [qw(root staff deep-ca)],
    host('SSLVerifyDepth 2'));
like $text, qr/need SSLVerifyDepth 3, but host\.example has 2/, 'and is named';
is_told('a host that inherits its CAs and its depth', 'CC0732 1 Staff CA', [qw(root staff)],
    "SSLCACertificateFile conf/cas.pem\n" . bare(''));
is_told('not reported: the depth is enough', '', [qw(root staff)], host('SSLVerifyDepth 2'));
is_told('not reported: a root', '', [qw(root)], host(''));
is_told('not reported: self-signed certificates, which need no depth', '', [qw(base pinned)],
    host('SSLVerifyDepth 0'));
is_told('not reported: the host never requests a certificate', '', [qw(root staff)],
    host('') =~ s/(?<=SSLVerifyClient )optional/none/r);
is_told('not reported: only a section requests one, and may have its own depth', '', [qw(root staff)],
    host("SSLProtocol TLSv1.2\n<Location /a>\nSSLVerifyClient require\nSSLVerifyDepth 2\n</Location>")
        =~ s/(?<=SSLVerifyClient )optional/none/r);
is_told('not reported: the module is not used', '', [qw(root staff)],
    host('') =~ s/ClientCertAuth On\n//r);
is_told('not reported: OpenSSL may be configured to accept it', '', [qw(root staff)],
    host('SSLOpenSSLConfCmd MaxProtocol TLSv1.3'));

# ---- certificates

$text = is_told('a CA without its root', 'CC0733 4 Staff CA', ['staff'], host(''));
like $text, qr/"CN=Staff CA,O=Example" is here without its issuer, so no certificate below it gives an identity: add the certificate of "CN=Root CA,O=Example"/,
    'with the name of the root';
is_told('only the CA at the top of what is there is reported', 'CC0733 4 Staff CA',
    [qw(staff deep-ca)], host(''));
$text = is_told('a CA that has expired', 'CC0734 4 Old', [qw(base expired)], host(''));
like $text, qr/the CA "CN=Old,O=Example" expired on 20\S+Z, so no certificate below it gives an identity/,
    'with the date';
$text = is_told('a CA that is not valid yet', 'CC0734 4 Early', [qw(base early)], host(''));
like $text, qr/"CN=Early,O=Example" is not valid before 20\S+Z/, 'with the date';
is_told('not reported: a CA that has expired, beside its renewed certificate', '',
    [qw(base renewed before)], host('SSLVerifyDepth 2'));
$text = is_told('a certificate that is not a CA', 'CC0734 4 client', [qw(base client)], host(''));
is_told('not reported: a self-signed certificate of a client', '', [qw(root pinned)], host(''));
is_told('a finding is reported once for all hosts with the same line', 'CC0733 1 Staff CA', ['staff'],
    "SSLCACertificateFile conf/cas.pem\n"
        . bare('') . bare('', 2));
is_told('a directory of CAs', 'CC0733 6 Staff CA', ['root'], bare('SSLCACertificatePath conf/cas'),
    'conf/cas/' . hash_of('staff') . '.0' => pem('staff'));

# ---- the CA names that clients see

my @named = ([qw(root staff)], host("SSLVerifyDepth 2\nSSLCADNRequestFile conf/names.pem"));

sub is_named {
    my ($claim, $expected, @names) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my (undef, $texts) = found(@named, 'conf/names.pem' => pem(@names));
    return is(join(' ', $texts =~ /(CC\d+): \S+?:(\d+)/), $expected, $claim) || diag $texts;
}
is_named('names of CAs that are not trusted', 'CC0735 7', qw(foreign foreign-root));
is_named('not reported: some of the CAs', '', 'staff');
is_named('not reported: a CA below them', '', 'deep-ca');
is_named('not reported: others, too', '', qw(foreign-root root));

# ---- CRLs of mod_ssl

my ($root, $staff) = map { ClientCert::Test::Crl->new($_) } qw(root staff);
my %good = ('conf/crls' => $root->crl . $staff->crl);
my %old  = ('conf/crls' => $root->crl . $staff->crl(from => -9000, until => -100));
my %half = ('conf/crls' => $staff->crl);

sub checks { return host("SSLVerifyDepth 2\nSSLCARevocationFile conf/crls\nSSLCARevocationCheck @_") }

my @chain = [qw(root staff)];
$text = is_told('the root has no CRL', 'CC0736 8 Root CA', @chain, checks('chain'), %half);
like $text, qr/mod_ssl has no CRL of "CN=Root CA,O=Example", so no certificate that this CA issues gives an identity: add the CRL to SSLCARevocationFile/,
    'with the consequence and the remedy';
$text = is_told('an expired CRL', 'CC0736 8 Staff CA', @chain, checks('leaf'), %old);
like $text, qr/mod_ssl's CRL of "CN=Staff CA,O=Example" expired on 20\S+Z/, 'with the date';
is_told('which no_crl_for_cert_ok does not excuse', 'CC0736 8 Staff CA', @chain,
    checks('chain', 'no_crl_for_cert_ok'), %old);
is_told('not reported: each CA has its CRL', '', @chain, checks('chain'), %good);
is_told('not reported: the root needs none for leaves', '', @chain, checks('leaf'), %half);
is_told('not reported: no_crl_for_cert_ok', '', @chain, checks('chain', 'no_crl_for_cert_ok'), %half);
is_told('not reported: CRLs are not checked', '', @chain, checks('none'), %half);

# ---- who says so, and whether it is true

my $site = site(files => { 'conf/cas.pem' => pem(qw(root staff)) }, conf => host(''));
my $said = ask($site, 'check');
is $said->{exit}, 1, 'clientcert check has findings';
like $said->{output}, qr/CC0732/, 'these';

announce(qw(AH01909 CC0106 CC0732 CC0733 CC0736), qr/AH020(39|40)|SSL Library Error/);
my $h = ClientCert::Test->server(
    conf => host('') . host('SSLCACertificateFile @CA@/staff.pem', 2)
        . host("SSLCACertificateFile conf/cas.pem\nSSLVerifyDepth 2\nSSLCARevocationFile conf/crls\n"
            . 'SSLCARevocationCheck leaf', 3),
    files => { 'conf/cas.pem' => pem(qw(root staff)), %old });
is_deeply [map { /(CC073\d)/ } $h->log_lines(qr/CC07/)], [qw(CC0732 CC0733 CC0736)],
    'a start logs each once';
isnt $h->get('/', cert => 'alice', port => $_)->{status}, 200, "port $_: the client is refused" for 1 .. 3;

done_testing;
