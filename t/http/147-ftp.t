# SPDX-License-Identifier: Apache-2.0
# Tests FTP over mod_ssl, served by a protocol module that asks for the identity of its connections.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::Machine qw(program);
use ClientCert::Test::OtherModule;

use IO::Select ();
use IO::Socket::INET ();
use IO::Socket::SSL ();

use constant { SUCCESS => 0, EACCES => 13, EINVAL => 22, NOTFOUND => 70015 };
my $slow = $ENV{CC_SLOW} // 1;

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
    my @a    = ('curl', '-sS', '-q', '--noproxy', '*', '--max-time', 60 * $slow, '--ipv4',
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

# ---- lftp

SKIP: {
    my $lftp = program('lftp') or skip 'no lftp', 10;
    my $set = 'set net:max-retries 1; set net:timeout ' . 10 * $slow . "; set ssl:ca-file $ca/root.pem;"
        . ' set ssl:check-hostname no; set ftp:ssl-force yes; set ftp:ssl-protect-data yes;';
    for my $mode ('implicit', 'explicit') {
        my $url = $mode eq 'explicit' ? 'ftp://127.0.0.1:' . $h->port(2) : 'ftps://127.0.0.1:' . $h->port;
        my $run = sub {
            my ($command, $cert, $user) = @_;
            my $key = $cert ? "set ssl:cert-file $ca/$cert.pem; set ssl:key-file $ca/$cert.key;" : '';
            my (undef, $output, $error) = run_command('', 'env', 'HOME=' . $h->path(''), $lftp, '-c',
                "$set $key open -u $user,none $url; $command");
            return $output . $error;
        };
        like $run->('cls -1', 'alice', 'alice'), qr/^report\.txt$/m, "$mode: lftp lists the directory";
        is $run->('cat report.txt', 'alice', 'alice'), $report, "$mode: and fetches a file, as alice";
        like $run->('cat report.txt', 'bob', 'alice'), qr/^(?!the report).*530/s,
            "$mode: with another certificate, it gets nothing";
        is $run->('cat report.txt', 'bob', 'bob'), $report, "$mode: but as bob, it gets the file";
        like $run->('cat report.txt', undef, 'alice'), qr/^(?!the report).*530/s,
            "$mode: without a certificate, it gets nothing";
    }
}

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

# ---- the certificate of a data connection

# What a data connection gives, and the last reply: with a certificate, without one, or without TLS.
sub data_of {
    my ($tls, $cert) = @_;
    my $control = $h->connection(cert => 'alice');
    $control->line;
    my ($port) = map { /\|\|\|(\d+)\|/ } map { $control->line($_) } 'USER alice', 'PROT P', 'EPSV';
    $control->line('RETR report.txt');
    my @cert = $cert ? ('-cert', "$ca/$cert.pem", '-key', "$ca/$cert.key") : ();
    my (undef, $output) = $tls
        ? run_command('', 'openssl', 's_client', '-quiet', "-tls$tls", '-connect', "127.0.0.1:$port", @cert)
        : (undef, clear($port)->("USER alice\r\n", 9));
    return [$output =~ /the report/ ? $output : '', $control->line];
}

# A connection in the clear: a function that writes a text and returns some lines of the answer, at most
# those until the end of the connection. Without arguments, it returns the socket.
sub clear {
    my ($port) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "$port: $!\n";
    my $select = IO::Select->new($socket);
    my $buffer = '';
    return sub {
        my ($text, $lines) = @_;
        return $socket unless defined $text;
        local $SIG{PIPE} = 'IGNORE';
        syswrite $socket, $text;
        while (($buffer =~ tr/\n//) < $lines && $select->can_read(30 * $slow)) {
            sysread $socket, $buffer, 4096, length $buffer or last;
        }
        return substr $buffer, 0, length $buffer, '';
    };
}

my $none = ['', '425 No data connection.'];
for my $tls ('1_2', '1_3') {
    is_deeply data_of($tls, 'alice'), [$report, '226 Done.'], "$tls: alice gets the file";
    is_deeply data_of($tls, 'bob'), $none, "$tls: a certificate of another user does not,";
    is_deeply data_of($tls), $none, "$tls: nor does a connection without one,";
}
is_deeply data_of(), $none, 'nor one without TLS';
is_deeply control(['USER alice', 'EPSV', 'PROT C', 'PASV', 'RETR report.txt'], cert => 'alice'),
    ['232 Logged in by certificate.', '521 PROT P is needed.', '534 Only PROT P.', ('521 PROT P is needed.') x 2],
    'there is no data connection without PROT P';

# ---- AUTH TLS, and what is said before it

my $plain = clear($h->port(2));
is $plain->('', 1), "220 FTP of a test.\r\n", 'with AUTH TLS, the greeting is in the clear';
is join('', map { $plain->("$_\r\n", 1) } @ask[0, 2], 'USER alice', 'PASV', 'PROT P'),
    join("\r\n", ("200 ${\NOTFOUND} -") x 2, '530 A certificate is needed.', '530 Not logged in.', '200 Done.', ''),
    'before AUTH TLS, there is no user and no field';
is $plain->("AUTH TLS\r\n", 1), "234 TLS begins.\r\n", 'TLS begins';
my $socket = IO::Socket::SSL->start_SSL($plain->(), SSL_ca_file => "$ca/root.pem",
    SSL_hostname => 'localhost', SSL_verifycn_name => 'localhost', SSL_verifycn_scheme => 'http',
    SSL_cert_file => "$ca/alice.pem", SSL_key_file => "$ca/alice.key", Timeout => 30 * $slow);
ok $socket, 'on the same connection' or diag($IO::Socket::SSL::SSL_ERROR);
my @replies = map { print $socket "$_\r\n"; scalar readline $socket }
    $ask[0], 'PWD', 'USER alice', 'EPSV', 'AUTH TLS';
is join('', @replies),
    join("\r\n", "200 ${\SUCCESS} alice alice", '530 Not logged in.', '232 Logged in by certificate.',
    '521 PROT P is needed.', '504 Only AUTH TLS, once.', ''),
    'then the certificate gives the user, and what was said before is forgotten';
$socket->close;    # an open connection delays the end of the server

$plain = clear($h->port(2));
$plain->('', 1);
is $plain->("AUTH TLS\r\n$ask[0]\r\nUSER alice\r\n", 9), "421 Nothing may follow AUTH TLS.\r\n",
    'commands in the segment of AUTH TLS end the connection';
for my $injected ("$ask[0]\r\nUSER alice\r\n", "GET / HTTP/1.0\r\n\r\n$ask[0]\r\n") {
    $plain = clear($h->port(2));
    $plain->('', 1);
    $plain->("AUTH TLS\r\n", 1);
    my $answer = $plain->($injected, 9);
    unlike $answer, qr/200|232|502|530/,
        'what follows in the clear is not taken for a command: ' . substr $injected, 0, 4;
}
unlike clear($h->port)->("GET / HTTP/1.0\r\n\r\n$ask[0]\r\n", 9), qr/220|200|502/,
    'with implicit TLS, nothing is served in the clear';
announce('AH02008', 'AH01998', 'AH01996', qr/SSL Library Error/);

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

my $short = ClientCert::Test->short_cert(20 * $slow);
my $c     = $h->connection(cert => $short);
$c->line;
is $c->line('USER short'), '232 Logged in by certificate.', 'a certificate that is about to expire';
my $until = time + 60 * $slow;
my $reply = '';
while ($reply !~ /^200 ${\EACCES} / && time < $until) {
    select undef, undef, undef, 0.2;
    $reply = $c->line($ask[0]) // '';
}
is $reply, "200 ${\EACCES} -", 'gives no identity once it has expired, on the same connection,';
is $c->line('PWD'), '530 Not logged in.', 'and nothing more is served';
$c->close;
announce('CC0104');

done_testing;
