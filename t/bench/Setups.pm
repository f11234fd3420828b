# SPDX-License-Identifier: Apache-2.0
# The configurations that are measured, and their rules.
package Setups;

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw($eight_exports $granted $no_export $three_groups maps rules_of @equal @mixed);

# httpd serves nothing without a Require in effect, so the stock server has one too.
our $granted = <<'CONF';
<Location "/">
    Require all granted
</Location>
CONF

our $three_groups = <<'CONF';
ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "(.+)@example\.com" user=$1 group=mail
ClientCertMap issuer == "CN=Staff CA,O=Example" group=%{subject.OU|lower}
<Location "/">
    Require clientcert-group admins
</Location>
CONF

our $no_export     = "ClientCertExport\n";
our $eight_exports = "ClientCertExport USER GROUPS RULE SUBJECT ISSUER SERIAL SHA256 NOT_AFTER\n";

# Rules of the kinds that people write, # being a number. None matches alice.
our @equal = (
    'subject.CN == "service#" user=service# group=services',
    'san.email == "person#@example.com" user=person# group=staff',
    'serial == # user=serial#',
    'spki.sha256 == ' . '0' x 56 . '# deny',
);
our @mixed = (
    @equal[0, 1],
    'issuer == "CN=Partner #,O=Partner" san.email =~ "(.+)@partner\.example" user=$1 group=partner',
    'san.uri =~ "spiffe://example#\.com/ns/(?<ns>[^/]+)/sa/(?<sa>[^/]+)" user=$<sa>.$<ns>',
    'subject under "O=Partner #" group=%{subject.OU|lower}',
);

# This many of these rules, and a last one that matches alice.
sub rules_of {
    my ($count, @kinds) = @_;
    my @rules = map { my $number = sprintf '%08d', $_; $kinds[$_ % @kinds] =~ s/#/$number/gr }
        1 .. $count - 1;
    return (@rules, 'san.email == "alice@example.com" user=alice group=staff');
}

sub maps { return join '', map { "ClientCertMap $_\n" } @_ }

1;
