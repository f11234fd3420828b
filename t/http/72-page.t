# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert-status shows each client what concerns that client, and no more, in HTML and
# JSON.
use strict;
use warnings;
use utf8;
use ClientCert::Test;
use ClientCert::Test::Deadline;
use ClientCert::Test::Page;
use ClientCert::Test::Example;

use Digest::SHA qw(sha256_base64);

my $h = ClientCert::Test->server(
    modules => ['include', 'mime', 'http2', 'rewrite', 'authz_user'],
    files   => {
        'htdocs/private/page'   => "private\n",
        'htdocs/own/page'       => "own\n",
        'htdocs/show/page'      => "show\n",
        'htdocs/page.shtml'     => '<!--#include virtual="/whoami?format=json" -->',
        'htdocs/over/.htaccess' => "ClientCertStatusRules On\n",
        'htdocs/over/page'      => "page\n",
        'conf/known.map'        => "alice\@example.com known\n",
    },
    conf => <<'CONF');
<Location "/whoami">
    SetHandler clientcert-status
</Location>
<Location "/rules">
    SetHandler clientcert-status
    ClientCertStatusRules On
</Location>
<VirtualHost *:@PORT2@>
    ServerName localhost
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional_no_ca
    ErrorDocument 403 /whoami?trace
    ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN}
</VirtualHost>
<VirtualHost *:@PORT4@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable away redis:127.0.0.1:1 timeout=1
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email in away user=$1
</VirtualHost>
<VirtualHost *:@PORT5@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertStatusRules On
    ClientCertMap subject.CN == "nobody" user=nobody
    <Location "/hidden">
        SetHandler clientcert-status
        ClientCertStatusRules Off
    </Location>
    <Location "/inherited">
        SetHandler clientcert-status
    </Location>
</VirtualHost>
<VirtualHost *:@PORT6@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    Protocols h2 http/1.1
    SSLVerifyClient optional
    ClientCertTable known file:conf/known.map
    ClientCertMap subject.CN == "bob" deny
    ClientCertMap san.email !in known group=stranger
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "(.+)@secret-domain\.example" user=$1
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "(alice)@example\.com" user=$1 group=%{subject.OU}
    ClientCertMap issuer == "CN=Staff CA,O=Example" subject.CN =~ "two-.*" user=%{subject.CN} group=odd
    ErrorDocument 403 /whoami
    ErrorDocument 405 default
    AddType text/html .shtml
    <Directory "@ROOT@/htdocs">
        Options +Includes
        AddOutputFilter INCLUDES .shtml
    </Directory>
    <Directory "@ROOT@/htdocs/over">
        AllowOverride All
    </Directory>
    <Location "/private">
        Require clientcert-group board
    </Location>
    <Location "/own">
        ClientCertMap subject.CN == "somebody" user=somebody
        ErrorDocument 403 /whoami?trace
        Require clientcert-user somebody
    </Location>
    <Location "/show">
        ClientCertStatusRules On
        ErrorDocument 403 /whoami?trace
        Require clientcert-group board
    </Location>
</VirtualHost>
<VirtualHost *:@PORT7@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable away redis:127.0.0.1:1 timeout=1
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email in away user=$1
    ErrorDocument 403 /start
    ErrorDocument 500 /start
    RewriteEngine On
    RewriteRule ^/start$ /whoami [PT]
    <Location "/whoami">
        RewriteEngine On
        RewriteCond %{QUERY_STRING} !again
        RewriteRule ^ /whoami?again [L]
    </Location>
    <Location "/known">
        Require valid-user
    </Location>
    <Location "/never">
        Require all denied
    </Location>
</VirtualHost>
CONF

# ---- the identity

my $alice = $h->get('/whoami', cert => 'alice');
is $alice->{status}, 200, 'the page is there';
is_deeply { map { $_ => $alice->{headers}{$_} }
        qw(content-type cache-control vary x-content-type-options referrer-policy) },
    { 'content-type' => 'text/html; charset=utf-8', 'cache-control' => 'no-store',
    'vary' => 'Accept', 'x-content-type-options' => 'nosniff', 'referrer-policy' => 'no-referrer' },
    'its headers prevent caching and content sniffing';
