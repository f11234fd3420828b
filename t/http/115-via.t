# SPDX-License-Identifier: Apache-2.0
# Tests what is seen of the way in which a certificate arrived: the fields via and via.proxy in
# rules, variables, expressions and httpd's log, and the lines about clients and denials.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Log;
use ClientCert::Test::Waiting;

my $conf = <<'CONF';
LogFormat "%U %{CLIENTCERT_VIA}e %{CLIENTCERT_PROXY}e" way
CustomLog logs/way way
ClientCertMap via == tls                  user=%{subject.CN} group=direct
ClientCertMap via == header               user=%{subject.CN} group=behind
ClientCertMap via.proxy == 127.0.0.1      group=local
ClientCertMap via.proxy == 2001:db8::1    group=admins
ClientCertMap tls.version =~ TLSv.*       group=tls
ClientCertExport USER GROUPS VIA=via PROXY=via.proxy VERSION=tls.version
<Location "/direct">
    Require expr clientcert('via') == 'tls'
</Location>
<Location "/behind">
    Require expr clientcert('via') == 'header' && clientcert('via.proxy') == '127.0.0.1'
</Location>
<Location "/conditions">
    Require clientcert via == header
</Location>
<Location "/admins">
    Require clientcert-group admins
</Location>
<Location "/nobody">
    ClientCertMap via == tls user=x
</Location>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 127.0.0.1
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCA @CA@/clients.pem depth=2
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 192.0.2.1
</VirtualHost>
CONF

my $h = ClientCert::Test->server(
    cgi   => 1,
    files => { map { ("htdocs/$_" => "$_\n") } qw(direct behind conditions admins nobody) },
    conf  => $conf);
my @alice = (headers => [forwarded('rfc9440', 'alice')]);
my @plain = (port => 2, scheme => 'http');
my @direct = (port => 3);

announce('CC0101', 'CC0103', 'CC0104', 'CC0110', 'CC0145', 'CC0146', 'AH01630');

# ---- rules and variables

sub env {
    my $env = $h->cgi_env($h->get('/cgi-bin/env', @_));
    return join ' ', map { $env->{"CLIENTCERT_$_"} // '-' } qw(USER GROUPS VIA PROXY VERSION);
}
is env(@direct, cert => 'alice'), 'alice direct,tls tls - TLSv1.3', 'the own connection of a client';
is env(cert => 'bob', @alice), 'alice behind,local header 127.0.0.1 -', 'through a proxy, whose TLS is not that of the client';
is env(@plain, @alice), 'alice behind,local header 127.0.0.1 -', 'through a proxy without TLS';
is env(@direct, cert => 'bob', @alice), 'bob direct,tls tls - TLSv1.3', 'a header that is not from a trusted proxy changes nothing';
is env(cert => 'bob', http => 2, @alice), 'alice behind,local header 127.0.0.1 -', 'the same over HTTP/2';

# ---- expressions and Require

sub status { my ($path, %o) = @_; return $h->get($path, %o)->{status} }
is_deeply [map { status($_, @direct, cert => 'alice') } '/direct', '/behind', '/conditions'], [200, 403, 403], 'expressions: the own connection';
is_deeply [map { status($_, cert => 'bob', @alice) } '/direct', '/behind', '/conditions'], [403, 200, 200], 'and a proxy';
is_deeply [map { status($_, @plain, @alice) } '/direct', '/behind', '/conditions'], [403, 200, 200], 'without TLS, too';
is_deeply [map { status($_, cert => 'bob') } '/direct', '/behind', '/conditions'], [403, 403, 403],
    'a proxy that passes on no certificate has none, whatever its own is';

# ---- httpd's log

ok wait_until(sub { read_file($h->path('logs/way')) =~ m{^/direct tls -$}m }), 'LogFormat: the own connection';
like read_file($h->path('logs/way')), qr{^/behind header 127\.0\.0\.1$}m, 'and a proxy';

# ---- lines about clients

# The fields via and proxy of the line with this tag that the request causes.
sub line {
    my ($tag, $path, @o) = @_;
    $h->mark_log;
    $h->get($path, @o);
    my ($line) = $h->wait_log(qr/$tag: /);
    my $fields = decision($line) or return "not a decision: $line";
    return join ' ', map { $fields->{$_} // '-' } qw(result via proxy);
}
is line('CC0101', '/admins', @direct, cert => 'alice'), 'mapped - -', 'CC0101: the own connection has no proxy';
is line('CC0101', '/admins', @plain, headers => [forwarded('rfc9440', 'admin')]), 'mapped header 127.0.0.1', 'a certificate from a proxy names it';
is line('CC0103', '/nobody', @plain, @alice), 'unmapped header 127.0.0.1', 'CC0103, too';
is line('CC0104', '/admins', @plain, headers => [forwarded('rfc9440', 'expired')]), 'rejected header 127.0.0.1', 'CC0104';
is line('CC0110', '/admins', @plain, @alice), 'forbidden header 127.0.0.1', 'CC0110';
is line('CC0110', '/admins', @plain), 'forbidden header 127.0.0.1', 'also if the proxy passed on none';
is line('CC0110', '/admins', @plain, headers => ['Client-Cert: :AAAA:']), 'forbidden header 127.0.0.1', 'or garbage';
is line('CC0110', '/admins', @direct, cert => 'alice'), 'forbidden - -', 'and not on the own connection';
is line('CC0110', '/admins', @direct, @alice), 'forbidden - -', 'nor if the proxy is not trusted';
is_deeply [not_decisions($h->log)], [], 'each line has the form that it should have';

done_testing;
