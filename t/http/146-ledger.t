# SPDX-License-Identifier: Apache-2.0
# Tests that the ledger of a virtual host has every verified certificate that no rule maps, and no
# other; that it tells no names unless they are wanted; and that replay finds what new rules map.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Metrics;
use ClientCert::Test::Tool;

use Digest::SHA qw(sha256_hex);
use File::Temp ();
use JSON::PP ();
use MIME::Base64 qw(decode_base64 encode_base64);

my $ca   = ClientCert::Test->ca;
my $tmp  = File::Temp->newdir;
my $json = JSON::PP->new->utf8->canonical;

sub der_of {
    my ($name) = @_;
    my ($base64) = read_file($name =~ m{/} ? "$name.pem" : "$ca/$name.pem")
        =~ /BEGIN CERTIFICATE[-]+\n(.*?)-----END/s;
    return decode_base64($base64);
}
sub digest_of { return sha256_hex(der_of($_[0])) }

my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertLedger
    ClientCertMap subject.CN == alice user=alice
    ClientCertMap subject.CN == bob deny
    <Location "/strict">
        Require clientcert subject.CN == alice
    </Location>
    <Location "/other">
        ClientCertMap subject.CN == nobody user=x
    </Location>
    <Location "/ledger">
        SetHandler clientcert-ledger
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertLedger names=on days=7
    ClientCertMap subject.CN == alice user=alice
    <Location "/ledger">
        SetHandler clientcert-ledger
    </Location>
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional_no_ca
    ClientCertLedger names=on
    ClientCertMap subject.CN == alice user=alice
    <Location "/ledger">
        SetHandler clientcert-ledger
    </Location>
</VirtualHost>
<VirtualHost *:@PORT4@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN == alice user=alice
    <Location "/ledger">
        SetHandler clientcert-ledger
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Directory "@ROOT@/htdocs">
        AllowOverride All
    </Directory>
</VirtualHost>
CONF

# Two hosts with one name and port.
sub namesakes {
    return join '', map { <<"CONF" } @_;
<VirtualHost *:\@PORT5\@>
    ServerName  localhost
    ServerAlias $_.example
    \@SSL\@
    SSLVerifyClient optional
    ClientCertLedger
    ClientCertMap subject.CN == alice user=alice
    <Location "/ledger">
        SetHandler clientcert-ledger
    </Location>
</VirtualHost>
CONF
}
my $h = ClientCert::Test->server(
    modules => ['mime'],
    files   => {
        (map { ("htdocs/$_/page" => "page\n") } qw(strict other)),
        'htdocs/set/.htaccess'    => "SetHandler clientcert-ledger\n",
        'htdocs/set/page'         => "page\n",
        'htdocs/add/.htaccess'    => "AddHandler clientcert-ledger .page\n",
        'htdocs/add/a.page'       => "page\n",
        'htdocs/write/.htaccess'  => "ClientCertLedger names=on\n",
        'htdocs/write/page'       => "page\n",
    },
    conf => $conf . namesakes('a', 'b'));
announce('CC0104', 'CC0106', 'CC0110', 'AH01630', 'AH02039', 'AH02276', 'CC0147', 'CC0148', qr/not allowed here/, qr/SSL Library Error/);

sub response { my ($port, @more) = @_; return $h->get('/ledger?format=json', port => $port, @more) }
sub ledger { return $json->decode(response(@_)->{body}) }
sub entries { return { map { ($_->{sha256} => $_) } @{ ledger(@_)->{entries} } } }
sub html { my ($port) = @_; return $h->get('/ledger?format=html', port => $port)->{body} }

# ---- what gets in

is_deeply ledger(1)->{entries}, [], 'at the start, a ledger is empty';
$h->get('/', cert => 'service') for 1 .. 2;
my $service = digest_of('service');
my $entries = entries(1);
is_deeply [keys %$entries], [$service], 'a verified certificate that no rule maps has an entry';
is $entries->{$service}{count}, 2, 'which counts two connections';
like $entries->{$service}{$_}, qr/\A20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ\z/, "and says when it was seen $_" for qw(first last);
is $entries->{$service}{rule}, "ClientCertMap sha256 == $service user=", 'and a rule for this certificate, without a name';
like $entries->{$service}{issuer}, qr/\ACN=.*O=Example\z/, 'and the issuer';
{
    my $c = $h->connection(cert => 'service');
    $c->request('/') for 1 .. 3;
    is entries(1)->{$service}{count}, 3, 'three requests on a connection count once';
    $c->request('/other/page');
    is entries(1)->{$service}{count}, 4, 'other rules on it count once more';
}
$h->get('/', cert => $_) for qw(alice bob expired notyet serveronly stranger selfsigned ca-client);
$h->get('/');
$h->get('/strict/page', cert => 'alice');
is_deeply [keys %{ entries(1) }], [$service],
    'no entry for one that is mapped, denied, expired, not verified or not for clients, nor by Require';
