/* SPDX-License-Identifier: Apache-2.0 */
/* Tests tables in database files of every type that this machine offers. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_dbm.h>
#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

static const char *const all_types[] = {"sdbm", "gdbm", "ndbm", "db", "lmdb"};
static const char *types[5]; /* the types that exist here */
static int type_count;

static tableset_t set;
static const char *type;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

/* Writes pairs of key and value, then NULL, into a file of the folder. */
static void write_pairs(const char *name, const char *const *pairs)
{
    apr_dbm_t *dbm = NULL;

    ck_assert_int_eq(apr_dbm_open_ex(&dbm, type, tableset_path(&set, name), APR_DBM_RWCREATE,
                                     APR_FPROT_OS_DEFAULT, set.pool),
                     APR_SUCCESS);
    for (; *pairs; pairs += 2) {
        apr_datum_t key = {apr_pstrdup(set.pool, pairs[0]), strlen(pairs[0])};
        apr_datum_t value = {apr_pstrdup(set.pool, pairs[1]), strlen(pairs[1])};
        ck_assert_int_eq(apr_dbm_store(dbm, key, value), APR_SUCCESS);
    }
    apr_dbm_close(dbm);
}

#define WRITE(...) write_pairs("f", (const char *const[]){__VA_ARGS__, NULL})

static const char *source(const char *options)
{
    return apr_pstrcat(set.pool, "dbm:", type, ":f ", options, NULL);
}

/* Calls a function for the files that the library made. */
static const char *file_at(int i)
{
    const char *files[2] = {NULL, NULL};

    apr_dbm_get_usednames_ex(set.pool, type, tableset_path(&set, "f"), &files[0], &files[1]);
    return files[i];
}

TEST_LOOP(a_value_is_a_line_of_columns, 0, type_count)
{
    type = types[_i];
    WRITE("k", "a b,c", "q", "\"a b\" # c", "n", "x\r\n", "e", "", "bad", "a \"b", "ctl", "a\x01");
    tableset_open(&set, source(""), 0);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a|b,c");
    ck_assert_str_eq(tableset_ask(&set, "q"), "a b");
    ck_assert_str_eq(tableset_ask(&set, "n"), "x");
    ck_assert_str_eq(tableset_ask(&set, "e"), "");
    ck_assert_str_eq(tableset_ask(&set, "K"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, "kk"), "MISSING");
    ck_assert_str_eq(tableset_ask(&set, "bad"),
                     "FAILED: the value is not a valid row: \"\\\"b\": a quote is not closed; "
                     "put a backslash before a quote that is part of the text");
    ck_assert_ptr_nonnull(strstr(tableset_ask(&set, "ctl"), "a control character"));
}

TEST_LOOP(keys_are_folded_to_lower_case_and_bare_hex, 0, type_count)
{
    type = types[_i];
    WRITE("abc", "lower", "ABC", "upper", "0a1b", "octets");
    tableset_open(&set, source("nocase"), 1);
    ck_assert_str_eq(tableset_ask(&set, "aBC"), "lower");
    tableset_open(&set, source("octets"), 1);
    ck_assert_str_eq(tableset_ask(&set, "0A:1b"), "octets");
    ck_assert_str_eq(tableset_ask(&set, "0a1"), "MISSING");
    tableset_open(&set, source(""), 1);
    ck_assert_str_eq(tableset_ask(&set, "ABC"), "upper");
    cc_table_use(set.table, 2);
    ck_assert_str_eq(tableset_ask(&set, "ABC"), "FAILED: columns of the row: 1; rules use $2");
}

TEST_LOOP(a_column_that_names_the_ca_is_not_a_list, 0, type_count)
{
    cc_query_t query = {.key = "k", .len = 1, .issuer = "x", .issuer_len = 1};

    type = types[_i];
    WRITE("k", "a,b \"CN=Staff CA,O=Example\" c,d", "bad", "a CN=a,b c");
    tableset_open(&set, source("issuer=2"), 1);
    ck_assert_int_eq(cc_table_lookup(set.table, &query, 0, set.pool), CC_TABLE_MISSING);
    query.key = "bad";
    query.len = 3;
    ck_assert_int_eq(cc_table_lookup(set.table, &query, 0, set.pool), CC_TABLE_FAILED);
    ck_assert_ptr_nonnull(
        strstr(query.info.failure, "the issuer, is \"CN=a,b\": not a valid name"));
}

TEST_LOOP(what_is_written_is_seen_at_once_and_moves_the_generation, 0, type_count)
{
    apr_uint64_t before;

    type = types[_i];
    WRITE("k", "a");
    tableset_open(&set, source(""), 1);
    tableset_poll(&set);
    ck_assert_str_eq(tableset_poll(&set), "");
    before = cc_table_generation(set.table);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    WRITE("k", "b");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    ck_assert_str_eq(tableset_poll(&set), "changed");
    ck_assert_uint_gt(cc_table_generation(set.table), before);
    ck_assert_str_eq(tableset_poll(&set), "");
}

