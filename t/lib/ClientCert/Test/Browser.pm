# SPDX-License-Identifier: Apache-2.0
# Shows a page in Chromium, with a certificate imported from a .p12 file.
package ClientCert::Test::Browser;

=head1 SYNOPSIS

    use ClientCert::Test::Browser;

    if (my $why = ClientCert::Test::Browser->missing) { ... }
    my $browser = ClientCert::Test::Browser->new(p12 => $file, password => 'secret', ca => $root);
    my $dom     = $browser->dom($url);
    my $value   = $browser->evaluate($url, 'document.title', width => 320, dark => 1);
    my $picture = $browser->picture($url, width => 390, height => 844, dark => 1);

A browser has its own home directory, with a database of certificates (NSS) that trusts C<ca> and
contains the certificate of C<p12> (or none). It presents a certificate without asking the user.
That needs a policy of Chromium, whose folder is mounted over the one in /etc, in a mount namespace
of the browser. It is started when it is first needed, ends with the object, and is driven by
Chromium's DevTools protocol, through a pipe.

C<dom> returns the page as Chromium parsed it, as HTML. C<evaluate> returns the value of a JavaScript
expression in the page (of a promise, its result). C<picture> returns a screenshot: width, height,
C<< pixel($x, $y) >> as "#rrggbb", and colours, their number. All of them die if Chromium reports
anything about the page on its console. C<< shots => DIRECTORY >> keeps the screenshots there.

=cut

use strict;
use warnings;

use Compress::Zlib qw(uncompress);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use JSON::PP ();
use MIME::Base64 qw(decode_base64);
use POSIX ();

use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program);

my $slow = $ENV{CC_SLOW} // 1;

sub _chromium { return program('chromium', 'chromium-browser') }

# The command that makes a mount namespace: as root, or as a user that is root only within it.
sub _unshare {
    return (grep { system("$_ true 2>/dev/null") == 0 } 'unshare -m', 'unshare -rm')[0];
}

sub missing {
    return 'no chromium'             if !_chromium();
    return 'no certutil or pk12util' if !program('certutil') || !program('pk12util');
    return 'no /etc/chromium'        if !-d '/etc/chromium';
    return;
}

# A requirement that no package provides: some containers and change-roots lack mount namespaces.
sub impossible { return _unshare() ? undef : 'no mount namespaces here' }

sub new {
    my ($class, %o) = @_;
    my $self = bless { home => tempdir('chromium-XXXXXX', TMPDIR => 1, CLEANUP => 1),
        unshare => _unshare(), shots => $o{shots}, calls => 0, read => '', console => [] }, $class;
    my $nss = "$self->{home}/.pki/nssdb";
    make_path($nss, "$self->{home}/etc/policies/managed");
    $self->_run('certutil', '-N', '-d', "sql:$nss", '--empty-password');
    $self->_run('certutil', '-A', '-d', "sql:$nss", '-n', 'root', '-t', 'C,,', '-i', $o{ca});
    $self->_run('pk12util', '-d', "sql:$nss", '-i', $o{p12}, '-W', $o{password}, '-K', '')
        if $o{p12};
    write_file("$self->{home}/etc/policies/managed/certificate.json",
        '{"AutoSelectCertificateForUrls": ["{\"pattern\": \"*\", \"filter\": {}}"]}');
    return $self;
}

sub _run {
    my ($self, @command) = @_;
    my $said = "$self->{home}/said";
    open my $output, '-|', 'sh', '-c', 'exec "$@" 2>"$0"', $said, @command or die "$command[0]: $!\n";
    my $text = do { local $/; <$output> };
    close $output or die "@command: $?\n" . read_file($said);
    return $text // '';
}

# ---- the process, and the protocol (https://chromedevtools.github.io/devtools-protocol)

sub _start {
    my ($self) = @_;
    pipe my $its_input, $self->{to} or die "pipe: $!\n";
    pipe $self->{from}, my $its_output or die "pipe: $!\n";
    $self->{pid} = fork // die "fork: $!\n";
    if (!$self->{pid}) {
        $ENV{HOME} = $self->{home};
        open STDOUT, '>', "$self->{home}/said" or POSIX::_exit(1);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(1);
        my @ends = map { POSIX::dup(fileno $_) } $its_input, $its_output;    # neither may be 3 or 4
        POSIX::dup2($ends[$_], 3 + $_) for 0, 1;
        exec 'timeout', 600 * $slow, split(/ /, $self->{unshare}), 'sh', '-c',
            'mount --bind "$HOME/etc" /etc/chromium && exec "$@"', 'sh', _chromium(),
            qw(--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage
            --no-first-run --disable-background-networking --disable-component-update --disable-sync
            --hide-scrollbars --remote-debugging-pipe), "--user-data-dir=$self->{home}/profile"
            or POSIX::_exit(1);
    }
    my $target = $self->_call('Target.createTarget', { url => 'about:blank' })->{targetId};
    $self->{session} = $self->_call('Target.attachToTarget',
        { targetId => $target, flatten => JSON::PP::true })->{sessionId};
    $self->_call("$_.enable") for qw(Page Log Runtime);
    return;
}

