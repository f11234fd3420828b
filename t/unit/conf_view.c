/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what the module derives for each server from the configuration as it was read. */
#include <string.h>

#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/judge.h"
#include "httpd/conf/proxies.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/conf/view.h"
#include "suite.h"

static const cc_conf_view_t *view_of(const char *name)
{
    return cc_conf_view_of(fake.main, name ? fake_host(name) : fake.main);
}

/* A configuration of a host "a" with these lines, and of a main server. */
static const cc_conf_view_t *host_with(const char *main_lines, const char *lines)
{
    fake_configured(apr_pstrcat(fake.pool, main_lines, "\n<VirtualHost *:443>\nServerName a\n",
                                lines, "\n</VirtualHost>\n", NULL));
    return view_of("a");
}

/* ---- servers ----------------------------------------------------------------------------- */

TEST(the_main_server_comes_first_and_then_its_hosts_in_order)
{
    const apr_array_header_t *views;
    const char *names = "";

    fake_configured("ServerName main\n"
                    "<VirtualHost *:443>\nServerName a\n</VirtualHost>\n"
                    "<VirtualHost *:443>\nServerName b\n</VirtualHost>\n"
                    "<VirtualHost *:443>\nServerName c\n</VirtualHost>\n");
    views = cc_conf_views_of(fake.main);
    for (int i = 0; i < views->nelts; i++) {
        const cc_conf_view_t *view = APR_ARRAY_IDX(views, i, const cc_conf_view_t *);

        names = apr_pstrcat(fake.pool, names, view->server->server_hostname, " ", NULL);
        ck_assert_ptr_eq(view->main, APR_ARRAY_IDX(views, 0, const cc_conf_view_t *));
    }
    ck_assert_str_eq(names, "main a b c ");
    ck_assert_ptr_eq(cc_conf_views_of(fake.main), views);
    ck_assert_ptr_eq(view_of("b"), APR_ARRAY_IDX(views, 2, const cc_conf_view_t *));
    ck_assert_ptr_null(cc_conf_view_of(fake.main, (const server_rec *)&views));
}

TEST(a_new_configuration_is_read_anew)
{
    ck_assert_int_eq(host_with("", "SSLEngine on")->tls, CC_TLS_ON);
    ck_assert_int_eq(host_with("", "SSLEngine off")->tls, CC_TLS_OFF);
}

/* Include of one file for two hosts defines both in the same line. */
TEST(hosts_of_one_line_are_told_apart_by_their_order)
{
    fake_configured(
        "@h.conf 1\n<VirtualHost *:443>\nServerName a\nSSLEngine on\n</VirtualHost>\n"
        "@h.conf 1\n<VirtualHost *:443>\nServerName b\nSSLEngine off\n</VirtualHost>\n");
    ck_assert_int_eq(view_of("a")->tls, CC_TLS_ON);
    ck_assert_int_eq(view_of("b")->tls, CC_TLS_OFF);
}

TEST(places_know_the_innermost_section)
{
    const cc_conf_view_t *view =
        host_with("", "SSLEngine on\n<Location /x>\n<RequireAny>\nRequire all granted\n"
                      "</RequireAny>\n</Location>");
    const cc_place_t *places = (const cc_place_t *)view->places->elts;

    ck_assert_int_eq(view->places->nelts, 5);
    ck_assert_str_eq(places[1].directive->directive, "SSLEngine");
    ck_assert_ptr_null(places[1].section);
    ck_assert_str_eq(places[2].directive->directive, "<Location");
    ck_assert_ptr_null(places[2].section);
    ck_assert_str_eq(places[3].section->directive, "<Location");
    ck_assert_str_eq(places[4].directive->directive, "Require");
    ck_assert_str_eq(places[4].section->directive, "<RequireAny");
    ck_assert_ptr_eq(places[4].view, view);
}

/* ---- TLS --------------------------------------------------------------------------------- */

static const struct {
    const char *main, *own;
    cc_tls_t tls;
} engines[] = {
    {"", "", CC_TLS_OFF},
    {"", "SSLEngine on", CC_TLS_ON},
    {"", "sslengine ON", CC_TLS_ON},
    {"", "SSLEngine \"on\"", CC_TLS_ON},
    {"", "SSLEngine off", CC_TLS_OFF},
    {"", "SSLEngine optional", CC_TLS_UNKNOWN},
    {"SSLEngine on", "", CC_TLS_ON},
    {"SSLEngine on", "SSLEngine off", CC_TLS_OFF},
    {"", "SSLEngine on\nSSLEngine off", CC_TLS_OFF},
    {"", "SSLCertificateFile c.pem", CC_TLS_UNKNOWN},
    {"SSLCertificateFile c.pem", "", CC_TLS_UNKNOWN},
    {"", "SSLEngine off\nSSLCertificateFile c.pem", CC_TLS_OFF},
    {"", "<Location />\nSSLEngine on\n</Location>", CC_TLS_OFF},
};

