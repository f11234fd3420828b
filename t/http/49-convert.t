# SPDX-License-Identifier: Apache-2.0
# Tests that clientcert convert keeps the meaning of each kind of mapping, for all test certificates:
# that of mod_ssl by mod_ssl itself, that of other products as this test computes it.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::File;
use ClientCert::Test::Tool;

use File::Basename qw(basename);
use File::Temp ();
use JSON::PP ();

my $ca  = ClientCert::Test->ca;
my $tmp = File::Temp->newdir;
my $issuer = 'CN=Staff CA,O=Example';

# ---- the certificates, as other products see them

# By its name: the subject in the slash form and by RFC 2253, and its CNs in their order.
sub subject {
    my ($name, @options) = @_;
    my $text = qx(openssl x509 -in '$ca/$name.pem' -noout -subject -nameopt '@options');
    return $text =~ s/\Asubject=//r =~ s/\n\z//r;
}
my %certs;
for my $file (glob "$ca/*.pem") {
    my $name = basename($file, '.pem');
    my $lines = subject($name, 'sep_multiline,utf8,sname,esc_ctrl');
    $certs{$name} = {
        slash  => subject($name, 'compat'),
        rfc    => subject($name, 'RFC2253'),
        issuer => scalar(qx(openssl x509 -in '$file' -noout -issuer -nameopt RFC2253)),
        cns    => [map { s/\\\\/\\/gr } $lines =~ /^    (?:.* \+ )?CN=(.*?)(?: \+ .*)?$/mg],
    };
}
my @names = sort keys %certs;
cmp_ok scalar @names, '>', 40, 'there are certificates';

# Values that rules do not use, or that look like other names: no identity is right for them.
my %hostile = map { $_ => 1 } qw(bmp-cn newline-cn nul-cn slash-cn);

# ---- the conversions

# The output of a conversion, the numbers of the lines that it left out, and its exit status.
sub convert {
    my ($kind, $input, @options) = @_;
    my $said = tool('convert', $kind, '--issuer', $issuer, @options, write_file("$tmp/input", $input));
    my @left = $said->{output} =~ /^# CC0550: line (\d+) is not converted: /mg;
    is $said->{exit}, @left ? 1 : 0, "$kind: the exit status shows whether a line was left out";
    is scalar(() = $said->{error} =~ /^clientcert: CC0550: /mg), scalar @left, 'which is reported';
    return ($said->{output}, @left);
}

# The directives of a conversion. Those for a table are comments, which say where it is saved.
sub directives {
    my ($output) = @_;
    return join "\n", $output =~ /^(ClientCertMap .*|<.*|.*Require clientcert.*)$/mg
        unless $output =~ /^# Save it as (\S+), /m;
    return join "\n", $output =~ /^#   (ClientCert.*)$/mg;
}

