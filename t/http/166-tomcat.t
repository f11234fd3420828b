# SPDX-License-Identifier: Apache-2.0
# Tests that an application in Tomcat gets the identity by AJP and that clients cannot forge it, as
# configured in conf/examples/tomcat.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

# The connector is that of the example's comment.
my ($connector) = read_file(top() . '/conf/examples/tomcat.conf') =~ m{^# +(<Connector .*?/>)}ms;
$connector =~ s/^#//mg;
$connector =~ s/port="8009"/port="\@PORT\@"/;
$connector =~ s/secret="\.\.\."/secret="s3cret"/;
my $page = <<'JSP';
<%@ page contentType="text/plain" %>user=<%= request.getRemoteUser() %>
type=<%= request.getAuthType() %>
groups=<%= request.getAttribute("CLIENTCERT_GROUPS") %>
other=<%= request.getAttribute("CLIENTCERT_USER") %>
login=<%= request.getHeader("Authorization") %>
JSP
my $certificate = <<'JSP';
<%@ page contentType="text/plain" %>user=<%= request.getRemoteUser() %>
known=<%= request.getAttribute("jakarta.servlet.request.X509Certificate") != null
    || request.getAttribute("javax.servlet.request.X509Certificate") != null %>
JSP
# Inner sections with lines of their own, which must not replace those of the outer section.
my %inner = (
    rule     => 'RewriteRule "^" "-" [E=X:1]',
    last     => 'RewriteRule "^" "-" [END]',
    proxy    => 'RewriteRule "^" "ajp://127.0.0.1:TOMCAT%{REQUEST_URI}" [P]',
    options  => 'RewriteOptions AllowNoSlash',
    off      => 'RewriteEngine Off',
    redirect => 'RedirectMatch 404 "/nothing"',
);
my $inner = join '', map { <<"CONF" } sort keys %inner;
<Location "/app/$_">
    RewriteEngine On
    $inner{$_}
</Location>
<Location "/app/$_/admin">
    Require clientcert-group admins
</Location>
CONF
my $tomcat = application('tomcat', files => {
    'conf/server.xml' => <<"XML",
<Server port="-1">
  <Service name="Catalina">
    $connector
    <Engine name="Catalina" defaultHost="localhost">
      <Host name="localhost" appBase="webapps"/>
    </Engine>
  </Service>
</Server>
XML
    'webapps/app/certificate.jsp' => $certificate,
    map { ("webapps/app/$_" => $page) } qw(show.jsp private/show.jsp private/admin/show.jsp),
        map { ("$_/show.jsp", "$_/admin/show.jsp") } sort keys %inner,
});

my %define = (TOMCAT => 'ajp://127.0.0.1:' . $tomcat->port, SECRET => 's3cret');
my $h = example('tomcat', define => \%define, modules => ['http2'],
    conf => (<<'CONF' . $inner) =~ s/TOMCAT/$tomcat->port/ger);
Protocols h2 http/1.1
ProxyPass "/wrong" "ajp://localhost:TOMCAT/app" secret=other
ProxyPass "/without" "ajp://127.1:TOMCAT/app"
CONF
announce('AH01630', 'CC0110');

sub seen {
    my ($path, @options) = @_;
    my $r = $h->get($path, @options);
    return "$r->{status} $r->{body}" if $r->{status} != 200;
    return join ' ', map { s/=null$/=/r } split /\s*\n/, $r->{body};
}
my $nobody = 'user= type= groups= other= login=';
my %is = (
    alice => 'user=alice type=ClientCert groups=staff,admins other= login=',
    bob   => 'user=bob type=ClientCert groups=staff other= login=',
);
is seen('/app/private/show.jsp', cert => $_), $is{$_}, "the application sees user and groups of $_"
    for qw(alice bob);
is seen('/app/show.jsp', cert => 'bob'), $is{bob}, 'also on pages that are open to all';
is seen('/app/show.jsp'), $nobody, 'and nothing without a certificate';
is seen('/app/certificate.jsp', cert => $_), 'user= known=true',
    "Tomcat knows a certificate without an identity: $_" for 'partner', 'service';
is $h->get('/app/private/show.jsp', @$_)->{status}, 403, "no access: @$_" for [],
    [cert => 'partner'];
is $h->get('/app/private/admin/show.jsp', cert => 'bob')->{status}, 403,
    'a part of it needs the group';
is seen('/app/private/admin/show.jsp', cert => 'alice'), $is{alice}, 'which another client has';

my @forged = (user => 'alice:x', headers => [map { "$_: alice" } qw(Remote-User Remote_User
    X-Remote-User AJP-Remote-User
    AJP_REMOTE_USER AJP_CLIENTCERT_GROUPS AJP-ClientCert-Groups AJP_CLIENTCERT_USER
    CLIENTCERT_GROUPS ClientCert-User    Auth-Type)]);
for my $http2 (0, 1) {
    my @options = (@forged, http2 => $http2);
    is seen('/app/private/show.jsp?AJP_CLIENTCERT_GROUPS=admins', cert => 'bob', @options),
        $is{bob},
        'headers do not change them' . (', with HTTP/2' x $http2);
    is seen('/app/show.jsp', @options), $nobody, 'nor make a user without a certificate';
}

# Paths that Tomcat and httpd could read in different ways.
for my $path (
    '/app/private/..;/private/admin/show.jsp', '/app/private/x/..;/admin/show.jsp',
        '/app/private/admin;x/show.jsp',
    '/app/private/%61dmin/show.jsp', '/app/private/%2561dmin/show.jsp',
        '/app/private//admin/show.jsp',
    '/app/private%2fadmin/show.jsp', '/app/private/./admin/show.jsp',
        '/app/;x=y/private/admin/show.jsp',
    '/app/private/ADMIN/show.jsp', '/app/private\\admin/show.jsp',
        '/app/private/%2e%2e%3b/private/admin/show.jsp') {
    my $r = $h->get($path, cert => 'bob', curl => ['--path-as-is']);
    like $r->{status}, qr/^40[034]$/, "no way to the group's part: $path";
    unlike $r->{body}, qr/user=/, 'and nothing of it is shown';
}
for my $name (sort keys %inner) {
    if ($name !~ /^(?:off|proxy)$/) {
        is seen("/app/$name/show.jsp", cert => 'bob'), $is{bob},
            "an inner section keeps the groups: $inner{$name}";
        is seen("/app/$name/admin/show.jsp", cert => 'alice'), $is{alice},
            'and shows its part to their members';
    }
    for my $path ("/app/$name/x/..;/admin/show.jsp", "/app/$name/x/..%3B/admin/show.jsp") {
        my $r = $h->get($path, cert => 'bob', curl => ['--path-as-is']);
        is $r->{status}, 403, "an inner section does not open another way: $path";
        unlike $r->{body}, qr/user=/, 'and nothing is shown';
    }
}

is $h->get("/$_/show.jsp", cert => 'alice')->{status}, 403,
    "without its secret, Tomcat refuses requests: $_"
    for qw(wrong without);

done_testing;
