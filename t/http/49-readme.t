# SPDX-License-Identifier: Apache-2.0
# Tests that the configuration in README.md works as README.md describes.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example qw(keeps_denied $debian);
use ClientCert::Test::Machine qw(module_path);

use File::Basename qw(dirname);
use FindBin ();

sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

my $ca      = ClientCert::Test->ca;
my $tool    = dirname(module_path()) . '/clientcert';
my ($block) = slurp("$FindBin::Bin/../../README.md") =~ /^```apache\n(.*?)^```/ms;

# The files that the configuration names, in their places.
my %files = (
    'conf/server.pem'           => slurp("$ca/localhost.pem"),
    'conf/server.key'           => slurp("$ca/localhost.key"),
    'conf/clients-ca.pem'       => slurp("$ca/clients.pem"),
    'modules/mod_clientcert.so' => slurp(module_path()),
    'htdocs/admin/page'         => "admin\n",
);
my %server = (modules => ['-clientcert', 'headers'], files => \%files, global => $debian);

# ---- the configuration

cmp_ok scalar(split /\n/, $block), '<=', 15, 'the first configuration has 15 lines at most';
my ($exit, $output) = ClientCert::Test->configtest(%server, conf => $block);
is $exit, 0, 'it loads as it is' or diag $output;
unlike $output, qr/CC07/, 'without warnings';

my $free = $block =~ s/\*:443/*:\@PORT\@/r;
my $h    = ClientCert::Test->server(%server, conf => <<"CONF");
${free}Header always set Who "expr=%{REMOTE_USER}: %{clientcert:group}"
CONF
announce('AH01630', 'CC0106', 'CC0110', 'CC0732', 'AH01909');    # the server's certificate is for localhost

sub answer {
    my ($path, @o) = @_;
    my $response = $h->get($path, @o);
    return "$response->{status} $response->{headers}{who}";
}

is answer('/admin/page', cert => 'alice'), '200 alice: staff,admins',
    'the user before the @, in staff and one group for each unit; /admin is for admins';
is answer('/admin/page', cert => 'bob'), '403 bob: staff',
    'a user that is not an admin does not get there';
is answer('/index.html', cert => 'bob'), '200 bob: staff', 'the rest of the site is open';
is answer('/admin/page'), '403 :', 'without a certificate there is a 403 page';
ok $h->wait_log(qr/CC0110: .* reason="no client cert.*" .* needs="clientcert-group admins \(\S+:\d+\)"/),
    'and the log says what was missing';
is answer('/index.html'), '200 :', 'and the rest is open';
is answer('/index.html', cert => 'service'), '200 :',
    'a certificate that does not match the rule gives no user and no group';
keeps_denied($h, '/admin/page', cert => 'alice');
$h->stop;

# ---- SSLVerifyDepth

$h = ClientCert::Test->server(%server, conf => $free =~ s/^ *SSLVerifyDepth.*\n//mr);
announce('AH02040');
is $h->get('/', cert => 'alice')->{status}, 0,
    'without SSLVerifyDepth a certificate of a CA below the root does not verify';
ok $h->wait_log(qr/certificate chain too long/i), 'and mod_ssl says so';
$h->stop;

# ---- SSLVerifyClient require inside a <Location>

my $late = $free =~ s/^ *SSLVerifyClient +optional\n//mr
    =~ s/^ *Require .*\n/SSLVerifyClient require\n/mr;
$h = ClientCert::Test->server(%server, conf => $late);
announce('AH10158', 'CC0115', 'CC0722', qr/SSL Library Error: .*extension not received/);
is $h->s_client(get => '/admin/page', cert => 'alice', tls => '1.3')->{status}, 403,
    'on TLS 1.3 a client that is not asked in the handshake, like a browser, gets 403';
is $h->s_client(get => '/admin/page', cert => 'alice', tls => '1.2')->{status}, 200,
    'on TLS 1.2 it costs a renegotiation';
$h->stop;

# ---- clientcert show

for my $cert (qw(alice service partner multi-rdn)) {
    my @lines = grep { /^[^#]/ && !/^ClientCertMap / } split /\n/, `'$tool' show --all '$ca/$cert.pem'`;
    cmp_ok scalar @lines, '>', 20, "$cert: clientcert show prints conditions";
    $h = ClientCert::Test->server(%server, conf => $free
            =~ s/^ *ClientCertMap.*\n//mgr
            =~ s/^ *Require .*\n/'Require clientcert ' . join(' ', @lines) . "\n"/emr);
    is $h->get('/admin/page', cert => $cert)->{status}, 200, 'which hold when they are pasted';
    is $h->get('/admin/page', cert => 'bob')->{status}, 403, 'only for this certificate';
    $h->stop;
}

done_testing;
