# SPDX-License-Identifier: Apache-2.0
# Tests conf/examples/ledger.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

use JSON::PP ();

my $h = example('ledger', files => { 'htdocs/page' => "page\n" });
announce('CC0110', 'AH01630');
$h->get('/page', cert => $_) for qw(two-mail two-mail bob alice);
is $h->get('/ledger', $_ ? (cert => $_) : ())->{status}, 403, 'others do not see the ledger: ' . ($_ // 'no certificate')
    for undef, 'two-mail', 'bob';
my $answer = $h->get('/ledger?format=json', cert => 'alice');
is $answer->{status}, 200, 'an administrator does';
my $entries = JSON::PP->new->utf8->decode($answer->{body})->{entries};
is_deeply [map { [@$_{qw(subject count)}] } @$entries], [['CN=two-mail,O=Example', 3]],
    'it has the client that no rule maps, and not the one that is denied' or diag $answer->{body};

done_testing;
