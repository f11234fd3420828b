# SPDX-License-Identifier: Apache-2.0
# Tests that the page is readable in a real browser with a client certificate: on a phone and a
# desktop, light and dark. SHOTS=DIRECTORY keeps the screenshots for review, AXE=FILE also runs axe-core.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Accessible;
use ClientCert::Test::Browser;
use ClientCert::Test::Certificate;
use ClientCert::Test::Crl;
use ClientCert::Test::File;

my $missing = ClientCert::Test::Browser->missing;
die "$missing\n" if $missing && $ENV{CI};
$missing ||= ClientCert::Test::Browser->impossible;
plan(skip_all => $missing) if $missing;

my $staff = ClientCert::Test::Crl->new('staff');
my $h     = ClientCert::Test->server(
    modules => ['http2', 'status'],
    files   => {
        'htdocs/private/page' => "private\n",
        'conf/staff.crl'      => $staff->crl(number => 19),
    },
    conf    => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    Protocols h2 http/1.1
    SSLVerifyClient optional
    ClientCertMap issuer == "CN=Staff CA,O=Example" subject.CN == "nobody" user=nobody
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "(.+)@example\.com" user=$1 group=staff group=%{subject.OU}
    ClientCertMap issuer == "CN=Staff CA,O=Example" subject.CN == "escape" user=nobody
    ErrorDocument 403 /whoami
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    <Location "/rules">
        SetHandler clientcert-status
        ClientCertStatusRules On
    </Location>
    <Location "/private">
        Require clientcert-group board
    </Location>
    <Location "/later">
        SSLVerifyClient require
    </Location>
    ClientCertStatusText "How to get a certificate" https://intranet.example.com/certificates
    ServerAdmin certificates@example.com
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional_no_ca
    ClientCertTolerate On
    ServerAdmin https://www.example.com/help
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertCRL conf/staff.crl reload=0.2
    ClientCertCRLCheck leaf
    ErrorDocument 403 /whoami
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
</VirtualHost>
<VirtualHost *:@PORT4@>
    ServerName localhost
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    <Location "/server-status">
        SetHandler server-status
    </Location>
</VirtualHost>
CONF
$staff->revoke('revoked', 'keyCompromise');
announce('CC0190', 'CC0103', 'CC0104', 'CC0110', 'CC0115', 'CC0150', 'CC0152', 'CC0157', 'AH01630', 'AH02229', 'AH10158', 'CC0722',
    qr/SSL Library Error/);

my $ca    = ClientCert::Test->ca;
my $root  = "$ca/root.pem";
my $site  = 'https://localhost:' . $h->port;
my @shots = $ENV{SHOTS} ? (shots => $ENV{SHOTS}) : ();
my $alice = ClientCert::Test::Browser->new(p12 => "$ca/alice.p12", password => 'secret',
    ca => $root, @shots);
my $nobody = ClientCert::Test::Browser->new(ca => $root, @shots);

# The text of a page, without tags.
sub text {
    my ($dom) = @_;
    (my $text = $dom) =~ s{<style>.*?</style>|<[^>]*>}{ }gs;
    return $text =~ s/\s+/ /gr;
}

my $dom = $alice->dom("$site/whoami");
like $dom, qr{<h1>You are alice</h1>}, 'the certificate of an imported .p12 is presented and mapped';
like text($dom), qr/User alice Groups staff admins/, 'user and groups are there';
like text($dom), qr/sha256 [0-9a-f]{64}\b.*Session full handshake/, 'certificate and connection too';
unlike $dom, qr/<(?:script|img|link|iframe)/, 'the page has no scripts, and loads nothing';
like text($alice->dom("$site/rules?trace")), qr/does not match issuer == "CN=Staff CA,O=Example" subject\.CN == "nobody" user=nobody/,
    'the rules are there on request';
like text($alice->dom("$site/private/page")), qr{403 Forbidden /private/page You are alice, but you are not allowed},
    'a refused user sees the reason';
like text($nobody->dom("$site/whoami")), qr/No client certificate was presented .*Firefox/,
    'a browser without a certificate sees how to present one';

# ---- every state, in the light and in the dark, on a phone and on a desktop

$h->mark_log;
my $open = $h->connection(cert => 'revoked', port => 3);
is $open->request('/')->{status}, 200, 'a certificate that is good';
replace($h->path('conf/staff.crl'), $staff->crl(number => 20, until => 5000));
ok $h->wait_log(qr/CC0173/), 'which is revoked then';
my $ends = certificate('ends', '/O=Example/CN=ends', san => 'email:ends@example.com',
    begin => time - 300 * 86400, end => time + 4 * 86400 + 3600);
my %state = (
    accepted => $h->get('/whoami', cert => 'alice'),
    allowed  => $h->get('/rules?trace', cert => 'alice'),
    refused  => $h->get('/private/page', cert => 'alice'),
    expiring => $h->get('/whoami', cert => $ends),
    unmapped => $h->get('/whoami', cert => 'service'),
    unusable => $h->get('/rules?trace', cert => 'nul-cn'),
    none     => $h->get('/whoami'),
    unknown  => $h->get('/whoami', cert => 'selfsigned', port => 2),
    revoked  => $open->request('/'),
    expired  => $h->get('/whoami', cert => 'expired', port => 2),
    late     => $h->connection(cert => 'alice', tls => '1.3')->request('/later/page'),
    'no-tls' => $h->get('/whoami', port => 4, scheme => 'http'),
    long     => $h->get('/whoami', cert => 'long-cn'),
);
like $state{expiring}{body}, qr/<p class="warning">Your certificate expires in 4 days, /, 'a warning is at the top';
like $state{revoked}{body}, qr/<h1>Your certificate was revoked/, 'a page of a revoked certificate';
for my $name (sort keys %state) {
    my $url = 'file://' . write_file($h->path("$name.html"), $state{$name}{body});
    like $state{$name}{body}, qr/<main>/, "$name: a page";
    for my $dark (0, 1) {
        for my $width (320, 1000) {
            my $form = ($dark ? 'dark' : 'light') . "-$width";
            is_deeply [faults($alice, $url, width => $width, dark => $dark)], [],
                "$name, $form: no fault of accessibility";
            $alice->picture($url, width => $width, height => 900, dark => $dark, name => "$name-$form")
                if $ENV{SHOTS};
        }
    }
}

# mod_status makes the page around our part: it has no language, and two headings of level 1.
my $status = $h->get('/server-status', port => 4, scheme => 'http')->{body};
$status =~ s{.*(<h2>mod_clientcert.*?)(?:<hr|</body).*}{$1}s;
my $part = '<!DOCTYPE html><html lang="en"><meta name="viewport" content="width=device-width">'
    . "<title>s</title><main><h1>s</h1>$status</main>";
is_deeply [grep { !/wide|cut at the right/ } faults($alice, 'file://' . write_file($h->path('status.html'), $part))],
    [], 'the part in mod_status has no fault either';

# The audit itself finds faults.
my $bad = '<title></title><body style="background:#fff"><h2>x</h2><p style="color:#999">pale</p><a href="/x"></a>'
    . '<table><tr><td>x</table><div style="width:2000px">wide</div><ul><p><li>x</ul><dl></dl>';
my @faults = faults($alice, 'file://' . write_file($h->path('bad.html'), $bad));
for my $fault ('no language', 'no title', 'no viewport', 'headings: 2', 'not one <main>', 'in no landmark',
    'link without a name', 'table without headers', 'pixels wide', 'cut at the right', 'contrast of <P', 'a <dl> that is empty') {
    ok scalar(grep { /\Q$fault\E/ } @faults), "the audit finds: $fault";
}

# ---- the layout

my %background = (light => '#f6f8fa', dark => '#0d1117');
for my $scheme (sort keys %background) {
    for (['phone', 390, 844], ['desktop', 1280, 900], ['whole-phone', 390, 3600]) {
        my ($device, $width, $height) = @$_;
        my $picture = $alice->picture("$site/rules?trace", name => "$scheme-$device",
            width => $width, height => $height, dark => $scheme eq 'dark');
        is "$picture->{width}x$picture->{height} " . $picture->pixel(2, 2),
            "${width}x$height $background{$scheme}", "$scheme, $device: has its size and background";
        cmp_ok $picture->colours, '>', 50, 'something is on it';
        my @beside = grep { $picture->pixel($width - 8, $_) ne $background{$scheme} }
            0 .. $height - 1;
        is_deeply \@beside, [], 'nothing is wider than it';
    }
}
$nobody->picture("$site/whoami", name => 'none', width => 390, height => 1600);

# ---- text of a certificate stays text in the browser

my $evil = '<script>document.title=1<\\/script><img src=x onerror="document.title=2">';
my $at   = $h->path('evil');
my $make = <<'SH';
exec >"$2.said" 2>&1
set -e
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2.key" \
    -subj "/O=Example/description=$3/CN=evil" -out "$2.csr"
echo 'subjectAltName = email:<b>bold@example.com' >"$2.ext"
openssl x509 -req -in "$2.csr" -CA "$1/staff.pem" -CAkey "$1/staff.key" -extfile "$2.ext" -out "$2.pem"
openssl pkcs12 -export -in "$2.pem" -inkey "$2.key" -out "$2.p12" -passout pass:secret
SH
system('sh', '-c', $make, 'sh', $ca, $at, $evil) == 0
    or die do { local (@ARGV, $/) = "$at.said"; <> };
my $owned = ClientCert::Test::Browser->new(p12 => "$at.p12", password => 'secret', ca => $root)
    ->dom("$site/rules?trace");
like $owned, qr{<title>You are [^<]*bold</title>}, 'a hostile certificate is presented';
like $owned, qr/&lt;script&gt;document/, 'and shown';
unlike $owned, qr/<(?:script|img|b)\b/, 'as text';

done_testing;
