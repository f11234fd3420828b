# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertTolerate: whatever is wrong with a certificate, the client gets the open pages, a
# reason on the others, and a password prompt where a password would do, but never an identity.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Crl;
use ClientCert::Test::Log;
use ClientCert::Test::Session;

my $small = certificate('small', '/O=Example/CN=small', bits => 1024, serial => '4d');
my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('alice', 'keyCompromise');

sub site {
    my ($port, @own) = @_;
    my $own = join "\n    ", @own;
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertTolerate On
    ClientCertMap issuer.O =~ ".*" user=%{subject.CN} group=staff
    ClientCertExport USER SERIAL
    SSLOptions +StdEnvVars +ExportCertData
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    Header always set Mapped "expr=%{clientcert:user}"
    $own
    <Location "/private">
        Require clientcert
    </Location>
    <Location "/negated">
        <RequireAll>
            Require all granted
            Require not clientcert-group banned
        </RequireAll>
    </Location>
    <Location "/verified">
        Require ssl-verify-client
    </Location>
    <Location "/sslrequire">
        SSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS"
    </Location>
    <Location "/expr">
        Require expr %{SSL_CLIENT_VERIFY} == 'SUCCESS'
    </Location>
    <Location "/call">
        Require expr -n clientcert('user')
    </Location>
    <Location "/password">
        AuthType Basic
        AuthName test
        AuthBasicProvider file
        AuthUserFile conf/users
        Require valid-user
    </Location>
    <Location "/why">
        SetHandler clientcert-status
    </Location>
</VirtualHost>
CONF
}

my @denying = qw(private negated verified sslrequire expr call);
my $conf    = site('', 'SSLCARevocationFile @CA@/staff.crl',
        'SSLCARevocationCheck leaf no_crl_for_cert_ok')
    . site(2, 'SSLVerifyDepth 1') . site(3, 'ClientCertCRL conf/staff.crl', 'ClientCertCRLCheck leaf')
    . site(4, 'SSLCARevocationFile @CA@/deep-ca.crl', 'SSLCARevocationCheck chain')
    . site(5, 'SSLOCSPEnable leaf', 'SSLOCSPDefaultResponder http://127.0.0.1:1/',
    'SSLOCSPOverrideResponder on');

# Certificate, reason, options of the client.
# The log of the handshake may name more than a request can.
my @cases = (
    ['stranger',   qr/the CA .* above it: (?:it was issued by .*: no such|no CA with the name of its)/],
    ['selfsigned', qr/it is self-signed, and not trusted here itself/],
    ['forged',     qr/it is self-signed/],
    ['expired',    qr/it has expired: \d{4}-/],
    ['notyet',     qr/it is not yet valid: \d{4}-/],
    ['revoked',    qr/it was revoked/],
    ['serveronly', qr/its extended key usage allows TLS servers only/],
    ['ca-client',  qr/it is a CA certificate/],
    [$small, qr/its key is too small/, args => ['-cipher', 'DEFAULT@SECLEVEL=0']],
    ['alice', qr/the chain is longer than SSLVerifyDepth allows: it needs SSLVerifyDepth 2/,
        port => 2],
    ['alice', qr/it was revoked(?: on \S+ \(keyCompromise\))?/,    port => 3],
    ['bob',   qr/(?:the CA .* above it: )?there is no CRL of its issuer: /, port => 4,
        told => qr/could not find out/],
    ['alice', qr/there is no valid OCSP answer for it/, port => 5, told => qr/could not find out/],
);

announce('CC0190', 'CC0110', 'CC0115', 'CC0104', qr/CC0174|CC07\d\d/, 'AH01630', 'AH02039', 'AH02040', 'AH01618', 'AH01617',
    qr/AH0(?:1974|1977|1979|1980|2229|2276|2038|1925|1984|2021)/, qr/SSL Library Error/);

