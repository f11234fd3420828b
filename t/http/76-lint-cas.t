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
    # openssl req -x509 makes these, asked for the certificate of a client
    req     => certificate('req', '/O=Example/CN=req', self => 1,
        extension => "basicConstraints = critical,CA:TRUE\nextendedKeyUsage = clientAuth"),
    named   => certificate('named', '/O=Example/CN=named', self => 1, san => 'DNS:named.example',
        extension => 'basicConstraints = critical,CA:TRUE'),
    plain   => certificate('plain', '/O=Example/CN=plain', self => 1,
        extension => 'basicConstraints = critical,CA:TRUE'),
    signer  => certificate('signer', '/O=Example/CN=signer', self => 1, san => 'email:ca@example.com',
        extension => $is_ca),
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
    my @found = $output =~ /(CC0[47]\d\d: .*)/g;
    my @short = map { /^(CC07(?:3|79)\d*): \S*?:(\d+): .*?"CN=([\w ]+),O=Example"/ ? "$1 $2 $3" : /^(CC\d+): \S*?:(\d+): / ? "$1 $2" : $_ } @found;
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
$text = is_told('the certificate of a client that is a CA', 'CC0745 4', ['req'], host(''));
like $text, qr/"CN=req,O=Example" looks like the certificate of a client, but .* may issue certificates/, 'with what it may do';
is_told('by a DNS name', 'CC0745 4', ['named'], host(''));
is_told("not reported: $_", '', [$_], host('')) for qw(base plain signer);
is_told('a finding is reported once for all hosts with the same line', 'CC0733 1 Staff CA', ['staff'],
    "SSLCACertificateFile conf/cas.pem\n"
        . bare('') . bare('', 2));
is_told('a directory of CAs alone, and SSLVerifyDepth is not set', 'CC0732 6 Staff CA', ['root'],
    bare('SSLCACertificatePath conf/cas'), map { ("conf/cas/" . hash_of($_) . '.0' => pem($_)) } qw(root staff));
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

# ---- ClientCertCA: the CAs of its files, at its line

sub is_followed {
    my ($claim, $expected, $cas, $words, %files) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_told($claim, $expected, $cas, bare($words), %files);
}
$text = is_followed('an issuing CA below a root', 'CC0732 6 Staff CA', [qw(root staff)], 'ClientCertCA conf/cas.pem');
like $text, qr/need SSLVerifyDepth 2, but host\.example has 1/, 'SSLVerifyDepth counts without depth=';
$text = is_followed('depth=', 'CC0732 6 Staff CA', [qw(root staff)], "ClientCertCA conf/cas.pem depth=1\nSSLVerifyDepth 9");
like $text, qr/certificates that "CN=Staff CA,O=Example" issues need depth=2, but these CAs have depth=1, so they give no identity: set depth=2/,
    'counts in place of SSLVerifyDepth';
is_followed('not reported: depth= is enough', '', [qw(root staff)], 'ClientCertCA conf/cas.pem depth=2');
is_followed('a CA without its root', 'CC0733 7 Staff CA', ['staff'],
    "ClientCertCA conf/base.pem\nClientCertCA conf/cas.pem", 'conf/base.pem' => pem('base'));
is_followed('not reported: in a trust domain, a CA needs no root', '', ['staff'],
    'ClientCertCA conf/cas.pem domain=mesh.example');
is_followed('a CA that has expired, in the second of two lines', 'CC0734 7 Old', ['base'],
    "ClientCertCA conf/cas.pem\nClientCertCA conf/cas", 'conf/cas/old.pem' => pem('expired'));
is_followed('a CA of a folder of a trust domain', 'CC0734 7 Early', ['base'],
    "ClientCertCA conf/cas.pem\nClientCertCA conf/cas domain=mesh.example", 'conf/cas/early.pem' => pem('early'));
is_followed('not reported: the CAs of SSLCACertificateFile, which do not count', 'CC0457 6', ['base'],
    "ClientCertCA conf/cas.pem\nSSLCACertificateFile \@CA\@/staff.pem") ;

# ---- a CA that ends soon

