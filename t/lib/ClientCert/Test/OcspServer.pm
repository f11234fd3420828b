# SPDX-License-Identifier: Apache-2.0
# An OCSP responder that can make every mistake; it runs as a process of its own.
package ClientCert::Test::OcspServer;

=head1 DESCRIPTION

    serve(DIR, PORT, CA, SIGNER)

The file DIR/moods/WORD_... selects the behaviour at /WORD/..., or WORD itself does:

    honest          answers as openssl ocsp does, for an hour
    brief           the same without a nextUpdate
    hold            waits until DIR/release exists, then does the same
    hang            accepts the question and never answers
    drip            answers an octet at a time
    closes          closes the connection without an answer
    cut             announces more than it sends
    signer=NAME     signs with this test certificate
    other=NAME      answers for this certificate instead
    shift=SECONDS   moves all times of an honest answer, and signs it
    timeless=SECONDS  the same with a brief answer
    unknown         knows no certificate
    nonceless       omits the nonce
    later           answers tryLater
    more            has an octet after the response
    type=TEXT       answers with this Content-Type; text/html
    garbage empty huge endless redirect error     in HTTP, as their names suggest

=cut

use strict;
use warnings;

use File::Temp ();
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);
use Time::Local qw(timegm);

use ClientCert::Test::File;

my ($dir, $ca, $signer);

