# SPDX-License-Identifier: Apache-2.0
# Tests requests whose TLS connection mod_ssl has given up before they are answered or logged.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::BreakingBackend;
use ClientCert::Test::Disturbance;
use ClientCert::Test::File;

# Everything that needs the client's identity, on one host: rules, headers, both logs, the status
# page.
my $conf = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=$1
    ClientCertExport USER SERIAL
    CustomLog logs/who_log "%s %U" "expr=-n clientcert('user')"
    CustomLog logs/nobody_log "%s %U" "expr=-z clientcert('subject')"
    CustomLog logs/sha_log "%s %U" "expr=-n clientcert('sha256')"
    Header always set User "expr=%{clientcert:user}"
    Alias /who @ROOT@/htdocs/index.html
    <Location /status>
        SetHandler clientcert-status
    </Location>
    <Location /denied>
        Require clientcert
    </Location>
    <Location /open>
        ClientCertExport
    </Location>
    ErrorDocument 400 ERROR
    ProxyPass /back http://127.0.0.1:BACK/back
    ProxyPass /open http://127.0.0.1:BACK/open
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    CustomLog logs/sha_log "%s %U" "expr=-n clientcert('sha256')"
    CustomLog logs/nobody_log "%s %U" "expr=-z clientcert('subject')"
    ProxyPass /back http://127.0.0.1:BACK/back
</VirtualHost>
CONF

sub server {
    my (%o) = @_;
    my $text = $conf =~ s/ERROR/$o{error}/r;
    my $port = $o{backend} ? $o{backend}->port : 1;
    $text =~ s/BACK\b/$port/g;
    return ClientCert::Test->server(mpm => $o{mpm}, conf => $text,
        modules => ['headers', 'alias', 'proxy', 'proxy_http', @{ $o{modules} // [] }],
        global  => $o{global} // '');
}

sub lines { my ($h, $name) = @_; return read_if_there($h->path("logs/$name")) }

sub plain_http {
    my ($mpm, $error) = @_;
    my $h = server(mpm => $mpm, error => $error);
    my $where = "$mpm, ErrorDocument 400 $error";
    for (1 .. 3) {
        my $answer = ClientCert::Test::Disturbance::_say($h->port,
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        like $answer, qr{^HTTP/1\.1 400 .*?\r\n\r\n.}s, "$where: plain HTTP is answered with 400";
        unlike $answer, qr/^User: \S/m, 'and has no user';
    }
    if ($error eq '/denied') {
        ok $h->wait_log(qr/CC0110: .* reason="no client certificate was presented"/),
            "$where: the log says that there is no certificate, and no more";
    }
    is lines($h, 'who_log'), '', 'no such request is logged with a user';
    is $h->get('/who', cert => 'alice')->{headers}{user}, 'alice', 'the server keeps running';
    return $h->stop;
}

# The back end closes the second request of a connection without an answer.
sub back_end_breaks_off {
    my ($mpm, %o) = @_;
    my $backend = ClientCert::Test::BreakingBackend->new(sub { return $_[0] =~ /break/ ? undef : 'here' });
    my $h       = server(mpm => $mpm, error => 'default', backend => $backend);
    for my $tls ('1.2', '1.3') {
        for my $path ('back', 'open') {
            my $where = "$mpm, TLS $tls, /$path";
            my $c = $h->connection(cert => 'alice', tls => $tls);
            is $c->request("/$path/first")->{body}, 'here', "$where: the back end answers";
            my $second = $c->request("/$path/break-$tls");
            isnt $second->{status}, 200, 'and breaks off at the next request';
            ok _logged($h, 'who_log', "/$path/break-$tls"), 'which is logged as its user\'s';
            ok _logged($h, 'sha_log', "/$path/break-$tls"), 'with its certificate';
        }
        my $c = $h->connection(tls => $tls);
        is $c->request('/open/first')->{body}, 'here', "$mpm, TLS $tls: without a certificate";
        $c->request("/open/break-nobody-$tls");
        ok _logged($h, 'nobody_log', "/open/break-nobody-$tls"),
            'the request without a certificate is logged without a user';
    }
    my $c = $h->connection(cert => 'alice', port => 2);
    is $c->request('/back/first')->{body}, 'here', "$mpm, a host without rules";
    $c->request('/back/break-unruled');
    ok _logged($h, 'sha_log', '/back/break-unruled'), 'is logged with the certificate, too';
    return $h->stop;
}

# Wherever the back end breaks off, and whatever protocol the client uses: the server survives, and
# every line names the right user.
sub in_every_place {
    my ($mpm) = @_;
    my %partly = (
        line    => "HTTP/1.1 20",
        head    => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Half",
        body    => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        chunk   => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nhalf",
        nothing => undef,
    );
    my $backend = ClientCert::Test::BreakingBackend->new(sub {
        my ($place) = $_[0] =~ m{/in-(\w+)};
        return 'here' unless $place;
        return defined $partly{$place} ? \$partly{$place} : undef;
    });
    my $h = server(mpm => $mpm, error => 'default', backend => $backend, modules => ['http2'],
        global => "Protocols h2 http/1.1\n");
    for my $place (sort keys %partly) {
        for my $request ({}, { method => 'POST', data => 'x' x 20000 }) {
            my $c = $h->connection(cert => 'alice');
            $c->request('/back/first');
            my $path = "/back/in-$place-" . ($request->{method} // 'GET');
            $c->request($path, %$request);
            ok _logged($h, 'who_log', $path), "$mpm: broken off in $path: logged as its user\'s";
            $h->get("$path-h2", cert => 'alice', http2 => 1, %$request) if $mpm ne 'prefork';
        }
    }
    is $h->get('/who', cert => 'alice')->{headers}{user}, 'alice', "$mpm: the server keeps running";
    return $h->stop;
}

sub _logged {
    my ($h, $name, $path) = @_;
    my $until = time + 10 * ($ENV{CC_SLOW} // 1);
    while (time < $until) {
        return 1 if lines($h, $name) =~ /\Q$path\E$/m;
        select undef, undef, undef, 0.02;
    }
    return 0;
}

announce('CC0110', 'CC0722', 'AH01630', 'AH10034', qr{\[proxy(?:_http)?:(?:warn|error)\]});
for my $mpm ('event', 'worker', 'prefork') {
    plain_http($mpm, $_) for '/who', '/status', '/denied', '"No"';
    back_end_breaks_off($mpm);
    in_every_place($mpm);
}

done_testing;
