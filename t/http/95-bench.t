# SPDX-License-Identifier: Apache-2.0
# Tests that the programs that measure the module's cost run to their end, in their smallest form.
use strict;
use warnings;
use Test::More;

my $top = $ENV{CC_TOP};

# Another checker in httpd would be counted too, and its build does not link with these programs.
plan skip_all => 'counts instructions by itself'
    if grep { $ENV{$_} } qw(CC_VALGRIND CC_PRELOAD GCOV_PREFIX);

my $said = `$top/t/bench/run --smoke 2>&1`;
is $?, 0, 't/bench/run --smoke ends well' or diag $said;
for my $row (
    'bare request, SSLVerifyClient require', 'HTTP/2: bare request', "a directory's index",
    'a page with 10 includes', 'a certificate required', 'full handshake; ours: 100 rules',
    'evaluation, 100 rules', 'octets of the pool of a connection', 'instructions of a lookup',
    'instructions of a check', 'instructions, full handshake with it',
    'a client for the first time', 'with a certificate in its header')
{
    like $said, qr/^.*\Q$row\E/m, "it has a row: $row";
}
like $said, qr/^Everything runs\.$/m, 'it says so';
unlike $said, qr/ (?:met|MISSED)$/m, 'no budget is judged by figures that mean nothing';

done_testing;
