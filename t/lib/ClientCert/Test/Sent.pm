# SPDX-License-Identifier: Apache-2.0
# Tests what a proxy sends to httpd about certificates, with a back end that shows its requests.
package ClientCert::Test::Sent;

=head1 SYNOPSIS

    use ClientCert::Test::Sent;

    sends('nginx', 'ssl-client-cert', 'pem-url');
    sends_all('nginx', 'ssl-client-cert', 'pem-url', 40);

The arguments are a product of L<ClientCert::Test::Proxy>, the name of its header, and a format of
L<ClientCert::Test::Forwarded>. sends tests the configuration in conf/examples. sends_all tests that
the header has each certificate of t/ca without a change. A certificate that the proxy does not
accept is left out; the last argument is the least number of the others. values_of(HEADER, REQUEST)
are the values of a header in the text of a request.

=cut

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use ClientCert::Test::Backend;
use ClientCert::Test::Forwarded;
use ClientCert::Test::Proxy;

our @EXPORT = qw(sends sends_all values_of);

# The values of the header in a request; names that differ in "-" and "_" are the same here.
sub values_of {
    my ($header, $request) = @_;
    (my $pattern = $header) =~ s/-/[-_]/g;
    return [$request =~ /^$pattern: *(.*?) *\r$/gmi];
}

# The same name, as clients may write it.
sub _spellings {
    my ($header) = @_;
    return ($header, lc $header, uc $header, $header =~ tr/-/_/r, uc($header) =~ tr/-/_/r, "$header-Chain");
}

sub sends {
    my ($product, $header, $format) = @_;
    my $proxy  = proxy($product, to => backend('http')->port, plain => 1);
    my %value  = map { $_ => forwarded_value($format, $_) } qw(alice bob);
    my @forged = map { "$_: $value{bob}" } _spellings($header);
    for my $how ([http2 => 0], [http2 => 1], [tls => '1.2'], [tls => '1.3']) {
        my $alice = $proxy->get('/', @$how, cert => 'alice', headers => \@forged);
        is_deeply values_of($header, $alice->{body}), [$value{alice}], "@$how: the client's certificate,";
        my $none = $proxy->get('/', @$how, headers => \@forged);
        is $none->{status}, 200, 'also if the client sends such headers;';
        is_deeply values_of($header, $none->{body}), [], 'none for a client without one';
    }
    my $removing = $proxy->get('/', cert => 'alice', headers => ["Connection: $header, close"]);
    is_deeply values_of($header, $removing->{body}), [$value{alice}], '"Connection" does not remove it';
    for my $bad (qw(expired foreign selfsigned)) {
        isnt $proxy->get('/', cert => $bad)->{status}, 200, "$bad: the proxy refuses it";
    }
    _sends_when_resumed($proxy, $header, $value{alice}, $_) for '1.2', '1.3';
    return;
}

sub _sends_when_resumed {
    my ($proxy, $header, $value, $tls) = @_;
    my $session = "$proxy->{dir}/session-$tls";
    $proxy->s_client(tls => $tls, cert => 'alice', get => '/', args => [-sess_out => $session]);
    my $resumed = $proxy->s_client(tls => $tls, get => '/', args => [-sess_in => $session]);
    like $resumed->{output}, qr/^Reused/m, "TLS $tls: a session is resumed,";
    is_deeply values_of($header, $resumed->{body}), [$value], 'with its certificate';
    return;
}

sub sends_all {
    my ($product, $header, $format, $least) = @_;
    my $proxy = proxy($product, to => backend('http')->port, plain => 1, any => 1);
    my @certs = map { m{([^/]+)\.key$} && $1 !~ /^short-/ ? $1 : () } glob $proxy->ca . '/*.key';
    my (@wrong, @right);
    my @responses = $proxy->get_each(map { ['/', cert => $_] } @certs);
    for my $cert (@certs) {
        my $response = shift @responses;
        next if $response->{status} != 200;
        my $sent = join ' ', @{ values_of($header, $response->{body}) };
        push @{ $sent eq forwarded_value($format, $cert) ? \@right : \@wrong }, $cert;
    }
    is "@wrong", '', 'every certificate of a handshake is sent unchanged';
    cmp_ok scalar(@right), '>=', $least, 'and most are';
    note 'not accepted: ', @certs - @right, ' of ', scalar @certs;
    return;
}

1;
