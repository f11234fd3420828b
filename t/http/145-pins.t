# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertPinned: a self-signed certificate counts for its pinned key alone, as long as its
# row is there, and what it says of itself counts for nothing.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Log;
use ClientCert::Test::Session;
use ClientCert::Test::Waiting;

my $root = 'basicConstraints = critical,CA:TRUE';    # as openssl req -x509 makes it
my %o    = (self => 1, extension => $root);

sub key_of {
    my ($at) = @_;
    my ($digest) = `openssl x509 -in $at.pem -noout -pubkey |
        openssl pkey -pubin -outform DER | openssl dgst -sha256 -r` =~ /^(\w+)/;
    return $digest;
}

my %cert = (
    acme     => certificate('acme',   '/O=Acme/CN=acme', %o),
    stranger => certificate('stranger', '/O=Example/CN=admin', %o),
    old      => certificate('old',    '/CN=old', %o, begin => time - 9000, end => time - 60),
    soon     => certificate('soon',   '/CN=soon', %o, begin => time + 9000, end => time + 9900),
    server   => certificate('server', '/CN=server', self => 1, eku => 'serverAuth'),
    small    => certificate('small',  '/CN=small', %o, bits => 1024),
);
# The key of acme in a certificate with another name.
$cert{alias} = ($cert{acme} =~ s{[^/]*$}{alias}r);
system "openssl req -x509 -new -key $cert{acme}.key -subj /O=Example/CN=admin -days 9 -out $cert{alias}.pem 2>/dev/null"
    and die;
link "$cert{acme}.key", "$cert{alias}.key" or die;

my @pinned = map { key_of($cert{$_}) } qw(acme old soon server small);
my $rows   = join '', map { "$pinned[$_] user$_ staff\n" } 0 .. $#pinned;
my $others = "00 nobody none\n";

sub site {
    my ($port, @own) = @_;
    my $own = join "\n    ", @own;
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertPinned keys
    ClientCertMap spki.sha256 in keys user=\$1 group=\$2
    ClientCertMap subject.CN == admin group=admins
    ClientCertMap subject.CN != admin group=others
    ClientCertMap issuer.CN =~ "(.+)" user=\$1
    ClientCertExport USER GROUPS PINNED KEY=spki.sha256 SUBJECT ISSUER PEM CN=subject.CN
    SSLOptions +StdEnvVars +ExportCertData
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    Header always set Field "expr=%{clientcert:subject.CN}"
    Header always set Pinned "expr=%{clientcert:pinned}"
    $own
    <Location "/private">
        Require clientcert
    </Location>
    <Location "/staff">
        Require clientcert-group staff
    </Location>
    <Location "/admins">
        Require clientcert-group admins
    </Location>
    <Location "/named">
        Require clientcert subject.CN == acme
    </Location>
    <Location "/unnamed">
        Require clientcert subject.CN != acme
    </Location>
    <Location "/negated">
        <RequireAll>
            Require all granted
            Require not clientcert subject.CN == evil
        </RequireAll>
    </Location>
    <Location "/ssl">
        Require ssl-verify-client
    </Location>
    <Location "/keyed">
        Require clientcert pinned == true spki.sha256 in keys
    </Location>
</VirtualHost>
CONF
}

announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0138', 'CC0150', 'CC0190', 'CC0131', qr/CC07\d\d/, 'AH01630',
    'AH02039', 'AH02040', 'AH02276', 'AH02229', qr/AH0(?:1979|1980|1974|1977|2038|1925|1984|2021|1909)/,
    qr/SSL Library Error/);

