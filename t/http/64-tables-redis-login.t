# SPDX-License-Identifier: Apache-2.0
# Tests logins and TLS of Redis tables: what requests get if the server is not the right one or
# refuses the login, and that no password is shown anywhere.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Service;
use ClientCert::Test::Tool;

use File::Temp ();
use IO::Socket::UNIX ();
use POSIX ();

my $secret  = 'correct-horse-battery';
my $encoded = 'correct%2Dhorse-battery';
my $redis   = ClientCert::Test::Service->redis(tls => 'localhost');
my $other   = ClientCert::Test::Service->redis(tls => 'a.example');
my ($port, $tls, $stranger) = ($redis->port, $redis->tls_port, $other->tls_port);

sub fill {
    for ($redis, $other) {
        $_->ask('SET', 'cert:alice', 'alice staff');
        $_->ask('ACL', 'SETUSER', 'web', 'on', ">$secret", '~cert:*', '-@all', '+get', '+select');
    }
    return;
}
fill();

my $tmp = File::Temp->newdir;
write_file("$tmp/program", "#!/bin/sh\necho $secret\n");
write_file("$tmp/file",    "$secret\n");
chmod 0700, "$tmp/program";

my $ca      = ClientCert::Test->ca;
my %sources = (
    ca       => "rediss://web:$encoded\@localhost:$tls cafile=$ca/foreign-root.pem",
    file     => "rediss://web\@127.0.0.1:$tls password=file:$tmp/file cafile=$ca/root.pem",
    host     => "rediss://web:$encoded\@localhost:$stranger cafile=$ca/root.pem",
    db       => "redis://web:$encoded\@127.0.0.1:$port/99",
    password => "redis://web:not-$encoded\@127.0.0.1:$port",
    program  => "rediss://localhost:$tls user=web password=exec:$tmp/program cafile=$ca/root.pem",
    system   => "rediss://web:$encoded\@localhost:$tls",
    text     => "redis:127.0.0.1:$port user=web password=$secret",
    url      => "redis://web:$encoded\@127.0.0.1:$port",
);

sub place {
    my ($table) = @_;
    return join '', map { <<"PLACE" } "/$table", "/whoami/$table";
    <Location "$_">
        ClientCertMap subject.CN in $table user=\$1 group=\$2
        Require valid-user
    </Location>
PLACE
}

sub table { my ($name) = @_; return "ClientCertTable $name $sources{$name} prefix=cert: ttl=0 negative_ttl=0 timeout=5\n" }

my %site = (
    modules => ['status', 'authz_user', 'headers'],
    files   => { map { ("htdocs/$_" => "page\n") } keys %sources },
    conf    => join('', map { table($_) } sort keys %sources) . <<"CONF" . join('', map { place($_) } sort keys %sources) . "</VirtualHost>\n",
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    Header always set User "expr=%{REMOTE_USER}/%{clientcert:group}"
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    <Location "/server-status">
        SetHandler server-status
    </Location>
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
CONF
);
my $h = ClientCert::Test->server(%site);
announce('AH01630', 'CC0110', 'CC0133');

