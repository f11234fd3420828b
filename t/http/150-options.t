# SPDX-License-Identifier: Apache-2.0
# Tests a build without hiredis, Jansson and libldap: it needs none of them, maps clients, and says
# what it lacks.
use strict;
use warnings;

use File::Find qw(find);
use File::Path qw(make_path);
use File::Temp qw(tempdir);

use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(build top);

my ($top, $build) = (top, build);
my $less     = tempdir('clientcert-less-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my @headers  = qw(hiredis jansson lber ldap);
my $a_header = join '|', @headers;

# ---- the build

sub succeeds {
    my ($claim, @command) = @_;
    my $failed = system 'sh', '-c', 'exec "$@" >"$0" 2>&1', "$less/output", @command;
    is $failed, 0, $claim or die read_file("$less/output");
    return;
}

# An object of the other build is taken if none of these headers went into it. So only the other files
# are compiled, with headers that stop the compiler.
sub take {
    my ($list) = @_;
    my ($dir, $name) = $list =~ m{^(.*)/\.deps/([^/]+)\.Po$} or return;
    return if read_file("$build/$list") =~ m{/(?:$a_header)\.h\b};
    my $object = "$dir/$name.o";
    return unless -e "$build/$object";
    make_path("$less/$dir");
    write_file("$less/$object", read_file("$build/$object"));
    utime((stat "$build/$object")[9, 9], "$less/$object");
    return;
}

make_path("$less/absent");
write_file("$less/absent/$_.h", "#error this build has no $_.h\n") for @headers;
succeeds('configure takes --without-hiredis, --without-jansson and --without-ldap',
    'sh', '-ec', <<'SH', $less, $build, $top);
cd "$0"
absent=$0/absent
eval "set -- '$2' $("$1/config.status" --config)"
configure=$1/configure
shift
exec "$configure" "$@" -q --disable-dependency-tracking --without-hiredis --without-jansson \
    --without-ldap CPPFLAGS="-I$absent"
SH
find({ no_chdir => 1, wanted => sub { take('.' . substr $_, length $build) if /\.Po$/ } },
    grep { -d } "$build/.deps", "$build/modules", "$build/tools");
succeeds('the module and the tool are built without the headers of these libraries',
    'make', '-s', '-j4', '-C', $less, 'mod_clientcert.so', 'clientcert');
for my $file ('mod_clientcert.so', 'clientcert') {
    my (undef, $dynamic) = run_command('', 'readelf', '-d', "$less/$file");
    like $dynamic, qr/NEEDED.*libcrypto/, "$file needs its other libraries";
    unlike $dynamic, qr/NEEDED.*(?:$a_header)/, 'and none of these';
}
$ENV{CC_MODULE} = "$less/mod_clientcert.so";

# ---- a server

my %site = (
    lacking => 1,
    modules => ['headers', 'mime'],
    files   => {
        'conf/people'           => "alice\@example.com admin\n",
        'htdocs/admin'          => "for administrators\n",
        'htdocs/file.who'       => "a file\n",
        'htdocs/page/.htaccess' => "SetHandler clientcert-status\n",
    },
);
my $host = <<'CONF';
<Directory @ROOT@/htdocs>
    AllowOverride FileInfo
</Directory>
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    ClientCertTable people file:conf/people
    ClientCertMap issuer.CN == "Staff CA" san.email in people user=%{san.email|local} group=$1
    AddHandler clientcert-status .who
    Header always set X-User "expr=%{REMOTE_USER}"
    <Location "/admin">
        Require clientcert-group admin
    </Location>
    <Location "/metrics">
        SetHandler clientcert-metrics
    </Location>
    @MORE@
</VirtualHost>
CONF
sub host { my ($more) = @_; return $host =~ s/\@MORE\@/$more/r }

my $h = ClientCert::Test->server(%site, conf => host(''));
my $r = $h->get('/admin', cert => 'alice');
is $r->{body}, "for administrators\n", 'a rule gives a group, and Require admits it';
is $r->{headers}{'x-user'}, 'alice', 'and a user';
is $h->get('/admin', cert => 'bob')->{status}, 403, 'Require refuses a client without the group';
is $h->get('/admin')->{status}, 403, 'and one without a certificate';
like $h->get('/metrics')->{body}, qr/^# TYPE clientcert_/m, 'the metrics are served';

$h->mark_log;
$r = $h->get('/file.who', cert => 'alice');
is $r->{status}, 501, 'a handler of a page that AddHandler chose is answered with 501';
unlike $r->{body}, qr/a file/, 'and not with the file';
ok $h->wait_log(qr/CC0291: 501: this mod_clientcert was built without Jansson/, 10), 'the log says why';
is $h->get('/page/', cert => 'alice')->{status}, 500, 'SetHandler in .htaccess is an error';
ok $h->wait_log(qr{page/\.htaccess: CC0290: }, 10), 'which the log explains';
announce('AH01630', 'CC0110', 'CC0290', 'CC0291');

# ---- what is refused at start

my $rule = 'ClientCertMap subject.CN in x group=x';

for (
    ['CC0268', 'ldap:',  "ClientCertTable x ldap://ldap.example/o=x?uid?sub?(uid=%s)\n$rule"],
    ['CC0646', 'redis:', "ClientCertTable x redis:127.0.0.1:6379/x:\n$rule"],
    ['CC0290', 'clientcert-status', "<Location /who>\nSetHandler clientcert-status\n</Location>"],
    ['CC0290', 'clientcert-ledger', "<Location /who>\nSetHandler clientcert-ledger\n</Location>"],
    ['CC0269', 'a SPIFFE bundle',   'ClientCertCA conf/bundle.json'],
) {
    my ($tag, $what, $line) = @$_;
    my ($exit, $said) = ClientCert::Test->configtest(%site, conf => host($line),
        files => { %{ $site{files} }, 'conf/bundle.json' => '{"keys": []}' });
    isnt $exit, 0, "$what stops the start";
    like $said, qr/\b$tag: .*built without (?:libldap|hiredis|Jansson)/, "with $tag, which names the library";
}

# ---- the tool

sub tool { return run_command('', "$less/clientcert", @_) }

my $alice = $h->ca . '/alice.pem';
for (['explain', $alice], ['rules'], ['check'], ['revoked', $alice], ['table', 'people'], ['trust'],
    ['replay', $alice], ['diff', $alice]) {
    my ($exit, undef, $error) = tool(@$_);
    is $exit, 2, "clientcert $_->[0] fails";
    like $error, qr/CC0568: "$_->[0]": this clientcert was built without Jansson/, 'and says why';
}
like [tool('show', '--json', $alice)]->[2], qr/CC0568: "--json"/, 'so does show --json';
my ($exit, $output) = tool('show', $alice);
is $exit, 0, 'show prints text';
like $output, qr/^ClientCertMap issuer == .* user=.*^san\.email == /ms, 'with a rule and the fields';
like [tool('message', 'CC0568')]->[1], qr/--without-jansson/, 'message explains a message';

my @likely_mistake = (%site, conf => host("<Location /a>\nRequire ssl-verify-client\n</Location>"));
like [ClientCert::Test->configtest(@likely_mistake)]->[1], qr/CC0737: /, 'lint reports likely mistakes';
{
    local $ENV{CLIENTCERT_QUESTION} = $less;
    like [ClientCert::Test->configtest(@likely_mistake)]->[1], qr/CC0569: .*built without Jansson/,
        'the module tells a tool with JSON that it cannot answer';
}

done_testing;