sub is_pinned {
    my ($said, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $headers = $said->{headers};
    is "$said->{status} $headers->{user} $headers->{pinned} $headers->{field}",
        '200 user0 true ', $claim;
    return unlike $headers->{verify}, qr/SUCCESS/, 'mod_ssl does not report it as verified';
}

sub is_nobody {
    my ($said, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is "$said->{status} $said->{headers}{user} $said->{headers}{pinned}",
        '200  ', $claim;
}

sub start {
    my ($store) = @_;
    return ClientCert::Test->server(
        modules => [qw(headers authz_user http2)],
        cgi     => 1,
        global  => session_conf($store)
            . "Protocols h2 http/1.1\nClientCertTable keys file:conf/keys.map octets reload=1\n",
        files => {
            'conf/keys.map' => $rows,
            map { ("htdocs/$_" => "here\n") } 'index.html',
            qw(private staff admins named unnamed negated ssl keyed),
        },
        conf => site('') . site(2, 'ClientCertTolerate On'));
}

for my $store (session_stores()) {
    my $h = start($store);
    for my $tls ('1.2', '1.3') {
        for my $port ('', 2) {
            my $where = "$store, TLS $tls" . ($port ? ', ClientCertTolerate' : '');
            my %c     = (tls => $tls, port => $port, cert => $cert{acme});
            $h->mark_log;
            my $first = full($h, '/staff', %c);
            is_pinned($first, "$where: a pinned key is the user of its row");
            is scalar($h->wait_log(qr/CC0138: result=pinned .*table=keys/)), 1, 'which is logged once';
            my $again = resumed($h, $first, '/staff', %c);
            is_pinned($again, 'the same with its session');
            is $again->{reused}, 0, 'which is not resumed';

            my $c = $h->connection(%c);
            my %status = map { $_ => $c->request("/$_")->{status} }
                qw(private staff admins named unnamed negated ssl keyed);
            is_deeply \%status,
                { private => 200, staff => 200, admins => 403, named => 403, unnamed => 403,
                  negated => 403, ssl => 403, keyed => 200 },
                'no condition on what it says of itself holds, neither way';
            my $env = $h->cgi_env($c->request('/cgi-bin/env'));
            is_deeply { map { $_ => $env->{$_} } grep { /^CLIENTCERT_|^SSL_CLIENT_(?!VERIFY)/ } keys %$env },
                { CLIENTCERT_USER => 'user0', CLIENTCERT_GROUPS => 'staff', CLIENTCERT_PINNED => 'true',
                  CLIENTCERT_KEY => $pinned[0] },
                'nor do applications see it';
            $c->close;

            is_pinned($h->get('/staff', %c, cert => $cert{alias}),
                "$where: the same key in a certificate with another name is the same user");
            is $h->get('/admins', %c, cert => $cert{alias})->{status}, 403, 'whatever the name';

            $h->mark_log;
            my %stranger = (%c, cert => $cert{stranger});
            is_nobody($h->get('/', %stranger), "$where: CN=admin with another key is nobody");
            ok $h->wait_log(qr/CC0104: .*it is self-signed, and not trusted here itself; its key is not in the table keys/),
                'and the log says why';
            is $h->get("/$_", %stranger)->{status}, 403, "nor on /$_"
                for qw(private staff admins named unnamed negated ssl keyed);

            for my $bad (qw(old soon server small)) {
                my @weak = $bad eq 'small' ? (args => ['-cipher', 'DEFAULT@SECLEVEL=0']) : ();
                my $said = full($h, '/staff', %c, cert => $cert{$bad}, @weak);
                ok $said->{status} == 403 || $said->{status} == 0, "$where: $bad does not count, although pinned";
            }
            my $said = $h->s_client(%c, cert => 'alice', get => '/staff');
            is "$said->{status} $said->{headers}{user} $said->{headers}{verify}", '403 Staff CA SUCCESS',
                'a certificate that verifies is an ordinary one';
        }
        my $said = $h->s_client(cert => $cert{alias}, key => $cert{stranger}, tls => $tls, get => '/staff');
        is $said->{status}, 0, "$store, TLS $tls: the certificate without its key gets no connection";
    }
    $h->stop;
}

# ---- a row that is removed

sub is_forgotten {
    my ($h, $ask, $claim) = @_;
    return ok wait_until(sub { $ask->()->{status} == 403 }), "$claim: without the row it is nobody at once";
}

{
    my $h = start('tickets');
    my @connections = map { $h->connection(tls => $_, cert => $cert{acme}) } '1.2', '1.3';
    my $session = full($h, '/staff', tls => '1.3', cert => $cert{acme});
    is_pinned($_->request('/staff'), 'with its row') for @connections;
    is_deeply [map { $_->{status} } $h->parallel(['/staff', '/keyed'], cert => $cert{acme})], [200, 200],
        'over HTTP/2';

    replace($h->path("conf/keys.map"), $others);
    is_forgotten($h, sub { $connections[0]->request('/staff') }, 'TLS 1.2, keep-alive');
    is_forgotten($h, sub { $connections[1]->request('/staff') }, 'TLS 1.3, keep-alive');
    is resumed($h, $session, '/staff', tls => '1.3', cert => $cert{acme})->{status}, 403, 'nor with its session';
    is_deeply [map { $_->{status} } $h->parallel(['/staff', '/keyed'], cert => $cert{acme})], [403, 403],
        'nor over HTTP/2';

    replace($h->path("conf/keys.map"), $rows);
    ok wait_until(sub { $connections[1]->request('/staff')->{status} == 200 }), 'the row is back,';
    is_pinned($connections[0]->request('/staff'), 'with the row, it is the user again');
    $_->close for @connections;

    $h->reload(files => { 'conf/keys.map' => $others });
    is $h->get('/staff', cert => $cert{acme})->{status}, 403, 'a graceful restart forgets it too';
    $h->reload(files => { 'conf/keys.map' => $rows });
    is $h->get('/staff', cert => $cert{acme})->{status}, 200, 'and knows it again';
}

done_testing;
