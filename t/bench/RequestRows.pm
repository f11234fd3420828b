# SPDX-License-Identifier: Apache-2.0
# Measures requests: the cost of one on a connection that stays open, by protocol and page.
package RequestRows;

use strict;
use warnings;

use Counting;
use OtherRequests ();
use Report;
use Setups;

# ---- the pages

my $includes = 10;

my %pages = (
    file  => {},
    index => { path => '/' },
    ssi   => {
        path    => '/page.shtml',
        modules => [qw(include mime)],
        conf    => <<'CONF',
AddOutputFilter INCLUDES .shtml
<Directory @ROOT@/htdocs>
    Options +Includes
</Directory>
CONF
        files => {
            'htdocs/page.shtml' => join('', map { "<!--#include virtual=\"/$_.txt\" -->" }
                    1 .. $includes),
            map { ("htdocs/$_.txt" => "part $_\n") } 1 .. $includes,
        },
    },
);

my $ssl_user_name = <<'CONF';
SSLUserName SSL_CLIENT_S_DN_CN
<Location "/">
    Require user alice
</Location>
CONF

my $fake_basic_auth = <<'CONF';
SSLOptions +FakeBasicAuth
<Location "/">
    AuthType Basic
    AuthName bench
    AuthUserFile conf/users
    Require valid-user
</Location>
CONF

# A request for one of the pages, with a version of HTTP and a configuration.
sub counted {
    my ($version, $page, %o) = @_;
    my %page = %{ $pages{$page} };
    return per_request(%page, %o, http2 => $version == 2, conf => ($page{conf} // '') . $o{conf});
}

# Returns the cost of a page without the module, and a function for the cost that the module adds.
sub compared {
    my ($version, $page) = @_;
    my $bare = counted($version, $page, conf => $granted);
    return ($bare, sub { counted($version, $page, ours => 1, conf => $_[0]) - $bare });
}

# ---- the rows. The smoke test has only the bare request and eight variables, of each kind.

sub rows_of_stock {
    my ($bare) = @_;
    row('SSLUserName, Require user', plus(counted(1, 'file', conf => $ssl_user_name) - $bare), '');
    row('SSLOptions +StdEnvVars',
        plus(counted(1, 'file', conf => "SSLOptions +StdEnvVars\n$granted") - $bare), '');
    row('FakeBasicAuth, a password file of one line',
        plus(counted(1, 'file', conf => $fake_basic_auth) - $bare), '');
    return;
}

sub rows_of_fewer {
    my ($added, $three_at_most) = @_;
    row('  module loaded, no directive', '', plus($added->($granted)));
    row_within('  user, three groups, Require clientcert-group', '',
        $added->($three_groups . $no_export), $three_at_most, \&plus);
    return;
}

# The CAs of the host are compared with those of the handshake, and are the same.
sub row_of_followed_cas {
    my %o = (ours => 1, level => 'error');
    my @counts = map { counted(1, 'file', %o, conf => $_ . $three_groups . $no_export) }
        "ClientCertCA \@CA\@/clients.pem\n", '';
    row_within('  more, if its CAs are followed', '', $counts[0] - $counts[1], 150, \&plus);
    return;
}

# What the headers of back ends add to a request: once, the removal of what clients send, and the header
# that makes the response private; then each header.
sub rows_of_forwarding {
    my ($added) = @_;
    my $mapped = $three_groups . $no_export;
    my $one    = $added->("${mapped}ClientCertForward rfc9440\n");
    my $three  = $added->("${mapped}ClientCertForward rfc9440\nClientCertForwardIdentity\n");
    row_within('  more, if the certificate is sent to back ends', '', $one - $added->($mapped), 300,
        \&plus);
    row_within('  more, for each further header: user, groups', '', ($three - $one) / 2, 300, \&plus);
    return;
}

sub rows_of_http1 {
    my ($bare, $added) = compared(1, 'file');
    row('bare request, SSLVerifyClient require', thousands($bare), '');
    rows_of_stock($bare) if !smoke();
    rows_of_fewer($added, 950) if !smoke();
    row_of_followed_cas() if !smoke();
    rows_of_forwarding($added) if !smoke();
    my $eight = $added->($three_groups . $eight_exports);
    row_within('  the same with eight exported variables', '', $eight, 1800, \&plus);
    return $eight;
}

sub rows_of_http2 {
    my ($bare, $added) = compared(2, 'file');
    row('HTTP/2: bare request', thousands($bare), '');
    rows_of_fewer($added, 1300) if !smoke();
    row_within('  eight exported variables', '', $added->($three_groups . $eight_exports), 2300,
        \&plus);
    return;
}

# A page with ten includes is eleven requests in httpd, and may cost as much.
sub rows_of_pages {
    my ($eight) = @_;
    my ($bare, $added) = compared(1, 'index');
    row("a directory's index (GET /)", thousands($bare), '');
    row_within('  eight exported variables', '', $added->($three_groups . $eight_exports), 3000,
        \&plus);
    ($bare, $added) = compared(1, 'ssi');
    row("a page with $includes includes", thousands($bare), '');
    row('  three groups', '', plus($added->($three_groups . $no_export))) if !smoke();
    row_within('  eight exported variables', '', $added->($three_groups . $eight_exports),
        ($includes + 1) * $eight, \&plus);
    return;
}

# Each compared with its own bare request.
sub rows_of_others {
    heading('instructions of a request', 'HAProxy / nginx');
    my %figures = map { ($_ => OtherRequests::figures($_)) } qw(haproxy nginx);
    my @figures = map { $figures{$_} } qw(haproxy nginx);
    row('bare request, a certificate required', others(\&thousands, map { $_->{bare} } @figures),
        '');
    row('  CN mapped to a user, and checked', others(\&plus, map { $_->{mapped} } @figures), '')
        if !smoke();
    row('  six fields as headers', others(\&plus, map { $_->{headers} } @figures), '');
    return;
}

sub show {
    heading('instructions of a request', 'stock');
    my $eight = rows_of_http1();
    rows_of_http2();
    rows_of_pages($eight);
    rows_of_others();
    return;
}

1;
