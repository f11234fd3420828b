# SPDX-License-Identifier: Apache-2.0
# Tests that each decision is logged in one line: the same fields in the same order, complete,
# whatever a certificate contains.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Log;

use Fcntl qw(O_RDWR O_CREAT);
use File::Temp qw(tempdir);
use SDBM_File ();

my $ca  = ClientCert::Test->ca;
my $dir = tempdir(CLEANUP => 1);

# The two files of a database with these rows.
sub database {
    my ($path, %rows) = @_;
    tie my %dbm, 'SDBM_File', "$dir/db", O_RDWR | O_CREAT, 0600 or die "$dir/db: $!\n";
    %dbm = %rows;
    untie %dbm;
    return map { ("$path.$_" => do { local (@ARGV, $/) = "$dir/db.$_"; <> // '' }) } qw(dir pag);
}

# Everything at its greatest length.
my $umlauts = "\xc3\xa4" x 2000;
my $wide_ca = certificate('wide-ca', "/description=$umlauts/CN=Wide CA", self => 1,
    extension => 'basicConstraints = critical, CA:TRUE');
my $wide    = certificate('wide', "/description=$umlauts/CN=wide", issuer => $wide_ca,
    serial => '7f' x 1000, san => join ',', 'URI:urn:' . 'u' x 2000,
    map { "DNS:$_." . 'd' x 60 } 1 .. 500);
system("cat $ca/root.pem $wide_ca.pem >$dir/wide-cas.pem");
my $names = join ' ', map { "name-$_" } 1 .. 500;

my $h = ClientCert::Test->server(
    modules => ['remoteip', 'authz_user'],
    files   => {
        database('conf/rows', alice => 'alice'),
        map { ("htdocs/$_/page" => "$_\n") } qw(mapped unmapped denied failed unusable limited
            many ambiguous empty private long debug warn silent)
    },
    # A ticket with 90,000 octets of certificate is more than TLS has room for.
    global => "SSLSessionTickets off\nSSLSessionCache none\n",
    conf   => <<'CONF' =~ s{DIR}{$dir}r =~ s{NAMES}{$names}gr);
ClientCertTable rows dbm:sdbm:conf/rows reload=0
RemoteIPHeader X-Forwarded-For
RemoteIPTrustedProxy 127.0.0.1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    <Location "/mapped">
        ClientCertMap subject.CN == "alice" user=alice group="a,b" group=c
    </Location>
    <Location "/unmapped">
        ClientCertMap subject.CN == "nobody" user=x
    </Location>
    <Location "/denied">
        ClientCertMap subject.CN == "alice" deny
    </Location>
    <Location "/failed">
        ClientCertMap subject.CN in rows user=$1 group=$2
    </Location>
    <Location "/unusable">
        ClientCertMap subject.CN == "admin" user=x
        ClientCertMap issuer.CN == "Staff CA" group=staff
    </Location>
    <Location "/limited">
        ClientCertMap subject.CN =~ "(a+)+b" user=x
    </Location>
    <Location "/many">
        ClientCertMap group=%{subject.OU}%{san.email}
    </Location>
    <Location "/ambiguous">
        ClientCertMap user=%{subject.OU}
        ClientCertMap user=somebody
    </Location>
    <Location "/empty">
        ClientCertMap user=%{subject.CN}
    </Location>
    <Location "/private">
        ClientCertMap subject.CN == "alice" user=alice
        Require clientcert-user "root" admin
        Require clientcert subject.CN == "r\"oot"
    </Location>
    <Location "/long">
        ClientCertMap user=%{san.email|first} group=%{san.email}
        Require clientcert-user root
    </Location>
    <Location "/debug">
        LogLevel clientcert:debug
        ClientCertMap subject.description == "x" user=x
        ClientCertMap san.email != "x@example.com" issuer.CN == "Others" user=%{subject.description}
        ClientCertMap group=g
    </Location>
    <Location "/warn">
        LogLevel clientcert:warn
        ClientCertMap subject.CN == "bob" user=bob
        ClientCertMap subject.CN == "two-cn" user=%{subject.CN}
    </Location>
    <Location "/silent">
        LogLevel clientcert:crit
        ClientCertMap user=%{subject.CN}
        Require clientcert-user root
    </Location>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional_no_ca
    ClientCertMap user=%{subject.CN}
    <Location "/private">
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName b.example
    @SSL:b.example@
    SSLCACertificateFile DIR/wide-cas.pem
    SSLVerifyClient optional
    ClientCertMap user=%{san.uri} group=%{san.dns}
    <Location "/">
        Require clientcert-user NAMES
        Require clientcert-user NAMES a
        Require clientcert-user NAMES b
        Require clientcert-user NAMES c
    </Location>
</VirtualHost>
CONF
my $port = $h->port;

# The decisions of the lines with this tag that a request has caused.
sub told {
    my ($tag, $path, %o) = @_;
    $h->mark_log;
    $h->get($path, %o);
    return map { decision($_) // "not as it should be: $_" } $h->wait_log(qr/\] $tag: /);
}

# openssl's output for a certificate.
sub facts {
    my ($name) = @_;
    my $file   = $name =~ m{/} ? $name : "$ca/$name";
    my $said   = `openssl x509 -in $file.pem -noout -serial -fingerprint -sha256`;
    my ($serial) = $said =~ /^serial=(\w+)/m;
    my ($sha256) = $said =~ /Fingerprint=(\S+)/;
    return (serial => lc $serial, sha256 => lc($sha256) =~ tr/://dr);
}

my %alice = (subject => 'CN=alice,OU=admins,OU=staff,O=Example', issuer => 'CN=Staff CA,O=Example',
    client => '127.0.0.1', vhost => "localhost:$port", facts('alice'));
my %nobody = (user => '', groups => '', rule => '-');

sub rule { my ($line) = @_; return $h->path('conf/site.conf') . ":$line" }

# ---- each decision

announce('AH01630', 'CC0104', 'CC0106', 'CC0110', 'CC0133',
    map { "CC015$_" } 0 .. 4);
announce('CC0704');    # each rule gives a user to any CA

is_deeply [told('CC0101', '/mapped/page', cert => 'alice')],
    [{ %alice, tag => 'CC0101', level => 'info', result => 'mapped', user => 'alice',
        groups => 'a\\\\\\\\,b,c', rule => rule(9) }], 'mapped';
is_deeply [told('CC0103', '/unmapped/page', cert => 'alice')],
    [{ %alice, %nobody, tag => 'CC0103', level => 'notice', result => 'unmapped',
        reason => 'no rule gives it a user or group' }], 'unmapped';
is_deeply [told('CC0103', '/denied/page', cert => 'alice')],
    [{ %alice, %nobody, tag => 'CC0103', level => 'notice', result => 'denied', rule => rule(15),
        reason => 'a rule denies it' }], 'denied';
my ($failed) = told('CC0133', '/failed/page', cert => 'alice');
like delete $failed->{reason}, qr/\Atable rows \(\S+:1\): .*\$2/, 'failed: why';
is_deeply $failed, { %alice, %nobody, tag => 'CC0133', level => 'error', result => 'failed' },
    'failed';
is_deeply [told('CC0104', '/', host => 'a.example', cert => 'selfsigned')],
    [{ %alice, %nobody, facts('selfsigned'), tag => 'CC0104', level => 'warn', result => 'rejected',
        issuer => $alice{subject}, vhost => "a.example:$port", reason => 'it is self-signed, and not trusted here itself' }],
    'rejected';
my ($refused) = told('CC0106', '/', cert => 'expired');
like delete $refused->{reason}, qr/\Ait has expired: 20\d\d-/, 'refused: why';
is_deeply $refused, { %alice, %nobody, facts('expired'), tag => 'CC0106', level => 'warn',
        result => 'refused', subject => 'CN=expired,O=Example', depth => 0, at_subject => '',
        at_serial => '-' }, 'refused';

my $needs = join ', ', "clientcert-user 'root' admin (" . rule(39) . ')',
    q{clientcert subject.CN == 'r\\\\x22oot' (} . rule(40) . ')';
my %forbidden = (%alice, tag => 'CC0110', level => 'error', result => 'forbidden',
    request => 'GET /private/page', needs => $needs);
is_deeply [told('CC0110', '/private/page?query', cert => 'alice')],
    [{ %forbidden, user => 'alice', groups => '', rule => rule(38),
        reason => 'it meets none of these requirements' }],
    'forbidden to a user';
is_deeply [told('CC0110', '/private/page')],
    [{ %forbidden, %nobody, (map { $_ => '' } qw(subject issuer)), serial => '-', sha256 => '-',
        reason => 'no client certificate was presented' }], 'to a client without a certificate';
is_deeply [told('CC0110', '/private/page', cert => 'bob')],
    [{ %forbidden, %nobody, facts('bob'), subject => 'CN=bob,OU=staff,O=Example',
        reason => 'no rule gives it a user or group' }], 'to an unmapped certificate';
is_deeply [map { $_->{reason} } told('CC0110', '/private/x', host => 'a.example',
    cert => 'selfsigned')], ['it is self-signed, and not trusted here itself'], 'to one that does not count';

# ---- the notes of the rules

my %note = (
    unusable  => ['CC0150', 'unusable', 'nul-cn', { groups => 'staff' },
        qr/\Asubject\.CN: .*'public\\\\x00|\Asubject\.CN: .*\\\\x00.*': it contains a NUL\z/],
    limited   => ['CC0151', 'limited',
        certificate('limited', '/O=Example/CN=' . 'a' x 60 . 'bx'), {}, qr/limit exceeded/],
    ambiguous => ['CC0152', 'ambiguous', 'alice', { user => 'somebody' },
        qr/\Auser=\S+ is ambiguous, .*: 'staff' or 'admins'\z/],
    many      => ['CC0153', 'limited',
        certificate('many', join('', '/O=Example', map { "/OU=unit $_" } 1 .. 40),
            san => join ',', map { "email:a$_\@example.com" } 1 .. 40), {},
        qr/: the values give more than 1000 results\z/],
    empty     => ['CC0154', 'unusable', 'empty-cn', {}, qr/it is empty\z/],
);
for my $place (sort keys %note) {
    my ($tag, $result, $cert, $who, $reason) = @{ $note{$place} };
    my ($note) = told($tag, "/$place/page", cert => $cert);
    is ref $note ? "$note->{level} $note->{result}" : $note, "warn $result", "$tag: its result";
    like $note->{rule}, qr/site\.conf:\d+\z/, 'the rule that it is about';
    like $note->{reason}, $reason, 'what it is about';
    is_deeply { map { $_ => $note->{$_} } qw(user groups) }, { user => '', groups => '', %$who },
        'and the rules give the user nevertheless';
    is_deeply { map { $_ => $note->{$_} } qw(serial sha256) }, { facts($cert) },
        'and which certificate';
}

# ---- the client's address

my ($far) = told('CC0101', '/mapped/page', cert => 'alice',
    headers => ['X-Forwarded-For: 2001:db8::7']);
is $far->{client}, '2001:db8::7', 'the client has the address of mod_remoteip';

# ---- one line for each decision, and only where it is needed

$h->mark_log;
my $c = $h->connection(cert => 'alice');
$c->request('/mapped/page') for 1 .. 3;
$c->request('/unmapped/page') for 1 .. 3;
is_deeply [map { decision($_)->{result} } $h->log_lines(qr/ result=/)], ['mapped', 'unmapped'],
    'a connection is logged once for each set of rules';
$h->mark_log;
$h->get('/warn/page', cert => $_) for qw(alice bob two-cn);
is_deeply [map { decision($_)->{result} } $h->log_lines(qr/ result=/)], ['ambiguous'],
    'LogLevel clientcert:warn: no notice, no info';
$h->mark_log;
$h->get('/silent/page', cert => $_) for qw(alice two-cn);
ok !$h->log_lines(qr/\[clientcert:/), 'LogLevel clientcert:crit: nothing';

# ---- the trace

$h->mark_log;
$h->get('/debug/page', cert => 'alice');
my @steps = map { s/.*CC0105: rule \S+site\.conf:(\d+) /$1 /r } $h->log_lines(qr/CC0105/);
my $first = $steps[0] =~ s/ .*//r;
is_deeply \@steps, [
    "$first does not match: subject.description == \"x\"; seen (none)",
    ($first + 1) . ' does not match: issuer.CN == "Others"; seen Staff CA',
    ($first + 2) . ' matches'], 'each rule, its first condition that failed, and what it saw';

# ---- hostile names

my $evil = qq{x" user="root\n[error] CC0101: result=mapped user=\x22admin\x22\r\t\x1b[31m\x7f}
    . "\xc2\x85\xe2\x80\xa8\xe2\x80\xaereversed\xe2\x81\xa6 \\\\ <script>alert('1')</script> "
    . "\xc3\xa9";
(my $quoted = $evil) =~ s{([\\/+])}{\\$1}g;
my $much = $quoted x (90_000 / length $quoted);
my %hostile = (
    evil      => certificate('evil', "/O=Example/description=$quoted/CN=evil"),
    long      => certificate('long', "/O=Example/description=$much/CN=long"),
    many      => certificate('mails', '/O=Example/CN=mails',
        san => join ',', map { 'email:' . 'a\\\\"' x 20 . "$_\@example.com" } 1 .. 900),
    latin     => certificate('latin', "/O=Example/CN=l/description=" . "\xc3\xa9" x 45_000),
    backslash => certificate('backslash', "/O=Example/CN=b/description=" . '\\\\' x 50_000),
    serial    => certificate('serial', '/O=Example/CN=s', serial => '7f' x 40_000),
);
my $own = certificate('own', "/O=Example/description=" . substr($much, 0, 40_000) =~ s/\\*\z//r
    . '/CN=own', self => 1);

for my $name (sort keys %hostile) {
    my $cert = $hostile{$name};
    $h->mark_log;
    is $h->get("/$_/page", cert => $cert)->{status}, 200, "$name: it is served" for qw(debug warn);
    is $h->get('/long/page', cert => $cert)->{status}, 403, "$name: and forbidden";
    $h->get('/unmapped/page', cert => $cert);
    my ($forbidden) = map { decision($_) } $h->wait_log(qr/CC0110/);
    my ($notice)    = map { decision($_) } $h->log_lines(qr/CC0103.*no rule gives it/);
    my %fact        = facts($cert);
    for ($forbidden, $notice) {
        is $_->{sha256}, $fact{sha256}, "$name: the line shows which it is";
    }
    is $notice->{result}, 'unmapped', "$name: and what";
    is $forbidden->{needs}, 'clientcert-user root (' . rule(44) . ')', "$name: complete";
    is_deeply [$h->log_lines(qr/ user="(?:root|admin)"/)], [], "$name: no line says it is root";
}
$h->get('/', cert => $own);
my ($line) = $h->wait_log(qr/CC0106/);
is decision($line)->{depth}, 0, 'a refusal of long names: complete';
like decision($line)->{$_}, qr/\.\.\.\z/, "with dots where its $_ was cut" for qw(subject issuer);
$h->get('/private/' . "%22%0A%E2%80%AE\\/" x 300 . '?x', cert => 'alice', method => 'M' x 900);
my ($url) = $h->wait_log(qr/CC0110.*MMM/);
like decision($url)->{request}, qr/\.\.\.\z/, 'a request that is long';


my ($widest) = told('CC0110', '/' . '%C3%A4/' x 600, cert => $wide, host => 'b.example');
like $widest->{$_}, qr/\.\.\.\z/, "a line with everything long: its $_ is cut"
    for qw(user subject issuer serial request needs);
like $widest->{groups}, qr/\d\.d+\.\.\. \(\d+ more\)\z/, 'and its groups are complete names';
like $widest->{needs}, qr/\Aclientcert-user name-1 .*\.\.\. \(\S+site.conf:\d+\), /,
    'and each requirement has its place';

# ---- the whole log

$h->stop;
my $log = do { local (@ARGV, $/) = $h->path('logs/error_log'); <> };
is_deeply [not_decisions($log)], [], 'every decision has its form';
my @ours = grep { /\] \[clientcert:/ } split /\n/, $log;
is_deeply [grep { !/^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:.]+ \d{4}\] \[\w+:\w+\] / }
        split /\n/, $log], [], 'every line of the log has the beginning of a line';
is_deeply [grep { /[^ -~]/ } @ours], [], 'the module\'s lines are printable';
my %most = (user => 512, serial => 256,
    map { $_ => 1024 } qw(groups subject issuer reason request needs));
for my $name (sort keys %most) {
    my ($length) = sort { $b <=> $a }
        map { length($_->{$name} // '') } map { decision($_) // () } @ours;
    cmp_ok $length, '<=', $most{$name}, "no $name exceeds its limit";
}
my ($longest) = sort { $b <=> $a } map { length } @ours;
cmp_ok $longest, '<=', 8000, 'none is longer than what httpd keeps';
cmp_ok $longest, '>', 6000, 'although some had long texts';

done_testing;
