# SPDX-License-Identifier: Apache-2.0
# Tests that no text of a certificate or a URL can split a log line or a header, or end a quotation
# in one.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Log;

my @hostile = qw(newline-cn nul-cn nul-mail nul-uri bmp-cn empty-cn bad-upn long-cn slash-cn
    comma-cn comma-o comma-ou two-cn multi-rdn no-subject nul-dns);

my $h = ClientCert::Test->server(modules => ['headers', 'authz_user'], cgi => 1, conf => <<'CONF');
LogFormat "BEGIN u=\"%u\" user=\"%{CLIENTCERT_USER}e\" cn=\"%{CLIENTCERT_CN}e\" END" who
CustomLog logs/who who "expr=%{REQUEST_STATUS} != '400'"
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap user=%{subject.CN|first} group=%{subject.OU} group=%{san.upn} group=%{san.email} group=%{san.uri} group=%{san.dns}
    ClientCertMap user=somebody
    ClientCertExport USER GROUPS CN=subject.CN MAIL=san.email URI=san.uri UPN=san.upn DN=subject
    Header always set X-User "expr=[%{clientcert:user}]"
    Header always set X-DN   "expr=[%{clientcert:subject}]"
    Header always set X-CN   "expr=[%{clientcert:subject.CN}]"
    Header always set X-Var  "[%{CLIENTCERT_CN}e]" env=CLIENTCERT_CN
    Header always set X-End  "end"
    <Location "/denied">
        Require clientcert-user root
    </Location>
    LogLevel clientcert:debug
</VirtualHost>
CONF

announce('AH01630', 'CC0110', 'CC0150', 'CC0152', 'CC0154');

my %user;
for my $cert (@hostile) {
    my $response = $h->get('/cgi-bin/env', cert => $cert);
    my $env      = $h->cgi_env($response);
    $user{$cert} = $env->{REMOTE_USER};
    is $response->{status}, 200, "$cert: it is a certificate";
    is $response->{headers}{'x-end'}, 'end', "$cert: the headers are complete";
    is_deeply [grep { !/^(?:x-(?:user|dn|cn|var|end)|date|server|content-\w+|transfer-encoding)$/ }
            keys %{ $response->{headers} }], [], "$cert: and no other header is there";
    is_deeply [grep { /[\x00-\x1f\x7f]/ || /\\x[01][0-9a-f]|\\x7f/ }
            map { $env->{$_} } grep { /CLIENTCERT|REMOTE_USER/ } keys %$env], [],
        "$cert: no variable has a control character";
    is $h->get('/denied', cert => $cert)->{status}, 403,
        "$cert: it is refused where others are meant";
}

is_deeply [@user{qw(newline-cn nul-cn empty-cn slash-cn comma-cn comma-ou multi-rdn no-subject)}],
    ['somebody', 'somebody', 'somebody', 'a/CN=admin', 'a,CN=admin', 'carol', 'admin', 'somebody'],
    'unusable names are not used, and other names are used unchanged';
isnt $user{$_}, 'admin', "$_ is not admin" for grep { $_ ne 'multi-rdn' } @hostile;
is "[$user{'long-cn'}]", $h->get('/', cert => 'long-cn')->{headers}{'x-user'},
    'a long name is whole everywhere';

# ---- text in the URL

my $evil = '/denied%0A%5Berror%5D%20CC0110:%20denied%22%5C%1B%5B31m%E2%80%AE';
is $h->get($evil, cert => 'alice')->{status}, 404, 'a URL with a line break matches no location';
is $h->get('/denied/%0ACC0110:%20forged%22%1B%5B31m%E2%80%AE', cert => 'alice')->{status}, 403,
    'one that is denied';

# ---- the logs

$h->stop;    # from here on the logs are complete
my @denials = $h->log_lines(qr/needs="clientcert-user root \(\S+\)"/);
is scalar(@denials), @hostile + 1, 'each denial is one line';
is_deeply [not_decisions($h->log)], [], 'its fields are distinct, like those of all decisions';
my @lines = $h->log_lines(qr/./);
is_deeply [grep { !/^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:.]+ \d{4}\] \[\w+:\w+\] / } @lines], [],
    'every line of the error log has the beginning of a line';
is_deeply [grep { /[\x00-\x1f\x7f]|\xe2\x80[\xa8-\xae]/ } @lines], [],
    'and has no control character, and none that changes the direction of text';

open my $who, '<:raw', $h->path('logs/who') or die $!;
my @who = <$who>;
is scalar(@who), 2 * @hostile + 3, 'each request is one line of the access log';
my $text = qr/"(?:[^"\\]|\\.)*"/;
is_deeply [grep { !/^BEGIN u=$text user=$text cn=$text END\n$/ } @who], [],
    'whose quotations end where they should';

done_testing;
