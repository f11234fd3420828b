/* SPDX-License-Identifier: Apache-2.0 */
/* Tests tables behind symbolic links that are swapped, as in the volumes of Kubernetes. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_dbm.h>
#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

static tableset_t set;

/* Makes a link, or replaces it atomically. */
static void link_put(const char *name, const char *target)
{
    ck_assert_int_eq(symlink(target, tableset_path(&set, "new")), 0);
    ck_assert_int_eq(rename(tableset_path(&set, "new"), tableset_path(&set, name)), 0);
}

/* The path of a file in the first or second folder of the volume. */
static const char *in_version(int version, const char *name)
{
    return apr_psprintf(set.pool, "volume/..%d/%s", version, name);
}

/* A volume: the folder has links through "..data" to the first of two folders. */
static void setup(void)
{
    tableset_begin(&set);
    ck_assert_int_eq(mkdir(tableset_path(&set, "volume"), 0700), 0);
    for (int i = 1; i <= 2; i++) {
        ck_assert_int_eq(mkdir(tableset_path(&set, in_version(i, "")), 0700), 0);
        tableset_write(&set, in_version(i, "f"), i == 1 ? "k a\n" : "k b\n");
        tableset_settle(&set, in_version(i, "f"));
    }
    link_put("volume/..data", "..1");
    link_put("volume/f", "..data/f");
}

static void teardown(void)
{
    tableset_end(&set);
}

static void open_settled(const char *source)
{
    tableset_open(&set, source, 1);
    tableset_poll(&set);
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
}

/* Expects that the second folder is noticed. */
static void expect_b(void)
{
    apr_uint64_t before = cc_table_generation(set.table);

    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_uint_gt(cc_table_generation(set.table), before);
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    ck_assert_str_eq(tableset_poll(&set), "");
}

/* ---- file: --------------------------------------------------------------------------------- */

static const char *const ways[] = {"file:volume/f", "file:volume/..data/f"};

TEST_LOOP(a_swapped_link_is_noticed, 0, COUNT(ways))
{
    open_settled(ways[_i]);
    link_put("volume/..data", "..2");
    expect_b();
}

TEST_LOOP(the_folder_behind_a_link_may_be_replaced, 0, COUNT(ways))
{
    open_settled(ways[_i]);
    ck_assert_int_eq(
        rename(tableset_path(&set, in_version(1, "")), tableset_path(&set, "volume/..old")), 0);
    ck_assert_int_eq(
        rename(tableset_path(&set, in_version(2, "")), tableset_path(&set, in_version(1, ""))), 0);
    expect_b();
}

TEST_LOOP(a_link_that_dangles_for_a_moment_keeps_its_rows, 0, COUNT(ways))
{
    const char *told;

    open_settled(ways[_i]);
    link_put("volume/..data", "..none");
    told = tableset_poll(&set);
    ck_assert_msg(strncmp(told, "CC0610: ", 8) == 0 && strstr(told, "No such file"), "%s", told);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    link_put("volume/..data", "..2");
    expect_b();
}

TEST_LOOP(the_same_file_behind_another_link_is_no_change, 0, COUNT(ways))
{
    apr_uint64_t before;

    open_settled(ways[_i]);
    before = cc_table_generation(set.table);
    ck_assert_int_eq(
        rename(tableset_path(&set, in_version(1, "")), tableset_path(&set, "volume/..3")), 0);
    link_put("volume/..data", "..3");
    ck_assert_str_eq(tableset_poll(&set), "");
    ck_assert_uint_eq(cc_table_generation(set.table), before);
}

/* ---- dbm: ---------------------------------------------------------------------------------- */

/* Makes a database of one row in both folders, and links to its two files. */
static void databases_make(void)
{
    for (int i = 1; i <= 2; i++) {
        apr_datum_t key = {apr_pstrdup(set.pool, "k"), 1};
        apr_datum_t value = {apr_pstrdup(set.pool, i == 1 ? "a" : "b"), 1};
        apr_dbm_t *dbm = NULL;

        ck_assert_int_eq(apr_dbm_open_ex(&dbm, "sdbm", tableset_path(&set, in_version(i, "d")),
                                         APR_DBM_RWCREATE, APR_FPROT_OS_DEFAULT, set.pool),
                         APR_SUCCESS);
        ck_assert_int_eq(apr_dbm_store(dbm, key, value), APR_SUCCESS);
        apr_dbm_close(dbm);
        tableset_settle(&set, in_version(i, "d.pag"));
        tableset_settle(&set, in_version(i, "d.dir"));
    }
    link_put("volume/d.pag", "..data/d.pag");
    link_put("volume/d.dir", "..data/d.dir");
}

static const char *const dbm_ways[] = {"dbm:sdbm:volume/d", "dbm:sdbm:volume/..data/d"};

TEST_LOOP(a_swapped_link_to_a_database_is_noticed, 0, COUNT(dbm_ways))
{
    databases_make();
    open_settled(dbm_ways[_i]);
    link_put("volume/..data", "..2");
    expect_b();
}

SUITE("links", .setup = setup, .teardown = teardown);
