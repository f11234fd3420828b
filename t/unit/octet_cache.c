/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the cache with octets as keys: what is the same, what is dropped, and who holds an entry.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "httpd/peer/octet_cache.h"
#include "suite.h"

#define PLACES 64
#define THREADS 4
#define KEYS 200
#define ROUNDS 20000

static apr_pool_t *pool;
static cc_octet_cache_t *cache;
static atomic_int alive; /* entries that are not yet destroyed */
static atomic_int wrong; /* entries of another key, or destroyed ones */

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    cache = cc_octet_cache_make(PLACES, pool);
    ck_assert_ptr_nonnull(cache);
    atomic_store(&alive, 0);
    atomic_store(&wrong, 0);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

SUITE("octet_cache", .setup = setup, .teardown = teardown, .timeout = 120);

static apr_status_t entry_end(void *data)
{
    *(int *)data = -1;
    atomic_fetch_sub(&alive, 1);
    return APR_SUCCESS;
}

static cc_octet_key_t key_of(apr_uint64_t number, const char *first, const char *second)
{
    return (cc_octet_key_t){
        number, {first, second, NULL}, {strlen(first), second ? strlen(second) : 0, 0}};
}

/* An entry whose data is this value. The caller is a holder. */
static cc_octet_entry_t *made(const cc_octet_key_t *key, int value)
{
    cc_octet_entry_t *entry = cc_octet_entry_make(key);
    int *data = apr_palloc(entry->pool, sizeof(*data));

    *data = value;
    entry->data = data;
    atomic_fetch_add(&alive, 1);
    apr_pool_cleanup_register(entry->pool, data, entry_end, apr_pool_cleanup_null);
    return entry;
}

static void kept(const cc_octet_key_t *key, int value)
{
    cc_octet_entry_t *entry = made(key, value);

    cc_octet_cache_keep(cache, entry);
    cc_octet_entry_release(entry);
}

/* The value under a key; 0: there is none. */
static int found(const cc_octet_key_t *key)
{
    cc_octet_entry_t *entry = cc_octet_cache_take(cache, key);
    int value = entry ? *(int *)entry->data : 0;

    if (entry) {
        cc_octet_entry_release(entry);
    }
    return value;
}

/* ---- keys ------------------------------------------------------------------------------------ */

TEST(each_part_of_a_key_counts)
{
    cc_octet_key_t keys[] = {key_of(1, "abc", "def"), key_of(2, "abc", "def"),
                             key_of(1, "abcd", "ef"), key_of(1, "abc", NULL),
                             key_of(1, "abc", ""),    key_of(1, "abc", "deg"),
                             key_of(1, "def", "abc")};

    for (int i = 0; i < COUNT(keys); i++) {
        ck_assert_int_eq(found(&keys[i]), 0);
        kept(&keys[i], i + 1);
    }
    for (int i = 0; i < COUNT(keys); i++) {
        ck_assert_int_eq(found(&keys[i]), i + 1);
    }
}

TEST(a_key_is_copied_and_may_contain_nul)
{
    char octets[] = "a\0b";
    cc_octet_key_t key = {7, {octets, NULL, NULL}, {3, 0, 0}};

    kept(&key, 1);
    octets[2] = 'c';
    ck_assert_int_eq(found(&key), 0);
    octets[2] = 'b';
    ck_assert_int_eq(found(&key), 1);
    key.len[0] = 1;
    ck_assert_int_eq(found(&key), 0);
}

/* ---- places ---------------------------------------------------------------------------------- */

static cc_octet_key_t numbered(apr_uint64_t number)
{
    return key_of(number, "a certificate", NULL);
}

TEST(the_least_recently_used_entry_is_dropped)
{
    cc_octet_key_t first = numbered(0);

    for (apr_uint64_t i = 0; i < PLACES; i++) {
        cc_octet_key_t key = numbered(i);
        kept(&key, (int)i + 1);
    }
    ck_assert_int_eq(found(&first), 1); /* now the second is the oldest */
    for (apr_uint64_t i = PLACES; i < PLACES + 3; i++) {
        cc_octet_key_t key = numbered(i);
        kept(&key, (int)i + 1);
    }
    ck_assert_int_eq(atomic_load(&alive), PLACES);
    for (apr_uint64_t i = 0; i < PLACES + 3; i++) {
        cc_octet_key_t key = numbered(i);
        ck_assert_int_eq(found(&key), i >= 1 && i <= 3 ? 0 : (int)i + 1);
    }
}

