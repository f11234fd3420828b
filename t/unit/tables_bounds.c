/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the bounds of a table that another program serves: cached octets, lookups, and time. */
#include <string.h>

#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

/* A source that has one row for every key. */
static struct {
    const char *value;
    int asked; /* how often */
} source;

static apr_status_t fake_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                              cc_error_t *err)
{
    (void)state, (void)spec, (void)p, (void)err;
    return APR_SUCCESS;
}

static cc_table_result_t fake_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                     cc_answer_info_t *info, apr_pool_t *p)
{
    cc_column_t *column = apr_palloc(p, sizeof(*column));

    (void)state, (void)key, (void)len, (void)info;
    source.asked++;
    *column = (cc_column_t){1, &source.value};
    *row = (cc_row_t){1, column};
    return CC_TABLE_FOUND;
}

static const cc_backend_t fake = {
    .type = "fake", .remote = true, .open = fake_open, .lookup = fake_lookup};
static const cc_backend_t *const backends[] = {&fake, NULL};

static tableset_t set;
static cc_answer_info_t info; /* of the last question */

static void setup(void)
{
    source.value = "a";
    source.asked = 0;
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

static void open_with(const char *options)
{
    ck_assert_int_eq(
        tableset_try_with(&set, backends, apr_pstrcat(set.pool, "fake:x ", options, NULL), 1),
        APR_SUCCESS);
}

/* A text of this many KiB, which is the same for the same number. */
static const char *large(int kib)
{
    char *text = apr_palloc(set.pool, (apr_size_t)kib * 1024 + 1);

    memset(text, 'x', (apr_size_t)kib * 1024);
    text[(apr_size_t)kib * 1024] = '\0';
    return text;
}

static cc_table_result_t ask_on(cc_table_usage_t *account, const char *key)
{
    cc_query_t query = {.key = key, .len = strlen(key)};
    cc_query_t *only = &query;

    cc_table_lookup_many(set.table, &only, 1, apr_time_now(), account, set.pool);
    info = query.info;
    return query.result;
}

/* How often one lookup of the key asks the source; the answer does not matter. */
static int asked_often(const char *key)
{
    cc_table_usage_t account = {0, 0};
    int before = source.asked;

    ask_on(&account, key);
    return source.asked - before;
}

TEST(answers_have_no_more_octets_than_they_may)
{
    open_with("memory=1");
    source.value = large(300);
    for (const char *const *key = (const char *const[]){"a", "b", "c", NULL}; *key; key++)
        ck_assert_int_eq(asked_often(*key), 1);
    ck_assert_int_eq(asked_often("a"), 0);
    ck_assert_int_eq(asked_often("d"), 1); /* b goes */
    ck_assert_int_eq(asked_often("c"), 0);
    ck_assert_int_eq(asked_often("a"), 0);
    ck_assert_int_eq(asked_often("b"), 1); /* d goes */
    ck_assert_int_eq(asked_often("d"), 1);
}

TEST(an_answer_larger_than_all_that_may_be_kept_is_not_kept)
{
    open_with("memory=1");
    asked_often("a");
    source.value = large(1100);
    ck_assert_int_eq(asked_often("large"), 1);
    ck_assert_int_eq(asked_often("large"), 1);
    ck_assert_int_eq(asked_often("a"), 0);
}

/* ---- several questions of one evaluation ------------------------------------------------- */

TEST(all_lookups_of_an_evaluation_have_the_timeout_together)
{
    cc_table_usage_t account = {0, 0};

    open_with("timeout=2 ttl=9");
    ck_assert_int_eq(ask_on(&account, "a"), CC_TABLE_FOUND);
    account.waited = apr_time_from_sec(2);
    ck_assert_int_eq(ask_on(&account, "b"), CC_TABLE_FAILED);
    ck_assert_str_eq(info.failure,
                     "the lookups for one certificate have taken 2 s, the limit (timeout=)");
    ck_assert_int_eq(source.asked, 1);
    ck_assert_int_eq(ask_on(&account, "a"), CC_TABLE_FOUND); /* it is cached */
}

TEST(an_evaluation_has_so_many_keys_and_no_more)
{
    cc_table_usage_t account = {999, 0};

    open_with("");
    ck_assert_int_eq(ask_on(&account, "a"), CC_TABLE_FOUND);
    ck_assert_int_eq(ask_on(&account, "b"), CC_TABLE_FAILED);
    ck_assert_str_eq(info.failure, "one certificate has more than 1000 keys for this table");
    ck_assert_int_eq(source.asked, 1);
}

SUITE("bounds", .setup = setup, .teardown = teardown);