TEST_LOOP(tls_is_on_off_or_unknown, 0, COUNT(engines))
{
    ck_assert_int_eq(host_with(engines[_i].main, engines[_i].own)->tls, engines[_i].tls);
}

static const struct {
    const char *lines;
    bool spoken;
} protocols[] = {
    {"", true},
    {"SSLProtocol all", true},
    {"SSLProtocol all -TLSv1.3", false},
    {"SSLProtocol all -SSLv3", true},
    {"SSLProtocol TLSv1.2", false},
    {"SSLProtocol TLSv1.3", true},
    {"SSLProtocol TLSv1.2 +TLSv1.3", true},
    {"SSLProtocol -all +tlsv1.3", true},
    {"SSLProtocol TLSv1.3 TLSv1.2", false},
    {"SSLProtocol +TLSv1.2", false},
    {"SSLOpenSSLConfCmd Protocol TLSv1.2", false},
    {"SSLProtocol all\nSSLOpenSSLConfCmd MinProtocol TLSv1.2", false},
};

TEST_LOOP(tls_1_3_is_spoken_for_certain_or_not, 0, COUNT(protocols))
{
    ck_assert_int_eq(host_with("", protocols[_i].lines)->tls13, protocols[_i].spoken);
}

TEST(http2_needs_its_module_and_its_name)
{
    ck_assert(!host_with("Protocols h2 http/1.1", "")->http2);
    fake.modules = "mod_ssl.c mod_http2.c";
    ck_assert(host_with("Protocols h2 http/1.1", "")->http2);
    ck_assert(host_with("", "Protocols h2")->http2);
    ck_assert(!host_with("Protocols h2", "Protocols http/1.1")->http2);
    ck_assert(!host_with("", "")->http2);
}

/* ---- clients that are asked -------------------------------------------------------------- */

static const struct {
    const char *mode;
    cc_verify_client_t verify;
} modes[] = {
    {NULL, CC_VERIFY_NONE},           {"none", CC_VERIFY_NONE},
    {"OFF", CC_VERIFY_NONE},          {"optional", CC_VERIFY_OPTIONAL},
    {"Optional", CC_VERIFY_OPTIONAL}, {"optional_no_ca", CC_VERIFY_OPTIONAL},
    {"require", CC_VERIFY_REQUIRE},   {"on", CC_VERIFY_REQUIRE},
};

TEST_LOOP(a_mode_asks_nobody_some_or_all, 0, COUNT(modes))
{
    ck_assert_int_eq(cc_conf_view_verify_client(modes[_i].mode), modes[_i].verify);
}

static const struct {
    const char *main, *own;
    cc_verify_client_t verify;
    bool later, asks;
} asked[] = {
    {"", "", CC_VERIFY_NONE, false, false},
    {"", "SSLVerifyClient optional", CC_VERIFY_OPTIONAL, false, true},
    {"SSLVerifyClient require", "", CC_VERIFY_REQUIRE, false, true},
    {"SSLVerifyClient require", "SSLVerifyClient none", CC_VERIFY_NONE, false, false},
    {"", "<Location />\nSSLVerifyClient require\n</Location>", CC_VERIFY_NONE, true, true},
    {"", "<Location />\nSSLVerifyClient none\n</Location>", CC_VERIFY_NONE, false, false},
    {"", "<If true>\nSSLVerifyClient none\nSSLVerifyClient on\n</If>", CC_VERIFY_NONE, true, true},
    {"<Location />\nSSLVerifyClient require\n</Location>", "", CC_VERIFY_NONE, false, true},
};

TEST_LOOP(it_asks_in_the_handshake_or_for_a_section, 0, COUNT(asked))
{
    const cc_conf_view_t *view =
        host_with(asked[_i].main, apr_pstrcat(fake.pool, "SSLEngine on\n", asked[_i].own, NULL));

    ck_assert_int_eq(view->verify_client, asked[_i].verify);
    ck_assert_int_eq(view->verifies_later, asked[_i].later);
    ck_assert_int_eq(cc_conf_view_ever_verifies(view), asked[_i].asks);
}

/* A host that takes certificates from proxies, by the directive that the record keeps. */
static const cc_conf_view_t *proxied(const char *lines)
{
    static const cc_header_spec_t header = {.name = "Client-Cert"};
    static const cc_proxies_t proxies = {.header = &header};

    fake_configured(apr_pstrcat(fake.pool, "<VirtualHost *:443>\nServerName a\n", lines,
                                "\n</VirtualHost>\n", NULL));
    cc_vhost_conf_of(fake_host("a"))->proxies = &proxies;
    return view_of("a");
}

