# SPDX-License-Identifier: Apache-2.0
# Tests an API for services with SPIFFE identities, as configured in conf/examples/spiffe.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

my $h = example('spiffe', files => { 'htdocs/api.cgi' => $program },
    executable => ['htdocs/api.cgi']);
announce('AH01630', 'CC0110');

my $env = $h->cgi_env($h->get('/api/carts/1', cert => 'service'));
is $env->{REMOTE_USER},       'cart.shop',        'the program sees the service,';
is $env->{CLIENTCERT_USER},   'cart.shop',        'as CLIENTCERT_USER too,';
is $env->{CLIENTCERT_GROUPS}, 'services,ns-shop', 'its groups';
is $env->{CLIENTCERT_SPIFFE}, 'spiffe://example.com/ns/shop/sa/cart', 'and the whole identity';

my $nobody = $h->cgi_env($h->get('/api', cert => 'no-subject'));
is $nobody->{CLIENTCERT_SPIFFE}, 'spiffe://example.com/ns/shop/sa/bare',
    'an SVID need not have a subject';

my %status = (
    # certificate      /api /api/orders /api/stock
    'service'    => [200, 200, 200],
    'no-subject' => [200, 403, 200],
    'partner'    => [403, 403, 403],    # the same CA, but no SPIFFE identity
    'alice'      => [403, 403, 403],    # another CA
    'nul-uri'    => [403, 403, 403],    # a URI that must not be used
    ''           => [403, 403, 403],
);
my @paths = qw(/api /api/orders /api/stock);
announce('CC0150');
for my $cert (sort keys %status) {
    my @got = map { $h->get($_, $cert ? (cert => $cert) : ())->{status} } @paths;
    is "@got", "@{ $status{$cert} }", ($cert || 'without a certificate') . ": @paths";
}

done_testing;
