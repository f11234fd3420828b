# SPDX-License-Identifier: Apache-2.0
# Tests the variables of a directory's index: mod_dir merges its environment into that of the
# request, and both come from the module.
use strict;
use warnings;
use ClientCert::Test;

my $page = "<!--#printenv -->";
my $h    = ClientCert::Test->server(
    modules => [qw(env include mime)],
    files   => { map { ("htdocs/$_/index.shtml" => $page) } qw(plain other forged) },
    conf    => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertMap issuer.CN == "Staff CA" user=%{san.email|first|local} group=%{subject.OU}
    ClientCertExport USER GROUPS RULE
    DirectoryIndex index.shtml
    AddOutputFilter INCLUDES .shtml
    <Directory @ROOT@/htdocs>
        Options +Includes
        SetEnv PLACE here
    </Directory>
    <Directory @ROOT@/htdocs/other>
        <Files index.shtml>
            SetEnv OTHER there
        </Files>
    </Directory>
    <Directory @ROOT@/htdocs/forged>
        SetEnv CLIENTCERT_SUBJECT CN=root
        <Files index.shtml>
            SetEnv CLIENTCERT_ISSUER CN=root
            SetEnv CLIENTCERT_USER root
        </Files>
    </Directory>
</VirtualHost>
CONF

my %wanted = (
    CLIENTCERT_USER   => 'alice',
    CLIENTCERT_GROUPS => 'staff,admins',
    HTTPS             => 'on',
    PLACE             => 'here',
);

sub variables_at {
    my ($path, %o) = @_;
    my %seen;
    for (split /\n/, $h->get($path, %o)->{body}) {
        $seen{$1} = $2 if /^(\w+)=(.*)/;
    }
    return \%seen;
}

sub ours { return [grep { /^CLIENTCERT_/ } sort keys %{ $_[0] }] }

for my $place (qw(plain other forged)) {
    my $seen = variables_at("/$place/", cert => 'alice');

    is_deeply +{ map { $_ => $seen->{$_} } keys %wanted }, \%wanted,
        "$place: the index has the variables";
    is_deeply ours($seen), [qw(CLIENTCERT_GROUPS CLIENTCERT_RULE CLIENTCERT_USER)],
        '  ... only the module sets these names';
}
is variables_at('/other/', cert => 'alice')->{OTHER}, 'there', 'variables of the index file stay';
is_deeply ours(variables_at('/forged/')), [],
    'without a certificate there is no variable of the module';

done_testing;
