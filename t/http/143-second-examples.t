# SPDX-License-Identifier: Apache-2.0
# Tests the examples of certificate and password (second-factor.conf) and of tokens (tokens.conf).
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64url);

announce('AH01629', 'AH01630', 'AH01631', 'CC0110');

sub status {
    my ($h, $path, $cert, %o) = @_;
    return $h->get($path, $cert ? (cert => $cert) : (), %o)->{status};
}

# ---- second-factor.conf

my $h = example('second-factor', files => {
        # all of them have the password "secret"
        'var/passwords' => join('', map { "$_:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n" } qw(alice bob carol)),
        (map { ("htdocs/$_/page" => "$_\n") } qw(payments reports)),
    });
is status($h, '/payments/page', 'alice', user => 'alice:secret'), 200, 'second-factor: certificate and password';
is status($h, '/payments/page', 'alice'), 401, 'second-factor: the certificate alone is not enough,';
is status($h, '/payments/page', undef, user => 'alice:secret'), 403, 'second-factor: nor is the password,';
is status($h, '/payments/page', 'alice', user => 'bob:secret'), 401, 'second-factor: nor that of another user,';
is status($h, '/payments/page', 'service', user => 'alice:secret'), 403, 'second-factor: nor another certificate';
keeps_denied($h, '/payments/page', cert => 'alice', user => 'alice:secret');
is status($h, '/reports/page', 'alice'), 200, 'second-factor: there, the certificate of a reader is enough';
is status($h, '/reports/page', 'bob'), 401, 'second-factor: another user is asked for a password';
is status($h, '/reports/page', 'bob', user => 'carol:secret'), 200, 'second-factor: and gets in as a reader';
is status($h, '/reports/page', 'bob', user => 'bob:secret'), 401, 'second-factor: but not as itself';
keeps_denied($h, '/reports/page', cert => 'alice');
$h->stop;

# ---- tokens.conf

sub x5t {
    my ($cert) = @_;
    my $der = `openssl x509 -in @{[ClientCert::Test->ca]}/$cert.pem -outform DER`;
    return headers => ['Token-X5T: ' . encode_base64url(sha256($der))];
}

$h = example('tokens', files => { 'htdocs/api/page' => "api\n" }, define => { X5T => '%{req:Token-X5T}' });
is status($h, '/api/page', 'alice', x5t('alice')), 200, 'tokens: a token with its certificate';
is status($h, '/api/page', 'bob', x5t('alice')), 403, 'tokens: a stolen one is useless,';
keeps_denied($h, '/api/page', cert => 'alice', x5t('alice'));
is status($h, '/api/page', undef, x5t('alice')), 403, 'tokens: with or without a certificate';
is status($h, '/api/page', 'alice'), 403, 'tokens: as is a token that is not bound';
$h->stop;

done_testing;