# The next message of the browser.
sub _message {
    my ($self) = @_;
    my $end;
    while (($end = index $self->{read}, "\0") < 0) {
        sysread $self->{from}, $self->{read}, 65536, length $self->{read}
            or die "the browser ended\n" . read_file("$self->{home}/said");
    }
    my $message = JSON::PP::decode_json(substr $self->{read}, 0, $end);
    substr $self->{read}, 0, $end + 1, '';
    my $entry   = ($message->{params} // {})->{entry};
    push @{ $self->{console} }, $entry->{text}
        if ($message->{method} // '') eq 'Log.entryAdded' && $entry->{source} ne 'network';
    return $message;
}

sub _call {
    my ($self, $method, $params) = @_;
    my %call = (id => ++$self->{calls}, method => $method, params => $params // {});
    $call{sessionId} = $self->{session} if $self->{session};
    print { $self->{to} } JSON::PP::encode_json(\%call), "\0";
    $self->{to}->flush;
    while (1) {
        my $message = $self->_message;
        next if ($message->{id} // 0) != $call{id};
        die "$method: $message->{error}{message}\n" if $message->{error};
        return $message->{result};
    }
}

sub _open {
    my ($self, $url, %o) = @_;
    $self->_start if !$self->{pid};
    $self->_call('Emulation.setDeviceMetricsOverride', { width => $o{width} // 1000,
        height => $o{height} // 800, deviceScaleFactor => 1, mobile => JSON::PP::false });
    $self->_call('Emulation.setEmulatedMedia', { features =>
        [{ name => 'prefers-color-scheme', value => $o{dark} ? 'dark' : 'light' }] });
    my $error = $self->_call('Page.navigate', { url => $url })->{errorText};
    die "$url: $error\n" if $error;
    1 while ($self->_message->{method} // '') ne 'Page.loadEventFired';
    return;
}

sub _value {
    my ($self, $expression) = @_;
    my $result = $self->_call('Runtime.evaluate', { expression => $expression,
        returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true });
    die JSON::PP::encode_json($result->{exceptionDetails}), "\n" if $result->{exceptionDetails};
    die join "\n", splice(@{ $self->{console} }), '' if @{ $self->{console} };
    return $result->{result}{value};
}

sub DESTROY {
    my ($self) = @_;
    return if !$self->{pid};
    local ($?, $@);
    eval { local $SIG{PIPE} = 'IGNORE'; delete $self->{session}; $self->_call('Browser.close') };
    kill TERM => $self->{pid} if $@;    # it is "timeout", which ends the browser
    waitpid $self->{pid}, 0;
    return;
}

# ---- pages

sub evaluate {
    my ($self, $url, $expression, %o) = @_;
    $self->_open($url, %o);
    return $self->_value($expression);
}

sub dom {
    my ($self, $url) = @_;
    my $html = $self->evaluate($url, 'document.documentElement.outerHTML');
    utf8::encode($html);
    return $html;
}

sub picture {
    my ($self, $url, %o) = @_;
    my $file = ($self->{shots} // $self->{home}) . '/' . ($o{name} // 'picture') . '.png';
    $self->evaluate($url, '0', %o);
    my $png = decode_base64($self->_call('Page.captureScreenshot', { format => 'png' })->{data});
    write_file($file, $png);
    return ClientCert::Test::Browser::Picture->new($png);
}

package ClientCert::Test::Browser::Picture;

# PNG (RFC 2083) as Chromium writes it: eight bits for each of three or four channels.
sub new {
    my ($class, $png) = @_;
    my ($width, $height, $bits, $type) = unpack 'x16 N N C C', $png;
    my $size = { 2 => 3, 6 => 4 }->{$type};
    die "no picture\n" if substr($png, 1, 3) ne 'PNG' || $bits != 8 || !$size;
    my ($at, $packed) = (8, '');
    while ($at < length $png) {
        my ($length, $name) = unpack "x$at N a4", $png;
        $packed .= substr $png, $at + 8, $length if $name eq 'IDAT';
        $at += $length + 12;
    }
    my $self = bless { width => $width, height => $height, size => $size }, $class;
    $self->_lines(Compress::Zlib::uncompress($packed));
    return $self;
}

# Each octet is the difference to those on the left (a), above (b), and above on the left (c).
sub _lines {
    my ($self, $raw) = @_;
    my ($size, $length) = ($self->{size}, $self->{width} * $self->{size});
    my @above = (0) x $length;
    for my $y (0 .. $self->{height} - 1) {
        my ($filter, @line) = unpack "x@{[$y * ($length + 1)]} C C$length", $raw;
        for my $i ($filter ? (0 .. $#line) : ()) {
            my ($a, $c) = $i < $size ? (0, 0) : ($line[$i - $size], $above[$i - $size]);
            my $b = $above[$i];
            $line[$i] = ($line[$i] + ($filter == 1 ? $a : $filter == 2 ? $b
                : $filter == 3 ? ($a + $b) >> 1 : _paeth($a, $b, $c))) & 255;
        }
        push @{ $self->{lines} }, pack 'C*', @line;
        @above = @line;
    }
    return;
}

sub _paeth {
    my ($a, $b, $c) = @_;
    my ($da, $db, $dc) = (abs($b - $c), abs($a - $c), abs($a + $b - 2 * $c));
    return $da <= $db && $da <= $dc ? $a : $db <= $dc ? $b : $c;
}

sub pixel {
    my ($self, $x, $y) = @_;
    return sprintf '#%02x%02x%02x', unpack 'C3', substr $self->{lines}[$y], $x * $self->{size}, 3;
}

sub colours {
    my ($self) = @_;
    my %seen;
    $seen{$_}++ for map { unpack "(a$self->{size})*", $_ } @{ $self->{lines} };
    return scalar keys %seen;
}

1;
