# SPDX-License-Identifier: Apache-2.0
# Tests that only a verified certificate gives an identity, in full handshakes and in resumed
# sessions.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

sub site {
    my ($verify) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient $verify
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
</VirtualHost>
CONF
}

announce('CC0104', 'CC0720');    # SSLVerifyClient none is intended

for my $verify ('none', 'optional') {
    my $h = ClientCert::Test->server(modules => ['headers'], conf => site($verify));
    is_served_to($h->get('/', $verify eq 'none' ? (cert => 'alice') : ()), '',
        "SSLVerifyClient $verify and no certificate: no identity");
    is scalar(my @lines = $h->log_lines(qr/CC0104/)), 0, 'which is nothing to warn of';
}

sub full_and_resumed {
    my ($h, $tls, $where) = @_;

    my $first = full($h, '/', cert => 'alice', tls => $tls);
    is_served_to($first, 'alice', "$where: a certificate that did verify gives an identity");
    ok !$first->{reused}, 'after a full handshake';
    my $again = $first;
    for my $time (1 .. 3) {
        $again = resumed($h, $again, '/', tls => $tls);
        is_served_to($again, 'alice', "$where: and so does its session, resumed $time times");
        ok $again->{reused}, 'which was resumed indeed';
    }

    my %why = (selfsigned => 'it is self-signed', forged => 'it is self-signed',
        stranger => 'the CA \S+CN=.* above it: no CA with the name of its issuer is trusted here');
    for my $cert (sort keys %why) {
        $h->mark_log;
        $first = full($h, '/', cert => $cert, tls => $tls);
        is_served_to($first, '', "$where: $cert under optional_no_ca gives no identity");
        ok $h->wait_log(qr/CC0104: .* reason="$why{$cert}/), 'and the log says why';
        $again = resumed($h, $first, '/', cert => $cert, tls => $tls);
        is_served_to($again, '', "$where: nor does its session");
        ok !$again->{reused}, 'which is not resumed at all';
        unlike $again->{headers}{verify}, qr/SUCCESS/, 'so that mod_ssl does not report it either';
    }
    return;
}

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => ['headers'],
        global  => session_conf($store),
        conf    => site('optional_no_ca'));
    full_and_resumed($h, $_, "TLS $_, $store") for '1.2', '1.3';
}

done_testing;
