# SPDX-License-Identifier: Apache-2.0
# Tests that httpd behind a proxy gives each client its own identity, and no other request any.
package ClientCert::Test::Behind;

=head1 SYNOPSIS

    use ClientCert::Test::Behind;

    my $h     = behind('nginx');                        # conf/examples/behind-nginx.conf
    my $plain = behind_plain('ClientCertHeader rfc9440');
    my $proxy = proxy('nginx', to => $h->port);

    identifies($proxy, 'Client-Cert', 'rfc9440');       # clients of the proxy
    is whom(resumed($proxy, 'alice', '1.3')), '200 alice';    # the response in a resumed session
    ok verifies($proxy, 'deep', cert => 'deep');        # no rule maps it
    decides($open_proxy);                               # a proxy that passes on every certificate
    shares_connections($proxy, 'HTTP/1.1');
    keeps_apart($proxy);                                # parallel clients
    arrives_unchanged($h, 30, sub { (headers => [forwarded('xfcc', $_[0])]) });
    refuses_others($h, 'rfc9440', 'Client-Cert');       # direct access

behind starts httpd with an example. Its responses have the headers User, Groups, Via, Sha256 (of the
certificate), Port (of the proxy's connection) and Protocol. behind_plain has a host without TLS and
the same rules. Pages are /page for all, and /private/page for the staff. The arguments of the other functions
are an object with the methods of L<ClientCert::Test::Client> and names as in
L<ClientCert::Test::Forwarded>. via => 'proxy-protocol' is for certificates that come so.

=cut

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use File::Temp ();
use List::Util qw(uniq);
use POSIX ();

use ClientCert::Test;
use ClientCert::Test::Example;
use ClientCert::Test::Forwarded;

our @EXPORT = qw(arrives_unchanged behind behind_plain decides identifies keeps_apart private_of refuses_others
    resumed shares_connections verifies whom);

# A rule that would give the proxy itself an identity, and what the tests need to know of a request.
my $shown = <<'CONF';
    ClientCertMap issuer == "CN=Services CA,O=Example" subject.CN == "proxy.example.com" user=proxy group=staff
    Protocols h2 h2c http/1.1
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Groups "expr=%{clientcert:group}"
    Header always set Via "expr=%{clientcert:via} %{clientcert:via.proxy}"
    Header always set Sha256 "expr=%{clientcert:sha256}"
    Header always set Port "expr=%{REMOTE_PORT}"
    Header always set Protocol "expr=%{SERVER_PROTOCOL}"
CONF
my %files = ('htdocs/page' => "open\n", map { ("htdocs/private/$_" => "private\n") } qw(page .htpasswd));

sub behind {
    my ($product, %o) = @_;
    announce('AH01630', 'CC0110');
    return example("behind-$product",
        modules => ['headers', 'http2', @{ $o{modules} // [] }],
        files   => { %files, %{ $o{files} // {} } },
        define  => { PROXY => '127.0.0.1', %{ $o{define} // {} } },
        plain   => $o{plain},
        conf    => $shown . ($o{conf} // ''));
}

sub behind_plain {
    my ($header) = @_;
    announce('AH01630', 'CC0110');
    my %server = (modules => ['headers', 'http2'], files => \%files, global => $debian);
    return ClientCert::Test->server(%server, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    ClientCertCA \@CA\@/clients.pem depth=4
    $header
    ClientCertTrustedProxy 127.0.0.1
    ClientCertMap issuer == "CN=Staff CA,O=Example" san.email =~ "([^@]+)\@example\\.com" user=\$1 group=%{subject.OU|lower}
    <Location "/private">
        AuthMerging And
        Require clientcert-group staff
    </Location>
$shown
</VirtualHost>
CONF
}

# The status and user of a response.
sub whom {
    my ($response) = @_;
    return join ' ', $response->{status}, grep { $_ ne '' } $response->{headers}{user} // '';
}

sub private_of { my ($proxy, %o) = @_; return whom($proxy->get('/private/page', %o)) }

# The same for requests with different headers.
sub private_of_each {
    my ($proxy, $headers, @how) = @_;
    return map { whom($_) } $proxy->get_each(map { ['/private/page', @how, headers => $_] } @$headers);
}

# True if the certificate has verified; false if the request has none.
sub verifies {
    my ($proxy, $cert, %o) = @_;
    my $found = $proxy->get('/page', %o)->{headers}{sha256} // '';
    die "another certificate\n" if $found ne '' && $found ne _sha256($cert);
    return $found ne '';
}

sub _sha256 { my ($cert) = @_; return sha256_hex((ders($cert))[0]) }

# Headers with the certificate of another client, as clients may write their names.
sub forged {
    my ($header, $value) = @_;
    my @names = uniq($header, lc $header, uc $header, $header =~ tr/-/_/r, uc($header) =~ tr/-/_/r,
        ucfirst lc $header, $header =~ s/-/./r);
    return map { ["$_: $value"], ["$_: $value", "$header: $value"] } @names;
}

sub identifies {
    my ($proxy, $header, $format, %o) = @_;
    my $via = $o{via} // 'header';
    announce('CC0145');    # spellings that the proxy lets through
    for my $how ([http2 => 0], [http2 => 1], [tls => '1.2']) {
        my $alice = $proxy->get('/private/page', cert => 'alice', @$how);
        is whom($alice), '200 alice', "@$how: a client has its identity,";
        is $alice->{headers}{groups}, 'staff,admins', 'its groups,';
        is $alice->{headers}{via}, "$via 127.0.0.1", "by way of a $via,";
        is $alice->{headers}{sha256}, _sha256('alice'), 'which is the one of the handshake';
        is private_of($proxy, @$how), '403', 'a client without a certificate has none,';
        is whom($proxy->get('/page', @$how)), '200', 'which open pages do not need';
    }
    unlike private_of($proxy, cert => 'service'), qr/200/, 'nor has one of another CA';
    is whom($proxy->get('/private/.htpasswd', cert => 'alice')), '403 alice', 'what the server denies stays so';
    my @forged = map { ($_, [@$_, "Connection: $header, close"]) } forged($header, forwarded_value($format, 'bob'));
    is $_, '403', 'a header of a client gives nothing' for private_of_each($proxy, \@forged);
    unlike $_, qr/bob/, 'nor another identity' for private_of_each($proxy, \@forged, cert => 'alice');
    is whom(resumed($proxy, 'alice', $_)), '200 alice', 'with its certificate' for '1.2', '1.3';
    is private_of($proxy, cert => 'alice', headers => ["Connection: $header"]), '200 alice',
        '"Connection" does not remove the identity';
    return;
}

sub resumed {
    my ($proxy, $cert, $tls) = @_;
    my $dir = File::Temp->newdir;
    $proxy->s_client(tls => $tls, cert => $cert, get => '/page', args => [-sess_out => "$dir/session"]);
    my $response = $proxy->s_client(tls => $tls, get => '/private/page', args => [-sess_in => "$dir/session"]);
    like $response->{output}, qr/^Reused/m, "TLS $tls: a session is resumed";
    return $response;
}

# All certificates that the handshake of the proxy takes.
sub decides {
    my ($proxy, $least) = @_;
    announce('CC0104', 'CC0150', 'CC0152');
    my %user = (alice => '200 alice', bob => '200 bob', expired => '403', foreign => '403', selfsigned => '403');
    for my $cert (sort keys %user) {
        my $response = $proxy->get('/private/page', cert => $cert);
        is whom($response), $user{$cert}, "$cert: the decision is httpd's" if $response->{status} != 400;
    }
    arrives_unchanged($proxy, $least, sub { (cert => $_[0]) });
    return;
}

# Every certificate of t/ca, with options of the request for each: what arrives is what was sent.
sub arrives_unchanged {
    my ($client, $least, $options_of) = @_;
    announce('CC0104', 'CC0150', 'CC0152');
    my ($same, @other) = (0);
    my @certs = map { m{([^/]+)\.key$} && $1 !~ /^short-/ ? $1 : () } glob $client->ca . '/*.key';
    my @responses = $client->get_each(map { ['/page', $options_of->($_)] } @certs);
    for my $cert (@certs) {
        my $found = shift(@responses)->{headers}{sha256} // '';
        $same++ if $found eq _sha256($cert);
        push @other, $cert if $found ne '' && $found ne _sha256($cert);
    }
    is "@other", '', 'no certificate is another one';
    cmp_ok $same, '>=', $least, 'and most give their fields';
    return;
}

# Clients that take turns on one connection from the proxy to httpd.
sub shares_connections {
    my ($proxy, $protocol) = @_;
    my %users;
    for my $turn (1 .. 3) {
        for my $cert ('alice', undef, 'bob', 'bob', undef) {
            my $response = $proxy->get('/page', cert => $cert);
            is whom($response), join(' ', 200, $cert // ()), "turn $turn: " . ($cert // 'no certificate');
            is $response->{headers}{protocol}, $protocol, "over $protocol";
            $users{ $response->{headers}{port} // '' }{ $cert // '' } = 1;
        }
    }
    ok scalar(grep { keys %$_ > 1 } values %users), 'different clients share a connection to httpd';
    return;
}

# Clients at the same time: each is a process that ends with the number of its wrong answers.
sub keeps_apart {
    my ($proxy, $h2) = @_;
    my @pids;
    for my $cert (('alice', 'bob', undef) x 2) {
        my $pid = fork // die "fork: $!\n";
        if (!$pid) {
            my $wanted = join ' ', 200, $cert // ();
            my @got    = map { $proxy->get_each(map { ['/page', cert => $cert, http2 => $_ % 2] } 1 .. 4) } 1 .. 5;
            my $wrong  = grep { whom($_) ne $wanted } @got;
            POSIX::_exit($wrong);
        }
        push @pids, $pid;
    }
    my @wrong = map { waitpid $_, 0; $? >> 8 || $? } @pids;
    is "@wrong", join(' ', (0) x @pids), 'parallel clients have their own identities';
    return;
}

# Clients that reach httpd directly, from another address or without the proxy's certificate.
sub refuses_others {
    my ($h, $format, $header, @how) = @_;
    announce('CC0146');
    my @other = (curl => ['--interface', '127.0.0.2']);
    my $bob   = forwarded_value($format, 'bob');
    my @forged = forged($header, $bob);
    is $_, '403', 'a header from another address gives nothing'
        for private_of_each($h, \@forged, @how, @other, cert => 'service');
    is $_, '403', 'nor one without the certificate of the proxy'
        for private_of_each($h, \@forged, @how, cert => 'service');
    is $_, '200 alice', 'a client without a proxy has its own identity,'
        for private_of_each($h, \@forged, @how, @other, cert => 'alice');
    is $_, '200 alice', 'also from that address' for private_of_each($h, \@forged, @how, cert => 'alice');
    is private_of($h, @how, @other, cert => 'proxy', headers => ["$header: $bob"]), '200 proxy',
        'from another address, the certificate of the proxy is only its own';
    is private_of($h, @how, cert => 'proxy'), '403', 'the proxy itself has no identity';
    is private_of($h, @how, cert => 'proxy', headers => ["$header: $bob"]), '200 bob', 'but its clients have';
    return;
}

1;
