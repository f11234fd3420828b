# SPDX-License-Identifier: Apache-2.0
# Tests that an AS2 partner can send only in its own name, as configured in conf/examples/as2.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Example;

my $h = example('as2', files => { 'htdocs/as2.cgi' => $program }, executable => ['htdocs/as2.cgi']);
announce('AH01630', 'CC0110');

sub sent {
    my ($who, $from, @headers) = @_;
    return $h->get('/as2', cert => $who, method => 'POST', data => 'the message', headers => [
        $from ? "AS2-From: $from" : (), 'AS2-To: EXAMPLE', 'AS2-Version: 1.2',
        'Message-ID: <1@partner.example>', 'Content-Type: application/edi-x12', @headers]);
}

my $taken = sent('partner', 'PARTNER-AS2');
is $taken->{status}, 200, 'a message of the partner is accepted';
my $env = $h->cgi_env($taken);
is $env->{REMOTE_USER}, 'PARTNER-AS2', 'the program sees the sender,';
is $env->{CLIENTCERT_GROUPS}, 'partners', 'its group,';
is $env->{HTTP_AS2_FROM}, 'PARTNER-AS2', 'the value of the header,';
is $env->{HTTP_MESSAGE_ID}, '<1@partner.example>', 'the other headers';
like $taken->{body}, qr/the message\z/, 'and the message';

is sent('partner', 'OTHER')->{status}, 403, 'the partner cannot send in the name of another';
is sent('partner', 'partner-as2')->{status}, 403, 'nor in another spelling of its own';
is sent('partner')->{status}, 403, 'nor without a name';
is sent('partner', 'PARTNER-AS2', 'AS2-From: OTHER')->{status}, 403, 'nor in two names';
is sent('alice', 'PARTNER-AS2')->{status}, 403,
    'no other client can send in the name of the partner';
is sent('alice', 'alice')->{status}, 403, 'or at all';
is sent(undef, 'PARTNER-AS2')->{status}, 403, 'nor can a client without a certificate,';
is sent()->{status}, 403, 'with no user and no name alike';

done_testing;
