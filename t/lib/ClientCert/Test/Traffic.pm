# SPDX-License-Identifier: Apache-2.0
# Runs clients that send requests without a pause, and counts their responses.
package ClientCert::Test::Traffic;

=head1 SYNOPSIS

    use ClientCert::Test::Traffic;

    my $traffic = ClientCert::Test::Traffic->start($h,
        kind     => 'HTTP/2',
        cert     => 'alice',               # none without it
        tls      => '1.3',                 # by default the version that both sides prefer
        is_right => sub { my ($answer) = @_; return $answer->{user} eq 'alice' });
    ...
    my $counts = $traffic->finish;
    $counts->{requests};                   # how many were sent
    $counts->{lost};                       # how many got no response,
    $counts->{exits};                      # by the exit status of curl
    $counts->{wrong};                      # how many responses were wrong
    $counts->{resumed};                    # how many TLS sessions were resumed
    $counts->{seen};                       # a few of the different wrong responses

The kinds: "HTTP/1.1" keeps a connection for many requests, "HTTP/2" has several streams on one,
"resumption" opens a new connection for each request and resumes the TLS session. C<is_right> gets a
response: status, user (the response header User), and resumed (the header Resumed is "Resumed").

A separate process runs curl again and again. curl repeats a request that fails on a kept
connection, as browsers do. The request is lost if that fails too.

=cut

use strict;
use warnings;

use File::Temp ();
use JSON::PP qw(decode_json encode_json);
use POSIX ();

use ClientCert::Test::Command;
use ClientCert::Test::File;

use constant REQUESTS_OF_A_RUN => 100;

my %options = (
    'HTTP/1.1'   => ['--http1.1'],
    'HTTP/2'     => ['--http2', '--parallel', '--parallel-max', 8],
    'resumption' => ['--http1.1', '-H', 'Connection: close'],
);

my $format = '%{exitcode} %{http_code} %header{resumed} user=%header{user}\n';

sub start {
    my ($class, $h, %o) = @_;
    my $self = bless { %o, h => $h, dir => File::Temp->newdir }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    return $self if $self->{pid};
    $self->_work;
    POSIX::_exit(0);
}

sub _command {
    my ($self) = @_;
    my $h    = $self->{h};
    my %o    = map { $self->{$_} ? ($_ => $self->{$_}) : () } 'cert', 'tls';
    my @curl = grep { $_ ne '--http1.1' } $h->_curl_arguments(%o);
    my ($resolve, $name, $url) = $h->_url('/?[1-' . REQUESTS_OF_A_RUN . ']');
    return (@curl, @{ $options{ $self->{kind} } }, '-s', '-o', '/dev/null', '-w', $format,
        $resolve, $name, $url);
}

# Until a file "stop" exists. (A signal would also end the wait for curl.)
sub _work {
    my ($self)  = @_;
    my %counts  = (requests => 0, lost => 0, wrong => 0, resumed => 0, seen => {}, exits => {});
    my @command = $self->_command;
    until (-e "$self->{dir}/stop") {
        my ($exit, $output) = run_command('', @command);
        $self->_count(\%counts, $_) for split /\n/, $output;
    }
    replace("$self->{dir}/counts", encode_json(\%counts));
    return;
}

sub _count {
    my ($self, $counts, $line) = @_;
    my ($exit, $status, $resumed, $user) = $line =~ /^(\d+) (\d+) ?(\w*) user=(.*?)\r?$/ or return;
    $counts->{requests}++;
    $counts->{resumed}++ if $resumed eq 'Resumed';
    if ($status == 0) {
        $counts->{lost}++;
        $counts->{exits}{$exit}++;
        return;
    }
    my %answer = (status => $status + 0, user => $user, resumed => $resumed eq 'Resumed');
    return if $self->{is_right}->(\%answer);
    $counts->{wrong}++;
    $counts->{seen}{"status $status, user \"$user\""}++ if keys %{ $counts->{seen} } < 10;
    return;
}

sub finish {
    my ($self) = @_;
    write_file("$self->{dir}/stop", '');
    waitpid delete $self->{pid}, 0;
    my $text = read_if_there("$self->{dir}/counts");
    die "clients of $self->{kind} ended with status $?\n" if $? != 0 || $text eq '';
    return decode_json($text);
}

1;
