# SPDX-License-Identifier: Apache-2.0
# Compares clientcert explain with the server that runs the same configuration: every certificate, on
# virtual hosts whose ClientCertCA have each kind of CA, of depth and of trust domain.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Command;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

use JSON::PP ();

my $ca    = ClientCert::Test->ca;
my $is_ca = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign";
my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('revoked', 'keyCompromise');

# ---- certificates

sub ca { my ($name, %o) = @_; return certificate($name, "/O=Example/CN=$name", extension => $is_ca, %o) }

# An X509-SVID, or nearly one: its URIs are those of the SPIFFE ID specification.
sub svid {
    my ($name, $issuer, $san) = @_;
    return certificate($name, "/CN=$name", issuer => $issuer, san => $san,
        extension => "keyUsage = critical,digitalSignature\nextendedKeyUsage = clientAuth,serverAuth");
}

my $past  = ca('past', self => 1, days => 10, serial => '51');
my $mesh  = ca('mesh', self => 1, serial => '52');
my $below = ca('below', issuer => $mesh, serial => '53');
my $other = ca('other', self => 1, serial => '54');
my @begin = (begin => time - 9000, end => time - 100);
my $old   = ca('old', issuer => "$ca/root", @begin);
my @certificates = (
    (map { "$ca/$_" } qw(alice bob service partner expired notyet revoked stranger selfsigned serveronly
        ca-client noeku deep sub-staff foreign)),
    certificate('of-old', '/CN=of-old', issuer => $old),
    svid('web',     $mesh,  'URI:spiffe://mesh.example/web'),
    svid('low',     $below, 'URI:spiffe://mesh.example/low'),
    svid('cross',   $other, 'URI:spiffe://mesh.example/cross'),
    svid('at-home', $other, 'URI:spiffe://other.example/at-home'),
    svid('two',     $mesh,  'URI:spiffe://mesh.example/a,URI:https://mesh.example/'),
    svid('upper',   $mesh,  'URI:spiffe://MESH.example/a'),
    svid('slash',   $mesh,  'URI:spiffe://mesh.example/a/'),
    svid('guest',   $mesh,  'URI:spiffe://guest.example/a'),
    svid('no-id',   $mesh,  'DNS:mesh.example'),
    svid('web-of-staff', "$ca/staff", 'URI:spiffe://mesh.example/web'),
);

