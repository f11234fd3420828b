# SPDX-License-Identifier: Apache-2.0
# Tests that lint reports a trusted CA whose name is in the other order, and texts in Require.
use strict;
use warnings;
use ClientCert::Test;

sub found {
    my ($conf) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => $conf);
    is $exit, 0, 'it loads' or diag $output;
    my @found = $output =~ /(CC0775: .*)/g;
    s{: \S*?/site\.conf:}{: } for @found;
    return \@found;
}

# A host that trusts the test's CAs, CN=Staff CA,O=Example among them; its lines begin at line 5.
sub host {
    my ($lines, $port, $more) = @_;
    $more //= '';
    return "<VirtualHost *:\@PORT$port\@>\nServerName host$port.example\n\@SSL\@ \n"
        . "SSLVerifyClient optional$more\n$lines\n</VirtualHost>\n";
}

my $turned = 'ClientCertMap issuer == "O = Example, CN = Staff CA" user=%{subject.CN}';
my $right  = 'ClientCertMap issuer == "CN=Staff CA,O=Example" user=%{subject.CN}';
my $other  = 'ClientCertMap issuer == "O = Example, CN = No Such CA" user=%{subject.CN}';
my $staff  = "\nSSLCACertificateFile \@CA\@/foreign-root.pem";

my ($first, @rest) = @{ found(host($turned, '')) };
like $first // '', qr/\ACC0775: 5: issuer == .*: a CA has this name in the other order, .*; write issuer == .*CN=Staff CA,O=Example/,
    'a name as openssl prints it is reported';
is scalar @rest, 0, 'once';
is_deeply found(host($right, '')), [], 'a name in its order is not';
is_deeply found(host($other, '')), [], 'nor is one of no CA';
is_deeply found(host($turned, '', $staff)), [], 'nor one of a CA that is not trusted here';
is scalar @{ found(host($turned =~ s/==/!=/r =~ s/user=.*/deny/r, '')) }, 1, 'the operator != is reported, too';
is_deeply found(host($turned =~ s/issuer/subject/r, '')), [], 'another field is not';
is_deeply [map { /\ACC0775: (\d+)/ } @{ found("<Location /x>\n$turned\n</Location>\n" . host('', '')) }], [2],
    'rules of the main server are compared with the CAs of the hosts';
is_deeply found("$turned\n" . host('', '', $staff)), [], 'and with no others';

# ---- the conditions of Require

sub texts {
    my ($require) = @_;
    my ($exit, $output) = ClientCert::Test->configtest(
        conf => host("$right\n<Location /x>\n<RequireAll>\n$require\nRequire clientcert\n</RequireAll>\n</Location>", ''));
    is $exit, 0, 'it loads' or diag $output;
    return join ' ', $output =~ /(CC07\d\d): \S*?\/site\.conf:(\d+)/g;
}

is texts('Require clientcert san.email =~ "@example\.com"'), 'CC0773 8', 'a pattern that never matches';
is texts('Require not clientcert san.email =~ "@example\.com"'), 'CC0773 8', 'likewise if it is to deny';
is texts('Require clientcert san.email =~ ".+@example\.com"'), '', 'not a good pattern';
is texts('Require clientcert-user alice'), '', 'no other Require';

done_testing;