sub serve {
    (my $port, my $parent) = ($_[1], getppid);
    ($dir, undef, $ca, $signer) = @_;
    my $listener = IO::Socket::INET->new(Listen => 128, LocalAddr => '127.0.0.1',
        LocalPort => $port, ReuseAddr => 1) or die "port $port: $!\n";
    my $select = IO::Select->new($listener);
    $SIG{CHLD} = 'IGNORE';
    while (getppid == $parent) {
        my $client = $select->can_read(1) ? $listener->accept : undef;
        next unless $client && !(fork // die "fork: $!\n");
        close $listener;    # otherwise the port stays in use after this process
        local $SIG{CHLD} = 'DEFAULT';
        alarm 120;
        eval { _serve($client); 1 } or warn $@;
        POSIX::_exit(0);
    }
    return;
}

# ---- HTTP

sub _serve {
    my ($client) = @_;
    my ($path, $question) = _question($client) or return;
    open my $log, '>>', "$dir/asked" or die "asked: $!\n";
    syswrite $log, time . " $path\n";
    close $log;
    my ($mood, $argument) = split /=/, _mood($path), 2;
    my $answer = __PACKAGE__->can("_do_$mood") or die "no mood: $mood\n";
    $answer->($client, $question, $argument);
    shutdown $client, 1;
    return;
}

sub _mood {
    my ($path) = @_;
    my $said = read_if_there("$dir/moods/" . $path =~ tr{/}{_}r);
    return $said ne '' ? $said : $path =~ s{/.*}{}r;
}

sub _question {
    my ($client) = @_;
    my $got = '';
    while ($got !~ /\r\n\r\n/) {
        sysread $client, $got, 65536, length $got or return;
    }
    my ($path)   = $got =~ m{^POST /(\S*) HTTP/1} or die "no question: $got\n";
    my ($length) = $got =~ /^content-length: *(\d+)/im;
    $got =~ s/.*?\r\n\r\n//s;
    while (length $got < $length) {
        sysread $client, $got, 65536, length $got or return;
    }
    return ($path, $got);
}

sub _send {
    my ($client, $octets) = @_;
    local $SIG{PIPE} = 'IGNORE';
    while (length $octets) {
        my $sent = syswrite $client, $octets or return 0;
        substr $octets, 0, $sent, '';
    }
    return 1;
}

sub _head {
    my ($length, $status, $type) = @_;
    return 'HTTP/1.0 ' . ($status // '200 OK') . "\r\nContent-Type: "
        . ($type // 'application/ocsp-response') . "\r\nContent-Length: $length\r\n\r\n";
}

sub _answer { my ($client, $body) = @_; return _send($client, _head(length $body) . $body) }

# ---- answers by openssl

sub _openssl {
    my (@arguments) = @_;
    system('sh', '-c', 'exec openssl "$@" >>"$0" 2>&1', "$dir/said", @arguments) == 0
        or die "openssl @arguments\n";
    return;
}

sub _made {
    my ($question, %o) = @_;
    my $at   = File::Temp->newdir;
    my $with = $o{signer} // $signer;
    _openssl('ocsp', '-index', $o{index} // "$dir/index", '-CA', "$ca/staff.pem",
        '-rsigner', "$with.pem", '-rkey', "$with.key", $o{brief} ? () : ('-nmin', 60),
        '-reqin', write_file("$at/request", $question), '-respout', "$at/response");
    return read_if_there("$at/response");
}

# A new question about another certificate, or about the same one without a nonce.
sub _asked_for {
    my ($name) = @_;
    my $at = File::Temp->newdir;
    _openssl('ocsp', '-issuer', "$ca/staff.pem", '-no_nonce', '-reqout', "$at/request",
        $name =~ /^0x/ ? ('-serial', $name) : ('-cert', "$ca/$name.pem"));
    return read_if_there("$at/request");
}

# The serial number is at the end of the only CertID.
sub _serial_of {
    my ($question) = @_;
    my $at   = File::Temp->newdir;
    my $path = write_file("$at/request", $question);
    my ($serial) = `openssl ocsp -reqin '$path' -req_text 2>&1` =~ /Serial Number: (\w+)/
        or die "no serial number\n";
    return "0x$serial";
}

# ---- DER, as far as signing an answer again needs it

sub _tlv {
    my ($tag, $content) = @_;
    my $length = length $content;
    return chr($tag) . chr($length) . $content if $length < 128;
    (my $octets = pack 'N', $length) =~ s/^\0+//;
    return chr($tag) . chr(0x80 | length $octets) . $octets . $content;
}

# The elements of a sequence: [tag, content, the whole element].
sub _elements {
    my ($der) = @_;
    my @elements;
    while (length $der) {
        my ($tag, $length) = unpack 'CC', $der;
        my $head = 2;
        if ($length & 0x80) {
            $head += $length & 0x7f;
            $length = unpack 'N', "\0" x (6 - $head) . substr $der, 2, $head - 2;
        }
        push @elements, [$tag, substr($der, $head, $length), substr($der, 0, $head + $length, '')];
    }
    return @elements;
}

sub _shifted {
    my ($time, $seconds) = @_;
    my ($year, $month, @rest) = $time =~ /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
    return POSIX::strftime('%Y%m%d%H%M%SZ',
        gmtime timegm(reverse(@rest), $month - 1, $year) + $seconds);
}

sub _redated {
    my ($response, $seconds) = @_;
    my $at = File::Temp->newdir;
    my ($status, $bytes)    = _elements((_elements($response))[0][1]);
    my ($type, $octets)     = _elements((_elements($bytes->[1]))[0][1]);
    my ($tbs, $how, undef, @certs) = _elements((_elements($octets->[1]))[0][1]);
    (my $new = $tbs->[2]) =~ s/(\x18\x0f)(\d{14}Z)/$1 . _shifted($2, $seconds)/ge;
    _openssl('dgst', '-sha256', '-sign', "$signer.key", '-out', "$at/signature",
        write_file("$at/tbs", $new));
    my $basic = _tlv(0x30, join '', $new, $how->[2], _tlv(0x03, "\0" . read_if_there("$at/signature")),
        map { $_->[2] } @certs);
    return _tlv(0x30, $status->[2] . _tlv(0xa0, _tlv(0x30, $type->[2] . _tlv(0x04, $basic))));
}

# ---- moods

sub _do_honest { my ($client, $question) = @_; return _answer($client, _made($question)) }

sub _do_brief {
    my ($client, $question) = @_;
    return _answer($client, _made($question, brief => 1));
}

sub _do_hold {
    my ($client, $question) = @_;
    sleep 0.02 until -e "$dir/release" || !-d $dir;
    return _do_honest($client, $question);
}

# Until the client gives up.
sub _do_hang   { my ($client) = @_; sysread $client, my $more, 1; return }
sub _do_closes { return }

sub _do_drip {
    my ($client, $question) = @_;
    my $body = _made($question);
    for my $octet (split //, _head(length $body) . $body) {
        _send($client, $octet) or return;
        sleep 0.2;
    }
    return;
}

sub _do_cut {
    my ($client, $question) = @_;
    my $body = _made($question);
    return _send($client, _head(length $body) . substr $body, 0, length($body) / 2);
}

sub _do_signer {
    my ($client, $question, $name) = @_;
    return _answer($client, _made($question, signer => $name =~ m{/} ? $name : "$ca/$name"));
}

sub _do_other {
    my ($client, undef, $name) = @_;
    return _answer($client, _made(_asked_for($name)));
}

sub _do_shift {
    my ($client, $question, $seconds) = @_;
    return _answer($client, _redated(_made($question), $seconds));
}

sub _do_timeless {
    my ($client, $question, $seconds) = @_;
    return _answer($client, _redated(_made($question, brief => 1), $seconds));
}

sub _do_unknown {
    my ($client, $question) = @_;
    my $at = File::Temp->newdir;
    return _answer($client, _made($question, index => write_file("$at/index", '')));
}

sub _do_nonceless {
    my ($client, $question) = @_;
    return _answer($client, _made(_asked_for(_serial_of($question))));
}

sub _do_more { my ($client, $question) = @_; return _answer($client, _made($question) . "\0") }
sub _do_later   { my ($client) = @_; return _answer($client, "\x30\x03\x0a\x01\x03") }
sub _do_garbage { my ($client) = @_; return _answer($client, "\xff\0garbage" x 100) }
sub _do_empty   { my ($client) = @_; return _answer($client, '') }
sub _do_huge    { my ($client) = @_; return _answer($client, _tlv(0x30, 'x' x 10_000_000)) }

# HTTP without a length.
sub _do_endless {
    my ($client) = @_;
    return _send($client, "HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n"
            . _tlv(0x30, 'x' x 10_000_000));
}

sub _do_redirect {
    my ($client) = @_;
    my $port = $client->sockport;
    return _send($client, "HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:$port/honest\r\n"
            . "Content-Length: 0\r\n\r\n");
}

sub _do_type {
    my ($client, $question, $type) = @_;
    my $body = _made($question);
    return _send($client, _head(length $body, '200 OK', $type // 'text/html') . $body);
}

sub _do_error {
    my ($client, $question) = @_;
    my $body = _made($question);
    return _send($client, _head(length $body, '500 Internal Server Error') . $body);
}

1;
