# SPDX-License-Identifier: Apache-2.0
# Tests login by a browser with a .p12 file, as configured in conf/examples/browser.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

my $page = '<h1>Welcome, <!--#echo var="REMOTE_USER" --></h1>'
    . '<!--#echo var="CLIENTCERT_GROUPS" -->';
my $h = example('browser',
    modules => [qw(http2 include)],
    conf    => <<'CONF',
    Protocols h2 http/1.1
    <Location "/private">
        Options +Includes
        SetOutputFilter INCLUDES
    </Location>
CONF
    files => {
        'htdocs/page'               => "open\n",
        'htdocs/private/login'      => $page,
        'htdocs/private/admin/page' => "admin\n",
    });
announce('AH01630', 'CC0190', 'CC0110', 'AH02039', qr/SSL Library Error/);

for my $http2 (0, 1) {
    my $way = $http2 ? 'HTTP/2' : 'HTTP/1.1';
    is $h->get('/private/login', p12 => 'alice', http2 => $http2)->{body},
        '<h1>Welcome, alice</h1>staff,admins', "$way: the page after log-in shows user and groups";
    is $h->get('/private/login', p12 => 'bob', http2 => $http2)->{body},
        '<h1>Welcome, bob</h1>staff', "$way: of each user";
    is $h->get('/private/admin/page', p12 => 'alice', http2 => $http2)->{status}, 200,
        "$way: an admin gets to the admins' page";
    is $h->get('/private/admin/page', p12 => 'bob', http2 => $http2)->{status}, 403,
        "$way: and no other user";
    is $h->get('/page', http2 => $http2)->{body}, "open\n",
        "$way: an open page needs no certificate";
    keeps_denied($h, "/private/$_", cert => 'alice', http2 => $http2) for qw(login admin/page);

    $h->mark_log;
    my $denied = $h->get('/private/login', http2 => $http2);
    is "$denied->{status} $denied->{body}",
        '403 This page needs the certificate of a member of staff.',
        "$way: without a certificate a page explains what is missing, on a working connection";
    ok $h->wait_log(qr{CC0110: .* reason="no client certificate was presented" }
            . qr{request="GET /private/login" needs="clientcert-group staff \(\S+\)"}),
        "$way: and a line in the log";
    is $h->get('/private/login', cert => 'service', http2 => $http2)->{status}, 403,
        "$way: a certificate of another CA that the server trusts is not one of the staff";
}

my %why = (expired => 'it has expired: ', stranger => 'the CA ', selfsigned => 'it is self-signed');
for my $cert (sort keys %why) {
    for my $http2 (0, 1) {
        my %bad = (cert => $cert, http2 => $http2);
        is $h->get('/page', %bad)->{body}, "open\n", "$cert: the open page";
        $h->mark_log;
        is $h->get('/private/login', %bad)->{status}, 403, 'but no other,';
        ok $h->wait_log(qr{CC0110: result=forbidden user="" .*reason="$why{$cert}}), 'which the log explains';
    }
}

done_testing;