sub pem { return join '', map { read_file("$_.pem") =~ s/-----BEGIN[^-]*PRIVATE.*//sr } @_ }

my %files = (
    'conf/all.pem'          => pem("$ca/root", "$ca/staff", "$ca/services"),
    'conf/root.pem'         => pem("$ca/root"),
    'conf/staff.pem'        => pem("$ca/staff"),
    'conf/deep.pem'         => pem("$ca/deep-ca"),
    'conf/foreign.pem'      => pem("$ca/foreign-root"),
    'conf/old.pem'          => pem($old),
    'conf/folder/a.pem'     => pem("$ca/root"),
    'conf/folder/b.crt'     => pem("$ca/staff"),
    'conf/mesh.pem'         => pem($mesh),
    'conf/below.pem'        => pem($below),
    'conf/other.pem'        => pem($other),
    'conf/staff.crl'        => $staff->crl,
    'htdocs/index.html'     => "page\n",
);

# ---- virtual hosts

my @hosts = (
    inherited => '',
    file      => 'ClientCertCA conf/all.pem',
    folder    => 'ClientCertCA conf/folder',
    lines     => "ClientCertCA conf/root.pem\nClientCertCA conf/staff.pem conf/foreign.pem",
    rootless  => 'ClientCertCA conf/staff.pem',
    sent      => 'ClientCertCA conf/root.pem',
    depth0    => 'ClientCertCA conf/all.pem depth=0',
    depth1    => 'ClientCertCA conf/all.pem depth=1',
    depth2    => "ClientCertCA conf/all.pem depth=2\nSSLVerifyDepth 1",
    depth3    => "ClientCertCA conf/all.pem depth=3\nSSLVerifyDepth 9",
    shallow   => "ClientCertCA conf/all.pem\nSSLVerifyDepth 1",
    old       => 'ClientCertCA conf/root.pem conf/old.pem',
    both      => "SSLCACertificateFile conf/all.pem\nClientCertCA conf/foreign.pem",
    mesh      => 'ClientCertCA conf/mesh.pem domain=mesh.example',
    below     => 'ClientCertCA conf/below.pem domain=mesh.example',
    federated => "ClientCertCA conf/mesh.pem domain=mesh.example\nClientCertCA conf/other.pem domain=other.example",
    mixed     => "ClientCertCA conf/mesh.pem domain=mesh.example depth=1\nClientCertCA conf/all.pem depth=2",
    'no-spiffe' => 'ClientCertCA conf/mesh.pem conf/other.pem',
    require   => "ClientCertCA conf/all.pem\nSSLVerifyClient require",
    no_ca     => "ClientCertCA conf/mesh.pem domain=mesh.example\nSSLVerifyClient optional_no_ca",
    tolerant  => "ClientCertCA conf/all.pem depth=2\nSSLVerifyClient optional_no_ca\nClientCertTolerate On",
    crl       => "ClientCertCA conf/all.pem\nClientCertCRL conf/staff.crl missing=allow\nClientCertCRLCheck leaf",
);
my %lines = @hosts;
my @names = @hosts[grep { $_ % 2 == 0 } 0 .. $#hosts];

# SSLVerifyDepth 4 and no SSLCACertificateFile, unless the lines have one.
my $number = 1;
my %port   = map { ($_ => $number++) } @names;
my $conf   = join '', map { <<"HOST" } @names;
<VirtualHost *:\@PORT@{[$port{$_} > 1 ? $port{$_} : '']}\@>
    ServerName $_.example
    SSLEngine on
    SSLCertificateFile \@CA\@/localhost.pem
    SSLCertificateKeyFile \@CA\@/localhost.key
    SSLVerifyDepth 4
    SSLVerifyClient optional
    $lines{$_}
</VirtualHost>
HOST

my $h = ClientCert::Test->server(files => \%files, modules => ['headers'], conf => <<"CONF");
LogLevel crit
ClientCertCA conf/all.pem
Header always set X-Identity "expr=%{REMOTE_USER}"
ClientCertMap user=%{subject.CN|first}
$conf
CONF

# ---- what the server does, and what the tool says

# "STATUS USER"; 000: the handshake failed.
sub served {
    my ($host, $cert) = @_;
    my (undef, $output) = run_command('', 'curl', '-sqk', '--noproxy', '*', '--http1.1', '-o', '/dev/null',
        '--cert', "$cert.pem", '--key', "$cert.key", '-w', '%{http_code} %header{x-identity}',
        'https://127.0.0.1:' . $h->port($port{$host}) . '/');
    return $output =~ s{\s+\z}{}r;
}

sub said {
    my ($answer) = @_;
    return q{000} if $answer->{access}{outcome} eq 'refused';
    return $answer->{result} eq 'mapped' ? "200 $answer->{verdict}{user}" : '200';
}

sub explained {
    my ($host) = @_;
    my $output = ask($h, 'explain', '--json', '--vhost', "$host.example", '--path', '/',
        map { "$_.pem" } @certificates)->{output};
    return map { JSON::PP->new->utf8->decode($_) } split /\n/, $output;
}

my (%answers, %count, %vouched);
for my $host (@names) {
    my @answers = explained($host);
    my @different;
    for my $i (0 .. $#certificates) {
        my ($name) = $certificates[$i] =~ m{([^/]+)$};
        my ($is, $says) = (served($host, $certificates[$i]), said($answers[$i]));
        push @different, "$name: the server says $is, the tool says $says" if $is ne $says;
        $count{ substr $is, 0, 3 }++;
        $answers{$host}{$name} = $answers[$i];
        $vouched{$host} .= "$name " if $is =~ /^200 ./;
    }
    is_deeply \@different, [], "$host: the tool agrees with the server";
}

# ---- which certificates each host accepts, by what ClientCertCA means

my $people = 'alice bob service partner revoked noeku deep sub-staff web-of-staff';
my %expected = (
    inherited => $people, file => $people, require => $people, depth3 => $people,
    folder    => 'alice bob revoked noeku deep sub-staff web-of-staff',
    lines     => 'alice bob revoked stranger noeku deep sub-staff web-of-staff',
    sent      => 'sub-staff',
    old       => 'sub-staff',
    (map { ($_ => '') } qw(rootless depth0 depth1 shallow)),
    (map { ($_ => 'alice bob service partner revoked noeku sub-staff web-of-staff') } qw(depth2 tolerant)),
    both      => 'stranger',
    mesh      => 'web',
    no_ca     => 'web',
    below     => 'low',
    federated => 'web at-home',
    mixed     => 'alice bob service partner revoked noeku sub-staff web',
    'no-spiffe' => 'web cross at-home two upper slash guest no-id',
    crl       => 'alice bob service partner noeku deep sub-staff web-of-staff',
);
is $vouched{$_} // '', $expected{$_} ? "$expected{$_} " : '', "$_: the clients that are mapped" for @names;
cmp_ok $count{$_} // 0, '>', 100, "$_: $count{$_}" for qw(000 200);

# ---- the CA, and the directive that counts

sub ca_of { my ($host, $name) = @_; my $ca = $answers{$host}{$name}{verification}{ca}; return $ca && [@$ca{qw(subject domain)}, $ca->{file} =~ m{conf/(.*)}] }
is_deeply ca_of('file', 'alice'), ['CN=Root CA,O=Example', undef, 'all.pem'], 'the CA at the end of the chain, with its file';
is_deeply ca_of('folder', 'alice'), ['CN=Root CA,O=Example', undef, 'folder/a.pem'], 'in a folder';
is_deeply ca_of('federated', 'at-home'), ['CN=other,O=Example', 'other.example', 'other.pem'], 'and its trust domain';
is_deeply ca_of('below', 'low'), ['CN=below,O=Example', 'mesh.example', 'below.pem'], 'an intermediate CA of a trust domain';
is ca_of('mesh', 'alice'), undef, 'none for a certificate that does not verify';
like ask($h, 'explain', '--vhost', 'federated.example', "$certificates[19].pem")->{output},
    qr{^verified +yes: up to the CA "CN=other,O=Example" of \S+/conf/other\.pem \(trust domain other\.example\)$}m, 'as text';
like "@{ $answers{both}{alice}{notes} }",
    qr/the CAs that count here are those of ClientCertCA at \S+site\.conf:\d+; list them with: clientcert trust/,
    'without a trusted CA, a note names the directive that counts';
like join(' ', map { @{ $_->{notes} } } values %{ $answers{federated} }),
    qr/those of ClientCertCA at \S+site\.conf:\d+, \S+site\.conf:\d+;/, 'or all of them, as a list';
unlike "@{ $answers{file}{expired}{notes} }", qr/count here/, 'but not for a certificate that has expired';

done_testing;