sub answer_of {
    my ($table, $cert) = @_;
    my $got = $h->get("/$table", cert => $cert);
    return "$got->{status} " . ($got->{headers}{user} // '');
}

# ---- the right server and login

for my $table (qw(file program text url)) {
    is answer_of($table, 'alice'), '200 alice/staff', "$table: a client in the table";
    is answer_of($table, 'bob'), '403 /', "$table: a client who is not";
}

# ---- all others: a failure, for every client

my %reason = (
    ca       => qr/its certificate does not verify: self-signed certificate in certificate chain/,
    db       => qr/it refused SELECT: ERR DB index is out of range/,
    host     => qr/its certificate does not verify: hostname mismatch/,
    password => qr/it refused AUTH: WRONGPASS /,
    system   => qr/its certificate does not verify: (?:unable to get local issuer|self-signed) certificate/,
);
for my $table (sort keys %reason) {
    $h->mark_log;
    is answer_of($table, $_), '500 /', "$table: $_ gets a failure" for qw(alice bob);
    like +($h->log_lines(qr/CC0133/))[0], qr/table $table.*: $reason{$table}/, "$table: and the log has the reason";
}

# ---- the server is restarted

$_->stop, $_->start for $redis, $other;
fill();
is answer_of($_, 'alice'), '200 alice/staff', "$_: a restart of Redis is not noticed" for qw(program url);

# ---- passwords

my @shown = (
    log => $h->log,
    map({ ("the page $_" => $h->get($_, cert => 'alice')->{body}) }
        '/metrics', '/server-status', '/server-status?auto', '/whoami/password', '/whoami/url', '/whoami/url?format=json'),
    map({ my $said = ask($h, @$_); ("clientcert @$_" => "$said->{output}$said->{error}") }
        ['check'], ['trust'], ['rules'], ['table', 'url'], ['table', 'password', 'alice'], ['table', '--json', 'url', 'alice'],
        ['explain', "$ca/alice.pem"], ['explain', '--json', '--path', '/password', "$ca/alice.pem"]),
);
while (my ($where, $text) = splice @shown, 0, 2) {
    ok length $text, "$where: a text" or next;
    unlike $text, qr/horse/, "$where: no password";
}
like ask($h, 'table', 'url')->{output}, qr{^source +redis://\*\*\*\@127\.0\.0\.1:$port$}m, 'a URL is shown without user and password';
my %wrong = (
    'a URL'            => "ClientCertTable t redis://web:$secret\n",
    'another type'     => "ClientCertTable t redi://web:$secret\@h\n",
    'no name'          => "ClientCertTable redis://web:$secret\@h\n",
    'another option'   => "ClientCertTable t redis://h pasword=$secret\n",
    'a login and TLS'  => "ClientCertTable t redis://web:$secret\@h cafile=x\n",
    'an open quote'    => "ClientCertTable t redis://h 'password=$secret\n",
);
for my $what (sort keys %wrong) {
    my ($exit, $output) = ClientCert::Test->configtest(conf => "$wrong{$what}ClientCertMap subject.CN in t user=\$1\n");
    ok $exit != 0 && $output =~ /CC0[26]\d\d: / && $output !~ /horse/, "$what: an error without the password" or diag $output;
}

# ---- a graceful restart without the passwords and the CAs

announce('CC0614');
$site{conf} =~ s{\Q$ca\E/root\.pem}{$tmp/root.pem}g;
write_file("$tmp/root.pem", read_file("$ca/root.pem"));
ok $h->reload(conf => $site{conf}), 'a graceful restart';
is answer_of($_, 'alice'), '200 alice/staff', "$_: a client in the table" for qw(file program);
my ($program, $file, $root) = map { "$tmp/$_" } qw(program file root.pem);
my %bad = (
    program => [$program, "#!/bin/sh\nexit 3\n", qr/CC0649: .*the program failed \(exit status 3\)/],
    file    => [$file,    "",                      qr/CC0649: .*the first line is empty/],
    root    => [$root,    "",                      qr/CC0650: .*it cannot be used for TLS: no certificate or crl found/],
);
for my $what (sort keys %bad) {
    my ($path, $text, $reason) = @{ $bad{$what} };
    my $good  = read_file($path);
    my $table = $what eq 'root' ? 'file' : $what;
    $h->mark_log;
    write_file($path, $text);
    ok $h->reload, "$what: a bad one does not end a graceful restart";
    like +($h->log_lines(qr/CC0614: table $table was not opened/))[0], qr/lookups in it fail until the next restart: $reason/,
        "$what: the log says why";
    is answer_of($table, $_), '500 /', "$what: $_ gets a failure" for qw(alice bob);
    is answer_of('url', 'alice'), '200 alice/staff', "$what: other tables work";
    write_file($path, $good);
    ok $h->reload, "$what: it is repaired";
    is answer_of($table, 'alice'), '200 alice/staff', "$what: a restart opens the table";
}
unlike $h->log, qr/horse/, 'the log has no password';

# ---- a server that closes the connection after the login

my $socket   = "$tmp/socket";
my $listener = IO::Socket::UNIX->new(Local => $socket, Listen => 5) or die "$socket: $!\n";
my $server   = fork // die "fork: $!\n";
if (!$server) {
    while (my $client = $listener->accept) {
        sysread $client, my $login, 1000;
        syswrite $client, "+OK\r\n";
        close $client;
    }
    POSIX::_exit(0);
}
my $site = site(conf => <<"CONF");
ClientCertTable people redis:unix:$socket password=x
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    ClientCertMap subject.CN in people user=\$1
</VirtualHost>
CONF
for (1 .. 5) {
    like ask($site, 'table', 'people', 'alice')->{output},
        qr/^result +failed: Redis at \Q$socket\E: /m,
        'a write to it does not end the configuration test';
}
kill 'KILL', $server;
waitpid $server, 0;

done_testing;
