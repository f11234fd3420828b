# SPDX-License-Identifier: Apache-2.0
# Serves an example of conf/examples as its own comment describes.
package ClientCert::Test::Example;

=head1 SYNOPSIS

    use ClientCert::Test::Example;

    my $h = example('browser', files => { 'htdocs/private/page' => "private\n" });
    keeps_denied($h, '/private/page', cert => 'alice');

Starts a server (see L<ClientCert::Test>) whose one virtual host includes
conf/examples/browser.conf. The modules are those of the example's line "# Modules:", without the
others that the harness usually loads. The names that the example needs are defined: CLIENTCERT_PKI
is the directory of test certificates, CLIENTCERT_WWW htdocs, CLIENTCERT_VAR var. define => { NAME
=> VALUE } defines others.

files, modules (further ones) and global are those of server; conf is more for the virtual host, which has no
TLS with plain => 1; writable => [PATH, ...] are directories that httpd may write to, executable => [PATH, ...] are programs.
C<$program> is a program that prints its environment and then the request body.

The server denies C<.htpasswd> and the like by the lines of C<$debian>, as Debian's apache2.conf does.
keeps_denied tests that a client gets the page and not the file .htpasswd beside it.

=cut

use strict;
use warnings;

use Exporter qw(import);

use ClientCert::Test ();
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

our @EXPORT = qw(example keeps_denied $debian $program);

our $program = "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\nenv\ncat\n";

our $debian = <<'CONF';
<FilesMatch "^\.ht">
    Require all denied
</FilesMatch>
CONF

my $examples = top() . '/conf/examples';
my %defined  = (PKI => '@CA@', WWW => '@ROOT@/htdocs', VAR => '@ROOT@/var');

# For the harness: the modules of the example, without those of the harness that the example lacks.
sub _modules {
    my ($text) = @_;
    my ($line) = $text =~ /^# Modules: (.*)\.$/m or die "no line of modules\n";
    my @listed = split /, */, $line =~ s/ \(.*?\)//gr;
    my %listed = map { $_ => 1 } @listed;
    return (@listed, map { $listed{$_} ? () : "-$_" } qw(authn_core authz_core dir log_config));
}

sub _defines {
    my ($text, %value) = @_;
    my @names = $text =~ /^#   Define CLIENTCERT_(\w+) /mg;
    return join '', map { qq(Define CLIENTCERT_$_ "$value{$_}"\n) } @names;
}

sub example {
    my ($name, %o) = @_;
    my $text    = read_file("$examples/$name.conf");
    ClientCert::Test->needs_for($text);
    my $defines = _defines($text, %defined, %{ $o{define} // {} });
    my $more    = $o{conf} // '';
    my $tls     = $o{plain} ? '' : '@TLS@';
    my $h       = ClientCert::Test->server(
        modules => [_modules($text), @{ $o{modules} // [] }],
        files   => { 'var/.here' => '', %{ $o{files} // {} } },    # so that var exists at the start
        global  => "<IfModule cgid_module>\n    ScriptSock cgisock\n</IfModule>\n$debian" . ($o{global} // ''),
        conf    => <<"CONF");
$defines
<VirtualHost *:\@PORT\@>
    ServerName localhost
    $tls
    Include "\@TOP\@/conf/examples/$name.conf"
    $more
</VirtualHost>
CONF
    Test::More::is(join('', $h->log_lines(qr/CC07/)), '', "$name.conf: no warnings");
    chmod 0777, $h->path($_) for @{ $o{writable} // [] };
    chmod 0755, $h->path($_) for @{ $o{executable} // [] };
    return $h;
}

sub keeps_denied {
    my ($h, $page, @how) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $file = $page =~ s{[^/]+$}{.htpasswd}r;
    $h->file("htdocs$file", "secret\n");
    my @answers = map { $h->get($_, @how) } $page, $file;
    my $statuses = join ' ', map { $_->{status} } @answers;
    return Test::More::is($statuses, '200 403', "$file is denied, $page is not");
}

1;
