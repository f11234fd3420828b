# SPDX-License-Identifier: Apache-2.0
# Tests that each parallel stream of an HTTP/2 connection is answered by its own rules.
use strict;
use warnings;
use ClientCert::Test;
use POSIX ();

# More locations with rules of their own than a connection keeps results for.
my $places = 80;
my $rules  = join '', map { <<"CONF" } 1 .. $places;
<Location "/$_/">
    ClientCertMap subject.CN =~ "(.+)" subject.OU|first == "staff" user=\$1-$_ group=staff-$_ stop
    ClientCertMap subject.CN =~ "(.+)" user=\$1-other-$_ group=%{issuer.CN|lower}-$_
    <If "%{REQUEST_URI} =~ m#/staff#">
        Require clientcert-group staff-$_
    </If>
    <Else>
        Require clientcert issuer under "O=Example"
    </Else>
</Location>
CONF

my $conf = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertExport USER GROUPS MORE=serial
    <LocationMatch "/again\$">
        ClientCertExport USER GROUPS MORE=issuer.CN
    </LocationMatch>
    AliasMatch "^/[0-9]+/" \@ROOT\@/htdocs/who.html
    <Directory \@ROOT\@/htdocs>
        Options +Includes
        SetOutputFilter INCLUDES
    </Directory>
    $rules
</VirtualHost>
CONF

my $page = join ' ', map { "<!--#echo var=\"$_\"-->" } qw(REMOTE_USER CLIENTCERT_USER
    CLIENTCERT_GROUPS CLIENTCERT_MORE);

my $h = ClientCert::Test->server(
    modules => ['http2', 'alias', 'include', 'filter'],
    files   => { 'htdocs/who.html' => $page },
    global  => "Protocols h2\nH2MinWorkers 8\nH2MaxWorkers 32\n",
    conf    => $conf);

sub serial_of {
    my ($cert) = @_;
    my $output = `openssl x509 -noout -serial -in @{[ClientCert::Test->ca]}/$cert.pem`;
    return lc $output =~ s/^serial=|\s+//gr;
}

my %client = (    # user and group are followed by the number of the location
    alice   => { user => 'alice-%d', group => 'staff-%d', issuer => 'Staff CA', staff => 200 },
    deep    => { user => 'deep-%d', group => 'staff-%d', issuer => 'Department CA', staff => 200 },
    service => { user => 'cart-other-%d', group => 'services ca-%d', issuer => 'Services CA',
        staff => 403 },
    nobody  => {},
);

# The requests for each location: the user, membership of the staff, and other exports.
my @paths = map { my $path = $_; map { "/$_/$path" } 1 .. $places } 'who', 'staff', 'again';

sub expected {
    my ($name, $serial, $path) = @_;
    my $client = $client{$name};
    my ($place, $what) = $path =~ m{/(\d+)/(\w+)};
    return 403 if $name eq 'nobody' || ($what eq 'staff' && $client->{staff} != 200);
    my $user = sprintf $client->{user}, $place;
    return join ' ', 200, $user, $user, sprintf($client->{group}, $place),
        $what eq 'again' ? $client->{issuer} : $serial;
}

# One line for each wrong response, and the number of connections.
sub visit {
    my ($name) = @_;
    my $serial    = $name eq 'nobody' ? '' : serial_of($name);
    my @responses = $h->parallel(\@paths, $name eq 'nobody' ? () : (cert => $name));
    my ($connects, @wrong) = (0);
    for my $i (0 .. $#paths) {
        my ($got, $wanted) = ($responses[$i], expected($name, $serial, $paths[$i]));
        my $answer = $got->{status} == 200 ? "200 $got->{body}" : $got->{status};
        $connects += $got->{connects};
        push @wrong, "$paths[$i]: $answer instead of $wanted" if $answer ne $wanted;
    }
    return join "\n", @wrong, "connections: $connects";
}

announce('CC0110', 'AH01630');

# All of them at once, and twice each.
my @visits = map {
    my $name = $_;
    my $pid  = open(my $from, '-|') // die "fork: $!\n";
    if ($pid == 0) {
        syswrite STDOUT, visit($name);
        POSIX::_exit(0);
    }
    [$name, $from];
} (sort keys %client) x 2;

for (@visits) {
    my ($name, $from) = @$_;
    local $/;
    is scalar(<$from>), 'connections: 1',
        "$name: " . @paths . ' streams of one connection, and each the right answer';
}

done_testing;
