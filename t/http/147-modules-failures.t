# SPDX-License-Identifier: Apache-2.0
# Tests that a module can tell an unknown or undecided identity from that of no user.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::OtherModule;

use constant { SUCCESS => 0, EACCES => 13, EGENERAL => 20014, INCOMPLETE => 70008 };

my $h = ClientCert::Test->server(
    global => load_other('test_lookup'),
    conf   => <<'CONF');
ClientCertTable away redis:127.0.0.1:1/cert: timeout=1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.O == Example user=someone group=example
    ClientCertMap subject.CN == admin  group=admins
    ClientCertExport
    SetHandler test-lookup
    <Location "/nobody">
        ClientCertMap subject.CN == admin user=admin
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    TestLookup user
    ClientCertMap subject.CN in away user=$1
    ClientCertAuth Off
    ClientCertExport
    SetHandler test-lookup
</VirtualHost>
CONF
announce('CC0112', 'CC0133', 'CC0150', 'CC0157', qr/CC06\d\d/);

# ---- lookups that fail

my $response = $h->get('/?user', cert => 'alice', port => 2);
is $response->{status}, 500, 'after a lookup that failed, the answer is 500, whatever the module does';
unlike $response->{body}, qr/^user:/m, 'and the content of the module is not sent';
ok $h->wait_log(qr/late user: ${\EGENERAL} - -/), 'the module gets a status of its own';
is $h->get('/?user', port => 2)->{status}, 200, 'without a certificate there is nothing to look up';

# ---- rules that are not decided: the certificate has an unusable CN

sub looked_up {
    my ($path) = @_;
    my %line = $h->get($path, cert => 'nul-cn')->{body} =~ /^(\S+): (.*)$/mg;
    return \%line;
}
my $line = looked_up('/?user&group&subject.O');
is $line->{user}, SUCCESS . ' someone someone', 'a user is certain, though a group may be missing';
is $line->{group}, INCOMPLETE . ' example example', 'of the groups, the status says so';
is $line->{'subject.O'}, SUCCESS . ' Example Example', 'a field is certain';
$line = looked_up('/nobody?user&group');
is "$line->{user}|$line->{group}", join('|', (EACCES . ' - -') x 2),
    'a client whose only rule is not decided is not anonymous';

done_testing;
