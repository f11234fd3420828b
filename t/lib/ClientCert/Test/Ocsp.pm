# SPDX-License-Identifier: Apache-2.0
# Runs an OCSP responder for a test: openssl's own, and one that can also lie.
package ClientCert::Test::Ocsp;

=head1 SYNOPSIS

    use ClientCert::Test;
    use ClientCert::Test::Ocsp;

    my $responder = ClientCert::Test::Ocsp->new(certs => ['alice', 'bob']);
    my $url = $responder->url('honest');     # for responder=
    $responder->revoke('bob', 'keyCompromise');
    $responder->mood('honest', 'hang');      # its behaviour at this URL from now on
    $responder->asked('honest');             # how often it was asked there
    $responder->stop; $responder->start;     # it stops, and starts on the same port

    my $openssl = ClientCert::Test::Ocsp->openssl(certs => ['alice']);

A responder made by C<new> runs C<openssl ocsp> for each question, and counts questions. The path of
a URL selects its behaviour: the first word is a mood, and the rest distinguishes paths
(C<honest/a>, C<honest/b>). The moods are those of L<ClientCert::Test::OcspServer>. C<release>
answers all questions at paths in the mood C<hold>.

A responder made by C<openssl> is C<openssl ocsp -port>: one question at a time, at any path.

Options of both: certs, the names of test certificates that are good to the responder; signer, the
name of the certificate with which it signs (staff). Both know only certificates of the Staff CA.

C<know(NAME, ...)> adds certificates, or ends their revocation. C<delegate(NAME)> makes a
certificate for OCSP signing, and returns its name for signer.

=cut

use strict;
use warnings;

use File::Basename qw(dirname);
use Time::HiRes qw(sleep time);

use ClientCert::Test ();
use ClientCert::Test::Certificate;
use ClientCert::Test::File;

use parent 'ClientCert::Test::Service';

sub _make {
    my ($class, %o) = @_;
    my $self = $class->_new;
    $self->{signer} = _path($o{signer} // 'staff');
    $self->{program} = $self->needed_program('openssl');
    mkdir "$self->{dir}/moods";
    $self->{lines} = { map { $_ => _index_line($_) } @{ $o{certs} // [] } };
    $self->_index;
    return $self;
}

sub new {
    my ($class, %o) = @_;
    my $self = $class->_make(%o);
    my $ca   = ClientCert::Test->ca;
    $self->{program} = $^X;
    $self->{command} = ['perl', '-I' . dirname(__FILE__) . '/../..',
        '-MClientCert::Test::OcspServer', '-e', 'ClientCert::Test::OcspServer::serve(@ARGV)',
        $self->{dir}, $self->{port}, $ca, $self->{signer}];
    return $self->start;
}

sub openssl {
    my ($class, %o) = @_;
    my $self = $class->_make(%o);
    $self->{command} = ['openssl', 'ocsp', '-port', $self->{port}, '-index', "$self->{dir}/index",
        '-CA', ClientCert::Test->ca . '/staff.pem', '-rsigner', "$self->{signer}.pem",
        '-rkey', "$self->{signer}.key", '-nmin', 60];
    return $self->start;
}

sub start {
    my ($self) = @_;
    unlink "$self->{dir}/said";
    return $self->SUPER::start;
}

# openssl ocsp does not survive a connection without a question, but it reports when it is ready.
sub _connect {
    my ($self) = @_;
    return $self->SUPER::_connect if $self->{command}[0] ne 'openssl';
    open my $in, '<', "$self->{dir}/said" or return;
    return scalar grep { /^ACCEPT/ } <$in>;
}

sub delegate {
    my ($class, $name, %o) = @_;
    return certificate($name, "/O=Example/CN=$name", eku => 'OCSPSigning',
        serial => sprintf('%x', 0x4000_0000 + rand 0x3fff_ffff), %o);
}

# ---- its certificates

sub _path { my ($name) = @_; return $name =~ m{/} ? $name : ClientCert::Test->ca . "/$name" }

# A line of the file that openssl ca keeps.
sub _index_line {
    my ($name, $revoked) = @_;
    my $path   = _path($name);
    my $said   = `openssl x509 -in '$path.pem' -noout -serial`;
    my ($hex)  = $said =~ /serial=(\w+)/ or die "$path.pem has no serial number\n";
    my $status = $revoked ? "R\t491231235959Z\t$revoked" : "V\t491231235959Z\t";
    return "$status\t$hex\tunknown\t/CN=$name\n";
}

sub _write {
    my ($self, $name, $text) = @_;
    replace("$self->{dir}/$name", $text);
    return;
}

sub _index {
    my ($self) = @_;
    $self->_write('index', join '', map { $self->{lines}{$_} } sort keys %{ $self->{lines} });
    return unless $self->{pid} && $self->{command}[0] eq 'openssl';
    $self->stop;    # it reads the file only at start
    return $self->start;
}

# date: YYMMDDHHMMSSZ.
sub revoke {
    my ($self, $name, $reason, $date) = @_;
    my $revoked = join ',', $date // '260102030405Z', $reason // ();
    $self->{lines}{$name} = _index_line($name, $revoked);
    return $self->_index;
}

sub know {
    my ($self, @names) = @_;
    $self->{lines}{$_} = _index_line($_) for @names;
    return $self->_index;
}

# ---- its behaviour and its counts

sub url { my ($self, $path) = @_; return "http://127.0.0.1:$self->{port}/" . ($path // '') }

sub mood {
    my ($self, $path, $mood) = @_;
    return $self->_write('moods/' . $path =~ tr{/}{_}r, $mood);
}

sub release { my ($self) = @_; return $self->_write('release', '') }
sub hold    { my ($self) = @_; unlink "$self->{dir}/release"; return }

# The times at which it was asked at this path, or at any.
sub times_asked {
    my ($self, $path) = @_;
    open my $in, '<', "$self->{dir}/asked" or return;
    my @lines = map { [split] } <$in>;
    return map { $_->[0] } grep { !defined $path || $_->[1] eq $path } @lines;
}

sub asked { my ($self, $path) = @_; return scalar(my @times = $self->times_asked($path)) }

# Waits until it was asked this many times; false if it was not.
sub wait_asked {
    my ($self, $path, $count) = @_;
    my $until = time + 20 * ($ENV{CC_SLOW} // 1);
    while (time < $until) {
        return 1 if $self->asked($path) >= $count;
        sleep 0.02;
    }
    return 0;
}

1;
