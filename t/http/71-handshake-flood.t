# SPDX-License-Identifier: Apache-2.0
# Tests that clients without an identity cannot flood the log, whatever they repeat.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;

my $many = 400;
my $long = certificate('long', '/O=' . 'x' x 60 . join('', map { "/OU=$_" . 'y' x 60 } 1 .. 30)
        . '/CN=long', self => 1);

my $h = ClientCert::Test->server(modules => ['headers'], conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional_no_ca
    KeepAlive off
    ClientCertMap san.email =~ "(.+)@example\.com" user=$1
    <Location "/closed">
        Require clientcert
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional_no_ca
    ClientCertTolerate On
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName other.example
    @SSL@
    SSLVerifyClient optional_no_ca
</VirtualHost>
CONF
announce('CC0190', 'CC0191', 'AH01909', 'AH02039', 'CC0106',
    'CC0104', 'CC0110', 'CC0115', 'CC0188', 'AH01630', qr/SSL Library Error/, qr/AH02261/);

# One curl sends this many requests, each on its own connection.
sub ask {
    my ($port, $path, @args) = @_;
    my $url = 'https://localhost:' . $h->port($port) . $path;
    my $list = $h->file('urls', join '', map { qq{url = "$url"\noutput = "/dev/null"\n} } 1 .. $many);
    my $ca = $h->ca;
    system 'curl', '-s', '-k', '-K', $list, '-H', 'Connection: close', @args;
    return;
}

sub with { my ($cert) = @_; return ('--cert', "$cert.pem", '--key', "$cert.key") }

sub metric {
    my ($tag) = @_;
    my ($value) = $h->get('/metrics', port => 2)->{body}
        =~ /^clientcert_log_lines_left_out_total\{tag="$tag"\} (\d+)/m;
    return $value;
}

# The log lines about lines that were omitted; the parent writes the last of them after a while.
sub told {
    my ($tag, $left) = @_;
    my $told = 0;
    for (1 .. 600) {
        $told = 0;
        $told += $_
            for map { /CC0188: (\d+) more lines with the tag $tag / } $h->log_lines(qr/CC0188/);
        last if $told >= $left;
        select undef, undef, undef, 0.05;
    }
    return $told;
}

sub is_bounded {
    my ($tag, $what) = @_;
    my ($left, @lines) = (0);
    for (1 .. 600) {    # the line of a denial is written after its response
        @lines = $h->log_lines(qr/ $tag: /);
        $left  = metric($tag);
        last if @lines + $left >= $many;
        select undef, undef, undef, 0.05;
    }
    cmp_ok scalar @lines, '>=', 100, "$what: the first lines are written";
    cmp_ok $left, '>', 0, 'some are left out';
    is @lines + $left, $many, 'and counted';
    is told($tag, $left), $left, 'and logged';
    return @lines;
}

ask(1, '/', with($long));
my ($longest) = sort { $b <=> $a } map { length } is_bounded('CC0106', 'handshakes that fail');
cmp_ok $longest, '<', 1100, 'and none of them is long, whatever the certificate contains';
ask(3, '/', with($long));
($longest) = sort { $b <=> $a } map { length } is_bounded('CC0190', 'handshakes that go on');
cmp_ok $longest, '<', 1100, 'and none of them is long either';
ask(3, '/', with($long), '-H', 'Host: other.example');
is_bounded('CC0191', 'requests for another host');
ask(2, '/', with($long));
is_bounded('CC0104', 'certificates that do not verify');
ask(2, '/closed');
is_bounded('CC0110', 'denials of nobody');

$h->mark_log;
ask(2, '/closed', '-H', 'ClientCert-User: root', with($h->ca . '/alice'));
is scalar(my @removed = $h->log_lines(qr/ CC0111: /)) + metric('CC0111'), $many,
    'headers that resemble the module\'s';

done_testing;