static const struct {
    const char *lines;
    bool proxied, clients, verifies;
} sources[] = {
    {"SSLVerifyClient require", false, false, false},
    {"SSLEngine on", false, true, false},
    {"SSLEngine on\nSSLVerifyClient require", false, true, true},
    {"SSLEngine off", true, true, true},
    {"SSLEngine on", true, true, true},
};

TEST_LOOP(certificates_come_with_tls_or_from_proxies, 0, COUNT(sources))
{
    const cc_conf_view_t *view =
        sources[_i].proxied ? proxied(sources[_i].lines) : host_with("", sources[_i].lines);

    ck_assert_int_eq(view->takes_forwarded, sources[_i].proxied);
    ck_assert_int_eq(cc_conf_view_has_clients(view), sources[_i].clients);
    ck_assert_int_eq(cc_conf_view_ever_verifies(view), sources[_i].verifies);
}

/* ---- values ------------------------------------------------------------------------------ */

TEST(a_value_is_the_hosts_own_or_the_main_servers)
{
    const cc_conf_view_t *view =
        host_with("SSLCACertificateFile main.pem\nSSLVerifyDepth 3",
                  "SSLCACertificateFile \"a b.pem\"\nsslcacertificatepath  \"dir\" more\n"
                  "<Location />\nSSLVerifyDepth 9\n</Location>");

    ck_assert_pstr_eq(cc_conf_view_value(view, "SSLCACertificateFile", fake.pool), "a b.pem");
    ck_assert_pstr_eq(cc_conf_view_arguments(view, "SSLCACertificatePath"), "\"dir\" more");
    ck_assert_pstr_eq(cc_conf_view_value(view, "SSLCACertificatePath", fake.pool), "dir");
    ck_assert_pstr_eq(cc_conf_view_value(view, "SSLVerifyDepth", fake.pool), "3");
    ck_assert_pstr_eq(cc_conf_view_value(view, "SSLOCSPEnable", fake.pool), NULL);
    ck_assert_pstr_eq(cc_conf_view_value(view->main, "SSLCACertificateFile", fake.pool),
                      "main.pem");
}

TEST(the_name_of_a_directive_may_be_longer_than_any_that_is_asked_for)
{
    char name[80];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert_pstr_eq(
        cc_conf_view_arguments(host_with("", apr_pstrcat(fake.pool, name, " y", NULL)), name),
        NULL);
}

TEST(the_files_of_mod_ssl_are_those_of_its_directives)
{
    const cc_conf_view_t *view =
        host_with("SSLCACertificatePath cas", "SSLCACertificateFile ca.pem\nSSLVerifyDepth 2\n"
                                              "SSLCipherSuite SSL HIGH\nSSLCARevocationFile r.pem");
    cc_trust_files_t files = cc_judge_files(view, fake.pool);

    ck_assert_pstr_eq(files.ca_file, apr_pstrcat(fake.pool, fake.folder, "/ca.pem", NULL));
    ck_assert_pstr_eq(files.ca_path, apr_pstrcat(fake.pool, fake.folder, "/cas", NULL));
    ck_assert_int_eq(files.depth, 2);
    ck_assert_pstr_eq(files.ciphers, "HIGH");
    ck_assert(!files.crl_leaf && !files.crl_chain);
    view = host_with("", "SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256");
    ck_assert_pstr_eq(cc_judge_files(view, fake.pool).ciphers, NULL);
    ck_assert_int_eq(cc_judge_files(view, fake.pool).depth, 1);
}

TEST(it_is_known_where_users_are_off_and_passwords_are_asked)
{
    const cc_conf_view_t *view = host_with("", "<Location />\nClientCertAuth off\n</Location>");

    ck_assert(view->user_off && !view->asks_passwords);
    view = host_with("", "AuthType basic\nClientCertAuth On");
    ck_assert(!view->user_off && view->asks_passwords);
    view = host_with("", "AuthType ClientCert");
    ck_assert(!view->user_off && !view->asks_passwords);
}

/* ---- the place of a directive ------------------------------------------------------------ */

TEST(a_directive_stands_in_a_file_and_line)
{
    fake_configured("# nothing\n\nSSLEngine on\n@/etc/x.conf 70\nSSLVerifyClient none\n");
    ck_assert_str_eq(cc_directive_where(fake_directive("SSLEngine"), fake.pool), "site.conf:3");
    ck_assert_str_eq(cc_directive_where(fake_directive("SSLVerifyClient"), fake.pool),
                     "/etc/x.conf:70");
}

SUITE("view", .setup = fake_begin, .teardown = fake_end);