TEST_LOOP(a_replaced_file_is_seen, 0, type_count)
{
    type = types[_i];
    WRITE("k", "a");
    tableset_open(&set, source(""), 1);
    write_pairs("g", (const char *const[]){"k", "b", NULL});
    for (int i = 0; i < 2 && file_at(i); i++) {
        const char *to = file_at(i), *dot = strrchr(to, '.');
        const char *from =
            tableset_path(&set, file_at(1) ? apr_pstrcat(set.pool, "g", dot, NULL) : "g");
        ck_assert_int_eq(rename(from, to), 0);
    }
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    ck_assert_str_eq(tableset_poll(&set), "changed");
}

TEST_LOOP(a_vanished_file_is_a_failure_told_once_and_not_a_missing_key, 0, type_count)
{
    apr_uint64_t before;
    const char *told;

    type = types[_i];
    WRITE("k", "a");
    tableset_open(&set, source(""), 1);
    tableset_poll(&set);
    before = cc_table_generation(set.table);
    for (int i = 0; i < 2 && file_at(i); i++)
        unlink(file_at(i));
    ck_assert_ptr_nonnull(
        strstr(tableset_ask(&set, "k"), "/f: the database cannot be read: No such file"));
    ck_assert_int_eq(strncmp(tableset_ask(&set, "k"), "FAILED: ", 8), 0);
    told = tableset_poll(&set);
    ck_assert_msg(strstr(told, "CC0621: site.conf:1: ") == told && strstr(told, "No such"), "%s",
                  told);
    ck_assert_uint_gt(cc_table_generation(set.table), before);
    ck_assert_str_eq(tableset_poll(&set), "");
    WRITE("k", "b");
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
    ck_assert_str_eq(tableset_poll(&set), "changed");
}

TEST_LOOP(a_damaged_file_is_a_failure_and_not_a_missing_key, 0, type_count)
{
    char *noise = apr_palloc(set.pool, 8192);

    type = types[_i];
    WRITE("k", "a");
    tableset_open(&set, source(""), 1);
    memset(noise, 'x', 8192);
    for (int i = 0; i < 2 && file_at(i); i++)
        tableset_write_octets(&set, strrchr(file_at(i), '/') + 1, noise, 8192);
    ck_assert_int_eq(strncmp(tableset_ask(&set, "k"), "FAILED: ", 8), 0);
    ck_assert_int_eq(strncmp(tableset_poll(&set), "CC0621: ", 8), 0);
    ck_assert_int_ne(tableset_try(&set, source(""), 1), APR_SUCCESS);
    ck_assert_int_eq(strncmp(tableset_error(&set), "CC0621: site.conf:1: ", 21), 0);
}

TEST_LOOP(a_file_that_is_not_there_is_an_error_at_start, 0, type_count)
{
    type = types[_i];
    ck_assert_int_ne(tableset_try(&set, source(""), 1), APR_SUCCESS);
    ck_assert_ptr_nonnull(strstr(tableset_error(&set), "/f\": the database cannot be read: No"));
}

TEST_LOOP(a_writer_is_not_kept_out_by_a_table_that_is_open, 0, type_count)
{
    int status = 0;
    pid_t child;

    type = types[_i];
    WRITE("k", "a");
    tableset_open(&set, source(""), 1);
    ck_assert_str_eq(tableset_ask(&set, "k"), "a");
    child = fork();
    if (child == 0) {
        alarm(5);
        WRITE("k", "b");
        _exit(strcmp(tableset_ask(&set, "k"), "b") != 0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tableset_ask(&set, "k"), "b");
}

static void *ask_much(void *wrong)
{
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (int i = 0; i < 500; i++) {
        cc_answer_info_t info;
        const char *key = i % 2 ? "odd" : "even";
        const char *row = tableset_ask_in(set.table, key, strlen(key), &info, p);

        if (strcmp(row, i % 2 ? "one" : "two") != 0)
            *(int *)wrong += 1;
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

TEST_LOOP(threads_get_the_answers_to_their_own_questions, 0, type_count)
{
    pthread_t threads[4];
    int wrong[4] = {0};

    type = types[_i];
    WRITE("odd", "one", "even", "two");
    tableset_open(&set, source(""), 1);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, ask_much, &wrong[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(wrong[i], 0);
    }
}

TEST_LOOP(an_unknown_type_is_an_error_that_names_those_there_are, 0, 6)
{
    static const char *const sources[] = {
        "dbm:f", "dbm:xdbm:f", "dbm:sdbm:", "dbm::f", "dbm:../sdbm:f", "dbm:SDBM:f"};

    ck_assert_int_ne(tableset_try(&set, sources[_i], 0), APR_SUCCESS);
    ck_assert_str_eq(set.err.tag, "CC0620");
    ck_assert_str_eq(set.err.word, sources[_i]);
    for (int i = 0; i < type_count; i++)
        ck_assert_ptr_nonnull(
            strstr(set.err.message, apr_pstrcat(set.pool, "dbm:", types[i], ":PATH", NULL)));
}

/* Finds the types that exist here. */
static const char *prepare(void)
{
    apr_pool_t *pool;

    apr_pool_create(&pool, NULL);
    for (int i = 0; i < COUNT(all_types); i++) {
        const char *unused;

        if (apr_dbm_get_usednames_ex(pool, all_types[i], "x", &unused, &unused) == APR_SUCCESS)
            types[type_count++] = all_types[i];
    }
    apr_pool_destroy(pool);
    return NULL;
}

SUITE("dbm", .setup = setup, .teardown = teardown, .timeout = 60, .prepare = prepare);
