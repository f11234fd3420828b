# SPDX-License-Identifier: Apache-2.0
# Tests that a certificate comes before other kinds of authentication: AuthType is used only if the
# certificate gives no identity.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Machine qw(module_path);

use Digest::MD5 qw(md5_hex);

my $h = ClientCert::Test->server(
    modules => [qw(authz_user auth_basic auth_digest authn_file access_compat authz_host
            -clientcert)],
    # Loaded last, as in directories whose files are loaded in the order of their names: modules
    # that are loaded earlier must not decide before there is a user.
    global  => 'LoadModule clientcert_module ' . module_path() . "\n",
    cgi     => 1,
    files   => {
        # all of them have the password "secret"
        'conf/users'  => join('', map { "$_:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" } 'alice', 'bob', 'eve'),
        'conf/digest' => 'alice:digest:' . md5_hex('alice:digest:secret') . "\n",
    },
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=%{subject.OU}

    <Location "/cgi-bin/env/basic">
        AuthType Basic
        AuthName test
        AuthUserFile conf/users
        Require valid-user
    </Location>
    <Location "/cgi-bin/env/basic/bob">
        Require user bob
    </Location>
    <Location "/cgi-bin/env/basic/off">
        ClientCertAuth Off
    </Location>
    <Location "/cgi-bin/env/basic/group">
        <RequireAny>
            Require clientcert-group admins
            Require user eve
        </RequireAny>
    </Location>
    <Location "/cgi-bin/env/basic/both">
        <RequireAll>
            Require clientcert
            Require user eve
        </RequireAll>
        ClientCertAuth Off
    </Location>
    <Location "/cgi-bin/env/digest">
        AuthType Digest
        AuthName digest
        AuthUserFile conf/digest
        Require valid-user
    </Location>
    <Location "/cgi-bin/env/any">
        Order deny,allow
        Deny from all
        Require valid-user
        Satisfy Any
    </Location>
    # mod_access_compat does not merge, so each Location has all directives.
    <Location "/cgi-bin/env/any/basic">
        Order deny,allow
        Deny from all
        Satisfy Any
        AuthType Basic
        AuthName test
        AuthUserFile conf/users
    </Location>
    <Location "/cgi-bin/env/any/local">
        Order deny,allow
        Deny from all
        Satisfy Any
        Allow from 127.0.0.1
    </Location>
    <Location "/cgi-bin/env/all">
        Order deny,allow
        Deny from all
        Require valid-user
    </Location>
</VirtualHost>
CONF

# status, REMOTE_USER and AUTH_TYPE
sub seen {
    my ($place, %o) = @_;
    my $response = $h->get("/cgi-bin/env/$place", %o);
    my $env      = $h->cgi_env($response);
    return join ' ', $response->{status},
        $response->{status} == 200 ? map { $_ // '-' } @$env{qw(REMOTE_USER AUTH_TYPE)} : ();
}

announce('AH01617', 'AH01618', 'AH01630', 'AH01631', 'CC0110');

# ---- certificate, else password

is seen('basic', cert => 'alice'), '200 alice ClientCert', 'the certificate is enough';
my $asked = $h->get('/cgi-bin/env/basic');
is $asked->{status}, 401, 'without a certificate the password is requested';
like $asked->{headers}{'www-authenticate'}, qr/^Basic realm="test"/, 'by Basic';
is seen('basic', user => 'bob:secret'), '200 bob Basic', 'and is enough';
is seen('basic', user => 'bob:wrong'), '401', 'but only if it is correct';
is seen('basic', cert => 'service'), '401',
    'with an unmapped certificate the password is requested';
is seen('basic', cert => 'service', user => 'bob:secret'), '200 bob Basic', 'and it is enough';
is seen('basic', cert => 'alice', user => 'bob:secret'), '200 alice ClientCert',
    'with both, the certificate gives the user';
is seen('basic', cert => 'alice', user => 'bob:wrong'), '200 alice ClientCert',
    'and the password is not checked';

is seen('basic/bob', cert => 'bob'), '200 bob ClientCert', 'a user is admitted by certificate';
is seen('basic/bob', user => 'bob:secret'), '200 bob Basic', 'and by password';
is seen('basic/bob', cert => 'alice'), '403',
    'another user is not, and the password is not requested';
is seen('basic/bob', cert => 'alice', user => 'bob:secret'), '403',
    'and a password does not change the user of a certificate';
is seen('basic/bob', user => 'alice:secret'), '401', 'the wrong user may try again by password';

is seen('basic/off', cert => 'alice'), '401', 'ClientCertAuth Off leaves it to the password';
is seen('basic/off', cert => 'alice', user => 'bob:secret'), '200 bob Basic', 'alone';

is seen('basic/group', cert => 'alice'), '200 alice ClientCert', 'a group of the certificate,';
is seen('basic/group', user => 'eve:secret'), '200 eve Basic', 'or a user by password';
is seen('basic/group'), '401', 'and a password is requested for neither';
is seen('basic/group', cert => 'bob'), '403', 'unless the certificate gives another user';

is seen('basic/both', cert => 'bob', user => 'eve:secret'), '200 eve Basic',
    'certificate and password together';
is seen('basic/both', user => 'eve:secret'), '403', 'the password alone is not enough';
is seen('basic/both', cert => 'bob'), '401', 'nor is the certificate';

# ---- Digest

is seen('digest', cert => 'alice'), '200 alice ClientCert', 'Digest: the certificate is enough';
is seen('digest', user => 'alice:secret', curl => ['--digest']), '200 alice Digest',
    'without one Digest works';
like $h->get('/cgi-bin/env/digest')->{headers}{'www-authenticate'}, qr/^Digest realm="digest"/,
    'and is asked';

# ---- mod_access_compat

announce('AH01797');
is seen('any', cert => 'alice'), '200 alice ClientCert',
    'Satisfy Any: the certificate is enough if the address is not';
is seen('any', cert => 'service'), '403', 'but not anybody\'s';
is seen('any'), '403', 'without AuthType and certificate: no 500';
is seen('any/local'), '200 - -', 'Satisfy Any: the address is enough';
is seen('any/local', cert => 'alice'), '200 alice ClientCert', 'and the user is still known';
is seen('any/basic', cert => 'alice'), '200 alice ClientCert',
    'Satisfy Any with Basic: either is enough';
is seen('any/basic', user => 'bob:secret'), '200 bob Basic', 'either';
is seen('any/basic'), '401', 'and the password is requested';
is seen('all', cert => 'alice'), '403', 'Satisfy All: the address counts too';

done_testing;
