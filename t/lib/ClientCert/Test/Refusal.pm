# SPDX-License-Identifier: Apache-2.0
# Checks that a certificate is refused: in its handshake, or on an open connection.
package ClientCert::Test::Refusal;

=head1 SYNOPSIS

    use ClientCert::Test::Refusal;

    is_refused_in_handshake($h, 'alice', 'it was revoked on .*', 'a revoked certificate');

    is_refused($connection->request('/'), 'revoked since its handshake');

C<is_refused_in_handshake> connects with a certificate and expects one line CC0106 with this reason
(a pattern for the whole reason). Options of C<get> may follow, including path => '/'.
C<is_refused> expects the response 403 and the end of the connection.

=cut

use strict;
use warnings;

use Exporter qw(import);
use Test::More;

use ClientCert::Test::Log;

our @EXPORT = qw(is_refused is_refused_in_handshake);

sub is_refused_in_handshake {
    my ($h, $cert, $reason, $claim, %o) = @_;
    my $path = delete $o{path} // '/';
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    is $h->get($path, cert => $cert, curl => ['-k'], %o)->{status}, 0, $claim;
    my @lines = $h->wait_log(qr/CC0106/);
    my $told  = decision($lines[0] // '') // {};
    is_deeply [scalar(@lines), $told->{result}, $told->{vhost}],
        [1, 'refused', ($o{host} // 'localhost') . ':' . $h->port($o{port})],
        'has no connection, which the log tells once';
    return like $told->{reason} // '', qr/\A$reason\z/, 'with the reason';
}

sub is_refused {
    my ($response, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ends = ($response->{headers}{connection} // '') =~ /\bclose\b/i ? 'close' : 'stays open';
    return is "$response->{status} $ends", '403 close', $claim;
}

1;
