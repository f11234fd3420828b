# SPDX-License-Identifier: Apache-2.0
# Tests how the directives of mod_ssl work together with ClientCertCA: its own CRLs, SSLVerifyDepth,
# SSLCADNRequestFile, SSLVerifyClient optional_no_ca, and ClientCertTolerate.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Crl;
use ClientCert::Test::Refusal;

announce('CC0104', 'CC0106', 'CC0110', 'CC0190', 'CC0457', 'CC0732', 'AH02039', 'AH02040', qr/SSL Library Error/);

my %ca = map { $_ => authority($_, "/CN=\u$_ CA") } qw(alpha beta);
$ca{sub} = authority('sub', '/CN=Sub CA', issuer => $ca{alpha});
my ($ann, $abe) = map { client_of($ca{alpha}, $_) } qw(ann abe);
my ($bea, $bob) = map { client_of($ca{beta},  $_) } qw(bea bob);
my $sam = client_of($ca{sub}, 'sam');
my %crl = map { $_ => ClientCert::Test::Crl->new($ca{$_}) } qw(alpha beta);
$crl{alpha}->revoke($abe);
$crl{beta}->revoke($bob);

my $set = "ClientCertCA conf/cas.pem reload=0.1";
my %host = (
    leaf       => "$set\nSSLCARevocationFile conf/both.crl\nSSLCARevocationCheck leaf",
    chain      => "$set\nSSLCARevocationFile conf/both.crl\nSSLCARevocationCheck chain",
    lenient    => "$set depth=2\nSSLCARevocationFile conf/alpha.crl\nSSLCARevocationCheck leaf no_crl_for_cert_ok",
    names      => "$set\nSSLCADNRequestFile conf/beta.pem\nSSLCACertificateFile conf/beta.pem",
    shallow    => "$set depth=1\nSSLVerifyDepth 9",
    deep       => "$set depth=2\nSSLVerifyDepth 1",
    default    => $set,
    configured => "$set\nSSLVerifyDepth 2",
    no_ca      => "$set\nSSLVerifyClient optional_no_ca",
    tolerant   => "$set\nSSLVerifyClient optional_no_ca\nClientCertTolerate On",
);
my @hosts = sort keys %host;
my %port  = map { $hosts[$_] => $_ + 1 } 0 .. $#hosts;
my $h     = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/cas.pem'   => pem_of(@ca{qw(alpha sub)}),
        'conf/beta.pem'  => pem_of($ca{beta}),
        'conf/alpha.crl' => $crl{alpha}->crl,
        'conf/both.crl'  => join('', map { $_->crl } values %crl),
        'htdocs/page'    => "page\n",
    },
    conf => join '', map { ca_host($host{$_}, $port{$_} == 1 ? '' : $port{$_}) } @hosts);

# What a host does with a client: its user; "none" for a page without one; "-" for no connection.
sub seen {
    my ($host, $cert) = @_;
    my $response = $h->get('/page', cert => $cert, port => $port{$host});
    return $response->{status} == 200 ? $response->{headers}{user} || 'none' : '-';
}

sub are_seen {
    my ($host, $expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is join(' ', map { seen($host, $_) } $ann, $abe, $bea, $bob, $sam), $expected, "$host: $claim";
}

# ---- before the second CA comes

my %before = (
    leaf       => 'ann - - - -',    # sam has two CAs above, and SSLVerifyDepth is 1
    chain      => 'ann - - - -',
    lenient    => 'ann - - - sam',
    names      => 'ann abe - - -',
    shallow    => 'ann abe - - -',
    deep       => 'ann abe - - sam',
    default    => 'ann abe - - -',
    configured => 'ann abe - - sam',
    no_ca      => 'ann abe none none -',
    tolerant   => 'ann abe none none none',
);
are_seen($_, $before{$_}, 'the CAs of the set') for @hosts;
is_refused_in_handshake($h, $abe, 'it was revoked.*', "$_: a certificate that mod_ssl's CRL lists",
    port => $port{$_}, path => '/page') for qw(leaf chain lenient);

# ---- after that

my $open = $h->connection(cert => $ann, port => $port{leaf});
is $open->request('/page')->{headers}{user}, 'ann', 'an open connection';
ca_changes($h, 'conf/cas.pem', [@ca{qw(alpha beta sub)}], qr/added CN=Beta CA/, 'a CA comes');
my %after = (
    %before,
    leaf       => 'ann - bea - -',
    chain      => 'ann - bea - -',
    lenient    => 'ann - bea bob sam',    # it has no CRL of their CAs
    names      => 'ann abe bea bob -',
    shallow    => 'ann abe bea bob -',
    deep       => 'ann abe bea bob sam',
    default    => 'ann abe bea bob -',
    configured => 'ann abe bea bob sam',
    no_ca      => 'ann abe bea bob -',
    tolerant   => 'ann abe bea bob none',
);
are_seen($_, $after{$_}, 'with another one') for @hosts;
is_refused_in_handshake($h, $bob, 'it was revoked.*',
    "$_: a CRL that mod_ssl had before the CA came", port => $port{$_}, path => '/page') for qw(leaf chain);
is $open->request('/page')->{headers}{user}, 'ann', 'the open connection stays';

# ---- the names in CertificateRequest

for my $host ('names', 'default') {
    my $c = $h->connection(port => $port{$host}, args => ['-msg']);
    $c->request('/page');
    is_deeply [names_asked($c->trace, 'Alpha CA', 'Beta CA', 'Sub CA')], ['Alpha CA Beta CA Sub CA'],
        "$host: the names are those of the set";
}

# ---- a CA goes

ca_changes($h, 'conf/cas.pem', [@ca{qw(beta)}], qr/removed CN=Alpha CA/, 'a CA goes');
are_seen('leaf',  '- - bea - -', "and its certificates, with mod_ssl's CRLs");
are_seen('names', '- - bea bob -', 'and with other CAs of mod_ssl');
are_seen('no_ca', 'none none bea bob none', 'a page without an identity');
are_seen('tolerant', 'none none bea bob none', 'likewise');
is_refused($open->request('/page'), 'the open connection has ended');
$h->stop;

done_testing;
