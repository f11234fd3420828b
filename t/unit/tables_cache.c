/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which answers of a source are cached and for how long, and what happens while it fails. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "suite.h"
#include "tableset.h"

/* ---- a source that the test controls --------------------------------------------------- */

static struct {
    cc_table_result_t result;
    const char *value;
    int asked;             /* atomic: how often */
    char key[100];         /* the last one */
    pthread_mutex_t *gate; /* held: no question is answered */
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
    const char **values = apr_palloc(p, 2 * sizeof(*values));
    cc_column_t *columns = apr_palloc(p, 2 * sizeof(*columns));

    (void)state;
    __atomic_add_fetch(&source.asked, 1, __ATOMIC_SEQ_CST);
    if (source.gate) {
        pthread_mutex_lock(source.gate);
        pthread_mutex_unlock(source.gate);
    } else {
        apr_cpystrn(source.key, apr_pstrmemdup(p, key, len), sizeof(source.key));
    }
    if (source.result == CC_TABLE_FAILED) {
        info->failure = "it is down";
    } else if (source.result == CC_TABLE_FOUND) {
        values[0] = apr_pstrdup(p, source.value);
        values[1] = apr_pstrmemdup(p, key, len);
        columns[0] = (cc_column_t){2, values};
        columns[1] = (cc_column_t){0, NULL};
        *row = (cc_row_t){2, columns};
    }
    return source.result;
}

static const cc_backend_t fake = {
    .type = "fake", .remote = true, .open = fake_open, .lookup = fake_lookup};
static const cc_backend_t *const backends[] = {&fake, NULL};

static tableset_t set;
static cc_answer_info_t info;

