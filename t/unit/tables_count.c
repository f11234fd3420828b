/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the metrics of a table, in one process and in several that share the counters. */
#include <string.h>
#include <unistd.h>

#include <apr_dbm.h>
#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

/* Two processes with the same table; the second one opens it again. */
static tableset_t set, other;
static cc_table_counters_t counters;

static void setup(void)
{
    memset(&counters, 0, sizeof(counters));
    tableset_begin(&set);
    tableset_begin(&other);
    rmdir(other.folder);
    other.folder = set.folder;
}

static void teardown(void)
{
    tableset_end(&other);
    tableset_end(&set);
}

static void count_in(tableset_t *tableset)
{
    cc_table_count_in(tableset->table, &counters);
}

/* Both have read the file after it had settled. */
static void open_both(const char *text)
{
    tableset_open_text(&set, text);
    tableset_open(&other, "file:f", 1);
    tableset_poll(&other);
    cc_table_counters_start(&counters, set.table);
    count_in(&set);
    count_in(&other);
}

/* ---- a source that may answer or not ---------------------------------------------------- */

static cc_table_result_t answer;

static apr_status_t fake_open(void **state, const cc_table_spec_t *spec, apr_pool_t *p,
                              cc_error_t *err)
{
    (void)state, (void)spec, (void)p, (void)err;
    return APR_SUCCESS;
}

static cc_table_result_t fake_lookup(cc_row_t *row, void *state, const char *key, apr_size_t len,
                                     cc_answer_info_t *info, apr_pool_t *p)
{
    (void)row, (void)state, (void)key, (void)len, (void)p;
    info->failure = answer == CC_TABLE_FAILED ? "it is down" : NULL;
    return answer;
}

static const cc_backend_t fake = {
    .type = "fake", .remote = true, .open = fake_open, .lookup = fake_lookup};
static const cc_backend_t *const fakes[] = {&fake, NULL};

/* ---- loads ----------------------------------------------------------------------------- */

TEST(the_load_at_start_is_one)
{
    apr_time_t before = apr_time_sec(apr_time_now());

    tableset_write(&set, "f", "k a\nl b\n# no row\n\nm c\n");
    tableset_open(&set, "file:f", 1);
    cc_table_counters_start(&counters, set.table);
    ck_assert_uint_eq(counters.rows, 3);
    ck_assert_uint_eq(counters.loads, 1);
    ck_assert_uint_eq(counters.load_failures, 0);
    ck_assert_uint_eq(counters.last_good, 1);
    ck_assert(counters.loaded_at >= (apr_uint64_t)before &&
              counters.loaded_at <= (apr_uint64_t)apr_time_sec(apr_time_now()));
    ck_assert(cc_table_has_rows(set.table) && cc_table_is_loaded(set.table));
    ck_assert(!cc_table_is_cached(set.table));
    ck_assert_str_eq(cc_table_type(set.table), "file");
}

