# SPDX-License-Identifier: Apache-2.0
# Tests that no certificate can inject markup into clientcert-status or make the page large.
use strict;
use warnings;
use utf8;
use ClientCert::Test;
use ClientCert::Test::Page;

use Encode qw(encode);
use File::Temp qw(tempdir);

my $ca  = ClientCert::Test->ca;
my $dir = tempdir(CLEANUP => 1);

sub openssl {
    my @arguments = map { encode('UTF-8', $_) } @_;
    system('sh', '-c', 'exec openssl "$@" >"$0" 2>&1', "$dir/said", @arguments) == 0
        or die "openssl $arguments[0]: " . `cat $dir/said`;
    return;
}

# Makes a certificate of the Staff CA with this subject, [TYPE, VALUE, ...], and these alternative
# names, "DNS:NAME"; returns the value for cert =>.
sub certificate {
    my ($name, $attributes, @names) = @_;
    my $at      = "$dir/$name";
    my @pairs   = map { s{([\\/])}{\\$1}gr } 'O', 'Example', @$attributes;
    my $subject = '';
    while (my ($type, $value) = splice @pairs, 0, 2) {
        $subject .= "/$type=$value";
    }
    open my $out, '>:utf8', "$at.ext" or die "$at.ext: $!\n";
    print $out @names ? "subjectAltName = \@names\n[names]\n" : "keyUsage = digitalSignature\n",
        map { $names[$_] =~ s/^(\w+):(.*)/$1.$_ = "$2"\n/r } 0 .. $#names;
    close $out;
    openssl('req', '-new', '-utf8', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-subj', $subject, '-keyout', "$at.key", '-out', "$at.csr");
    openssl('x509', '-req', '-in', "$at.csr", '-out', "$at.pem", '-extfile', "$at.ext",
        '-CA', "$ca/staff.pem", '-CAkey', "$ca/staff.key", '-set_serial', '0x1234');
    return $at;
}

my $h = ClientCert::Test->server(conf => <<'CONF' . join '',
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    # A ticket of a session holds the certificate, and at most 64 kB.
    SSLSessionTickets off
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    <Location "/rules">
        SetHandler clientcert-status
        ClientCertStatusRules On
    </Location>
    ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN|first} group=%{subject.OU} group=%{san.email} group=%{san.uri} group=%{san.dns|last} group=%{san.upn} group=%{subject.description}
    ClientCertMap subject.CN == "<script>alert('configured')</script>" group=x
    ClientCertMap subject.description != "&amp;" san.uri !~ "x(?!\").*'" group=y
CONF
    (map { qq(    ClientCertMap subject.OU == "$_" group=$_\n) } 1 .. 1200), "</VirtualHost>\n");
# CC0151: a pattern is not matched with a value of more than 8,192 octets.
announce('CC0150', 'CC0151', 'CC0152', 'CC0154');

my $script = q{<script>alert("1")</script>};
my $quotes = q{'"><img src=x onerror=alert(1)>&lt;&#x3c;&amp;\\"};
my $bidi   = "\x{202e}evil\x{2066}\x{200f}\x{61c}";
my %made   = (
    script => certificate('script', [OU => '</title>', OU => '<!--', CN => $script],
        "URI:javascript:alert(1)//<script>'&", 'email:><svg/onload=alert(1)>@example.com',
        'DNS:</dd></dl></main><h1>x'),
    quotes   => certificate('quotes', [description => $quotes, CN => substr $quotes, 0, 30]),
    bidi     => certificate('bidi', [OU => "a\x{2028}b\x{85}c", CN => $bidi]),
    control  => certificate('control', [OU => "\x1b]0;x\x07\x1b[31m", CN => "a\nb\rc\td\x7f"]),
    wide     => certificate('wide', [CN => "\x{1F600}\x{10FFFF}\x{FFFE}\x{FEFF}e\x{301}"]),
    much     => certificate('much', [CN => 'much'], 'URI:http://' . q{<&'>} x 22_000),
    many     => certificate('many', [CN => 'many'], map { "DNS:<$_" } 1 .. 8_000),
    long     => certificate('long', [CN => 'long', description => 'é"' x 30_000]),
    unusable => certificate('unusable', [CN => 'unusable', description => "\x01" x 90_000]),
    map { $_ => $_ } qw(newline-cn nul-cn nul-mail nul-uri nul-dns bmp-cn empty-cn bad-upn long-cn
        slash-cn comma-cn comma-o comma-ou escape-cn two-cn two-mail multi-rdn no-subject));

my %pages;
for my $name (sort keys %made) {
    my $cert = $made{$name};
    for my $path ('/whoami?trace', '/rules?trace') {
        my $response = $h->get($path, cert => $cert);
        my $json     = $h->get("$path&format=json", cert => $cert);
        my $page     = eval { page($response) };
        ok $page, "$name: $path has no tag but its own, and all text is escaped" or diag $@;
        my $data = eval { json($json) };
        ok $data, "$name: $path is one line of JSON" or diag $@;
        like $data->{result}, qr/^(?:un)?mapped$/, "$name: it is a certificate that rules are asked about";
        is_deeply [map { substr $_, 0, 200 } missing($page, $data)], [],
            "$name: $path has the same content in both";
        cmp_ok length $response->{body}, '<', 700_000, "$name: $path is of bounded size";
        cmp_ok length $json->{body}, '<', 700_000, "$name: so is the JSON";
        $pages{$name} = { page => $page, json => $data } if $path eq '/whoami?trace';
    }
}

like $pages{script}{page}{title}, qr/^You are <script>alert\("1"\)<\/script>$/,
    'what looks like a tag is shown as it is';
like $pages{bidi}{json}{certificate}{'subject.CN'}[0]{octets}, qr/^\\xE2\\x80\\xAEevil\\xE2/,
    'what turns the direction of text is shown as octets';
is $pages{bidi}{json}{certificate}{'subject.CN'}[0]{unusable}, 'it contains a bidirectional control',
    'with why';
like $pages{much}{json}{certificate}{'san.uri'}[0],
    qr/^http:\/\/<&.{1000,1024}\.\.\. \(truncated; 880\d\d bytes in total\)$/, 'a long text is cut, and says so';
like $pages{long}{page}{text}, qr/é"\.\.\. \(truncated; 90000 bytes in total\)/, 'not within a character';
my $many = $pages{many}{json}{certificate}{'san.dns'};
is scalar(@$many) . " $many->[-1]", '1001 ... (truncated; 7000 more)', 'so is a long list';
is $pages{many}{json}{trace}[-1], '... (truncated; 203 more)', 'and that of the rules';

# ---- other text from the client

announce('AH10244', 'AH00127');
for my $query ('%22%3E%3Cscript%3E', 'trace=%3Cscript%3E', 'format=json%0d%0aX:%20y', 'x' x 7000,
    '<script>', '&&&=&=&', 'trace&trace&trace') {
    ok eval { page($h->get("/whoami?$query", curl => ['--path-as-is'])) },
        'the query is not in the page: ' . substr $query, 0, 40 or diag $@;
}
my $named = $h->get('/whoami', cert => 'alice',
    headers => ['Host: "><script>', 'User-Agent: <script>', 'Referer: <script>']);
unlike $named->{body}, qr/<script>/, 'nor are headers';

done_testing;
