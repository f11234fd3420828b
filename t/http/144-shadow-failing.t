# SPDX-License-Identifier: Apache-2.0
# Tests that a table that fails in shadow rules fails no request, and delays few.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Metrics;
use ClientCert::Test::Service;

my $redis = ClientCert::Test::Service->redis;
my $port  = $redis->port;
$redis->ask('SET', $_, $_) for qw(alice bob);

my $h = ClientCert::Test->server(
    modules => ['headers'],
    files   => { map { ("htdocs/$_/page" => "$_\n") } qw(none live both) },
    conf    => <<"CONF");
ClientCertTable people redis:127.0.0.1:$port ttl=0 negative_ttl=0 timeout=3
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMapShadow subject.CN in people user=\$1
    Header always set User "expr=%{REMOTE_USER}"
    <Location "/live">
        ClientCertMap user=%{subject.CN}
        ClientCertMapShadow subject.CN in people user=\$1
        ClientCertMapShadow subject.CN !in people deny
    </Location>
    <Location "/both">
        ClientCertMap subject.CN in people user=\$1
        ClientCertMapShadow subject.CN in people user=\$1
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
</VirtualHost>
CONF

announce('CC0133', 'CC0137');

sub who { my ($response) = @_; return join ' ', $response->{status}, grep { length } $response->{headers}{user} // '' }

sub value {
    my ($name, @labels) = @_;
    return metric(read_metrics($h->get('/metrics')->{body}), $name, @labels);
}
sub compared { return join ' ', map { value('clientcert_shadow_decisions_total', result => $_) } qw(same different failed) }
sub failed   { return value('clientcert_table_lookups_total', result => 'failed') }

is who($h->get('/live/page', cert => 'alice')), '200 alice', 'a table that answers';
is compared(), '1 0 0', 'gives the same';

$redis->pause;
my $c = $h->connection(cert => 'alice');
is who($c->request('/none/page')), '200', 'where no rules are in effect, a table that does not answer is nothing';
ok $h->wait_log(qr/CC0137: result=unmapped .* shadow=failed shadow_user="" .*reason="table people /), 'the log names it';
is failed(), 1, 'it was asked once';
is who($c->request('/none/page')), '200', 'the next request of the connection';
is failed(), 1, 'does not ask it again';
is who($c->request('/live/page')), '200 alice', 'a rule in effect keeps its user';
is failed(), 2, 'though other shadow rules have failed';
is who($c->request('/live/page')), '200 alice', 'and keeps it';
is failed(), 2, 'without asking again';
is compared(), '1 0 2', 'neither is a difference';
is who($c->request('/both/page')), '500', 'rules in effect fail as they do without shadow rules';
is compared(), '1 0 3', 'and there is nothing to compare';
$redis->resume;
is who($h->get('/both/page', cert => 'bob')), '200 bob', 'until the table answers again';
$h->stop;

done_testing;
