/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which virtual hosts use the module, and which are left alone. */
#include <apr_strings.h>

#include "fakehttpd.h"
#include "httpd/conf/use.h"
#include "mod_clientcert.h"
#include "suite.h"

static const char *const words[] = {"none", "elsewhere", "files", "here"};

/* The use by the main server, by each host in order, and by any of them. */
static const char *uses(const char *text)
{
    const char *all, *hosts = "";

    fake_configured(text);
    ck_assert_int_eq(cc_use_find(fake.pconf, NULL, NULL, fake.main), OK);
    for (server_rec *s = fake.main->next; s; s = s->next) {
        hosts = apr_pstrcat(fake.pool, " ", words[cc_use_of(s)], hosts, NULL);
    }
    all = apr_pstrcat(fake.pool, words[cc_use_of(fake.main)], hosts, NULL);
    return apr_pstrcat(fake.pool, all, "; ", words[cc_use_anywhere(fake.main)], NULL);
}

/* The use of a host with this line, beside an empty one. */
static const char *use_of(const char *line)
{
    return uses(apr_pstrcat(fake.pool, "<VirtualHost *:443>\nServerName a\n", line,
                            "\n</VirtualHost>\n<VirtualHost *:443>\nServerName b\n</VirtualHost>",
                            NULL));
}

#define USED "elsewhere here elsewhere; here"
#define UNUSED "none none none; none"
#define FILES "elsewhere files elsewhere; files"

static const struct {
    const char *line, *uses;
} lines[] = {
    {"SSLEngine on", UNUSED},
    {"ClientCertMap user=%{subject.CN}", USED},
    {"clientcertauth off", USED},
    {"<Location /x>\nClientCertAuth on\n</Location>", USED},
    {"Require clientcert-user alice", USED},
    {"<Location /x>\n<RequireAny>\nRequire clientcert\n</RequireAny>\n</Location>", USED},
    {"SetHandler clientcert-status", USED},
    {"Header set X \"expr=%{clientcert:user}\"", USED},
    {"RequestHeader set X %{CLIENTCERT_USER}e", USED},
    {"RewriteCond %{ENV:CLIENTCERT_USER} ^a", USED},
    {"<If \"clientcert('user') == 'a'\">\nRequire all granted\n</If>", USED},
    {"<If \"'x'.clientcert('user') == 'xa'\">\nRequire all granted\n</If>", USED},
    {"LogLevel clientcert:debug", UNUSED},
    {"LoadModule x modules/mod_clientcert.so", UNUSED},
    {"SSLCACertificateFile /etc/clientcert.pem", UNUSED},
    {"DocumentRoot /srv/my-clientcert", UNUSED},
    {"DocumentRoot /srv/2clientcert", UNUSED},
    {"AllowOverride None", UNUSED},
    {"AllowOverride all", FILES},
    {"AllowOverrideList None", UNUSED},
    {"AllowOverrideList Require", FILES},
    {"Options FollowSymLinks", UNUSED},
    {"Options +Includes", FILES},
    {"Options -Includes", UNUSED},
    {"Options FollowSymLinks \"IncludesNOEXEC\"", FILES},
    {"Options -Indexes all", FILES},
    {"Options \"\"", UNUSED},
    {"LuaHookAuthChecker x.lua", FILES},
    {"PerlResponseHandler X", FILES},
    {"AllowOverride all\nClientCertAuth on", USED},
    {"ClientCertAuth on\nAllowOverride all", USED},
};

TEST_LOOP(a_line_uses_the_module_or_may_have_it_used, 0, COUNT(lines))
{
    ck_assert_str_eq(use_of(lines[_i].line), lines[_i].uses);
}

TEST(what_the_main_server_says_is_said_for_all)
{
    ck_assert_str_eq(uses("ClientCertAuth on\n<VirtualHost *:1>\nServerName a\n</VirtualHost>"),
                     "here here; here");
    ck_assert_str_eq(uses("AllowOverride all\n<VirtualHost *:1>\nServerName a\n</VirtualHost>\n"
                          "<VirtualHost *:1>\nServerName b\nClientCertAuth on\n</VirtualHost>"),
                     "files files here; here");
}

/* It may be in a section that was not recognised. */
TEST(a_host_of_which_nothing_is_known_is_served_as_the_one_that_does_most)
{
    ck_assert_str_eq(uses("<VirtualHost *:1>\n</VirtualHost>\n"
                          "<VirtualHost *:1>\nServerName b\nClientCertAuth on\n</VirtualHost>"),
                     "elsewhere here here; here");
}

TEST(requests_to_hosts_without_use_are_ignored)
{
    use_of("ClientCertAuth on");
    ck_assert(!cc_use_ignores(fake_request(fake_host("a"), "/")));
    ck_assert(cc_use_ignores(fake_request(fake_host("b"), "/")));
    use_of("AllowOverride all");
    ck_assert(!cc_use_ignores(fake_request(fake_host("a"), "/")));
}

static int uses_a(server_rec *s)
{
    return s->server_hostname && !strcmp(s->server_hostname, "a") ? OK : DECLINED;
}

TEST(a_module_may_say_that_it_asks_on_a_host)
{
    APR_OPTIONAL_HOOK(ap, clientcert_use, uses_a, NULL, NULL, APR_HOOK_MIDDLE);
    ck_assert_str_eq(use_of("SSLEngine on"), USED);
    ck_assert(cc_configuration_of(fake.main)->expressions);
    ck_assert_str_eq(uses("<VirtualHost *:1>\nServerName b\n</VirtualHost>"), "none none; none");
    ck_assert(!cc_configuration_of(fake.main)->expressions);
}

SUITE("use", .setup = fake_begin, .teardown = fake_end);
