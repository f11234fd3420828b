# SPDX-License-Identifier: Apache-2.0
# Tests that a host with ClientCertCA decides about each client as the same host with
# SSLCACertificateFile does: the handshake, the identity, what mod_ssl says, and the reason in the log.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Certificate;
use ClientCert::Test::Crl;
use ClientCert::Test::File;

use IO::Socket::SSL ();

announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0142', 'AH01896', 'AH01897', 'AH01909', 'AH02039', 'AH02040', 'AH02225',
    'AH02227', 'AH02261', 'AH02262', 'AH02263', 'AH10158', 'CC0722', 'CC0732', 'CC0733', 'CC0734', qr/SSL Library Error/);

my $slow = $ENV{CC_SLOW} // 1;
my $ca   = ClientCert::Test->ca;
my $here = "subjectKeyIdentifier = hash\n";
my $key  = "extendedKeyUsage = clientAuth\nauthorityKeyIdentifier = keyid\n";

# ---- CAs

my %ca = (root => authority('root', '/CN=Root'), other => authority('other', '/CN=Other'));
$ca{sub}   = authority('sub', '/CN=Sub', issuer => $ca{root});
$ca{deep}  = authority('deep', '/CN=Deep', issuer => $ca{sub});
$ca{cross} = authority('cross', '/CN=Cross');
$ca{same}  = authority('same', '/CN=Same');
$ca{twin}  = authority('twin', '/CN=Same');
$ca{past}  = authority('past', '/CN=Past', begin => time - 86400, end => time - 60);
$ca{soon}  = authority('soon', '/CN=Soon', begin => time + 3600, end => time + 86400);
$ca{named} = authority('named', '/CN=Named',
    extension => "basicConstraints = critical, CA:TRUE\nnameConstraints = permitted;DNS:a.test\n$here");
$ca{short} = authority('short', '/CN=Short',
    extension => "basicConstraints = critical, CA:TRUE, pathlen:0\n$here");
$ca{below} = authority('below', '/CN=Below', issuer => $ca{short});
$ca{web}   = authority('web', '/CN=Web', issuer => $ca{root},
    extension => "basicConstraints = critical, CA:TRUE\nextendedKeyUsage = serverAuth\n$here");
$ca{weak}  = authority('weak', '/CN=Weak', bits => 1024);
$ca{ed}    = authority('ed', '/CN=Ed', key => 'ed25519');
$ca{pss}   = authority('pss', '/CN=PSS', key => 'rsa-pss');

sub openssl { system('sh', '-c', 'exec openssl "$@" 2>/dev/null', 'sh', @_) == 0 or die "openssl $_[0]\n"; return }

# The same CA with another issuer; its certificate as a TRUSTED CERTIFICATE, trusted or not.
write_file("$ca{cross}.ext", "basicConstraints = critical, CA:TRUE\n$here");
openssl('x509', '-req', '-in', "$ca{cross}.csr", '-CA', "$ca{root}.pem", '-CAkey', "$ca{root}.key",
    '-set_serial', 77, '-extfile', "$ca{cross}.ext", '-days', 9, '-out', "$ca{cross}-by-root.pem");
$ca{crossed} = "$ca{cross}-by-root";
openssl('x509', '-in', "$ca{$_->[0]}.pem", $_->[1], 'clientAuth', '-trustout', '-out', "$ca{$_->[0]}-$_->[2].pem")
    for ['root', '-addreject', 'bad'], ['sub', '-addtrust', 'good'];
@ca{qw(bad good)} = ("$ca{root}-bad", "$ca{sub}-good");
$ca{tests} = "$ca/root";    # the CA of the server, too

# ---- clients

my (%client, %sent);

# A client of a CA, and the CAs that it sends.
sub client {
    my ($name, $issuer, @sends) = @_;
    $client{$name} = $client{$issuer} // client_of($ca{$issuer}, "of-$issuer", extension => $key);
    if (@sends) {
        my $at = "$client{$name}-" . join '-', @sends;
        write_file("$at.pem", read_file("$client{$name}.pem") . pem_of(@ca{@sends}));
        write_file("$at.key", read_file("$client{$name}.key"));
        $client{$name} = $at;
    }
    return;
}

