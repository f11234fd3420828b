# SPDX-License-Identifier: Apache-2.0
# Knows that clientcert-status tells a client nothing of what stands behind the server: whom it asks,
# which files it reads, and what went wrong there.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Page;
use ClientCert::Test::Service;

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'admin']);
my $staff     = ClientCert::Test::Crl->new('staff');
my $failing   = ClientCert::Test::Service->says("-ERR secret reason\r\n");
$responder->revoke('bob', 'keyCompromise');
$staff->revoke('bob');
my $url = 'http://responder.invalid:8080/internal';

# A virtual host for each line: what it is asked, and what must not be told.
my %asked = (
    2 => "ClientCertOCSP On timeout=5 responder=$url",
    3 => 'ClientCertOCSP On timeout=20 responder=' . $responder->url('type/internal'),
    4 => 'ClientCertOCSP On timeout=20 responder=' . $responder->url('honest'),
    5 => 'ClientCertCRL conf/empty-of-crls.d missing=deny',
    6 => "ClientCertCRL conf/staff.crl missing=deny\n    ClientCertCRLCheck leaf",
    7 => "ClientCertTable internal redis:127.0.0.1:@{[$failing->port]}/prefix: ttl=0\n"
        . "    ClientCertMap subject.CN in internal user=\$1",
);
my $never = qr/responder|invalid|8080|internal|localhost:|127\.0\.0\.1|redis|secret|\.crl|\.d\b
    |missing=|failure=|resolve|[Nn]ame\sor\sservice|content\stype|OCSP|CRL|\/tmp/x;

my $h = ClientCert::Test->server(
    files => {
        'conf/staff.crl'               => $staff->crl,
        'conf/empty-of-crls.d/.hidden' => '',
        'htdocs/private/index.html'    => "private\n",
    },
    conf => join '', map { my $port = "\@PORT$_\@"; <<"CONF" } sort keys %asked);
<VirtualHost *:$port>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $asked{$_}
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
    ErrorDocument 403 /whoami
    ErrorDocument 500 /whoami
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    <Location "/rules">
        SetHandler clientcert-status
        ClientCertStatusRules On
    </Location>
    <Location "/private">
        Require clientcert-user nobody
    </Location>
</VirtualHost>
CONF

announce('CC0104', 'CC0110', 'CC0133', 'AH01630', 'AH01797');
$responder->mood('type/internal', 'type=text/internal');

# What it says, in each form; `of` is what the JSON has at its heart.
sub told {
    my ($port, $cert, $claim) = @_;
    my %all = map { $_ => $h->get($_, cert => $cert, port => $port) }
        ('/whoami', '/whoami?trace', '/whoami?format=json', '/whoami?format=json&trace', '/private/');
    for my $path (sort keys %all) {
        my ($heart) = $all{$path}{body} =~ m{<body>(.*)}s;
        unlike $heart // $all{$path}{body}, $never, "$claim: $path tells nothing of it";
    }
    return json($all{'/whoami?format=json'});
}

my $could_not = 'this server could not find out whether it was revoked';
my %unknown   = (2 => 'no such host', 3 => 'a responder that lies', 5 => 'no CRL');
for my $port (sort keys %unknown) {
    my $said = told($port, 'alice', $unknown{$port});
    is $said->{result}, 'rejected', "$unknown{$port}: rejected";
    is $said->{verification}{problem}, $could_not, 'with the kind of reason';
    like $said->{summary}, qr/: \Q$could_not\E$/, 'in the first sentence too';
    my $all = json($h->get('/rules?format=json', cert => 'alice', port => $port));
    like $all->{verification}{problem}, qr/^(?:OCSP|CRLs) do(?:es)? not say whether it is revoked: ./,
        'who may see the rules sees all';
    like +($h->wait_log(qr/CC0104: .*vhost=localhost:@{[$h->port($port)]} /))[0] // '',
        qr/reason="(?:OCSP|CRLs) do(?:es)? not say whether it is revoked: [^"]+"/, 'and so does the log';
}
is told(4, 'partner', 'a responder that does not know it')->{verification}{problem}, $could_not,
    'which is one of these too';

# What helps the client is told.
for my $port (4, 6) {
    like told($port, 'bob', 'revoked')->{verification}{problem}, qr/^it was revoked on \d{4}-\d\d-\d\d/,
        'that it was revoked, and when';
}
is told(7, 'alice', 'a table that fails')->{identity}{failure}, 'a table could not be asked',
    'that a lookup failed';

done_testing;
