# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertPinned in the configuration, for several hosts, when its table fails, in the tool
# and in conf/examples/pins.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Coalesced;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Tool;
use ClientCert::Test::Waiting;

use Fcntl qw(O_RDWR O_CREAT);
use File::Temp qw(tempdir);
use SDBM_File ();

sub digest_of {
    my ($at, $of) = @_;
    my $der = $of eq 'sha256' ? "openssl x509 -in $at.pem -outform DER"
        : "openssl x509 -in $at.pem -noout -pubkey | openssl pkey -pubin -outform DER";
    my ($digest) = `$der | openssl dgst -sha256 -r` =~ /^(\w+)/;
    return $digest;
}

my %self   = (self => 1, extension => 'basicConstraints = critical,CA:TRUE');
my $acme   = certificate('acme', '/CN=acme', %self);
my $globex = certificate('globex', '/CN=globex', %self);
my ($acme_key, $globex_key) = map { digest_of($_, 'key') } $acme, $globex;

# ---- configurations that do not start

sub is_refused {
    my ($claim, $pattern, @lines) = @_;
    my $host = join "\n    ", @lines;
    my ($exit, $output) = ClientCert::Test->configtest(
        files => { 'conf/keys.map' => "$acme_key acme\n" },
        modules => ['-none'],
        conf => <<"CONF");
ClientCertTable keys file:conf/keys.map octets
ClientCertTable grid gridmap:conf/keys.map
ClientCertTable rows file:conf/keys.map issuer=2
<VirtualHost *:\@PORT\@>
    ServerName site.example
    \@SSL\@
    $host
</VirtualHost>
CONF
    ok $exit != 0 && $output =~ $pattern, $claim or diag $output;
    return;
}

my $no_ca = 'SSLVerifyClient optional_no_ca';
my $on    = 'ClientCertPinned keys';
is_refused("with $_", qr/CC0439: \S+:8: with ClientCertPinned, site\.example needs "SSLVerifyClient optional_no_ca", not "SSLVerifyClient $_"/,
    "SSLVerifyClient $_", $on) for 'optional', 'require', 'none';
is_refused('an unknown table', qr/CC0428: "nosuch": no such table; .*keys/, $no_ca, 'ClientCertPinned nosuch');
is_refused('another field', qr/CC0428: "subject": write the name/, $no_ca, 'ClientCertPinned keys subject');
is_refused('no table', qr/CC0428: /, $no_ca, 'ClientCertPinned ""');
is_refused('a third word', qr/CC0428: "x": write/, $no_ca, 'ClientCertPinned keys sha256 x');
is_refused('Off and more', qr/CC0428: "sha256": write .*or write Off alone/, $no_ca, 'ClientCertPinned Off sha256');
is_refused('a grid-mapfile', qr/CC0443: "grid": the keys of a gridmap: table are DNs/, $no_ca, 'ClientCertPinned grid');
is_refused('rows of a CA', qr/CC0443: "rows": its rows count for one CA/, $no_ca, 'ClientCertPinned rows');
is_refused('SSLUserName', qr/CC0452: .*SSLUserName makes users .*ClientCertPinned at \S+:8/, $no_ca, $on,
    'SSLUserName SSL_CLIENT_S_DN_CN');
is_refused('a condition on a name', qr/CC0453: .*since ClientCertPinned at/, $no_ca, $on,
    q{<Location /x>}, q{Require expr %{SSL_CLIENT_S_DN_CN} == 'admin'}, '</Location>');

# ---- lint

# A table has to be used by a rule or a pin that is in effect.
sub found {
    my ($main, @lines) = @_;
    my $host = join "\n    ", @lines;
    my ($exit, $output) = ClientCert::Test->configtest(
        files => { 'conf/keys.map' => "$acme_key acme\n" },
        modules => ['-none'],
        conf => <<"CONF");
ClientCertTable keys file:conf/keys.map octets
ClientCertTable far redis:127.0.0.1:1
$main
<VirtualHost *:\@PORT\@>
    ServerName site.example
    \@SSL\@
    $host
    ClientCertMap spki.sha256 in keys user=\$1
    ClientCertMap spki.sha256 in far user=\$1
</VirtualHost>
CONF
    is $exit, 0, 'it loads' or diag $output;
    return join ' ', $output =~ /(CC074[345]: \S+?:\d+)/g;
}

my $conf = qr{\S*site\.conf};
like found($on, 'SSLVerifyClient optional'), qr/^CC0743: $conf:3$/, 'pins of the main server that no host can use are reported';
is found($on, $no_ca), '', 'not if one can,';
is found('ClientCertPinned Off', 'SSLVerifyClient optional'), '', 'nor if there are none';
like found('', $no_ca, 'ClientCertPinned far'), qr/^CC0744: $conf:\d+$/, 'strangers cause queries to a remote table';
like found('ClientCertPinned far', $no_ca), qr/^CC0744: $conf:3$/, 'also one of the main server,';
like found('ClientCertPinned far', $no_ca, 'ClientCertPinned Off'), qr/^CC0743: $conf:3$/, 'unless no host asks it,';
is found('', $no_ca, $on), '', 'but not to a file';

# ---- several hosts on one connection

sub host {
    my ($name, @own) = @_;
    my $own = join "\n    ", @own;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name
    \@SSL:ab.example\@
    SSLVerifyClient optional_no_ca
    $own
    ClientCertMap spki.sha256 == $acme_key user=acme
    ClientCertMap spki.sha256 == $globex_key user=globex
    ClientCertMap issuer.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF
}

