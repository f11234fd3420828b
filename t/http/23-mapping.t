# SPDX-License-Identifier: Apache-2.0
# Tests typical rules on a real server: to which user and groups they map each certificate.
use strict;
use warnings;
use ClientCert::Test;

my $ca = ClientCert::Test->ca;
chomp(my $pin = `openssl x509 -in $ca/partner.pem -noout -fingerprint -sha256`);
$pin =~ s/.*=//;

my $h = ClientCert::Test->server(cgi => 1, conf => <<"CONF" =~ s/PIN/$pin/r);
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional

    # Staff: the email address is the login, the OUs are groups.
    ClientCertMap  issuer == "CN=Staff CA,O=Example"  san.email =~ "(.+)\@example\\.com"  user=\$1 group=staff
    ClientCertMap  issuer == "CN=Staff CA,O=Example"  group=%{subject.OU|lower}
    # Services carry SPIFFE names.
    ClientCertMap  san.uri =~ "spiffe://example\\.com/ns/(?<ns>[^/]+)/sa/(?<sa>[^/]+)"  user=\$<sa>.\$<ns> group=services
    # Partners are pinned.
    ClientCertMap  sha256 == PIN  user=partner group=partners

    ScriptAlias "/order"     "\@ROOT\@/cgi-bin/env"
    <Location "/order">
        ClientCertMap san.email =~ ".+" user=%{subject.OU} group=one
        ClientCertMap subject.CN == "bob" stop
        ClientCertMap user=second-%{subject.CN} group=two
        ClientCertMap user=third group=two group=three
    </Location>
    ScriptAlias "/deny"      "\@ROOT\@/cgi-bin/env"
    <Location "/deny">
        ClientCertMap user=%{subject.CN} group=all
        ClientCertMap subject.OU == "admins" deny
        ClientCertMap group=late
    </Location>
    ScriptAlias "/stop"      "\@ROOT\@/cgi-bin/env"
    <Location "/stop">
        ClientCertMap subject.OU == "admins" user=chief stop
        ClientCertMap user=%{subject.CN} group=late
        ClientCertMap stop
    </Location>
    ScriptAlias "/mail"      "\@ROOT\@/cgi-bin/env"
    <Location "/mail">
        ClientCertMap user=%{san.email}
    </Location>
    ScriptAlias "/first"     "\@ROOT\@/cgi-bin/env"
    <Location "/first">
        ClientCertMap user=%{san.email|first|local} group=%{san.email|last}
    </Location>
    ScriptAlias "/capture"   "\@ROOT\@/cgi-bin/env"
    <Location "/capture">
        ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1 group=mail-\$1
    </Location>
    ScriptAlias "/operators" "\@ROOT\@/cgi-bin/env"
    <Location "/operators">
        ClientCertMap group=%%\$\$
        ClientCertMap subject under "O=Example"                           group=under
        ClientCertMap subject under "O=Partner Company"                   group=wrong-under
        ClientCertMap subject.OU != "guests"                              group=no-guest
        ClientCertMap subject.OU != "staff"                               group=no-staff
        ClientCertMap subject.CN !~ "(?i)B.*"                             group=no-b
        ClientCertMap key.bits >= 256 lifetime_days <= 31 not_after > 2026-01-01 group=numbers
        ClientCertMap key.type == ec key.curve == P-256 eku == clientAuth group=names
        ClientCertMap is_ca == false tls.resumed == false tls.version == TLSv1.3 group=facts
        ClientCertMap tls.sni == "localhost"                              group=sni
        ClientCertMap via == tls via.proxy != 192.0.2.1                   group=%{via}
    </Location>
</VirtualHost>
CONF

# user, groups and REMOTE_USER that the application sees; - for each that is not set
sub seen {
    my ($path, $cert) = @_;
    my $env = $h->cgi_env($h->get($path, cert => $cert));
    return join ' ', map { $_ // '-' } @$env{qw(CLIENTCERT_USER CLIENTCERT_GROUPS REMOTE_USER)};
}

# ---- the first rules that people write

is seen('/cgi-bin/env', 'alice'), 'alice staff,admins alice',
    'the email address is the login, OUs are groups';
is seen('/cgi-bin/env', 'bob'), 'bob staff bob', 'a group that two rules give appears once';
is seen('/cgi-bin/env', 'comma-ou'), 'carol staff,a\\x5c,b\\x5c\\x5cc,the "board" carol',
    'groups are made lower case; commas and backslashes are escaped';
is seen('/cgi-bin/env', 'service'), 'cart.shop services cart.shop', 'a SPIFFE name is a user';
is seen('/cgi-bin/env', 'partner'), 'partner partners partner', 'a pinned certificate is a user';
is seen('/cgi-bin/env', undef), '- - -', 'no certificate gives no identity';

# ---- several values

announce('CC0152');
is seen('/cgi-bin/env', 'two-mail'), '- staff -', 'two email addresses give no user, but groups';
ok $h->log_lines(qr/CC0152: .*rule=\S+site\.conf:7 .*ambiguous.*two.*admin/),
    'and the log says why';
is seen('/mail', 'two-mail'), '- - -', 'two values in a template give no user either';
is seen('/mail', 'alice'), 'alice@example.com - alice@example.com', 'but one usable value does';
is seen('/first', 'two-mail'), 'two admin@example.com two', '|first and |last choose';
is seen('/capture', 'two-mail'), '- mail-two,mail-admin -', 'group= takes all of them';

# ---- the order of the rules

is seen('/order', 'comma-ou'), 'second-carol one,two,three second-carol',
    'a rule that is ambiguous gives no user, and the next one does';
is seen('/order', 'admin'), 'second-admin one,two,three second-admin',
    'so does one whose field has no value';
is seen('/order', 'bob'), 'staff one staff', 'stop keeps the user and groups so far';
is seen('/deny', 'alice'), '- - -', 'deny drops the user and groups of all rules';
is seen('/deny', 'bob'), 'bob all,late bob', 'unless it does not match';
is seen('/stop', 'alice'), 'chief - chief', 'a rule with stop gives its own user and groups';
is seen('/stop', 'bob'), 'bob late bob', 'other rules continue';
ok $h->wait_log(qr/CC0103: result=denied .*rule=\S+site\.conf:24 .* reason="a rule denies it"/),
    'the log names the rule that denied';
ok $h->wait_log(qr/CC0101: result=mapped user="alice" groups="staff,admins" rule=\S+site\.conf:7 /),
    'and the rule that gave a user';

# ---- operators

is seen('/operators', 'alice'), '- %$,under,no-guest,no-b,numbers,names,facts,sni,tls -',
    'operators hold for alice as they should';
is seen('/operators', 'bob'), '- %$,under,no-guest,numbers,names,facts,sni,tls -', 'and for bob';
is seen('/operators', 'partner'),
    '- %$,wrong-under,no-guest,no-staff,no-b,numbers,names,facts,sni,tls -', 'and for a partner';

# ---- names that cannot be used give nothing

announce('CC0150', 'CC0154');
is seen('/deny', 'newline-cn'), '- all,late -', 'a name with a line break gives no user';
unlike seen('/deny', 'bmp-cn'), qr/admin/, 'octets of two-octet letters are not taken for ASCII';
is seen('/deny', 'empty-cn'), '- all,late -', 'an empty name gives no user';
is seen('/deny', 'two-cn'), '- all,late -', 'one of two names gives no user';
is seen('/deny', 'comma-cn'), 'a,CN=admin all,late a,CN=admin', 'a comma in a name stays a comma';

done_testing;
