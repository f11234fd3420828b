# SPDX-License-Identifier: Apache-2.0
# A virtual host whose responses contain the identity of the request, and functions that read it.
package ClientCert::Test::Identity;

=head1 SYNOPSIS

    use ClientCert::Test::Identity;

    my $h = ClientCert::Test->server(modules => ['headers'], conf => identity_host(<<'CONF'));
    <Location "/private">
        Require clientcert
    </Location>
    CONF
    my $two = identity_host('ClientCertCRL conf/staff.crl', 2);    # on @PORT2@

    is_served_to($h->get('/', cert => 'alice'), 'alice', 'a certificate of the staff');

The host requests a certificate (SSLVerifyClient optional) and maps subject.CN to the user, unless
the argument overrides this. Headers of each response: User; Verify, which is mod_ssl's result; and
Revocation. is_served_to expects the status 200 and this user, '' for none.

=cut

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

our @EXPORT = qw(identity_host is_served_to);

sub identity_host {
    my ($conf, $port) = @_;
    $port //= '';
    return <<"CONF";
<VirtualHost *:\@PORT$port\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    Header always set Revocation "expr=%{clientcert:revocation}"
    $conf
</VirtualHost>
CONF
}

sub is_served_to {
    my ($response, $user, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is "$response->{status} $response->{headers}{user}", "200 $user", $claim;
}

1;
