# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate requested within a connection counts from that request on, and not
# before.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::Session;

my $conf = identity_host(<<'CONF');
SSLVerifyClient none
<Location "/private">
    SSLVerifyClient require
    Require clientcert-user alice deep
</Location>
<Location "/anybody">
    SSLVerifyClient optional_no_ca
</Location>
CONF

my %way = ('1.2' => 'renegotiation', '1.3' => 'post-handshake authentication');

sub in_the_middle {
    my ($h, $tls, $cert) = @_;
    my $where = "$way{$tls}, $cert";
    my $c = $h->connection(cert => $cert, tls => $tls, args => ['-enable_pha', '-msg']);
    is_served_to($c->request('/'), '', "$where: no identity before");
    unlike $c->trace, qr/CertificateRequest/, 'since nobody asked';
    is_served_to($c->request('/private'), $cert, "$where: an identity in the request that asks");
    like $c->trace, qr/<<< .*CertificateRequest.*>>> .*CertificateVerify/s,
        'with a proof of the key';
    is_served_to($c->request('/'), $cert, "$where: and after it");
    is_served_to($c->request('/private', method => 'POST', data => 'x' x 3000), $cert,
        "$where: also with a body");
    return;
}

sub unverified {
    my ($h, $tls) = @_;
    my %why = (selfsigned => 'it is self-signed', stranger => 'the CA ');
    for my $cert (sort keys %why) {
        $h->mark_log;
        my $c = $h->connection(cert => $cert, tls => $tls, args => ['-enable_pha']);
        is_served_to($c->request('/anybody'), '', "$way{$tls}, $cert, optional_no_ca: no identity");
        ok $h->wait_log(qr/CC0104: .* reason="$why{$cert}/), 'and the log says why';
        is_served_to($c->request('/'), '', 'nor after it');
        $c = $h->connection(cert => $cert, tls => $tls, args => ['-enable_pha']);
        isnt $c->request('/private')->{status}, 200, "$way{$tls}, $cert, require: not let in";
    }
    return;
}

sub kept_in_session {
    my ($h, $tls, $store) = @_;
    my $where  = "$way{$tls}, $store";
    my $before = full($h, '/', cert => 'alice', tls => $tls);
    is_served_to($before, '', "$where: a session without a certificate");
    my $after = resumed($h, $before, '/private', cert => 'alice', tls => $tls,
        args => ['-enable_pha']);
    is_served_to($after, 'alice', "$where: is resumed, and asked for one");
    ok $after->{reused}, 'which was resumed indeed';
    my $again = resumed($h, $after, '/', tls => $tls);
    # mod_ssl ties a renegotiated session to its request, so no client can resume it.
    is_served_to($again, $tls eq '1.3' ? 'alice' : '', "$where: what comes back after it");
    ok $again->{reused}, 'by a session with the certificate' if $tls eq '1.3';
    is_served_to(resumed($h, $before, '/', tls => $tls), '',
        "$where: the old session still gives no identity");
    return;
}

# HTTP/2 has no request for a certificate within a connection: mod_http2 sends the client back to
# HTTP/1.1.
sub over_http2 {
    my ($h) = @_;
    my $ca      = $h->ca;
    my @urls    = map { "'https://localhost:" . $h->port . "$_'" } '/', '/private';
    my $command = "nghttp -v --cert=$ca/alice.pem --key=$ca/alice.key @urls 2>&1";
    my $said    = `$command`;
    like $said, qr/:status: 200/, 'HTTP/2: nobody is asked on a connection with several requests';
    like $said, qr/RST_STREAM.*HTTP_1_1_REQUIRED/s, 'the client is sent to HTTP/1.1 to be asked';
    unlike $said, qr/user: alice/, 'and is nobody';
    my $after = $h->get('/private', cert => 'alice', http2 => 1);
    is_served_to($after, 'alice', 'where it is asked, and has an identity');
    return;
}

announce('CC0104', 'CC0106', 'CC0110', 'CC0722', 'AH01630', qr/SSL Library Error/);
announce('CC0115', 'AH02261', 'AH02262', 'AH02225', 'AH02263', 'AH10158');   # not verified in the second try

my %server = (
    modules => ['headers', 'http2'],
    files   => { 'htdocs/private' => "yours\n", 'htdocs/anybody' => "anybody's\n" },
    conf    => $conf);
for my $store (session_stores()) {
    my $h = ClientCert::Test->server(%server,
        global => "Protocols h2 http/1.1\n" . session_conf($store));
    for my $tls ('1.2', '1.3') {
        in_the_middle($h, $tls, $_) for 'alice', 'deep';
        unverified($h, $tls);
        kept_in_session($h, $tls, $store);
        my $c = $h->connection(cert => 'bob', tls => $tls, args => ['-enable_pha']);
        my $denied = $c->request('/private');
        is "$denied->{status} $denied->{headers}{user}", '403 bob', "$way{$tls}: the rules decide";
    }
    over_http2($h);
}

done_testing;