my @month = (issuer => $base, begin => time - 300 * 86_400, end => time + 20 * 86_400);
$cert{ending} = ca('Ending', @month);
$cert{next}   = certificate('next', '/O=Example/CN=Ending', issuer => $base, extension => $is_ca, days => 900);
$text = is_told('a CA that ends within 30 days', 'CC0779 4 Ending', [qw(base ending)], host('SSLVerifyDepth 2'));
like $text, qr/the CA "CN=Ending,O=Example" expires on 20\S+Z, and no certificate below it gives an identity after that: add the CA that replaces it/,
    'with the date';
is_followed('of ClientCertCA', 'CC0779 6 Ending', [qw(base ending)], 'ClientCertCA conf/cas.pem depth=2');
is_told('not reported: its successor is there', '', [qw(base ending next)], host('SSLVerifyDepth 2'));

# ---- ClientCertCA without clients

is_told('no host with TLS has these CAs', 'CC0778 1', ['base'],
    "ClientCertCA conf/cas.pem\n<VirtualHost *:\@PORT\@>\nServerName x\n</VirtualHost>\n");
is_told('the host requests no certificate', 'CC0720 6', ['base'],
    bare('ClientCertCA conf/cas.pem') =~ s/(?<=SSLVerifyClient )optional/none/r);
is_told('not reported: one of several hosts requests certificates', '', ['base'],
    "ClientCertCA conf/cas.pem\n" . bare('') . bare('', 2) =~ s/(?<=SSLVerifyClient )optional/none/r);
is_told('but not the one that uses these CAs', 'CC0720 1', ['base'], "ClientCertCA conf/cas.pem\n"
    . bare('', 2) =~ s/(?<=SSLVerifyClient )optional/none/r . bare('ClientCertCA conf/base.pem'), 'conf/base.pem' => pem('base'));

is_told('each of two hosts, one with CAs of its own', 'CC0720 1, CC0720 7', ['base'], join('', "ClientCertCA conf/cas.pem\n",
        map { s/(?<=SSLVerifyClient )optional/none/r } bare('ClientCertCA conf/base.pem'), bare('', 2)),
    'conf/base.pem' => pem('base'));

# ---- CC0704: several CAs that may issue

sub names { my ($lines) = @_; return bare("$lines\nClientCertMap user=%{subject.CN}\nSSLVerifyDepth 2") }
like is_told('two CAs of one file', 'CC0704 7', [qw(root staff services)], names('ClientCertCA conf/cas.pem')),
    qr/user from subject\.CN/, 'may give the same user';
is_told('one CA in each of two files', 'CC0704 8', ['base'], names("ClientCertCA conf/cas.pem\nClientCertCA conf/root.pem"),
    'conf/root.pem' => pem('root'));
is_told('not reported: a root and one CA below it', '', [qw(root staff)], names('ClientCertCA conf/cas.pem'));
is_told('not reported: the other CAs are in files that do not count', 'CC0457 6', ['base'],
    names("ClientCertCA conf/cas.pem\nSSLCACertificateFile \@CA\@/clients.pem"));

my $domains = "ClientCertCA conf/cas.pem domain=a.example\nClientCertCA conf/root.pem domain=b.example";
is_told('a CA in each of two trust domains', 'CC0704 8', ['base'], names($domains), 'conf/root.pem' => pem('root'));
is_told('not reported: a URI determines the trust domain', '', ['base'],
    names($domains) =~ s/%\{subject\.CN\}/%{san.uri}/r, 'conf/root.pem' => pem('root'));

is_told('not reported: nor does it matter how many CAs other certificates have', '', ['base'],
    names("$domains\nClientCertCA conf/cas") =~ s/%\{subject\.CN\}/%{san.uri}/r,
    'conf/root.pem' => pem('root'), 'conf/cas/one.pem' => pem('base'), 'conf/cas/two.pem' => pem('root'));
is_told('not reported: several CAs of a single trust domain', '', [qw(base root)],
    names('ClientCertCA conf/cas.pem domain=a.example'));
is_told('a CA in a trust domain, and one for other certificates', 'CC0704 8', ['base'],
    names("ClientCertCA conf/cas.pem domain=a.example\nClientCertCA conf/root.pem"), 'conf/root.pem' => pem('root'));

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
