# SPDX-License-Identifier: Apache-2.0
# Tests responders whose certificate the configuration trusts, directives for single CAs, and
# restarts at which their files are bad.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Certificate;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Identity;
use ClientCert::Test::Ocsp;

my $slow      = $ENV{CC_SLOW} // 1;
my $ca        = ClientCert::Test->ca;
my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'bob']);

# A responder that no CA authorized, one with its name, and one whose certificate another CA of the
# host issued.
my %signer = map { $_ => certificate("trusted-$_", '/O=Example/CN=responder', self => 1,
        extension => 'keyUsage = digitalSignature') } 'own', 'twin';
$signer{foreign} = certificate('trusted-foreign', '/O=Example/CN=responder', serial => '5e4d',
    issuer => "$ca/services", extension => 'keyUsage = digitalSignature');
$signer{expired} = certificate('trusted-expired', '/O=Example/CN=responder', self => 1,
    begin => time - 7200, end => time - 3600, extension => 'keyUsage = digitalSignature');
my $other = certificate('of-services', '/O=Example/CN=other', issuer => "$ca/services");

$responder->mood("honest/$_", "signer=$signer{$_}") for keys %signer;

sub on {
    my ($signer, @options) = @_;
    return join ' ', 'ClientCertOCSP On', 'timeout=' . 20 * $slow,
        'responder=' . $responder->url("honest/$signer"), @options;
}

# As the directives are numbered, so are the ports.
sub conf {
    my (@directives) = @_;
    my $n = 0;
    return join '', map { $n++; identity_host($_, $n > 1 ? $n : '') } @directives;
}

sub let_in {
    my ($h, $cert, $port) = @_;
    my $headers = $h->get('/', cert => $cert, port => $port)->{headers};
    return join ' ', $headers->{user} // '', $headers->{revocation} // '';
}

my %files = map { ("conf/$_.pem" => read_file("$signer{$_}.pem")) } keys %signer;
$files{"conf/$_.pem"} = read_file("$ca/$_.pem") for 'staff', 'services';
announce('CC0104', 'CC0110', 'CC0163', 'CC0164');

# ---- whom a trusted certificate vouches for

my $services = ClientCert::Test::Crl->new('services');
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { %files, 'conf/services.crl' => $services->crl },
    conf    => conf(
        on('own', 'signer=conf/own.pem'),
        on('own'),
        on('own', 'issuer=conf/services.pem signer=conf/own.pem') . "\n" . on('own'),
        on('own', 'issuer=conf/staff.pem signer=conf/own.pem') . "\nClientCertOCSP Off",
        on('own', 'issuer=conf/staff.pem signer=conf/own.pem'),
        on('own', 'signer=conf/twin.pem'),
        on('expired', 'signer=conf/expired.pem'),
        on('foreign', 'signer=conf/foreign.pem')
            . "\nClientCertCRL conf/services.crl reload=0.1 missing=allow\nClientCertCRLCheck leaf"));

