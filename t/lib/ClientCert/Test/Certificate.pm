# SPDX-License-Identifier: Apache-2.0
# Knows how to make a certificate of the Staff CA that only one test needs.
package ClientCert::Test::Certificate;

=head1 SYNOPSIS

    use ClientCert::Test::Certificate;

    my $cert = certificate('odd', '/O=Example/CN=odd', days => 365, serial => '7f',
        san => 'email:a@example.com');
    $h->get('/', cert => $cert);

The subject is written as for openssl req -subj; days are 10 without it. self => 1 makes one that
signs itself. eku => 'OCSPSigning' has it for something other than clientAuth; aia => 'OCSP;URI:...'
gives it an authorityInfoAccess.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);

use ClientCert::Test ();

our @EXPORT = qw(certificate);

my $dir = tempdir(CLEANUP => 1);

sub _openssl {
    my (@arguments) = @_;
    system('sh', '-c', 'exec openssl "$@" >"$0" 2>&1', "$dir/said", @arguments) == 0
        or die "openssl $arguments[0]: " . `cat $dir/said`;
    return;
}

sub certificate {
    my ($name, $subject, %o) = @_;
    my ($at, $ca) = ("$dir/$name", ClientCert::Test->ca);
    open my $extensions, '>', "$at.ext" or die "$at.ext: $!\n";
    print $extensions 'extendedKeyUsage = ', $o{eku} // 'clientAuth', "\n";
    print $extensions "authorityInfoAccess = $o{aia}\n" if $o{aia};
    print $extensions "subjectAltName = $o{san}\n" if $o{san};
    close $extensions;
    _openssl('req', '-new', '-utf8', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-subj', $subject, '-keyout', "$at.key", '-out', "$at.csr");
    _openssl('x509', '-req', '-in', "$at.csr", '-out', "$at.pem", '-extfile', "$at.ext",
        $o{self} ? ('-signkey', "$at.key") : ('-CA', "$ca/staff.pem", '-CAkey', "$ca/staff.key"),
        '-set_serial', '0x' . ($o{serial} // '1234'), '-days', $o{days} // 10);
    return $at;
}

1;
