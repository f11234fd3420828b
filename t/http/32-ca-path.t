# SPDX-License-Identifier: Apache-2.0
# Tests that two CAs of the same name in SSLCACertificatePath stay separate: a certificate verified
# by one of them does not count for the other, on another host or after a restart.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Service;
use ClientCert::Test::Session;

my %ca = map {
    $_ => certificate("$_ CA", '/O=Example/CN=Clients CA', self => 1,
        extension => "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign")
} 'old', 'new';
my %client = map { $_ => certificate($_, "/O=Example/CN=$_", issuer => $ca{$_}) } keys %ca;
my %pem    = map { $_ => read_file("$ca{$_}.pem") } keys %ca;

# The file name under which OpenSSL looks for the CA.
chomp(my $hash = `openssl x509 -noout -subject_hash -in '$ca{old}.pem'`);

sub host {
    my ($name, $folder) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name.example
    SSLEngine on
    SSLCertificateFile \@CA\@/ab.example.pem
    SSLCertificateKeyFile \@CA\@/ab.example.key
    SSLCACertificatePath conf/$folder
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF
}

announce('CC0104', 'AH01909');    # names that are missing in the server's certificate

# ---- another host, on one connection

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { map { ("conf/$_/$hash.0" => $pem{$_}) } keys %pem },
    global  => <<'CONF', conf => host('a', 'old') . host('b', 'new'));
SSLStrictSNIVHostCheck off
<IfDirective SSLVHostSNIPolicy>
    SSLVHostSNIPolicy insecure
</IfDirective>
CONF
for my $tls ('1.2', '1.3') {
    my $c = $h->connection(host => 'a.example', sni => '', cert => $client{old}, tls => $tls);
    is $c->request('/')->{headers}{user}, 'old', "TLS $tls: a host that trusts the old CA";
    $h->mark_log;
    is $c->request('/', host => 'b.example')->{headers}{user}, '',
        'no identity on a host that trusts another CA of that name';
    ok $h->wait_log(qr/CC0104: .* vhost=b\.example:\d+ reason="it was issued by .*: a CA of that name is trusted here, but with another key"/),
        'and the log says why';
    my $other = $h->connection(host => 'b.example', sni => 'b.example', cert => $client{new},
        tls => $tls);
    is $other->request('/')->{headers}{user}, 'new', 'where its own clients have an identity';
}
$h->stop;

# ---- a restart; the sessions are stored outside of httpd

my $redis = ClientCert::Test::Service->redis;
$h = ClientCert::Test->server(
    modules => ['headers', 'socache_redis'],
    files   => { "conf/cas/$hash.0" => $pem{old} },
    global  => join("\n", 'SSLSessionTickets off',
        'SSLSessionCache redis:127.0.0.1:' . $redis->port, 'SSLSessionCacheTimeout 3600', ''),
    conf => host('a', 'cas'));

sub resumed_as {
    my ($before, $tls) = @_;
    my $again = resumed($h, $before, '/', host => 'a.example', tls => $tls);
    return "$again->{reused} $again->{headers}{user}";
}

my %session = map {
    $_ => full($h, '/', host => 'a.example', cert => $client{old}, tls => $_)
} '1.2', '1.3';
ok $h->reload, 'a graceful restart';
is resumed_as($session{$_}, $_), '1 old', "TLS $_: a session outlives it" for sort keys %session;
ok $h->reload(files => { "conf/cas/$hash.0" => $pem{new} }), 'another CA in its place';
is resumed_as($session{$_}, $_), '0 ', "TLS $_: not with another CA" for sort keys %session;

done_testing;
