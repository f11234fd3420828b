# SPDX-License-Identifier: Apache-2.0
# Keeps HTTP/2 connections open while something changes, and uses them again afterwards.
package ClientCert::Test::Held;

=head1 SYNOPSIS

    use ClientCert::Test::Held;

    my $h = ClientCert::Test->server(
        modules => ['http2'], cgi => 1, global => "Protocols h2 http/1.1\n", conf => ...);
    my $held   = hold($h, 'alice', '/private', '/');
    my $beside = hold_beside($h, 'alice', '/private');
    ...                         # a CRL changes, say
    my ($first, $private, $public) = go_on($h, $held);
    my ($running, undef, $also)    = go_on($h, $beside);

C<hold> opens a connection with a certificate and sends a request to a script that waits. C<go_on>
ends the script and sends the other requests, one after the other. It returns the responses in this
order: status (0: none), connects (how many connections this one opened) and body. With
C<hold_beside> there is one more request, which runs until the others have been answered; its
response is the first.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use Time::HiRes qw(sleep time);

use ClientCert::Test::File;

our @EXPORT = qw(go_on hold hold_beside);

my $slow  = $ENV{CC_SLOW} // 1;
my $count = 0;

# Waits, for a minute at most, until run/go-NAME exists; run/at-NAME shows that it waits.
my $script = <<'CGI';
#!/bin/sh
: >"@ROOT@/run/at-$QUERY_STRING"
for i in $(seq 1200); do
    [ ! -e "@ROOT@/run/go-$QUERY_STRING" ] || break
    sleep 0.05
done
printf 'Content-Type: text/plain\r\n\r\nwaited\n'
CGI

sub _begin {
    my ($h, $cert, $names, @paths) = @_;
    my $dir  = File::Temp->newdir;
    my $file = $h->file('cgi-bin/held', $script =~ s/\@ROOT\@/$h->path('')/ger);
    chmod 0755, $file;
    @paths = ((map { "/cgi-bin/held?$_" } @$names), @paths);
    my @command = ('curl', '-q', '-s', '--no-progress-meter', '--noproxy', '*', '--http2',
        '--cacert', $h->ca . '/root.pem', '--cert', $h->ca . "/$cert.pem", '--key',
        $h->ca . "/$cert.key", '--max-time', 120 * $slow, @$names > 1 ? ('-Z', '--parallel-max', 2) : (),
        '-w', '%{stderr}%{urlnum} %{http_code} %{num_connects}\n',
        map { ('-o', "$dir/$_", 'https://localhost:' . $h->port . $paths[$_]) } 0 .. $#paths);
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT or die "stderr: $!\n";
        exec @command or die "curl: $!\n";
    }
    my $until = time + 30 * $slow;
    sleep 0.02 while time < $until && grep { !-e $h->path("run/at-$_") } @$names;
    return { out => $out, dir => $dir, names => $names, paths => \@paths };
}

sub hold { my ($h, $cert, @paths) = @_; return _begin($h, $cert, [++$count], @paths) }

sub hold_beside {
    my ($h, $cert, @paths) = @_;
    my $name = ++$count;
    return _begin($h, $cert, ["$name-beside", $name], @paths);
}

sub go_on {
    my ($h, $held) = @_;
    my @names = @{ $held->{names} };
    my ($out, @said) = ($held->{out});
    $h->file('run/go-' . $names[-1], '');
    while (<$out>) {
        my ($number, $code, $connects) = /^(\d+) (\d+) (\d+)$/ or next;
        $said[$number] = { status => $code + 0, connects => $connects,
            body => read_if_there("$held->{dir}/$number") };
        # All except the one beside them.
        $h->file("run/go-$names[0]", '') if @names > 1 && grep({ $_ } @said) == @{ $held->{paths} } - 1;
    }
    return @said;
}

1;
