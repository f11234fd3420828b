# SPDX-License-Identifier: Apache-2.0
# Tests that bad files of ClientCertCA are reported before a server runs: by httpd -t, by clientcert
# check and on the terminal.
use strict;
use warnings;
use POSIX qw(mkfifo);
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

my $ca    = ClientCert::Test->ca;
my $staff = read_file("$ca/staff.pem");
my $root  = read_file("$ca/root.pem");
my $good  = $root . $staff;

# A host without SSLCACertificateFile; its lines begin with line 6.
sub host {
    my ($words) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile \@CA\@/localhost.pem
    SSLCertificateKeyFile \@CA\@/localhost.key
    $words
    SSLVerifyClient optional
    SSLVerifyDepth 2
    ErrorLog \@ROOT\@/logs/host_log
</VirtualHost>
CONF
}

sub tested {
    my ($site) = @_;
    my $exit = $site->_run_httpd(['-t'], $site->path('logs/tested'));
    return ($exit, read_if_there($site->path('logs/tested')));
}

sub is_told {
    my ($claim, $site, $line, $expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($exit, $output) = tested($site);
    isnt $exit, 0, "$claim: httpd -t refuses it";
    like $output, qr/:emerg\].* $expected/, 'and says where, which file and what is wrong';
    is scalar(() = $output =~ /:emerg\]/g), 1, 'once';
    my $said = ask($site, 'check');
    is $said->{exit}, 1, 'clientcert check too';
    my ($tag) = $expected =~ /(CC\d+)/;
    return like $said->{output}, qr/site\.conf:$line: .*$tag|$tag.*site\.conf:$line/, 'with the place';
}

# ---- files

my @bad = (
    ['a file that is missing', undef, 'CC0463', 'No such file'],
    ['an empty one',           '', 'CC0466', 'contains no certificate'],
    ['one without a CA',       "none\n", 'CC0466', 'contains no certificate'],
    ['one that is cut off',    substr($good, 0, -40), 'CC0464', 'damaged or cut off'],
    ['a client among the CAs', $root . read_file("$ca/alice.pem"), 'CC0465', 'alice.*is not a CA certificate'],
    ['a key among them',       $root . read_file("$ca/alice.key"), 'CC0464', 'PRIVATE KEY']);
for my $bad (@bad) {
    my ($claim, $octets, $tag, $wrong) = @$bad;
    my %files = defined $octets ? ('conf/cas.pem' => $octets) : ();
    my $site  = site(files => \%files, conf => host('ClientCertCA conf/cas.pem'));
    is_told($claim, $site, 6, qr{$tag: \S+site\.conf:6: "\S+/conf/cas\.pem": .*$wrong});
}

my $pipe = site(conf => host('ClientCertCA conf/pipe'));
mkfifo($pipe->path('conf/pipe'), 0600) or die "mkfifo: $!";
is_told('a FIFO', $pipe, 6, qr{CC0463: \S+site\.conf:6: "\S+/conf/pipe": .*neither a file nor a directory});

my $folder = site(conf => host('ClientCertCA conf/cas'), files => { 'conf/cas/README' => "none\n" });
is_told('a folder without a CA', $folder, 6, qr{CC0466: \S+site\.conf:6: "\S+/conf/cas": .*no file with a certificate});
$folder->file('conf/cas/b.pem', substr $staff, 0, -40);
$folder->file('conf/cas/a.pem', $root);
is_told('one bad file of a folder', $folder, 6, qr{CC0464: \S+site\.conf:6: "\S+/cas/b\.pem": });

# ---- places

is_told('a directive of the server', site(conf => "ClientCertCA conf/none\n" . host('') . host('')), 1,
    qr{CC0463: \S+site\.conf:1: "\S+/conf/none": });
is_told('one that no host with TLS has', site(conf => "ClientCertCA conf/none\n"), 1,
    qr{CC0463: \S+site\.conf:1: "\S+/conf/none": });
is_told('one that all hosts replace', site(files => { 'conf/cas' => $good },
        conf => "ClientCertCA conf/none\n" . host('ClientCertCA conf/cas')), 1,
    qr{CC0463: \S+site\.conf:1: "\S+/conf/none": });
my $two = site(conf => host("ClientCertCA conf/one\nClientCertCA conf/two") . host('ClientCertCA conf/three'));
my ($ended, $all) = tested($two);
like $all, qr/:6: \S+conf\/one": .*:7: \S+conf\/two": .*:\d+: \S+conf\/three": /s, 'all of several are reported, in their order';

# ---- correct configurations

my $right = site(files => { 'conf/cas.pem' => $good, 'conf/cas/staff.pem' => $staff, 'conf/cas/README' => "none\n" },
    conf => host("ClientCertCA conf/cas.pem\nClientCertCA conf/cas domain=mesh.example"));
my ($exit, $output) = tested($right);
is $exit, 0, 'good CAs pass';
unlike $output, qr/CC0/, 'without a word';
is ask($right, 'check')->{exit}, 0, 'clientcert check finds nothing';

# CRLs are looked at with the CAs of ClientCertCA.
my %crls = ('conf/cas.pem' => $good, 'conf/crls' => join '', map { ClientCert::Test::Crl->new($_)->crl } qw(root staff));
my $crl = site(files => \%crls, conf => host("ClientCertCA conf/cas.pem\nClientCertCRL conf/crls"));
($exit, $output) = tested($crl);
is $exit, 0, 'CRLs of these CAs pass';
unlike $output, qr/CC0/, 'without a word';
my $alien = site(files => \%crls, conf => host("ClientCertCA \@CA\@/foreign-root.pem\nSSLCACertificateFile \@CA\@/clients.pem\nClientCertCRL conf/crls"));
($exit, $output) = tested($alien);
is $exit, 0, 'a CRL of another CA passes, since the CA may be added';
like $output, qr/CC0183: \S+site\.conf:8: /, 'but is reported, even if SSLCACertificateFile, which does not count, has the CA';

# ---- a start

my $start = site(files => { 'conf/cas.pem' => substr $good, 0, -40 }, conf => host('ClientCertCA conf/cas.pem'));
ok !$start->_start, 'a start with a bad file ends';
like read_if_there($start->path('logs/stderr')), qr/CC0464: \S+site\.conf:6: /, 'the terminal shows why';
like read_if_there($start->path('logs/error_log')), qr/CC0464: \S+site\.conf:6: /,
    'and so does the main log, whatever log the host has';
my $unused = site(conf => "ClientCertCA conf/none\n");
ok !$unused->_start, 'a start ends for a directive that no host with TLS has';
like read_if_there($unused->path('logs/error_log')), qr/CC0463: \S+site\.conf:1: /, 'which the log says';

# ---- signals to a running server

announce('CC0197', 'CC0196');
my $h = ClientCert::Test->server(files => { 'conf/cas.pem' => $good },
    conf => host("ClientCertMap issuer under \"O=Example\" user=%{subject.CN}\nClientCertCA conf/cas.pem reload=0"));
replace($h->path('conf/cas.pem'), substr $good, 0, -40);
my $before = $h->_times_up;
is $h->_run_httpd(['-k', 'graceful'], $h->path('logs/signalled')), 0, 'httpd -k graceful is not hindered';
like read_if_there($h->path('logs/signalled')), qr/CC0464: \S+site\.conf:7: /, 'and says what is wrong';
ok $h->_is_up($before + 1), 'the server restarts';
ok $h->wait_log(qr/CC0197: .*CC0464/), 'with what it held';
is $h->get('/', cert => 'alice')->{status}, 200, 'and accepts the same clients';

done_testing;
