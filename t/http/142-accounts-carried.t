# SPDX-License-Identifier: Apache-2.0
# Tests that a chosen account belongs to one request: in resumed sessions, over a graceful restart, on
# the connections of a proxy, and in what back ends get.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Session;

announce('CC0110', 'CC0103', 'CC0721', 'AH01630');

my $alice = 'ClientCertMap issuer.CN == "Staff CA" san.email == "alice@example.com" user=alice group=staff';
my $bob   = 'ClientCertMap issuer.CN == "Staff CA" san.email == "bob@example.com" account=shared';

# The wish is the query.
sub site {
    my (@accounts) = @_;
    my $accounts = join ' ', map { "account=$_" } @accounts;
    return <<"CONF";
$alice $accounts
$bob
ClientCertAccount "%{QUERY_STRING}"
Header always set User "expr=%{REMOTE_USER}"
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Protocols h2 http/1.1
</VirtualHost>
CONF
}

# The user, or the status if the request is refused.
sub user_of {
    my ($response) = @_;
    my $user = $response->{headers}{user} // '';
    return $response->{status} == 200 ? $user : "$response->{status}$user";
}

# ---- sessions, and restarts

my %files = ('htdocs/page' => "page\n");
for my $store (session_stores()) {
    my $h = ClientCert::Test->server(modules => [qw(headers http2)], files => \%files,
        global => session_conf($store), conf => site('root', 'backup'));
    my %session;
    for my $tls ('1.2', '1.3') {
        my $again = full($h, '/page?root', cert => 'alice', tls => $tls);
        is user_of($again), 'root', "$store, TLS $tls: an account is chosen after a full handshake";
        for (['', 'alice'], ['bob', '403'], ['backup', 'backup'], ['shared', '403'], ['', 'alice'], ['root', 'root']) {
            my ($wish, $user) = @$_;
            $again = resumed($h, $again, "/page?$wish", cert => 'alice', tls => $tls);
            is user_of($again), $user, "$store, TLS $tls: a resumed session has the wish of its request: '$wish'";
            ok $again->{reused}, 'and was resumed indeed';
        }
        $session{$tls} = $again;
    }
    ok $h->reload(conf => site('audit')), "$store: a graceful restart with other accounts";
    for my $tls ('1.2', '1.3') {
        for (['root', '403'], ['audit', 'audit'], ['', 'alice']) {
            my ($wish, $user) = @$_;
            $session{$tls} = resumed($h, $session{$tls}, "/page?$wish", cert => 'alice', tls => $tls);
            is user_of($session{$tls}), $user, "$store, TLS $tls: counts for clients with a session from before it: '$wish'";
        }
    }
}

# ---- certificates from a proxy

my $plain = <<"CONF";
$alice account=root
$bob
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient none
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 127.0.0.1
    ClientCertAccount "%{QUERY_STRING}"
    Header always set User "expr=%{REMOTE_USER}"
    ErrorDocument 403 /open/page
    <Location "/open">
        ClientCertAccount ""
    </Location>
</VirtualHost>
CONF
$files{'htdocs/open/page'} = "open\n";
my $h = ClientCert::Test->server(modules => ['headers'], files => \%files, conf => $plain);
my @asked = (
    ['alice', 'root', 'root'], ['alice', '', 'alice'], ['bob', 'root', '403'], ['bob', 'shared', 'shared'],
    ['bob',   '',     ''],     [undef, 'root', '403'], [undef, '',     ''],    ['alice', 'bob', '403'],
    ['alice', 'root', 'root'],
);
my $c = $h->connection;
for (@asked) {
    my ($cert, $wish, $user) = @$_;
    my $response = $c->request("/page?$wish", headers => [$cert ? forwarded('rfc9440', $cert) : ()]);
    is user_of($response), $user, 'a proxy: ' . ($cert // 'no certificate') . " that asks for '$wish'";
}

# ---- back ends

my $backend = backend('http')->url;
$h = ClientCert::Test->server(modules => [qw(headers http2 proxy proxy_http)], files => \%files, conf => <<"CONF");
$alice account=root
$bob
ClientCertForwardIdentity
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    ProxyPass "/app/" "$backend"
    ErrorDocument 403 /app/error
    <Location "/app">
        ClientCertAccount "%{req:X-Account}"
    </Location>
    <Location "/app/error">
        ClientCertAccount ""
    </Location>
</VirtualHost>
CONF

# The path that the back end got, and the headers. httpd gives a proxied error page the status of the back end.
sub sent {
    my ($cert, $wish, %o) = @_;
    my $response = $h->get('/app/x', cert => $cert, %o,
        headers => ['ClientCert-User: forged', $wish ? "X-Account: $wish" : ()]);
    my ($path) = $response->{body} =~ m{^\S+ (/\S*)};
    return join ' ', $path // $response->{status}, sort $response->{body} =~ /^(ClientCert-[-\w]+: .*?)\r$/mg;
}
for my $how ([], [http2 => 1], [tls => '1.2'], [tls => '1.3']) {
    my $groups = 'ClientCert-Groups: staff';
    is sent('alice', undef, @$how), "/x $groups ClientCert-User: alice", "@$how: the back end gets the default,";
    is sent('alice', 'root', @$how), "/x $groups ClientCert-User: root", "@$how: or the chosen account";
    is sent('alice', 'bob', @$how), '/error', "@$how: and nobody if the wish is refused";
    is sent('bob', 'shared', @$how), '/x ClientCert-User: shared', "@$how: an account without a default";
    is sent('bob', undef, @$how), '/x', "@$how: is not sent if it was not chosen";
}
my $open = $h->connection(cert => 'alice');
for (['root', 'root'], [undef, 'alice'], ['bob', undef], ['root', 'root']) {
    my ($wish, $user) = @$_;
    my $response = $open->request('/app/x', headers => [$wish ? "X-Account: $wish" : ()]);
    is((($response->{body} // '') =~ /^ClientCert-User: (.*?)\r$/m)[0], $user, 'each request of a connection has its own');
}

done_testing;
