# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert explain rejects the types of keys that the server does not accept in a
# handshake, whichever settings of mod_ssl decide that.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

my $ca = ClientCert::Test->ca;

# ---- certificates of the Staff CA, with keys of every type that this OpenSSL makes

my %options = (
    'P-256'           => 'EC -pkeyopt ec_paramgen_curve:P-256',
    'P-384'           => 'EC -pkeyopt ec_paramgen_curve:P-384',
    'P-521'           => 'EC -pkeyopt ec_paramgen_curve:P-521',
    'secp224r1'       => 'EC -pkeyopt ec_paramgen_curve:secp224r1',
    'secp256k1'       => 'EC -pkeyopt ec_paramgen_curve:secp256k1',
    'brainpoolP256r1' => 'EC -pkeyopt ec_paramgen_curve:brainpoolP256r1',
    'RSA'             => 'RSA -pkeyopt rsa_keygen_bits:2048',
    'RSA-PSS'         => 'RSA-PSS -pkeyopt rsa_keygen_bits:2048',
    'ED25519'         => 'ED25519',
    'ED448'           => 'ED448',
    'ML-DSA-44'       => 'ML-DSA-44',
    'SM2'             => 'SM2',
);
my $dir = File::Temp->newdir;
write_file("$dir/ext", "keyUsage = digitalSignature\nextendedKeyUsage = clientAuth\n");
my @types;
for my $type (sort keys %options) {
    next if system "openssl genpkey -algorithm $options{$type} -out $dir/$type.key 2>/dev/null";
    next if system "openssl req -new -key $dir/$type.key -subj '/O=Example/CN=$type' -out $dir/$type.csr 2>/dev/null";
    next if system "openssl x509 -req -in $dir/$type.csr -CA $ca/staff.pem -CAkey $ca/staff.key -days 2 "
        . "-extfile $dir/ext -out $dir/$type.pem 2>/dev/null";
    push @types, $type;
}
cmp_ok scalar @types, '>', 9, "types of keys: @types";

# ---- hosts

my %hosts = (
    default  => '',
    only12   => 'SSLProtocol TLSv1.2',
    only13   => 'SSLProtocol -all +TLSv1.3',
    rsa      => "SSLOpenSSLConfCmd ClientSignatureAlgorithms RSA+SHA256\nSSLProtocol TLSv1.2",
    sigalgs  => 'SSLOpenSSLConfCmd ClientSignatureAlgorithms ECDSA+SHA256:ed25519',
    groups   => "SSLOpenSSLConfCmd Curves P-384\nSSLProtocol TLSv1.2",
    odd      => "SSLOpenSSLConfCmd Groups brainpoolP256r1:secp256k1:P-256\nSSLProtocol TLSv1.2",
    level    => 'SSLCipherSuite DEFAULT:@SECLEVEL=3',
);
my @names = sort keys %hosts;
my $conf  = join '', map { <<"HOST" } 0 .. $#names;
<VirtualHost *:\@PORT@{[$_ + 1]}\@>
    ServerName $names[$_]
    \@SSL\@
    SSLVerifyClient require
    $hosts{$names[$_]}
    ClientCertMap user=%{subject.CN}
</VirtualHost>
HOST
$conf =~ s/\@PORT1\@/\@PORT\@/;
my $h = ClientCert::Test->server(
    modules => ['headers'],
    conf    => "LogLevel crit\nHeader always set User \"expr=%{REMOTE_USER}\"\n$conf");

sub served {
    my ($port, $type, $version) = @_;
    my $response = $h->get('/', port => $port, tls => $version, cert => "$dir/$type", curl => ['-k', '--ciphers', 'ALL:@SECLEVEL=0']);
    return $response->{status} ? 1 : 0;
}

my (@different, %count);
for my $number (0 .. $#names) {
    my $output = ask($h, 'explain', '--json', '--vhost', $names[$number], map { "$dir/$_.pem" } @types)->{output};
    my @answers = map { JSON::PP->new->utf8->decode($_) } split /\n/, $output;
    for my $i (0 .. $#types) {
        my @both    = map { served($number + 1, $types[$i], $_) } '1.2', '1.3';
        my $answer  = $answers[$i];
        my ($note)  = grep { /^keys of this type/ } @{ $answer->{notes} };
        my @said    = $answer->{result} eq 'mapped' ? (1, 1) : (0, 0);
        @said = (0 + ($1 == 2), 0 + ($1 == 3)) if $note && $note =~ /are accepted with TLS 1\.(\d), but not/;
        @said = ($said[0] && $hosts{$names[$number]} !~ /\+TLSv1\.3/, $said[1] && $hosts{$names[$number]} !~ /SSLProtocol TLSv1\.2/);
        push @different, "$names[$number], $types[$i]: the server @both, the tool @said: " . ($answer->{reason} // $note // '')
            if "@both" ne join ' ', map { $_ || 0 } @said;
        $count{"@both"}++;
        like $answer->{reason}, qr/^(?:this server does not accept keys of this type \(\S+\) with TLS 1\.2 or 1\.3|its key is too small.*)$/,
            "$names[$number], $types[$i]: why it is rejected" if $answer->{result} ne 'mapped';
    }
}
is_deeply \@different, [], 'the tool agrees with the server';
cmp_ok $count{$_} // 0, '>', 3, "of which $_: " . ($count{$_} // 0) for '0 0', '1 1', '1 0', '0 1';

# ---- the types of keys are tried once each

my @many = map { "$dir/$_.pem" } (@types) x 5;
is scalar(split /\n/, ask($h, 'explain', '--vhost', 'default', @many)->{output}), scalar @many, 'many certificates of few types';

done_testing;
