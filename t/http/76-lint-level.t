# SPDX-License-Identifier: Apache-2.0
# Tests that lint does no work if the log level would hide its findings.
use strict;
use warnings;
use ClientCert::Test;
use File::Temp qw(tempdir);
use IO::Handle;
use POSIX qw(mkfifo);

# Lint reads the CAs of this host to see whether there are several. mod_ssl does not: without
# SSLEngine the host has no TLS on this port. So a FIFO among the CAs is opened by lint alone.
sub conf {
    my ($folder, $level) = @_;
    return "LogLevel $level\n<VirtualHost *:\@PORT\@>\nServerName localhost\n"
        . "SSLCertificateFile \@CA\@/localhost.pem\nSSLCertificateKeyFile \@CA\@/localhost.key\n"
        . "SSLCACertificatePath $folder\nClientCertMap user=%{subject.CN}\n</VirtualHost>\n";
}

# Calls a function with a configuration. Returns whether the FIFO was opened meanwhile.
sub is_read {
    my ($level, $run) = @_;
    my $folder = tempdir('clientcert-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    mkfifo("$folder/0a1b2c3d.0", 0644) or die "mkfifo: $!\n";
    pipe my $opened, my $tell or die "pipe: $!\n";
    my $writer = fork // die "fork: $!\n";
    if ($writer == 0) {
        open my $fifo, '>', "$folder/0a1b2c3d.0" or POSIX::_exit(1);    # waits for a reader
        syswrite $tell, 'x';
        close $fifo;
        POSIX::_exit(0);
    }
    $run->(conf($folder, $level));
    # A reader has read to the end by now, so the writer has reported it.
    $opened->blocking(0);
    my $told = sysread $opened, my $octet, 1;
    kill 'KILL', $writer;
    waitpid $writer, 0;
    return !!$told;
}

my %runs = (
    'httpd -t' => sub {
        my ($exit, $output) = ClientCert::Test->configtest(conf => $_[0]);
        is $exit, 0, 'it loads' or diag $output;
    },
    'a start' => sub { ClientCert::Test->server(conf => $_[0])->stop },
);

for my $name (sort keys %runs) {
    ok is_read('clientcert:warn', $runs{$name}), "$name looks at the configuration at warn";
    ok is_read('error clientcert:warn', $runs{$name}), '... only the level of this module counts';
    ok !is_read('clientcert:error', $runs{$name}), '... and not at error';
    ok !is_read('error', $runs{$name}), '... of all modules';
}

done_testing;
