# SPDX-License-Identifier: Apache-2.0
# Shows a page in Chromium, with a certificate imported from a .p12 file.
package ClientCert::Test::Browser;

=head1 SYNOPSIS

    use ClientCert::Test::Browser;

    if (my $why = ClientCert::Test::Browser->missing) { ... }
    my $browser = ClientCert::Test::Browser->new(p12 => $file, password => 'secret', ca => $root);
    my $dom     = $browser->dom($url);
    my $picture = $browser->picture($url, width => 390, height => 844, dark => 1);

A browser has its own home directory, with a database of certificates (NSS) that trusts C<ca> and
contains the certificate of C<p12> (or none). It presents a certificate without asking the user.
That needs a policy of Chromium, whose folder is mounted over the one in /etc, in a mount namespace
of the browser. C<dom> returns the page as Chromium parsed it, as HTML. C<picture> returns a
screenshot: width, height, C<< pixel($x, $y) >> as "#rrggbb", and colours, their number. Both die
if Chromium prints anything about the page on its console. C<< shots => DIRECTORY >> keeps the
screenshots there.

=cut

use strict;
use warnings;

use Compress::Zlib qw(uncompress);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

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
        unshare => _unshare(), shots => $o{shots}, runs => 0 }, $class;
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
    local $ENV{HOME} = $self->{home};
    open my $output, '-|', 'sh', '-c', 'exec "$@" 2>"$0"', $said, @command or die "$command[0]: $!\n";
    my $text = do { local $/; <$output> };
    close $output or die "@command: $?\n" . read_file($said);
    return $text // '';
}

sub _chromium_run {
    my ($self, @arguments) = @_;
    my $profile = "$self->{home}/profile" . ++$self->{runs};
    my $output  = $self->_run('timeout', 60 * $slow, split(/ /, $self->{unshare}), 'sh', '-c',
        'mount --bind "$HOME/etc" /etc/chromium && exec "$@"', 'sh', _chromium(),
        qw(--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage
        --no-first-run --disable-background-networking --disable-component-update --disable-sync
        --hide-scrollbars --enable-logging=stderr), "--user-data-dir=$profile", @arguments);
    my @console = read_file("$self->{home}/said") =~ /^(.*CONSOLE.*)$/mg;
    die join "\n", @console, '' if @console;
    return $output;
}

sub dom { my ($self, $url) = @_; return $self->_chromium_run('--dump-dom', $url) }

sub picture {
    my ($self, $url, %o) = @_;
    my $file = ($self->{shots} // $self->{home}) . '/' . ($o{name} // 'picture') . '.png';
    unlink $file;
    $self->_chromium_run("--window-size=$o{width},$o{height}", "--screenshot=$file",
        $o{dark} ? '--force-dark-mode' : (), $url);
    return ClientCert::Test::Browser::Picture->new(read_file($file));
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
