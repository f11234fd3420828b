# SPDX-License-Identifier: Apache-2.0
# Tests that a table can change while the server is fully loaded: no request fails, none sees half a
# table, and memory does not grow.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Load;

use Time::HiRes qw(sleep);

plan skip_all => 'no ab' if !can_load;

my $changes = 40;

# The rows of alice and of her email address always have the same values.
sub rows {
    my ($n) = @_;
    my $filler = join '', map { "nobody$_\@example.com n$_\n" } 1 .. 10_000;
    return sprintf "alice g%04d\n${filler}alice\@example.com g%04d\n", $n, $n;
}

for my $mpm ('event', 'prefork') {
    my $h = ClientCert::Test->server(
        mpm   => $mpm,
        global => enough_threads($mpm),
        files => { 'conf/t.map' => rows(0) },
        conf  => <<'CONF');
LogLevel warn clientcert:info
MaxKeepAliveRequests 500
ClientCertTable t file:conf/t.map reload=0.1
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient require
    ClientCertMap subject.CN in t user=$1
    ClientCertMap subject.CN in t group=$1
    ClientCertMap san.email in t group=$1
    <Location "/">
        <RequireAll>
            Require clientcert san.email in t
            Require expr %{REMOTE_USER} =~ /^g[0-9]+$/
            Require expr %{REMOTE_USER} == clientcert('group')
        </RequireAll>
    </Location>
</VirtualHost>
CONF
    is $h->get('/', cert => 'alice')->{status}, 200, "$mpm: a request";

    my $load = ClientCert::Test::Load->start($h, 'alice');
    my ($before, $n, $followed) = (0, 0, 0);
    while ($n < $changes) {
        my $wait = ++$n % 4 < 2;    # an overwritten file, and the new file after it
        $followed += mark($h) if $wait;
        change($h, $n);
        if ($wait) {
            ok $h->wait_log(qr/CC0131/, 60), "$mpm: change $n is followed, once the file rests";
        }
        else {
            sleep 0.16;
        }
        $before = $load->memory if $n == 12;
    }
    my $after = $load->memory;
    ok $h->wait_log(qr/CC0101: result=mapped user="g\d+" groups="g\d+"/), "$mpm: there were users";
    $load->ends_well($mpm);
    cmp_ok $followed + mark($h), '>=', $changes / 3,
        "$mpm: changes were followed meanwhile";
SKIP: {
        skip 'the memory is also that of a checker', 1 if !defined $after;
        cmp_ok $after, '<', $before * 1.5 + 2048, "$mpm: memory did not grow ($before, $after KiB)";
    }
    $h->stop;
}

# Empties the log, and returns how many changes it reported until then.
sub mark {
    my ($h) = @_;
    my @told = $h->log_lines(qr/CC0131/);
    $h->mark_log;
    return scalar @told;
}

# Alternately replaces the file and overwrites it, with a single write: the content between two
# writes would be a complete file too.
sub change {
    my ($h, $n) = @_;
    return rename $h->file('conf/t.new', rows($n)), $h->path('conf/t.map') if $n % 2;
    my $path = $h->path('conf/t.map');
    open my $out, '+<', $path or die "$path: $!\n";
    my $text = rows($n);
    syswrite($out, $text) == length $text or die "$path: $!\n";
    return close $out;
}

done_testing;
