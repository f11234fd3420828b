# SPDX-License-Identifier: Apache-2.0
# Tests that mod_ssl's SSLUserName, which accepts every certificate, has no effect where rules
# decide.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;

my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional_no_ca
    SSLUserName SSL_CLIENT_S_DN_CN
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Mapped "expr=%{reqenv:CLIENTCERT_USER}"
    <Location "/rules">
        ClientCertMap subject.CN =~ "(.+)" user=mapped-$1
    </Location>
    <Location "/rules/private">
        Require valid-user
    </Location>
    <Location "/rules/raw">
        Require user alice
    </Location>
    <Location "/rules/mapped">
        Require user mapped-alice
    </Location>
</VirtualHost>
CONF

announce('CC0104', 'CC0110', 'AH01630');

my $h = ClientCert::Test->server(
    modules => ['headers', 'authz_user'],
    files   => { map { ("htdocs/$_" => "here\n") } qw(rules/index.html rules/private rules/raw
            rules/mapped) },
    conf    => $conf);

for my $tls ('1.2', '1.3') {
    my %alice = (cert => 'alice',      tls => $tls);
    my %liar  = (cert => 'selfsigned', tls => $tls);

    is_served_to($h->get('/', %alice), 'alice',
        "TLS $tls: without rules SSLUserName works as usual");
    is_served_to($h->get('/rules/', %alice), 'mapped-alice', 'where there are rules they decide');
    is_served_to($h->get('/rules/private', %alice), 'mapped-alice', 'who is let in');
    is_served_to($h->get('/rules/mapped', %alice), 'mapped-alice', 'under the name they give');
    is $h->get('/rules/raw', %alice)->{status}, 403, 'and not under that in the certificate';

    my $nobody = $h->get('/rules/', %liar);
    is_served_to($nobody, '', "TLS $tls: a certificate that did not verify gives no identity");
    is $nobody->{headers}{mapped}, '', 'and nothing is exported';
    is $h->get("/rules/$_", %liar)->{status}, 403, "nor let in to $_" for qw(private raw mapped);
}

done_testing;
