# SPDX-License-Identifier: Apache-2.0
# Tests further examples: certificate or password (password.conf), a back end (backend.conf), and
# access by groups (groups.conf).
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Example;

announce('CC0190', 'AH02039', qr{SSL Library Error}, 'AH01630', 'CC0110');

sub status {
    my ($h, $path, $cert, %o) = @_;
    return $h->get($path, $cert ? (cert => $cert) : (), %o)->{status};
}

# ---- password.conf

my $h = example('password', files => {
        'var/passwords'          => "carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",    # secret
        'htdocs/wiki/page'       => "page\n",
        'htdocs/wiki/keys/page'  => "keys\n",
    });
is status($h, '/wiki/page', 'alice'), 200, 'password: a certificate is enough';
my $asked = $h->get('/wiki/page');
is $asked->{status}, 401, 'password: without one';
is $asked->{headers}{'www-authenticate'}, 'Basic realm="wiki"', 'password: there is a prompt';
is status($h, '/wiki/page', undef, user => 'carol:secret'), 200, 'password: and it is enough too';
is status($h, '/wiki/page', 'service'), 401,
    'password: for an unmapped certificate it is requested too';
is status($h, '/wiki/keys/page', undef, user => 'carol:secret'), 403, 'password: it is not enough for some pages';
keeps_denied($h, "/wiki/$_", cert => 'alice') for qw(page keys/page);
is status($h, '/wiki/page', 'service', user => 'carol:secret'), 200, 'password: and may give one';
announce('AH01617');
is status($h, '/wiki/page', undef, user => 'carol:wrong'), 401, 'password: a wrong one is refused';
is status($h, '/wiki/page', 'expired'), 401, 'password: it is requested for an expired certificate too,';
is status($h, '/wiki/page', 'expired', user => 'carol:secret'), 200, 'password: and enough';
is status($h, '/wiki/keys/page', 'expired', user => 'carol:secret'), 403, 'password: but not there';
is status($h, '/wiki/keys/page', 'alice'), 200, 'password: if a certificate is required';
is status($h, '/wiki/keys/page', undef, user => 'carol:secret'), 403,
    'password: a password is not enough';
$h->stop;

# ---- backend.conf

my $backend = backend('http');
$h = example('backend', define => { BACKEND => $backend->url =~ s{/$}{}r }, conf => <<'CONF');
<Location "/app/open">
    AuthMerging Off
    Require all granted
</Location>
CONF

sub header { my ($response, $name) = @_; return join '|', $response->{body} =~ /^$name: (.*)\r$/mg }

my @forged   = map { "$_: forged" } qw(ClientCert-User CLIENTCERT_USER clientcert.groups Client-Cert);
my $response = $h->get('/app', cert => 'alice', headers => \@forged);
is header($response, 'ClientCert-User'), 'alice', 'backend: it sees the user in the header';
is header($response, 'ClientCert-Groups'), 'staff,admins', 'backend: and the groups';
unlike $response->{body}, qr/forged/, 'backend: headers of these names from the client are dropped';
$response = $h->get('/app', cert => 'alice',
    headers => ['Connection: close, ClientCert-Groups, ClientCert-User']);
is header($response, 'ClientCert-Groups'), 'staff,admins', 'backend: nor can it take them away';
for my $cert ('', 'service') {
    is status($h, '/app', $cert), 403, "backend: no other client gets there: '$cert'";
    $response = $h->get('/app/open', $cert ? (cert => $cert) : (), headers => \@forged);
    like $response->{body}, qr{^GET /app/open }, 'backend: but where it is open,';
    unlike $response->{body}, qr/client.?cert/i, 'backend: without a header about nobody';
}
$h->stop;

# ---- groups.conf

$h = example('groups', files => {
        'var/groups' => "planners: alice\n",
        map { ("htdocs/$_/page" => "$_\n") } qw(everybody reports news plans),
    });
my %in = (
    everybody => 'alice bob',
    reports   => 'alice',
    news      => 'alice bob',
    plans     => 'alice',
);
my @clients = (qw(alice bob partner service), '');
for my $place (sort keys %in) {
    is join(' ', grep { status($h, "/$place/page", $_) == 200 } @clients), $in{$place},
        "groups: which clients get to /$place";
    keeps_denied($h, "/$place/page", cert => 'alice');
}

done_testing;
