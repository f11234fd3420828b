# SPDX-License-Identifier: Apache-2.0
# Tests that a client that presents another certificate within a connection changes its identity.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Session;

# The first host requests a certificate in the handshake, the other where a request needs one.
# mod_ssl can resume the session of one on the other, because ServerName and port are the same.
my $common = <<'CONF';
    ServerName ab.example:443
    @SSL:ab.example@
    ClientCertMap subject.CN =~ "(.+)" user=$1
    Header always set User "expr=%{REMOTE_USER}"
CONF
my $conf = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerAlias a.example
    $common
    SSLVerifyClient optional
</VirtualHost>
<VirtualHost *:\@PORT\@>
    ServerAlias b.example
    $common
    SSLVerifyClient none
    <Location "/private">
        SSLVerifyClient require
    </Location>
</VirtualHost>
CONF

sub two_in_one {
    my ($h, $where, $tls, $first, $second) = @_;
    my $session = full($h, '/', host => 'a.example', cert => $first, tls => $tls)->{session};
    my $c       = $h->connection(host => 'b.example', cert => $second, tls => $tls,
        args => ['-enable_pha', '-sess_in', $session]);
    is $c->request('/')->{headers}{user}, $first, "$where: the certificate of the session counts";
    is $c->request('/private')->{headers}{user}, $second, "the next is $second, who counts at once";
    is $c->request('/')->{headers}{user}, $second, 'and in later requests';
    return;
}

announce('CC0722');
for my $store (session_stores()) {
    my $h = ClientCert::Test->server(
        modules => ['headers'],
        files   => { 'htdocs/private' => "yours\n" },
        global  => session_conf($store),
        conf    => $conf);
    for my $tls ('1.2', '1.3') {
        two_in_one($h, "TLS $tls, $store", $tls, 'alice', 'bob');
        two_in_one($h, "TLS $tls, $store", $tls, 'bob',   'admin');
    }
}

done_testing;
