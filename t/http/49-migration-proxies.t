# SPDX-License-Identifier: Apache-2.0
# Tests "Behind a proxy" of doc/migration.md: what nginx and HAProxy send of a certificate is what
# the tables export instead, and the configurations load.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);
use ClientCert::Test::Proxy;

proxy_version($_) for qw(nginx haproxy);    # the test is skipped without them

my ($part) = read_file(top() . '/doc/migration.md') =~ /^(## Behind a proxy\n.*?)(?=^## |\z)/ms;
ok $part, 'the page has this part';

# ---- the blocks

for my $block ($part =~ /^```apache\n(.*?)^```/msg) {
    $block =~ s{\bconf/clients-ca\.pem}{\@CA\@/clients.pem};
    my ($exit, $output) = ClientCert::Test->configtest(modules => ['authz_user', 'headers'],
        conf => "<VirtualHost *:\@PORT\@>\n\@SSL\@\nSSLVerifyClient optional\n$block</VirtualHost>\n");
    is $exit, 0, 'a block loads' or diag "$block\n$output";
}

# ---- the tables

# The rows of the table whose first column has this head: [what the proxy sends, export, value].
sub rows {
    my ($head) = @_;
    my ($table) = $part =~ /^\| $head \|.*?\n\|[-|]+\n((?:\|.*\n)+)/m;
    return map { [map { s/\\\|/|/gr } /^\| `(.*?)` \| `(.*?)` \| (.*) \|$/] } split /\n/, $table;
}

# A variable that only later versions have: version_needed{PRODUCT}{VARIABLE} = [MAJOR, MINOR].
my %version_needed = (haproxy => { ssl_c_r_dn => [2, 9] });

# False for the row of such a variable where the program is older.
sub is_known {
    my ($product, $row) = @_;
    my $needed = $version_needed{$product}{ $row->[0] } or return 1;
    my ($major, $minor) = proxy_version($product);
    return $major > $needed->[0] || ($major == $needed->[0] && $minor >= $needed->[1]);
}

# The header of row number N.
sub header { return 'Row-' . $_[0] }

my %products = (
    nginx => {
        head => 'nginx',
        at   => qq{proxy_set_header   ssl-client-verify "";},
        line => sub { "proxy_set_header $_[0] $_[1];" },
        conf => 'ClientCertHeader pem-url',
    },
    haproxy => {
        head => 'HAProxy',
        at   => '    default_backend httpd',
        line => sub { "    http-request set-header $_[0] %[$_[1]]" },
        conf => 'ClientCertHeader rfc9440',
    },
);

sub server {
    my ($conf, @exports) = @_;
    return ClientCert::Test->server(cgi => 1, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $conf
    ClientCertTrustedProxy 127.0.0.1
    ClientCertExport @exports
</VirtualHost>
CONF
}

# Whether the value that a column describes is ours, for that of the proxy.
my %is = (
    'in lower case'          => sub { return (lc $_[0], $_[1]) },
    '`2026-11-20T12:00:00Z`' => sub { return ($_[0] ne '', $_[1] =~ /^\d{4}-\d\d-\d\dT[\d:]{8}Z$/) },
);
sub compared {
    my ($value, $theirs, $ours) = @_;
    return $is{$value}->($theirs, $ours) if $is{$value};
    $theirs =~ s/([^\0-~])/sprintf '\\x5cx%02X', ord $1/ge if $value =~ /octets outside of ASCII/;
    return ($theirs, $ours) if $value =~ /^the same\b/;
    return ($theirs ne '', $ours ne '');
}

# Names that RFC 2253 and OpenSSL's own forms write in other ways than RFC 4514.
my $umlaut = certificate('umlaut', "/O=Example/GN=J\xc3\xb6rg/CN=J\xc3\xb6rg");

for my $product (sort keys %products) {
    my $how  = $products{$product};
    my @rows = grep { is_known($product, $_) } rows($how->{head});
    cmp_ok scalar @rows, '>=', 10, "the table of $product has rows";
    my $lines = join "\n", map { $how->{line}->(header($_), $rows[$_][0]) } 0 .. $#rows;
    my $h     = server($how->{conf}, map { $_->[1] } @rows);
    my $proxy = proxy($product, to => $h->port, replace => { $how->{at} => "$lines\n$how->{at}" });
    for my $cert ('alice', 'bob', 'comma-o', 'service', $umlaut) {
        my $env = $h->cgi_env($proxy->get('/cgi-bin/env', cert => $cert));
        for my $n (0 .. $#rows) {
            my ($sent, $export, $value) = @{ $rows[$n] };
            my ($name) = $export =~ /^(\w+)/;
            my ($theirs, $ours) = compared($value, $env->{"HTTP_ROW_$n"} // '',
                $env->{"CLIENTCERT_$name"} // 'unset');
            is $ours, $theirs, "$cert: $sent is $export, $value";
        }
    }
    my $env = $h->cgi_env($proxy->get('/cgi-bin/env'));
    is join(' ', grep { /^CLIENTCERT_/ } keys %$env), '', 'without a certificate, nothing is exported';
    $proxy->stop;
    $h->stop;
}

done_testing;
