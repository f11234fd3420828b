# SPDX-License-Identifier: Apache-2.0
# Tests that no client can forge, in a request header, what only the module may send to programs and
# back ends.
use strict;
use warnings;
use ClientCert::Test;

# The back end shows what reaches it; it has no mod_clientcert of its own to drop anything.
# cgi-bin/read reads the body first.
my %read = ('cgi-bin/read' => <<'PERL');
#!/usr/bin/perl
1 while read STDIN, my $octets, 4096;
print "Content-Type: text/plain\r\n\r\n", map { "$_=$ENV{$_}\n" } sort keys %ENV;
PERL
my $backend = ClientCert::Test->server(modules => ['-clientcert', '-ssl'], cgi => 1,
    files => \%read);

my $h = ClientCert::Test->server(
    modules => [qw(proxy proxy_http http2 headers)],
    cgi     => 1,
    files   => \%read,
    conf    => <<'CONF' =~ s/BACKEND/$backend->port/egr);
Protocols h2 h2c http/1.1
ClientCertMap san.email =~ "(.+)@example\.com" user=$1 group=%{subject.OU}
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ProxyPass "/app" "http://127.0.0.1:BACKEND/cgi-bin/env"
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    ProxyPass "/app" "http://127.0.0.1:BACKEND/cgi-bin/env"
</VirtualHost>
<VirtualHost *:@PORT3@>
    ServerName localhost
    @SSL@
    RequestHeader set ClientCert-Set ours early
    MergeTrailers on
    Header always set X-Merged "expr=%{req:Other}"
    ProxyPass "/app"  "http://127.0.0.1:BACKEND/cgi-bin/env"
    ProxyPass "/body" "http://127.0.0.1:BACKEND/cgi-bin/read"
</VirtualHost>
CONF

# A program, a language or a back end may take each of these for a header of the module.
my @dropped = (
    'ClientCert-User: x',        'clientcert-user: x',     'CLIENTCERT_USER: x',
    'ClientCert_User: x',        'Client-Cert: x',         'client.cert.groups: x',
    'Client-Cert-Chain: x',      'ClientCert--User: x',    '-ClientCert-User: x',
    '_client_cert: x',           'C-l-i-e-n-t-Cert: x',    'ClientCert: x',
    'Client~Cert*User: x',       'ClientCertUser: x',      'Clientcertificate: x',
    'Client-Certificate: x',     "!#\$%&'*+^`|~ClientCert: x", 'ClientCert-Groups;',
);
my @passed = (
    'X-ClientCert: yes', 'X-Client-Cert: yes', 'Client-Cer: yes', 'Client: yes', 'ClientCart: yes',
    'Client2-Cert: yes', 'SSL-Client-Cert: yes', 'User: yes', 'X-User: yes',
);
my @names = map { (my $name = $_) =~ s/[:;].*//; $name } @passed;
my @seen  = map { 'HTTP_' . uc tr/a-zA-Z0-9/_/cr } @names;

# The names of variables that resemble the module's, except those that it sets.
sub ours_in {
    my ($env) = @_;
    return join ' ', grep { lc =~ tr/a-z0-9//cdr =~ /^(?:http)?clientcert/ }
        grep { !/^CLIENTCERT_(?:USER|GROUPS)$/ } sort keys %$env;
}

my @ways = (
    # a description, and the options of the request
    ['HTTP/1.1',                          {}],
    ['HTTP/1.1, with a certificate',      { cert => 'alice' }],
    ['HTTP/2',                            { http2 => 1 }],
    ['HTTP/2, with a certificate',        { http2 => 1, cert => 'alice' }],
    ['a plain port',                      { port => 2, scheme => 'http' }],
    ['a plain port, HTTP/2 by upgrade',   { port => 2, scheme => 'http', http2 => 1 }],
    ['a plain port, HTTP/2 from the start',
        { port => 2, scheme => 'http', http2 => 1, curl => ['--http2-prior-knowledge'] }],
);

for my $way (@ways) {
    my ($what, $o) = @$way;
    for my $path ('/cgi-bin/env', '/app') {
        my $response = $h->get($path, %$o, headers => [@dropped, @passed]);
        my $env      = $h->cgi_env($response);
        is $response->{status}, 200, "$what: $path answers";
        is ours_in($env), '', "$what: $path sees nothing that resembles the module's";
        is join(' ', map { $env->{$_} // '-' } @seen), join(' ', map { 'yes' } @seen),
            "$what: $path sees the other headers";
        is $env->{CLIENTCERT_USER}, $o->{cert} && $path ne '/app' ? 'alice' : undef,
            "$what: $path: CLIENTCERT_USER is the module's";
    }
}

# Names that differ in case are one header for HTTP: all of its lines go.
my $env = $h->cgi_env($h->get('/cgi-bin/env', headers => ['Client-Cert: a', 'CLIENT-CERT: b',
    'client-cert: c', 'Other: d']));
is ours_in($env), '', 'each line of a header is dropped';
is $env->{HTTP_OTHER}, 'd', 'and no line of others';

# Headers that the administrator sets are set.
$env = $h->cgi_env($h->get('/app', port => 3, headers => ['ClientCert-Set: theirs']));
is $env->{HTTP_CLIENTCERT_SET}, 'ours', 'a header that RequestHeader sets early stays';

# With MergeTrailers, trailers are merged into the headers after programs and back ends have
# received the headers.
chmod 0755, $_->path('cgi-bin/read') for $h, $backend;
my $trailers = "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    . "ClientCert-User: root\r\nOther: yes\r\n\r\n";
for my $path ('/cgi-bin/read', '/body') {
    my $response = $h->s_client(port => 3, request => sprintf $trailers, $path);
    is $response->{headers}{'x-merged'}, 'yes', "$path: trailers are merged";
    is ours_in($h->cgi_env($response)) =~ s/HTTP_CLIENTCERT_SET//r, '',
        "$path sees none that resembles the module's";
}

my @lines = $h->log_lines(qr/CC0111: removed the request header ClientCert-User, whose name/);
ok scalar @lines, 'the log names what was dropped';

done_testing;
