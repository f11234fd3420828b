# SPDX-License-Identifier: Apache-2.0
# Tests that no text from outside can forge a field of the log: each field of a line ends where it
# should and shows the text that was sent.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Log;
use ClientCert::Test::Ocsp;
use ClientCert::Test::Service;

# Text that would become a field if it could end its quotation.
my $evil = 'x" user="admin" groups="root" result=mapped \\" \\x22 \\';

my $responder = ClientCert::Test::Ocsp->new(certs => ['alice']);
$responder->mood('type/evil', "type=$evil");
my $error  = ClientCert::Test::Service->says("-$evil\e[31m\r\n");
my $row    = qq{a "b\xe2\x80\xae\\" x=\\"y"};
my $values = ClientCert::Test::Service->says(sprintf "\$%d\r\n%s\r\n", length $row, $row);

# In -subj a backslash escapes.
(my $subj = $evil) =~ s/([\\\/+=])/\\$1/g;
my $odd     = certificate('odd', "/O=Example/OU=$subj/OU=one/CN=$subj", serial => '41');
my $aia     = certificate('aia', '/O=Example/CN=aia', serial => '43',
    aia => 'OCSP;URI:http://localhost:1/x\"user=\"admin');
my $foreign = certificate('forged', "/O=Example/CN=$subj", serial => '42', self => 1);
# As RFC 4514 writes it.
(my $rdn = $evil) =~ s/(["\\])/\\$1/g;

my $folder = 'x" user="admin" result=mapped rule=y';
my $h = ClientCert::Test->server(
    modules => ['headers', 'authz_user'],
    files   => {
        "htdocs/$folder/page"      => "page\n",
        "htdocs/$folder/.htaccess" => qq{Require clientcert subject.CN == "x\\" user=\\"admin"\n},
        map { ("htdocs/$_/page" => "page\n") } qw(mapped unmapped private failed
            value several empty),
    },
    conf => <<"CONF");
LogLevel clientcert:debug
ClientCertTable error  redis:127.0.0.1:@{[$error->port]}/ ttl=0 negative_ttl=0
ClientCertTable values redis:127.0.0.1:@{[$values->port]}/ ttl=0 negative_ttl=0
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    <Directory \@ROOT\@/htdocs>
        AllowOverride AuthConfig
    </Directory>
    <Location "/mapped">
        ClientCertMap subject.CN == "alice" user=alice
        ClientCertMap user=%{subject.CN} group=%{subject.OU}
    </Location>
    <Location "/unmapped">
        ClientCertMap subject.CN == "nobody" user=x
    </Location>
    <Location "/private">
        ClientCertMap user=%{subject.CN}
        Require clientcert-user '$evil more'
    </Location>
    <Location "/failed">
        ClientCertMap subject.CN in error user=\$1
    </Location>
    <Location "/value">
        ClientCertMap subject.CN in values user=\$2
    </Location>
    <Location "/several">
        ClientCertMap user=%{subject.OU}
    </Location>
    <Location "/empty">
        ClientCertMap user=%{subject.CN}
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertOCSP On responder=@{[$responder->url('type/evil')]} timeout=30
    ClientCertMap user=somebody
    <Location "/">
        Require clientcert
    </Location>
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertOCSP AIA
    ClientCertOCSPAllow localhost
    ClientCertMap user=somebody
</VirtualHost>
CONF

announce('CC0104', 'CC0106', 'CC0110', 'CC0133', 'AH01630', 'AH02276', 'AH02008',
    qr/SSL Library Error/, map { "CC015$_" } 0 .. 6);

# The fields of the one line with this tag that the request caused.
sub line_of {
    my ($tag, $path, %o) = @_;
    $h->mark_log;
    $h->get($path, %o);
    my ($line) = $h->wait_log(qr/\] $tag: /);
    return { map { $_ => sent(($line && decision($line) || {})->{$_} // 'no field') }
        qw(tag result user groups subject reason request needs at_subject) };
}

# ---- certificates

my $line = line_of('CC0101', '/mapped/page', cert => $odd);
is $line->{user}, $evil, 'CC0101: the user is what the certificate says';
like $line->{subject}, qr/\QCN=$rdn\E/, 'and so is the subject';
like $line->{groups}, qr/\Qx" user="admin" groups="root" result=mapped\E/, 'and a group';

$line = line_of('CC0103', '/unmapped/page', cert => $odd);
is $line->{result}, 'unmapped', 'CC0103: the result is ours';
like $line->{subject}, qr/\QCN=$rdn\E/, 'the subject is what the certificate says';

$line = line_of('CC0106', '/mapped/page', cert => $foreign);
is $line->{result}, 'refused', 'CC0106: the result is ours';
like $line->{subject}, qr/\QCN=$rdn\E/, 'the subject is what the certificate says';

$line = line_of('CC0152', '/several/page', cert => $odd);
is $line->{result}, 'ambiguous', 'CC0152: the result is ours';
like $line->{reason}, qr/\Qx" user="admin" groups="root"\E/, 'the reason quotes the certificate';

$line = line_of('CC0150', '/empty/page', cert => 'newline-cn');
is $line->{result}, 'unusable', 'CC0150: a line break in a certificate is no line break of the log';
like $line->{reason}, qr/\n/, 'and the reason tells it';

# ---- requests

(my $uri = $evil) =~ s/([^A-Za-z])/sprintf '%%%02X', ord $1/ge;
$line = line_of('CC0110', "/private/$uri%0Aresult=mapped", cert => $odd);
is $line->{result}, 'forbidden', 'CC0110: the result is ours';
is $line->{request}, "GET /private/$evil\nresult=mapped", 'the request is what was asked for';
is $line->{subject}, $line->{subject} =~ /\QCN=$rdn\E/ ? $line->{subject} : '', 'and the subject';
like $line->{needs}, qr/^clientcert-user .*more/, 'what it needs is what the configuration says';

# ---- responders

$line = line_of('CC0104', '/', cert => 'alice', port => 2);
is $line->{result}, 'rejected', 'CC0104: the result is ours';
like $line->{reason}, qr/\Qits Content-Type is $evil\E/, 'the reason has what an OCSP responder sent';
$line = line_of('CC0110', '/', cert => 'alice', port => 2);
is $line->{result}, 'forbidden', 'CC0110: the result is ours';
like $line->{reason}, qr/\Qits Content-Type is $evil\E|there is no valid OCSP answer for it/, 'and so is the reason';

$line = line_of('CC0104', '/', cert => $aia, port => 3);
like $line->{reason}, qr/it is not a valid URL/,
    'CC0104: what a certificate names as its OCSP responder is not even quoted where it is none';

$line = line_of('CC0133', '/failed/page', cert => 'alice');
is $line->{result}, 'failed', 'CC0133: the result is ours';
like $line->{reason}, qr/\Q$evil\E\e\[31m/, 'the reason has what Redis answered';

$line = line_of('CC0133', '/value/page', cert => 'alice');
is $line->{result}, 'failed', 'CC0133: the result is ours';
like $line->{reason}, qr/b\xe2\x80\xae.{0,2} x=/, 'the reason has what the table gave';

# ---- files

(my $at = "/$folder/page") =~ s/([^A-Za-z\/])/sprintf '%%%02X', ord $1/ge;
$h->mark_log;
is $h->get($at, cert => 'newline-cn')->{status}, 403, 'a folder of .htaccess that has such a name';
for my $text ($h->wait_log(qr/CC0110/), $h->log_lines(qr/CC015/)) {
    my $decision = decision($text);
    ok $decision, "$decision->{tag}: its fields are distinct";
    isnt $decision->{user}, 'admin', 'and it makes none up';
}

$h->stop;
is_deeply [not_decisions($h->log)], [], 'the fields of all decisions of the log are distinct';
is_deeply [grep { /[\x00-\x1f\x7f-\xff]/ } split /\n/, $h->log], [], 'in printable characters';
done_testing;
