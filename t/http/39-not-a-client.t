# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate that is not for client authentication gives no identity, even if its
# chain verifies.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

my $conf = identity_host(<<'CONF');
<Location "/private">
    Require clientcert
</Location>
<Location "/verified">
    Require ssl-verify-client
</Location>
CONF

announce('CC0737', 'CC0104', 'CC0106', 'CC0110', 'AH01630');

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => ['headers'],
        global  => session_conf($store),
        conf    => $conf);
    for my $tls ('1.2', '1.3') {
        my $where = "TLS $tls, $store";
        $h->mark_log;
        my $ca = full($h, '/', cert => 'ca-client', tls => $tls);
        is "$ca->{status} $ca->{headers}{user}", '200 ', "$where: a CA as a client has no identity";
        like $ca->{headers}{verify}, qr/^FAILED:/, 'and to mod_ssl\'s variables it has failed';
        is full($h, '/verified', cert => 'ca-client', tls => $tls)->{status}, 403,
            'so no condition on them lets it in';
        ok $h->wait_log(qr/CC0104: .* reason="it is a CA certificate"/),
            'the log says why';
        my $again = resumed($h, $ca, '/', tls => $tls);
        is "$again->{status} $again->{headers}{user}", '200 ', "$where: so is its session";
        ok !$again->{reused}, 'which is not resumed';
        is full($h, '/private', cert => 'ca-client', tls => $tls)->{status}, 403,
            "$where: it does not meet Require clientcert either";

        my $server = full($h, '/', cert => 'serveronly', tls => $tls);
        is $server->{status}, 0,
            "$where: a server's certificate does not get through the handshake";

        my $old = full($h, '/', cert => 'noeku', tls => $tls);
        is $old->{headers}{user}, 'noeku', "$where: one without any usage is a client's as well";
    }
}

done_testing;
