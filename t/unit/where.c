/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how a place in the configuration is named. */
#include "httpd/conf/where.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

TEST(a_place_is_a_file_and_a_line)
{
    ck_assert_str_eq(cc_where_text("/etc/apache2/site.conf", 12, pool),
                     "/etc/apache2/site.conf:12");
}

static const struct {
    const char *file, *place;
} macros[] = {
    {"macro 'x' (defined on line 65 of \"/etc/m.conf\") used on line 89 of \"/etc/site.conf\"",
     "/etc/site.conf:89(x:12)"},
    {"macro 'in' (defined on line 3 of \"m.conf\") used on line 2 of \"macro 'out' (defined on "
     "line 1 of \"m.conf\") used on line 89 of \"a b.conf\"\"",
     "a b.conf:89(out:2)(in:12)"},
    {"macro 'in' (defined on line 2 of \"macro 'out' (defined on line 1 of \"m.conf\") used on "
     "line 9 of \"(x).conf\"\") used on line 10 of \"(x).conf\"",
     "(x).conf:10(in:12)"},
    {"macro 'x' (defined on line 1 of \"a) used on line 7 of (b\") used on line 2 of \"(c\"",
     "(c:2(x:12)"},
    {"macro 'a:1) b' (defined on line 1 of \"m\") used on line 2 of \"m\"", "m:2(a_1__b:12)"},
    {"macro '$x_1-y.z%@\xc3\xbc' (defined on line 1 of \"m\") used on line 2 of \"m\"",
     "m:2($x_1-y.z%@\xc3\xbc:12)"},
    {"macro 'x' in other words", "macro:12"},
    {"macro 'x' (defined on line 1 of \"m\") used on line", "macro:12"},
    {"macro 'x' (defined on line 1 of \"m\") used on line 2 of \"m", "macro:2(x:12)"},
    {"macro 'x' (defined on line 1 of \"m\") used on line 2 of \"macro 'y'\"", "macro:2(x:12)"},
    {"macro 'x", "macro:12"},
    {"macros/x.conf", "macros/x.conf:12"},
};

TEST_LOOP(a_place_in_a_macro_is_that_of_its_use_and_the_line_in_the_macro, 0, COUNT(macros))
{
    ck_assert_str_eq(cc_where_text(macros[_i].file, 12, pool), macros[_i].place);
}

SUITE("where", .setup = setup, .teardown = teardown);
