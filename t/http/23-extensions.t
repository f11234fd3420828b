# SPDX-License-Identifier: Apache-2.0
# Tests that the rules of doc/extensions.md give the users and groups that the page promises.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

# An example: its heading, its rules, and the names in the first sentence after them.
my ($text) = read_file(top() . '/doc/extensions.md') =~ /^## Examples\n(.*)/ms;
my @examples;
while ($text =~ /^### ([^\n]+)\n(?:(?!^### ).)*?```apache\n(.*?)```\n\n(The .*?)\.\n/msg) {
    my ($title, $rules, $promise) = ($1, $2, $3);
    my ($groups, $user) = split /the user/, $promise;
    push @examples, {
        title  => $title,
        path   => '/example-' . @examples,
        rules  => $rules,
        groups => [$groups =~ /`([^`]+)`/g],
        user   => ($user // '') =~ /`([^`]+)`/ ? $1 : undef,
    };
}
cmp_ok scalar @examples, '>=', 8, 'the page has examples';

my $places = join '', map {
    qq{ScriptAlias "$_->{path}" "\@ROOT\@/cgi-bin/env"\n<Location "$_->{path}">\n$_->{rules}</Location>\n}
} @examples;
my $h = ClientCert::Test->server(cgi => 1, conf => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $places
</VirtualHost>
CONF

sub identity {
    my ($example, $cert) = @_;
    my $env = $h->cgi_env($h->get($example->{path}, cert => $cert));
    return [$env->{CLIENTCERT_USER}, split /,/, $env->{CLIENTCERT_GROUPS} // ''];
}

for my $example (@examples) {
    my ($title, $user, @groups) = ($example->{title}, $example->{user}, @{ $example->{groups} });
    ok @groups > 0, "$title: the page has groups";
    is_deeply identity($example, 'extensions'), [$user, @groups], 'which are those of the rules';
    is_deeply identity($example, 'service'), [undef], 'and of no other certificate';
}

done_testing;
