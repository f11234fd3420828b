# SPDX-License-Identifier: Apache-2.0
# Tests what the start, lint, the tool, the metrics and ClientCertTest say of accounts, and the
# example accounts.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Metrics;
use ClientCert::Test::Tool;

announce('CC0108', 'CC0110', 'CC0710', 'AH01630');

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

# ---- a wish: the tool says what the server does

my $wishes = ClientCert::Test->server(
    modules => ['authz_user', 'headers'],
    files   => { map { ("htdocs/$_/page" => "page\n") } qw(a none plain fixed) },
    conf    => host(<<"CONF") . host('', 2));
$rule
ClientCertMap issuer.CN == "Staff CA" san.email == "bob\@example.com" account=shared
ClientCertNamespace issuer.CN == "Staff CA" user=(alice|root|shared) group=.*
ClientCertMap subject.CN == admin account=outside
<Location "/">
    Require valid-user
    Header always set X-User "expr=%{REMOTE_USER}"
</Location>
<Location "/a">
    $wish
</Location>
<Location "/fixed">
    ClientCertAccount shared
</Location>
<Location "/plain">
    ClientCertMap subject.CN == alice user=alice
    $wish
</Location>
CONF

# The user that the server sets, or its status.
sub served {
    my ($cert, $path, $account) = @_;
    my $response = $wishes->get("$path/page", cert => $cert, headers => ["X-Account: $account"]);
    return $response->{status} == 200 ? $response->{headers}{'x-user'} : $response->{status};
}
my %status = (denied => 403, password => 401);

# The same, as the tool expects it.
sub expected {
    my ($cert, $path, $account) = @_;
    my $answer = answer($wishes, 'explain', '--vhost', 'localhost:' . $wishes->port, '--path', "$path/page",
        '--account', $account, "$ca/$cert.pem");
    my $outcome = $answer->{access}{outcome};
    return $outcome eq 'granted' ? $answer->{verdict}{user} : $status{$outcome} // $outcome;
}
for (['alice', '/a', 'root', 'root'], ['alice', '/a', '', 'alice'], ['alice', '/a', 'alice', 'alice'],
    ['alice', '/a', 'Root', 403], ['alice', '/a', 'shared', 403], ['alice', '/none', 'root', 'alice'],
    ['alice', '/none', 'nobody', 'alice'], ['alice', '/plain', 'root', 403], ['alice', '/fixed', 'shared', 403],
    ['admin', '/a', 'outside', 403], ['admin', '/a', 'root', 403], ['service', '/a', 'root', 403]) {
    my ($cert, $path, $account, $is) = @$_;
    is join(' ', served($cert, $path, $account), expected($cert, $path, $account)), "$is $is",
        "$cert on $path, asking for \"$account\"";
}
$said = ask($wishes, 'explain', '--vhost', 'localhost:' . $wishes->port, '--path', '/a/page', '--account', 'root', "$ca/alice.pem");
like $said->{output}, qr/^result +mapped; access granted\n.*^user +"root", by .*^account +"alice", by .*^asks for +"root"$/ms,
    'the account is the user, and the user an account' or diag $said->{error};
is $said->{exit}, 0, 'exit status 0';
$said = ask($wishes, 'explain', '--vhost', 'localhost:' . $wishes->port, '--path', '/a/page', '--account', "\e[31m", "$ca/alice.pem");
like $said->{output}, qr/^result +rejected: it asks for the account "\S+", which is not one of its own; access denied$/m,
    'a refused wish has the reason of the log';
unlike $said->{output}, qr/\e/, 'where it is escaped';
is $said->{exit}, 1, 'exit status 1';
$json = answer($wishes, 'explain', '--vhost', 'localhost:' . $wishes->port, '--path', '/none/page', '--account', 'root', "$ca/alice.pem");
is $json->{account}, 'root', 'JSON has the wish';
like "@{ $json->{notes} }", qr/no ClientCertAccount is in effect here/, 'and a note where there is none to fulfil';
like ask($wishes, 'explain', '--account', 'root', "$ca/alice.pem")->{error}, qr/CC0567: .*--path/, 'a wish needs a path';
like ask($wishes, 'explain', '--vhost', 'localhost:' . $wishes->port, "$ca/alice.pem", "$ca/service.pem")->{output},
    qr/alice\.pem: mapped: user "alice", accounts "root"$/m, 'one line of several certificates has the accounts';

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
keeps_denied($h, "/desk/$_", cert => 'alice', headers => ['X-Account: root']) for qw(page system/page);

done_testing;
