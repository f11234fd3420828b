# SPDX-License-Identifier: Apache-2.0
# Tests that the configurations shown in doc/ and in conf/clientcert.conf work.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;

use FindBin ();

my $top     = "$FindBin::Bin/../..";
my @modules = qw(headers authz_host authz_user authz_groupfile auth_basic authn_file);

sub text {
    my ($path) = @_;
    open my $in, '<', "$top/$path" or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# Blocks of configuration; those in a list are indented.
sub blocks {
    my ($page) = @_;
    my @blocks;
    my $text = text("doc/$page.md");
    push @blocks, $2 =~ s/^$1//mgr while $text =~ /^( *)```apache\n(.*?)^ *```/msg;
    return @blocks;
}

# The tables that a block uses and leaves out.
sub tables {
    my ($block) = @_;
    my %used = map { ($_ => 1) } $block =~ /^ClientCertMap.* !?in (\w+)/mg;
    return join '', map { "ClientCertTable $_ file:conf/$_.map\n" }
        grep { $block !~ /^ClientCertTable +$_ /m } sort keys %used;
}

# A block inside a virtual host, unless it has its own, except for directives of the server. Its
# files are replaced by those of the test, shortened digests are completed, and directives that are
# legal only in a <Location> get one.
sub site {
    my ($block) = @_;
    my $global = '';
    $global .= $1 while $block =~ s/^((?:LoadModule|ClientCertOCSPCache) .*\n)//m;
    $block =~ s{\bconf/clients-ca\.pem}{\@CA\@/clients.pem}g;
    $block =~ s{\bconf/clients-ca\.crl}{\@CA\@/staff.crl}g;
    $block =~ s{\bconf/staff-(?:ca|ocsp)\.pem}{\@CA\@/staff.pem}g;
    $block =~ s{\bconf/partner-ca\.pem}{\@CA\@/services.pem}g;
    $block =~ s{\bconf/redis-ca\.pem}{\@CA\@/root.pem}g;
    $block =~ s{/var/lib/crl\b}{\@ROOT\@/crl}g;
    $block =~ s{/etc/(?:clients-ca/ca|ssl/staff-ca)\.pem|/run/spire/\w+\.(?:json|pem)}{\@CA\@/clients.pem}g;
    $block =~ s{/etc/grid-security/}{conf/}g;
    $block =~ s{/etc/clients-ca\b}{\@ROOT\@/cas}g;
    $block =~ s{\bconf/people/(?=\w+\.pem)}{\@CA\@/}g;
    $block =~ s/\$\{STAFF_KEY\}/'0' x 64/ge;
    $block =~ s/\b([0-9a-f]{4})\.\.\.([0-9a-f]{4})\b/$1 . '0' x 56 . $2/ge;
    $block = qq(<Location "/">\n$block</Location>\n) if $block =~ /^(?:Require|<Require)/m;
    if ($block =~ s/^Listen (\d+)\n//m) {
        return $block =~ s/:$1>/:\@PORT\@>/r =~ s/SSLEngine +on/\@SSL\@/r;
    }
    $block = tables($block) . $block;
    return "$global<VirtualHost *:\@PORT\@>\n    ServerName localhost\n    \@SSL\@\n"
        . "SSLVerifyClient optional\n$block</VirtualHost>\n";
}

sub loads {
    my ($claim, $conf) = @_;
    my %files = map { ("conf/$_" => '') } $conf =~ m{(?:file|gridmap):conf/(\S+)}g;
    my $ca = ClientCert::Test->ca;
    $files{"crl/$_.crl"} = read_file("$ca/$_.crl") for qw(root staff services);
    $files{'conf/redis.password'} = "secret\n";
    $files{'cas/clients.pem'} = read_file("$ca/clients.pem");
    my @more;
    push @more, $1 while $conf =~ s/^LoadModule (\w+)_module .*\n//m;
    push @more, 'setenvif' if $conf =~ m{^\s*SetEnvIf}m;
    push @more, 'rewrite' if $conf =~ m{^\s*Rewrite}m;
    push @more, qw(proxy proxy_http) if $conf =~ m{^\s*ProxyPass}m;
    push @more, 'remoteip' if $conf =~ m{^\s*RemoteIP}m;
    push @more, 'dbd'  if $conf =~ /^ClientCertTable.*\bsql:/m;
    push @more, 'ldap' if $conf =~ /^ClientCertTable.*\bldap:/m;
    my ($exit, $output) = ClientCert::Test->configtest(
        modules => [@modules, @more], conf => $conf, files => \%files);
    # A fragment of a configuration may lack its rules, the host with TLS, or its CAs.
    unlike $output, qr/CC07(?!04|13|21|24)/, 'there are no warnings' or diag $conf;
    return is($exit, 0, $claim) || diag "$conf\n$output";
}

# ---- every block loads

my ($pgsql) = glob '/usr/lib*/apr-util-1/apr_dbd_pgsql.so /usr/lib/*/apr-util-1/apr_dbd_pgsql.so';

# 49-migration.t tests migration.md
for my $page (qw(directives extensions language modules operations policy proxies)) {
    my @blocks = blocks($page);
    ok @blocks > 0, "doc/$page.md has blocks of configuration";
    for my $i (0 .. $#blocks) {
    SKIP: {
            skip 'not installed: APR-util for PostgreSQL', 1
                if $blocks[$i] =~ /DBDriver pgsql/ && !$ENV{CI} && !$pgsql;
            loads("doc/$page.md: block " . ($i + 1) . ' loads', site($blocks[$i]));
        }
    }
}

# ---- conf/clientcert.conf, unchanged and with its comment marks removed

my $conf = text('conf/clientcert.conf');
loads('conf/clientcert.conf loads', $conf);
ok $conf =~ s/^#(?=ClientCert|<|    Require)//mg, 'it has further lines in comments';
loads('which loads too', $conf);

# ---- the names for mod_ssl's variables

my ($table) = text('doc/migration.md') =~ /^(\| mod_ssl .*?)\n\n/ms;
my @cells = map { (split /\s*(?<!\\)\|\s*/)[2] // () } split /\n/, $table;    # the second column
my @names = map { s/\\\|/|/gr } map { /`([A-Z][^`]*)`/g } @cells;
cmp_ok scalar @names, '>', 20, 'doc/migration.md names what to export instead';
loads('all of it can be exported', "ClientCertExport @names\n");

# ---- some of them in use

my ($payments) = grep { /payments/ } blocks('directives');
my ($slash)    = grep { /subject\|legacy in/ } blocks('migration');
my $h          = ClientCert::Test->server(
    modules => \@modules,
    files   => {
        # the password of both is "secret"
        'conf/users' => join('', map { "$_:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" } qw(alice bob)),
        'conf/dn-list'   => join('', map { qq("/O=Example/OU=staff/$_"\n) } 'OU=admins/CN=alice',
            'CN=bob'),
        'conf/dn-groups' => qq(editors: "/O=Example/OU=staff/OU=admins/CN=alice"\n),
        'htdocs/payments/page' => "page\n",
        'htdocs/internal/page' => "page\n",
    },
    conf => site(<<"CONF") . site($slash) =~ s/\@PORT\@/\@PORT2\@/r);
ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{san.email|local} group=staff
$payments
CONF
announce('AH01630', 'AH01629', 'AH01631', 'CC0110', 'AH02035');

sub status { my ($path, @o) = @_; return $h->get($path, @o)->{status} }

is status('/payments/page', cert => 'alice', user => 'alice:secret'), 200,
    'password and certificate together, of the same person';
is status('/payments/page', cert => 'alice'), 401, 'the certificate alone is not enough';
is status('/payments/page', user => 'alice:secret'), 403, 'nor is the password';
is status('/payments/page', cert => 'bob', user => 'alice:secret'), 401,
    'nor are those of two people';

is status('/internal/page', cert => 'alice', port => 2), 200,
    'a group file for FakeBasicAuth still works';
is status('/internal/page', cert => 'bob', port => 2), 403, 'but only for its members';
is status('/internal/page', cert => 'service', port => 2,
    user => '/O=Example/OU=staff/OU=admins/CN=alice:password'), 403,
    'and a subject can no longer be typed in';

done_testing;
