# SPDX-License-Identifier: Apache-2.0
# Tests that the page is readable in a real browser with a client certificate: on a phone and a
# desktop, light and dark. SHOTS=DIRECTORY keeps the screenshots for review.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Browser;

my $missing = ClientCert::Test::Browser->missing;
die "$missing\n" if $missing && $ENV{CI};
$missing ||= ClientCert::Test::Browser->impossible;
plan(skip_all => $missing) if $missing;

my $h = ClientCert::Test->server(
    modules => ['http2'],
    files   => { 'htdocs/private/page' => "private\n" },
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
</VirtualHost>
CONF
announce('CC0110', 'AH01630');

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
