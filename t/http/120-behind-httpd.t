# SPDX-License-Identifier: Apache-2.0
# Tests httpd behind another httpd, with conf/examples/behind-httpd.conf and behind-httpd.front.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Behind;
use ClientCert::Test::Example;
use ClientCert::Test::File;

my $ca  = ClientCert::Test->ca;
my $h   = behind('httpd', conf => 'SSLVerifyDepth 4');
my %pki = (
    'pki/clients.pem'  => read_file("$ca/clients.pem"),
    'pki/proxy.pem'    => read_file("$ca/proxy.pem") . read_file("$ca/proxy.key"),
    'pki/httpd-ca.pem' => read_file("$ca/root.pem"),
);

sub front {
    my ($scheme, $more) = @_;
    return example('behind-httpd.front',
        modules => ['http2', 'proxy_http2'],
        files   => \%pki,
        define  => { PKI => '@ROOT@/pki', BACKEND => "$scheme://localhost:" . $h->port },
        conf    => "Protocols h2 http/1.1\nSSLVerifyDepth 4\n$more");
}

for my $way (['https', 'HTTP/1.1'], ['h2', 'HTTP/2.0']) {
    my ($scheme, $protocol) = @$way;
    my $front = front($scheme, '');
    identifies($front, 'Client-Cert', 'rfc9440');
    shares_connections($front, $protocol);
    keeps_apart($front);
    ok verifies($front, 'deep', cert => 'deep'), 'a CA that only the client has is passed on';
}
announce('CC0190');
my $open = front('https', "SSLVerifyClient optional_no_ca\nClientCertTolerate On\n");
decides($open, 25);
refuses_others($h, 'rfc9440', 'Client-Cert');

done_testing;
