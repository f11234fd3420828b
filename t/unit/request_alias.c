/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which Require is negated, and that another name of one of this module is not. */
#include "fakehttpd.h"
#include "httpd/conf/use.h"
#include "httpd/request/authz.h"
#include "suite.h"

TEST(what_is_negated_twice_is_not)
{
    fake_configured(
        "Require clientcert\nRequire not clientcert\n"
        "<RequireNone>\n@site.conf 11\nRequire clientcert\nRequire not clientcert\n"
        "<RequireAny>\n<RequireNone>\n@site.conf 21\nRequire clientcert\n</RequireNone>\n"
        "</RequireAny>\n</RequireNone>");
    for (int i = 0; i < 5; i++) {
        static const int lines[] = {1, 2, 11, 12, 21};
        static const bool negated[] = {false, true, true, false, false};
        const ap_directive_t *directive = ap_conftree;

        while (directive && directive->line_num != lines[i]) {
            directive = directive->first_child ? directive->first_child : directive->next;
        }
        ck_assert_msg(directive && cc_authz_negated(directive, fake.pool) == negated[i], "%d",
                      lines[i]);
    }
}

#define ALIAS "<AuthzProviderAlias clientcert-group guests \"guests\">\n</AuthzProviderAlias>\n"
#define CC0158                                                                                     \
    "\"guests\" is an alias of clientcert-group, which cannot detect that it is negated here, "    \
    "and "                                                                                         \
    "would admit clients that it cannot identify: use Require clientcert-group directly"

static const struct {
    const char *lines, *log;
} aliases[] = {
    {ALIAS "Require guests", ""},
    {ALIAS "Require not guests", "emerg CC0158: site.conf:3: " CC0158},
    {ALIAS "<Location />\n<RequireNone>\nRequire guests\n</RequireNone>\n</Location>",
     "emerg CC0158: site.conf:5: " CC0158},
    {ALIAS "<RequireNone>\nRequire not guests\n</RequireNone>", ""},
    {ALIAS "Require not others", ""},
    {"<AuthzProviderAlias group guests x>\n</AuthzProviderAlias>\nRequire not guests", ""},
    {"Require not guests", ""},
};

TEST_LOOP(another_name_of_a_require_of_ours_is_not_negated, 0, COUNT(aliases))
{
    fake_configured(aliases[_i].lines);
    ck_assert_int_eq(cc_authz_check(fake.pconf, NULL, fake.pconf, fake.main) == OK,
                     !*aliases[_i].log);
    fake_expect_log(aliases[_i].log);
}

TEST(nor_in_an_htaccess)
{
    request_rec *r;

    fake_configured(ALIAS);
    cc_use_find(fake.pconf, NULL, NULL, fake.main);
    r = fake_request(fake.main, "/");
    ck_assert_pstr_eq(fake_htaccess(r, "Require guests"), NULL);
    ck_assert_pstr_eq(fake_htaccess(r, "Require not guests"), "CC0158: /www/.htaccess:1: " CC0158);
}

SUITE("alias", .setup = fake_begin, .teardown = fake_end);
