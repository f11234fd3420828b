# SPDX-License-Identifier: Apache-2.0
# Tests Require clientcert, clientcert-user and clientcert-group, alone and with the providers of
# other modules.
use strict;
use warnings;
use ClientCert::Test;

# A Location each: its content, and which clients get in (the other clients that try get 403).
my @places = (
    # only providers of the module
    ['Require clientcert',                                      'alice bob service'],
    ['Require clientcert subject.OU == "admins"',               'alice'],
    ['Require clientcert san.uri =~ "spiffe://example\.com/.+"', 'service'],
    ['Require clientcert subject.CN|upper == "ALICE" key.bits >= 256', 'alice'],
    ['Require clientcert subject.OU != "admins"',               'bob service'],
    ['Require clientcert-user alice',                           'alice'],
    ['Require clientcert-user alice bob',                       'alice bob'],
    ['Require clientcert-user "alice" "b ob"',                  'alice'],
    ['Require clientcert-user Alice',                           ''],
    ['Require clientcert-group admins',                         'alice'],
    ['Require clientcert-group nobody services',                'service'],
    ['Require clientcert-group "domain users"',                 'alice bob'],
    ['Require clientcert-group domain users',                   ''],
    ['Require clientcert-group adm admin admins2',              ''],

    # names from an expression
    ['Require clientcert-user %{env:WHO}',                      'bob'],
    ['Require clientcert-user nobody-%{env:WHO} "%{env:WHO}"',  'bob'],
    ['Require clientcert-group %{env:NOTSET}',                  ''],
    ['Require clientcert-group %{req:X-Group}',                 ''],
    ['Require clientcert-user %{clientcert:subject.CN}',        'alice bob'],

    # providers of other modules use the mapped user, without an AuthType
    ['Require user alice',                                      'alice'],
    ['Require valid-user',                                      'alice bob service'],
    ["AuthGroupFile conf/groups\nRequire group planners",       'bob service'],
    ['Require expr "%{REMOTE_USER} == \'bob\'"',                'bob'],
    [q[Require expr 'admins' in clientcert('group')],           'alice'],

    # combinations
    ["Require clientcert-user bob\nRequire clientcert-group admins", 'alice bob'],
    ["<RequireAny>\nRequire user bob\nRequire clientcert-group services\n</RequireAny>",
        'bob service'],
    ["<RequireAll>\nRequire valid-user\nRequire clientcert-group staff\n</RequireAll>",
        'alice bob'],
    ["<RequireAll>\nRequire clientcert\nRequire not clientcert-group admins\n</RequireAll>",
        'bob service'],
    ["<RequireAll>\nRequire all granted\nRequire not clientcert-group admins\n</RequireAll>",
        'bob service none'],
    ["<RequireAll>\nRequire valid-user\nRequire not clientcert-user bob\n</RequireAll>",
        'alice service'],
    ["<RequireAll>\nRequire all granted\nRequire not clientcert\n</RequireAll>", 'none'],
    ["<RequireAll>\nRequire clientcert\nRequire not clientcert subject.CN == alice\n</RequireAll>",
        'bob service'],
    ["<RequireAll>\nRequire clientcert\n<RequireNone>\nRequire clientcert-group admins\n"
        . "Require clientcert-user bob\n</RequireNone>\n</RequireAll>", 'service'],
    ["<RequireAny>\n<RequireAll>\nRequire clientcert-group staff\n"
        . "Require not clientcert-user alice\n</RequireAll>\n"
        . "Require clientcert san.uri =~ .+\n</RequireAny>", 'bob service'],

    # hosts and addresses
    ["<RequireAny>\nRequire local\nRequire clientcert-user bob\n</RequireAny>",
        'alice bob service none'],
    ["<RequireAll>\nRequire ip 127.0.0.0/8\nRequire clientcert-user bob\n</RequireAll>", 'bob'],
    ["<RequireAll>\nRequire ip 192.0.2.0/24\nRequire clientcert-user bob\n</RequireAll>", ''],
    ["<RequireAny>\nRequire ip 192.0.2.0/24\nRequire clientcert-user bob\n</RequireAny>", 'bob'],
    ['Require all granted',                                     'alice bob service none'],
    ['Require all denied',                                      ''],

    # an identity that is not used for authentication
    ["ClientCertAuth Off\nRequire clientcert-user alice",       'alice'],
    ["ClientCertAuth Off\nRequire clientcert",                  'alice bob service'],
    ["ClientCertAuth Off\nRequire user alice",                  ''],
    ["ClientCertAuth Off\nRequire valid-user",                  ''],

    # AuthType ClientCert
    ["AuthType ClientCert\nRequire valid-user",                 'alice bob service'],
    ["AuthType clientcert\nRequire user alice",                 'alice'],
    ["AuthType ClientCert\nRequire clientcert-group services",  'service'],
    ["AuthType ClientCert\nClientCertAuth Off\nRequire valid-user", ''],
    ["AuthType ClientCert\nRequire all granted",                'alice bob service none'],
    ["AuthType None\nRequire clientcert-user bob",              'bob'],

    # names of the configuration
    ['Require are-admins',                                      'alice'],

    # per method: this GET is free, the others are not
    ["<LimitExcept GET>\nRequire clientcert-user bob\n</LimitExcept>", 'alice bob service none'],
    ["<Limit GET>\nRequire clientcert-user bob\n</Limit>",      'bob'],
);

my ($sections, %files) = ('');
for my $i (0 .. $#places) {
    (my $lines = $places[$i][0]) =~ s/^/        /mg;
    $sections .= qq{    <Location "/$i/">\n$lines\n    </Location>\n};
    $files{"htdocs/$i/page"} = "page $i\n";
}

announce('AH01630', 'CC0110');
my $h = ClientCert::Test->server(
    modules => [qw(authz_user authz_groupfile authz_host env setenvif)],
    files   => { %files, 'conf/groups' => "planners: bob cart.shop\n" },
    global  => <<'CONF',
<AuthzProviderAlias clientcert-group are-admins admins>
</AuthzProviderAlias>
CONF
    conf => <<"CONF");
SetEnvIf Request_URI ".*" WHO=bob
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    ClientCertMap san.email =~ "(.+)\@example\\.com" user=\$1 group=%{subject.OU}
    ClientCertMap san.email =~ .+ group="domain users"
    ClientCertMap san.uri =~ ".*/ns/(.+)/sa/(.+)" user=\$2.\$1 group=services
$sections
</VirtualHost>
CONF

my %connection = map { $_ => $h->connection($_ eq 'none' ? () : (cert => $_)) }
    qw(alice bob service none);

for my $i (0 .. $#places) {
    my ($lines, $who) = @{ $places[$i] };
    my @in;
    for my $name (qw(alice bob service none)) {
        my $status = $connection{$name}->request("/$i/page", headers => ['X-Group: '])->{status};
        push @in, $name      if $status == 200;
        push @in, "$name=$status" if $status != 200 && $status != 403;
    }
    is "@in", $who, $lines =~ tr/\n/ /r;
}

# <Limit> and <LimitExcept>
my ($except) = grep { $places[$_][0] =~ /LimitExcept/ } 0 .. $#places;
is $connection{alice}->request("/$except/page", method => 'OPTIONS')->{status}, 403,
    'a method that is limited needs the user';
is $connection{bob}->request("/$except/page", method => 'OPTIONS')->{status}, 200,
    'and has it';
is $connection{alice}->request('/' . ($except + 1) . '/page', method => 'OPTIONS')->{status}, 200,
    'a method that is not limited is free';

$_->close for values %connection;
done_testing;