# By the name of each certificate, the user that the converted rules give.
sub users {
    my ($title, $output) = @_;
    my ($path) = $output =~ /^# Save it as (\S+), /m;
    my $site = site(
        files => { $path ? ($path => $output) : () },
        conf  => "<VirtualHost *:\@PORT\@>\nServerName localhost\n\@SSL\@\nSSLVerifyClient optional\n"
            . directives($output) . "\n</VirtualHost>\n");
    my $check = ask($site, 'check');
    is $check->{output}, "0 findings; 0 tests, 0 failed\n", "$title: check reports no mistake";
    my $said = ask($site, 'explain', '--json', map { "$ca/$_.pem" } @names);
    my @answers = map { JSON::PP->new->decode($_) } split /\n/, $said->{output};
    is scalar @answers, scalar @names, 'and explain has an answer for each certificate' or diag $said->{error};
    return { map { ($names[$_] => $answers[$_]{verdict}{user}) } 0 .. $#answers };
}

# Compares the users with what the other product gives. Only certificates of this CA have one here.
# Other products read some names wrongly: to those in %$odd, the rules may give no user, or their own
# attribute, but never what belongs to another.
sub same {
    my ($title, $output, $meant, $odd) = @_;
    my $users = users($title, $output);
    my @different;
    for my $name (@names) {
        my $user = $users->{$name};
        my $right = $certs{$name}{issuer} =~ /=\Q$issuer\E$/ ? $meant->{$name} : undef;
        next if $odd->{$name} && (!defined $user || grep { $_ eq $user } @{ $certs{$name}{cns} });
        $right = undef if defined $right && $right eq '';
        push @different, "$name: " . ($user // 'none') . ', not ' . ($right // 'none')
            if ($user // "\0") ne ($right // "\0");
    }
    is_deeply \@different, [], 'and the users are the same';
    return grep { defined } values %$users;
}

my $right = ':xxj31ZMTZzkVA';
my @listed = grep { $certs{$_}{slash} && $_ ne 'bob' } @names;
my %line;
$line{ $certs{$_}{slash} } //= $_ for @listed;    # subjects that several certificates have
@listed = sort { $a cmp $b } values %line;
my ($output, @left) = convert('fakebasicauth', join '', map { "$certs{$_}{slash}"
    . ($_ eq 'service' ? ':$apr1$abcdefgh$0123456789012345678901' : $right) . "\n" } @listed);
my %left = map { $listed[$_ - 1] => 1 } @left;
is join(' ', sort keys %left), 'newline-cn nul-cn service', 'only lines without a client are left out';
my %meant = map { $_ => $line{ $certs{$_}{slash} } && $_ ne 'bob' ? $certs{$_}{slash} : undef } @names;
delete $meant{$_} for 'service', grep { $_ ne 'bob' && $certs{$_}{slash} eq $certs{service}{slash} } @names;
cmp_ok scalar(same('FakeBasicAuth', $output, \%meant, \%hostile)), '>', 10, 'of which there are some';

($output, @left) = convert('gridmap', join '', map { '"' . ($certs{$_}{slash} =~ s/(["\\])/\\$1/gr) . "\" $_\n" } @listed);
%meant = map { $_ => $line{ $certs{$_}{slash} } } @names;
is join(' ', map { $listed[$_ - 1] } @left), 'escape-cn filter-cn newline-cn nul-cn slash-cn', 'only lines without a client are left out';
delete @meant{ 'filter-cn', 'escape-cn' };    # a wildcard; a backslash that a reader takes for an escape
cmp_ok scalar(same('grid-mapfile', $output, \%meant, \%hostile)), '>', 10, 'of which there are some';

# ---- HAProxy: the first CN

my $cn = sub { $certs{ $_[0] }{cns}[0] };
my %map = (alice => 'Alice A', 'two-cn' => 'two', admin => 'root', 'a,CN=admin' => 'odd,one');
($output) = convert('haproxy-str', join('', map { "$_ $map{$_}\n" } grep { !/ / } sort keys %map), '--field', 'subject.CN');
%meant = map { $_ => $map{ $cn->($_) // '' } } @names;
cmp_ok scalar(same('map_str', $output, \%meant, { %hostile })), '>=', 4, 'of which there are some';

my @beginnings = (['a', 'a user'], ['al', 'al'], ['alice', ''], ['two-', '$1 %{x}'], ['b', 'b']);
($output) = convert('haproxy-beg', join('', map { "$_->[0] $_->[1]\n" } @beginnings), '--field', 'subject.CN');
for my $name (@names) {
    my ($longest) = sort { length $b->[0] <=> length $a->[0] }
        grep { index($cn->($name) // '', $_->[0]) == 0 } @beginnings;
    $meant{$name} = $longest ? $longest->[1] : undef;
}
cmp_ok scalar(same('map_beg', $output, \%meant, \%hostile)), '>', 3, 'of which there are some';

my @patterns = (['^al', 'begins'], ['e$', 'ends'], ['^bob$', ''], ['o', 'contains'], ['d.*n|^s', 'or']);
($output) = convert('haproxy-reg', join('', map { "$_->[0] $_->[1]\n" } @patterns), '--field', 'subject.CN');
for my $name (@names) {
    my ($first) = grep { ($cn->($name) // '') =~ /$_->[0]/ } @patterns;
    $meant{$name} = $first ? $first->[1] : undef;
}
cmp_ok scalar(same('map_reg', $output, \%meant, \%hostile)), '>', 5, 'of which there are some';

# ---- nginx: texts first, regardless of case, then patterns in their order

sub nginx {
    my ($text, $literals, @regexes) = @_;
    my ($equal) = grep { lc $_ eq lc $text } keys %$literals;
    return $literals->{$equal} if defined $equal;
    for my $regex (@regexes) {
        my ($pattern, $value) = @$regex;
        next unless $text =~ $pattern;
        my $captured = $+{u};
        return $value eq '$u' ? $captured : $value;
    }
    return;
}

# Names that nginx writes with escapes, or with two attributes in one RDN: its text is cut or split.
my %escaped = (%hostile, map { $_ => 1 } grep { $certs{$_}{rfc} =~ /[\\+]/ } @names);
my @maps = (
    ['$ssl_client_s_dn', 'rfc', { 'cn=ALICE,ou=admins,ou=staff,o=Example' => 'literal', 'CN=admin,O=Example' => '' },
        [qr/,OU=staff,O=Example$/, 'staff'], [qr/CN=ad/, 'ad'], [qr/CN=(?<u>[^,]+)/, '$u']],
    ['$ssl_client_s_dn', 'rfc', {}, [qr/^(.*,)?CN=(?<u>[^,]+)/, '$u']],
    ['$ssl_client_s_dn', 'rfc', {}, [qr/(^|,)OU=staff(,|$)/, 'one'], [qr/OU=(?<u>[^,]+)/, '$u']],
    ['$ssl_client_s_dn_legacy', 'slash', { '/O=EXAMPLE/OU=staff/CN=bob' => 'bobby' },
        [qr{^.*/CN=(?<u>[^/]+)}, '$u']],
    ['$ssl_client_s_dn_legacy', 'slash', {}, [qr{/CN=(?<u>[^/]+)}, '$u']],
);
for my $map (@maps) {
    my ($source, $form, $literals, @regexes) = @$map;
    my $text = "map $source \$user {\n    default \"\";\n" . join('', map { "    \"$_\" \"$literals->{$_}\";\n" } sort keys %$literals)
        . join('', map { '    "~' . ("$_->[0]" =~ s/^\(\?\^:(.*)\)$/$1/r) . "\" $_->[1];\n" } @regexes) . "}\n";
    ($output, @left) = convert('nginx', $text);
    is "@left", '', "a map on $source: all of it is converted";
    %meant = map { $_ => scalar nginx($certs{$_}{$form}, $literals, @regexes) } @names;
    my %odd = $form eq 'rfc' ? %escaped : (%hostile, map { $_ => 1 } grep { $certs{$_}{slash} =~ /[\\+]/ } @names);
    cmp_ok scalar(same("nginx, $source", $output, \%meant, \%odd)), '>', 3, 'of which there are some';
}

# ---- SSLRequire and Require expr: mod_ssl decides itself

my @expressions = (
    'SSLRequire %{SSL_CLIENT_S_DN_OU} eq "staff"',
    'SSLRequire %{SSL_CLIENT_S_DN_CN} in {"alice", "two-cn", "a,CN=admin", "a\"b"}',
    'SSLRequire not (%{SSL_CLIENT_S_DN_CN} in {"alice", "two-cn"}) and %{SSL_CLIENT_VERIFY} eq "SUCCESS"',
    'SSLRequire %{SSL_CLIENT_S_DN_CN} =~ /^a.+e$/ or %{SSL_CLIENT_S_DN_CN} =~ m#B.B#i',
    'SSLRequire %{SSL_CLIENT_VERIFY} eq "SUCCESS" and %{SSL_CLIENT_S_DN_CN} !~ m/a/',
    'SSLRequire %{SSL_CLIENT_S_DN_CN} =~ /^(ALICE|Two-.*)$/i',
    'SSLRequire %{SSL_CLIENT_S_DN} eq "CN=bob,OU=staff,O=Example"',
    'SSLRequire %{SSL_CLIENT_S_DN} in {"CN=bob,OU=staff,O=Example", "CN=admin,O=Example"}',
    'SSLRequire %{SSL_CLIENT_S_DN_OU} ne "" && %{SSL_PROTOCOL} == "TLSv1.3"',
    'SSLRequire %{SSL_CLIENT_S_DN_OU} eq "" and %{SSL_CLIENT_S_DN_O} ne ""',
    'SSLRequire %{SSL_CLIENT_I_DN_CN} eq "Staff CA" and not (%{SSL_CLIENT_S_DN_CN} eq "alice" or %{SSL_CLIENT_S_DN_OU} eq "x")',
    "SSLRequire %{SSL_CLIENT_M_SERIAL} eq \"@{[qx(openssl x509 -in '$ca/alice.pem' -noout -serial) =~ /=(\w+)/]}\"",
    q(Require expr "%{SSL_CLIENT_VERIFY} == 'SUCCESS' && (%{SSL_CLIENT_S_DN_CN} != 'alice' || %{SSL_CLIENT_S_DN_OU_0} == 'admins')"),
    'Require ssl-verify-client',
);
my @sections;
for my $i (0 .. $#expressions) {
    my $said = tool('convert', 'sslrequire', write_file("$tmp/input", "$expressions[$i]\n"));
    is $said->{exit}, 0, "$expressions[$i]: is converted" or diag $said->{error};
    push @sections, "<Location \"/before$i\">\n$expressions[$i]\n</Location>\n<Location \"/after$i\">\n"
        . directives($said->{output}) . "\n</Location>\n";
}
my $h = ClientCert::Test->server(
    files => { map { ("htdocs/before$_" => "page\n", "htdocs/after$_" => "page\n") } 0 .. $#expressions },
    conf  => "<VirtualHost *:\@PORT\@>\nServerName localhost\n\@SSL\@\nSSLVerifyClient optional\n@sections</VirtualHost>\n");
announce('CC0110', 'CC0722', qr/\[(?:ssl|authz_core):error\]/);
my @clients = qw(alice bob admin service two-cn two-mail multi-rdn comma-cn comma-ou slash-cn empty-cn no-subject long-cn
    sql-cn filter-cn);
my (%admitted, @different);
for my $cert ('', @clients) {
    my @paths = map { ("/before$_", "/after$_") } 0 .. $#expressions;
    my @responses = $h->parallel(\@paths, $cert ? (cert => $cert) : ());
    for my $i (0 .. $#expressions) {
        my ($before, $after) = map { $_->{status} } @responses[2 * $i, 2 * $i + 1];
        $admitted{$i}{$before}++;
        push @different, ($cert || 'no certificate') . ", $expressions[$i]: $before, then $after" if $before != $after;
    }
}
is_deeply \@different, [], 'the converted conditions admit the same clients';
is join(' ', grep { join(' ', sort keys %{ $admitted{$_} }) ne '200 403' } 0 .. $#expressions), '',
    'and each admits some and refuses others';

# ---- the command line

sub says { my $said = tool('convert', @_); return "$said->{exit} $said->{error}" }
like says(), qr/^2 clientcert: CC0551: the kind of the input is missing; the kinds are fakebasicauth, /, 'a kind is needed';
like says('grid'), qr/^2 .*CC0551: "grid": there is no such kind of input; the kinds are .*gridmap\n/, 'that exists';
like says('haproxy-str', "$tmp/input"), qr/^2 .*CC0552: haproxy-str needs --field/, 'a map of HAProxy needs a field';
like says('gridmap', '--field', 'subject.CN'), qr/^2 .*CC0552: "--field": gridmap does not take this option\n/, 'others take none';
like says('sslrequire', '--issuer', 'O=x'), qr/^2 .*CC0552: "--issuer": sslrequire does not take this option: add a condition/, 'conditions take no issuer';
like says('haproxy-str', '--field', 'subject.XX', "$tmp/input"), qr/^2 .*CC0202: "XX": no such attribute/, 'which exists';
like says('gridmap', '--issuer'), qr/^2 .*CC0508: "--issuer": the value is missing/, 'an option has a value';
like says('gridmap', '--issuer', '/O=x', "$tmp/input"), qr/^2 .*CC02\d\d: "\/O=x"/, 'an issuer is a DN';
like says('gridmap', 'a', 'c'), qr/^2 .*CC0506: "c": this command takes no further arguments/, 'one file is read';
like says('gridmap', "$tmp/nowhere"), qr/^2 .*CC0553: ".*nowhere": the input cannot be read: No such file/, 'that exists';
like says('gridmap', $tmp->dirname), qr/^2 .*CC0553: .*directory, not a regular file/, 'and is a file';
like says('gridmap', write_file("$tmp/nul", "/CN=a\0b x\n")), qr/^2 .*CC0553: .*it contains a NUL/, 'of text';
like says('gridmap', write_file("$tmp/empty", "# nothing\n")), qr/^2 .*CC0554: the input contains no line with a subject/, 'of this kind';
open my $in, '<', write_file("$tmp/stdin", "/CN=a x\n") or die;
my $piped = qx('@{[ClientCert::Test::Machine::build()]}/clientcert' convert gridmap - <'$tmp/stdin' 2>/dev/null);
like $piped, qr/^"\/CN=a" "x"$/m, 'or standard input';

done_testing;