sub refused_because {
    my ($port, $cert, $reason, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $h->mark_log;
    is $h->get('/', cert => $cert, port => $port)->{status}, 403, $claim;
    return ok $h->wait_log(qr/CC0104:.*\Q$reason\E/), "the log says: $reason";
}

is let_in($h, 'alice', 1), 'alice good', 'a certificate that the directive trusts vouches';
my $asked = $responder->asked('honest/own');
my $unauthorized = 'its signer was not authorized by the issuer';
refused_because(2, 'alice', $unauthorized, 'not on another host');
is $responder->asked('honest/own'), $asked + 1, 'which does not use the answer of the first';
is let_in($h, 'alice', 1), 'alice good', 'and does not replace it';
is $responder->asked('honest/own'), $asked + 1, 'so that nobody asks again';
refused_because(3, 'alice', $unauthorized, 'nor for another CA');
is let_in($h, 'alice', 4), 'alice good', 'for its CA it does';
is let_in($h, $other, 4), 'other unchecked', 'where Off is for all other CAs, they are not checked';
is let_in($h, 'alice', 5), 'alice good', 'a directive for one CA';
refused_because(5, $other, 'no ClientCertOCSP is for its issuer', 'accepts no other one');
refused_because(6, 'alice', $unauthorized,
    'another certificate of its name is not trusted');
refused_because(7, 'alice', 'its signer, which signer= names, is not valid: Verify error: '
        . 'certificate has expired', 'one that has expired vouches for nobody');

# ---- a CRL of the host lists it, of whichever CA

my $open = $h->connection(cert => 'alice', port => 8);
is $open->request('/')->{headers}{revocation}, 'good', 'another CA of the host issued it';
$services->revoke($signer{foreign});
replace($h->path('conf/services.crl'), $services->crl);
ok $h->wait_log(qr/CC0173/), 'the CRL of that CA lists it';
is $open->request('/')->{status}, 403, 'its earlier answer no longer counts';
refused_because(8, 'alice', 'its signer is revoked by a CRL', 'nor does a new one');
$h->stop;

# ---- restarts

my @hosts = (on('own', 'ttl=1 failure=allow signer=conf/own.pem'),
    on('own', 'issuer=conf/staff.pem signer=conf/own.pem') . "\nClientCertOCSP Off");
$h = ClientCert::Test->server(modules => ['headers'], files => \%files, conf => conf(@hosts));
is let_in($h, 'alice', $_), 'alice good', "host $_: before the restart" for 1, 2;
for my $signal ('USR1', 'HUP') {
    for my $bad (undef, '', "-----BEGIN NONSENSE-----\n") {
        my $what = !defined $bad ? 'missing' : $bad eq '' ? 'empty' : 'damaged';
        for my $name ('own', 'staff') {
            unlink $h->path("conf/$name.pem");
            replace($h->path("conf/$name.pem"), $bad) if defined $bad;
        }
        $h->mark_log;
        ok $h->reload(files => {}, signal => $signal), "$what: SIG$signal does not end the server";
        my @lines = $h->log_lines(qr/CC0163: .*stay in use: CC048[56]: \S+site\.conf:\d+: "\S+pem": /);
        is scalar(@lines), 3, 'the main log has the error of each use, and that it stays in use';
        is let_in($h, 'alice', $_), 'alice good', "host $_: the certificates read last" for 1, 2;
        is let_in($h, $other, 2), 'other unchecked', 'and directives for other CAs are as before';
    }
}

# The responder is trusted no more: what it said before, too.
replace($h->path('conf/own.pem'), $files{'conf/twin.pem'});
replace($h->path('conf/staff.pem'), $files{'conf/staff.pem'});
ok $h->reload(files => {}), 'a restart with good files';
is let_in($h, 'alice', 1), 'alice unknown', 'takes the new certificate, and failure=allow decides';
refused_because(2, 'alice', $unauthorized, 'or failure=deny');

# ---- directives that are new, with bad files

$h->mark_log;
ok $h->reload(files => {}, conf => conf(
        on('own', 'failure=allow signer=conf/none.pem'),
        on('own', 'issuer=conf/none.pem failure=allow') . "\nClientCertOCSP Off",
        on('own', 'issuer=conf/none.pem failure=allow') . "\nClientCertOCSP Off issuer=conf/services.pem")),
    'new directives with bad files do not end the server';
is scalar($h->log_lines(qr/CC0164: .*: CC048[56]: \S+site\.conf:\d+: "\S+none\.pem": /)), 3,
    'which reports each';
refused_because(1, 'alice', $unauthorized, 'signer=: failure=allow does not apply');
refused_because(2, $_, 'a file of issuer= could not be read at the restart',
    'issuer=: no certificate is accepted that it might be for') for 'alice', $other;
refused_because(3, 'alice', 'a file of issuer= could not be read at the restart', 'another host');
is let_in($h, $other, 3), 'other unchecked', 'those of another directive are';
is $h->get('/', port => $_)->{status}, 200, 'clients without a certificate are served' for 1 .. 3;
$h->stop;

# ---- errors

my @wrong = (
    ['issuer=conf/none.pem', 'CC0485: \S+site\.conf:\d+: "\S+/conf/none\.pem": the file cannot be read'],
    ['signer=conf/none.pem', 'CC0486: \S+site\.conf:\d+: "\S+/conf/none\.pem": the file cannot be read'],
    ['issuer=conf/own.pem',  'CC0485: .*the file must contain one certificate, that of a CA'],
    ["issuer=conf/staff.pem\nClientCertOCSP Off issuer=conf/staff.pem",
        'CC0487: .*already set for this CA at \S+site\.conf:\d+'],
    ["\nClientCertOCSP Off", 'CC0487: .*without issuer= is already set at \S+site\.conf:\d+'],
    ['missing=allow',         'CC0488: "missing=allow": with On'],
    ['issuer=',               'CC0432: "": .*write issuer=FILE'],
);
for (@wrong) {
    my ($options, $says) = @$_;
    for my $way ('configtest', 'try_start') {
        my ($exit, $output) = ClientCert::Test->$way(modules => ['headers'], files => \%files,
            conf => conf(on('own', $options)));
        ok $exit ne '0' && $output =~ /$says/, "$way: $says" or diag $output;
    }
}
{
    my ($exit, $output) = ClientCert::Test->try_start(modules => ['headers'],
        conf => on('own', "signer=conf/none.pem\n") . conf('ClientCertOCSP Off'));
    ok $exit ne '0' && $output =~ /CC0486: /, 'a file that no host uses' or diag $output;
}

done_testing;
