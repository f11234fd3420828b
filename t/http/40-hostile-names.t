# SPDX-License-Identifier: Apache-2.0
# Tests that names made to resemble other names are not mistaken for them, and that the log shows
# what they contain.
use strict;
use warnings;
use ClientCert::Test;

# Every kind of rule that can give the user admin. The template gives the name itself.
my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    Header always set User "expr=%{REMOTE_USER}"
    <Location "/equal">
        ClientCertMap subject.CN == "admin" user=admin
    </Location>
    <Location "/pattern">
        ClientCertMap subject.CN =~ "(admin)" user=$1
    </Location>
    <Location "/template">
        ClientCertMap subject.O == "Example" user=%{subject.CN}
        ClientCertMap subject.O == "x,CN=admin" user=%{subject.CN}
    </Location>
    <Location "/unlike">
        ClientCertMap subject.CN != "bob" subject.CN !~ "bob.*" user=admin
    </Location>
    <Location "/dn">
        ClientCertMap subject == "CN=admin,O=Example" user=admin
        ClientCertMap subject under "CN=admin,O=Example" user=admin
    </Location>
    <Location "/san">
        ClientCertMap san.email == "admin@example.com" user=admin
        ClientCertMap san.email =~ "(admin)@.*" user=$1
        ClientCertMap san.upn =~ "admin.*" user=admin
        ClientCertMap san.uri =~ "spiffe://example\.com/ns/shop/sa/cart.*" user=admin
        ClientCertMap san.dns =~ "cart\.example\.com.*" user=admin
    </Location>
</VirtualHost>
CONF

# The locations, the user in each, if any, and what is logged. A value that is not usable matches no
# condition, not even /unlike. two-cn and multi-rdn do have a common name of admin, which their CA
# has signed; but their subject is not CN=admin,O=Example.
my @names = (
    ['admin',      { map { $_ => 'admin' } qw(equal pattern template unlike dn san) }],
    ['comma-o',    { template => 'comma-o', unlike => 'admin' }],
    ['comma-cn',   { template => 'a,CN=admin', unlike => 'admin' }],
    ['slash-cn',   { template => 'a/CN=admin', unlike => 'admin' }],
    ['two-cn',     { equal => 'admin', pattern => 'admin', unlike => 'admin' },
        template => qr/CC0152: .*ambiguous.*: 'two-cn' or 'admin'/],
    ['multi-rdn',  { map { $_ => 'admin' } qw(equal pattern template unlike) }],
    ['bmp-cn',     { template => "\xe6\x85\xa4\xe6\xb5\xa9\xe6\xb8\xa1", unlike => 'admin' }],
    ['nul-cn',     {}, equal => qr/CC0150: .*subject\.CN: .*x00\.public': it contains a NUL/],
    ['newline-cn', {}, pattern => qr/CC0150: .*subject\.CN: .*admin\S*x0AGET': .*control char/],
    ['empty-cn',   { unlike => 'admin' }, template => qr/CC0154: .*it is empty/],
    ['no-subject', { unlike => 'admin' }],
    ['nul-mail',   { template => 'nul-mail', unlike => 'admin' },
        san => qr/CC0150: .*san\.email: .*it contains a NUL/],
    ['nul-uri',    { template => 'nul-uri', unlike => 'admin' },
        san => qr/CC0150: .*san\.uri: .*it contains a NUL/],
    ['nul-dns',    { template => 'nul-dns', unlike => 'admin' },
        san => qr/CC0150: .*san\.dns: .*it contains a NUL/],
    ['bad-upn',    { template => 'bad-upn', unlike => 'admin' },
        san => qr/CC0150: .*san\.upn: .*it is not valid UTF-8/],
);

announce('CC0150', 'CC0152', 'CC0154');

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { map { ("htdocs/$_" => "here\n") } qw(equal pattern template unlike dn san) },
    conf    => $conf);

for (@names) {
    my ($cert, $user, $place, $log) = @$_;
    my $c = $h->connection(cert => $cert);
    for my $path (qw(equal pattern template unlike dn san)) {
        $h->mark_log if $path eq ($place // '');
        my $response = $c->request("/$path");
        is "$response->{status} $response->{headers}{user}", '200 ' . ($user->{$path} // ''),
            "$cert: /$path makes it " . ($user->{$path} // 'nobody');
        ok $h->wait_log($log), 'and the log says why' if $path eq ($place // '');
    }
}

is scalar(my @forged = $h->log_lines(qr/^GET/)), 0, 'no name begins a line of the log';

done_testing;
