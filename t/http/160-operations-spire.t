# SPDX-License-Identifier: Apache-2.0
# Tests conf/operations/clientcert-spire with a program in place of spire-agent that prints what "spire-agent
# api fetch x509 -output json" of SPIRE 1.x prints, and that the running server follows the files.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Identity;
use ClientCert::Test::Machine qw(top);
use ClientCert::Test::Spiffe;

use JSON::PP ();
use MIME::Base64 qw(encode_base64);

my ($one, $two, $partner) = map { authority(lc, "/CN=$_") } qw(One Two Partner);
my ($ann, $ben) = (svid($one, 'ann', 'spiffe://example.org/ann'), svid($two, 'ben', 'spiffe://example.org/ben'));
my $pat = svid($partner, 'pat', 'spiffe://partner.example/pat');

sub der_of { my (@cas) = @_; return join '', map { openssl('x509', '-in', "$_.pem", '-outform', 'DER') } @cas }

my $dir = File::Temp->newdir;
my $key = 'c2VjcmV0IGtleQ==';

# The output of spire-agent, as SPIRE prints it: DER in base64, and SPIFFE IDs of trust domains.
sub output {
    my ($own, %others) = @_;
    return JSON::PP->new->canonical->encode({
        crl => [],
        federated_bundles => { map { ("spiffe://$_" => encode_base64($others{$_}, '')) } keys %others },
        svids => [{ spiffe_id => 'spiffe://example.org/httpd', hint => '', x509_svid => 'AA==',
            x509_svid_key => $key, bundle => encode_base64($own, '') }],
    }) . "\n";
}

# Runs the script for this output and exit status of spire-agent: its exit status, and what it says.
sub run_script {
    my ($output, $exit) = @_;
    write_file("$dir/output", $output);
    write_file("$dir/agent", "#!/bin/sh\necho \"\$*\" >$dir/words\ncat $dir/output\nexit " . ($exit // 0) . "\n");
    chmod 0755, "$dir/agent";
    mkdir "$dir/cas";
    chmod 0755, $dir, "$dir/cas";
    local $ENV{SPIRE_AGENT} = "$dir/agent";
    my ($status, undef, $error) = run_command('', top() . '/conf/operations/clientcert-spire', "$dir/cas", '/run/socket');
    return ($status, $error =~ s/clientcert-spire: //gr);
}

# ---- the files, and the server that follows them

is_deeply [run_script(output(der_of($one), 'partner.example' => der_of($partner)))],
    [0, "example.org.pem: replaced: 1 CA\npartner.example.pem: replaced: 1 CA\n"], 'all trust domains';
is read_file("$dir/words"), "api fetch x509 -output json -timeout 10s -socketPath /run/socket\n",
    'what spire-agent is asked';
is read_file("$dir/cas/example.org.pem"), pem_of($one), 'the file of a trust domain has its CAs';

my $h = ClientCert::Test->server(
    modules => ['headers'],
    conf    => ca_host(<<"CONF"));
ClientCertCA $dir/cas/example.org.pem     domain=example.org     reload=0.1
ClientCertCA $dir/cas/partner.example.pem domain=partner.example reload=0.1
CONF
announce('CC0106', 'AH02039', qr/SSL Library Error/);

is_served_to($h->get('/', cert => $ann), 'ann', 'the server accepts clients of the own trust domain');
is_served_to($h->get('/', cert => $pat), 'pat', 'and of the other one');
is $h->get('/', cert => $ben)->{status}, 0, 'and not those of a CA that is still to come';
waits_for_change($h, sub {
    is_deeply [run_script(output(der_of($one, $two), 'partner.example' => der_of($partner)))],
        [0, "example.org.pem: replaced: 2 CAs\npartner.example.pem: unchanged\n"], 'a new CA';
}, qr/added CN=Two /, 'the server has it');
is_served_to($h->get('/', cert => $ben), 'ben', 'and accepts its clients');
is_served_to($h->get('/', cert => $pat), 'pat', 'the other trust domain is unchanged');

# ---- what changes no file

my %before = map { $_ => read_file("$dir/cas/$_.pem") } qw(example.org partner.example);

sub is_not_taken {
    my ($output, $exit, $expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($status, $said) = run_script($output, $exit);
    like "$status $said", $expected, $claim;
    return is_deeply { map { $_ => read_if_there("$dir/cas/$_.pem") } keys %before }, \%before,
        'no file has changed';
}

my ($own, $other) = (der_of($one, $two), der_of($partner));
is_not_taken('', 1, qr/\A2 \S+ failed: exit status 1\n\z/, 'spire-agent fails');
is_not_taken(output($own, 'partner.example' => $other), 1, qr/\A2 /, 'the same, with output');
is_not_taken('', 0, qr/\A2 .*not a JSON object/, 'no output');
is_not_taken('[]', 0, qr/\A2 .*not a JSON object/, 'other JSON');
is_not_taken('{"svids": []}', 0, qr/\A2 .*no svids/, 'no SVID');
is_not_taken(output('', 'partner.example' => $other), 0,
    qr/\A1 example\.org\.pem: not replaced: .*empty or damaged\npartner\S+ unchanged/, 'an empty bundle');
is_not_taken(output(substr($own, 0, -1), 'partner.example' => $other), 0, qr/\A1 example\.org\.pem: not replaced/,
    'a truncated bundle');
is_not_taken(output($own, 'partner.example' => "$other\0"), 0, qr/^partner\.example\.pem: not replaced/m,
    'octets after a bundle');
is_not_taken(output($own, '../x' => $other), 0, qr/\A2 .*bad trust domain/, 'a name that is a path');
is_not_taken(output($own, 'Partner.example' => $other), 0, qr/\A2 .*bad trust domain/, 'a name in upper case');
is_not_taken(output($own, 'example.org' => $other), 0, qr/\A2 .*different bundles of example\.org/,
    'two bundles of a trust domain');
is_not_taken(output($own), 0,
    qr/\A1 example\.org\.pem: unchanged\npartner\.example\.pem: spire-agent has no bundle .*remove its ClientCertCA/,
    'a trust domain that is no longer there');

my @all = map { read_file($_) } glob "$dir/cas/* $dir/cas/.[a-z]*";
is scalar(@all), 2, 'no other file is left';
is scalar(grep { /\Q$key\E/ || /PRIVATE KEY/ } @all), 0, 'the key of the workload is in none';

done_testing;
