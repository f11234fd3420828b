# SPDX-License-Identifier: Apache-2.0
# Tests that CRLs follow the CAs of ClientCertCA: a CA comes with its CRL, goes and comes back, while
# clients of the other CA are served all the time, and after a restart.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::CaSet;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Metrics;
use ClientCert::Test::Prober;
use ClientCert::Test::Refusal;
use ClientCert::Test::Waiting;

announce('CC0104', 'CC0106', 'CC0110', 'CC0183', 'AH02039', qr/SSL Library Error/);

my %ca = map { $_ => authority($_, "/CN=\u$_ CA") } qw(alpha beta gamma);
my ($ann, $abe) = map { client_of($ca{alpha}, $_) } qw(ann abe);
my ($bea, $bob) = map { client_of($ca{beta},  $_) } qw(bea bob);
my $gus = client_of($ca{gamma}, 'gus', serial => 'ffffffff01');    # not one of the many in the CRL
my %crl = map { $_ => ClientCert::Test::Crl->new($ca{$_}) } qw(alpha beta gamma);
$crl{alpha}->revoke($abe);
$crl{beta}->revoke($bob);
$crl{gamma}->revoke($gus);
my ($of_alpha, $of_beta) = map { $_->crl } @crl{qw(alpha beta)};

my @crls = ('conf/crls reload=0.1', 'conf/both.crl reload=0',
    'conf/alpha.crl conf/beta.crl reload=600 missing=allow');
my @hosts = map { ca_host("ClientCertCA conf/cas.pem reload=0.1\nClientCertCRL $crls[$_]", $_ ? $_ + 1 : '') }
    0 .. $#crls;
my $metrics = "<VirtualHost *:\@PORT9\@>\nSetHandler clientcert-metrics\n</VirtualHost>\n";
my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/cas.pem'          => pem_of($ca{alpha}),
        'conf/crls/a.crl'       => $of_alpha,
        'conf/crls/b.crl'       => $of_beta,
        'conf/both.crl'         => "$of_alpha$of_beta",
        'conf/alpha.crl'        => $of_alpha,
        'conf/beta.crl'         => $of_beta,
        'htdocs/page'           => "page\n",
    },
    global => "LogLevel warn clientcert:info\n",
    conf   => join('', @hosts, $metrics));
my @warned = $h->log_lines(qr/CC0183/);

# The users on one host: "ann - - -", with - for those without a connection.
sub users {
    my ($port) = @_;
    return join ' ', map {
        my $response = $h->get('/page', cert => $_, port => $port);
        $response->{status} == 200 ? $response->{headers}{user} || 'none' : '-'
    } $ann, $abe, $bea, $bob;
}