announce('CC0132', 'CC0104', 'CC0110', 'CC0138', 'CC0133', 'CC0191', 'CC0190', 'CC0150', 'CC0115', 'AH01630', qr/CC07\d\d/, 'AH02038',
    qr/AH0(?:1909|2039|1979|2276|1114|1144)/, qr/SSL Library Error/);

my $h = ClientCert::Test->server(
    modules => [qw(headers authz_user http2)],
    files   => {
        'conf/a.map' => "$acme_key acme\n",
        'conf/b.map' => "$globex_key globex\n",
        'conf/w.map' => digest_of($acme, 'sha256') . " acme\n",
        'htdocs/index.html' => "here\n",
    },
    global => "Protocols h2 http/1.1\n" . any_host_conf()
        . join('', map { "ClientCertTable $_ file:conf/$_.map octets\n" } qw(a b w)),
    conf => "ClientCertPinned a\n" . host('a.example')
        . host('b.example', 'ClientCertPinned b spki.sha256')
        . host('w.example', 'ClientCertPinned w sha256')
        . host('none.example', 'ClientCertPinned Off')
        . host('last.example', 'ClientCertPinned Off', 'ClientCertPinned b')
        . host('off.example', 'ClientCertPinned b', 'ClientCertPinned off')
        . host('far.example', 'ClientCertPinned a', "SSLCACertificateFile \@CA\@/services-chain.pem"));
my %by_host;
for my $name (qw(a b w none last off far)) {
    my %o = (host => "$name.example", curl => ['-k']);
    $by_host{$name} = join ' ', map { $h->get('/', %o, cert => $_)->{headers}{user} || '-' } $acme, $globex;
}
is_deeply \%by_host, { a => 'acme -', b => '- globex', w => 'acme -', none => '- -', last => '- globex', off => '- -',
    far => 'acme -' },
    'each host has the pins of the main server, its own, or none: of keys, or of certificates';
is_deeply [map { s/ \d 2$//r } @{ coalesced($h, '127.0.0.1', $acme, qw(a.example b.example w.example far.example none.example)) }],
    ['200 acme', '200 ', '200 acme', '200 acme', '421 '],
    'also on one connection of HTTP/2; a host without pins is not served there';
$h->stop;

# ---- a table that fails

my $dir = tempdir(CLEANUP => 1);
tie my %rows, 'SDBM_File', "$dir/keys", O_RDWR | O_CREAT, 0644 or die "$dir/keys: $!\n";
%rows = ($acme_key => 'acme');
untie %rows;
$h = ClientCert::Test->server(
    modules => [qw(headers authz_user authz_host)],
    files   => {
        (map { ("conf/keys.$_" => read_file("$dir/keys.$_")) } qw(pag dir)),
        map { ("htdocs/$_" => "here\n") } qw(index.html private negated open),
    },
    conf => <<"CONF");
ClientCertTable keys dbm:sdbm:conf/keys octets reload=1
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@TLS\@
    SSLVerifyClient optional_no_ca
    ClientCertPinned keys
    <Location /private>
        ClientCertMap key.bits > 0 user=somebody
        Require clientcert-user somebody
    </Location>
    <Location /negated>
        <RequireAll>
            Require all granted
            Require not clientcert key.bits < 0
        </RequireAll>
    </Location>
</VirtualHost>
CONF
my $c = $h->connection(cert => $acme);
is $c->request('/private')->{status}, 200, 'a database of keys, without any CA';
is $c->request('/negated')->{status}, 200, 'and a negation that holds';
unlink map { $h->path("conf/keys.$_") } qw(pag dir);
$h->mark_log;
is $h->get("/$_", cert => $acme)->{status}, 500, "a lookup that fails is 500: $_" for qw(private negated);
ok $h->wait_log(qr/CC0133: result=failed .*its key cannot be looked up: table keys/), 'which the log explains';
is $h->get('/open', cert => $acme)->{status}, 200, 'a page for all is served';
ok wait_until(sub { $c->request('/private')->{status} == 500 }), 'on an open connection too, once the change is noticed';
$h->stop;

# ---- the example, and the tool

my $renewed = certificate('renewed', '/CN=acme', %self);
my @files   = (files => {
    'var/keys.map' => "$acme_key acme partners,orders\n" . digest_of($renewed, 'key') . " acme partners,orders\n"
        . "$globex_key globex partners\n",
    map { ("htdocs/$_/page" => "$_\n") } qw(orders catalogue) });
$h = example('pins', @files);
my $stranger = certificate('stranger', '/CN=acme', %self);
sub statuses { my ($cert) = @_; return join ' ', map { $h->get("/$_/page", cert => $cert)->{status} } qw(orders catalogue) }
is statuses($acme), '200 200', 'pins.conf: a partner';
is statuses($renewed), '200 200', 'its next key';
is statuses($globex), '403 200', 'another partner';
is statuses($stranger), '403 403', 'nobody with its name alone';
keeps_denied($h, "/$_/page", cert => $acme) for qw(orders catalogue);

for my $case ([$acme, 'mapped', 'acme'], [$stranger, 'rejected', undef]) {
    my ($cert, $result, $user) = @$case;
    my $said = answer($h, 'explain', "$cert.pem");
    is $said->{result}, $result, 'the tool says what the server does: ' . ($cert =~ s{.*/}{}r);
    is $said->{verdict}{user}, $user, 'the user' if $user;
    is $said->{verification}{pinned}, $user ? 'keys' : undef, 'and whether its key is pinned';
    like $said->{reason} // '', $user ? qr/^$/ : qr/its key is not in the table keys/, 'with the reason';
}

done_testing;
