# SPDX-License-Identifier: Apache-2.0
# Tests that a request that may become a WebSocket leaves nothing behind for a pipelined request
# after it, which some MPMs read before the first one has ended.
use strict;
use warnings;
use ClientCert::Test;

use IO::Select;

# A response that is written in several pieces, and one to a body, which is read after an interim
# response.
my $long = <<'CGI';
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
for i in 1 2 3 4 5 6 7 8 9 10; do head -c 100000 /dev/zero; done
echo end of output
CGI
my $body = <<'CGI';
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
wc -c
echo end of body
CGI

sub head_of { return join "\r\n", @_, 'Host: localhost', '', '' }
my $upgrade = head_of('GET /small HTTP/1.1', 'Upgrade: x');
my %behind  = (
    output => head_of('GET /cgi-bin/long HTTP/1.1'),
    body   => head_of('POST /cgi-bin/body HTTP/1.1', 'Expect: 100-continue',
        'Content-Length: 50000') . 'x' x 50000,
);

# Sends all requests at once, and reads until the last response has arrived.
sub answered {
    my ($h, $name) = @_;
    my $c      = $h->connection(cert => 'alice');
    my $select = IO::Select->new($c->{out});
    my $heard  = '';
    local $SIG{PIPE} = 'IGNORE';
    syswrite $c->{in}, $upgrade x 3 . $behind{$name};
    while ($heard !~ /end of $name\n/ && $select->can_read(30 * ($ENV{CC_SLOW} // 1))) {
        sysread $c->{out}, $heard, 65536, length $heard or last;
    }
    return scalar(() = $heard =~ /small\n/g) . ($heard =~ /end of $name\n/ ? " $name" : '');
}

for my $mpm (qw(prefork worker event)) {
    my $h = ClientCert::Test->server(
        mpm    => $mpm,
        cgi    => 1,
        files  => { 'htdocs/small' => "small\n", 'cgi-bin/long' => $long, 'cgi-bin/body' => $body },
        conf   => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN =~ "(.+)" user=$1
</VirtualHost>
CONF
    chmod 0755, map { $h->path("cgi-bin/$_") } 'long', 'body';
    for my $round (1 .. 3) {
        is answered($h, $_), "3 $_", "$mpm, round $round: all are answered, the last with its $_"
            for sort keys %behind;
    }
    $h->stop;
}

done_testing;
