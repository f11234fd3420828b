# SPDX-License-Identifier: Apache-2.0
# Makes a certificate that only one test needs.
package ClientCert::Test::Certificate;

=head1 SYNOPSIS

    use ClientCert::Test::Certificate;

    my $cert = certificate('odd', '/O=Example/CN=odd', days => 365, serial => '7f',
        san => 'email:a@example.com');
    $h->get('/', cert => $cert);

The subject has the format of openssl req -subj. days is 10 by default; end => time + 12 sets the
end to the second, and begin the beginning. The Staff CA signs the certificate, or
issuer => another one that was made here; self => 1 makes a self-signed one. eku => 'OCSPSigning'
replaces clientAuth; extension => a line of openssl.cnf replaces the whole extension. aia =>
'OCSP;URI:...' adds an authorityInfoAccess. bits => 1024 makes an RSA key instead of EC, key =>
'ML-DSA-44' a key of any type.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use POSIX qw(strftime);

use ClientCert::Test ();
use ClientCert::Test::File;

our @EXPORT = qw(certificate);

my $dir = tempdir(CLEANUP => 1);

sub _openssl {
    my (@arguments) = @_;
    system('sh', '-c', 'exec openssl "$@" >"$0" 2>&1', "$dir/said", @arguments) == 0
        or die "openssl $arguments[0]: " . `cat $dir/said`;
    return;
}

# An exact end, which openssl x509 cannot set: it counts in days.
sub _sign_until {
    my ($at, $begin, $end, $serial, @signer) = @_;
    write_file("$at.index", '');
    write_file("$at.serial", "$serial\n");
    write_file("$at.cnf", <<"END");
[ca]
default_ca = this
[this]
database = $at.index
serial = $at.serial
new_certs_dir = $dir
default_md = sha256
policy = any
[any]
commonName = optional
END
    my ($from, $until) = map { strftime '%Y%m%d%H%M%SZ', gmtime $_ } $begin, $end;
    _openssl('ca', '-batch', '-notext', '-preserveDN', '-config', "$at.cnf", '-in', "$at.csr",
        '-out', "$at.pem", '-extfile', "$at.ext", '-startdate', $from, '-enddate', $until, @signer);
    return;
}

sub certificate {
    my ($name, $subject, %o) = @_;
    my $at     = "$dir/$name";
    my $issuer = $o{issuer} // ClientCert::Test->ca . '/staff';
    my @key    = $o{key} ? $o{key} : $o{bits} ? "rsa:$o{bits}" : ('ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    write_file("$at.ext", join "\n",
        $o{extension} // 'extendedKeyUsage = ' . ($o{eku} // 'clientAuth'),
        $o{aia} ? "authorityInfoAccess = $o{aia}" : (),
        $o{san} ? "subjectAltName = $o{san}" : (), '');
    _openssl('req', '-new', '-utf8', '-newkey', @key, '-nodes', '-subj', $subject,
        '-keyout', "$at.key", '-out', "$at.csr");
    my $serial = $o{serial} // '1234';
    if ($o{end}) {
        _sign_until($at, $o{begin} // time - 60, $o{end}, $serial,
            $o{self} ? ('-selfsign', '-keyfile', "$at.key")
                     : ('-cert', "$issuer.pem", '-keyfile', "$issuer.key"));
    } else {
        _openssl('x509', '-req', '-in', "$at.csr", '-out', "$at.pem", '-extfile', "$at.ext",
            $o{self} ? ('-signkey', "$at.key") : ('-CA', "$issuer.pem", '-CAkey', "$issuer.key"),
            '-set_serial', "0x$serial", '-days', $o{days} // 10);
    }
    return $at;
}

1;
