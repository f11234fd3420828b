# SPDX-License-Identifier: Apache-2.0
# Tests conf/operations/clientcert-crl: which CRLs it accepts, and that the running server follows them.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Command;
use ClientCert::Test::Crl;
use ClientCert::Test::File;
use ClientCert::Test::Identity;
use ClientCert::Test::Machine qw(apxs free_port module_path program top);
use ClientCert::Test::Service;
use ClientCert::Test::Tool;

ClientCert::Test::Service->needed_program($_) for qw(jq curl flock);
announce('CC0106', 'AH02039', qr/SSL Library Error/, qr/AH01626/);

my ($staff, $services, $foreign) = map { ClientCert::Test::Crl->new($_) } qw(staff services foreign);
$staff->revoke('alice');
my $first = $staff->crl(number => 10, from => -7200);

# A host that follows the CRLs, and the web server of the CAs.
my $h = ClientCert::Test->server(
    modules => ['headers'],
    cgi     => 1,
    files   => {
        'crls/staff.crl'  => $first,
        'cgi-bin/endless' => "#!/bin/sh\nprintf 'Content-Type: text/plain\\r\\n\\r\\n'\n"
            . "head -c 300000 /dev/zero 2>/dev/null\n",
    },
    conf => identity_host("ClientCertCRL crls reload=0.1\nClientCertCRLCheck leaf") . <<'CONF');
<VirtualHost *:@PORT2@>
    ServerName ca.example
    Redirect /moved http://127.0.0.1:@PORT2@/staff.crl
    Redirect /elsewhere ftp://127.0.0.1/staff.crl
</VirtualHost>
CONF
chmod 0755, $h->path('cgi-bin/endless');
my $web  = 'http://127.0.0.1:' . $h->port(2);
my $file = $h->path('crls/staff.crl');
my $cas  = $h->ca . '/clients.pem';

local $ENV{CLIENTCERT} = ClientCert::Test::Machine::build() . '/clientcert';
local $ENV{HTTPD}      = httpd_wrapper($h, $h->path('run/httpd'));
local $ENV{MODULES}    = apxs('LIBEXECDIR');
local $ENV{MODULE}     = module_path();
local $ENV{MAX_BYTES}  = 100_000;

our @by;    # the shell, if it is not that of the script

# Runs the script for lines of the list: its exit status, and what it says.
sub run_script {
    my ($lines, @arguments) = @_;
    my $list = $h->file('conf/crls', $lines);
    @arguments = ($list, $cas, $h->path('crls')) if !@arguments;
    my ($exit, $output, $error) = run_command('', @by, top() . '/conf/operations/clientcert-crl', @arguments);
    is $output, '', 'nothing on standard output' if $output ne '';
    return ($exit, $error);
}

sub fetched { my ($url) = @_; return run_script("staff.crl $url\n") }

sub publish { my ($octets) = @_; return replace($h->path('htdocs/staff.crl'), $octets) }