my ($style)  = $alice->{body} =~ m{<style>(.*?)</style>}s;
my $expected = "'sha256-" . sha256_base64($style) . "='";
like $alice->{headers}{'content-security-policy'},
    qr/^default-src 'none'; style-src \Q$expected\E; base-uri 'none'; form-action 'none'; frame-/,
    'its policy allows its own style and nothing else';
like $alice->{body}, qr/<html lang="en">.*<meta name="viewport" /s, 'it has a language and a viewport';

my $page = page($alice);
is $page->{title}, 'You are alice', 'the title names the user';
like $page->{text}, qr/User alice Groups staff admins /, 'user and groups are there';
unlike $alice->{body}, qr/site\.conf|\Q$h->{root}\E/, 'but not which rules gave them';

my $json = json($h->get('/whoami?format=json', cert => 'alice'));
is_deeply $json->{identity},
    { result => 'mapped', user => 'alice', user_rule => undef, strength => 'weak',
    groups => [map { { name => $_, rule => undef } } qw(staff admins)],
    accounts => [], rules => undef, denied_by => undef, outside => undef, failure => undef, notes => [] },
    'JSON has the identity';
is_deeply [@{ $json->{certificate} }{qw(subject issuer san.email san.upn eku key.type key.bits)}],
    [['CN=alice,OU=admins,OU=staff,O=Example'], ['CN=Staff CA,O=Example'], ['alice@example.com'],
    ['alice@corp.example.com'], ['clientAuth'], ['EC'], ['256']], 'the certificate';
ok !(grep { /^tls\./ || !@{ $json->{certificate}{$_} } } keys %{ $json->{certificate} }),
    'with its own fields, those that it has';
is_deeply $json->{verification}, { verified => $json->{verification}{verified}, problem => undef,
        cause => undef },
    'that it is verified';
ok $json->{verification}{verified}, 'which is true';
is_deeply [@{ $json->{connection} }{qw(version sni session)}],
    ['TLSv1.3', 'localhost', 'full handshake'], 'and the connection';
ok !exists $json->{trace}, 'the rule trace is shown only on request';
is_deeply [missing($page, $json)], [], 'the page has every text of the JSON';

for my $http2 (0, 1) {
    my $same = json($h->get('/whoami?format=json', cert => 'alice', http2 => $http2));
    is_deeply [@$same{qw(result identity certificate)}], [@$json{qw(result identity certificate)}],
        $http2 ? 'the same by HTTP/2' : 'the same on the next request';
}

my $session = $h->path('session');
$h->s_client(get => '/whoami', cert => 'alice', args => ['-sess_out', $session]);
like $h->s_client(get => '/whoami?format=json', args => ['-sess_in', $session])->{body},
    qr/"session":"resumed session"/, 'a session that is resumed is told as such';

# ---- HTML or JSON

