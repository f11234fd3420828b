# SPDX-License-Identifier: Apache-2.0
# Runs a real proxy in front of httpd for a test: nginx, HAProxy or Caddy.
package ClientCert::Test::Proxy;

=head1 SYNOPSIS

    use ClientCert::Test::Proxy;

    my $proxy = proxy('nginx', to => $h->port);
    is $proxy->get('/', cert => 'alice')->{status}, 200, '...';    # as of ClientCert::Test::Client

Starts the proxy with its configuration in conf/examples: behind-nginx.nginx.conf, behind-haproxy.cfg
or behind-caddy.Caddyfile. What an administrator adapts there is replaced: the port 443 by a free
one, the address of httpd by 127.0.0.1 and the port C<to>, its name by localhost, and the files of
/etc/tls by test certificates. Options:

    file    => NAME               another file of conf/examples
    text    => TEXT               a configuration in place of a file, with or without httpd behind it
    plain   => 1                  without TLS to httpd
    any     => 1                  passes on every certificate, as a comment of the file describes
    replace => { TEXT => TEXT }   further changes; each text must be in the file
    global  => TEXT               what is in front of the file

The proxy is an ordinary process of the test, see L<ClientCert::Test::Service>: if its program is
not installed, the test is skipped. said is its output. proxy_version(PRODUCT) is the version of the
program, as a list of numbers; without the program, the test is skipped too.

=cut

use strict;
use warnings;

use Exporter qw(import);

use ClientCert::Test::Command qw(run_command);
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(program top);
use parent qw(ClientCert::Test::Service ClientCert::Test::Ca ClientCert::Test::Client);

our @EXPORT = qw(proxy proxy_version);

# For each product, its example, the patterns that an option or the port replaces, the whole
# configuration (of text, directory and global part), and the command (of file and directory).
my %products = (
    nginx => {
        file    => 'behind-nginx.nginx.conf',
        listen  => [qr/listen +443 /, sub { "listen 127.0.0.1:$_[0] " }],
        plain   => [qr/https:/ => 'http:'],
        any     => [qr/optional;/ => 'optional_no_ca;'],
        whole   => \&_whole_nginx,
        command => sub { ('nginx', '-c', $_[0], '-e', "$_[1]/error_log") },
        version => ['-v'],
    },
    haproxy => {
        file    => 'behind-haproxy.cfg',
        listen  => [qr/bind :443 /, sub { "bind 127.0.0.1:$_[0] " }],
        plain   => [qr/default-server ssl .*\n/ => "\n", qr/ sni .*/ => ''],
        any     => [qr/verify optional/ => 'verify optional ca-ignore-err all crt-ignore-err all'],
        whole   => sub { "global\n$_[2]\n$_[0]" },
        command => sub { ('haproxy', '-db', '-f', $_[0]) },
        version => ['-v'],
    },
    caddy => {
        file    => 'behind-caddy.Caddyfile',
        listen  => [qr/^localhost \{/m, sub { "localhost:$_[0] {\n\tbind 127.0.0.1" }],
        plain   => [qr/https:/ => 'http:', qr/\timport httpd\n/ => ''],
        any     => [qr/verify_if_given/ => 'request'],
        whole   => sub { "{\n\tadmin off\n\tauto_https disable_redirects\n$_[2]}\n$_[0]" },
        command => sub { ('caddy', 'run', '--adapter', 'caddyfile', '--config', $_[0]) },
        version => ['version'],
    },
);

sub _whole_nginx {
    my ($text, $dir, $global) = @_;
    my $temporary = join '', map { "${_}_temp_path $dir/temporary;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);
    return "daemon off;\nmaster_process off;\npid $dir/pid;\nevents {\n}\n"
        . "http {\naccess_log off;\n$temporary$global$text}\n";
}

sub proxy {
    my ($product, %o) = @_;
    my $how  = $products{$product} // die "no product $product\n";
    my $self = __PACKAGE__->_new;
    my $program = $self->needed_program($product);
    $self->_tls_files;
    my $text = $how->{whole}->($self->_text($how, %o), $self->{dir}, $o{global} // '');
    my $conf = write_file("$self->{dir}/conf", $text);
    my @command = $how->{command}->($conf, $self->{dir});
    $self->{program} = $program;
    $self->{command} = \@command;
    if (my $setpriv = program('setpriv')) {    # so that it ends even if the test is killed
        $self->{program} = $setpriv;
        $self->{command} = ['setpriv', '--pdeathsig', 'KILL', $program, @command[1 .. $#command]];
    }
    local @ENV{qw(HOME XDG_DATA_HOME XDG_CONFIG_HOME)} = ($self->{dir}) x 3;
    return $self->start;
}

# The example, for this machine.
sub _text {
    my ($self, $how, %o) = @_;
    my $file = $o{file} // $how->{file};
    my $text = ($o{text} // read_file(top() . "/conf/examples/$file")) =~ s/^\s*#.*\n//gmr;
    my ($port, $new_port) = @{ $how->{listen} };
    my @changes = (
        map({ qr/\Q$_\E/ => $o{replace}{$_} } sort keys %{ $o{replace} // {} }),
        $o{plain} ? @{ $how->{plain} } : (),
        $o{any} ? @{ $how->{any} } : (),
        $o{to} ? (qr/192\.0\.2\.20:8443/ => "127.0.0.1:$o{to}") : (),
        qr{/etc/tls/}          => "$self->{dir}/tls/",
    );
    while (my ($pattern, $new) = splice @changes, 0, 2) {
        $text =~ s/$pattern/$new/g or die "$file has no $pattern\n";
    }
    $text =~ s/www\.example\.com/localhost/g;
    $text =~ s/$port/$new_port->($self->{port})/ge or die "$file has no $port\n";
    return $text;
}

# Certificates with their keys in one file, as HAProxy reads them, and CAs.
sub _tls_files {
    my ($self) = @_;
    my $ca  = $self->ca;
    my $tls = "$self->{dir}/tls";
    my %cas = (clients => 'clients', 'httpd-ca' => 'root', 'root-ca' => 'root', 'staff-ca' => 'staff');
    mkdir $tls or die "$tls: $!\n";
    for ([server => 'localhost'], [proxy => 'proxy']) {
        my ($name, $cert) = @$_;
        write_file("$tls/$name.pem", read_file("$ca/$cert.pem") . read_file("$ca/$cert.key"));
        write_file("$tls/$name.key", read_file("$ca/$cert.key"));
    }
    write_file("$tls/$_.pem", read_file("$ca/$cas{$_}.pem")) for keys %cas;
    return;
}

sub said {
    my ($self) = @_;
    return join '', map { read_if_there("$self->{dir}/$_") } qw(said error_log);
}

sub proxy_version {
    my ($product) = @_;
    my $program = __PACKAGE__->needed_program($product);
    my (undef, $said, $error) = run_command('', $program, @{ $products{$product}{version} });
    my ($numbers) = "$said$error" =~ /(\d+(?:\.\d+)+)/ or die "$product: no version\n";
    return split /\./, $numbers;
}

1;