TEST(a_change_is_one_load_however_many_processes_see_it)
{
    apr_uint64_t first;

    open_both("k a\n");
    first = counters.loaded_at;
    tableset_replace(&set, "f", "k a\nl b\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_uint_eq(counters.loads, 2);
    ck_assert_uint_eq(counters.rows, 2);
    ck_assert_uint_gt(counters.loaded_at, first);
    ck_assert_str_eq(tableset_poll(&other), "changed");
    ck_assert_uint_eq(counters.loads, 2);
    tableset_poll(&set);
    tableset_poll(&other);
    ck_assert_uint_eq(counters.loads, 2);
}

TEST(a_file_that_is_read_again_unchanged_is_no_load)
{
    tableset_write(&set, "f", "k a\n");
    tableset_open(&set, "file:f", 1);
    cc_table_counters_start(&counters, set.table);
    count_in(&set);
    ck_assert_str_eq(tableset_poll(&set), ""); /* it was read as it might be being written */
    ck_assert_uint_eq(counters.loads, 1);
}

TEST(a_bad_file_is_one_failure_and_the_rows_stay)
{
    open_both("k a\nl b\n");
    tableset_replace(&set, "f", "k\n");
    tableset_poll(&set);
    tableset_poll(&other);
    tableset_poll(&set);
    ck_assert_uint_eq(counters.load_failures, 1);
    ck_assert_uint_eq(counters.last_good, 0);
    ck_assert_uint_eq(counters.loads, 1);
    ck_assert_uint_eq(counters.rows, 2);
    ck_assert_int_eq(unlink(tableset_path(&set, "f")), 0);
    tableset_poll(&other);
    tableset_poll(&set);
    ck_assert_uint_eq(counters.load_failures, 2);
    tableset_write(&set, "f", "k b\n");
    tableset_poll(&set);
    tableset_poll(&other);
    ck_assert_uint_eq(counters.load_failures, 2);
    ck_assert_uint_eq(counters.last_good, 1);
    ck_assert_uint_eq(counters.loads, 2);
    ck_assert_uint_eq(counters.rows, 1);
}

TEST(who_fails_where_others_did_not_is_counted)
{
    open_both("k a\n");
    cc_table_use(other.table, 2); /* to this process the same file is bad */
    tableset_replace(&set, "f", "k b\nl c\n");
    tableset_poll(&set);
    ck_assert_uint_eq(counters.last_good, 1);
    tableset_poll(&other);
    ck_assert_uint_eq(counters.last_good, 0);
    ck_assert_uint_eq(counters.load_failures, 1);
}

TEST(a_process_that_counts_for_itself_does_not_count_for_others)
{
    tableset_open_text(&set, "k a\n");
    cc_table_counters_start(&counters, set.table);
    tableset_replace(&set, "f", "k b\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    tableset_ask(&set, "k");
    ck_assert_uint_eq(counters.loads, 1);
    ck_assert_uint_eq(counters.lookups[CC_TABLE_FOUND], 0);
}

TEST(a_database_is_loaded_and_has_no_number_of_rows)
{
    apr_dbm_t *dbm;
    apr_datum_t key = {apr_pstrdup(set.pool, "k"), 1}, value = {apr_pstrdup(set.pool, "a"), 1};

    ck_assert_int_eq(apr_dbm_open_ex(&dbm, "sdbm", tableset_path(&set, "d"), APR_DBM_RWCREATE,
                                     APR_FPROT_OS_DEFAULT, set.pool),
                     APR_SUCCESS);
    apr_dbm_store(dbm, key, value);
    apr_dbm_close(dbm);
    tableset_open(&set, "dbm:sdbm:d", 1);
    tableset_poll(&set);
    cc_table_counters_start(&counters, set.table);
    count_in(&set);
    ck_assert(!cc_table_has_rows(set.table) && cc_table_is_loaded(set.table));
    ck_assert_uint_eq(counters.loads, 1);
    ck_assert_int_eq(unlink(tableset_path(&set, "d.pag")), 0);
    tableset_poll(&set);
    ck_assert_uint_eq(counters.load_failures, 1);
    tableset_ask(&set, "k");
    ck_assert_uint_eq(counters.lookups[CC_TABLE_FAILED], 1);
}

/* ---- lookups --------------------------------------------------------------------------- */

TEST(lookups_are_counted_by_what_came_out)
{
    open_both("k a\n");
    tableset_ask(&set, "k");
    tableset_ask(&other, "k");
    tableset_ask(&set, "l");
    tableset_ask(&set, ""); /* a key that no table has */
    cc_table_use(set.table, 2);
    tableset_ask(&set, "k"); /* one column less than rules use */
    ck_assert_uint_eq(counters.lookups[CC_TABLE_FOUND], 2);
    ck_assert_uint_eq(counters.lookups[CC_TABLE_MISSING], 2);
    ck_assert_uint_eq(counters.lookups[CC_TABLE_FAILED], 1);
}

TEST(answers_are_counted_by_where_they_came_from)
{
    ck_assert_int_eq(tableset_try_with(&set, fakes, "fake:x negative_ttl=1 stale=9", 0),
                     APR_SUCCESS);
    ck_assert(cc_table_is_cached(set.table) && !cc_table_is_loaded(set.table));
    count_in(&set);
    answer = CC_TABLE_MISSING;
    tableset_ask(&set, "k");
    tableset_ask(&set, "k");
    answer = CC_TABLE_FAILED;
    set.ahead = apr_time_from_msec(1050);
    tableset_ask(&set, "k");
    tableset_ask(&set, "l");
    ck_assert_uint_eq(counters.cache_hits, 1);
    ck_assert_uint_eq(counters.cache_misses, 3);
    ck_assert_uint_eq(counters.cache_stale, 1);
    ck_assert_uint_eq(counters.lookups[CC_TABLE_MISSING], 3);
    ck_assert_uint_eq(counters.lookups[CC_TABLE_FAILED], 1);
    ck_assert_int_eq(tableset_try_with(&set, fakes, "fake:x size=0", 0), APR_SUCCESS);
    ck_assert(!cc_table_is_cached(set.table));
}

TEST(tables_come_in_the_order_of_the_configuration_with_their_scopes)
{
    tableset_open_text(&set, "k a\n");
    ck_assert_int_eq(cc_tables_add(set.tables, &other, "u file:f", "site.conf:2", NULL),
                     APR_SUCCESS);
    ck_assert_int_eq(cc_tables_count(set.tables), 2);
    ck_assert_str_eq(cc_table_name(cc_tables_at(set.tables, 0)), "t");
    ck_assert_ptr_null(cc_table_scope(cc_tables_at(set.tables, 0)));
    ck_assert_str_eq(cc_table_name(cc_tables_at(set.tables, 1)), "u");
    ck_assert_ptr_eq(cc_table_scope(cc_tables_at(set.tables, 1)), &other);
}

SUITE("count", .setup = setup, .teardown = teardown, .timeout = 60);