for ([json => 'application/json'], [json => 'application/json, */*;q=0.1'],
    [json => 'application/json, text/plain, */*'], [json => 'application/*, text/html;q=0.9'],
    [json => 'text/html;q=0.5, application/json;q=0.6'], [json => 'application/json;charset=utf-8'],
    [html => '*/*'], [html => 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    [html => 'text/html, application/json'], [html => 'application/json;q=0.5, text/html;q=0.6'],
    [html => 'application/json;q=0, */*'], [html => 'application/json;q=0'], [html => ''],
    [html => 'image/png'], [html => 'application/json;q=x, text/html;q=0.1'], [html => ',;=,"']) {
    my ($form, $accept) = @$_;
    my $type = $h->get('/whoami', headers => ["Accept: $accept"])->{headers}{'content-type'};
    like $type, $form eq 'json' ? qr{^application/json$} : qr{^text/html;}, "[$accept] gets $form";
}
like $h->get('/whoami?format=html', headers => ['Accept: application/json'])->{body},
    qr/^<!DOCTYPE html>/, 'the query decides before Accept';
ok json($h->get('/whoami?trace&format=json&x=%22')), 'for JSON too';
like $h->get('/whoami?format=xml&formatx=json')->{body}, qr/^<!DOCTYPE html>/,
    'another format is ignored';

my $head = $h->get('/whoami', method => 'HEAD', cert => 'alice');
is "$head->{status} $head->{headers}{'cache-control'} " . ($head->{body} =~ /</ || 0), '200 no-store 0',
    'HEAD gives only the headers';
for my $method (qw(POST PUT DELETE)) {
    my $refused = $h->get('/whoami', method => $method, data => 'x');
    my @allowed = sort split /,/, $refused->{headers}{allow};
    is "$refused->{status} @allowed", '405 GET HEAD OPTIONS TRACE', "$method is not allowed";
}
is $h->get('/whoami', method => 'OPTIONS')->{status}, 200, 'OPTIONS is answered';

# ---- every state

announce('CC0190', 'AH02039', 'CC0104', 'CC0133', 'CC0150', 'CC0152', 'CC0154', 'CC0157', 'CC0110', 'AH01630');

sub state_of {
    my ($claim, $result, $summary, $path, %o) = @_;
    my $join = $path =~ /\?/ ? '&' : '?';
    my $page = page($h->get($path, %o));
    my $json = json($h->get("$path${join}format=json", %o));
    is $json->{result}, $result, $claim;
    like $json->{summary}, $summary, 'in plain words';
    # The tag of a rejected certificate is the cause.
    is_deeply [missing($page, $json)], [grep { $_ eq 'rejected' } $result], 'the same in the page';
    return ($json, $page);
}

my ($plain) = state_of('no TLS', 'no-tls', qr/not encrypted/, '/whoami', port => 2,
    scheme => 'http');
is_deeply [@$plain{qw(identity certificate verification connection)}], [undef, undef, undef, undef],
    'then there is nothing to show';
like $plain->{advice}[0], qr/https/, 'but what to do';

my ($none) = state_of('no certificate', 'no-certificate', qr/No client certificate/, '/whoami');
is $none->{certificate}, undef, 'then there is no certificate to describe';
like "@{ $none->{advice} }", qr/\.p12.*Firefox.*Chrome.*Safari.*start it again/,
    'but how to present one';

my ($unmapped) = state_of('no rule fits', 'unmapped', qr/no rule here maps/, '/whoami', cert => 'service',
    port => 5);
ok $unmapped->{verification}{verified} && !$unmapped->{identity}{user},
    'verified, without an identity';

my ($groups) = state_of('groups alone', 'mapped', qr/groups here, but no user/, '/whoami',
    cert => 'service');
is_deeply [map { $_->{name} } @{ $groups->{identity}{groups} }], ['stranger'], 'and which';

my ($denied) = state_of('a rule says deny', 'denied', qr/a rule here denies it/, '/whoami', cert => 'bob');
is $denied->{identity}{denied_by}, undef, 'but not which one';
like json($h->get('/rules?format=json', cert => 'bob'))->{identity}{denied_by}, qr{^/.*/site\.conf:50$},
    'ClientCertStatusRules On: which one it is';

my ($no_rules) = state_of('no rules are in effect', 'no-rules', qr/no rules/, '/whoami', port => 6,
    cert => 'alice');
is $no_rules->{identity}, undef, 'then they are not shown';

my ($two, $two_page) = state_of('an ambiguous user', 'mapped', qr/names more than one user/, '/whoami',
    cert => 'two-cn');
my ($note) = grep { $_->{tag} eq 'CC0152' } @{ $two->{identity}{notes} };
like $note->{text}, qr/^two users are possible/, 'is noted, without what the rule says';
like $two_page->{text}, qr/Notes .*two users are possible.* CC0152/, 'in the page';
my ($two_on) = json($h->get('/rules?format=json', cert => 'two-cn'));
like $two_on->{identity}{notes}[0]{text}, qr/%\{subject\.CN\} is ambiguous/,
    'ClientCertStatusRules On: with its text';

my ($unusable, $unusable_page) = state_of('a value that cannot be used', 'denied', qr/a rule here denies it/,
    '/whoami', cert => 'nul-cn');
like $unusable->{certificate}{'subject.CN'}[0]{unusable}, qr/NUL/, 'is shown as such';
like $unusable_page->{text}, qr/cannot be decided, so it denies .*CC0157/, 'so that a rule denies';
like $unusable_page->{text}, qr/cannot be used it contains a NUL: \S*\\x00/, 'and escaped';

my ($foreign) = state_of('a foreign CA', 'rejected', qr/issuer that this server does not accept$/,
    '/whoami', port => 3, cert => 'stranger');
is "$foreign->{verification}{cause}: $foreign->{reason}",
    'unknown-issuer: The CA "CN=Staff CA,O=Elsewhere" above it: no CA with the name of its issuer is '
    . 'trusted here.', 'with the reason';
ok !$foreign->{verification}{verified}, 'it is not verified';
is_deeply $foreign->{certificate}{subject}, ['CN=alice,OU=admins,OU=staff,O=Example'], 'but shown';
is $foreign->{identity}, undef, 'and nobody';
is json($h->get('/whoami?format=json&trace', port => 3, cert => 'selfsigned'))->{result},
    'rejected', 'nor does a self-signed certificate';

my $seconds = 5 * ($ENV{CC_SLOW} // 1);
my $earliest = time + $seconds;
my $short = ClientCert::Test->short_cert($seconds);
my $end = time + $seconds;
my $kept  = $h->connection(cert => $short, port => 3);
is json($kept->request('/whoami?format=json'))->{result}, 'mapped', 'a certificate that is valid';
before_ok($earliest, 'before it expires');
sleep 1 while time <= $end + 1;
my $late = $kept->request('/whoami?format=json&trace', headers => ['Accept: application/json']);
is $late->{status}, 403, 'its requests are refused when it has expired,';
my $expired = json($late);
is "$expired->{result}: $expired->{verification}{problem}", 'rejected: it has expired',
    'and its page gives the reason';
ok !exists $expired->{trace}, 'then no rules are asked';

my ($failed) = state_of('a table that is away', 'failed', qr/lookup failed/, '/whoami', port => 4,
    cert => 'alice');
unlike $h->get("/whoami?$_", port => 4, cert => 'alice')->{body}, qr/127\.0\.0\.1|redis|away/,
    "nothing about the back end is shown ($_)" for qw(trace trace&format=json);
like json($h->get('/rules?format=json', port => 4, cert => 'alice'))->{identity}{failure},
    qr/127\.0\.0\.1:1/, 'ClientCertStatusRules On: what failed';

# ---- the trace of the rules

$h->mark_log;
my $traced = json($h->get('/whoami?format=json&trace', cert => 'alice'));
is_deeply $traced->{trace}, [
    { rule => undef, holds => $traced->{trace}[0]{holds}, field => 'subject.CN',
        seen => 'alice' },
    { rule => undef, holds => $traced->{trace}[1]{holds}, field => 'san.email',
        seen => 'alice@example.com' },
    { rule => undef, holds => $traced->{trace}[2]{holds}, field => 'san.email',
        seen => 'alice@example.com' },
    { rule => undef, holds => $traced->{trace}[3]{holds} },
    { rule => undef, holds => $traced->{trace}[4]{holds}, field => 'subject.CN',
        seen => 'alice' }], 'which rule matches, and the values in the others';
is join('', map { $_->{holds} ? 1 : 0 } @{ $traced->{trace} }), '00010', 'which fit and which not';
is_deeply $traced->{identity}, $json->{identity}, 'with the same result';
$h->get('/whoami?trace', cert => 'alice');
$h->wait_log(qr/CC0101/);
is scalar(my @lines = $h->log_lines(qr/CC0101/)), 2, 'each connection is logged once, not twice';

my $off = $h->get('/whoami?trace', cert => 'alice');
is_deeply [missing(page($off), $traced)], [], 'the page has all of it';
unlike $off->{body}, qr/secret-domain|known/, 'but nothing that a rule asks for';
unlike $h->get("/whoami?$_", cert => 'alice')->{body}, qr/secret-domain|known/, "nor with $_"
    for 'trace&rules=on', 'trace&ClientCertStatusRules=On', 'format=json&trace';

my $on = $h->get('/rules?trace&format=json', cert => 'alice');
my $of = json($on);
like $of->{trace}[2]{text}, qr/^issuer == .*secret-domain.* user=\$1$/, 'On: what the rule says';
like $of->{trace}[2]{condition}, qr/^san\.email =~ .*secret-domain/, 'and what failed';
like $of->{trace}[2]{rule}, qr{^/.*/site\.conf:52$}, 'and where it stands';
is_deeply [missing(page($h->get('/rules?trace', cert => 'alice')), $of)], [], 'also in the page';
like $h->get('/inherited?trace', port => 5, cert => 'alice')->{body}, qr/subject\.CN == &quot;nobody/,
    'ClientCertStatusRules applies to sections inside';
unlike $h->get('/hidden?trace', port => 5, cert => 'alice')->{body}, qr/nobody/,
    'unless these override it';
announce(qr/ClientCertStatusRules not allowed here/);
is $h->get('/over/page')->{status}, 500, 'and it is not for .htaccess';
my ($exit, $output) = ClientCert::Test->configtest(conf => "ClientCertStatusRules Maybe\n");
like "$exit $output", qr/^[^0].*ClientCertStatusRules must be On or Off/s, 'it is On or Off';

# ---- where access is refused

my $refused = $h->get('/private/page', cert => 'alice', headers => ['Accept: application/json']);
my $why     = json($refused);
is "$refused->{status} $refused->{headers}{'cache-control'}", '403 no-store',
    'as ErrorDocument it keeps the status';
is_deeply $why->{request}, { status => 403, uri => '/private/page', needs => undef },
    'names the refused request';
is_deeply $why->{identity}, $json->{identity}, 'and the user';
like $why->{summary}, qr/^You are alice, but you are not allowed to see this page$/,
    'who is not allowed to see it';
my $html = $h->get('/private/page', cert => 'alice');
like page($html)->{text}, qr{403 Forbidden /private/page You are alice, but you are not}, 'also in the page';
unlike $html->{body}, qr/board|<a /, 'without what would have been needed, and without links';
is json($h->get('/private/page?format=html', headers => ['Accept: application/json']))->{result},
    'no-certificate', 'the query of the request does not affect the page';
is $h->get('/private/page', method => 'POST', data => 'x', cert => 'alice')->{status}, 403,
    'a refused POST gets the page too';
is_deeply json($h->get('/own/page', cert => 'alice', headers => ['Accept: application/json']))->{trace},
    [{ rule => undef, holds => $traced->{trace}[0]{holds}, field => 'subject.CN', seen => 'alice' }],
    'it shows the rules of the refused request';
my $shown = $h->get('/show/page', cert => 'alice');
like page($shown)->{text}, qr{403 Forbidden /show/page requires clientcert-group board },
    'ClientCertStatusRules On there: with what would have been needed';
like $shown->{body}, qr/secret-domain/, 'and the rules';
my $evil = $h->get('/private/%3Cscript%3E%22%E2%80%AE%0A', cert => 'alice');
like page($evil)->{text}, qr{/private/<script>\\"\\xE2\\x80\\xAE\\x0A}, 'a URL is escaped';

my $known = $h->get('/known/page', port => 7, cert => 'alice',
    headers => ['Accept: application/json']);
is "$known->{status} " . json($known)->{result}, '500 failed', 'a failure is explained too';
my $never = $h->get('/never/page', port => 7, headers => ['Accept: application/json']);
is_deeply json($never)->{request}, { status => 403, uri => '/never/page', needs => undef },
    'it is found through redirects';

my $included = $h->get('/page.shtml', cert => 'alice');
is_deeply json({ %$included, headers => { 'content-type' => 'application/json' } })->{identity},
    $json->{identity}, 'a page of another kind may include it';

# ---- the example

my $site = example('status', files => { map { ("htdocs/$_/page" => "$_\n") } qw(private admin) });
is $site->get('/private/page', cert => 'alice')->{body}, "private\n", 'status.conf: the staff gets in';
my $late_one = $site->get('/private/page', cert => 'expired');
is $late_one->{status}, 403, 'status.conf: an expired certificate does not get in,';
like $late_one->{body}, qr/<h1>Your certificate has expired</, 'and the page says why';
my $stopped = $site->get('/private/page', cert => 'service');
like "$stopped->{status} $stopped->{body}", qr/^403 .*no rule here maps it to a user/s,
    'others learn why not';
is $site->get('/admin/whoami?trace', cert => 'bob')->{status}, 403, 'the rules are for admins';
like $site->get('/admin/whoami?trace', cert => 'alice')->{body}, qr/\[\^\@\]/, 'who see them';
unlike $site->get('/whoami?trace', cert => 'alice')->{body}, qr/\[\^\@\]/, 'and others do not';
keeps_denied($site, "/$_/page", cert => 'alice') for qw(private admin);

done_testing;
