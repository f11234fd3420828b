# SPDX-License-Identifier: Apache-2.0
# Tests an API for services of two SPIFFE trust domains, as configured in conf/examples/spiffe.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Example;
use ClientCert::Test::Spiffe;

my $partner = authority('partner-ca', '/O=Partner/CN=Partner CA');
my $stock   = svid($partner, 'stock', 'spiffe://partner.example/stock');
my $forged  = svid($partner, 'forged', 'spiffe://example.com/ns/shop/sa/cart');

my $h = example('spiffe',
    define => { BUNDLES => '@ROOT@/bundles', WWW => '@ROOT@/htdocs' },
    files  => {
        'htdocs/api.cgi'          => $program,
        'bundles/svid_bundle.pem' => pem_of('services'),    # an intermediate CA is enough
        'bundles/partner.json'    => bundle_of($partner),
    },
    executable => ['htdocs/api.cgi']);
announce('AH01630', 'CC0106', 'CC0110', 'AH02039', qr/SSL Library Error/);

my $env = $h->cgi_env($h->get('/api/carts/1', cert => 'service'));
is $env->{REMOTE_USER},       'cart.shop',        'the program sees the service,';
is $env->{CLIENTCERT_USER},   'cart.shop',        'as CLIENTCERT_USER too,';
is $env->{CLIENTCERT_GROUPS}, 'services,ns-shop', 'its groups';
is $env->{CLIENTCERT_SPIFFE}, 'spiffe://example.com/ns/shop/sa/cart', 'and the whole identity';

my $bare = $h->cgi_env($h->get('/api', cert => 'no-subject'));
is $bare->{CLIENTCERT_SPIFFE}, 'spiffe://example.com/ns/shop/sa/bare',
    'an SVID need not have a subject';

$env = $h->cgi_env($h->get('/api', cert => $stock));
is "$env->{REMOTE_USER} $env->{CLIENTCERT_GROUPS}", 'stock@partner partners',
    'a service of the other domain';

my %status = (
    # certificate      /api /api/orders /api/stock
    'service'    => [200, 200, 200],
    'no-subject' => [200, 403, 200],
    $stock       => [200, 403, 403],
    $forged      => [0, 0, 0],          # the other domain's CA does not vouch for this one
    'partner'    => [0, 0, 0],          # a CA of the domain, but no SPIFFE ID
    'alice'      => [0, 0, 0],          # another CA
    'nul-uri'    => [0, 0, 0],          # not a valid SPIFFE ID
    ''           => [403, 403, 403],
);
my @paths = qw(/api /api/orders /api/stock);
announce('CC0150');
for my $cert (sort keys %status) {
    my @got  = map { $h->get($_, $cert ? (cert => $cert) : ())->{status} } @paths;
    my $name = $cert =~ s{.*/}{}r;
    is "@got", "@{ $status{$cert} }", ($name || 'without a certificate') . ": @paths";
}
ok $h->wait_log(qr/CC0106: .* reason="it violates X509-SVID: its SPIFFE ID has a character/),
    'the log says what is wrong with a SPIFFE ID';

done_testing;
