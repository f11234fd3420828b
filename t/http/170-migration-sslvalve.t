# SPDX-License-Identifier: Apache-2.0
# Tests the section "From Tomcat's SSLValve" of doc/migration.md with Tomcat: it gets the same from
# the After as from the Before, and nothing that a client sent.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Forwarded qw(forwarded_value);
use ClientCert::Test::Migration;

my $tomcat = application('tomcat', files => {
    'conf/server.xml' => <<'XML',
<Server port="-1">
  <Service name="Catalina">
    <Connector protocol="HTTP/1.1" address="127.0.0.1" port="@PORT@"/>
    <Engine name="Catalina" defaultHost="localhost">
      <Valve className="org.apache.catalina.valves.SSLValve"/>
      <Host name="localhost" appBase="webapps"/>
    </Engine>
  </Service>
</Server>
XML
    'webapps/app/show.jsp' => <<'JSP',
<%@ page contentType="text/plain" import="java.security.cert.X509Certificate" %><%
for (String name : new String[] {"jakarta", "javax"}) {
    Object found = request.getAttribute(name + ".servlet.request.X509Certificate");
    if (found != null)
        out.println("name=" + ((X509Certificate[]) found)[0].getSubjectX500Principal().getName());
    for (String other : new String[] {"cipher_suite", "key_size"}) {
        Object value = request.getAttribute(name + ".servlet.request." + other);
        if (value != null)
            out.println(other + "=" + value);
    }
}
%>
JSP
});

my ($part) = section('Behind a proxy') =~ /^(### From Tomcat's SSLValve\n.*?)(?=^### |\z)/ms;
my ($before, $after) = fenced($part, 'apache');
my %is;
for ([before => $before], [after => $after]) {
    my ($title, $block) = @$_;
    my %server = server_of(<<"CONF", '/app');
SSLCACertificateFile conf/clients-ca.pem
SSLVerifyClient      optional
SSLVerifyDepth       2
${block}ProxyPass "/app" "http://127.0.0.1:@{[ $tomcat->port ]}/app"
CONF
    my $h = ClientCert::Test->server(%server,
        modules => [@{ $server{modules} }, qw(proxy proxy_http)]);
    my $pem    = forwarded_value('pem-url', 'bob');
    my @forged = (headers => [(map { "$_: $pem" } qw(SSL_CLIENT_CERT ssl_client_cert
        ssl_client_escaped_cert)), 'ssl_cipher_usekeysize: 7', 'SSL_CIPHER: forged']);
    for my $how (['with', cert => 'alice'], ['without']) {
        my ($name, @cert) = @$how;
        for my $more ([], \@forged) {
            my $r = $h->get('/app/show.jsp', @cert, @$more, tls => '1.2');
            $is{$title}{$name . (@$more ? ', forged' : '')} =
                "$r->{status} $r->{body}" =~ s/\s+/ /gr;
        }
    }
    $h->stop;
}
my ($was, $now) = @is{qw(before after)};
like $was->{with}, qr/^200 name=CN=alice,\S+ cipher_suite=\S+ key_size=\d+ /,
    'Tomcat gets the certificate, the cipher and the size of its key';
is $now->{$_}, $was->{$_}, "$_ a certificate, it gets the same from the After" for qw(with without);
unlike $was->{without}, qr/name=/, 'no certificate from a client that has none';
like $was->{"$_, forged"}, qr/name=CN=bob,/,
    "$_ a certificate, the Before passes on that of another, which the client sent"
    for qw(with without);
is $now->{"$_, forged"}, $now->{$_}, "$_ a certificate, the After passes on none"
    for qw(with without);

done_testing;
