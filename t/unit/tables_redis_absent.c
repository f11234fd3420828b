/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the Redis tables of a build without hiredis, in any build: they are an error at start. */
#define cc_backend_redis absent_redis
#define cc_backend_rediss absent_rediss
#include <string.h>

#include "tables/redis_absent.c"

#include "suite.h"
#include "tableset.h"

static const cc_backend_t *const backends[] = {&absent_redis, &absent_rediss, NULL};
static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

static const char *const sources[] = {
    "redis:127.0.0.1:6379/cert: ttl=5",
    "redis:unix:/run/redis.sock password=secret db=1",
    "rediss://me:secret@h cafile=x",
};

TEST_LOOP(a_redis_table_needs_hiredis, 0, COUNT(sources))
{
    ck_assert_int_ne(tableset_try_with(&set, backends, sources[_i], 0), APR_SUCCESS);
    ck_assert_str_eq(set.err.tag, "CC0646");
    ck_assert_str_eq(set.err.word, "t");
    ck_assert_ptr_nonnull(strstr(set.err.message, "built without hiredis"));
}

SUITE("redis_absent", .setup = setup, .teardown = teardown);