sub is_refused {
    my ($url, $reason, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $before = read_file($file);
    my ($exit, $said) = fetched($url);
    like "$exit $said", qr/\A1 clientcert-crl: staff\.crl: not replaced: [^\n]*$reason[^\n]*\n\z/, $claim;
    return is read_file($file), $before, 'the file stays as it is';
}

sub is_replaced {
    my ($url, $octets, $claim) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply [fetched($url)], [0, "clientcert-crl: staff.crl: replaced\n"], $claim;
    return is read_file($file), $octets, 'with these octets';
}

# ---- a new CRL, and the server that uses it

is_served_to($h->get('/', cert => 'bob'), 'bob', 'bob is not revoked');
$staff->revoke('bob');
my $second = $staff->crl(number => 11, from => -3600);
publish($second);
$h->mark_log;
is_replaced("$web/staff.crl", $second, 'a new CRL replaces the file');
ok $h->wait_log(qr/CC0173: CRLs have changed/, 30), 'the running server loads it';
is $h->get('/', cert => 'bob')->{status}, 0, 'and no longer accepts bob';
is_deeply [fetched("$web/staff.crl")], [0, "clientcert-crl: staff.crl: unchanged\n"],
    'the same CRL again changes nothing';
my $der = $staff->crl(number => 12, from => -1800, form => 'DER');
publish($der);
is_replaced("$web/moved", $der, 'DER, after a redirection');

# ---- what does not replace a file

publish($second);
is_refused("$web/staff.crl", qr/the file in place is newer/, 'an older CRL');
my $next = $staff->crl(number => 13, from => -600);
my %bad  = (
    'a truncated file'         => [substr($next, 0, -60), qr/CC0408: .*no -----END X509 CRL----- line/],
    'a truncated file in DER'  => [substr(der($next), 0, -60), qr/CC0408: .*its end is missing/],
    'an HTML page'             => ["<!DOCTYPE html><title>Moved</title>\n", qr/CC0408: .*contains no CRL/],
    'an empty file'            => ['', qr/it is empty/],
    'a bad signature'          => [damaged($next), qr/CC0411: .*signature/],
    'a CRL of a foreign CA'    => [$foreign->crl, qr/issuer, CN=Staff CA,O=Elsewhere, is not one of the client CAs/],
    'a CRL of another CA'      => [$services->crl, qr/its issuer is not CN=Staff CA,O=Example/],
    'one with a foreign one'   => [$next . $foreign->crl, qr/O=Elsewhere, is not one of the client CAs/],
    'a CRL that has expired'   => [$staff->crl(number => 14, from => -600, until => -60), qr/it expired at 20/],
    'a CRL that begins later'  => [$staff->crl(number => 15, from => 7200), qr/it is not in effect before 20/],
    'a file that is too large' => [$next . '#' x 100_000, qr/it is larger than 100000 bytes/],
);
for my $claim (sort keys %bad) {
    publish($bad{$claim}[0]);
    is_refused("$web/staff.crl", $bad{$claim}[1], $claim);
}
is_refused("$web/cgi-bin/endless", qr/it is larger than 100000 bytes/, 'a response without a length');
is_refused("$web/none", qr/curl: .*404/, 'an error of the web server');
is_refused("$web/elsewhere", qr/curl: .*[Pp]rotocol/, 'a redirection to another protocol');
is_refused('http://127.0.0.1:' . free_port() . '/', qr/curl: .*connect/, 'a web server that does not run');
is_deeply [grep { !/^staff\.crl$|^\.(?:lock|\.?)$/ } do { opendir my $d, $h->path('crls'); readdir $d }], [],
    'no other file is left in the directory';
ok !$h->log_lines(qr/CC0174/), 'and the server has seen no bad file';

# ---- files that are damaged, missing, or several

publish($next);
write_file($file, "damaged\n");
announce('CC0174');
is_replaced("$web/staff.crl", $next, 'a damaged file is replaced');
my $new = $staff->crl(number => 16, from => -60);
publish($new);
is_deeply [run_script("# all CAs\n\nbad.crl $web/none\nstaff.crl $web/staff.crl\n")],
    [1, "clientcert-crl: bad.crl: not replaced: curl: (22) The requested URL returned error: 404\n"
        . "clientcert-crl: staff.crl: replaced\n"], 'one that fails does not keep the others from it';
unlink $file;
is_deeply [run_script("staff.crl $web/staff.crl")], [0, "clientcert-crl: staff.crl: replaced\n"],
    'a file that was missing, and a list without a newline at its end';

# ---- several CAs in a file, and the issuer that a line may require

my $both = $staff->crl(number => 18, from => -50) . $services->crl(number => 5, from => -50);
publish($both);
is_refused("$web/staff.crl CN=Staff CA,O=Example", qr/its issuer is CN=Services CA,O=Example, not CN=Staff CA/,
    'a file that has a CRL of another issuer too');
is_replaced("$web/staff.crl", $both, 'two CAs in a file');
my $one_new = $staff->crl(number => 19, from => -40) . ($both =~ /(-----BEGIN X509 CRL(?:(?!-----BEGIN).)*)\z/s)[0];
publish($one_new);
is_replaced("$web/staff.crl", $one_new, 'a new CRL of one of them, and the same CRL of the other');
publish($staff->crl(number => 20, from => -30));
is_refused("$web/staff.crl", qr/its issuer is not CN=Services CA/, 'a file that lacks one of them');

# ---- a CRL with another scope, which would let an older one follow

unlink $file;
my $full = $staff->crl(number => 21, from => -60);
publish($full);
is_replaced("$web/staff.crl CN=Staff CA,O=Example", $full, 'a CRL with the issuer that the line requires');
publish($staff->crl(number => 22, from => -30,
    extensions => "issuingDistributionPoint = critical, \@idp\n[idp]\nonlyCA = TRUE\n"));
is_refused("$web/staff.crl", qr/its key or scope is not that of the CRL of CN=Staff CA,O=Example/,
    'a CRL for CA certificates only');

# ---- a check that fails

publish($staff->crl(number => 23, from => -20));
my %failing = (
    'is killed'            => 'kill -KILL $$',
    'says nothing'         => 'exit 2',
    'ends with blank line' => 'printf "CC0408: bad\n\n" >&2; exit 2',
    'succeeds, says nothing' => 'exit 0',
);
for my $shell (['sh'], ['bash', '--posix']) {
    for my $how (sort keys %failing) {
        local $ENV{CLIENTCERT} = $h->file('run/failing', "#!/bin/sh\n$failing{$how}\n");
        chmod 0755, $ENV{CLIENTCERT};
        local @by = @$shell;
        is_refused("$web/staff.crl", qr/the check failed|Killed/, "@$shell: clientcert $how");
    }
}

# ---- what the script does not accept

my $lists = qr{\A2 clientcert-crl: \S+/conf/crls:1: };
for ("../x $web/a", ".x $web/a", "-x $web/a", "x.tmp $web/a", "x/y $web/a") {
    like join(' ', run_script("$_\n")), qr/$lists.*name/, "a bad name of a file: $_";
}
like join(' ', run_script("a $_\n")), qr/$lists.*URL/, "a bad URL: $_" for 'file:///etc/passwd', '-K/x', '';
like join(' ', run_script('', $h->path('conf/crls'), $cas)), qr/\A2 .*usage: /, 'too few arguments';
like join(' ', run_script('', '/none', $cas, $h->path('crls'))), qr/\A2 .*does not exist/, 'no list';
open my $lock, '>', $h->path('crls/.lock') or die "$!\n";
flock $lock, 2;
like join(' ', fetched("$web/staff.crl")), qr/\A2 .*another run .* has not ended/, 'a second run';

done_testing;
