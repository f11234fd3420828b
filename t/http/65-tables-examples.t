# SPDX-License-Identifier: Apache-2.0
# Tests the examples with file tables: conf/examples/partners.conf and conf/examples/gridmap.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

announce('AH01630', 'CC0110', 'CC0612');

my $ca = ClientCert::Test->ca;

sub openssl_says {
    my ($name, @what) = @_;
    my ($value) = `openssl x509 -in $ca/$name.pem -noout @what` =~ /=(.*)/;
    return $value;
}

sub status {
    my ($h, $path, $cert) = @_;
    return $h->get($path, $cert ? (cert => $cert) : ())->{status};
}

# ---- partners.conf

my %partners = (
    alice   => 'acme    partners,orders',
    service => 'globex  partners',
    bob     => 'initech partners,orders',
);
my $h = example('partners', files => {
        'var/partners.map' => join('', map {
            openssl_says($_, '-fingerprint', '-sha256') . "  $partners{$_}\n" } sort keys %partners),
        'var/blocked.map'  => openssl_says('bob', '-serial') . "\n",
        map { ("htdocs/$_/page" => "$_\n") } qw(orders catalogue),
    });
is status($h, '/orders/page', 'alice'), 200, 'partners: a client listed for orders';
is status($h, '/orders/page', 'service'), 403, 'partners: a client listed, but not for orders';
is status($h, '/catalogue/page', 'service'), 200, 'partners: sees the catalogue';
is status($h, '/catalogue/page', 'partner'), 403, 'partners: an unlisted client does not';
is status($h, '/orders/page', 'bob'), 403, 'partners: no client whose serial number is blocked';
is status($h, '/orders/page'), 403, 'partners: and no client without a certificate';
ok $h->wait_log(qr/CC0101: result=mapped user="acme" groups="partners,orders"/),
    'partners: the names are the file\'s';
keeps_denied($h, "/$_/page", cert => 'alice') for qw(orders catalogue);
$h->stop;

# ---- gridmap.conf

$h = example('gridmap', files => {
        'var/grid-mapfile' => qq("/O=Example/OU=Staff/OU=Admins/CN=alice" adesmet,other\n)
            . qq("/O=Example/CN=somebody else" else\n"/dteam" .dteam\n),
        'htdocs/data/page' => "page\n",
    });
is status($h, '/data/page', 'alice'), 200, 'gridmap: a subject that is listed';
is status($h, '/data/page', 'bob'), 403, 'gridmap: and one that is not';
ok $h->wait_log(qr/CC0101: result=mapped user="adesmet"/), 'gridmap: with the account of its line';
keeps_denied($h, '/data/page', cert => 'alice');

done_testing;