static void setup(void)
{
    memset(&source, 0, sizeof(source));
    source.result = CC_TABLE_FOUND;
    source.value = "a";
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

static const char *ask(const char *key)
{
    return tableset_ask_info(&set, key, &info);
}

/* Looks a key up; returns how often the source was asked. */
static int asked_for(const char *key, const char *answer)
{
    int before = source.asked;

    ck_assert_str_eq(ask(key), answer);
    return source.asked - before;
}

/* ---- cached answers -------------------------------------------------------------------- */

TEST(an_answer_is_asked_for_once_within_ttl)
{
    open_with("");
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
    source.value = "b";
    ck_assert_int_eq(asked_for("k", "a,k|"), 0);
    ck_assert_int_eq(asked_for("l", "b,l|"), 1);
    ck_assert_uint_eq(cc_table_generation(set.table), 0);
}

TEST(an_answer_is_asked_for_again_after_ttl)
{
    open_with("ttl=1");
    asked_for("k", "a,k|");
    source.value = "b";
    set.ahead += apr_time_from_msec(1050);
    ck_assert_int_eq(asked_for("k", "b,k|"), 1);
    ck_assert_int_eq(asked_for("k", "b,k|"), 0);
}

TEST(who_keeps_an_answer_learns_how_long_it_may)
{
    apr_time_t before = apr_time_now(), first;

    open_with("ttl=7 negative_ttl=3");
    ask("k");
    first = info.stale_at;
    ck_assert(first >= before + 7000000 && first <= apr_time_now() + 7000000);
    apr_sleep(2000);
    ask("k");
    ck_assert(info.stale_at == first && !info.failure);
    source.result = CC_TABLE_MISSING;
    ask("l");
    ck_assert(info.stale_at <= apr_time_now() + 3000000 && info.stale_at > before + 2000000);
    source.result = CC_TABLE_FAILED;
    ask("m");
    ck_assert(info.stale_at == 0);
}

TEST(a_missing_key_is_kept_for_negative_ttl)
{
    open_with("negative_ttl=1");
    source.result = CC_TABLE_MISSING;
    ck_assert_int_eq(asked_for("k", "MISSING"), 1);
    source.result = CC_TABLE_FOUND;
    ck_assert_int_eq(asked_for("k", "MISSING"), 0);
    set.ahead += apr_time_from_msec(1050);
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
}

TEST_LOOP(with_ttl_0_or_size_0_nothing_is_kept, 0, 2)
{
    open_with(_i ? "size=0" : "ttl=0 negative_ttl=0");
    asked_for("k", "a,k|");
    ck_assert((info.stale_at > apr_time_now()) == _i);
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
    source.result = CC_TABLE_MISSING;
    asked_for("l", "MISSING");
    ck_assert_int_eq(asked_for("l", "MISSING"), 1);
}

TEST(the_answer_that_was_not_used_for_longest_makes_room)
{
    open_with("size=3");
    asked_for("a", "a,a|");
    asked_for("b", "a,b|");
    asked_for("c", "a,c|");
    ck_assert_int_eq(asked_for("a", "a,a|"), 0);
    asked_for("d", "a,d|"); /* b goes */
    ck_assert_int_eq(asked_for("c", "a,c|"), 0);
    ck_assert_int_eq(asked_for("a", "a,a|"), 0);
    ck_assert_int_eq(asked_for("d", "a,d|"), 0);
    ck_assert_int_eq(asked_for("b", "a,b|"), 1);
    ck_assert_int_eq(asked_for("c", "a,c|"), 1);
}

/* Any client can ask for keys that are not there. */
TEST(missing_keys_do_not_push_out_rows)
{
    open_with("size=32");
    for (int i = 0; i < 24; i++)
        asked_for(apr_itoa(set.pool, i), apr_psprintf(set.pool, "a,%d|", i));
    source.result = CC_TABLE_MISSING;
    for (int i = 100; i < 1000; i++)
        ck_assert_int_eq(asked_for(apr_itoa(set.pool, i), "MISSING"), 1);
    for (int i = 0; i < 24; i++)
        ck_assert_int_eq(asked_for(apr_itoa(set.pool, i), apr_psprintf(set.pool, "a,%d|", i)), 0);
    ck_assert_int_eq(asked_for("999", "MISSING"), 0);
    ck_assert_int_eq(asked_for("100", "MISSING"), 1);
}

TEST(in_a_full_cache_missing_keys_get_an_eighth)
{
    int lost = 0;

    open_with("size=32");
    for (int i = 0; i < 32; i++)
        asked_for(apr_itoa(set.pool, i), apr_psprintf(set.pool, "a,%d|", i));
    source.result = CC_TABLE_MISSING;
    for (int i = 100; i < 1000; i++)
        asked_for(apr_itoa(set.pool, i), "MISSING");
    ck_assert_int_eq(asked_for("996", "MISSING"), 0);
    source.result = CC_TABLE_FOUND;
    for (int i = 31; i >= 0; i--)
        lost += asked_for(apr_itoa(set.pool, i), apr_psprintf(set.pool, "a,%d|", i));
    ck_assert_int_eq(lost, 5);
}

TEST(missing_keys_push_out_rows_that_are_of_no_use_any_more)
{
    open_with("size=32 ttl=1");
    for (int i = 0; i < 32; i++)
        asked_for(apr_itoa(set.pool, i), apr_psprintf(set.pool, "a,%d|", i));
    set.ahead += apr_time_from_sec(2);
    source.result = CC_TABLE_MISSING;
    for (int i = 100; i < 132; i++)
        asked_for(apr_itoa(set.pool, i), "MISSING");
    for (int i = 100; i < 132; i++)
        ck_assert_int_eq(asked_for(apr_itoa(set.pool, i), "MISSING"), 0);
}

TEST(a_newer_answer_takes_the_place_of_the_older_one)
{
    open_with("size=2 ttl=0 stale=9");
    for (int i = 0; i < 3; i++)
        asked_for("k", "a,k|");
    asked_for("l", "a,l|");
    asked_for("k", "a,k|");
    asked_for("m", "a,m|"); /* l goes */
    source.result = CC_TABLE_FAILED;
    asked_for("k", "a,k|");
    asked_for("m", "a,m|");
    asked_for("l", "FAILED: it is down");
}

TEST(one_answer_has_room_for_itself)
{
    open_with("size=1 ttl=0 stale=9");
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(asked_for(i % 3 ? "k" : "l", i % 3 ? "a,k|" : "a,l|"), 1);
}

/* ---- keys ------------------------------------------------------------------------------ */

TEST(keys_are_folded_before_they_are_asked_for_and_kept)
{
    open_with("octets");
    ck_assert_int_eq(asked_for("AB:Cd", "a,abcd|"), 1);
    ck_assert_str_eq(source.key, "abcd");
    ck_assert_int_eq(asked_for("abcd", "a,abcd|"), 0);
    ck_assert_int_eq(asked_for("abcx", "MISSING"), 0);
    ck_assert_int_eq(asked_for(":", "MISSING"), 0);
    open_with("nocase");
    ck_assert_int_eq(asked_for("KEY", "a,key|"), 1);
    ck_assert_int_eq(asked_for("key", "a,key|"), 0);
    open_with("");
    ck_assert_int_eq(asked_for("KEY", "a,KEY|"), 1);
    ck_assert_int_eq(asked_for("key", "a,key|"), 1);
    ck_assert_int_eq(asked_for("", "MISSING"), 0);
    source.asked = 0;
    ck_assert_str_eq(tableset_ask_in(set.table, "a\0b", 3, &info, set.pool), "MISSING");
    ck_assert_int_eq(source.asked, 0);
}

/* Of about 64 characters, or of about 128 digits. */
TEST_LOOP(a_key_of_any_length_is_folded, 0, 10)
{
    bool octets = _i >= 5;
    size_t len = (size_t)(octets ? 126 + _i - 5 : 62 + _i);
    char key[301] = {0}, folded[301] = {0};

    open_with(octets ? "octets" : "nocase");
    memset(key, 'A', len);
    memset(folded, 'a', len);
    ck_assert_str_eq(ask(key), octets && len % 2 /* half an octet remains */
                                   ? "MISSING"
                                   : apr_pstrcat(set.pool, "a,", folded, "|", NULL));
}

TEST(a_row_with_fewer_columns_than_rules_take_is_a_failure)
{
    open_with("");
    cc_table_use(set.table, 3);
    ck_assert_str_eq(ask("k"), "FAILED: columns of the row: 2; rules use $3");
    ck_assert(info.stale_at == 0);
}

/* ---- failures -------------------------------------------------------------------------- */

TEST(a_failure_is_not_kept_and_the_next_lookup_after_a_recovery_works)
{
    open_with("ttl=0"); /* and without stale, no old answer is used */
    asked_for("k", "a,k|");
    source.result = CC_TABLE_FAILED;
    ck_assert_int_eq(asked_for("k", "FAILED: it is down"), 1);
    ck_assert_int_eq(asked_for("k", "FAILED: it is down"), 1);
    source.result = CC_TABLE_FOUND;
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
}

TEST(an_old_answer_serves_while_the_source_fails_but_no_longer_than_stale)
{
    apr_time_t end;

    open_with("ttl=0 stale=2");
    asked_for("k", "a,k|");
    end = apr_time_now() + apr_time_from_sec(2);
    source.result = CC_TABLE_FAILED;
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
    ck_assert_str_eq(info.failure, "it is down");
    ck_assert(info.stale_at <= apr_time_now() + 1000000 && info.stale_at > apr_time_now());
    ck_assert_int_eq(asked_for("l", "FAILED: it is down"), 1);
    ck_assert_int_eq(asked_for("k", "a,k|"), 0); /* for a second no lookup waits for the source */
    ck_assert_ptr_null(info.failure);
    set.ahead += apr_time_from_msec(1050);
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
    ck_assert(info.stale_at <= end);
    set.ahead += apr_time_from_msec(1050);
    ck_assert_int_eq(asked_for("k", "FAILED: it is down"), 1);
    source.result = CC_TABLE_FOUND;
    source.value = "b";
    ck_assert_int_eq(asked_for("k", "b,k|"), 1);
}

TEST(without_cc_tables_child_a_source_is_asked_each_time)
{
    set.tables = cc_tables_create(backends, set.pool);
    ck_assert_int_eq(cc_tables_add(set.tables, NULL, "t fake:x stale=9", "x:1", NULL), APR_SUCCESS);
    set.table = cc_tables_find(set.tables, NULL, "t");
    cc_table_use(set.table, 0);
    ck_assert_int_eq(cc_tables_open(set.tables, "/", set.pool, NULL), APR_SUCCESS);
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
    ck_assert_int_eq(asked_for("k", "a,k|"), 1);
    source.result = CC_TABLE_FAILED;
    ck_assert_int_eq(asked_for("k", "FAILED: it is down"), 1);
}

/* ---- threads --------------------------------------------------------------------------- */

static void *ask_slowly(void *key)
{
    cc_answer_info_t its_info;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    tableset_ask_in(set.table, key, strlen(key), &its_info, p);
    apr_pool_destroy(p);
    return NULL;
}

TEST(what_is_kept_is_answered_while_another_thread_waits_for_the_source)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    char slow[] = "slow";
    pthread_t thread;

    open_with("");
    asked_for("k", "a,k|");
    pthread_mutex_lock(&gate);
    source.gate = &gate;
    pthread_create(&thread, NULL, ask_slowly, slow);
    while (__atomic_load_n(&source.asked, __ATOMIC_SEQ_CST) < 2)
        apr_sleep(1000);
    ck_assert_str_eq(ask("k"), "a,k|");
    pthread_mutex_unlock(&gate);
    pthread_join(thread, NULL);
}

static void *ask_much(void *baton)
{
    unsigned number = *(unsigned *)baton;
    cc_answer_info_t its_info;
    apr_pool_t *p;

    apr_pool_create_unmanaged_ex(&p, NULL, NULL);
    for (int i = 0; i < 20000; i++) {
        const char *key = apr_psprintf(p, "%u", (number = number * 1103515245 + 12345) >> 16 & 63);
        const char *row = tableset_ask_in(set.table, key, strlen(key), &its_info, p);

        if (strcmp(row, apr_pstrcat(p, "a,", key, "|", NULL)) != 0)
            abort();
        apr_pool_clear(p);
    }
    apr_pool_destroy(p);
    return NULL;
}

TEST(threads_get_the_answers_to_their_own_questions)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    unsigned seeds[4] = {1, 2, 3, 4};
    pthread_t threads[4];

    open_with("size=40");
    source.gate = &gate;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, ask_much, &seeds[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_lt(source.asked, 80000);
}

SUITE("cache", .setup = setup, .teardown = teardown, .timeout = 60);
