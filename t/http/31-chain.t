# SPDX-License-Identifier: Apache-2.0
# Tests rules on the CAs above a certificate, in full and in resumed sessions, if the server has all
# CAs, and if only the client has the intermediate certificate.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Session;

my $ca = ClientCert::Test->ca;

sub digest_of {
    my ($name) = @_;
    my $output = `openssl x509 -in $ca/$name.pem -noout -sha256 -fingerprint`;
    return $output =~ /=([0-9A-F:]{95})$/m ? $1 : die "$name: no digest\n";
}

my ($deep_ca, $staff, $root, $services) = map { digest_of($_) } qw(deep-ca staff root services);

sub host {
    my ($name, @lines) = @_;
    return join "\n", '<VirtualHost *:@PORT@>', "ServerName $name", '@SSL:ab.example@',
        'SSLVerifyClient optional', 'SSLVerifyDepth 3', @lines,
        'ClientCertMap subject.CN =~ "(.+)" user=$1',
        'Header always set Who "expr=%{REMOTE_USER}: %{reqenv:CLIENTCERT_GROUPS}"',
        "</VirtualHost>\n";
}

my @digests = (
    "ClientCertMap root.sha256 == $root group=root",
    "ClientCertMap root.sha256 != $staff group=not-staff",
    "ClientCertMap chain.sha256 == $deep_ca group=department",
    "ClientCertMap chain.sha256 == $staff group=staff",
    "ClientCertMap chain.sha256 == $services group=services",
    "ClientCertMap chain.sha256 != $services group=not-services");
my @names = (
    'ClientCertMap root.subject == "CN=Root CA,O=Example" group=root',
    'ClientCertMap chain.subject.CN == "Department CA" group=department',
    'ClientCertMap group=%{ca.subject.CN}/%{root.subject.CN|first}',
    'ClientCertMap chain.subject == "CN=Services CA,O=Example" deny');
my %groups = (
    digests => { deep => 'root,not-staff,department,staff,not-services', alice => 'root,not-staff,staff,not-services',
        service => 'root,not-staff,services' },
    names => { deep => 'root,department,Department CA/Root CA', alice => 'root,Staff CA/Root CA', service => '' },
);

# Whether a session of this client is resumed where the certificates of its CAs are needed.
sub check {
    my ($h, $kind, $cert, $tls, $resumes, $where) = @_;
    my $groups = $groups{$kind}{$cert};
    my $user   = $cert eq 'service' ? 'cart' : $cert;
    my $who    = $groups ? "$user: $groups" : ':';
    my $seen   = full($h, '/', cert => $cert, tls => $tls, host => 'a.example');
    is $seen->{headers}{who}, $who, "$where: $cert";
    for my $time (1, 2) {
        $seen = resumed($h, $seen, '/', cert => $cert, tls => $tls, host => 'a.example');
        is $seen->{headers}{who}, $who, "$where: the same on connection " . ($time + 1);
        is $seen->{reused}, $resumes, $resumes ? 'which is resumed' : 'which is not resumed';
    }
    return;
}

announce('CC0104', 'CC0110', 'CC0150', 'CC0157', 'AH01630', 'AH01909');

for my $store (session_stores()) {
    for my $kind ('digests', 'names') {
        my $h = ClientCert::Test->server(
            modules => ['headers'],
            global  => session_conf($store),
            conf    => host('a.example', $kind eq 'digests' ? @digests : @names));
        for my $tls ('1.2', '1.3') {
            my $where = "$kind, TLS $tls, $store";
            check($h, $kind, 'alice',   $tls, 1, $where);
            check($h, $kind, 'service', $tls, 1, $where);
            check($h, $kind, 'deep', $tls, $kind eq 'digests' ? 1 : 0, $where);
        }
    }
}

# ---- a configuration that does not use them, with conditions in .htaccess and expressions

sub htaccess_server {
    my (@lines) = @_;
    return ClientCert::Test->server(
        modules => ['headers'],
        files   => {
            (map { ("htdocs/$_/index.html" => "$_\n") } qw(is not never has)),
            'htdocs/is/.htaccess' => qq{Require clientcert root.subject == "CN=Root CA,O=Example"\n},
            'htdocs/not/.htaccess' => qq{Require clientcert chain.subject != "CN=Other"\n},
            'htdocs/has/.htaccess' => qq{Require clientcert root.ext.1.2.3|present == true\n},
            'htdocs/never/.htaccess' => qq{<RequireAll>\nRequire all granted\n}
                . qq{Require not clientcert root.subject == "CN=Other"\n</RequireAll>\n},
        },
        conf => host('a.example', @lines, '<Directory @ROOT@/htdocs>', 'AllowOverride AuthConfig', '</Directory>'));
}

sub answers {
    my ($h) = @_;
    return join ' ', map { $h->get("/$_/", cert => 'alice', host => 'a.example')->{status} } qw(is not never);
}

my $unaware = htaccess_server();
is answers($unaware), '403 403 403', 'in .htaccess, what is not recorded gives no access, negated or not';
is $unaware->get('/has/', cert => 'alice', host => 'a.example')->{status}, 403,
    'not even to a condition on a field that the CA does not have';
ok $unaware->log_lines(qr/CC0150: .*root\.subject: 1 of 1 values cannot be used; .*the CAs up to the root are not known/),
    'the log says why';
is answers(htaccess_server('ClientCertExport ROOT=root.subject')), '200 200 200',
    'an export in the configuration makes it known';
is answers(htaccess_server('Header always set Root "expr=%{clientcert:root.serial}"')), '200 200 200',
    'and an expression';
is answers(htaccess_server('<Location /x>', 'Require clientcert chain.key.bits > 2000', '</Location>')),
    '200 200 200', 'and a condition of Require';

done_testing;
