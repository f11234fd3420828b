# SPDX-License-Identifier: Apache-2.0
# Tests what clientcert-status and the metrics say of certificates that arrive through a proxy, and
# of those that should have.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Metrics;
use ClientCert::Test::Page;

my $h = ClientCert::Test->server(conf => <<'CONF');
ClientCertMap subject.CN =~ "(.+)" user=$1
<Location "/whoami">
    SetHandler clientcert-status
</Location>
<Location "/all">
    SetHandler clientcert-status
    ClientCertStatusRules On
</Location>
<Location "/metrics">
    SetHandler clientcert-metrics
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
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 192.0.2.1
    ClientCertCA @CA@/clients.pem depth=2
</VirtualHost>
<VirtualHost *:@PORT4@>
    ServerName localhost
</VirtualHost>
CONF

announce('CC0104', 'CC0145', 'CC0146');

my %plain = (scheme => 'http', port => 2);
sub from { my ($cert) = @_; return (headers => [forwarded('rfc9440', $cert)]) }

# The document, after a look at the page, which has to have the same texts, but a problem as a sentence.
sub document {
    my ($claim, $path, %o) = @_;
    my $page = page($h->get($path, %o));
    my $json = json($h->get("$path?format=json", %o));
    my @missing = grep { $_ ne 'rejected' && ucfirst("$_.") ne ($json->{reason} // '') } missing($page, $json);
    is_deeply \@missing, [], "$claim: the page has the same texts";
    return ($json, $page);
}

# ---- through a proxy, with TLS and without

for (['TLS', cert => 'bob'], ['plain HTTP', %plain]) {
    my ($name, %o) = @$_;
    my ($json, $page) = document("$name", '/whoami', %o, from('alice'));
    is "$json->{result} $json->{identity}{user}", 'mapped alice', 'the client of the proxy';
    is_deeply $json->{connection}, { (map { $_ => undef } qw(version cipher sni session proxy)), via => 'header' },
        'the TLS of the proxy is not shown as that of the client, and its address is not shown';
    like $page->{text}, qr/Your connection Through a proxy header/, 'in HTML, too';
    unlike $page->{text}, qr/TLSv1|127\.0\.0\.1/, 'without TLS or addresses';
    is_deeply [grep { /^(?:tls|via)/ } keys %{ $json->{certificate} }], [], 'which are no fields of the certificate';
    ($json) = document("$name, with ClientCertStatusRules", '/all', %o, from('alice'));
    is $json->{connection}{proxy}, '127.0.0.1', 'the address is';

    ($json) = document("$name, no certificate", '/whoami', %o);
    is "$json->{result}: $json->{summary}", 'no-certificate: No client certificate was presented', 'the proxy passed on none';
    unlike "@{ $json->{advice} }", qr/https:/, 'https: would not help';

    ($json) = document("$name, garbage", '/whoami', %o, headers => ['Client-Cert: (null)']);
    is "$json->{result} $json->{verification}{cause}", 'rejected bad-header', 'a header that is no certificate';
    is $json->{reason}, 'The proxy passed on a certificate that cannot be read.', 'with the reason, and nothing of the header';
    is_deeply $json->{advice}, ['Tell the administrator of this server the reason above.'], 'another certificate is no advice';

    ($json) = document("$name, expired", '/whoami', %o, from('expired'));
    is "$json->{result} $json->{verification}{cause}", 'rejected expired', 'a certificate that has expired';
}

# ---- not through a proxy

my ($direct, $page) = document('directly', '/whoami', scheme => 'http', port => 3, from('alice'));
is $direct->{result}, 'no-tls', 'a peer that is not trusted';
like $direct->{summary}, qr/^(?:Certificates arrive here through a proxy, and this request did not|A proxy ended the encryption)/, 'is told so';
unlike "@{ $direct->{advice} }", qr/https:/, 'https: would not help';
is $direct->{connection}, undef, 'there is no proxy to show';
($direct) = document('directly, without a header', '/whoami', scheme => 'http', port => 3);
is $direct->{summary}, 'Certificates arrive here through a proxy, and this request did not', 'without a header, too';
($direct) = document('a host without proxies', '/whoami', scheme => 'http', port => 4);
like "@{ $direct->{advice} }", qr/https:/, 'elsewhere https: is the advice';

# ---- metrics

sub rejected {
    my ($port) = @_;
    my $metrics = read_metrics($h->get('/metrics', scheme => 'http', port => 4)->{body});
    return { map { $_ => metric($metrics, 'clientcert_certificates_rejected_total', vhost => 'localhost:' . $h->port($port), reason => $_) }
        qw(untrusted_proxy bad_header expired not_verified) };
}
# Of each document above, two requests: HTML and JSON.
is_deeply rejected(3), { untrusted_proxy => 2, bad_header => 0, expired => 0, not_verified => 0 }, 'each header of a peer that is not trusted';
is rejected(2)->{bad_header}, 2, 'and each header that is no certificate';
is rejected(2)->{untrusted_proxy}, 0, 'of a trusted proxy';

# ---- the cache, which each process has: here, there is one

my $one     = "StartServers 1\nServerLimit 1\nThreadsPerChild 25\nMaxRequestWorkers 25\n";
my $counted = ClientCert::Test->server(mpm => 'event', global => $one, conf => <<'CONF');
ClientCertMap subject.CN =~ "(.+)" user=$1
<Location "/metrics">
    SetHandler clientcert-metrics
</Location>
<VirtualHost *:@PORT@>
    ServerName localhost
    ClientCertHeader rfc9440
    ClientCertTrustedProxy 127.0.0.1
    ClientCertCA @CA@/clients.pem depth=2
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
</VirtualHost>
CONF
sub forwarded_counts {
    my $metrics = read_metrics($counted->get('/metrics', scheme => 'http', port => 2)->{body});
    return join ' ', map { metric($metrics, 'clientcert_certificates_from_proxies_total', result => $_) } qw(verified cached);
}
sub sent { $counted->get('/', scheme => 'http', @_); return forwarded_counts() }
is forwarded_counts(), '0 0', 'no certificate was passed on';
is sent(from('alice')), '1 0', 'the first time, it is verified';
is sent(from('alice')), '1 1', 'on another connection, it is found in the cache';
is sent(from('bob')), '2 1', 'another one is verified';
is sent(), '2 1', 'none is none';
is sent(headers => ['Client-Cert: (null)']), '2 1', 'nor is garbage verified';
is sent(from('expired')), '3 1', 'one that does not verify is';
is sent(from('expired')), '4 1', 'each time';

done_testing;
