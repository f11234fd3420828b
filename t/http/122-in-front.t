# SPDX-License-Identifier: Apache-2.0
# Tests what an application gets from httpd, with conf/examples/front-rfc9440.conf and front-xfcc.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Example;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Sent;

use Digest::SHA qw(sha256_hex);

announce('AH01630', 'CC0110');

# ---- RFC 9440

my $backend = backend('http');
my $url     = 'http://127.0.0.1:' . $backend->port;
my $open    = "SSLVerifyDepth 4\n"
    . qq(ClientCertMap issuer == "CN=Department CA,O=Example" user=deep group=staff\n)
    . qq(<Location "/open">\n    ProxyPass "$url/open"\n</Location>\n);
my $h       = example('front-rfc9440', define => { BACKEND => $url }, conf => $open);
my %chain   = (alice => ['staff'], deep => ['deep-ca', 'staff']);
my @names   = ('Client-Cert', 'Client-Cert-Chain', 'ClientCert-User', 'ClientCert-Groups');
my @forged  = map { ("$_: x", tr/-/_/r . ': x') } @names;

sub got { my ($name, $response) = @_; return values_of($name, $response->{body}) }

for my $cert (sort keys %chain) {
    my $response = $h->get('/app', cert => $cert, headers => \@forged);
    is_deeply got('Client-Cert', $response), [forwarded_value('rfc9440', $cert)], "$cert: the certificate";
    is_deeply got('Client-Cert-Chain', $response), [forwarded_chain('rfc9440', @{ $chain{$cert} })], 'the CAs';
    is_deeply got('ClientCert-User', $response), [$cert], 'the user';
}
is_deeply got('ClientCert-Groups', $h->get('/app', cert => 'alice')), ['staff,admins'], 'and the groups';
for my $cert (undef, 'service') {
    my $response = $h->get('/open', cert => $cert, headers => \@forged);
    is $response->{status}, 200, 'an open page without an identity';
    is_deeply got($_, $response), [], "has no $_" for @names;
}
is $h->get('/app')->{status}, 403, 'the application is for the staff';

# ---- X-Forwarded-Client-Cert

$h = example('front-xfcc', define => { BACKEND => $url }, conf => $open);
for my $cert (sort keys %chain) {
    my ($value, @more) = @{ got('X-Forwarded-Client-Cert', $h->get('/app', cert => $cert,
        headers => ['X-Forwarded-Client-Cert: x', 'x_forwarded_client_cert: x'])) };
    is "@more", '', "$cert: one header";
    my %sent = $value =~ /(?:^|;)(\w+)=("(?:[^"\\]|\\.)*"|[^;,]*)/g;
    my ($leaf) = ders($cert);
    my $urls = forwarded_value('xfcc', $cert, chain => $chain{$cert});
    my %made = $urls =~ /(\w+)=("[^"]*"|[^;]*)/g;
    is $sent{Hash}, sha256_hex($leaf), 'with the digest';
    is $sent{$_}, $made{$_}, "and $_" for qw(Cert Chain);
}
is_deeply got('X-Forwarded-Client-Cert', $h->get('/open', headers => ['X-Forwarded-Client-Cert: x'])), [],
    'none without an identity';

done_testing;
