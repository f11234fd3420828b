# SPDX-License-Identifier: Apache-2.0
# Tests that a tolerated certificate is of no use to other hosts and other modules: to a host that asks
# for it later, to a section that requires one, with Satisfy Any, to mod_rewrite, headers and AJP, or in
# a session.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Crl;
use ClientCert::Test::Session;

announce('CC0190', 'CC0104', 'CC0106', 'CC0110', 'CC0115', qr/CC07\d\d/, 'AH01630', 'AH02039', 'AH10158',
    'AH00028', 'AH01617', 'AH01797', 'AH02229', 'AH01909', qr/SSL Library Error/, qr/AH022(?:2[0-9]|5[0-9]|6[0-9])/);

my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('alice', 'keyCompromise');

# Both hosts have the same TLS, so mod_ssl serves either on a connection for the other.
sub host {
    my ($name, $own) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name
    \@SSL:ab.example\@
    SSLVerifyClient none
    ClientCertCRL conf/staff.crl
    ClientCertCRLCheck leaf
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    <Location "/ask">
        SSLVerifyClient optional
    </Location>
    <Directory \@ROOT\@/htdocs>
        AllowOverride AuthConfig Limit
    </Directory>
    $own
</VirtualHost>
CONF
}
my $proxies = join '', map { sprintf qq(ProxyPass "/%s" "%s"\n), $_, backend($_)->url } 'ajp', 'http';
my $tolerant = host('a.example', $proxies . <<'CONF');
    ClientCertTolerate On
    SSLOptions +OptRenegotiate
    RequestHeader set Name "%{SSL_CLIENT_S_DN_O}s"
    RequestHeader set Result "%{SSL_CLIENT_VERIFY}s"
    RewriteEngine On
    RewriteCond "%{SSL:SSL_CLIENT_S_DN_O}" "^Example$"
    RewriteRule "^/rewritten$" "/index.html"
    <Location "/must">
        SSLVerifyClient require
    </Location>
CONF
my $strict = host('b.example', <<'CONF');
    <Location "/ask/names">
        Require expr %{SSL_CLIENT_S_DN_O} == 'Example'
    </Location>
    <Location "/ask/any">
        Require expr %{SSL_CLIENT_S_DN_O} == 'Example'
        Deny from all
        Satisfy Any
    </Location>
CONF

my @paths = qw(ask/page ask/names ask/any must user/page);
my $h = ClientCert::Test->server(
    modules => [qw(headers rewrite proxy proxy_ajp proxy_http authz_user access_compat)],
    files   => {
        'conf/staff.crl' => $staff->crl,
        'htdocs/index.html' => "here\n",
        (map { ("htdocs/$_" => "here\n") } @paths),
        'htdocs/ask/user/page' => "here\n",
        'htdocs/ask/user/.htaccess' => "SSLUserName SSL_CLIENT_S_DN_CN\nRequire valid-user\n"
            . "SSLRequire %{SSL_CLIENT_VERIFY} eq \"SUCCESS\"\nSatisfy Any\n",
    },
    conf => "$tolerant$strict");

for my $tls ('1.2', '1.3') {
    my %o = (host => 'a.example', tls => $tls, args => ['-enable_pha']);
    for my $path ('/ask/page', '/ask/names', '/ask/any') {
        my $c = $h->connection(%o, cert => 'selfsigned');
        is $c->request('/')->{status}, 200, "TLS $tls: a host that tolerates";
        $h->mark_log;
        is $c->request($path, host => 'b.example')->{status}, 421,
            "$path of a host that does not, which asks for the certificate: not served";
        ok $h->wait_log(qr/CC0191: 421: /), 'which the log explains';
        is $c->request('/', host => 'b.example')->{status}, 421, 'nor is any other page of it';
    }
    my $c = $h->connection(%o, cert => 'bob');
    is $c->request('/ask/page', host => 'b.example')->{status}, 200,
        'a certificate that verifies is served there';

    $c = $h->connection(%o, cert => 'selfsigned');
    isnt $c->request('/ask/user/page')->{status}, 200, 'Satisfy Any: SSLUserName makes no user';

    $c = $h->connection(%o, cert => 'alice');
    is $c->request('/ask/page')->{status}, 200, 'a revoked certificate is tolerated';
    like $c->request('/')->{headers}{verify}, qr/^FAILED/, 'on this connection';
    $h->mark_log;
    isnt $c->request('/must')->{status}, 200, 'but not where one is required, verified again';
    ok $h->wait_log(qr/CC0115: .*did not verify/), 'which the log explains' if $tls eq '1.2';
    isnt $c->request('/must')->{status}, 200, 'twice';
    my $selfsigned = $h->connection(%o, cert => 'selfsigned');
    my $bob = $h->connection(%o, cert => 'bob');
    $_->request('/ask/page') for $selfsigned, $bob;
    is $bob->request('/rewritten')->{status}, 200, 'mod_rewrite sees a name in a certificate that verifies';
    is $selfsigned->request('/rewritten')->{status}, 404, 'and in no other';
    like $bob->request('/http')->{body}, qr/^Name: Example\r$/m, 'so do headers';
    my $sent = $selfsigned->request('/http')->{body};
    like $sent, qr/^Name: \(null\)\r$/m, 'which have no name otherwise';
    like $sent, qr/^Result: FAILED/m, 'but the result';
    like $bob->request('/ajp')->{body}, qr/BEGIN CERTIFICATE/, 'a back end with AJP gets the certificate';
    my $ajp = $selfsigned->request('/ajp');
    is $ajp->{status}, 200, 'a request with another is passed on,';
    unlike $ajp->{body}, qr/BEGIN CERTIFICATE/, 'without the certificate';

    next if $tls eq '1.3';    # mod_ssl asks once per connection
    $c = $h->connection(%o, cert => 'bob');
    $c->request($_) for '/ask/page', '/';
    is $c->request('/must')->{status}, 200, 'a certificate that verifies is served there';
}

# ---- sessions: mod_ssl tells hosts apart by name and port in ServerName

for my $store (session_stores()) {
    my $two = ClientCert::Test->server(
        modules => ['headers'],
        global  => session_conf($store),
        conf    => join '', map { <<"CONF" } ['', 'ClientCertTolerate On'], [2, '']);
<VirtualHost *:\@PORT$_->[0]\@>
    ServerName localhost:443
    \@SSL\@
    SSLVerifyClient optional_no_ca
    $_->[1]
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
</VirtualHost>
CONF
    for my $tls ('1.2', '1.3') {
        my $first = full($two, '/', cert => 'selfsigned', tls => $tls);
        my $again = resumed($two, $first, '/', cert => 'selfsigned', tls => $tls, port => 2);
        is "$again->{status} $again->{reused}", '200 0',
            "$store, TLS $tls: no other host resumes the session of a tolerated certificate";
        unlike $again->{headers}{verify}, qr/SUCCESS/, 'or reports it as verified';
        my $good = full($two, '/', cert => 'bob', tls => $tls);
        is resumed($two, $good, '/', tls => $tls, port => 2)->{reused}, $store eq 'cache' ? 1 : 0,
            'the host resumes others in the common cache';
    }
}

done_testing;
