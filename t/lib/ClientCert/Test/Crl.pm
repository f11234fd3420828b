# SPDX-License-Identifier: Apache-2.0
# Revokes certificates for the CAs of the tests: CRLs of every kind, made by openssl ca.
package ClientCert::Test::Crl;

=head1 SYNOPSIS

    use ClientCert::Test::Crl;

    my $staff = ClientCert::Test::Crl->new('staff');     # a CA of t/ca; nothing is revoked yet
    my $h     = ClientCert::Test->server(
        files => { 'conf/staff.crl' => $staff->crl }, ...);

    $staff->revoke('alice', 'keyCompromise');
    replace($h->path('conf/staff.crl'), $staff->crl);
    ...
    $staff->restore('alice');

C<revoke> takes a name of t/ca, or a path that C<certificate> returned, and a reason of openssl ca,
or none. C<crl> returns the octets of a CRL of the certificates revoked at that time. Its options:

    number     => 7            the CRL number; by default one more than the last number
    from       => -60          thisUpdate, in seconds from now; 0
    until      => 60           nextUpdate, likewise; 30 days
    form       => 'DER'        instead of PEM
    extensions => "OID = ...\n"  further ones, as in a section of openssl.cnf
    base       => 3            makes a delta CRL for that base number
    only       => {name => reason}  lists only these; for a delta CRL
    others     => 1000         also lists this many certificates that do not exist
    date       => 'YYMMDDHHMMSSZ'  the date of revocation; 2026-01-02T03:04:05Z

C<replace> (of L<ClientCert::Test::File>) replaces a file atomically. C<damaged> returns a CRL with
a wrong signature.

=cut

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use MIME::Base64 qw(decode_base64 encode_base64);
use POSIX qw(strftime);

use ClientCert::Test ();
use ClientCert::Test::Command;
use ClientCert::Test::File;

our @EXPORT = qw(damaged der replace);

# Most tests have no CRL of the Services CA, which their servers trust too.
sub new {
    my ($class, $ca) = @_;
    ClientCert::Test::ErrorLog::announce('CC0728', 'CC0736');
    return bless { ca => $ca, number => 0, revoked => {} }, $class;
}

sub revoke {
    my ($self, $name, $reason) = @_;
    $self->{revoked}{$name} = $reason // '';
    return;
}

sub restore {
    my ($self, $name) = @_;
    delete $self->{revoked}{$name};
    return;
}

sub _file { my ($name) = @_; return $name =~ m{/} ? $name : ClientCert::Test->ca . "/$name" }

sub _serial {
    my ($name) = @_;
    my ($serial) = openssl('x509', '-noout', '-serial', '-in', _file("$name.pem")) =~ /=(\w+)/;
    return $serial;
}

# The database of openssl ca: state, end, "date of revocation,reason", serial, file and subject.
sub _index {
    my ($revoked, %o) = @_;
    my %how = map { _serial($_) => $revoked->{$_} } keys %$revoked;
    $how{ sprintf '%016X', $_ } = '' for 1 .. $o{others} // 0;
    return join '', map {
        my $when = join ',', $o{date} // '260102030405Z', $how{$_} || ();
        join("\t", 'R', '20490101000000Z', $when, $_, 'unknown', '/CN=any') . "\n"
    } sort keys %how;
}

sub _configuration {
    my ($dir, $number, %o) = @_;
    my $delta = defined $o{base} ? "2.5.29.27 = critical, ASN1:INTEGER:$o{base}\n" : '';
    return <<"END" . $delta . ($o{extensions} // '');
[ca]
default_ca = this
[this]
database = $dir/index
default_md = sha256
[extensions]
authorityKeyIdentifier = keyid:always
2.5.29.20 = ASN1:INTEGER:$number
END
}

sub _moment { my ($seconds) = @_; return strftime '%Y%m%d%H%M%SZ', gmtime(time + $seconds) }

sub crl {
    my ($self, %o) = @_;
    my $dir = File::Temp->newdir;
    my $number = $o{number} // $self->{number} + 1;
    $self->{number} = $number if $number > $self->{number};
    write_file("$dir/index", _index($o{only} // $self->{revoked}, %o));
    my $pem = openssl('ca', '-gencrl', '-config',
        write_file("$dir/ca.cnf", _configuration($dir, $number, %o)), '-crlexts', 'extensions',
        '-cert', _file("$self->{ca}.pem"), '-keyfile', _file("$self->{ca}.key"),
        '-crl_lastupdate', _moment($o{from} // 0),
        '-crl_nextupdate', _moment($o{until} // 30 * 24 * 3600));
    return ($o{form} // '') eq 'DER' ? der($pem) : $pem;
}

sub der {
    my ($pem) = @_;
    my ($base64) = $pem =~ /^-----BEGIN X509 CRL-----\n(.*?)^-----END/ms;
    return decode_base64($base64);
}

sub damaged {
    my ($pem) = @_;
    my $der = der($pem);
    substr($der, -1) ^= "\x01";
    return "-----BEGIN X509 CRL-----\n" . encode_base64($der) . "-----END X509 CRL-----\n";
}

1;
