# SPDX-License-Identifier: Apache-2.0
# Tests what clientcert-status adds for people who need help: a text and a link of the administrator,
# ServerAdmin, and the CAs that the server accepts.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Page;

my $h = ClientCert::Test->server(
    files => {
        'htdocs/private/page'   => "private\n",
        'htdocs/own/page'       => "own\n",
        'htdocs/files/page'     => "page\n",
        'htdocs/files/.htaccess' => qq{ClientCertStatusText "Files <are> here"\n},
        'htdocs/wrong/page'     => "page\n",
        'htdocs/wrong/.htaccess' => "ClientCertStatusText x javascript:alert(1)\n",
    },
    conf => <<'CONF');
ServerAdmin you@example.com
<Directory @ROOT@/htdocs>
    AllowOverride FileInfo
</Directory>
<VirtualHost *:@PORT@>
    ServerName  localhost
    ServerAdmin certificates@example.com
    @SSL@
    SSLVerifyClient optional
    ClientCertMap subject.CN == "nobody" user=nobody
    ClientCertStatusText "How to get a certificate" "https://intranet.example.com/?a=1&b='2'"
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    ErrorDocument 403 /whoami
    <Location "/private">
        Require clientcert-user nobody
    </Location>
    <Location "/files">
        Require clientcert-user nobody
    </Location>
    <Location "/own">
        Require clientcert-user nobody
        ClientCertStatusText "Ask the \"board\" é & co.:" mailto:board@example.com "write <us>"
    </Location>
    <Location "/plain">
        SetHandler clientcert-status
        ClientCertStatusText None
    </Location>
</VirtualHost>
<VirtualHost *:@PORT2@>
    ServerName  localhost
    @SSL@
    SSLVerifyClient optional
    SSLCADNRequestFile @CA@/root.pem
    <Location "/whoami">
        SetHandler clientcert-status
    </Location>
    ClientCertStatusRules Off
</VirtualHost>
CONF
announce('CC0110', 'CC0735', 'AH01630', 'CC0193', 'AH00524');

sub both {
    my ($path, %o) = @_;
    my $json = json($h->get($path, headers => ['Accept: application/json'], %o));
    my $got  = $h->get($path, %o);
    my $page = page($got);
    is_deeply [missing($page, $json)], [], "$path: the page has every text of the JSON";
    return ($json, $page, $got->{body});
}

# ---- the administrator's text

my ($json, $page, $body) = both('/whoami');
my $url = q{https://intranet.example.com/?a=1&b='2'};
is_deeply $json->{help}, { text => 'How to get a certificate', url => $url, link => undef },
    'ClientCertStatusText is part of the document';
like $body, qr{<p><a href="https://intranet\.example\.com/\?a=1&amp;b='2'">How to get a certificate</a></p>},
    'and its text is the link';
($json, $page, $body) = both('/private/page', cert => 'alice');
is $json->{help}{text}, 'How to get a certificate', 'it is also on the page of a refusal';
($json, $page, $body) = both('/own/page', cert => 'alice');
is_deeply $json->{help}, { text => qq{Ask the "board" \x{e9} & co.:}, url => 'mailto:board@example.com',
    link => 'write <us>' }, 'the text of the request that failed takes precedence';
like $body, qr{<p>Ask the &quot;board&quot; \S+ &amp; co\.: <a href="mailto:board\@example\.com">write &lt;us&gt;</a></p>},
    'a text may be followed by a link; both are escaped';
($json, $page, $body) = both('/plain');
is $json->{help}, undef, 'None removes that of the server';
is json($h->get('/files/page', headers => ['Accept: application/json']))->{help}{text},
    'Files <are> here', 'a .htaccess file may have its own';
is $h->get('/wrong/page')->{status}, 500, 'but no link that runs code';

for (['a javascript:x', 'CC0193: "javascript:x": write a URL'], ['a /x ""', 'CC0194: "": it is empty'], ['a /x b c', 'takes one, two or three arguments'],
    ['""', 'takes one, two or three arguments']) {
    my ($words, $error) = @$_;
    my ($exit, $output) = ClientCert::Test->configtest(conf => "ClientCertStatusText $words\n");
    like "$exit $output", qr/^[^0].*\Q$error\E/s, "ClientCertStatusText $words: an error at the start";
}

# ---- the administrator

($json) = both('/whoami');
is_deeply $json->{contact}, { text => 'certificates@example.com', url => 'mailto:certificates@example.com' },
    'ServerAdmin is the contact';
is json($h->get('/whoami?format=json', port => 2))->{contact}, undef,
    'but not the one of the example configuration of httpd';

# ---- the issuers

is_deeply [sort @{ $json->{issuers}{names} }], ['Root CA, Example', 'Services CA, Example', 'Staff CA, Example'],
    'without a certificate: the CAs that the server accepts';
is $json->{issuers}{more}, undef, 'all of them';
is json($h->get('/whoami?format=json', cert => 'alice'))->{issuers}, undef,
    'which are not shown to a client whose certificate is accepted';
like join('|', @{ json($h->get('/whoami?format=json', port => 2))->{issuers}{names} }),
    qr/^Root CA, Example$/, 'those of SSLCADNRequestFile, if that is set';

done_testing;