client($_, $_) for qw(root sub deep cross twin past soon named short web weak ed pss other);
client('sub sent',         'sub',   'sub');
client('deep sent',        'deep',  'deep');
client('deep, all sent',   'deep',  'deep', 'sub', 'root');
client('cross, both sent', 'cross', 'crossed', 'cross');
client('web sent',         'web',   'web');
client('below sent',       'below', 'below');
$client{named} = client_of($ca{named}, 'outside', extension => $key, san => 'DNS:b.test');
$client{gone}  = client_of($ca{root}, 'gone');
$client{'gone, sub'} = client_of($ca{sub}, 'gone-sub');
$client{old} = client_of($ca{root}, 'old', begin => time - 86400, end => time - 60);
$client{ca}  = authority('a-ca', '/CN=a-ca', issuer => $ca{root});
$client{server} = client_of($ca{root}, 'server', eku => 'serverAuth');
$client{self}   = certificate('self', '/CN=self', self => 1);
$client{$_} = "$ca/$_" for qw(alice bob expired noeku notyet serveronly selfsigned stranger
    foreign forged revoked sub-staff partner nul-cn no-subject);

my %crl = map { $_ => ClientCert::Test::Crl->new($ca{$_}) } qw(root sub);
$crl{root}->revoke($client{gone});
$crl{sub}->revoke($client{'gone, sub'});

# ---- hosts

my @all = sort keys %client;
my @few = ('root', 'sub', 'sub sent', 'deep sent', 'deep, all sent', 'other', 'old');
my $crl = 'SSLCARevocationFile conf/root.crl';

# Each host: the CAs of its file, further directives, the clients, the paths. `depth`: with
# ClientCertCA, depth= replaces SSLVerifyDepth, which has another value.
my @hosts = (
    { cas => ['tests'], conf => 'SSLVerifyDepth 2', clients => ['alice', 'stranger'] },
    { cas => [qw(root)], clients => \@all },
    { cas => [qw(root sub deep)], conf => 'SSLVerifyDepth 3', clients => \@all },
    (map { { cas => [qw(root sub deep)], conf => "SSLVerifyDepth $_" } } 0 .. 2),
    (map { { cas => [qw(root sub deep)], depth => $_, other => $_ < 2 ? 9 : 0 } } 0 .. 3),
    { cas => [qw(root sub)], conf => "SSLVerifyClient require\nSSLVerifyDepth 2" },
    { cas => [qw(root sub)], conf => "SSLVerifyClient optional_no_ca\nSSLVerifyDepth 2", clients => \@all },
    { cas => [qw(root sub)], conf => "SSLVerifyClient none\nSSLVerifyDepth 2", paths => ['/later', '/shallow'] },
    { cas => [qw(root sub)], conf => 'SSLVerifyDepth 2', paths => ['/later', '/shallow'] },
    { cas => [qw(sub)], conf => 'SSLVerifyDepth 2', clients => [@few, 'web sent'] },
    { cas => [qw(root sub deep)], conf => 'SSLCipherSuite DEFAULT@SECLEVEL=2' },
    (map { { %$_, clients => ['cross', 'cross, both sent'] } }
        { cas => [qw(cross crossed root)] },
        { cas => [qw(crossed root cross)] },
        { cas => [qw(crossed root cross)], conf => 'SSLVerifyDepth 2' },
        { cas => [qw(crossed cross)] }),
    { cas => [qw(same twin)], clients => ['twin'] },
    { cas => [qw(past soon named short web root ed pss)], conf => 'SSLVerifyDepth 2',
        clients => [qw(past soon named short root ed pss), 'web sent', 'below sent'] },
    (map { { cas => ['weak'], conf => "SSLCipherSuite DEFAULT\@SECLEVEL=$_", clients => ['weak'] } } 1, 2),
    { cas => [qw(bad sub)], conf => 'SSLVerifyDepth 2' },
    { cas => [qw(good other)] },
    (map { { cas => [qw(root sub)], conf => "SSLVerifyDepth 2\n$crl\nSSLCARevocationCheck $_",
        clients => [@few, 'gone', 'gone, sub'] } } 'leaf', 'chain', 'chain no_crl_for_cert_ok'),
);

my %headers = (
    Ca    => '%{clientcert:ca.sha256}',
    Chain => '%{md5:%{SSL_CLIENT_CERT_CHAIN_0}} %{md5:%{SSL_CLIENT_CERT_CHAIN_1}}',
);
my $headers = join '', map { qq(Header always set $_ "expr=$headers{$_}"\n) } sort keys %headers;

# A host asks for a certificate at once, or in /later only.
sub host {
    my ($name, $conf) = @_;
    return ca_host(<<"CONF") =~ s/ServerName \K\S+/$name.example/r;
$conf
$headers
<Location "/later">
    SSLVerifyClient require
</Location>
<Location "/shallow">
    SSLVerifyClient require
    SSLVerifyDepth 1
</Location>
CONF
}

