# SPDX-License-Identifier: Apache-2.0
# Tests virtual hosts without a directive of the module in their own section: each is still judged
# by its own trust.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Session;
use ClientCert::Test::Tool;

my $lenient = <<'CONF';
SSLStrictSNIVHostCheck off
<IfDirective SSLVHostSNIPolicy>
    SSLVHostSNIPolicy insecure
</IfDirective>
CONF

my %settings = (
    'staff.test'    => "SSLCACertificateFile \@CA\@/staff-chain.pem\nSSLVerifyClient optional",
    'services.test' => "SSLCACertificateFile \@CA\@/services-chain.pem\nSSLVerifyClient optional",
    'none.test'     => "SSLCACertificateFile \@CA\@/foreign-chain.pem\nSSLVerifyClient none",
);
my %own     = ('staff.test' => 'alice', 'services.test' => 'service');
my %foreign = ('staff.test' => 'service', 'services.test' => 'alice');
my %name    = (alice => 'alice', service => 'cart');

# Where the module's directives are: in the main server, or in a section of a host alone.
my %place = (
    main    => ['ClientCertMap subject.CN =~ "(.+)" user=$1', ''],
    require => ['', "<Location /private>\nRequire clientcert\n</Location>"],
    global  => ["<Location /private>\nRequire clientcert\n</Location>", ''],
);

sub host {
    my ($name, $inside) = @_;
    return <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName $name
    \@SSL:ab.example\@
    $settings{$name}
    $inside
    CustomLog logs/user_log "%v %U %s" "expr=-n clientcert('subject.CN')"
    <Location /private>
        Require valid-user
    </Location>
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
</VirtualHost>
CONF
}

sub conf {
    my ($place, @order) = @_;
    my ($outside, $inside) = @{ $place{$place} };
    my @hosts = map { host($_, $inside) } @order;
    s/Require valid-user/Require clientcert/ for $place eq 'main' ? () : @hosts;
    return "$outside\n" . join '', @hosts;
}

my @curl = (curl => ['-k']);
announce(qw(CC0720 CC0104 CC0106 CC0110 CC0721 CC0722 CC0726 AH01630 AH01909 AH02032 AH02033 AH10419),
    qr/SSL Library Error/);

sub each_by_its_own {
    my ($h, $where) = @_;
    for my $host ('staff.test', 'services.test') {
        is $h->get('/private', host => $host, cert => $own{$host}, @curl)->{status}, 200,
            "$where: $host: a certificate of its own CA is let in";
        is $h->get('/private', host => $host, cert => $foreign{$host}, @curl)->{status}, 0,
            'one of the other host\'s is not';
        isnt $h->get('/private', host => $host, @curl)->{status}, 200,
            'nor is a client without a certificate';
    }
    isnt $h->get('/private', host => 'none.test', cert => 'alice', @curl)->{status}, 200,
        "$where: a host that requests no certificate lets no client in";
    return;
}

sub across {
    my ($h, $where) = @_;
    for my $host ('staff.test', 'services.test') {
        my $to = $host eq 'staff.test' ? 'services.test' : 'staff.test';
        for my $target ($to, 'none.test') {
            my $c = $h->connection(cert => $own{$host}, sni => $host, host => $target);
            isnt $c->request('/private')->{status}, 200,
                "$where: SNI $host, Host $target: not let in";
            $c = $h->connection(cert => $own{$host}, sni => $host, host => $target);
            ok !$c->request('/')->{headers}{user}, 'and without identity on its open pages';
        }
    }
    return;
}

sub resumed_elsewhere {
    my ($h, $where) = @_;
    my $first = full($h, '/', host => 'staff.test', cert => 'alice');
    is resumed($h, $first, '/private', host => 'staff.test')->{status}, 200,
        "$where: a session is resumed on its host";
    for my $host ('services.test', 'none.test') {
        my $other = resumed($h, $first, '/private', host => $host);
        isnt $other->{status}, 200, "and lets no client in on $host";
        ok !$other->{reused}, 'where it is not resumed';
    }
    return;
}

# Sections do not belong to the main server's rules, so the tool is only asked for those.
sub tool_agrees {
    my ($h, $where) = @_;
    my $ca = $h->ca;
    for my $host (sort keys %own) {
        my $said = answer($h, 'explain', '--vhost', $host, "$ca/$own{$host}.pem");
        is "$said->{result} " . ($said->{verdict}{user} // '-'), "mapped $name{$own{$host}}",
            "$where: the tool says the same of $host and its own";
        $said = answer($h, 'explain', '--vhost', $host, "$ca/$foreign{$host}.pem");
        is $said->{result}, 'rejected', 'and of the other host\'s';
    }
    return;
}

for my $order ([qw(staff.test services.test none.test)], [qw(none.test services.test staff.test)],
    [qw(services.test none.test staff.test)]) {
    for my $place (sort keys %place) {
        my $where = "$place, first $order->[0]";
        my $h     = ClientCert::Test->server(
            modules => ['headers', 'authz_user'],
            files   => { 'htdocs/private' => "private\n" },
            global  => session_conf('tickets') . $lenient,
            conf    => conf($place, @$order));
        each_by_its_own($h, $where);
        across($h, $where);
        resumed_elsewhere($h, $where);
        tool_agrees($h, $where) if $place eq 'main';
        $h->stop;
    }
}

# ---- requests that mod_ssl sends to another host

my $h = ClientCert::Test->server(
    modules => ['headers', 'authz_user', 'alias'],
    files   => { 'htdocs/wrong' => "wrong\n" },
    global  => "ErrorDocument 421 /wrong\n",
    conf    => conf('main', sort keys %settings));
my $c = $h->connection(cert => 'alice', sni => 'staff.test', host => 'services.test');
my $answer = $c->request('/');
is $answer->{status}, 421, 'a request for another host is sent elsewhere';
ok !$answer->{headers}{user}, 'and has no user';
$h->stop;
is read_if_there($h->path('logs/user_log')), '', 'and it is not logged with the certificate';

done_testing;
