# SPDX-License-Identifier: Apache-2.0
# Tests which changes of a CRL are accepted and which are rejected, which CRLs are in use then, and
# what happens when a CRL expires.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Crl;
use ClientCert::Test::Refusal;
use ClientCert::Test::Identity;

use Time::HiRes qw(sleep time);

sub host {
    my ($port, $words) = @_;
    return identity_host("ClientCertCRL $words\nClientCertCRLCheck leaf", $port);
}

announce('CC0106', 'CC0174', 'AH02039', qr/SSL Library Error/);

my $h;

# The state of each client: "alice:good bob:-", with - for those without a connection.
sub standing {
    my ($port) = @_;
    return join ' ', map {
        my $response = $h->get('/', cert => $_, port => $port // 1);
        my $what = $response->{headers}{user} ? $response->{headers}{revocation} : 'nobody';
        "$_:" . ($response->{status} == 200 ? $what : $response->{status} || '-')
    } 'alice', 'bob';
}

sub put { my ($name, $octets) = @_; return replace($h->path("conf/$name"), $octets) }

sub is_followed {
    my ($change, $expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    $change->();
    ok $h->wait_log(qr/CC0173: CRLs have changed/, 30), "$claim: followed";
    return is standing(), $expected, 'and used';
}

# Expects that nothing changes and that this is logged once.
sub is_not_taken {
    my ($octets, $expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    put('staff.crl', $octets);
    my ($line) = $h->wait_log(qr/CC0174/, 30);
    like $line, qr{\[clientcert:error\].*CC0174: the CRLs already loaded stay in use: $expected},
        "$claim: refused";
    is standing(), 'alice:- bob:good', 'the CRLs already loaded stay in use';
    sleep 0.6;
    is scalar(my @told = $h->log_lines(qr/CC0174/)), 1, 'which is told once';
    is scalar(my @changes = $h->log_lines(qr/CC0173/)), 0, 'and is no change';
    return;
}

my ($staff, $foreign) = map { ClientCert::Test::Crl->new($_) } 'staff', 'foreign';
$staff->revoke('alice', 'keyCompromise');
my $first = $staff->crl(number => 100, from => -3600);

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { map { ("conf/$_" => $first) } qw(staff.crl pem der none) },
    global  => "LogLevel warn clientcert:info\n",
    conf    => host('', 'conf/staff.crl reload=0.1') . host(2, 'conf/pem reload=0.1')
        . host(3, 'conf/der reload=0.1') . host(4, 'conf/none reload=0.1'));

# ---- accepted changes

is standing(), 'alice:- bob:good', 'at the start';
$staff->restore('alice');
$staff->revoke('bob');
is_followed(sub { put('staff.crl', $staff->crl(from => -1800)) }, 'alice:good bob:-',
    'another file in its place');
$staff->revoke('alice');
is_followed(sub { put('staff.crl', $staff->crl(from => -1800, form => 'DER')) },
    'alice:- bob:-', 'another form');
$staff->restore('bob');
my $held = $staff->crl(number => 200, from => -600);
is_followed(sub { $h->file('conf/staff.crl', $held) }, 'alice:- bob:good',
    'a file that is overwritten');

# ---- rejected changes

my $path = qr{\S+site\.conf:\d+: "\S+/conf/staff\.crl": };
my $crl  = qr/the CRL of "CN=Staff CA,O=Example", number/;
$staff->restore('alice');
is_not_taken(damaged($staff->crl(number => 300)),
    qr/CC0411: $path$crl 300, is refused: its signature was not made/, 'a bad signature');
is_not_taken($foreign->crl, qr/CC0410: ${path}the CRL of "CN=Staff CA,O=Elsewhere"/,
    'a foreign issuer');
is_not_taken($staff->crl(number => 199), qr/CC0412: $path$crl 199, .*older than the one loaded before, number 200/,
    'a lower number');
is_not_taken($staff->crl(number => 301, from => -1200), qr/CC0412: $path$crl 301, .*older/,
    'an earlier thisUpdate');
is_not_taken($staff->crl(number => 302, from => 7200), qr/CC0414: $path$crl 302, .*thisUpdate/,
    'a thisUpdate to come');
is_not_taken($staff->crl(number => 303, extensions => "1.2.3.4 = critical, ASN1:NULL\n"),
    qr/CC0409: $path$crl 303, is refused: .*1\.2\.3\.4/, 'an unknown critical extension');
is_not_taken($staff->crl(number => 305, base => 250),
    qr/CC0413: ${path}the delta CRL of .*loaded: (?:none|200)/, 'a delta without its base');
is_not_taken("$held-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
    qr/CC0408: $path.*a block "EC PARAMETERS"/, 'another block');
$h->mark_log;
put('staff.crl', damaged($staff->crl(number => 306)));
ok $h->wait_log(qr/CC0174.*number 306/, 30), 'one that is refused,';
$h->mark_log;
put('staff.crl', damaged($staff->crl(number => 307)));
ok $h->wait_log(qr/CC0174.*number 307/, 30), 'and the next: that is told, too';
is_followed(sub { put('staff.crl', $staff->crl(number => 308)) }, 'alice:good bob:good',
    'a good one after that');

# ---- unfinished files: waited for, then rejected

my $better = $staff->crl(number => 309);
my %cut    = (
    pem  => [substr($better, 0, -40), qr/no -----END X509 CRL----- line/],
    der  => [substr(der($better), 0, -40), qr/its end is missing/],
    none => ["nothing\n", qr/it contains no CRL/],
);
$h->mark_log;
my $begin = time;
put($_, $cut{$_}[0]) for sort keys %cut;
for my $name (sort keys %cut) {
    ok $h->wait_log(qr{CC0174: .*CC0408: .*/conf/$name": .*$cut{$name}[1]}, 60),
        "$name: half a file is refused";
}
cmp_ok time - $begin, '>', 9, 'after its writer had time to finish it';
is standing($_), 'alice:- bob:good', 'the CRLs already loaded stay in use' for 2 .. 4;
is scalar(my @told = $h->log_lines(qr/CC0174/)), 3, 'which is told once';
$h->mark_log;
$h->file('conf/pem', $better);
ok $h->wait_log(qr/CC0173: CRLs have changed/, 30), 'it is finished';
is standing(2), 'alice:good bob:good', 'and taken';

# ---- removed files

$h->mark_log;
unlink $h->path('conf/staff.crl');
ok $h->wait_log(qr/CC0173: CRLs have changed/, 30), 'a file that is removed';
is standing(), 'alice:- bob:-', 'takes what it said along: missing=deny';
is_refused_in_handshake($h, $_, 'no current CRL covers it: .*no CRL of its issuer',
    "$_, who was revoked, or not") for 'alice', 'bob';
$h->mark_log;
put('staff.crl', $held);
ok $h->wait_log(qr/CC0174: .*CC0412: .*older than the one loaded before, number 308/, 30),
    'an older one does not come in its place';
is standing(), 'alice:- bob:-', 'nothing is known yet';
is_followed(sub { put('staff.crl', $staff->crl(number => 400)) }, 'alice:good bob:good',
    'a newer one does');
$h->stop;

# ---- deltas

$staff->revoke('alice', 'certificateHold');
$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { 'conf/crls/complete' => $staff->crl(number => 500) },
    conf    => host('', 'conf/crls reload=0.1'));
is standing(), 'alice:- bob:good', 'a certificate on hold';
is_followed(sub { put('crls/delta', $staff->crl(base => 500, only => { alice => 'removeFromCRL' })) },
    'alice:good bob:good', 'a delta CRL removes it');
is_followed(sub { put('crls/delta', $staff->crl(base => 500, only => { bob => 'superseded' })) },
    'alice:- bob:-', 'the next delta lists another certificate, and does not remove it');
$staff->restore('alice');
is_followed(sub { put('crls/complete', $staff->crl(number => 600)) }, 'alice:good bob:good',
    'a complete CRL after that decides');
$h->stop;

done_testing;