sub both {
    my ($n) = @_;
    my %host = (conf => '', %{ $hosts[$n] });
    my @depth = defined $host{depth} ? ("SSLVerifyDepth $host{depth}", "SSLVerifyDepth $host{other}") : ('', '');
    my $option = defined $host{depth} ? "depth=$host{depth}" : '';
    return host("store$n", "SSLCACertificateFile conf/$n.pem\n$host{conf}\n$depth[0]"),
        host("set$n", "ClientCertCA conf/$n.pem $option\n$host{conf}\n$depth[1]");
}

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/root.crl'  => $crl{root}->crl,
        'htdocs/later'   => "page\n",
        'htdocs/shallow' => "page\n",
        map { ("conf/$_.pem" => pem_of(@ca{ @{ $hosts[$_]{cas} } })) } 0 .. $#hosts,
    },
    conf => join '', map { both($_) } 0 .. $#hosts);

# ---- what is seen

my $read = 0;    # octets of the log

# The lines about certificates, without what differs between two connections.
sub told {
    my $log = read_file($h->path('logs/error_log'));
    my @lines = grep { /AH02039|AH02040/ } split /\n/, substr $log, $read;
    $read = length $log;
    s/^.*?\] (?=CC|AH)//, s/\bvhost=\S+|\bclient=\S+|\bserver \S+//g for @lines;
    return @lines;
}

sub context {
    my ($cert, $tls) = @_;
    return IO::Socket::SSL::SSL_Context->new(
        SSL_version => $tls eq '1.2' ? 'TLSv1_2' : 'TLSv1_3', SSL_cipher_list => 'ALL:@SECLEVEL=0',
        SSL_verify_mode => 0, SSL_cert_file => "$cert.pem", SSL_key_file => "$cert.key",
        SSL_session_cache_size => 9,
        SSL_create_ctx_callback => sub { Net::SSLeay::CTX_set_post_handshake_auth($_[0], 1) },
    ) || die "context: $IO::Socket::SSL::SSL_ERROR\n";
}

# One request on a new connection, which offers the session of the one before.
sub seen {
    my ($context, $name, $path) = @_;
    my $socket = IO::Socket::SSL->new(PeerAddr => '127.0.0.1', PeerPort => $h->port,
        SSL_hostname => "$name.example", SSL_reuse_ctx => $context, SSL_session_key => $name,
        Timeout => 10 * $slow) or return 'no connection';
    my $again = $socket->get_session_reused ? 'resumed' : 'full';
    my $response = '';
    local $SIG{PIPE} = 'IGNORE';
    syswrite $socket, "GET $path HTTP/1.1\r\nHost: $name.example\r\nConnection: close\r\n\r\n";
    1 while sysread $socket, $response, 8192, length $response;
    my ($status) = $response =~ m{^HTTP/1.1 (\d+)} or return 'no response';
    my @values = $response =~ /^((?:User|Verify|Ca|Chain): .*?)\r$/mg;
    return join "\n", "$again: $status", @values;
}

my %times;    # how often each kind of connection was seen

# The same twice, so that the second one may be resumed.
sub seen_twice {
    my ($cert, $tls, $name, $path, $logs) = @_;
    my $context = context($cert, $tls);
    my @seen = map { seen($context, $name, $path) } 1, 2;
    $times{s/\n.*//sr}++ for @seen;
    my @told = told();
    return join "\n", @seen, $logs ? @told : (), '';
}

# mod_ssl logs another number for a chain that depth= does not allow.
sub is_same {
    my ($n, $name, $tls, $path) = @_;
    my %host = (conf => '', %{ $hosts[$n] });
    my ($store, $set) = map { seen_twice($client{$name}, $tls, "$_$n", $path, !defined $host{depth}) }
        'store', 'set';
    my $conf = join ', ', split(/\n/, $host{conf}),
        defined $host{depth} ? "depth=$host{depth} with SSLVerifyDepth $host{other}" : ();
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is $set, $store, "TLS $tls, $path, CAs @{$host{cas}}, $conf: client of $name";
}

told();
for my $n (0 .. $#hosts) {
    my %host = (clients => \@few, paths => ['/'], %{ $hosts[$n] });
    for my $tls ('1.2', '1.3') {
        for my $path (@{ $host{paths} }) {
            is_same($n, $_, $tls, $path) for @{ $host{clients} };
        }
    }
}
cmp_ok $times{$_} // 0, '>', 50, "there were enough of these: $_"
    for 'full: 200', 'resumed: 200', 'no connection', 'no response';

# What differs: OpenSSL completes the server's chain with the CAs of mod_ssl.
my @sent = map { scalar(() = $h->s_client(get => "/", host => "$_.example", args => ['-showcerts'])->{output}
    =~ /^-----BEGIN CERTIFICATE/mg) } 'store0', 'set0';
is_deeply \@sent, [2, 1], 'the chain of the server has its own file alone';

done_testing;
