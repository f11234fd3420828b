# SPDX-License-Identifier: Apache-2.0
# Tests which directives are refused in .htaccess, whatever AllowOverrideList permits, and that a
# file which contains one does no harm.
use strict;
use warnings;

# Fills freed memory, so that code that reads it cannot seem to work. Set before httpd starts.
BEGIN { $ENV{MALLOC_PERTURB_} = 85 }

use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

# Every directive of the module. One that is missing here is tried anyway.
my $code       = read_file(top() . '/modules/httpd/directives.c');
my @rows       = $code =~ /^    [A-Z0-9_]+\("(ClientCert\w+)",/mg;
my %server     = map { $_ => 1 } $code =~ /^    SERVER_[A-Z0-9_]+\("(ClientCert\w+)",/mg;
my %documented = map { $_ => 1 }
    read_file(top() . '/doc/directives.md') =~ /^## (ClientCert\w+)$/mg;
cmp_ok scalar(@rows), '>=', 12, 'the table of directives is found';
is_deeply [sort @rows], [sort keys %documented], 'and has the directives of the reference';

my %here = (ClientCertAuth => 'Off', ClientCertStatusText => 'Help');    # legal in .htaccess
my %args = (
    %here,
    ClientCertMap         => 'user=root group=admins',
    ClientCertMapShadow   => 'user=root group=admins',
    ClientCertTable       => 'own file:@ROOT@/conf/people.map',
    ClientCertTest        => '@CA@/alice.pem expect user=alice',
    ClientCertCA          => '@CA@/clients.pem',
    ClientCertCRL         => '@ROOT@/conf missing=allow',
    ClientCertCRLCheck    => 'leaf',
    ClientCertMaxAge      => '0',
    ClientCertNamespace   => 'user=.*',
    ClientCertOCSP        => 'Off',
    ClientCertOCSPAllow   => 'ocsp.example.com',
    ClientCertOCSPCache   => 'shmcb',
    ClientCertStatusRules => 'On',
    ClientCertTolerate    => 'On',
    ClientCertExport      => 'SERIAL=serial USER',
);
my %places = (
    list => "AllowOverride None\nAllowOverrideList @rows",
    all  => 'AllowOverride All',
    both => "AllowOverride All\nAllowOverrideList @rows",
);

my (%files, $sections);
for my $place (sort keys %places) {
    $sections .= "<Directory \@ROOT\@/htdocs/$place>\n$places{$place}\n</Directory>\n";
    for my $name (@rows) {
        $files{"htdocs/$place/$name/index.html"} = "$place\n";
        $files{"htdocs/$place/$name/.htaccess"}  = "$name " . ($args{$name} // 'x') . "\n";
    }
}

# A line within a section of .htaccess counts as a line of .htaccess.
$files{'htdocs/both/inside/index.html'} = "inside\n";
$files{'htdocs/both/inside/.htaccess'}  = "<If true>\nClientCertMap user=root\n</If>\n";

# The largest legal .htaccess: conditions of the greatest length of a line, and many of them.
my $long  = '|' . join '|', map { "nobody$_" } 1 .. 600;
my $many  = join '', map { "Require clientcert subject.CN =~ \"(a+)+$_\"\n" } 1 .. 500;
my %write = (
    table  => "Require clientcert subject.CN in people\n",
    absent => "Require clientcert subject.CN in others\n",
    long   => "Require clientcert subject.CN =~ \"alice$long\"\n",
    many   => $many . "Require clientcert subject.CN == \"alice\"\n",
    expr   => "Require expr \"clientcert('subject.CN') == 'alice'\"\n",
    user   => "Require clientcert-user %{clientcert:subject.CN}\n",
);
for my $name (keys %write) {
    $files{"htdocs/write/$name/index.html"} = "$name\n";
    $files{"htdocs/write/$name/.htaccess"}  = $write{$name};
}
$sections .= "<Directory \@ROOT\@/htdocs/write>\nAllowOverride AuthConfig\n</Directory>\n";

my $h = ClientCert::Test->server(
    modules => ['http2', 'headers'],
    files   => { %files, 'conf/people.map' => "alice\n" },
    conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Protocols h2 http/1.1
    ClientCertTable people file:\@ROOT\@/conf/people.map
    ClientCertMap subject.CN in people user=%{subject.CN} group=staff
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1
    ClientCertExport USER SERIAL=serial
    Header always set X-User "expr=[%{REMOTE_USER}]"
    Header always set X-Var  "[%{CLIENTCERT_SERIAL}e]" env=CLIENTCERT_SERIAL
    $sections
</VirtualHost>
CONF

announce('CC0180', qr/ClientCert\w+ not allowed (?:here|in)/, 'AH01630', 'AH01797', 'CC0110',
    'CC0231', 'CC0151');

# ---- each directive, one connection

# httpd closes a connection after a 500; the next request then opens a new one.
my $c;

sub ask {
    my ($path) = @_;
    for (1 .. 2) {
        $c //= $h->connection(cert => 'alice');
        my $answer = $c->request($path);
        undef $c if ($answer->{headers}{connection} // '') eq 'close' || !$answer->{status};
        return $answer if $answer->{status};
    }
    return { status => 0, headers => {} };
}

my $first = ask('/');
my ($user, $serial) = @{ $first->{headers} }{qw(x-user x-var)};
is $user, '[alice]', 'alice has an identity';

for my $place (sort keys %places) {
    for my $name (@rows) {
        my $what = "$name, " . join ', ', split /\n/, $places{$place} =~ s/List .*/List/r;
        is ask("/$place/$name/")->{status}, $here{$name} ? 200 : 500,
            "$what: " . ($here{$name} ? 'is served' : 'is refused');
        my $next = ask('/');
        is_deeply [$next->{status}, @{ $next->{headers} }{qw(x-user x-var)}],
            [200, $user, $serial], "$what: the next request is answered like the first";
    }
}
is ask('/both/inside/')->{status}, 500, 'and also within a section of the file';
is ask('/')->{headers}{'x-user'}, '[alice]', 'and the next request is answered like the first';
is ask('/list/ClientCertAuth/')->{headers}{'x-user'}, '[]',
    'ClientCertAuth is legal in .htaccess, and has its effect';

# httpd itself omits directives from the list that are for servers only.
for my $name (grep { !$here{$_} } @rows) {
    my $file = qr{htdocs/list/$name/\.htaccess: };
    my $why  = $server{$name} ? qr{$name not allowed here}
        : qr{CC0180: $name is not for \.htaccess.*: write it in the configuration of the server, };
    is scalar($h->log_lines(qr/$file$why/)), 1, "$name: the log names it and the file"
        . ($server{$name} ? '' : ', and where it is legal');
}

# ---- side by side, on one HTTP/2 connection

my @paths = map { ("/list/$_/", '/') } @rows;
my @streams = $h->parallel(\@paths, cert => 'alice');
is_deeply [map { $_->{status} } @streams],
    [map { ($here{$_} ? 200 : 500, 200) } @rows], 'streams: each has its own answer';
is scalar(grep { $_->{connects} } @streams), 1, 'of one connection';

# ---- directives that are legal there

for my $round (1 .. 3) {
    for my $name (sort keys %write) {
        my $status = $name eq 'absent' ? 500 : 200;
        is ask("/write/$name/")->{status}, $status, "$name, round $round: alice";
        is ask('/')->{headers}{'x-user'}, '[alice]', "$name, round $round: and on";
    }
}
undef $c;
is $h->get("/write/$_/", cert => 'bob')->{status}, 403, "$_: bob is not alice"
    for grep { !/^(?:absent|user)$/ } sort keys %write;
my @writes = $h->parallel([map { ("/write/$_/", '/') } sort(keys %write), sort keys %write],
    cert => 'alice');
is scalar(grep { $_->{status} == ($_->{body} =~ /^500|Internal/ ? 500 : 200) } @writes),
    scalar(@writes), 'and side by side';

done_testing;
