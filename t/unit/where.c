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

SUITE("where", .setup = setup, .teardown = teardown);
