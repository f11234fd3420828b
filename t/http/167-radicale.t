# SPDX-License-Identifier: Apache-2.0
# Tests that each user has their own calendars in Radicale, and no others, as configured in
# conf/examples/radicale.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Certificate;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

# The settings of the example's comment.
my ($settings) = read_file(top()
    . '/conf/examples/radicale.conf') =~ /^#   (\[server\]\n(?:#   .*\n)+?)#\n/m;
$settings =~ s/^#   //mg;
$settings =~ s/:5232/:\@PORT\@/;
my $radicale = application('radicale',
    files => { config => "$settings\[storage]\nfilesystem_folder = \@DIR\@/data\n" });
my $h = example('radicale', define => { RADICALE => 'http://127.0.0.1:' . $radicale->port },
    modules => ['http2'], conf => 'Protocols h2 http/1.1');
announce('AH01630', 'CC0110');

my $event = join "\r\n", qw(BEGIN:VCALENDAR VERSION:2.0 PRODID:x BEGIN:VEVENT UID:lunch
    DTSTAMP:20260101T120000Z
    DTSTART:20260101T120000Z SUMMARY:Lunch END:VEVENT END:VCALENDAR), '';
my $principal = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><current-user-principal/>'
    . '</prop></propfind>';

sub dav {
    my ($who, $method, $path, %o) = @_;
    return $h->get($path, cert => $who, method => $method, %o);
}
sub status { return dav(@_)->{status} }
sub principal {
    my ($found) = dav($_[0], 'PROPFIND', '/dav/', data => $principal, @_[1 .. $#_])->{body}
        =~ m{<current-user-principal>\s*<href>([^<]*)}s;
    return $found;
}

is principal('alice'), '/dav/alice/', 'the client learns its principal';
is principal('bob'), '/dav/bob/', 'which depends on the certificate';
is status('alice', 'MKCALENDAR', '/dav/alice/plans/'), 201, 'a user makes a calendar'
    or diag $radicale->said;
is status('alice', 'PUT', '/dav/alice/plans/lunch.ics', data => $event,
    headers => ['Content-Type: text/calendar']),
    201, 'and writes an event';
like dav('alice', 'GET', '/dav/alice/plans/lunch.ics')->{body}, qr/SUMMARY:Lunch/, 'and reads it';
like dav('alice', 'PROPFIND', '/dav/alice/plans/', headers => ['Depth: 1'])->{body},
    qr{<href>/dav/alice/plans/lunch\.ics</href>}, 'and finds it';

# ---- others

my @forged = (user => 'alice:x', headers => ['Depth: 1', map { "$_: alice" } qw(X-Remote-User
    X_Remote_User
    x-remote-user X.Remote.User X-Remote_User Remote-User Remote_User REMOTE_USER
    ClientCert-User X-Forwarded-User)]);
for my $o ([], \@forged, [@forged, http2 => 1], [@forged, curl => ['-H',
    'Connection: X-Remote-User']]) {
    my $how = join(' ', map { ref ? '' : $_ } @$o) || 'plain';
    is principal('bob', @$o), '/dav/bob/', "another user stays that user: $how";
    is status('bob', $_->[0], "/dav/alice/$_->[1]", @$o), 403, "and has no access by $_->[0]: $how"
        for [GET => 'plans/lunch.ics'], [PROPFIND => ''], [PROPFIND => 'plans/'];
    is status(undef, 'PROPFIND', '/dav/', @$o), 403, "nor has a client without a certificate: $how";
}
is status('bob', $_, '/dav/alice/plans/lunch.ics', data => $event, @forged), 403,
    "nor can another write by $_"
    for qw(PUT DELETE PROPPATCH);
my $site = 'https://localhost:' . $h->port;
is status('bob', 'MKCALENDAR', '/dav/bob/own/'), 201, 'another user has their own';
is status('bob', 'PUT', '/dav/bob/own/x.ics', data => $event,
    headers => ['Content-Type: text/calendar']), 201,
    'with an event';
is status('bob', 'MOVE', '/dav/bob/own/x.ics',
    headers => ["Destination: $site/dav/alice/plans/x.ics"]), 403,
    'which cannot be moved to those of others';
is status('bob', 'MOVE', '/dav/bob/own/x.ics', headers => ["Destination: $site/dav/bob/own/y.ics"]),
    201,
    'but within their own';
is status($_, 'PROPFIND', '/dav/'), 403, "a certificate of another kind has no access: $_"
    for 'partner', 'service';
for my $path ('/dav/bob/../alice/plans/lunch.ics', '/dav/bob/%2e%2e/alice/plans/lunch.ics',
    '/dav/bob%2f..%2falice/plans/lunch.ics', '/dav/bob//../alice/plans/lunch.ics',
        '/dav//alice/plans/lunch.ics') {
    my $r = dav('bob', 'GET', $path, curl => ['--path-as-is']);
    like $r->{status}, qr/^40[34]$/, "no way out: $path";
    unlike $r->{body}, qr/Lunch/, 'and nothing is shown';
}
my %odd = (up => '..', slash => 'a/b', escaped => 'a%2fb', upper => 'Alice', space => 'al ice',
    dot => '.x');
for my $name (sort keys %odd) {
    my $cert = certificate($name, '/O=Example/CN=x', san => "email:$odd{$name}\@example.com");
    is status($cert, 'PROPFIND', '/dav/'), 403,
        "a name that is not safe gives no user: $odd{$name}";
}

done_testing;
