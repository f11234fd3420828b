# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert-status reveals nothing internal: which sources the server asks, which files
# it reads, and which errors occurred there.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Page;
use ClientCert::Test::Service;

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'admin']);
my $staff     = ClientCert::Test::Crl->new('staff');
my $failing   = ClientCert::Test::Service->says("-ERR secret reason\r\n");
$responder->revoke('bob', 'keyCompromise');
my $url = 'http://responder.invalid:8080/internal';

# A virtual host for each line: the source that it asks, and the text that must not appear.
my %asked = (
    2 => "ClientCertOCSP On timeout=5 responder=$url",
    3 => 'ClientCertOCSP On timeout=20 responder=' . $responder->url('type/internal'),
    4 => 'ClientCertOCSP On timeout=20 responder=' . $responder->url('honest'),
    5 => "ClientCertCRL conf/crls.d reload=1 missing=deny\n    ClientCertCRLCheck leaf",
    7 => "ClientCertTable internal redis:127.0.0.1:@{[$failing->port]}/prefix: ttl=0\n"
        . "    ClientCertMap subject.CN in internal user=\$1",
    8 => "RewriteEngine on\n    RewriteRule ^/nice\$ /internal/place [PT]\n"
        . "    <Location /internal>\n    Require all denied\n    </Location>",
);
# The same for clients that may see the rules.
$asked{ $_ + 10 } = "$asked{$_}\n    ClientCertStatusRules On" for 2, 3, 5, 8;
my $never = qr/responder|invalid|:8080|internal|localhost:|127\.0\.0\.1|redis|secret|\.crl|\.d\b
    |missing=|failure=|resolve|[Nn]ame\sor\sservice|content\stype|OCSP|CRL|\/tmp/x;

my $h = ClientCert::Test->server(
    modules => ['rewrite'],
    files   => {
        'htdocs/led/.htaccess'      => "RewriteEngine on\nRewriteRule ^there\$ /internal/place\n",
        'conf/crls.d/staff.crl'     => $staff->crl,
        'htdocs/private/index.html' => "private\n",
    },
    conf => join '', map { my $port = "\@PORT$_\@"; <<"CONF" } sort keys %asked);
<VirtualHost *:$port>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $asked{$_}
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
    <Directory \@ROOT\@/htdocs/led>
        AllowOverride FileInfo
        Options +FollowSymLinks
    </Directory>
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    ErrorDocument 403 /whoami?trace
    ErrorDocument 500 /whoami?trace
    <Location "/private">
        Require clientcert-user nobody
    </Location>
</VirtualHost>
CONF

announce('CC0104', 'CC0110', 'CC0133', 'AH01630', 'AH01797');
$responder->mood('type/internal', 'type=text/internal');

# The page that replaces a refused one, in each form; over a connection that is already open, if
# there is one.
my %headers = (HTML => [], JSON => ['Accept: application/json']);
my %open;

sub refused {
    my ($port, $cert, $form) = @_;
    my $c = delete $open{"$port $form"};
    return $c ? $c->request('/private/', headers => $headers{$form})
        : $h->get('/private/', cert => $cert, port => $port, headers => $headers{$form});
}

sub told {
    my ($port, $cert, $claim) = @_;
    my %all = map { $_ => refused($port, $cert, $_) } sort keys %headers;
    for my $form (sort keys %all) {
        my ($heart) = $all{$form}{body} =~ m{<body>(.*)}s;
        unlike $heart // $all{$form}{body}, $never, "$claim: $form does not reveal it";
    }
    return json($all{JSON});
}

# The CRL is removed while connections are open: after the next handshake there would be no page.
for my $of ('5 HTML', '5 JSON', '15 JSON') {
    $open{$of} = $h->connection(cert => 'alice', port => $of =~ s/ .*//r);
    is $open{$of}->request('/')->{status}, 200, 'a CRL covers the certificate';
}
unlink $h->path('conf/crls.d/staff.crl');
my @conf = split /\n/, read_file($h->path('conf/site.conf'));
ok $h->wait_log(qr/CC0173: .*site\.conf:$_\)/), 'and is gone'
    for map { $conf[$_] =~ /^    ClientCertCRL / ? $_ + 1 : () } 0 .. $#conf;

my $full      = qr/(?:there is no valid OCSP answer for|no current CRL covers) it: /;
my $could_not = 'this server could not find out whether it was revoked';
my %unknown   = (2 => 'no such host', 3 => 'a responder that lies', 5 => 'no CRL');
for my $port (sort keys %unknown) {
    my $said = told($port, 'alice', $unknown{$port});
    is $said->{result}, 'rejected', "$unknown{$port}: rejected";
    is $said->{verification}{problem}, $could_not, 'with the kind of reason';
    is $said->{summary}, 'This server could not find out whether your certificate was revoked',
        'in the headline too';
    is $said->{reason}, undef, 'and no more than that';
    my $all = json(refused($port + 10, 'alice', 'JSON'));
    like $all->{verification}{problem}, qr/^$full./,
        'a client that may see the rules sees all';
    like +($h->wait_log(qr/CC0104: .*vhost=localhost:@{[$h->port($port)]} /))[0] // '',
        qr/reason="$full[^"]+"/, 'and so does the log';
}
is told(4, 'partner', 'a responder that does not know it')->{verification}{problem}, $could_not,
    'which is one of these too';

# The client must not see the target of an internal redirect either.
for my $path ('/nice', '/led/there') {
    my %said = map { my $port = $_;
        ($port => json($h->get($path, cert => 'alice', port => $port,
            headers => $headers{JSON}))->{request}{uri}) } 8, 18;
    is $said{8}, $path, "$path: the page names what was asked for";
    is $said{18}, '/internal/place', 'and the place only to clients that may see the rules';
}

# The client sees what helps it.
like told(4, 'bob', 'revoked')->{verification}{problem},
    qr/^it was revoked on \d{4}-\d\d-\d\d/, 'that it was revoked, and when';
is told(7, 'alice', 'a table that fails')->{identity}{failure}, 'the identity could not be determined',
    'that a lookup failed';

done_testing;
