# SPDX-License-Identifier: Apache-2.0
# Tests that .htaccess can control access but not identities, and that its effect ends with the
# file.
use strict;
use warnings;
use ClientCert::Test;

my %files = map { ("htdocs/$_/index.html" => "$_\n") }
    qw(map export auth require alice bob turn granted broken user);
my $h = ClientCert::Test->server(
    modules => ['authz_user', 'http2'],
    files   => {
        %files,
        'htdocs/map/.htaccess'     => "ClientCertMap user=root\n",
        'htdocs/export/.htaccess'  => "ClientCertExport USER\n",
        'htdocs/auth/.htaccess'    => "ClientCertAuth Off\nRequire valid-user\n",
        'htdocs/require/.htaccess' => "Require clientcert-group admins\n",
        'htdocs/user/.htaccess'    => "Require clientcert-user nobody alice\n",
        'htdocs/broken/.htaccess'  => "Require clientcert san.emial == x\n",
        'htdocs/alice/.htaccess'   => qq{Require clientcert subject.CN == "alice"\n},
        'htdocs/bob/.htaccess'     => qq{Require clientcert subject.CN == "bob"\n},
        'htdocs/turn/.htaccess'    => "Require all denied\n",
    },
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    MaxKeepAliveRequests 0
    Protocols h2 http/1.1
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=%{subject.OU}
    <Directory @ROOT@/htdocs>
        AllowOverride AuthConfig
    </Directory>
    <Directory @ROOT@/htdocs/granted>
        AllowOverride None
        Require clientcert-user alice
    </Directory>
</VirtualHost>
CONF

# ---- legal directives

announce(qr/ClientCert(?:Map|Export) not allowed here/, 'AH01630', 'CC0110');
is $h->get('/map/', cert => 'alice')->{status}, 500, 'ClientCertMap is not legal in .htaccess';
is $h->get('/export/', cert => 'alice')->{status}, 500,
    'ClientCertExport is not legal in .htaccess';
is $h->log_lines(qr{htdocs/(?:map|export)/\.htaccess: ClientCert\w+ not allowed here}), 2,
    'the log names file and directive';
is $h->get('/auth/', cert => 'alice')->{status}, 403, 'ClientCertAuth works in .htaccess';
is $h->get('/require/', cert => 'alice')->{status}, 200, 'Require clientcert-group works there';
is $h->get('/require/', cert => 'bob')->{status}, 403, 'and denies';
is $h->get('/user/', cert => 'alice')->{status}, 200, 'Require clientcert-user works there';
is $h->get('/user/', cert => 'bob')->{status}, 403, 'and denies';

announce(qr/CC0201: .*san\.emial/);
is $h->get('/broken/', cert => 'alice')->{status}, 500, 'a mistake in .htaccess is 500';
ok $h->log_lines(qr{broken/\.htaccess: CC0201: .*"san\.emial": no such field}),
    'and the log says which';

# ---- its effect is not remembered

my $c = $h->connection(cert => 'alice');
my ($right, $wrong) = (0, 0);
for (1 .. 150) {
    for (['alice', 200], ['bob', 403]) {
        my ($place, $status) = @$_;
        my $r = $c->request("/$place/");
        $r->{status} == $status ? $right++ : $wrong++;
    }
}
is "$right right, $wrong wrong", '300 right, 0 wrong',
    'one connection, two folders, each by its own condition, 150 times';

($right, $wrong) = (0, 0);
for (1 .. 50) {
    for (['alice', 200], ['bob', 403], ['nobody', 403], ['alice', 200]) {
        my ($name, $status) = @$_;
        $h->file('htdocs/turn/.htaccess', qq{Require clientcert subject.CN == "$name"\n});
        my $r = $c->request('/turn/');
        $r->{status} == $status ? $right++ : $wrong++;
    }
}
is "$right right, $wrong wrong", '200 right, 0 wrong',
    'a changed .htaccess takes effect with the next request of the connection';

is $c->request('/granted/')->{status}, 200, 'the same connection keeps its identity elsewhere';
unlink $h->path('htdocs/turn/.htaccess');
is $c->request('/turn/')->{status}, 200, 'without the file there is no condition';
$c->close;

# Streams of one connection, each of which reads the file for itself.
my @answers = $h->parallel([map { ('/alice/', '/bob/') } 1 .. 20], cert => 'alice');
is join(' ', map { $_->{status} } @answers), join(' ', (200, 403) x 20),
    'requests side by side, each by its own condition';
is scalar(grep { $_->{connects} } @answers), 1, 'of one connection';

done_testing;