$h->get('/', cert => $_, port => 3) for qw(stranger selfsigned service);
is_deeply [keys %{ entries(3) }], [$service], 'with optional_no_ca, no entry for one that did not verify';
is_deeply entries(2), {}, 'a ledger has only the clients of its own virtual host';

# ---- names

my $html = html(1);
unlike response(1)->{body} . $html, qr/spiffe|subject|SubjectPublic|"der"|"names":\{/, 'without names=on there are no names';
is ledger(1)->{names}, JSON::PP::false, 'which the document says';
my $evil = certificate('evil', q{/O=Example/CN=<script>alert(1)<\/script>"&'});
$h->get('/', cert => $_, port => 2) for 'service', 'bob', $evil;
my $two = ledger(2);
is $two->{days}, 7, 'days are those of the directive';
$entries = entries(2);
is_deeply [sort keys %$entries], [sort $service, digest_of('bob'), digest_of($evil)], 'with names=on';
is $entries->{ digest_of('bob') }{subject}, 'CN=bob,OU=staff,O=Example', 'an entry has the subject';
is_deeply $entries->{ digest_of('bob') }{names}, { 'san.email' => ['bob@example.com'] }, 'and the other names';
is decode_base64($entries->{$_}{der}), der_of($_ eq $service ? 'service' : 'bob'), 'and the certificate'
    for $service, digest_of('bob');
$html = html(2);
like $html, qr/bob\@example\.com/, 'the page has them too';
unlike $html, qr/<script/, 'where markup is text';
like $html, qr/&lt;script/, 'that can be read';
like $html, qr{<dt>Count</dt><dd>1</dd>}, 'and the count';
like $html, qr/ClientCertMap sha256 == $service user=/, 'and the rule';

# More than is shown: 20 addresses, and a name whose characters take several octets each.
my $many = certificate('many', '/O=Example/CN=' . "\x{c3}\x{a9}" x 60 . '/description=' . "\x{e2}\x{82}\x{ac}" x 90,
    san => join ',', map { "email:m$_\@example.com" } 1 .. 20);
$h->get('/', cert => $many, port => 2);
my $shown = entries(2)->{ digest_of($many) };
is_deeply $shown->{names}{'san.email'}, [map { "m$_\@example.com" } 1 .. 16], 'of many names, the first 16 are shown';
like $shown->{subject}, qr/\A(?:[^\\]){1,256}\.\.\. \(\d+ octets\)\z/, 'a long subject is cut between characters';
$html = html(2);
ok utf8::decode($html), 'the page is UTF-8';

# Longer than 4 KiB in DER.
my $huge = certificate('huge', '/O=Example/CN=huge/description=' . 'x' x 5000);
$h->get('/', cert => $huge, port => 2);
my $entry = entries(2)->{ digest_of($huge) };
ok exists $entry->{der} && !defined $entry->{der}, 'a certificate that is too long is not kept itself';
cmp_ok length $entry->{subject}, '<', 320, 'and its subject is cut';

# ---- the handler

my $answer = $h->get('/ledger', headers => ['Accept: text/html']);
like $answer->{headers}{'content-type'}, qr{^text/html}, 'a browser gets a page';
is $h->get('/ledger', headers => ['Accept: application/json'])->{headers}{'content-type'}, 'application/json', 'a program JSON';
is $answer->{headers}{'cache-control'}, 'no-store', 'no cache keeps it';
like $answer->{headers}{'content-security-policy'}, qr/default-src 'none'/, 'and the page may do nothing';
is $h->get('/ledger', method => 'HEAD')->{status}, 200, 'HEAD is answered';
is $h->get('/ledger', method => 'POST', data => 'x')->{status}, 405, 'POST is not';
is $h->get('/ledger', port => 4)->{status}, 404, 'a virtual host without a ledger has none to show';
is $h->get('/set/page', port => 4)->{status}, 500, '.htaccess cannot set the handler';
is $h->get('/add/a.page', port => 4)->{status}, 403, 'nor add it';
is $h->get('/write/page', port => 4)->{status}, 500, 'nor begin a ledger';
ok $h->wait_log(qr/$_/), "which $_ says" for 'CC0147', 'CC0148', 'ClientCertLedger not allowed here';

# ---- metrics

sub metrics { return read_metrics($h->get('/metrics', port => 4)->{body}) }
is metric(metrics(), 'clientcert_ledger_entries', vhost => 'localhost:' . $h->port($_->[0])), $_->[1],
    "the number of entries of host $_->[0]" for [1, 1], [2, 5], [3, 1];
is metric(metrics(), 'clientcert_ledger_replaced_total'), 0, 'none was replaced';

# ---- replay

my $new = $h->file('conf/new.conf', read_file($h->path('conf/httpd.conf')) =~ s/Include conf\/site\.conf/Include conf\/new-site.conf/r);
my $rules = qq{ClientCertMap sha256 == $service user=svc group=services\n    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1};
$h->file('conf/new-site.conf', read_file($h->path('conf/site.conf')) =~ s/(?<=    )ClientCertMap subject\.CN == alice/$rules\n    ClientCertMap subject.CN == alice/gr);
sub saved { my ($port) = @_; return write_file("$tmp/$port.json", response($port)->{body}) }

# The same server, with the new configuration.
sub replay {
    my ($file, @words) = @_;
    my ($httpd, @configuration) = map { $_ eq 'conf/httpd.conf' ? 'conf/new.conf' : $_ } $h->_arguments;
    my $said = tool('replay', '--httpd', $httpd, @configuration, $file, @words);
    $said->{lines} = [map { s/ +20\d\d-\S+Z / /r =~ s/ +/ /gr } split /\n/, $said->{output}];
    return $said;
}
sub lines_of { my ($said) = @_; return { map { /^([0-9a-f]{64}) \d+ (.*)/ ? ($1 => $2) : () } @{ $said->{lines} } } }

my $said = replay(saved(2));
is_deeply lines_of($said), {
    $service => 'svc (services)', digest_of('bob') => 'bob', digest_of($evil) => 'unmapped', digest_of($huge) => 'no certificate', digest_of($many) => 'unmapped',
}, 'replay says what the new rules make of each entry' or diag "$said->{output}$said->{error}";
is $said->{lines}[0], 'Seen on localhost:' . $h->port(2), 'the first line names the host that saw them';
is $said->{lines}[-1], '2 mapped, 2 not mapped, 1 unknown', 'and how many it maps';
is $said->{exit}, 2, 'exit status 2 tells that there was no certificate';
$said = replay(saved(2), "$huge.pem");
is lines_of($said)->{ digest_of($huge) }, 'unmapped', 'which a file may have';
is $said->{exit}, 1, 'then it is 1';
is_deeply lines_of(replay(saved(1))), { $service => 'no certificate' }, 'without names there is no certificate';
$said = replay(saved(1), "$ca/alice.pem", "$ca/service.pem");
is_deeply lines_of($said), { $service => 'svc (services)' }, 'so files are named, and found by the digest' or diag $said->{error};
is $said->{exit}, 0, 'exit status 0';
{
    my @lines = map { $json->decode($_) } split /\n/, replay(saved(2), '--json')->{output};
    my %by = map { ($_->{sha256} => $_) } @lines;
    is_deeply [@{ $by{$service} }{qw(result user count)}, @{ $by{$service}{groups} }], ['mapped', 'svc', 1, 'services'], 'as JSON too';
    is $by{ digest_of($huge) }{result}, 'no-certificate', 'with the one that has none';
    is_deeply [map { $_->{host} } @lines], [('localhost:' . $h->port(2)) x @lines], 'and the host that saw it';
}
{
    my ($httpd, @configuration) = map { $_ eq 'conf/httpd.conf' ? 'conf/new.conf' : $_ } $h->_arguments;
    my $file = saved(2);
    my $tool = ClientCert::Test::Machine::build() . '/clientcert';
    my $wrapper = httpd_wrapper($h, "$tmp/httpd");
    like `'$tool' replay --httpd '$wrapper' @configuration - <'$file'`, qr/^$service +1 +\S+ +svc \(services\)$/m, 'from standard input';
}

# ---- a ledger is not believed

sub forged { my ($change) = @_; my $ledger = ledger(2); $change->($ledger, $ledger->{entries}[0]); return write_file("$tmp/forged.json", $json->encode($ledger)) }
$said = replay(forged(sub { $_->{der} = encode_base64(der_of('alice'), '') for @{ $_[0]{entries} } }));
is_deeply [grep { !/error: CC0566/ } values %{ lines_of($said) }], [], 'a certificate with another digest is not the one of the entry';
is $said->{exit}, 2, 'which is an error';
like replay(forged(sub { $_[1]{der} = 'AAAA' }))->{output}, qr/error: CC0564/, 'nor is what is no certificate';
like replay(forged(sub { $_[1]{sha256} = 'x' x 64 }))->{error}, qr/CC0562: .*entry 1/, 'an entry needs a digest';
like replay(forged(sub { $_[0]{entries} = [({}) x 5000] }))->{error}, qr/CC0562: .*4096/, 'the number of entries is limited';
like replay(forged(sub { delete $_[0]{entries} }))->{error}, qr/CC0562/, 'a ledger has entries';
like replay(write_file("$tmp/no.json", "{\n]"))->{error}, qr/CC0562: .*line 2/, 'and is JSON';
like replay(forged(sub { $_[1]{last} = "\e[31m" }))->{output}, qr/\\x1b\[31m/i, 'its texts are escaped';
like replay(saved(2), '-')->{error}, qr/CC0565/, 'standard input is for the ledger alone';
like replay(forged(sub { $_[0]{host} = 'elsewhere:443' }))->{error}, qr/CC0751/, 'the host of the ledger must exist';
$said = replay(forged(sub { $_[0]{host} = "elsewhere\e:443" }), '--vhost', 'localhost:' . $h->port(2));
is lines_of($said)->{$service}, 'svc (services)', 'unless --vhost names another one';
like $said->{lines}[0], qr/^Seen on elsewhere\\x1b:443; the rules of localhost:\d+$/i, 'then the first line has both';
like replay(forged(sub { delete $_[0]{host} }))->{error}, qr/CC0562: .*"host"/, 'a ledger has a host';
{
    my ($line) = replay(forged(sub { $_[0]{host} = undef }), '--json', '--vhost', 'localhost:' . $h->port(2))->{output};
    is $json->decode((split /\n/, $line)[0])->{host}, undef, 'null is that of the main server';
}

# ---- restarts

sub named { my ($name) = @_; return (port => 5, host => "$name.example", curl => ['--insecure']) }
sub at { my ($name) = @_; return [keys %{ entries(5, named($name)) }] }
$h->get('/', cert => 'service', named('a'));
$h->get('/', cert => 'bob', named('b'));
is_deeply [at('a'), at('b')], [[$service], [digest_of('bob')]], 'hosts of one name have ledgers of their own';
ok $h->reload(conf => $conf . namesakes('b', 'a')), 'a graceful restart';
is_deeply [at('a'), at('b')], [[$service], [digest_of('bob')]], 'keeps them apart in another order';
is entries(1)->{$service}{count}, 4, 'keeps the ledger';
is keys %{ entries(2) }, 5, 'that of each host';
$h->get('/', cert => 'service');
is entries(1)->{$service}{count}, 5, 'which continues';
ok $h->reload(conf => $conf =~ s/names=on days=7//r), 'a restart without names';
is_deeply entries(2), {}, 'drops the names with their ledger';
ok $h->reload(conf => $conf =~ s/ClientCertLedger\n/ClientCertLedger Off\n/r), 'a restart with ClientCertLedger Off';
is $h->get('/ledger')->{status}, 404, 'ends the ledger';
ok $h->reload(conf => $conf), 'and a later one';
is_deeply entries(1), {}, 'begins anew';

# ---- the directive

sub refused {
    my ($arguments) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => "ClientCertLedger $arguments\n");
    isnt $exit, 0, "$arguments is refused";
    return $output;
}
like refused('names=yes'), qr/site\.conf:.*CC0149: .*"names=yes".*names=off or names=on/s, 'with the legal values';
like refused('days=0'), qr/CC0149: .*1 to 3650/s, 'and the range';
like refused('Off days=3'), qr/CC0149: .*"Off".*names=on\|off or days=NUMBER/s, 'Off stands alone';
like refused('subjects=on'), qr/CC0149: .*"subjects=on"/s, 'and the options';
like refused('days=1 days=2'), qr/CC0149: .*twice/s, 'each once';
{
    my ($exit, $output) = ClientCert::Test->configtest(conf => "ClientCertMap sha256 == $service user=\n");
    isnt $exit, 0, 'the rule of an entry is not legal before a name is written';
}

done_testing;
