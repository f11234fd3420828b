# SPDX-License-Identifier: Apache-2.0
# Tests the messages of a handshake between client and server, and where a handshake ends if it must
# fail.
use strict;
use warnings;
use ClientCert::Test;
use MIME::Base64 qw(encode_base64 decode_base64);

sub site {
    my ($port, $verify) = @_;
    return <<"CONF";
<VirtualHost *:$port>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient $verify
    SSLCARevocationFile \@CA\@/staff.crl
    SSLCARevocationCheck leaf no_crl_for_cert_ok
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    <Location "/private">
        Require clientcert
    </Location>
</VirtualHost>
CONF
}

my %port = (optional => 1, require => 2, optional_no_ca => 3);
my $h    = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'htdocs/private' => "yours\n" },
    conf    => site('@PORT@', 'optional') . site('@PORT2@', 'require')
        . site('@PORT3@', 'optional_no_ca'));

# The messages that matter here: < from the server, > from the client. OpenSSL 3.2 and later
# compress certificates.
sub messages {
    my ($response) = @_;
    my @said = $response->{trace} =~ /^([<>])[<>]{2} \S+ \S+, Handshake \[length \w+\], (\w+)/mg;
    my @kept;
    while (my ($who, $what) = splice @said, 0, 2) {
        $what =~ s/^Compressed//;
        push @kept, "$who $what" if $what =~ /^(?:Certificate|CertificateRequest|CertificateVerify
            |Finished)$/x;
    }
    return \@kept;
}

sub alert {
    my ($response) = @_;
    return $response->{trace} =~ /^<<< .*Alert \[length \w+\], fatal (\w+)/m ? $1 : '';
}

# The key file of an attacker who knows a certificate and its public key, but not the private key.
sub stolen {
    my ($public, $private) = map {
        open my $in, '<', ClientCert::Test->ca . "/$_.key" or die "$_.key: $!\n";
        my $pem = join '', grep { !/^-/ } <$in>;
        decode_base64($pem);
    } @_;
    my $place = qr/(?<=\x02\x01\x01\x04\x20).{32}/s;    # ECPrivateKey (RFC 5915)
    my ($secret) = $private =~ /($place)/ or die "no private key of 32 octets\n";
    $public =~ s/$place/$secret/;
    my $label = 'PRIVATE KEY';
    $h->file('stolen.key',
        "-----BEGIN $label-----\n" . encode_base64($public) . "-----END $label-----\n");
    return $h->path('stolen');
}

my %full = (
    '1.2' => ['< Certificate', '< CertificateRequest', '> Certificate', '> CertificateVerify',
        '> Finished', '< Finished'],
    '1.3' => ['< CertificateRequest', '< Certificate', '< CertificateVerify', '< Finished',
        '> Certificate', '> CertificateVerify', '> Finished'],
);
my %unproved = map { my $tls = $_; $tls => [grep { $_ ne '> CertificateVerify' } @{ $full{$tls} }] }
    keys %full;

sub exchange {
    my ($tls, $verify, %o) = @_;
    return $h->s_client(tls => $tls, port => $port{$verify}, get => '/', args => ['-msg'], %o);
}

announce('CC0104', 'CC0106', 'CC0110', 'AH01630');

for my $tls ('1.2', '1.3') {
    my $alice = exchange($tls, 'optional', cert => 'alice');
    is_deeply messages($alice), $full{$tls},
        "TLS $tls: asked, a client sends its certificate and proves that it has the key";
    is "$alice->{status} $alice->{headers}{user}", '200 alice', 'and has an identity';

    my $nobody = exchange($tls, 'optional');
    is_deeply messages($nobody), $unproved{$tls},
        "TLS $tls: without a certificate nothing is proved";
    is "$nobody->{status} $nobody->{headers}{user}", '200 ', 'and the client has no identity';
    $h->mark_log;
    is exchange($tls, 'optional', get => '/private')->{status}, 403, 'who is not let in';
    ok $h->wait_log(qr/CC0110: .*no client certificate was presented/), 'and the log says why';
    is alert(exchange($tls, 'require')),
        $tls eq '1.2' ? 'handshake_failure' : 'certificate_required',
        "TLS $tls, require: it gets no further";

    for my $cert ('stranger', 'selfsigned') {
        is alert(exchange($tls, 'optional', cert => $cert)), 'unknown_ca',
            "TLS $tls: the handshake ends at an unknown CA ($cert)";
        my $generous = exchange($tls, 'optional_no_ca', cert => $cert, get => '/private');
        is_deeply messages($generous), $full{$tls}, 'unless that is optional';
        is "$generous->{status} $generous->{headers}{user}", '403 ', 'but then it has no identity';
    }

    my %ends = (
        expired    => 'certificate_expired',
        notyet     => 'bad_certificate',
        revoked    => 'certificate_revoked',
        serveronly => 'unsupported_certificate',
    );
    for my $verify ('optional', 'require', 'optional_no_ca') {
        is alert(exchange($tls, $verify, cert => $_)), $ends{$_}, "TLS $tls, $verify: $_"
            for sort keys %ends;

        my $thief = exchange($tls, $verify, cert => 'alice', key => stolen('alice', 'bob'));
        like join(' ', @{ messages($thief) }), qr/> Certificate > CertificateVerify/,
            "TLS $tls, $verify: with the certificate of alice and another key a client goes so far";
        is alert($thief), 'decrypt_error', 'and no further';
        is $thief->{status}, 0, 'so that no request is served';
    }
}

done_testing;
