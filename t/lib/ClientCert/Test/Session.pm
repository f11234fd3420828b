# SPDX-License-Identifier: Apache-2.0
# Starts, keeps and resumes TLS sessions: tickets and cache, TLS 1.2 and 1.3.
package ClientCert::Test::Session;

=head1 SYNOPSIS

    use ClientCert::Test::Session;

    for my $store (session_stores()) {
        my $h = ClientCert::Test->server(global => session_conf($store), conf => ...);
        for my $tls ('1.2', '1.3') {
            my $first = full($h, '/', cert => 'alice', tls => $tls);
            my $again = resumed($h, $first, '/', tls => $tls);
            ok $again->{reused}, 'it was resumed';
        }
    }

C<full> sends a request after a full handshake, C<resumed> on a new connection that offers the
session of an earlier response. Both take the options of s_client in L<ClientCert::Test::Client> and
return its response, with reused, whether the server resumed the session, and session, the name of a
file with the session to offer next. Without cert, the client has only the certificate of the
session.

session_conf is a configuration for the whole server: 'tickets' keeps sessions only with the
clients, in tickets, 'cache' only in the server's cache.

=cut

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(session_stores session_conf full resumed);

my %conf = (
    tickets => "SSLSessionTickets on\nSSLSessionCache none\n",
    cache   => "SSLSessionTickets off\nSSLSessionCache shmcb:\@ROOT\@/run/sessions(512000)\n",
);
my $count = 0;

sub session_stores { return sort keys %conf }
sub session_conf   { my ($store) = @_; return $conf{$store} }

sub full {
    my ($h, $path, %o) = @_;
    my $file     = $h->path('session-' . ++$count);
    my @args     = (@{ $o{args} // [] }, '-sess_out', $file);
    my $response = $h->s_client(%o, get => $path, args => \@args);
    $response->{reused}  = $response->{output} =~ /^Reused, /m ? 1 : 0;
    $response->{session} = $file;
    return $response;
}

sub resumed {
    my ($h, $before, $path, %o) = @_;
    my @args     = (@{ $o{args} // [] }, '-sess_in', $before->{session});
    my $response = full($h, $path, %o, args => \@args);
    # Without a new ticket the client keeps the session that it has.
    $response->{session} = $before->{session} unless -e $response->{session};
    return $response;
}

1;
