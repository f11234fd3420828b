# SPDX-License-Identifier: Apache-2.0
# Tests that removing a CA, adding a CRL, or using more of a path than was recorded, ends the
# sessions from before the restart.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Identity;
use ClientCert::Test::Service;
use ClientCert::Test::Session;

# A cache outside of httpd keeps the sessions from before a restart.
my $redis  = ClientCert::Test::Service->redis;
my %server = (
    modules => ['headers', 'socache_redis'],
    global  => join "\n", 'SSLSessionTickets off',
        'SSLSessionCache redis:127.0.0.1:' . $redis->port, 'SSLSessionCacheTimeout 3600', '');

sub site {
    my ($settings) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    $settings
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=\$1
    Header always set User "expr=%{REMOTE_USER}"
</VirtualHost>
CONF
}

my $all      = site('SSLCACertificateFile @CA@/clients.pem');
my $services = site('SSLCACertificateFile @CA@/services-chain.pem');
my $crl      = site('SSLCARevocationFile @CA@/staff.crl');
my $chain    = site('ClientCertMap chain.sha256 != ' . '0' x 64 . ' group=x');
my $checked  = site("SSLCARevocationFile \@CA\@/staff.crl\nSSLCARevocationCheck leaf");

# The sessions of these clients, on both versions of TLS.
sub sessions {
    my ($h, @certs) = @_;
    return map {
        my $tls = $_;
        map {
            { cert => $_, tls => $tls, session => full($h, '/', cert => $_, tls => $tls) }
        } @certs
    } '1.2', '1.3';
}

sub are_kept {
    my ($h, $when, @sessions) = @_;
    for (@sessions) {
        my $again = resumed($h, $_->{session}, '/', tls => $_->{tls});
        my $name  = $_->{cert} eq 'service' ? 'cart' : $_->{cert};
        is_served_to($again, $name, "TLS $_->{tls}: $_->{cert} after $when");
        ok $again->{reused}, 'its session is resumed';
    }
    return;
}

sub are_lost {
    my ($h, $when, @sessions) = @_;
    for (@sessions) {
        my $again = resumed($h, $_->{session}, '/', tls => $_->{tls});
        is_served_to($again, '',
            "TLS $_->{tls}: the session of $_->{cert} gives no identity after $when");
        ok !$again->{reused}, 'which is not resumed';
    }
    return;
}

announce('CC0736');
announce('AH01902');    # a CRL without SSLCARevocationCheck

my $h        = ClientCert::Test->server(%server, conf => $all);
my @sessions = sessions($h, 'alice', 'service', 'revoked');
are_kept($h, 'a full handshake', @sessions);
ok $h->reload, 'a graceful restart';
are_kept($h, 'a restart without a change', @sessions);

ok $h->reload(conf => $services), 'the CA of the staff is removed';
are_lost($h, 'a CA was removed', @sessions);
for my $tls ('1.2', '1.3') {
    my ($of_service) = grep { $_->{cert} eq 'service' && $_->{tls} eq $tls } @sessions;
    is_served_to(resumed($h, $of_service->{session}, '/', cert => 'service', tls => $tls), 'cart',
        "TLS $tls: a client that is still trusted is asked again");
}

ok $h->reload(conf => $crl), 'a CRL is added';
are_lost($h, 'a CRL was added', @sessions);
ok $h->reload(conf => $checked), 'a CRL is added and checked';
are_lost($h, 'a CRL is checked', @sessions);
ok $h->reload(conf => $chain), 'the configuration uses the path';
are_lost($h, 'a use that its verdict does not serve', @sessions);
my @with_path = sessions($h, 'alice');
are_kept($h, 'a handshake that records the path', @with_path);
ok $h->reload(conf => $all), 'all is as it was';
are_kept($h, 'the end of this use', @with_path);
are_kept($h, 'all is as it was', @sessions);    # so they existed whenever they were refused
$h->stop;

$h = ClientCert::Test->server(%server, conf => $services);
are_lost($h, 'a stop, and a start without a CA', @sessions);
$h->stop;
$h = ClientCert::Test->server(%server, conf => $all);
are_kept($h, 'a stop and a start', @sessions);

done_testing;