# The certificate on this connection; an open page is served, and nothing knows a user.
sub is_anonymous {
    my ($response, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $headers = $response->{headers};
    is "$response->{status} $headers->{user} $headers->{mapped}", '200  ', "$claim: the open page, no user";
    return like $headers->{verify}, qr/^FAILED/, 'mod_ssl reports that it failed';
}

sub on_one_connection {
    my ($h, $where, $reason, %o) = @_;
    my $told = delete $o{told} // $reason;
    my $c = $h->connection(%o);
    is_anonymous($c->request('/'), "$where, one connection");
    $h->mark_log;
    is $c->request("/$_")->{status}, 403, "$where: /$_ is forbidden" for @denying;
    like +($h->wait_log(qr{CC0110: .*GET /private}))[0] // '', qr/ reason="[^"]*$reason/,
        'and the log says why';
    is $c->request('/password')->{status}, 401, 'a password is asked for,';
    my $login = $c->request('/password', headers => ['Authorization: Basic YWxpY2U6c2VjcmV0']);
    is "$login->{status} $login->{headers}{user}", '200 alice', 'and is good';
    like $c->request('/why')->{body}, $told, 'the page says why';
    my $env = $h->cgi_env($c->request('/cgi-bin/env'));
    like $env->{SSL_CLIENT_VERIFY}, qr/^FAILED/, 'so do the variables,';
    is_deeply [grep { /^CLIENTCERT|^REMOTE_USER|^AUTH_TYPE|^SSL_CLIENT_/ } sort keys %$env], ['SSL_CLIENT_VERIFY'],
        'which name no user, and nothing in the certificate';
    is_anonymous($c->request('/'), 'nor after all that');
    $c->close;
    return;
}

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => [qw(headers authz_user auth_basic authn_file)],
        cgi     => 1,
        global  => session_conf($store),
        files   => {
            'conf/staff.crl' => $staff->crl,
            'conf/users'     => "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",
            'htdocs/index.html' => "open\n",
            map { ("htdocs/$_" => "here\n") } @denying, 'password',
        },
        conf => $conf);
    for my $tls ('1.2', '1.3') {
        for my $case (@cases) {
            my ($cert, $reason, %o) = @$case;
            my $where = "$store, TLS $tls, " . ($cert =~ s{.*/}{}r) . ($o{port} ? " on $o{port}" : '');
            %o = (%o, cert => $cert, tls => $tls);
            $h->mark_log;
            my $first = full($h, '/', %o);
            is_anonymous($first, $where);
            my @lines = $h->wait_log(qr/CC0190/);
            is scalar(@lines), 1, 'the handshake is logged once,';
            my $told = decision($lines[0] // '') // {};
            is $told->{result}, 'tolerated', 'as one that goes on,';
            like $told->{reason} // '', qr/\A$reason/, 'with the reason';
            my $again = resumed($h, $first, '/', %o);
            is_anonymous($again, "$where, with its session");
            is $again->{reused}, 0, 'which is not resumed';
            on_one_connection($h, $where, $reason, %o);
        }
        my %bob  = (cert => 'bob', tls => $tls);
        my $good = full($h, '/private', %bob);
        is "$good->{status} $good->{headers}{user} $good->{headers}{verify}", '200 bob SUCCESS',
            "$store, TLS $tls: a certificate that verifies is mapped";
        $good = resumed($h, $good, '/private', tls => $tls);
        is "$good->{reused} $good->{status} $good->{headers}{user}", '1 200 bob',
            'and its session is resumed';
        is $h->get('/', tls => $tls)->{headers}{verify}, 'NONE', 'without a certificate: nothing new';
    }
}

# Possession of the key is proved nevertheless.
{
    my $h = ClientCert::Test->server(modules => [qw(headers authz_user auth_basic authn_file)],
        conf => site(''));
    for my $tls ('1.2', '1.3') {
        for my $cert ('expired', 'stranger', 'bob') {
            my $said = $h->s_client(cert => $cert, key => $h->other_key($cert), tls => $tls, get => '/');
            is $said->{status}, 0, "TLS $tls: $cert with another key gets no connection";
        }
    }
}

done_testing;
