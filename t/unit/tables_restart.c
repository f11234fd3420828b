/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what happens to a table when a process gets another configuration. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/inotify.h>
#endif

#include <apr_strings.h>
#include <apr_time.h>

#include "suite.h"
#include "base/waiting.h"
#include "tableset.h"

static tableset_t set;
static cc_tables_kept_t *kept;
static apr_pool_t *pconf;
static const char *told_text;

static void setup(void)
{
    tableset_begin(&set);
    kept = cc_kept_create(set.pool);
    pconf = NULL;
}

static void teardown(void)
{
    if (pconf) {
        apr_pool_destroy(pconf);
    }
    cc_kept_end(kept);
    tableset_end(&set);
}

static void told(const cc_table_t *table, cc_table_restart_t what, const cc_error_t *err,
                 void *baton)
{
    static const char *const words[] = {"kept", "old: ", "none: ", "closed: "};

    (void)baton;
    told_text = apr_pstrcat(set.pool, cc_table_name(table), " ", words[what],
                            err ? cc_error_text(err, set.pool) : "", NULL);
}

/* Ends a configuration, if there is one, and begins the next. */
static apr_status_t configure(const char *source, int columns, bool restart)
{
    static const cc_backend_t *const backends[] = {&cc_backend_file, &cc_backend_dbm,
                                                   &cc_backend_redis, &cc_backend_rediss, NULL};
    cc_restart_t how = {.kept = kept, .restart = restart, .report = told};
    apr_status_t status;

    if (pconf) {
        apr_pool_destroy(pconf);
    }
    apr_pool_create(&pconf, NULL);
    told_text = "";
    memset(&set.err, 0, sizeof(set.err));
    set.tables = cc_tables_create(backends, pconf);
    status = cc_tables_add(set.tables, NULL, apr_pstrcat(pconf, "t ", source, NULL), "site.conf:1",
                           &set.err);
    ck_assert_int_eq(status, APR_SUCCESS);
    set.table = cc_tables_find(set.tables, NULL, "t");
    cc_table_use(set.table, columns);
    status = cc_tables_reopen(set.tables, set.folder, &how, pconf, &set.err);
    if (status == APR_SUCCESS) {
        cc_tables_child(set.tables, CC_WAITING_MAX, pconf);
    }
    return status;
}

/* A file that has existed for a while, and its configuration. */
static void start(const char *text)
{
    tableset_write(&set, "f", text);
    tableset_settle(&set, "f");
    ck_assert_int_eq(configure("file:f", 1, false), APR_SUCCESS);
}

/* ---- a good file --------------------------------------------------------------------------- */

#ifdef __linux__
/* Whether the file was opened since the watch began. */
static bool was_opened(int watch)
{
    char events[4096];

    return read(watch, events, sizeof(events)) > 0;
}

TEST(a_file_that_has_not_changed_is_not_read_again)
{
    int watch = inotify_init1(IN_NONBLOCK);

    start("k a\n");
    inotify_add_watch(watch, tableset_path(&set, "f"), IN_OPEN);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
        ck_assert_str_eq(told_text, "t kept");
        ck_assert_str_eq(tableset_ask(&set, "k"), "a");
        ck_assert(!was_opened(watch));
    }
    tableset_write(&set, "f", "k b\n");
    was_opened(watch);
    ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
    ck_assert(was_opened(watch));
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    close(watch);
}
#endif

