# SPDX-License-Identifier: Apache-2.0
# Tests that bad CRLs are reported before a server runs: by httpd -t, by clientcert check and on the
# terminal.
use strict;
use warnings;
use POSIX qw(mkfifo);
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

my ($staff, $root, $services, $foreign) =
    map { ClientCert::Test::Crl->new($_) } qw(staff root services foreign);
my $good = $staff->crl;
my $all  = $good . $root->crl . $services->crl;

sub host {
    my ($words) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ErrorLog \@ROOT\@/logs/host_log
    $words
</VirtualHost>
CONF
}

# Runs httpd -t; returns its exit status and output.
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
    my $said = ask($site, 'check');
    is $said->{exit}, 1, 'clientcert check too';
    my ($tag) = $expected =~ /(CC\d+)/;
    return like $said->{output}, qr/site\.conf:$line: .*$tag|$tag.*site\.conf:$line/, 'with the place';
}

# ---- files

my @bad = (
    ['a file that is missing', undef, 'CC0406', 'No such file'],
    ['an empty one',           '', 'CC0408', 'it contains no CRL'],
    ['one without a CRL',      "none\n", 'CC0408', 'it contains no CRL'],
    ['one that is cut off',    substr($good, 0, -40), 'CC0408', 'no -----END X509 CRL----- line'],
    ['half a DER',             substr(der($good), 0, -40), 'CC0408', 'its end is missing'],
    ['a bad signature',        damaged($good), 'CC0411', 'its signature was not made with its issuer'],
    ['a foreign CA',           $foreign->crl, 'CC0410', '.*O=Elsewhere.*is refused']);
for my $bad (@bad) {
    my ($claim, $octets, $tag, $wrong) = @$bad;
    my %files = defined $octets ? ('conf/staff.crl' => $octets) : ();
    my $site  = site(files => \%files, conf => host('ClientCertCRL conf/staff.crl'));
    is_told($claim, $site, 6, qr{$tag: \S+site\.conf:6: "\S+/conf/staff\.crl": .*$wrong});
}

my $pipe = site(conf => host('ClientCertCRL conf/pipe'));
mkfifo($pipe->path('conf/pipe'), 0600) or die "mkfifo: $!";
is_told('a FIFO', $pipe, 6, qr{CC0406: \S+site\.conf:6: "\S+/conf/pipe": .*neither a file nor a directory});

my $folder = site(conf => host('ClientCertCRL conf/crls'));
is_told('a folder that is missing', $folder, 6, qr{CC0406: \S+site\.conf:6: "\S+/conf/crls": .*No such});
$folder->file('conf/crls/b.crl', substr $good, 0, -40);
$folder->file('conf/crls/a.crl', $good);
is_told('one bad file of a folder', $folder, 6, qr{CC0408: \S+site\.conf:6: "\S+/crls/b\.crl": });

# ---- places

is_told('a directive of the server', site(conf => "ClientCertCRL conf/none\n" . host('')), 1,
    qr{CC0406: \S+site\.conf:1: "\S+/conf/none": });
is_told('one that no host with TLS has', site(conf => "ClientCertCRL conf/none\n"), 1,
    qr{CC0406: \S+site\.conf:1: "\S+/conf/none": });
my $two = site(conf => host('ClientCertCRL conf/one') . host('ClientCertCRL conf/two'));
my (undef, $both) = tested($two);
like $both, qr/conf\/$_": /, "all of several are reported: $_" for 'one', 'two';

# ---- correct configurations

my $right = site(files => { 'conf/all.crl' => $all, 'conf/crls/staff.crl' => $good,
        'conf/crls/foreign.crl' => $foreign->crl, 'conf/none/README' => "none\n" },
    conf => host('ClientCertCRL conf/all.crl'));
mkfifo($right->path('conf/crls/pipe'), 0600) or die "mkfifo: $!";
my ($exit, $output) = tested($right);
is $exit, 0, 'good CRLs pass';
unlike $output, qr/CC0/, 'without a word';
is ask($right, 'check')->{exit}, 0, 'clientcert check finds nothing';

sub is_warned {
    my ($claim, $words, $expected) = @_;
    $right->{conf} = host($words);
    $right->_write;
    ($exit, $output) = tested($right);
    is $exit, 0, "$claim: httpd -t passes";
    like $output, qr/:warn\].* $expected/, 'with a warning';
    my $said = ask($right, 'check');
    is $said->{exit}, 1, 'which clientcert check has among its findings';
    my ($tag) = $expected =~ /(CC\d+)/;
    return like $said->{output}, qr/$tag/, 'too';
}

is_warned('a CRL of an unknown issuer, beside a FIFO', 'ClientCertCRL conf/crls',
    qr{CC0183: \S+site\.conf:6: "\S+/crls/foreign\.crl": the CRL of "CN=Staff CA,O=Elsewhere"});
is_warned('a folder without CRLs', 'ClientCertCRL conf/none', qr/CC0184: \S+site\.conf:6: these directories have no CRL/);

# ---- a start

my $start = site(files => { 'conf/staff.crl' => damaged($good) },
    conf => host('ClientCertCRL conf/staff.crl'));
ok !$start->_start, 'a start with a bad CRL ends';
like read_if_there($start->path('logs/stderr')), qr/CC0411: \S+site\.conf:6: /,
    'the terminal shows why';
like read_if_there($start->path('logs/error_log')), qr/CC0411: \S+site\.conf:6: /,
    'and so does the main log, whatever log the host has';
my $unused = site(conf => "ClientCertCRL conf/none\n");
ok !$unused->_start, 'a start ends for a directive that no host with TLS has';
like read_if_there($unused->path('logs/error_log')), qr/CC0406: \S+site\.conf:1: /, 'which the log says';

# ---- signals to a running server

announce('CC0181');
my $h = ClientCert::Test->server(files => { 'conf/staff.crl' => $good },
    conf => host('ClientCertCRL conf/staff.crl'));
replace($h->path('conf/staff.crl'), substr $good, 0, -40);
my $before = $h->_times_up;
is $h->_run_httpd(['-k', 'graceful'], $h->path('logs/signalled')), 0, 'httpd -k graceful is not hindered';
like read_if_there($h->path('logs/signalled')), qr/CC0408: \S+site\.conf:6: /, 'and says what is wrong';
ok $h->_is_up($before + 1), 'the server restarts';
ok $h->wait_log(qr/CC0181: .*CC0408/), 'with what it held';

done_testing;
