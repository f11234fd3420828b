# SPDX-License-Identifier: Apache-2.0
# Tests that the module changes nothing and logs nothing where no directive uses it.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Session;


# A host without the module: it accepts an unverified certificate, and a section requests one late.
my $others = <<'CONF';
    SSLVerifyClient optional_no_ca
    <Location "/late">
        SSLVerifyClient require
    </Location>
    <Location "/closed">
        Require all denied
    </Location>
CONF

# What the back end, here a CGI program, receives.
sub given {
    my ($h, %o) = @_;
    return $h->cgi_env($h->get('/cgi-bin/env', headers => ['ClientCert-User: root'], %o));
}

# ---- no host uses the module ---------------------------------------------------------------------

for my $store (session_stores()) {
    my $h = ClientCert::Test->server(global => session_conf($store), cgi => 1, conf => <<"CONF");
LogLevel clientcert:trace8
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
$others
</VirtualHost>
CONF
    for my $tls ('1.2', '1.3') {
        my $first = full($h, '/', cert => 'stranger', tls => $tls);
        is $first->{status}, 200, "$store, TLS $tls: a certificate of another CA is let in";
        ok resumed($h, $first, '/', tls => $tls)->{reused}, 'and its session is resumed';
    }
    is given($h)->{HTTP_CLIENTCERT_USER}, 'root', 'headers are left as they came';
    announce('AH01630');
    is $h->get('/closed')->{status}, 403, 'what is closed is closed';
    announce('AH02261', qr/SSL Library Error/);
    $h->get('/late', cert => 'stranger', curl => ['--tls-max', '1.2']);
    ok $h->reload, 'a graceful restart';
    is_deeply [$h->log_lines(qr/ CC\d{4}: /)], [], 'no line of the log is ours';
    $h->stop;
}

# ---- another host uses it ------------------------------------------------------------------------

for my $first_is_ours (0, 1) {
    my $ours = <<'CONF';
<VirtualHost *:@PORT@>
    ServerName a.example
    @SSL:a.example@
    SSLVerifyClient optional_no_ca
    ClientCertMap san.email == "alice@example.com" user=alice
</VirtualHost>
CONF
    my $theirs = <<"CONF";
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
$others
</VirtualHost>
CONF
    my @hosts = $first_is_ours ? ($ours, $theirs) : ($theirs, $ours);
    my $h     = ClientCert::Test->server(
        global => session_conf('tickets'), cgi => 1, conf => join '', @hosts);
    my $name = $first_is_ours ? 'the first host uses it' : 'the second host uses it';

    for my $tls ('1.2', '1.3') {
        my $first = full($h, '/', cert => 'stranger', tls => $tls);
        ok resumed($h, $first, '/', tls => $tls)->{reused}, "$name: TLS $tls: the other resumes";
        my $own = full($h, '/', cert => 'stranger', tls => $tls, host => 'a.example');
        ok !resumed($h, $own, '/', tls => $tls, host => 'a.example')->{reused},
            'which that host itself does not';
    }
    is given($h)->{HTTP_CLIENTCERT_USER}, undef,
        'clients of the other host cannot forge an identity: both hosts may share a back end';
    announce('AH01630');
    is $h->get('/closed', cert => 'alice')->{status}, 403, 'a certificate opens nothing there';
    is_deeply [grep { !/host=a\.example|CC0111/ } $h->log_lines(qr/ CC\d{4}: /)], [],
        'the log has no other line about the other host';
    is given($h, host => 'a.example')->{HTTP_CLIENTCERT_USER}, undef,
        'nor can clients of the host that uses the module';
    announce('CC0104');
    $h->stop;
}

# ---- what counts as use --------------------------------------------------------------------------

my %use = (
    'Require clientcert in a section'    => qq{<Location "/x">\nRequire clientcert\n</Location>},
    'an expression'                      => qq{Header set X "expr=%{clientcert:user}"},
'a variable of the module in a header' => qq{RequestHeader set X "%{CLIENTCERT_USER}e"},
'a handler of the module'              => qq{<Location "/x">\nSetHandler clientcert-status\n</Location>},
'an AuthType of the module'            => qq{<Location "/x">\nAuthType ClientCert\n</Location>},
    '.htaccess, which may have anything' => qq{<Location "/x">\nRequire all granted\n</Location>
                                               <Directory "\@ROOT\@/htdocs">\nAllowOverride AuthConfig\n</Directory>},
    'an expression that joins texts'     => qq{<If "'x'.clientcert('user') == 'xalice'">\nHeader set X 1\n</If>},
    'a name that a variable gives'       => qq{Define WHO client\nHeader set X "expr=%{\${WHO}cert:user}"},
    'a macro'                            => qq{<Macro Who \$who>\nHeader set X "expr=%{client\$who:user}"\n</Macro>\nUse Who cert},
    'an alias of an authorization'       => qq{<Location "/x">\nRequire staff\n</Location>},
    'a section in a section'             => qq{<Directory "\@ROOT\@/htdocs">\n<If "true">\nRequire clientcert\n</If>\n</Directory>},
    'pages with expressions'             => qq{<Directory "\@ROOT\@/htdocs">\nOptions +IncludesNOEXEC\n</Directory>},
    'pages with any option'              => qq{<Directory "\@ROOT\@/htdocs">\nOptions All\n</Directory>},
    'a script, which may have anything'  => qq{LuaRoot "\@ROOT\@"},
);
my $alias = "<AuthzProviderAlias clientcert-group staff staff>\n</AuthzProviderAlias>\n";
for my $what (sort keys %use) {
    my $h = ClientCert::Test->server(
        modules => ['headers', 'macro', 'lua'],
        cgi     => 1,
        global  => $what =~ /alias/ ? $alias : '',
        conf    => <<"CONF");
<VirtualHost *:\@PORT\@>
    ServerName localhost
    \@SSL\@
    SSLVerifyClient optional
    $use{$what}
</VirtualHost>
CONF
    is given($h)->{HTTP_CLIENTCERT_USER}, undef, "$what is use: no client can forge an identity";
    $h->stop;
}

# ---- a page uses it ------------------------------------------------------------------------------

my $h = ClientCert::Test->server(
    modules => ['include', 'filter'],
    files   => { 'htdocs/page' => <<'PAGE' },
<!--#if expr="clientcert('subject.CN') == 'alice'" -->alice<!--#else -->somebody<!--#endif -->
PAGE
    conf => <<'CONF');
<VirtualHost *:@PORT@>
    ServerName localhost
    @SSL@
    SSLVerifyClient optional
    <Directory "@ROOT@/htdocs">
        Options +Includes
        SetOutputFilter INCLUDES
    </Directory>
</VirtualHost>
CONF
like $h->get('/page', cert => 'alice')->{body}, qr/alice/, 'an expression of a page knows its client';
like $h->get('/page', cert => 'bob')->{body}, qr/somebody/, 'and no other';

done_testing;
