# SPDX-License-Identifier: Apache-2.0
# Tests Require clientcert-bound: a token has to be bound to the certificate of the client.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;

use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64 encode_base64url);

my $ca    = ClientCert::Test->ca;
my $staff = ClientCert::Test::Crl->new('staff');
$staff->revoke('revoked', 'keyCompromise');

my $basic = "AuthType Basic\nAuthName test\nAuthUserFile conf/users\n";
my $value = '"%{req:X5T}"';
my %sections = (
    plain    => "Require clientcert-bound $value",
    bare     => 'Require clientcert-bound %{req:X5T}',
    basic    => "${basic}<RequireAll>\nRequire valid-user\nRequire clientcert-bound %{req:X5T}\n</RequireAll>",
    not      => "<RequireAll>\nRequire all granted\nRequire not clientcert-bound $value\n</RequireAll>",
    none     => "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire clientcert-bound $value\n"
        . "</RequireNone>\n</RequireAll>",
    any      => "<RequireAny>\nRequire clientcert-bound $value\nRequire ip 192.0.2.1\n</RequireAny>",
    mapped   => "ClientCertMap subject.CN == nobody user=nobody\nRequire clientcert-bound $value",
);
my $sections = join '', map { "<Location \"/$_\">\n$sections{$_}\n</Location>\n" } sort keys %sections;

my $h = ClientCert::Test->server(
    modules => [qw(authz_user auth_basic authn_file authz_host http2)],
    files   => {
        'conf/users'     => "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n",    # secret
        'conf/staff.crl' => $staff->crl,
        map { ("htdocs/$_" => "$_\n") } keys %sections,
    },
    conf => <<"CONF");
Protocols h2 http/1.1
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    $sections
</VirtualHost>
<VirtualHost *:\@PORT\@>
    ServerName a.example
    \@SSL:a.example\@
    SSLVerifyClient optional
    SSLSessionTickets Off
    ClientCertCRL conf/staff.crl missing=allow
    <Location "/plain">
        Require clientcert-bound $value
    </Location>
</VirtualHost>
CONF

sub digest { my ($cert) = @_; return sha256(scalar `openssl x509 -in $ca/$cert.pem -outform DER`) }
sub x5t { my ($cert) = @_; return encode_base64url(digest($cert)) }

sub status {
    my ($path, $cert, $x5t, %o) = @_;
    return $h->get("/$path", $cert ? (cert => $cert) : (),
        headers => [defined $x5t ? "X5T: $x5t" : ()], %o)->{status};
}

announce('AH01617', 'AH01618', 'AH01629', 'AH01630', 'AH01631', 'AH02039', 'CC0104', 'CC0106', 'CC0110', 'CC0123',
    qr{SSL Library Error});

for my $place (qw(plain bare any mapped)) {
    is status($place, 'alice', x5t('alice')), 200, "$place: the token is bound to the certificate";
    is status($place, 'alice', x5t('bob')), 403, "$place: that of another certificate is not";
    is status($place, 'alice', undef), 403, "$place: nor is a token without a certificate";
}
is status('plain', 'service', x5t('service')), 200, 'no rules are needed';
is status('plain', undef, x5t('alice')), 403, 'the certificate has to be presented,';
is status('plain', undef, undef), 403, 'so nothing is not equal to nothing';
is status('plain', $_, x5t($_)), 403, "and has to verify: $_" for qw(stranger selfsigned);
is $h->get('/plain', host => 'a.example', cert => 'revoked', headers => ['X5T: ' . x5t('revoked')])->{status}, 0,
    'a revoked one is refused';

# ---- the form of the value

my $right = x5t('alice');
my %wrong = (
    'padding'          => "$right=",
    'base64'           => encode_base64(digest('alice'), ''),
    'hex'              => unpack('H*', digest('alice')),
    'two values'       => "$right,$right",
    'two words'        => "$right $right",
    'a longer value'   => "${right}A",
    'the beginning'    => substr($right, 0, 42),
    'another case'     => $right =~ tr/a-zA-Z/A-Za-z/r,
    'quotes'           => "\"$right\"",
    'the last bits'    => substr($right, 0, 42) . chr(ord(substr $right, -1) ^ 1),
);
is status('plain', 'alice', $wrong{$_}), 403, "not the value: $_" for sort keys %wrong;

# ---- where a login follows

is status('basic', 'alice', $right), 401, 'with AuthType, the login is asked for first';
is status('basic', 'alice', undef), 401, 'even if the value is missing, since the login may set it';
is status('basic', 'alice', $right, user => 'alice:secret'), 200, 'then both hold';
$h->mark_log;
is status('basic', 'alice', x5t('bob'), user => 'alice:secret'), 401, 'or the token is refused';
like +($h->wait_log(qr/CC0110/))[0], qr/reason="the token is bound to another certificate".*needs="clientcert-bound /,
    'which is logged';
$h->mark_log;
is status('basic', 'alice', undef, user => 'alice:secret'), 401, 'as is one without a certificate,';
like +($h->wait_log(qr/CC0110/))[0], qr/reason="the token is not bound to a certificate"/, 'which is logged too';
is status('basic', undef, $right, user => 'alice:secret'), 403, 'a token alone is never enough';

# ---- negated

for my $place (qw(not none)) {
    is status($place, 'alice', x5t('bob')), 200, "$place: another certificate gets in";
    is status($place, 'alice', $right), 403, "$place: this one does not";
    is status($place, 'alice', undef), 403, "$place: without a value nothing is certain";
    is status($place, 'stranger', x5t('bob')), 403, "$place: nor with a certificate that did not verify";
    is status($place, undef, $right), 200, "$place: without a certificate it is";
}

# ---- other requests

is status('plain', 'alice', $right, http2 => 1), 200, 'HTTP/2: bound';
is status('plain', 'alice', x5t('bob'), http2 => 1), 403, 'HTTP/2: not bound';
my $connection = $h->connection(cert => 'alice');
is $connection->request('/plain', headers => ["X5T: $right"])->{status}, 200, 'each request of a connection';
is $connection->request('/plain')->{status}, 403, 'has a token of its own';

# ---- configuration

sub error_of {
    my ($line) = @_;
    return (ClientCert::Test->configtest(conf => "<Location />\n$line\n</Location>\n"))[1];
}
like error_of('Require clientcert-bound'), qr/line 2 .*\nCC0128: /, 'the expression is needed';
like error_of('Require clientcert-bound ""'), qr/line 2 .*\nCC0128: /, 'and not empty';
like error_of('Require clientcert-bound %{req:A} %{req:B}'), qr/line 2 .*\nCC0128: /, 'nor are there two';
like error_of('Require clientcert-bound %{nonsense:A}'), qr/line 2 .*\nCC0122: Require clientcert-bound /,
    'and a valid one';

done_testing;