TEST(a_file_that_has_changed_is_read)
{
    start("k a\n");
    tableset_replace(&set, "f", "k b\n");
    ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
    ck_assert_str_eq(told_text, "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(what_was_read_while_it_changed_is_read_again)
{
    tableset_write(&set, "f", "k a\n");
    ck_assert_int_eq(configure("file:f", 1, false), APR_SUCCESS);
    tableset_write(&set, "f", "k b\n"); /* maybe with the same stamp */
    ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(what_a_reload_brought_is_kept)
{
    start("k a\n");
    tableset_replace(&set, "f", "k b\n");
    tableset_settle(&set, "f");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
    ck_assert_str_eq(told_text, "t kept");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

TEST(rows_for_other_options_are_not_taken)
{
    start("K a\n");
    ck_assert_int_eq(configure("file:f nocase", 1, true), APR_SUCCESS);
    ck_assert_str_eq(told_text, "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
}

/* ---- sources that need a file -------------------------------------------------------------- */

static const struct {
    const char *source, *told;
} closed[] = {
    {"redis:localhost:1 password=file:f", "t closed: CC0649: site.conf:1: \"t\": "},
    {"redis:localhost:1 password=exec:f", "t closed: CC0649: site.conf:1: \"t\": "},
    {"rediss://localhost:1 cafile=f", "t closed: CC0650: site.conf:1: \""},
};

TEST_LOOP(a_password_that_cannot_be_read_ends_a_start_and_no_restart, 0, COUNT(closed))
{
    const char *told_begin = closed[_i].told;

    if (!cc_backend_redis.lookup_many) /* built without hiredis */
        return;
    ck_assert_int_ne(configure(closed[_i].source, 1, false), APR_SUCCESS);
    ck_assert_int_eq(configure(closed[_i].source, 1, true), APR_SUCCESS);
    ck_assert_int_eq(strncmp(told_text, told_begin, strlen(told_begin)), 0);
    ck_assert_str_eq(tableset_ask(&set, "k"),
                     "FAILED: its password or its files for TLS could not be read at the restart "
                     "of httpd");
    ck_assert_int_ne(configure("redis:localhost:nowhere password=file:f", 1, true), APR_SUCCESS);
}

TEST(rows_that_lack_a_column_are_not_taken)
{
    start("k a\n");
    ck_assert_int_eq(configure("file:f", 2, true), APR_SUCCESS);
    ck_assert(strstr(told_text, "t none: CC0611"));
    ck_assert(strstr(tableset_ask(&set, "k"), "FAILED: "));
    ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
}

/* ---- a bad file ---------------------------------------------------------------------------- */

TEST(a_bad_file_stops_a_first_start)
{
    tableset_write(&set, "f", "k\n");
    ck_assert_int_ne(configure("file:f", 1, false), APR_SUCCESS);
    ck_assert_str_eq(set.err.tag, "CC0611");
}

TEST(a_bad_file_leaves_what_was_held_at_a_restart)
{
    start("k a\n");
    tableset_replace(&set, "f", "k\n");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
        ck_assert_msg(strstr(told_text, "t old: CC0611: site.conf:1: ") == told_text, "%s",
                      told_text);
        ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    }
    ck_assert_str_eq(tableset_poll(&set), strstr(told_text, "CC0611")); /* it was just written */
    ck_assert_str_eq(tableset_poll(&set), "");
    tableset_replace(&set, "f", "k c\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "c");
}

TEST(a_file_that_is_gone_leaves_what_was_held_at_a_restart)
{
    start("k a\n");
    unlink(tableset_path(&set, "f"));
    ck_assert_int_eq(configure("file:f", 1, true), APR_SUCCESS);
    ck_assert(strstr(told_text, "t old: CC0610"));
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    ck_assert_str_eq(tableset_ask(&set, "x"), "MISSING");
}

TEST(where_nothing_was_held_lookups_fail_until_the_file_is_good)
{
    start("k a\n");
    tableset_write(&set, "g", "k\n");
    ck_assert_int_eq(configure("file:g", 1, true), APR_SUCCESS);
    ck_assert(strstr(told_text, "t none: CC0611"));
    ck_assert(strstr(tableset_ask(&set, "k"), "FAILED: "));
    ck_assert(strstr(tableset_ask(&set, "x"), "FAILED: "));
    tableset_replace(&set, "g", "k a\n");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
}

TEST(a_bad_database_fails_lookups_at_a_restart)
{
    start("k a\n");
    ck_assert_int_eq(configure("dbm:sdbm:none", 1, true), APR_SUCCESS);
    ck_assert(strstr(told_text, "t none: CC0621"));
    ck_assert(strstr(tableset_ask(&set, "k"), "FAILED: "));
}

TEST(what_is_wrong_with_the_configuration_stops_a_restart_too)
{
    start("k a\n");
    ck_assert_int_ne(configure("dbm:nosuch:f", 1, true), APR_SUCCESS);
}

SUITE("restart", .setup = setup, .teardown = teardown, .timeout = 60);
