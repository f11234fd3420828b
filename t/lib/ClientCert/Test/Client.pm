# SPDX-License-Identifier: Apache-2.0
# Runs the clients of the tests, curl and openssl s_client, against one server.
package ClientCert::Test::Client;

=head1 DESCRIPTION

Methods of a server of L<ClientCert::Test>. These options are common to all of them:

    cert => 'alice'      a certificate of t/ca (or of short_cert) and its key; none without it
    key  => 'bob'        the key of another certificate, for a client that lacks its own key
    host => 'a.example'  the name in SNI and Host; localhost
    sni  => 'b.example'  another name in SNI, '' for none at all (s_client and connection)
    port => 2            @PORT2@; @PORT@
    tls  => '1.2'        or 1.3; by default the one that both sides prefer

A response is a hash: status (0 if there was none), headers (names in lower case; several lines of
one name joined by ", "), body, and further members of each method.

=over

=item $h->get(PATH, ...)

Uses curl, or libcurl, on a new connection. Adds exit (curl's) and error. Further options: method, headers
(['Name: value', ...]), data (a body), user ('name:password'), http2 => 1, scheme => 'http',
ca (the file of CAs for the server's certificate), p12 => 'alice' (its .p12 file instead of cert),
curl => [further arguments].

=item $h->get_each([PATH, ...], ...)

The same for each list of arguments of get, one after the other, in one process of curl: much faster
for many requests. Requests whose options allow it share a connection. Returns the responses, without
exit and error.

=item $h->parallel([PATH, ...], ...)

The same over one HTTP/2 connection, all at once: a list of responses in the order of the paths.
Adds connects: how many connections this transfer opened (so the sum is the number of connections).
A path may be [PATH, HOST].

=item $h->s_client(...)

Runs openssl s_client once. Options: args => [further arguments], request => 'text to send';
get => PATH sends a request that closes the connection. Returns exit, output (all that it printed),
error, trace (with args -msg or -trace: the messages), and the response if there is one. For
sessions: args => ['-sess_out', FILE], then ['-sess_in', FILE]. With TLS 1.3 the tickets arrive with
the first response, so use get => too.

=item $h->connection(...)

A connection by openssl s_client that stays open. Option: args. Its methods: request(PATH, method,
host, headers, data) sends one request and reads its response; line(TEXT) sends a line of another protocol
and reads the next line, without its end (no TEXT: it only reads); trace (the output of -msg so far);
error; close.

    my $c = $h->connection(cert => 'alice', tls => '1.3', args => ['-enable_pha', '-msg']);
    is $c->request('/')->{status}, 200, '...';
    is $c->request('/private')->{status}, 200, 'asked for a certificate after the handshake';
    like $c->trace, qr/CertificateRequest/, '...';

=item $h->cgi_env(RESPONSE)

The response of /cgi-bin/env as a hash. A backslash and control characters are written \xHH.

=back

=cut

use strict;
use warnings;

use File::Temp ();
use IPC::Open3 qw(open3);
use Symbol qw(gensym);
use Time::HiRes qw(time);

use ClientCert::Test::Command qw(run_command);
use ClientCert::Test::File;
use ClientCert::Test::Requests;

my $slow = $ENV{CC_SLOW} // 1;

# ---- curl

sub _certificate { my ($self, $name) = @_; return $name =~ m{/} ? $name : $self->ca . "/$name" }

sub _curl_arguments {
    my ($self, %o) = @_;
    my @a = ('curl', '-sS', '-q', '--noproxy', '*', '--max-time', 60 * $slow,
        '--cacert', $o{ca} // $self->ca . '/root.pem', $o{http2} ? '--http2' : '--http1.1');
    push @a, "--tlsv$o{tls}", '--tls-max', $o{tls} if $o{tls};
    push @a, '--cert', $self->_certificate($o{cert}) . '.pem',
        '--key', $self->_certificate($o{key} // $o{cert}) . '.key' if $o{cert};
    push @a, '--cert-type', 'P12', '--cert', $self->_certificate($o{p12}) . '.p12:secret'
        if $o{p12};
    push @a, '-X', $o{method} if $o{method} && $o{method} ne 'HEAD';
    push @a, '--head' if ($o{method} // '') eq 'HEAD';
    push @a, '--data-binary', $o{data} if defined $o{data};
    push @a, '--user', $o{user} if defined $o{user};
    push @a, map { ('-H', $_) } @{ $o{headers} // [] };
    return (@a, @{ $o{curl} // [] });
}

# The URL, with the argument that directs its host to this machine.
sub _url {
    my ($self, $path, %o) = @_;
    my ($host, $port) = ($o{host} // 'localhost', $self->port($o{port}));
    return ('--resolve', "$host:$port:127.0.0.1",
        ($o{scheme} // 'https') . "://$host:$port$path");
}

sub get {
    my ($self, $path, %o) = @_;
    my $dir = File::Temp->newdir;
    my ($resolve, $name, $url) = $self->_url($path, %o);
    my ($exit, $error) = run_curl($self->_curl_arguments(%o), $resolve, $name,
        '-D', "$dir/head", '-o', "$dir/body", $url);
    return { _response(read_if_there("$dir/head"), read_if_there("$dir/body")), exit => $exit,
        error => $error };
}

sub get_each {
    my ($self, @requests) = @_;
    my $dir = File::Temp->newdir;
    my @arguments;
    for my $n (0 .. $#requests) {
        my ($path, %o) = @{ $requests[$n] };
        my ($program, @options) = $self->_curl_arguments(%o);
        push @arguments, $n ? '--next' : $program, @options, $self->_url($path, %o),
            '-D', "$dir/head$n", '-o', "$dir/body$n";
    }
    run_command('', @arguments);
    return map { { _response(read_if_there("$dir/head$_"), read_if_there("$dir/body$_")) } } 0 .. $#requests;
}

sub parallel {
    my ($self, $paths, %o) = @_;
    my $dir = File::Temp->newdir;
    my (@arguments, $n);
    for (@$paths) {
        my ($path, $host) = ref ? @$_ : ($_);
        push @arguments, $self->_url($path, %o, $host ? (host => $host) : ()),
            '-o', "$dir/body" . ++$n;
    }
    my (undef, $output) = run_command('', $self->_curl_arguments(%o, http2 => 1), '--parallel',
        '--parallel-max', 100, '-w', '%{urlnum} %{http_code} %{num_connects}\n', @arguments);
    my %done = map { /^(\d+) (\d+) (\d+)/ ? ($1 => { status => $2 + 0, connects => $3 }) : () }
        split /\n/, $output;
    return map { { %{ $done{$_} // { status => 0, connects => 0 } },
        body => read_if_there("$dir/body" . ($_ + 1)) } } 0 .. $#$paths;
}

sub cgi_env {
    my ($self, $response) = @_;
    return { map { /^([^=]+)=(.*)/s ? ($1 => $2) : () } split /\n/, $response->{body} };
}

# ---- openssl s_client

sub _s_client_arguments {
    my ($self, %o) = @_;
    my $sni = $o{sni} // $o{host} // 'localhost';
    my @a = ('openssl', 's_client', '-connect', '127.0.0.1:' . $self->port($o{port}),
        '-CAfile', $self->ca . '/root.pem', '-ign_eof');
    push @a, $sni eq '' ? '-noservername' : ('-servername', $sni);
    if (defined $o{tls}) {
        (my $version = $o{tls}) =~ tr/./_/;
        push @a, "-tls$version";
    }
    if ($o{cert}) {
        my $cert = $self->_certificate($o{cert});
        push @a, '-cert', "$cert.pem", '-key', $self->_certificate($o{key} // $o{cert}) . '.key';
        push @a, '-cert_chain', "$cert-sends.pem" if -e "$cert-sends.pem";
    }
    return @a;
}

sub s_client {
    my ($self, %o) = @_;
    my $dir  = File::Temp->newdir;
    my $host = $o{host} // 'localhost';
    my $send = $o{request}
        // (defined $o{get} ? "GET $o{get} HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n\r\n"
        : '');
    my @hold = $send eq '' ? ('-no_ign_eof') : ();
    # Line by line, because s_client writes its own output and the server's in different ways.
    my ($exit, $output, $error) = run_command($send, 'stdbuf', '-oL', $self->_s_client_arguments(%o),
        @hold, '-msgfile', "$dir/trace", @{ $o{args} // [] });
    my ($response) = $output =~ m{^(HTTP/1\.[01] \d.*)}ms;
    my ($head, $body) = split /\r?\n\r?\n/, $response // '', 2;
    return { _response($head // '', _unchunk($head // '', $body // '')), exit => $exit,
        output => $output, error => $error, trace => read_if_there("$dir/trace") };
}

sub connection {
    my ($self, %o) = @_;
    my $dir = File::Temp->newdir;
    open my $errors, '>', "$dir/error" or die "$dir/error: $!\n";
    my $pid = open3(my $in, my $out, '>&' . fileno $errors, $self->_s_client_arguments(%o),
        '-quiet', '-msgfile', "$dir/trace", @{ $o{args} // [] });
    binmode $_ for $in, $out;
    return bless { in => $in, out => $out, pid => $pid, dir => $dir, buffer => '',
        host => $o{host} // 'localhost' }, 'ClientCert::Test::Connection';
}

# ---- common

# status, headers and body of the last of the responses with these header lines.
sub _response {
    my ($head, $body) = @_;
    my ($last) = reverse grep { /\S/ } split /\r?\n\r?\n/, $head;
    my ($first, @lines) = split /\r?\n/, $last // '';
    my ($status) = ($first // '') =~ m{^HTTP/\S+ (\d+)};
    my %headers;
    for (@lines) {
        my ($name, $value) = /^([^:]+):\s*(.*?)\s*$/ or next;
        $name = lc $name;
        $headers{$name} = defined $headers{$name} ? "$headers{$name}, $value" : $value;
    }
    return (status => ($status // 0) + 0, headers => \%headers, body => $body);
}

sub _unchunk {
    my ($head, $body) = @_;
    return $body unless $head =~ /^transfer-encoding:\s*chunked/im;
    my $whole = '';
    while ($body =~ s/^([0-9a-fA-F]+)[^\r\n]*\r\n//) {
        my $size = hex $1 or last;
        $whole .= substr $body, 0, $size, '';
        $body =~ s/^\r\n//;
    }
    return $whole;
}

package ClientCert::Test::Connection;

use IO::Select;
use Time::HiRes qw(time);

use ClientCert::Test::File;

sub request {
    my ($self, $path, %o) = @_;
    my $method = $o{method} // 'GET';
    my $host   = $o{host} // $self->{host};
    my @lines  = ("$method $path HTTP/1.1", "Host: $host", @{ $o{headers} // [] });
    push @lines, 'Content-Length: ' . length $o{data} if defined $o{data};
    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{in}, join("\r\n", @lines) . "\r\n\r\n" . ($o{data} // '');
    my $head;
    do {
        $head = $self->_take(sub { $_[0] =~ /\r\n\r\n/ ? $+[0] : 0 });
    } while defined $head && $head =~ m{^HTTP/1\.1 1\d\d};
    return { status => 0, headers => {}, body => '' } unless defined $head;
    return { ClientCert::Test::Client::_response($head, $self->_body($method, $head)) };
}

sub line {
    my ($self, $text) = @_;
    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{in}, "$text\r\n" if defined $text;
    my $line = $self->_take(sub { $_[0] =~ /\n/ ? $+[0] : 0 });
    return defined $line ? $line =~ s/\r?\n\z//r : undef;
}

sub _body {
    my ($self, $method, $head) = @_;
    return '' if $method eq 'HEAD' || $head =~ m{^HTTP/\S+ (?:204|304)};
    if ($head =~ /^content-length:\s*(\d+)/im) {
        my $size = $1;
        return $self->_take(sub { length $_[0] >= $size ? $size : 0 }) // '' if $size > 0;
        return '';
    }
    return $self->_rest if $head !~ /^transfer-encoding:\s*chunked/im;
    my $end = sub { $_[0] =~ /(?:^|\r\n)0\r\n\r\n/ ? $+[0] : 0 };
    return ClientCert::Test::Client::_unchunk($head, $self->_take($end) // '');
}

# Reads until `enough` returns the number of wanted octets, and returns these; undef at the end.
sub _take {
    my ($self, $enough) = @_;
    my $select = IO::Select->new($self->{out});
    my $until  = time + 30 * $slow;
    until (my $size = $enough->($self->{buffer})) {
        return unless $select->can_read($until - time);
        sysread $self->{out}, $self->{buffer}, 65536, length $self->{buffer} or return;
    }
    return substr $self->{buffer}, 0, $enough->($self->{buffer}), '';
}

# Reads until the server ends the connection.
sub _rest {
    my ($self) = @_;
    my $select = IO::Select->new($self->{out});
    my $until  = time + 30 * $slow;
    while ($select->can_read($until - time)) {
        sysread $self->{out}, $self->{buffer}, 65536, length $self->{buffer} or last;
    }
    return substr $self->{buffer}, 0, length $self->{buffer}, '';
}

sub trace { my ($self) = @_; return read_if_there("$self->{dir}/trace") }
sub error { my ($self) = @_; return read_if_there("$self->{dir}/error") }

sub close {
    my ($self) = @_;
    my $pid = delete $self->{pid} // return;
    CORE::close $self->{in};
    kill 'TERM', $pid;
    waitpid $pid, 0;
    return;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $!);
    $self->close;
    return;
}

1;
