# SPDX-License-Identifier: Apache-2.0
# Tests that a virtual host without TLS keeps its CAs and CRLs at a graceful restart, with bad files
# too, and what a start says of such files.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Plain;

my ($alpha, $beta) = map { authority(lc, "/CN=$_ CA") } 'Alpha', 'Beta';
my ($ann, $bea) = (client_of($alpha, 'ann'), client_of($beta, 'bea'));
my $crl   = ClientCert::Test::Crl->new($alpha);
my %files = ('conf/cas.pem' => pem_of($alpha), 'conf/a.crl' => $crl->crl, 'htdocs/page' => "page\n");
my $conf  = plain_host("ClientCertCA conf/cas.pem reload=0\nClientCertCRL conf/a.crl reload=0");

announce('CC0104', 'CC0181', 'CC0197', 'CC0198');

my $h = ClientCert::Test->server(modules => ['-ssl', 'headers'], files => \%files, conf => $conf);

sub users { return join ', ', map { passed($h, $_) } $ann, $bea }

sub restarts {
    my ($path, $text, $claim, %o) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    replace($h->path($path), $text) if $path;
    $h->mark_log;
    delete $h->{files}{$_} for qw(conf/cas.pem conf/a.crl);
    return ok $h->reload(%o), $claim;
}

is users(), '200 ann, 200 ', 'before a restart';
restarts(undef, undef, 'a restart without a change');
is users(), '200 ann, 200 ', 'after it';
for my $bad (['garbage', "garbage\n"], ['an empty file', '']) {
    my ($claim, $text) = @$bad;
    restarts('conf/cas.pem', $text, "$claim: a graceful restart");
    ok $h->wait_log(qr/CC0197: after the restart, the CAs loaded on \S+ stay in use: CC04\d\d: .*cas\.pem/),
        'the log names the file';
    is users(), '200 ann, 200 ', 'and its CAs stay in use';
}
restarts('conf/cas.pem', pem_of($alpha, $beta), 'a good file');
is passed($h, $ann), '200 ann', 'counts from the restart on';
is passed($h, $bea), '200 ', 'and so does the want of a CRL of the new CA';
restarts('conf/a.crl', "garbage\n", 'a bad CRL: a graceful restart');
ok $h->wait_log(qr/CC0181: after the restart, the CRLs loaded on \S+ stay in use: CC04\d\d: .*a\.crl/),
    'the log names the file';
is passed($h, $ann), '200 ann', 'and its CRLs stay in use';
$crl->revoke($ann);
restarts('conf/a.crl', $crl->crl, 'a good CRL');
is passed($h, $ann), '200 ', 'counts from the restart on';
replace($h->path('conf/a.crl'), $crl->crl);

# ---- a host that comes with a restart, and one that goes

restarts(undef, undef, 'a second host', conf => $conf . plain_host('ClientCertCA conf/cas.pem reload=0', 2));
is passed($h, $bea, port => 2), '200 bea', 'has the CAs of its directive';
restarts(undef, undef, 'without the header', conf => $conf =~ s/ClientCertHeader.*|ClientCertTrusted.*//gr);
announce('CC0102', 'CC0778', 'CC0721', 'CC0720');
is passed($h, $bea), '200 ', 'no certificate counts';

done_testing;