sub are_users {
    my ($expected, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    return is_deeply [map { users($_) } 1 .. @hosts], [($expected) x @hosts], $claim;
}

# Each child has read the CRLs of all hosts for the new CAs.
sub becomes {
    my ($names, $pattern, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ca_changes($h, 'conf/cas.pem', [@ca{@$names}], $pattern, $claim);
    ok $h->wait_log(qr/CC0173: CRLs have changed \(\S+site\.conf:$_\)/, 30), "CRLs of line $_ follow"
        for crl_lines();
    return;
}

sub crl_lines {
    my @lines = split /\n/, read_file($h->path('conf/site.conf'));
    return grep { $lines[$_ - 1] =~ /\A\s*ClientCertCRL\s/ } 1 .. @lines;
}

my $errors = qr/CC0174|CC0181|CC0182|CC0410/;

is scalar(@warned), 3, 'at the start, the CRL of a CA that is still to come is a warning in each place';
are_users('ann - - -', 'and not used');
my $kept = $h->connection(cert => $ann);
is $kept->request('/page')->{status}, 200, 'a connection of the first CA';
my $prober = ClientCert::Test::Prober->start($h, '/page', 1, cert => $ann);

# ---- a CA comes, a CA goes

becomes(['alpha', 'beta'], qr/added CN=Beta CA/, 'a CA comes');
are_users('ann - bea -', 'its CRL is used, whatever the reload time');
is_refused_in_handshake($h, $bob, 'it was revoked on .*', 'a client of the new CA that is revoked',
    port => $_) for 1 .. @hosts;
is_deeply [$h->log_lines($errors)], [], 'without an error';
is scalar(grep { $_->{status} != 200 } $prober->finish), 0,
    'clients of the first CA were served all the time';
is $kept->request('/page')->{headers}{user}, 'ann', 'and so is the open connection';

my $other = $h->connection(cert => $bea);
is $other->request('/page')->{headers}{user}, 'bea', 'a connection of the new CA';
becomes(['beta'], qr/removed CN=Alpha CA/, 'the first CA goes');
are_users('- - bea -', 'and its clients with it');
is_refused($kept->request('/page'), 'its connection is closed');
is $other->request('/page')->{headers}{user}, 'bea', 'the other one is not';
is_deeply [$h->log_lines($errors)], [], 'its CRLs go without an error';
becomes(['alpha', 'beta'], qr/added CN=Alpha CA/, 'it comes back');
are_users('ann - bea -', 'and has its CRL at once');

# ---- the numbers of loads: the files have not changed

my $loads = read_metrics($h->get('/', scheme => 'http', port => 9)->{body})->{clientcert_crl_loads_total};
is_deeply [map { $loads->{ 'vhost="localhost:' . $h->port($_) . '"' } } 1 .. @hosts], [2, 1, 2],
    'reading files again is no load';

# ---- restarts

becomes(['beta'], qr/removed CN=Alpha CA/, 'a CA goes before a restart');
$h->mark_log;
ok $h->reload(files => {}), 'which the CRLs of the other one do not end';
is_deeply [$h->log_lines($errors)], [], 'nor are they an error';
are_users('- - bea -', 'after that');
becomes(['alpha', 'beta'], qr/added CN=Alpha CA/, 'it comes back after the restart');
are_users('ann - bea -', 'with its CRL');
$h->stop;

# ---- a CA whose CRL takes a while to read, with missing=allow

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/cas.pem' => pem_of($ca{alpha}),
        'conf/big.crl' => $crl{gamma}->crl(others => 300_000),
        'htdocs/page'  => "page\n",
    },
    global => "LogLevel warn clientcert:info\n",
    conf   => ca_host("ClientCertCA conf/cas.pem reload=0.1\n"
            . "ClientCertCRL conf/big.crl missing=allow\nClientCertCRLCheck leaf"));
my @revoked = map { ClientCert::Test::Prober->start($h, '/page', 1, cert => $gus) } 1 .. 3;
my $others  = ClientCert::Test::Prober->start($h, '/page', 1, cert => $ann);
becomes(['alpha', 'gamma'], qr/added CN=Gamma CA/, 'a CA with a large CRL comes');
ok $h->wait_log(qr/CC0106: .*subject="CN=gus".*reason="it was revoked on /, 30), 'its client is revoked';
is scalar(grep { $_->{status} == 200 } map { $_->finish } @revoked), 0,
    'and was never accepted, not while the CRL was read';
is scalar(grep { $_->{status} != 200 } $others->finish), 0, 'clients of the other CA were, all the time';
$h->stop;

# ---- one ClientCertCRL, hosts with different CAs

$h = ClientCert::Test->server(
    modules => ['headers'],
    files   => {
        'conf/a.pem'    => pem_of($ca{alpha}),
        'conf/b.pem'    => pem_of($ca{beta}),
        'conf/both.crl' => "$of_alpha$of_beta",
        'htdocs/page'   => "page\n",
    },
    conf => "ClientCertCRL conf/both.crl reload=0.1\n" . ca_host('ClientCertCA conf/a.pem reload=0.1')
        . ca_host('ClientCertCA conf/b.pem reload=0.1', 2));
is_deeply [map { users($_) } 1, 2], ['ann - - -', '- - bea -'], 'each host uses the CRL of its CA';
ca_changes($h, 'conf/b.pem', [@ca{qw(alpha beta)}], qr/added CN=Alpha CA/, 'the CAs of one of them change');
ok wait_until(sub { users(2) eq 'ann - bea -' }, 30), 'which has both';
is users(1), 'ann - - -', 'and the other one is as before';
announce('CC0174', 'CC0181');
replace($h->path('conf/both.crl'), substr $of_alpha, 0, -40);
ok $h->reload(files => {}), 'a restart with a file that has become bad';
ok $h->wait_log(qr/CC0181: .*both\.crl/), 'whose CRLs stay in use:';
is_deeply [map { users($_) } 1, 2], ['ann - - -', 'ann - bea -'], 'on each host those of its CAs';
$h->stop;

done_testing;
