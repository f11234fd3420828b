# SPDX-License-Identifier: Apache-2.0
# Tests what the page, the tool, the metrics and the log say of a virtual host without TLS that takes
# certificates from a proxy.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Metrics;
use ClientCert::Test::Page;
use ClientCert::Test::Plain;
use ClientCert::Test::Tool;

my $day   = 24 * 3600;
my $is_ca = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign";
my $alpha = authority('alpha', '/O=Example/CN=Alpha CA');
my $beta  = authority('beta',  '/O=Example/CN=Beta CA');
my $soon  = certificate('soon', '/O=Example/CN=Soon CA', self => 1, extension => $is_ca,
    begin => time - 300 * $day, end => time + 5 * $day);
my $ann   = client_of($alpha, 'ann');
my %files = ('conf/cas.pem' => pem_of($alpha, $soon), 'conf/beta.pem' => pem_of($beta),
    'htdocs/page' => "page\n");
my $pages = "<Location \"/whoami\">\nSetHandler clientcert-status\n</Location>\n"
    . "<Location \"/metrics\">\nSetHandler clientcert-metrics\n</Location>\n";

announce('CC0104', 'CC0110', 'CC0141', 'CC0146', 'CC0779', 'AH01630');

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => \%files,
    conf    => plain_host("ClientCertCA conf/cas.pem reload=0\n$pages")
        . plain_host("SSLCACertificateFile conf/beta.pem", 2, 'two.example')
        . plain_host("ClientCertCA conf/beta.pem\n<Location \"/\">\nRequire clientcert\n</Location>", 3)
        . plain_host("ClientCertCA conf/beta.pem\n<Location \"/\">\nRequire clientcert\n</Location>", 4)
            =~ s/ 127\.0\.0\.1/ 192.0.2.1/r);

# ---- the log

my @soon = $h->log_lines(qr/Soon CA/);
is scalar(@soon), 1, 'a CA that expires soon is reported once';
like $soon[0], qr/CC0141: the CA "CN=Soon CA,O=Example" .* expires within 7 days/, 'as in other hosts';

sub reason_for {
    my ($cert, $port) = @_;
    $h->mark_log;
    is passed($h, $cert, port => $port), '403 ', 'a denial';
    my ($line) = $h->wait_log(qr/CC0110: /);
    return ($line // '') =~ /reason="([^"]*)"/ ? $1 : $line;
}

my $none = 'no client certificate was presented';
is reason_for(undef, 3), "$none: the proxy passed on none", 'says that the proxy passed on none';
is reason_for($ann, 3), 'it was issued by CN=Alpha CA,O=Example: no such CA is trusted here', 'or why it does not count';
is reason_for(undef, 4), "$none, since the request came without TLS, and not from a trusted proxy",
    'or that it is not from a proxy';
like reason_for($ann, 4), qr/^$none\. It has the header Client-Cert, but it came from an address that is not a trusted proxy/,
    'although it has the header';
is_deeply [$h->log_lines(qr/CC0159/)], [], 'which is no reason for a warning where ClientCertHeader is set';

# ---- the page

my $json = json($h->get('/whoami?format=json', scheme => 'http'));
is $json->{result}, 'no-certificate', 'a request without a certificate';
is_deeply [sort @{ $json->{issuers}{names} }], ['Alpha CA, Example', 'Soon CA, Example'], 'the page names the CAs';
my $page = page($h->get('/whoami', scheme => 'http'));
like $page->{text}, qr/This server accepts certificates of these issuers:.*Alpha CA/, 'in HTML, too';
unlike "@{ $json->{advice} }", qr/https:/, 'and does not say that https: would help';

# ---- the tool

my $trust = answer($h, 'trust');
is_deeply [map { "$_->{hosts}[0]: $_->{directive}" =~ s/:\d+:/:/r } @{ $trust->{sets} }[0, 1]],
    ['localhost: ClientCertCA', 'two.example: SSLCACertificateFile'], 'clientcert trust lists the hosts and their CAs';
is_deeply [map { $_->{requests} ? 1 : 0 } @{ $trust->{sets} }[0, 1]], [1, 1], 'as hosts that accept certificates';
is_deeply [map { $_->{state} } @{ $trust->{sets}[0]{cas} }], ['ending', 'valid'], 'with the states of the CAs';
for my $case (['localhost:' . $h->port, 'mapped', 'ann'], ['two.example', 'rejected', undef]) {
    my ($host, $result, $user) = @$case;
    my $said = answer($h, 'explain', '--vhost', $host, "$ann.pem");
    is "$said->{result} " . ($said->{verdict}{user} // ''), "$result " . ($user // 'ann'), "clientcert explain: $host";
}
my $checked = ask($h, 'check');
is_deeply [$checked->{output} =~ /(CC\d{4})/g], ['CC0704', 'CC0779'], 'clientcert check finds what is to be found';

# ---- metrics

my $metrics = read_metrics($h->get('/metrics', scheme => 'http')->{body});
is metric($metrics, 'clientcert_ca_certificates', vhost => "localhost:@{[$h->port]}"), 2, 'the metrics count the CAs';

done_testing;