TEST(an_entry_with_the_same_key_replaces_the_other)
{
    cc_octet_key_t key = numbered(1);

    kept(&key, 1);
    kept(&key, 2);
    ck_assert_int_eq(found(&key), 2);
    ck_assert_int_eq(atomic_load(&alive), 1);
}

TEST(an_entry_that_is_kept_twice_has_one_place)
{
    cc_octet_key_t key = numbered(1);
    cc_octet_entry_t *entry = made(&key, 1);

    cc_octet_cache_keep(cache, entry);
    cc_octet_cache_keep(cache, entry);
    cc_octet_entry_release(entry);
    kept(&key, 2);
    ck_assert_int_eq(atomic_load(&alive), 1);
}

/* ---- holders --------------------------------------------------------------------------------- */

TEST(an_entry_without_a_place_lives_as_long_as_it_is_held)
{
    cc_octet_key_t key = numbered(1);
    cc_octet_entry_t *entry = made(&key, 1);

    cc_octet_cache_keep(cache, entry);
    kept(&key, 2);
    ck_assert_int_eq(*(int *)entry->data, 1);
    ck_assert_int_eq(atomic_load(&alive), 2);
    cc_octet_entry_hold(entry);
    cc_octet_entry_release(entry);
    ck_assert_int_eq(atomic_load(&alive), 2);
    cc_octet_entry_release(entry);
    ck_assert_int_eq(atomic_load(&alive), 1);
}

TEST(an_entry_may_outlive_the_cache)
{
    cc_octet_key_t key = numbered(1), other = numbered(2);
    cc_octet_entry_t *entry;
    apr_pool_t *p;

    apr_pool_create(&p, pool);
    cache = cc_octet_cache_make(PLACES, p);
    kept(&key, 1);
    kept(&other, 2);
    entry = cc_octet_cache_take(cache, &key);
    apr_pool_destroy(p);
    ck_assert_int_eq(atomic_load(&alive), 1);
    ck_assert_int_eq(*(int *)entry->data, 1);
    cc_octet_entry_release(entry);
    ck_assert_int_eq(atomic_load(&alive), 0);
}

/* ---- threads --------------------------------------------------------------------------------- */

static void *APR_THREAD_FUNC use(apr_thread_t *thread, void *seed)
{
    unsigned next = *(unsigned *)seed;

    (void)thread;
    for (int i = 0; i < ROUNDS; i++) {
        cc_octet_key_t key;
        cc_octet_entry_t *entry;
        int value;

        next = next * 1103515245U + 12345U;
        value = (int)(next >> 16) % KEYS + 1;
        key = numbered((apr_uint64_t)value);
        entry = cc_octet_cache_take(cache, &key);
        if (!entry) {
            entry = made(&key, value);
            cc_octet_cache_keep(cache, entry);
        }
        if (*(int *)entry->data != value) {
            atomic_fetch_add(&wrong, 1);
        }
        cc_octet_entry_release(entry);
    }
    return NULL;
}

TEST(threads_share_entries_and_none_is_lost_or_freed_too_early)
{
    apr_thread_t *threads[THREADS];
    unsigned seeds[THREADS];
    apr_status_t status;

    for (unsigned i = 0; i < THREADS; i++) {
        seeds[i] = i + 1;
        ck_assert_int_eq(apr_thread_create(&threads[i], NULL, use, &seeds[i], pool), APR_SUCCESS);
    }
    for (int i = 0; i < THREADS; i++) {
        apr_thread_join(&status, threads[i]);
    }
    ck_assert_int_eq(atomic_load(&wrong), 0);
    ck_assert_int_eq(atomic_load(&alive), PLACES);
}
