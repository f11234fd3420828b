# SPDX-License-Identifier: Apache-2.0
# Tests the directives about revocation: their values, their scopes, and the mistakes that stop a
# start.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;

my ($staff, $root, $foreign) = map { ClientCert::Test::Crl->new($_) } qw(staff root foreign);

# ---- words

# The output of httpd -t for a line.
sub is_refused {
    my ($line, $expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($exit, $output) = ClientCert::Test->configtest(conf => "# one\n$line\n");
    my $where = ($line =~ tr/\n//) + 2;
    isnt $exit, 0, "$line: httpd does not start";
    return like $output, qr{line $where of \S+site\.conf:\s.*$expected}, 'and says why, and where';
}

is_refused('ClientCertCRL',             qr/CC0405: .*no path is given; write PATH/);
is_refused('ClientCertCRL reload=5',    qr/CC0405: .*no path is given/);
is_refused('ClientCertCRL ""',          qr/CC0405: .*a path is empty/);
is_refused('ClientCertCRL a relaod=5',  qr/CC0403: .*"relaod=5".*reload=SECONDS, grace=SECONDS/);
is_refused('ClientCertCRL a grace=1 b grace=2', qr/CC0404: .*"grace=2".*grace is given twice/);
is_refused("ClientCertCRL a $_",        qr/CC0404: .*"\Q$_\E".*write reload=SECONDS/)
    for 'reload=', 'reload=soon', 'reload=-1', 'reload=99999999999';
is_refused("ClientCertCRL a $_",        qr/CC0404: .*"\Q$_\E".*write grace=SECONDS/)
    for 'grace=1d', 'grace=1.2.3';
is_refused("ClientCertCRL a $_",        qr/CC0404: .*"\Q$_\E".*missing=deny or missing=allow/)
    for 'missing=', 'missing=maybe', 'missing=Deny';
is_refused("ClientCertCRL a\nClientCertCRL b",
    qr/CC0170: ClientCertCRL is already set at \S+site\.conf:2;/);
is_refused('ClientCertCRLCheck both',   qr/CC0171: "both": write leaf or chain/);
is_refused('ClientCertCRLCheck',        qr/ClientCertCRLCheck takes one argument/);
is_refused("ClientCertMaxAge $_",       qr/CC0172: "\Q$_\E": write a number of seconds/)
    for 'soon', '-1', '1.5', '1h', '9999999999';

# ---- places

my @directives = ('ClientCertCRL a', 'ClientCertCRLCheck leaf', 'ClientCertMaxAge 5');
for my $directive (@directives) {
    my ($name) = split ' ', $directive;
    for my $section ('<Directory "/">', '<Location "/">') {
        my ($end) = $section =~ /(\w+)/;
        my ($exit, $output) = ClientCert::Test->configtest(
            conf => "$section\n$directive\n</$end>\n");
        isnt $exit, 0, "$name is not legal in a section";
        like $output, qr/line 2 of \S+:\s+$name not allowed in <$end> context/, 'which is told';
    }
}
announce(qr/not allowed here/);
my $h = ClientCert::Test->server(
    conf  => "<Directory \"\@ROOT\@/htdocs\">\nAllowOverride All\n</Directory>\n",
    files => { map { ("htdocs/$_/.htaccess" => "$directives[$_]\n") } 0 .. $#directives });
for my $i (0 .. $#directives) {
    my ($name) = split ' ', $directives[$i];
    is $h->get("/$i/", scheme => 'http')->{status}, 500, "$name is not legal in .htaccess";
    ok $h->wait_log(qr/htaccess: $name not allowed here/), 'which is told';
}
$h->stop;

# ---- files

sub site {
    my ($words) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertCRL $words
    ClientCertMap subject.CN =~ "(.+)" user=\$1
</VirtualHost>
CONF
}

my $good = $staff->crl;
my $later = $staff->crl;

sub does_not_start {
    my ($claim, $files, $expected) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($exit, $output) = ClientCert::Test->try_start(
        files   => { map { ("conf/crls/$_" => $files->{$_}) } keys %$files },
        conf    => site('conf/crls/staff.crl'));
    isnt $exit, 0, "$claim: httpd does not start";
    return like $output, qr{:emerg\].* $expected}, 'and says why';
}

my $path = qr{\S+site\.conf:5: "\S+/conf/crls/staff\.crl": };
does_not_start('no file', {}, qr/CC0406: $path.*No such file/);
does_not_start('an empty one', { 'staff.crl' => '' }, qr/CC0408: $path.*it contains no CRL/);
does_not_start('no CRL', { 'staff.crl' => "none\n" }, qr/CC0408: $path.*it contains no CRL/);
does_not_start('half a PEM', { 'staff.crl' => substr $good, 0, -40 },
    qr/CC0408: $path.*no -----END X509 CRL----- line/);
does_not_start('half a DER', { 'staff.crl' => substr der($good), 0, -40 },
    qr/CC0408: $path.*its end is missing/);
does_not_start('a damaged signature', { 'staff.crl' => damaged($good) },
    qr/CC0411: $path.*its signature was not made with its issuer's key/);
does_not_start('a foreign CA', { 'staff.crl' => $foreign->crl },
    qr/CC0410: $path.*O=Elsewhere.*is refused/);
does_not_start('one of several', { 'staff.crl' => $root->crl . damaged($good) },
    qr/CC0411: $path.*CN=Staff CA/);
does_not_start('an unknown critical extension',
    { 'staff.crl' => $staff->crl(extensions => "1.2.3.4 = critical, ASN1:NULL\n") },
    qr/CC0409: $path.*1\.2\.3\.4/);
does_not_start('a delta without a base',
    { 'staff.crl' => $staff->crl(base => 1) }, qr/CC0413: $path.*loaded: none/);

my ($exit, $said) = ClientCert::Test->try_start(conf => site('conf/crls'));
isnt $exit, 0, 'no folder: httpd does not start';
like $said, qr{CC0406: \S+site\.conf:5: "\S+/conf/crls": .*No such file}, 'and says why';

# ---- a graceful restart

$h = ClientCert::Test->server(
    files   => { 'conf/a.crl' => $good, 'conf/b.crl' => $later },
    conf    => site('conf/b.crl conf/a.crl reload=0'));
ok $h->reload(conf => site('conf/a.crl reload=0'), files => {}),
    'a graceful restart with other arguments accepts an older CRL';
announce('CC0181');
$h->file('conf/a.crl', damaged($good));
ok $h->reload(files => {}), 'with a damaged CRL, the CRLs already loaded stay in use';
ok $h->wait_log(qr/CC0181: after the restart, the CRLs loaded on \S+ stay in use: CC0411: /), 'and says so';
done_testing;
