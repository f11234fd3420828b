# SPDX-License-Identifier: Apache-2.0
# Tests what the start, lint, the tool, the metrics and ClientCertTest say of accounts, and the
# example accounts.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Metrics;
use ClientCert::Test::Tool;

announce('CC0110', 'AH01630');

my $ca   = ClientCert::Test->ca;
my $rule = 'ClientCertMap issuer.CN == "Staff CA" user=alice account=root';

sub host {
    my ($lines, $port) = @_;
    $port //= '';
    return "<VirtualHost *:\@PORT$port\@>\nServerName localhost\n\@SSL\@\nSSLVerifyClient optional\n$lines\n</VirtualHost>\n";
}

# Exit status and messages of this module, as "TAG LINE", in the output of httpd -t.
sub found {
    my ($conf) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(modules => ['headers'], conf => $conf);
    my @found = $output =~ /(CC0\d\d\d)/g;
    return join ' ', $exit, @found;
}

# ---- the start

my $wish = 'ClientCertAccount "%{req:X-Account}"';
is found(host("$rule\n$wish")), '0', 'accounts and a wish';
is found(host("$rule\nClientCertAccount \"%{clientcert:user}\"")), '1 CC0257 CC0258',
    'the expression cannot use clientcert()';
is found(host("$rule\nClientCertAccount \"%{nosuch:x}\"")), '1 CC0257', 'a bad expression';

# ---- lint

is found(host($rule)), '0 CC0714', 'accounts that nothing uses';
is found(host("$rule\nHeader set X-A \"expr=%{clientcert:account}\"")), '0', 'an expression uses them';
is found(host("ClientCertMap issuer.CN == \"Staff CA\" user=a\n$wish")), '0 CC0713', 'a wish without accounts';
is found(host("$rule\n$wish") . host("ClientCertMap issuer.CN == \"Staff CA\" user=a\n$wish", 2)),
    '0 CC0713', 'accounts of another host do not help';
is found("$rule\n" . host($wish)), '0', 'those of the main server do';
is found(host("$rule\n$wish\n<Location \"/x\">\nClientCertAccount \"\"\n</Location>")), '0', 'the end of it';

# ---- ClientCertTest

is found(host("$rule\n$wish\nClientCertTest $ca/alice.pem expect user=alice account=root")), '0',
    'ClientCertTest expects accounts';
is found(host("$rule\n$wish\nClientCertTest $ca/alice.pem expect user=alice")), '1 CC0755 CC0756',
    'and notices unexpected ones';

# ---- the tool

my $site = site(modules => ['authz_user'], conf => host("$rule\n<Location \"/a\">\n$wish\nRequire user root\n</Location>"));
my $said = ask($site, 'explain', '--path', '/a', "$ca/alice.pem");
like $said->{output}, qr/^account\s+"root", by /m, 'explain lists the accounts';
like $said->{output}, qr/ClientCertAccount \(\S*site\.conf:\d+\) is in effect/, 'and the wish';
my $json = answer($site, 'explain', '--path', '/a', "$ca/alice.pem");
is $json->{verdict}{accounts}[0]{name}, 'root', 'JSON has the accounts';
is $json->{access}{outcome}, 'denied', 'the default is not root';
$json = answer(site(modules => ['authz_user'], conf => host("$rule\nClientCertAccount root\n<Location \"/a\">\nRequire user root\n</Location>")),
    'explain', '--path', '/a', "$ca/alice.pem");
is "$json->{verdict}{user} $json->{access}{outcome}", 'root granted', 'a fixed account is applied';

# ---- metrics

my $h = ClientCert::Test->server(conf => host("$rule\n$wish\n<Location \"/metrics\">\nClientCertAccount \"\"\n"
            . "SetHandler clientcert-metrics\n</Location>"), files => { 'htdocs/page' => "page\n" });
$h->get('/page', cert => 'alice', headers => ["X-Account: $_"]) for qw(root bob alice nobody);
$h->get('/page', cert => 'alice');
is metric(read_metrics($h->get('/metrics', cert => 'alice')->{body}), 'clientcert_accounts_refused_total'), 2,
    'refused wishes are counted';

# ---- accounts.conf

$h = example('accounts', files => { 'htdocs/desk/page' => "page\n", 'htdocs/desk/system/page' => "page\n" });
sub status {
    my ($cert, $path, @headers) = @_;
    return $h->get($path, cert => $cert, headers => \@headers)->{status};
}
is status('alice', '/desk/page'), 200, 'example: the daily account';
is status('alice', '/desk/page', 'X-Account: root'), 200, 'example: root at the desk';
is status('alice', '/desk/system/page', 'X-Account: root'), 200, 'example: root';
is status('alice', '/desk/system/page'), 403, 'example: the daily account is not root';
is status('bob', '/desk/page'), 200, 'example: somebody else';
is status('bob', '/desk/page', 'X-Account: root'), 403, 'example: who is no administrator';

done_testing;
