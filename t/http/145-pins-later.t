# SPDX-License-Identifier: Apache-2.0
# Tests ClientCertPinned where a section requests the certificate, with rows that begin and end, and
# what back ends, metrics, the ledger and lists of certificates get of it.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Backend;
use ClientCert::Test::Certificate;
use ClientCert::Test::File;
use ClientCert::Test::Metrics;
use ClientCert::Test::Waiting;

use JSON::PP ();
use POSIX qw(strftime);

my %self = (self => 1, extension => 'basicConstraints = critical,CA:TRUE');

sub key_of {
    my ($at) = @_;
    my ($digest) = `openssl x509 -in $at.pem -noout -pubkey |
        openssl pkey -pubin -outform DER | openssl dgst -sha256 -r` =~ /^(\w+)/;
    return $digest;
}
sub day { my ($days) = @_; return strftime '%Y-%m-%d', gmtime(time + 86_400 * $days) }

# The certificates end within a week, so each of them would be in the list of those that expire.
my %cert = map { $_ => certificate($_, "/O=Example/CN=$_", %self, days => 5) }
    qw(acme ended later forgotten stranger);
my %key  = map { $_ => key_of($cert{$_}) } keys %cert;
my %row  = (
    acme      => "$key{acme} acme staff - -\n",
    ended     => "$key{ended} ended staff - " . day(-2) . "\n",
    later     => "$key{later} later staff " . day(2) . " -\n",
    forgotten => "$key{forgotten} forgotten staff - -\n",    # no rule of the second host gives it a user
);
my $rows = join '', values %row;
my $to   = backend('http')->url;

announce('CC0104', 'CC0106', 'CC0110', 'CC0115', 'CC0131', 'CC0138', 'CC0150', 'CC0190', 'CC0722', qr/CC07\d\d/, 'AH01630',
    qr/AH0(?:1979|1980|1984|2021|1909|2039|2276|2008|2227|1925|2225|2261|2262|2263)/, 'AH10158', qr/SSL Library Error/);

my $h = ClientCert::Test->server(
    modules => [qw(headers authz_user proxy proxy_http)],
    cgi     => 1,
    files   => {
        'conf/keys.map' => $rows,
        map { ("htdocs/$_/page" => "here\n") } qw(ask staff must open),
    },
    global => "ClientCertTable keys file:conf/keys.map octets valid=3 reload=0.2\n",
    conf   => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient none
    ClientCertPinned keys
    ClientCertMap spki.sha256 in keys user=\$1 group=\$2
    ClientCertMap issuer.CN == "Staff CA" user=%{subject.CN}
    Header always set User "expr=%{REMOTE_USER}"
    Header always set Pinned "expr=%{clientcert:pinned}"
    Header always set Verify "expr=%{SSL_CLIENT_VERIFY}"
    <Directory \@ROOT\@/htdocs/ask>
        SSLVerifyClient optional_no_ca
    </Directory>
    <Directory \@ROOT\@/htdocs/staff>
        SSLVerifyClient optional_no_ca
        Require clientcert-group staff
    </Directory>
    <Directory \@ROOT\@/htdocs/must>
        SSLVerifyClient require
    </Directory>
</VirtualHost>
<VirtualHost *:\@PORT2\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional_no_ca
    ClientCertPinned keys
    ClientCertLedger names=on
    ClientCertMap spki.sha256 == $key{acme} user=acme
    ClientCertMap subject.CN == alice user=alice
    ClientCertForward rfc9440 chain=on
    ClientCertForwardIdentity
    ProxyPass /backend $to
    <Location /ledger>
        SetHandler clientcert-ledger
    </Location>
    <Location /metrics>
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF

# ---- a section that requests the certificate

my %way = ('1.2' => 'renegotiation', '1.3' => 'post-handshake authentication');

sub seen {
    my ($c, $path) = @_;
    my $said = $c->request($path);
    return join ' ', $said->{status}, map { $said->{headers}{$_} // '' } qw(user pinned);
}

for my $tls ('1.2', '1.3') {
    my $connect = sub { my ($cert) = @_; return $h->connection(tls => $tls, cert => $cert, args => ['-enable_pha']) };
    my $c = $connect->($cert{acme});
    is seen($c, '/open/page'), '200  ', "$way{$tls}: nobody before the certificate is requested";
    is seen($c, '/ask/page'), '200 acme true', 'a pinned key then counts';
    is seen($c, '/staff/page'), '200 acme true', 'in another section too';
    is seen($c, '/open/page'), '200 acme true', 'and everywhere after that';
    unlike $c->request('/open/page')->{headers}{verify}, qr/SUCCESS/, 'mod_ssl never reports it as verified';
    replace($h->path('conf/keys.map'), $row{ended});
    ok wait_until(sub { seen($c, '/open/page') eq '200  ' }), 'without its row it is nobody at once';
    replace($h->path('conf/keys.map'), $rows);
    ok wait_until(sub { seen($c, '/staff/page') eq '200 acme true' }), 'and the user again with it';
    isnt $c->request('/must/page')->{status}, 200, 'a section that requires a verified certificate refuses it';
    isnt $connect->($cert{acme})->request('/must/page')->{status}, 200, 'also on a new connection';
    for my $name (qw(ended later stranger)) {
        my $other = $connect->($cert{$name});
        is seen($other, '/ask/page'), '200  ', "$way{$tls}: $name is nobody";
        is $other->request('/staff/page')->{status}, 403, 'and has no access';
    }
    is seen($connect->('alice'), '/ask/page'), '200 alice false', 'a certificate that verifies is an ordinary one';
}

# ---- what others get of it

my $sent = $h->get('/backend', port => 2, cert => $cert{acme})->{body};
like $sent, qr/^ClientCert-User: acme\r?$/mi, 'a back end gets the user';
unlike $sent, qr/^Client-Cert(?:-Chain)?:/mi, 'but not the certificate, which says what its holder likes';
like $h->get('/backend', port => 2, cert => 'alice')->{body}, qr/^Client-Cert: /mi, 'as it gets another one';

sub numbers { return read_metrics($h->get('/metrics', port => 2)->{body}) }
sub pinned { return metric(numbers(), 'clientcert_certificates_pinned_total') }
sub not_pinned { return metric(numbers(), 'clientcert_certificates_rejected_total', reason => 'not_pinned') }

my ($yes, $no) = (pinned(), not_pinned());
my $c = $h->connection(port => 2, cert => $cert{acme});
$c->request('/open/page') for 1 .. 3;
is pinned() - $yes, 1, 'a pinned certificate counts once for each connection';
$h->get('/open/page', port => 2, cert => $_) for $cert{stranger}, $cert{ended};
is not_pinned() - $no, 2, 'so does one that is not pinned';
is pinned() - $yes, 1, 'and not as a pinned one';

sub expiring { return metric(numbers(), 'clientcert_certificates_expiring') }

$h->get('/open/page', port => 2, cert => 'bob');
my $before = expiring();
$h->get('/open/page', port => 2, cert => $cert{forgotten});
my $ledger = JSON::PP->new->utf8->decode($h->get('/ledger?format=json', port => 2)->{body});
is_deeply [map { $_->{subject} =~ /CN=(\w+)/ } @{ $ledger->{entries} }],
    ['bob'], 'the ledger has a certificate that verified, and no pinned one';
is expiring(), $before, 'nor does the list of those that expire soon';
$h->get('/open/page', port => 2, cert => certificate('soon', '/O=Example/CN=soon', days => 5));
is expiring(), $before + 1, 'which has others';

done_testing;
