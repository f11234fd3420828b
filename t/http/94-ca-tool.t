# SPDX-License-Identifier: Apache-2.0
# Tests clientcert trust: which CAs it lists, with which files, dates and marks, and its exit status.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

my $ca    = ClientCert::Test->ca;
my $is_ca = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign";
my $day   = 24 * 3600;

sub ca { my ($name, %o) = @_; return certificate($name, "/O=Example/CN=$name", extension => $is_ca, %o) }
sub pem { return join '', map { read_file("$_.pem") =~ s/-----BEGIN[^-]*PRIVATE.*//sr } @_ }

my $base   = ca('Base', self => 1, days => 900, bits => 1024);
my @ending = (issuer => $base, begin => time - 300 * $day, end => time + 5 * $day + 3600);
my $ending = ca('Ending', @ending);
my $old    = ca('Old', issuer => $base, begin => time - 300 * $day, end => time - 5 * $day);
my $next   = ca('Next', self => 1, begin => time + 9 * $day, end => time + 900 * $day);
my $bidi   = ca("Bi\xe2\x80\xaedi", self => 1, days => 800);

sub host {
    my ($name, $lines) = @_;
    return "<VirtualHost *:\@PORT\@>\nServerName $name\nSSLEngine on\n$lines\nSSLVerifyClient optional\n"
        . "ClientCertAuth On\n</VirtualHost>\n";
}

sub fails {
    my ($site, $words, $pattern, $claim) = @_;
    my $wrong = ask($site, 'trust', @$words);
    is "$wrong->{exit}$wrong->{output}", '2', "exit status 2: $claim";
    return like $wrong->{error}, qr/\Aclientcert: $pattern\n\z/, 'in one line';
}

# ---- the list

my $site = site(
    conf  => host('a.example', "ClientCertCA conf/base.pem conf/folder\nClientCertCA conf/mesh.pem domain=mesh.example"),
    files => {
        'conf/base.pem' => pem($base),
        'conf/folder/ending.pem' => pem($ending),
        'conf/mesh.pem' => pem("$ca/staff"),
    });
my $list = ask($site, 'trust');
is "$list->{exit}$list->{error}", '0', 'a CA that ends soon is no error';
like $list->{output}, qr{\Aresult +ending: 3 CAs, 1 expires soon\n\na\.example:\d+: ClientCertCA at \S+site\.conf:4, \S+site\.conf:5\n},
    'the result, the host and its directives come first';
like $list->{output}, qr{
    ^\ \ \ \ CN=Ending,O=Example\n
    \ {8}sha256\ +[0-9a-f]{64}\n
    \ {8}file\ +\S+/conf/folder/ending\.pem\n
    \ {8}role\ +intermediate\n
    \ {8}notBefore\ +20\S+Z\ \(300\ days\ ago\)\n
    \ {8}notAfter\ +20\S+Z\ \(in\ 5\ days\)\ SOON\n
    \ {8}key\ +EC\ P-256\n
    \ {8}signature\ +sha256WithRSAEncryption\n}mx, 'each CA has its digest, file, role, dates, key and signature';
like $list->{output}, qr{CN=Staff CA,O=Example\n +sha256 .*\n +file .*\n +domain +mesh\.example\n +role +intermediate, a chain may end here\n},
    'a CA of a trust domain';
like $list->{output}, qr{CN=Base,O=Example\n +sha256 .*\n +file .*\n +role +root\n +notBefore .*\n +notAfter .*\n +key +RSA 1024 WEAK\n +signature +sha256WithRSAEncryption\n},
    'a weak key is marked';
like $list->{output}, qr/Ending.*Staff CA.*Base/s, 'the first one to expire comes first';
like ask($site, 'trust', '--color=always')->{output}, qr/\e\[31mSOON\e\[m\n.*\e\[31mWEAK\e\[m\n/s, 'marks are coloured';

my $json = answer($site, 'trust', '--vhost', 'a.example');
is_deeply [map { $_->{where} =~ /(\d+)$/ } @{ $json->{sets}[0]{cas} }], [4, 5, 4], 'JSON has the line of each CA';
is_deeply [map { $_->{state} } @{ $json->{sets}[0]{cas} }], [qw(ending valid valid)], 'and its state';
is_deeply [map { join ' ', @{ $_->{weak} } } @{ $json->{sets}[0]{cas} }], ['', '', 'key'], 'and what is weak';

# ---- a SHA-1 signature of an intermediate CA, whose file may have it from an old issuer

SKIP: {
    my $weak = eval { ca('Sha', issuer => $base) };
    system('sh', '-c', "openssl x509 -req -sha1 -in $weak.csr -extfile $weak.ext -CA $base.pem -CAkey $base.key "
            . "-set_serial 9 -days 10 -out $weak.pem >/dev/null 2>&1") == 0 or skip 'OpenSSL signs with no SHA-1', 1;
    $site->file('conf/folder/ending.pem', pem($weak));
    like ask($site, 'trust')->{output}, qr/^ +signature +sha1WithRSAEncryption WEAK$/m, 'a weak signature is marked';
}

# ---- results

$site->file('conf/folder/ending.pem', pem($ending, $old));
my $expired = ask($site, 'trust');
is $expired->{exit}, 1, 'a CA that has expired: exit status 1';
like $expired->{output}, qr/\Aresult +expired: 4 CAs, 1 expired, 1 expires soon\n/, 'is counted';
like $expired->{output}, qr/\(5 days ago\) EXPIRED\n/, 'and marked';
$site->file('conf/folder/ending.pem', pem($next));
my $early = ask($site, 'trust');
is $early->{exit}, 0, 'a CA that is not valid yet: exit status 0';
like $early->{output}, qr/\Aresult +valid: 3 CAs, 1 not valid yet\n.* NOT VALID YET\n/s, 'is counted and marked';
$site->file('conf/folder/ending.pem', pem($bidi));
my $odd = ask($site, 'trust');
is "$odd->{exit}$odd->{error}", '0', 'good CAs: exit status 0';
like $odd->{output}, qr/^ {4}Bi\\xE2\\x80\\xAEdi$/m, 'a name that would change the direction of text is escaped';

my $two = site(
    files => { 'conf/base.pem' => pem($base) },
    conf  => "ClientCertCA conf/base.pem\n" . host('a', '') . host('b', '') . host('c', 'ClientCertCA @CA@/root.pem')
        . "<VirtualHost *:\@PORT2\@>\nServerName plain\n</VirtualHost>\n");
my $all = ask($two, 'trust');
like $all->{output}, qr{\A.*\n\na:\d+, b:\d+: ClientCertCA at \S+:1\n\n    CN=Base.*\n\nc:\d+: ClientCertCA at \S+\n\n    CN=Root}s,
    'hosts that inherit the same directives are listed together';
like ask($two, 'trust', '--vhost', 'plain')->{output}, qr/^plain:\d+: ClientCertCA at \S+:1; no client certificate is requested$/m,
    'a host that requests none is listed if it is named';

# ---- mod_ssl's directives

my $ssl = site(conf => host('file', 'SSLCACertificateFile @CA@/clients.pem') . host('none', '')
    . host('both', "SSLCACertificateFile \@CA\@/clients.pem\nClientCertCA \@CA\@/root.pem"));
my $sets = answer($ssl, 'trust')->{sets};
is_deeply [map { [$_->{directive}, scalar @{ $_->{cas} }] } @$sets],
    [['SSLCACertificateFile', 3], [undef, 0], ['ClientCertCA', 1]], 'without ClientCertCA, those of SSLCACertificateFile';
is $sets->[0]{cas}[0]{file}, "$ca/clients.pem", 'with their file';
my $none = ask($ssl, 'trust', '--vhost', 'none');
is $none->{exit}, 1, 'a host that trusts no CA: exit status 1';
like $none->{output}, qr/\Aresult +empty: 0 CAs\n\nnone:\d+: neither ClientCertCA, SSLCACertificateFile nor SSLCACertificatePath is set\n\z/,
    'which is said';
my $unused = ask(site(conf => "<VirtualHost *:\@PORT\@>\nServerName x\n</VirtualHost>\n"), 'trust');
is $unused->{exit}, 1, 'no host requests certificates: exit status 1';
like $unused->{output}, qr/\Aresult +empty: no virtual host/, 'which is said, too';

# ---- bad input

fails($site, ['--vhost', 'nowhere'], qr/CC0751: "nowhere": .*/, 'a host that is not there');
fails($site, ['x'], qr/CC0506: "x": .*/, 'an argument');
$site->file('conf/base.pem', "nothing\n");
fails($site, [], qr{CC0\d+: \S+site\.conf:4: "\S+/conf/base\.pem": .*}, 'a file without a certificate');
unlink $site->path('conf/base.pem');
fails($site, [], qr{CC0\d+: \S+site\.conf:4: "\S+/conf/base\.pem": .*No such file.*}, 'a file that is missing');

done_testing;
