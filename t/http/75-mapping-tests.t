# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertTest: a changed mapping makes httpd -t fail, but never the start of a server.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Machine qw(apxs);
use ClientCert::Test::Tool;

use File::Temp ();
use POSIX ();

my $ca    = ClientCert::Test->ca;
my $rules = <<'CONF';
ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "(.+)@example\.com" user=$1 group=staff
ClientCertMap issuer == "CN=Staff CA,O=Example" group=%{subject.OU|lower}
ClientCertMap subject.CN == cart group=services
ClientCertMap subject.CN == PARTNER-AS2 deny
CONF

# The output of httpd -t for these lines, which follow the rules in site.conf (4 lines).
sub says {
    my ($lines, %o) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => "$rules$lines\n", %o);
    return { exit => $exit, output => $output };
}

# ---- what passes

for (
    ['alice.pem expect user=alice group=staff group=admins', 'a user and all groups'],
    ['alice.pem expect group=admins user=alice group=staff', 'in any order'],
    ['"alice.pem" expect "user=alice" group="staff" group=admins', 'with quotes'],
    ['service.pem expect group=services', 'groups without a user'],
    ['partner.pem expect none', 'no identity, because a rule denies'],
    ['stranger.pem expect none', 'no identity, because no rule matches'],
    ['expired.pem expect user=expired group=staff', 'an expired certificate: dates are not tested'],
    ['selfsigned.pem expect none', 'a certificate that would not verify'],
) {
    my ($line, $claim) = @$_;
    my $said = says('ClientCertTest ' . ($line =~ s{^("?)}{$1\@CA\@/}r));
    is $said->{exit}, 0, "passes: $claim" or diag $said->{output};
}

# Of the CAs above a certificate alone, only the name of its issuer is known.
for ('chain.subject == CN=Other', 'ca.sha256|present == true', 'root.issuer|present == true') {
    my $said = says("ClientCertMap $_ deny\nClientCertTest \@CA\@/alice.pem expect none");
    is $said->{exit}, 0, "what is not known may deny: $_" or diag $said->{output};
}
is says("ClientCertMap ca.subject != \"CN=Staff CA,O=Example\" deny\n"
    . 'ClientCertTest @CA@/alice.pem expect user=alice group=staff group=admins')->{exit}, 0, 'ca.subject is known';

# ---- what fails

for (
    ['alice.pem expect user=alice group=staff', qr/expected user "alice", group "staff"; got user "alice", group "staff", group "admins"/,
        'a group too many'],
    ['bob.pem expect user=bob group=staff group=admins', qr/got user "bob", group "staff"$/m, 'a group too few'],
    ['bob.pem expect user=bob group=admins', qr/got user "bob", group "staff"$/m, 'another group'],
    ['bob.pem expect user=alice group=staff', qr/expected user "alice", .*got user "bob"/, 'another user'],
    ['bob.pem expect group=staff', qr/expected no user, group "staff"; got user "bob"/, 'a user where none is expected'],
    ['service.pem expect user=service group=services', qr/got no user, group "services"/, 'no user where one is'],
    ['bob.pem expect none', qr/expected no identity; got user "bob"/, 'somebody where nobody is'],
    ['stranger.pem expect user=stranger', qr/got no identity$/m, 'nobody where somebody is'],
    ['partner.pem expect user=partner', qr/got no identity: denied by \S+site\.conf:4$/m, 'somebody who is denied, with the rule'],
    ['nowhere.pem expect none', qr/got CC0302: .*nowhere\.pem.*No such file/, 'a file that is not there, also for none'],
    ['alice.key expect none', qr/got CC0303: /, 'a file without a certificate'],
    ['alice.p12 expect none', qr/got CC0304: .*password/, 'a PKCS#12 file with a password, which is not asked for'],
) {
    my ($line, $pattern, $claim) = @$_;
    my $said = says("ClientCertTest \@CA\@/$line");
    isnt $said->{exit}, 0, "fails: $claim";
    like $said->{output}, $pattern, 'and says what there is';
    like $said->{output}, qr/CC0755: \S+site\.conf:5: ClientCertTest /, 'and where it stands';
}

# ---- how the certificate arrives

{
    my ($exit, $output) = ClientCert::Test->configtest(conf => <<'CONF');
ClientCertMap via == tls user=tls
ClientCertMap via == header user=header
ClientCertMap via.proxy == 2001:db8::1 group=one
ClientCertMap via != header via != tls user=other
ClientCertTest @CA@/bob.pem expect user=other
ClientCertTest @CA@/bob.pem via=tls expect user=tls
ClientCertTest @CA@/bob.pem via=header expect user=header
ClientCertTest @CA@/bob.pem via=header proxy=2001:DB8::0:1 expect user=header group=one
ClientCertTest @CA@/bob.pem via=proxy-protocol proxy=unix expect user=other
ClientCertTest @CA@/bob.pem via=tls expect user=header
CONF
    isnt $exit, 0, 'via= and proxy= set the fields';
    is_deeply [$output =~ /CC0755: \S+site\.conf:(\d+)/g], [10], 'as the tests say that pass';
}

my $said = says(join "\n", 'ClientCertTest @CA@/bob.pem expect none',
    'ClientCertTest @CA@/bob.pem expect user=bob group=staff',
    'ClientCertTest @CA@/alice.pem expect none');
is_deeply [$said->{output} =~ /CC0755: \S+site\.conf:(\d+)/g], [5, 7], 'all that fail are told, and no others';
like $said->{output}, qr/CC0756: \S+site\.conf:5: rule \S+site\.conf:1 matches/, 'with the rules that match';
like $said->{output}, qr/CC0756: \S+site\.conf:5: rule \S+site\.conf:3 does not match: subject\.CN == "cart"; seen bob/,
    'and the first condition of one that does not, with the value seen';

# ---- errors of syntax, at any time

for (
    ['', 'nothing', qr/CC0754: .*expect must follow/],
    ['a.pem', 'a file alone', qr/CC0754: .*expect must follow/],
    ['a.pem user=x', 'no expect', qr/CC0754: "user=x": expect must follow/],
    ['a.pem expect', 'no expectation', qr/CC0754: "expect": an expectation must follow/],
    ['a.pem expect user=', 'an empty user', qr/CC0754: "user=": no rule can give such a name/],
    ["a.pem expect group=\"a\x{1}\"", 'a control character', qr/CC0754: "group=a\\+x01": no rule can give such a name/],
    ['a.pem expect user=a user=b', 'two users', qr/CC0754: "user=b": only one user can be expected/],
    ['a.pem expect group=a group=a', 'a group twice', qr/CC0754: "group=a": this name is listed already/],
    ['a.pem expect none user=a', 'none and a user', qr/CC0754: "none": none must be the only expectation/],
    ['a.pem expect user=a none', 'a user and none', qr/CC0754: "none": none must be the only expectation/],
    ['a.pem expect role=a', 'another word', qr/CC0754: "role=a": this is not a valid expectation/],
    ['a.pem via=https expect none', 'an unknown way', qr/CC0754: "via=https": via= takes tls, header or proxy-protocol/],
    ['a.pem via=tls via=header expect none', 'two ways', qr/CC0754: "via=header": expect must follow/],
    ['a.pem via=header', 'a way alone', qr/CC0754: expect must follow/],
    ['a.pem proxy=192.0.2.1 expect none', 'a proxy alone', qr/CC0754: "proxy=192\.0\.2\.1": proxy= must follow via=header/],
    ['a.pem via=tls proxy=unix expect none', 'a proxy with TLS', qr/CC0754: "proxy=unix": proxy= must follow via=header/],
    ['a.pem via=header proxy=localhost expect none', 'no address', qr/CC0754: "proxy=localhost": proxy= takes an IP address/],
    ['a.pem via=header proxy=unix proxy=unix expect none', 'two proxies', qr/CC0754: "proxy=unix": expect must follow/],
    ['a.pem expect "user=a', 'an open quote', qr/CC0210/],
) {
    my ($line, $claim, $pattern) = @$_;
    my ($exit, $output) = ClientCert::Test->try_start(conf => "${rules}ClientCertTest $line\n");
    isnt $exit, 0, "stops the start: $claim";
    like $output, qr/line 5 of \S+site\.conf:/, 'with the line';
    like $output, $pattern, 'and the word';
    like $output, qr/write FILE \[via=WAY \[proxy=ADDRESS\]\] expect user=NAME \[strength=WORD\] group=NAME account=NAME \.\.\., or expect none/, 'and what would be legal'
        unless $line =~ /"user=a$/;
}
# ---- which rules

my $scopes = <<'CONF';
ClientCertMap user=server
<VirtualHost *:@PORT@>
    ServerName inherits.example
    ClientCertTest @CA@/bob.pem expect user=server
    <Location "/none">
        ClientCertTest @CA@/bob.pem expect user=server
    </Location>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName own.example
    ClientCertTest @CA@/bob.pem expect user=host
    ClientCertMap user=host
    <Location "/one">
        ClientCertTest @CA@/bob.pem expect user=one
        ClientCertMap user=one
        <If "true">
            ClientCertTest @CA@/bob.pem expect user=one
            <If "true">
                ClientCertMap user=two
                ClientCertTest @CA@/bob.pem expect user=two
            </If>
        </If>
    </Location>
    <Directory "@ROOT@/htdocs">
        ClientCertTest @CA@/bob.pem expect user=host
        <Files "x">
            ClientCertMap user=file
            ClientCertTest @CA@/bob.pem expect user=file
        </Files>
        <IfModule ssl_module>
            <Limit GET>
                ClientCertTest @CA@/bob.pem expect user=host
            </Limit>
        </IfModule>
    </Directory>
</VirtualHost>
ClientCertTest @CA@/bob.pem expect user=server
CONF
my ($exit, $output) = ClientCert::Test->configtest(conf => $scopes);
is $exit, 0, 'the rules are those of the innermost scope around the test that has any' or diag $output;
($exit, $output) = ClientCert::Test->configtest(conf => $scopes =~ s/(expect user=)/$1not-/gr);
my @got = $output =~ /CC0755: .*got user "(\w+)"/g;
is_deeply \@got, [qw(server server host one one two host file host server)], 'in every place'
    or diag $output;
($exit, $output) = ClientCert::Test->configtest(conf => "ClientCertTest \@CA\@/bob.pem expect none\n");
isnt $exit, 0, 'a test that no rules are in effect for fails, also for none';
like $output, qr/got no ClientCertMap is in effect in the scope of this test/, 'and says so';

# ---- files, tables, properties of a connection

($exit, $output) = ClientCert::Test->configtest(
    files => { 'people/bob.pem' => do { local (@ARGV, $/) = "$ca/bob.pem"; <> } },
    conf  => "${rules}ClientCertTest people/bob.pem expect user=bob group=staff\n");
is $exit, 0, 'the name of the file begins at ServerRoot' or diag $output;
($exit, $output) = ClientCert::Test->configtest(
    files => { 'both.pem' => do { local (@ARGV, $/) = ("$ca/bob.pem"); my $one = <>;
            @ARGV = ("$ca/staff.pem"); $one . <> } },
    conf  => 'ClientCertMap ca.sha256 == ' . (`openssl x509 -in $ca/staff.pem -noout -fingerprint -sha256` =~ /=(\S+)/)[0]
        . " user=issued\nClientCertTest both.pem expect user=issued\nClientCertTest \@CA\@/bob.pem expect none\n");
is $exit, 0, 'the issuer is known if the file contains it' or diag $output;
my %path = map { ("$_.pem" => do { local (@ARGV, $/) = map { "$ca/$_.pem" } split /-/; join '', <> }) }
    'bob-root-staff', 'bob-staff', 'bob-root';
($exit, $output) = ClientCert::Test->configtest(
    files => \%path,
    conf  => "ClientCertMap root.subject.CN == \"Root CA\" group=%{chain.subject.CN}\n"
        . "ClientCertMap chain.subject.CN == \"Staff CA\" group=staff\n"
        . "ClientCertTest bob-root-staff.pem expect group=\"Staff CA\" group=\"Root CA\" group=staff\n"
        . "ClientCertTest bob-staff.pem expect group=staff\nClientCertTest bob-root.pem expect none\n");
is $exit, 0, 'and the path, as far as the file contains it' or diag $output;
my $table = "ClientCertTable people file:conf/people.map\nClientCertMap subject.CN in people user=\$1\n"
    . "ClientCertTest \@CA\@/bob.pem expect user=robert\n";
($exit, $output) = ClientCert::Test->configtest(files => { 'conf/people.map' => "bob robert\n" }, conf => $table);
is $exit, 0, 'tables are read' or diag $output;
($exit, $output) = ClientCert::Test->configtest(files => { 'conf/people.map' => "bob bobby\n" }, conf => $table);
like $output, qr/CC0755: .*got user "bobby"/, 'and what they say now counts';
SKIP: {
    skip 'no mod_dbd', 1 unless -e apxs('LIBEXECDIR') . '/mod_dbd.so';
    ($exit, $output) = ClientCert::Test->configtest(modules => ['dbd'], conf =>
            "ClientCertTable people \"sql:SELECT x FROM y WHERE z = %s\"\nClientCertMap subject.CN in people user=\$1\n"
            . "ClientCertTest \@CA\@/bob.pem expect user=bob\n");
    like $output, qr/CC0755: .*got .*only a running server can ask it/, 'what cannot be asked fails the test, and says why';
}

# ---- the start of a server

# A process that opens this one waits.
my $dir  = File::Temp->newdir;
my $fifo = "$dir/fifo";
POSIX::mkfifo($fifo, 0666) or die "$fifo: $!\n";
chmod 0755, $dir;
announce('CC0721', qr/ClientCertTest not allowed here/);    # the host has no TLS
my $h = ClientCert::Test->server(files => { 'htdocs/.htaccess' => "ClientCertTest x expect none\n" }, conf => <<"CONF");
$rules
ClientCertTest \@CA\@/bob.pem expect user=wrong
ClientCertTest $fifo expect none
ClientCertTest /nowhere/x.pem expect none
<Directory "\@ROOT\@/htdocs">
    AllowOverride All
    Require all granted
</Directory>
CONF
ok $h->pid, 'a server starts with tests that would fail, and reads none of their files';
is_deeply [$h->log_lines(qr/CC075/)], [], 'and says nothing of them';
ok $h->reload, 'it also restarts without httpd -t';
is $h->get('/', scheme => 'http')->{status}, 500, 'in .htaccess it is not legal';
ok $h->wait_log(qr/ClientCertTest not allowed here/), 'as the log says';
$h->stop;

my $site = site(conf => "${rules}ClientCertTest \@CA\@/bob.pem expect user=bob group=staff\n"
        . "ClientCertTest \@CA\@/alice.pem expect user=bob\n");
my $check = answer($site, 'check');
is $check->{exit}, 1, 'clientcert check runs them too';
is_deeply [map { [!!$_->{passed}, $_->{got}] } @{ $check->{tests} }],
    [[1, 'user "bob", group "staff"'], ['', 'user "alice", group "staff", group "admins"']],
        'each with its user and groups';
is_deeply [map { !!$_->{holds} } @{ $check->{tests}[1]{trace} }], [1, 1, '', ''], 'and its trace';
$said = ask($site, 'check');
like $said->{output}, qr/site\.conf:6: ClientCertTest \S+alice\.pem: FAILED\n    expected  user "bob"\n    got       user "alice"/,
    'for people too';
like $said->{output}, qr/\d+ findings?; 2 tests, 1 failed$/, 'with a sum';

# ---- conf/examples/tested.conf

my %people = map { ("var/$_.pem" => do { local (@ARGV, $/) = "$ca/$_.pem"; <> }) } qw(alice bob service);
$h = example('tested', files => { %people, 'htdocs/private/page' => "private\n" });
is $h->get('/private/page', cert => 'bob')->{status}, 200, 'tested.conf: staff is served';
announce('AH01630', 'CC0110');
keeps_denied($h, '/private/page', cert => 'bob');
$check = answer($h, 'check');
is_deeply [map { !!$_->{passed} } @{ $check->{tests} }], [1, 1, 1], 'tested.conf: its tests pass';
$h->file('var/service.pem', $people{'var/alice.pem'});
$check = answer($h, 'check');
is_deeply [map { !!$_->{passed} } @{ $check->{tests} }], [1, 1, ''],
    'tested.conf: and fail for another user';

done_testing;
