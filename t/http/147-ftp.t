# SPDX-License-Identifier: Apache-2.0
# Tests FTP over mod_ssl, served by a protocol module that asks for the identity of its connections.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::OtherModule;

use constant { SUCCESS => 0, EACCES => 13, EINVAL => 22, NOTFOUND => 70015 };

my $h = ClientCert::Test->server(
    # An FTP server speaks first, so no connection may wait in the system for the client's first octets.
    global => load_other('test_ftp') . "AcceptFilter http none\n",
    files  => { 'ftp/report.txt' => "the report\n" x 3, 'htdocs/ok' => "ok\n" },
    conf   => <<'CONF');
SSLProtocol all
SSLVerifyDepth 4
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    TestFTP implicit @ROOT@/ftp
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "([^@]+)@example\.com" user=$1 group=staff
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    TestFTP explicit @ROOT@/ftp
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "([^@]+)@example\.com" user=$1 group=staff
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    TestFTP implicit @ROOT@/ftp
</VirtualHost>
CONF
my $ca = $h->ca;

# ---- curl

# The exit status and output of curl for a file, or the directory.
sub curl {
    my ($mode, $path, %o) = @_;
    my $port = $h->port($mode eq 'explicit' ? 2 : 1);
    my $url  = ($mode eq 'explicit' ? 'ftp' : 'ftps') . "://localhost:$port$path";
    my @a    = ('curl', '-sS', '-q', '--noproxy', '*', '--max-time', 60, '--ipv4',
        '--resolve', "localhost:$port:127.0.0.1", '--cacert', "$ca/root.pem",
        '-u', ($o{user} // 'alice') . ':none');
    push @a, "--tlsv$o{tls}", '--tls-max', $o{tls} if $o{tls};
    push @a, '--ssl-reqd' if $mode eq 'explicit';
    push @a, '--cert', "$ca/$o{cert}.pem", '--key', "$ca/$o{cert}.key" if $o{cert};
    my ($exit, $output, $error) = run_command('', @a, @{ $o{args} // [] }, $url);
    return { exit => $exit, output => $output, error => $error };
}

my $report = "the report\n" x 3;
for my $mode ('implicit', 'explicit') {
    for my $tls ('1.2', '1.3') {
        my %alice = (cert => 'alice', tls => $tls);
        my $name  = "$mode TLS $tls";
        like curl($mode, '/', %alice)->{output}, qr/ report\.txt\r?$/m, "$name: curl lists the directory";
        is curl($mode, '/report.txt', %alice)->{output}, $report, "$name: and fetches a file, as alice";
        my $bob = curl($mode, '/report.txt', %alice, cert => 'bob');
        is "$bob->{exit} $bob->{output}", '67 ', "$name: the certificate of bob is not that of alice";
        is curl($mode, '/report.txt', tls => $tls, cert => 'bob', user => 'bob')->{output}, $report,
            "$name: but bob may log in as bob";
        like curl($mode, '/report.txt', tls => $tls, cert => 'service')->{error}, qr/534/,
            "$name: a certificate that no rule maps gives no identity";
        like curl($mode, '/report.txt', tls => $tls)->{error}, qr/530/,
            "$name: without a certificate, nobody is logged in, whatever the name";
    }
}
my $foreign = curl('implicit', '/', cert => 'foreign');
isnt $foreign->{exit}, 0, 'a certificate of an unknown CA gets nothing';
announce('CC0106', 'AH02008', 'AH02039', qr/SSL Library Error/);

# ---- openssl s_client: what the module sees of a control connection

# The replies to commands, after the greeting.
sub control {
    my ($commands, %o) = @_;
    my $c = $h->connection(%o);
    is $c->line, '220 FTP of a test.', 'the greeting';
    return [map { $c->line($_) } @$commands];
}
my @ask = map { "SITE LOOKUP $_" } qw(user group subject.CN users);
for my $tls ('1.2', '1.3') {
    is_deeply control(\@ask, cert => 'alice', tls => $tls),
        ["200 ${\SUCCESS} alice alice", "200 ${\SUCCESS} staff staff", "200 ${\SUCCESS} alice alice",
            "200 ${\EINVAL} -"],
        "TLS $tls: user, group and fields of a connection are found";
    is_deeply control([@ask[0 .. 2]], tls => $tls), [("200 ${\NOTFOUND} -") x 3],
        "TLS $tls: of one without a certificate, certainly nothing";
}
is_deeply control([@ask[0 .. 2]], cert => 'service'),
    [("200 ${\EACCES} -") x 2, "200 ${\SUCCESS} cart cart"],
    'of a certificate that no rule maps, the fields';
is_deeply control([@ask[0 .. 2]], cert => 'alice', port => 3),
    [("200 ${\EACCES} -") x 2, "200 ${\SUCCESS} alice alice"],
    'a host where only the hook clientcert_use says so counts as one that asks';
is_deeply control(['RETR report.txt', 'USER alice', 'PWD', 'USER bob', 'PWD'], cert => 'alice'),
    ['530 Not logged in.', '232 Logged in by certificate.', '257 "/"',
        '530 The certificate is that of another user.', '530 Not logged in.'],
    'nothing is served before USER, nor after another one';

# ---- sessions that are resumed

my $session = $h->path('session');
for my $tls ('1.2', '1.3') {
    my @replies = map {
        $h->s_client(cert => 'alice', tls => $tls, args => [$_, $session], request => "$ask[0]\r\nQUIT\r\n")
            ->{output}
    } ('-sess_out', '-sess_in');
    like $replies[1], qr/^Reused, /m, "TLS $tls: a session is resumed";
    like $replies[1], qr/^200 ${\SUCCESS} alice alice\r?$/m, "TLS $tls: with its identity";
}

# ---- what changes while a connection lasts

my $short = ClientCert::Test->short_cert(10);
my $c     = $h->connection(cert => $short);
$c->line;
is $c->line('USER short'), '232 Logged in by certificate.', 'a certificate that is about to expire';
my $until = time + 60;
my $reply = '';
while ($reply !~ /^200 ${\EACCES} / && time < $until) {
    select undef, undef, undef, 0.2;
    $reply = $c->line($ask[0]) // '';
}
is $reply, "200 ${\EACCES} -", 'gives no identity once it has expired, on the same connection,';
is $c->line('PWD'), '530 Not logged in.', 'and nothing more is served';
announce('CC0104');

done_testing;
