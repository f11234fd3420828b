# SPDX-License-Identifier: Apache-2.0
# Tests the functions by which other modules look up the identity of a request.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::OtherModule;

use constant { SUCCESS => 0, EACCES => 13, EGENERAL => 20014, EINVAL => 22, NOTFOUND => 70015,
    INCOMPLETE => 70008, ENOTIMPL => 70023 };

my $load = load_other('test_lookup');
my $sql  = "exec:\@ROOT\@/none";

my $h = ClientCert::Test->server(
    global => $load,
    cgi    => 0,
    files  => { 'conf/people.map' => "alice alice\n", 'conf/crl.here' => '' },
    conf   => <<'CONF');
LogLevel clientcert:debug
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    TestLookup root.subject.CN
    ClientCertMap subject.CN == two-cn deny
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1
    ClientCertMap san.email == alice@example.com group=%{subject.OU} group="a,b"
    ClientCertMap subject.CN == "Service Account" group=services
    SetHandler test-lookup
    <Location "/none">
        ClientCertMap subject.CN == nobody group=none
    </Location>
    <Location "/private">
        Require clientcert-group admins
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional_no_ca
    TestLookupUse
    SetHandler test-lookup
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    SetHandler test-lookup
</VirtualHost>
CONF

# The lines of the answer, by name, without those of the phases.
sub looked_up {
    my ($path, %o) = @_;
    my $response = $h->get($path, %o);
    my %line     = $response->{body} =~ /^(\S+?):? (.*)$/mg;
    return \%line;
}

for my $tls ('1.2', '1.3') {
    my $line = looked_up('/?user&group&rule&subject.CN&subject.OU|first&san.dns&subject.OU|count',
        cert => 'alice', tls => $tls);
    is $line->{user}, SUCCESS . ' alice alice', "TLS $tls: a module gets the user";
    is $line->{group}, SUCCESS . ' staff,admins,a\,b staff|admins|a,b',
        'the groups as a text, whose parts can be separated again, and as a list';
    like $line->{rule}, qr/^0 \S+site\.conf:8,\S+site\.conf:9 /, 'the rules that matched';
    is $line->{'subject.CN'},       SUCCESS . ' alice alice', 'fields of the certificate,';
    is $line->{'subject.OU|first'}, SUCCESS . ' staff staff', 'with modifiers';
    is $line->{'san.dns'}, NOTFOUND . ' - -', 'and that there is no value';
}

my $line = looked_up('/?user&subject.CN');
is $line->{user},         NOTFOUND . ' - -', 'a client without a certificate is certainly no user,';
is $line->{'subject.CN'}, NOTFOUND . ' - -', 'and has no field';

$line = looked_up('/none?user&group&subject.CN', cert => 'alice');
is $line->{user},  EACCES . ' - -', 'a certificate to which the rules give no identity is not anonymous:';
is $line->{group}, EACCES . ' - -', 'it may be that of any user';
is $line->{'subject.CN'}, SUCCESS . ' alice alice', 'its fields have verified';
$line = looked_up('/?user&group', cert => 'two-cn');
is "$line->{user}|$line->{group}", join('|', (EACCES . ' - -') x 2), 'nor is one that a rule denies';

$line = looked_up('/?users&nofield&user&subject', cert => 'alice');
is $line->{users},   EINVAL . ' - -', 'a name in the plural is refused,';
is $line->{nofield}, EINVAL . ' - -', 'and an unknown field';
is $line->{user}, SUCCESS . ' alice alice', 'after which others are found';
ok $h->wait_log(qr/CC0167: a module looks up a name: CC0201: "nofield": /), 'the log says why';

$line = looked_up('/?root.subject.CN&chain.subject.CN&chain.sha256|count', cert => 'alice');
is $line->{'root.subject.CN'}, SUCCESS . ' Root CA Root CA',
    'a name of a CA is found if it was checked at the start';
my $early = looked_up('/?user', cert => 'alice')->{early};
is $early, 'root.subject.CN: ' . SUCCESS . ' Root CA Root CA', 'before the access phase too,';
ok $h->wait_log(qr/late root\.subject\.CN: 0 Root CA Root CA/), 'and when the request is logged';

is $h->get('/private?user', cert => 'bob')->{status}, 403, 'a request may be denied,';
announce('AH01630', 'CC0110');

# ---- hosts

announce('CC0104');
$line = looked_up('/?user&subject.CN', cert => 'alice', port => 2);
is $line->{'subject.CN'}, SUCCESS . ' alice alice',
    'on a host without directives of the module, fields are found if the hook says so';
is $line->{user}, EACCES . ' - -', 'and without rules there is no user';
$line = looked_up('/?user&subject.CN', cert => 'selfsigned', port => 2);
is $line->{'subject.CN'}, EACCES . ' - -', 'nothing of a certificate that did not verify is given away';
$line = looked_up('/?user&subject.CN', cert => 'alice', port => 3);
is $line->{'subject.CN'}, ENOTIMPL . ' - -', 'on other hosts, the module has no answer';

# ---- names

my @many = map { "subject.CN|replace(a,$_)" } 1 .. 100;
for my $at (0, 50) {
    my $lines = looked_up('/?' . join('&', map { s/([|(,)])/sprintf '%%%02x', ord $1/egr } @many[$at .. $at + 49]),
        cert => 'alice');
    is scalar(grep { defined $lines->{$_} && $lines->{$_} =~ /^0 / } @many[$at .. $at + 49]), 50,
        "any number of names is found ($at)";
}

# ---- at the start

my ($exit, $output) = ClientCert::Test->configtest(global => $load, conf => "TestLookup sna.email\n");
isnt $exit, 0, 'a module refuses a bad name while the configuration is read,';
like $output, qr/CC0201: "sna\.email": .*san\.email/, 'with the name and what would be legal';

ok $h->reload, 'a graceful restart';
is looked_up('/?user', cert => 'alice')->{user}, SUCCESS . ' alice alice', 'changes nothing';

done_testing;
