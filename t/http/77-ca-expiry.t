# SPDX-License-Identifier: Apache-2.0
# Tests that the log warns before a CA expires, and when it has expired: once for each CA and time,
# however many processes, hosts and files have it.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Waiting;

use Digest::SHA qw(sha256_hex);
use MIME::Base64 qw(decode_base64);
use POSIX qw(strftime);

my $slow = $ENV{CC_SLOW} // 1;
my $day  = 24 * 3600;
my $is_ca = "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign";
announce(qw(CC0141 CC0142 CC0144 CC0720 CC0734));
announce('CC0196');    # a restart writes the files in place

# CAs by name: their certificates, digests and ends.
my (%pem, %sha256, %end);

# Makes a CA that has lived for 400 days, unless `lived` has another number.
sub make_ca {
    my ($name, $left, $lived, $subject) = @_;
    $end{$name} = int(time + $left);
    my $at = certificate($name, $subject // "/O=Example/CN=$name", self => 1, extension => $is_ca,
        begin => int(time) - ($lived // 400 * $day), end => $end{$name});
    $pem{$name} = read_file("$at.pem");
    my ($base64) = $pem{$name} =~ /\A-+[A-Z ]+-+\n(.*)^-/ms;
    $sha256{$name} = sha256_hex(decode_base64($base64));
    return;
}

make_ca('later',   60 * $day);
make_ca('month',   20 * $day);
make_ca('week',    3 * $day);
make_ca('day',     $day / 2);
make_ca('expired', -3600);
make_ca('brief',   3 * $day, 3600);                    # a life of three days
make_ca('hostile', 2 * $day, undef, "/O=Example/CN=a\nb\\\\\"c");
make_ca("many $_", 4 * $day) for 1 .. 12;
make_ca('ssl',     5 * $day);
make_ca('ssl-old', -60);

sub text_of { return join '', @pem{@_} }

my $tls  = "ServerName localhost\nSSLEngine on\nSSLCertificateFile \@CA\@/localhost.pem\n"
    . "SSLCertificateKeyFile \@CA\@/localhost.key\n";
my $host = "$tls\nSSLVerifyClient optional\nClientCertMap user=somebody\n";
make_ca('soon', 20 * $slow);                           # expires while the server runs

my $h = ClientCert::Test->server(
    mpm    => 'prefork',
    files  => {
        'conf/cas.pem'   => text_of(qw(later month week day expired brief soon)),
        'conf/other.pem' => text_of(qw(later month)),
        'conf/ssl.pem'   => text_of(qw(ssl ssl-old)),
    },
    global => "StartServers 4\n",
    conf   => <<"CONF");
<VirtualHost *:\@PORT\@>
    $host
    ClientCertCA conf/cas.pem reload=0.1
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    $host
    ClientCertCA conf/other.pem reload=0.1
</VirtualHost>
<VirtualHost *:\@PORT3\@>
    $host
    SSLCACertificateFile conf/ssl.pem
</VirtualHost>
<VirtualHost *:\@PORT4\@>
    $host
    SSLCACertificateFile conf/ssl.pem
</VirtualHost>
<VirtualHost *:\@PORT5\@>
    $tls
    ClientCertMap user=somebody
    ClientCertCA conf/cas.pem reload=0.1
    SSLVerifyClient none
</VirtualHost>
CONF

# "CC0141 NAME words": what the log has about CAs, in alphabetical order.
sub said {
    my @said;
    for ($h->log_lines(qr/CC014[1-3]: the CA/)) {
        my ($tag, $when) = /(CC014[1-3]): .*? (expired|expires within \d+ \w+|expires) ?,? on/;
        my ($sha256) = /\(sha256 ([0-9a-f]{64}),/;
        my ($name) = grep { $sha256{$_} eq ($sha256 // '') } keys %sha256;
        push @said, "$tag " . ($name // "? $_") . " $when";
    }
    return join "\n", sort @said;
}

sub date { return strftime '%Y-%m-%dT%H:%M:%SZ', gmtime $end{ $_[0] } }

my $at_start = join "\n", 'CC0141 day expires within 24 hours', 'CC0141 month expires within 30 days',
    'CC0141 soon expires within 24 hours', 'CC0141 ssl expires within 7 days',
    'CC0141 week expires within 7 days', 'CC0142 expired expired';
is said(), $at_start, 'at the start: one line for each CA and file that expires soon';
is join(' ', map { /CC0141: (the CA "CN=week.*)/ } $h->log_lines(qr/CC0141/)),
    qq{the CA "CN=week,O=Example" (sha256 $sha256{week}, } . $h->path('conf/cas.pem')
    . ') expires within 7 days, on ' . date('week')
    . ': after that, certificates that need it give no identity', 'the line of one';
is join(' ', map { /CC0142: (.*)/ } $h->log_lines(qr/CC0142/)),
    qq{the CA "CN=expired,O=Example" (sha256 $sha256{expired}, } . $h->path('conf/cas.pem')
    . ') expired on ' . date('expired') . ': certificates that need it give no identity',
    'and of one that has expired';
like join(' ', $h->log_lines(qr/"CN=ssl,/)), qr{, \Q@{[$h->path('conf/ssl.pem')]}\E\)},
    'SSLCACertificateFile is named';

is join(' ', map { /(CC07(?!20)\d+).*?"(.*?)"/ } $h->log_lines(qr/CC07/)),
    join(' ', ('CC0734 CN=ssl-old,O=Example') x 2), 'and lint reports none of these again';

# ---- while it runs

# The parent looks every ten seconds.
sub becomes {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $all = join "\n", sort split /\n/, $expected;
    wait_until(sub { said() eq $all }, 90);
    return is said(), $all, $claim;
}

becomes("$at_start\nCC0142 soon expired", 'one expires while the server runs');

$h->mark_log;
sub put { my (@names) = @_; return replace($h->path('conf/cas.pem'), text_of(@names)) }
put(qw(later hostile));
becomes('CC0141 hostile expires within 7 days', 'a reload brings one that expires soon');
like join(' ', $h->log_lines(qr/CC0141/)), qr/the CA "a\\{1,2}x0Ab\S+c" \(sha256/, 'whose subject is escaped';

$h->mark_log;
my @many = map { "many $_" } 1 .. 12;
put(qw(later week hostile), @many);
$h->wait_log(qr/CC0144/, 60);
like join(' ', $h->log_lines(qr/CC0144/)),
    qr/CC0144: 2 more CAs expire soon or have expired: "clientcert trust" lists them$/,
    'ten are named at once';
my @named = split /\n/, said();
is @named, 10, 'and no more';
is_deeply [grep { !/^CC0141 many \d+ expires within 7 days$/ } @named], [],
    'none of those that were reported before, even if it was gone';

# ---- a restart

$h->mark_log;
ok $h->reload(files => {
        'conf/cas.pem'   => text_of(qw(later hostile)),
        'conf/other.pem' => text_of('hostile'),
        'conf/ssl.pem'   => text_of('later')
    }), 'a graceful restart';
is said(), 'CC0141 hostile expires within 7 days', 'reports what is so now';

done_testing;
