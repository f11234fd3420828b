# SPDX-License-Identifier: Apache-2.0
# Knows how to make a certificate that only one test needs.
package ClientCert::Test::Certificate;

=head1 SYNOPSIS

    use ClientCert::Test::Certificate;

    my $cert = certificate('odd', '/O=Example/CN=odd', days => 365, serial => '7f',
        san => 'email:a@example.com');
    $h->get('/', cert => $cert);

The subject is written as for openssl req -subj; days are 10 without it. The Staff CA signs it, or
issuer => another that was made here; self => 1 makes one that signs itself. eku => 'OCSPSigning' has
it for something other than clientAuth, and extension => a line of openssl.cnf is in the place of
that; aia => 'OCSP;URI:...' gives it an authorityInfoAccess. bits => 1024 makes an RSA key, not EC.

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
    my $at     = "$dir/$name";
    my $issuer = $o{issuer} // ClientCert::Test->ca . '/staff';
    my @key    = $o{bits} ? "rsa:$o{bits}" : ('ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    open my $extensions, '>', "$at.ext" or die "$at.ext: $!\n";
    print $extensions $o{extension} // 'extendedKeyUsage = ' . ($o{eku} // 'clientAuth'), "\n";
    print $extensions "authorityInfoAccess = $o{aia}\n" if $o{aia};
    print $extensions "subjectAltName = $o{san}\n" if $o{san};
    close $extensions;
    _openssl('req', '-new', '-utf8', '-newkey', @key, '-nodes', '-subj', $subject,
        '-keyout', "$at.key", '-out', "$at.csr");
    _openssl('x509', '-req', '-in', "$at.csr", '-out', "$at.pem", '-extfile', "$at.ext",
        $o{self} ? ('-signkey', "$at.key") : ('-CA', "$issuer.pem", '-CAkey', "$issuer.key"),
        '-set_serial', '0x' . ($o{serial} // '1234'), '-days', $o{days} // 10);
    return $at;
}

1;
