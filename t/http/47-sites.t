# SPDX-License-Identifier: Apache-2.0
# Knows the other examples: a certificate or a password (password.conf), a back end (backend.conf),
# and access by groups (groups.conf).
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

announce('AH01630', 'CC0110');

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
is status($h, '/wiki/page', 'service'), 401, 'password: a certificate of nobody is asked too';
is status($h, '/wiki/page', 'service', user => 'carol:secret'), 200, 'password: and may give one';
announce('AH01617');
is status($h, '/wiki/page', undef, user => 'carol:wrong'), 401, 'password: a wrong one is refused';
is status($h, '/wiki/keys/page', 'alice'), 200, 'password: where a certificate is needed';
is status($h, '/wiki/keys/page', undef, user => 'carol:secret'), 403,
    'password: a password does not do';
$h->stop;

# ---- backend.conf

my $backend = ClientCert::Test->server(cgi => 1, modules => ['-clientcert'],
    conf => qq(ScriptAlias "/app" "\@ROOT\@/cgi-bin/env"\n));
$h = example('backend', define => { BACKEND => 'http://127.0.0.1:' . $backend->port });
my @forged = map { "$_: forged" } 'X-User', 'X_User', 'X.User', 'ClientCert-Groups',
    'CLIENTCERT_GROUPS', 'clientcert.groups';
my $response = $h->get('/app', cert => 'alice', headers => \@forged);
my $env      = $h->cgi_env($response);
is $env->{HTTP_X_USER}, 'alice', 'backend: it sees the user in the header';
is $env->{HTTP_CLIENTCERT_GROUPS}, 'staff,admins', 'backend: and the groups';
unlike $response->{body}, qr/forged/, 'backend: what the client sent as such is gone';
is status($h, '/app'), 403, 'backend: nobody gets there without a certificate';
is status($h, '/app', 'service'), 403, 'backend: or with one of another kind';
$_->stop for $h, $backend;

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
        "groups: who gets to /$place";
}

done_testing;
