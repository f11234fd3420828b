# SPDX-License-Identifier: Apache-2.0
# Tests that the header of a trusted proxy gives the client of each request, in every format, and
# that nothing else about the proxy's connection does.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Forwarded;

my $rules = <<'CONF';
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=staff
    ClientCertMap subject.CN == "localhost" user=proxy
    <Location "/private">
        Require clientcert-group staff
    </Location>
    <Location "/else">
        <RequireAll>
            Require all granted
            Require not clientcert-user bob
        </RequireAll>
    </Location>
CONF

sub host {
    my ($port, @lines) = @_;
    return join '', "<VirtualHost *:\@PORT$port\@>\n", "    ServerName localhost\n",
        (map { "    $_\n" } @lines), $rules, "</VirtualHost>\n";
}

my @headers = map { "ClientCertHeader $_" } 'rfc9440', 'xfcc', 'pem-url chain=X-Chain', 'pem-bare',
    'der chain=X-Chain', 'alb';
my @formats = map { (split)[1] } @headers;
my $port    = 1;
my %port    = map { $_ => ++$port } @formats;
my $h       = ClientCert::Test->server(
    cgi   => 1,
    files => { 'htdocs/private' => "only for you\n", 'htdocs/else' => "not for bob\n" },
    conf  => host('', '@SSL@', 'SSLVerifyClient optional', 'ClientCertHeader rfc9440',
        'ClientCertTrustedProxy 192.0.2.1')
        . join '', map { host($port{ (split)[1] }, '@SSL@', 'SSLVerifyClient optional', $_,
            'ClientCertTrustedProxy 127.0.0.0/8') } @headers);

announce('CC0104', 'CC0110', 'CC0145', 'CC0146', 'AH01630');

sub env {
    my ($port, @options) = @_;
    return $h->cgi_env($h->get('/cgi-bin/env', port => $port, @options));
}

sub user { return env(@_)->{CLIENTCERT_USER} // '' }

for my $format (@formats) {
    my $p     = $port{$format};
    my @chain = (chain => ['staff'], chain_header => $format eq 'rfc9440' ? 'Client-Cert-Chain' : 'X-Chain');
    for my $tls ('1.2', '1.3') {
        my @to = ($p, tls => $tls);
        is user(@to, headers => [forwarded($format, 'alice')]), 'alice', "$format, TLS $tls: the client";
        is user(@to, headers => [forwarded($format, 'alice', @chain)]), 'alice', "$format: with its chain";
        is user(@to, cert => 'bob', headers => [forwarded($format, 'alice')]), 'alice',
            "$format: not the proxy, which has a certificate too";
        is user(@to, cert => 'bob'), '', "$format: without the header, no client, whatever the proxy is";
    }
    is $h->get('/private', port => $p, headers => [forwarded($format, 'alice')])->{status}, 200,
        "$format: access";
    is $h->get('/private', port => $p, cert => 'alice')->{status}, 403, "$format: none without the header";
    is user($p, headers => [forwarded($format, 'foreign')]), '', "$format: one that does not verify";
    is user($p, headers => [forwarded($format, 'expired')]), '', "$format: one that has expired";
}
done_testing;
