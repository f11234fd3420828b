/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how a place in the configuration is named, with and without its folder. */
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

typedef struct {
    const char *where;
    const char *shortened;
} short_case_t;

#define DEFINED "(defined on line 3 of \"/etc/apache2/macros/m.conf\")"
#define DEFINED_SHORT "(defined on line 3 of \"m.conf\")"

static const short_case_t cases[] = {
    {"/etc/apache2/site.conf:12", "site.conf:12"},
    {"site.conf:12", "site.conf:12"},
    {"/:1", ":1"},
    {"", ""},
    {"/etc/my \"own\" files/a.conf:1", "a.conf:1"},
    {"macro 'Site' " DEFINED " used on line 7 of \"/etc/apache2/site.conf\":1",
     "macro 'Site' " DEFINED_SHORT " used on line 7 of \"site.conf\":1"},
    {"macro 'In' " DEFINED " used on line 1 of \"macro 'Out' " DEFINED
     " used on line 9 of \"/srv/a.conf\"\":2",
     "macro 'In' " DEFINED_SHORT " used on line 1 of \"macro 'Out' " DEFINED_SHORT
     " used on line 9 of \"a.conf\"\":2"},
    {"macro 'cut' (defined on line 3 of \"/etc/apache2/m", "macro 'cut' (defined on line 3 of \"m"},
};

TEST_LOOP(a_place_is_shortened_by_the_folders_of_its_files, 0, COUNT(cases))
{
    ck_assert_str_eq(cc_where_short(cases[_i].where, pool), cases[_i].shortened);
}

SUITE("where", .setup = setup, .teardown = teardown);
