# SPDX-License-Identifier: Apache-2.0
# Tests what applications see of a certificate: the variables of ClientCertExport, REMOTE_USER and
# AUTH_TYPE, in programs, pages, logs and headers for back ends.
use strict;
use warnings;
use ClientCert::Test;

my $conf = <<'CONF';
ClientCertExport USER MAIL=san.email
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}

    <Location "/cgi-bin/env/default">
        ClientCertExport USER GROUPS
    </Location>
    <Location "/cgi-bin/env/nothing">
        ClientCertExport
    </Location>
    <Location "/cgi-bin/env/nothing/again">
        ClientCertExport RULE
    </Location>
    <Location "/cgi-bin/env/names">
        ClientCertExport SERIAL NOT_AFTER SAN_EMAIL SUBJECT SUBJECT_CN SHA256 ISSUER VERSION SAN_DNS VIA VIA_PROXY
    </Location>
    <Location "/cgi-bin/env/fields">
        ClientCertExport U=user G=group R=rule LOCAL=san.email|local LAST=subject.OU|last \
            UP=subject.OU|upper SLASH=subject|oneline DAYS=days_left TLS=tls.version PEM=pem X_2=sid
    </Location>
    <Location "/cgi-bin/env/made">
        ClientCertExport OUS=subject.OU|count NTH=subject.OU|nth(1) UPN=san.upn|present \
            "AT=san.email|first|replace(@(.*), at $1)" OUX=subject.OU|replace(f+$,)|upper
    </Location>
    <Location "/cgi-bin/env/identity">
        ClientCertMap user=somebody
        ClientCertExport USER GROUPS RULE
    </Location>
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional_no_ca
    ClientCertMap user=%{subject.CN} group=%{subject.OU}
</VirtualHost>
<VirtualHost *:@PORT@>
    ServerName b.example
    @SSL:b.example@
    SSLVerifyClient optional
    ClientCertMap user=%{subject.CN} group=%{subject.OU}
    ClientCertExport USER GROUPS
    SSLOptions +StdEnvVars
</VirtualHost>
CONF

my $ours = qr/^(?:REDIRECT_)?CLIENTCERT_|^REMOTE_USER$|^AUTH_TYPE$/;
my $h;

# The module's variables, as one text.
sub seen {
    my ($place, %o) = @_;
    my $env = $h->cgi_env($h->get("/cgi-bin/env/$place", %o));
    return join ' ', map { s/^CLIENTCERT_//r . "=$env->{$_}" } sort grep { /$ours/ } keys %$env;
}
sub alice { my ($place) = @_; return seen($place, cert => 'alice') }

my $auth = 'AUTH_TYPE=ClientCert';
my $user = 'REMOTE_USER=alice';

# Programs run by mod_cgid and by mod_cgi.
for my $mpm ('event', 'prefork') {
    my @cgi = $mpm eq 'prefork' ? ('-cgid', 'cgi') : ();
    $h = ClientCert::Test->server(mpm => $mpm, cgi => 1, modules => \@cgi, conf => $conf);

    is alice('inherited'), "$auth MAIL=alice\@example.com USER=alice $user",
        "$mpm: the server's ClientCertExport applies by default";
    is alice('default'), "$auth GROUPS=staff,admins USER=alice $user",
        "$mpm: only a Location's own list applies";
    is alice('nothing'), "$auth $user", "$mpm: without a name nothing is exported";
    like alice('nothing/again'), qr{^$auth RULE=\S+/site\.conf:6 $user$},
        "$mpm: unless it is again; the rule is its place in the configuration";
    is alice('names') =~ s/[0-9a-f]{40,}/HEX/gr =~ s/20\d\d-[\dT:-]+Z/TIME/r,
        "$auth ISSUER=CN=Staff CA,O=Example NOT_AFTER=TIME SAN_EMAIL=alice\@example.com SERIAL=HEX"
        . ' SHA256=HEX SUBJECT=CN=alice,OU=admins,OU=staff,O=Example SUBJECT_CN=alice VERSION=3 VIA=tls'
        . " $user",
        "$mpm: names that are spelled as fields; what the certificate lacks is not there";
    like alice('fields') =~ s/PEM=-----BEGIN%20CERTIFICATE-----\S+/PEM=OK/r,
        qr{^$auth\ DAYS=29\ G=staff,admins\ LAST=admins\ LOCAL=alice\ PEM=OK\ R=\S+:6
            \ SLASH=/O=Example/OU=staff/OU=admins/CN=alice\ TLS=TLSv1\.3\ U=alice
            \ UP=STAFF,ADMINS\ $user$}x,
        "$mpm: NAME=FIELD with modifiers";
    like alice('made'), qr{^$auth AT=alice at example\.com NTH=staff OUS=2 OUX=STA,ADMINS UPN=true $user$},
        "$mpm: modifiers with arguments, and of all values";

    # the harness writes a backslash as \x5c
    is seen('default', cert => 'comma-ou'),
        "$auth GROUPS=a\\x5c,b\\x5c\\x5cc,The \"Board\" USER=carol REMOTE_USER=carol",
        "$mpm: several values are joined by a comma; commas and backslashes in them are escaped";

    is seen('default'), '', "$mpm: nothing without a certificate";
    is seen('default', cert => 'service'), '', "$mpm: nothing for an unmapped certificate";
    is seen('inherited', cert => 'service'), '', "$mpm: not even an empty variable";
    like seen('names', cert => 'service'), qr/SUBJECT_CN=cart /,
        "$mpm: but exported fields of a verified certificate are set";
    like seen('identity', cert => 'service'),
        qr{^$auth RULE=\S+:\d+ USER=somebody REMOTE_USER=somebody$},
        "$mpm: a user without groups has no empty GROUPS";
    $h->stop if $mpm eq 'event';
}

# ---- certificates that do not verify

announce('CC0104');
is seen('x', host => 'a.example', cert => 'selfsigned'), '', 'nothing of a self-signed certificate';
is seen('x', host => 'a.example', cert => 'stranger'), '', 'nothing of a stranger\'s certificate';
is seen('x', host => 'a.example', cert => 'alice'),
    "$auth MAIL=alice\@example.com USER=alice $user",
    'which alice has';

# ---- beside mod_ssl's variables

my $env = $h->cgi_env($h->get('/cgi-bin/env', host => 'b.example', cert => 'alice'));
is_deeply [@$env{qw(SSL_CLIENT_S_DN_CN CLIENTCERT_USER CLIENTCERT_GROUPS)}],
    ['alice', 'alice', 'staff,admins'], 'StdEnvVars and the own variables coexist';

done_testing;
