# SPDX-License-Identifier: Apache-2.0
# Runs the clientcert tool, on its own or on the configuration of a test's server.
package ClientCert::Test::Tool;

=head1 SYNOPSIS

    use ClientCert::Test::Tool;

    my $said = tool('show', "$ca/alice.pem");              # {exit, output, error}
    my $site = site(conf => ..., modules => [...]);        # as ClientCert::Test->server; not started
    my $said = ask($site, 'rules');                        # with the options that name its httpd.conf
    my $json = answer($site, 'explain', "$ca/alice.pem");  # the same with --json, decoded
    my $httpd = httpd_wrapper($site, "$tmp/httpd");        # for --httpd, where a shell runs the tool

answer adds C<exit> to the tool's output. A running server can be used as a site. The options of
site are those of server. If the tool was built without Jansson, a command that it lacks ends the
test, as skipped.

=cut

use strict;
use warnings;

use Exporter qw(import);
use JSON::PP ();

use ClientCert::Test ();
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(build);

our @EXPORT = qw(tool ask answer site httpd_wrapper);

my $tool = build() . '/clientcert';

# What a build without Jansson does not have.
my %json = map { $_ => 1 } qw(explain rules check revoked table trust diff replay --json);

sub tool {
    my (@words) = @_;
    ClientCert::Test->needs('Jansson') if grep { $json{$_} } @words;
    # The module may need the run-time library of a sanitizer in httpd, which the tool starts.
    local $ENV{LD_PRELOAD}   = $ENV{CC_PRELOAD} // $ENV{LD_PRELOAD} // '';
    local $ENV{ASAN_OPTIONS} = $ENV{ASAN_OPTIONS} // 'detect_leaks=0';
    my ($exit, $output, $error) = run_command('', $tool, @words);
    return { exit => $exit, output => $output, error => $error };
}

# Sets for httpd alone what tool sets for both.
sub httpd_wrapper {
    my ($h, $path) = @_;
    my ($httpd) = $h->_arguments;
    my ($preload, $options) = ($ENV{CC_PRELOAD} // '', $ENV{ASAN_OPTIONS} // 'detect_leaks=0');
    write_file($path, "#!/bin/sh\nexport LD_PRELOAD='$preload' ASAN_OPTIONS='$options'\nexec '$httpd' \"\$@\"\n");
    chmod 0755, $path or die "$path: $!\n";
    return $path;
}

sub site { my (%options) = @_; return ClientCert::Test->_new(%options) }

sub ask {
    my ($h, $command, @words) = @_;
    my ($httpd, @configuration) = $h->_arguments;
    return tool($command, '--httpd', $httpd, @configuration, @words);
}

sub answer {
    my ($h, $command, @words) = @_;
    my $said = ask($h, $command, '--json', @words);
    die "clientcert $command: $said->{error}" if $said->{exit} == 2 && $said->{output} eq '';
    return { %{ JSON::PP->new->utf8->decode($said->{output}) }, exit => $said->{exit} };
}

1;
