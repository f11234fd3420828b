# SPDX-License-Identifier: Apache-2.0
# Tests the examples with a database file and with Redis: conf/examples/devices.conf and farm.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Service;

use Fcntl qw(O_RDWR O_CREAT);
use File::Temp qw(tempdir);
use SDBM_File ();

announce('AH01630', 'CC0110');

my $ca = ClientCert::Test->ca;

sub status {
    my ($h, $path, $cert) = @_;
    return $h->get($path, $cert ? (cert => $cert) : ())->{status};
}

sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

# ---- devices.conf

sub key_digest {
    my ($name) = @_;
    my ($digest) = `openssl x509 -in $ca/$name.pem -noout -pubkey |
        openssl pkey -pubin -outform DER | openssl dgst -sha256 -r` =~ /^(\w+)/;
    return $digest;
}

my $dir = tempdir(CLEANUP => 1);
tie my %devices, 'SDBM_File', "$dir/devices", O_RDWR | O_CREAT, 0644 or die "$dir/devices: $!\n";
%devices = (key_digest('service') => 'pump7 sensors', key_digest('alice') => 'alice staff');
untie %devices;

my $h = example('devices', files => {
        (map { ("var/devices.$_" => slurp("$dir/devices.$_")) } qw(pag dir)),
        'htdocs/telemetry/page' => "page\n",
    });
is status($h, '/telemetry/page', 'service'), 200, 'devices: a sensor, by its key';
is status($h, '/telemetry/page', 'alice'), 403, 'devices: not a client listed as something else';
is status($h, '/telemetry/page', 'bob'), 403, 'devices: and not an unlisted client';
ok $h->wait_log(qr/CC0101: result=mapped user="pump7" groups="sensors"/),
    'devices: the row gives the user';
keeps_denied($h, '/telemetry/page', cert => 'service');
$h->stop;

# ---- farm.conf

ClientCert::Test->needs('hiredis');
my $redis = ClientCert::Test::Service->redis;
$redis->ask('SET', 'mail:alice@example.com', 'alice staff,planners');
$redis->ask('SET', 'mail:bob@example.com',   'bob staff');

$h = example('farm', define => { REDIS => '127.0.0.1:' . $redis->port },
    files => { map { ("htdocs/$_/page" => "page\n") } qw(everybody plans) });
is status($h, '/plans/page', 'alice'), 200, 'farm: a planner';
is status($h, '/plans/page', 'bob'), 403, 'farm: a user without the group';
is status($h, '/everybody/page', 'bob'), 200, 'farm: but with an identity';
is status($h, '/everybody/page', 'service'), 403, 'farm: and a client without a key in Redis';
keeps_denied($h, "/$_/page", cert => 'alice') for qw(everybody plans);
$redis->stop;
is status($h, '/plans/page', 'alice'), 200,
    'farm: cached answers are used while Redis is unreachable';

done_testing;
