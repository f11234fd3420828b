# SPDX-License-Identifier: Apache-2.0
# Tests conf/examples/behind-envoy.conf, behind-traefik.conf, behind-ingress-nginx.conf and behind-alb.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Behind;
use ClientCert::Test::Forwarded;

# The tests make the headers as these proxies send them.
my %proxies = (
    'envoy'         => { format => 'xfcc', header => 'X-Forwarded-Client-Cert', chain => 1 },
    'traefik'       => { format => 'pem-bare', header => 'X-Forwarded-Tls-Client-Cert', chain => 1 },
    'ingress-nginx' => { format => 'pem-url', header => 'ssl-client-cert' },
    'alb'           => { format => 'alb', header => 'X-Amzn-Mtls-Clientcert-Leaf', plain => 1, chain => 1 },
);
my @proxy = (cert => 'proxy');

sub sent { my ($h, $how, @lines) = @_; return private_of($h, @$how, headers => \@lines) }

for my $name (sort keys %proxies) {
    my ($format, $header, $plain) = @{ $proxies{$name} }{qw(format header plain)};
    my $how = $plain ? [scheme => 'http'] : [@proxy];
    my $h   = behind($name, plain => $plain, conf => $plain ? '' : 'SSLVerifyDepth 4');
    announce('CC0104', 'CC0145', 'CC0146');
    is sent($h, $how, forwarded($format, 'alice')), '200 alice', "$name: a client has its identity,";
    is sent($h, $how), '403', 'a request without the header has none,';
    is sent($h, $how, forwarded($format, $_)), '403', "nor has $_" for qw(expired foreign selfsigned);
    is sent($h, $how, "$header: $_"), '403', 'nor garbage' for '(null)', '-', 'MIIB', '%00';
    is sent($h, $how, forwarded($format, 'alice'), forwarded($format, 'bob')), '403', 'nor two headers';
    ok !verifies($h, 'deep', @$how, headers => [forwarded($format, 'deep')]), 'nor one of an unknown CA';
    ok verifies($h, 'deep', @$how, headers => [forwarded($format, 'deep', chain => ['deep-ca'])]),
        'unless the client has sent it' if $proxies{$name}{chain} && !$plain;
    arrives_unchanged($h, 25, sub { (@$how, headers => [forwarded($format, $_[0])]) });
    if ($plain) {
        is sent($h, [@$how, curl => ['--interface', '127.0.0.2']], forwarded($format, 'alice')), '403', 'other addresses are not trusted';
    } else {
        refuses_others($h, $format, $header);
    }
}

# ---- AWS in the mode passthrough

my $alb    = behind_plain('ClientCertHeader alb header=X-Amzn-Mtls-Clientcert');
my @header = (header => 'X-Amzn-Mtls-Clientcert');
ok verifies($alb, 'deep', scheme => 'http', headers => [forwarded('alb', 'deep', @header, chain => $_)]), "chain: @$_"
    for ['deep-ca'], ['deep-ca', 'staff', 'root'];
is sent($alb, [scheme => 'http'], forwarded('alb', 'alice', @header)), '200 alice', 'a client without a chain';

done_testing;
