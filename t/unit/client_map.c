/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the map of clients: which entry is dropped first, which are in use, and its bound. */
#include <stdatomic.h>
#include <stdbool.h>

#include <apr_thread_proc.h>

#include "httpd/peer/client_map.h"
#include "suite.h"

#define THREADS 4
#define CLIENTS 10000
#define PLACES 96

/* The data of a client in these tests. */
typedef struct {
    apr_uint64_t number;
    apr_uint64_t again; /* the same, unless it was freed */
} known_t;

static apr_pool_t *pool;
static cc_client_map_t *map;
static atomic_int alive; /* data that is not yet freed */
static atomic_int most_alive;
static atomic_int wrong; /* results of another client, or freed ones */

static void setup(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    atomic_store(&alive, 0);
    atomic_store(&most_alive, 0);
    atomic_store(&wrong, 0);
    map = NULL;
}

static void teardown(void)
{
    apr_pool_destroy(pool);
    apr_terminate();
}

SUITE("client_map", .setup = setup, .teardown = teardown, .timeout = 60);

/* ---- clients and requests ----------------------------------------------------------------- */

static apr_status_t known_free(void *data)
{
    ((known_t *)data)->again = 0;
    atomic_fetch_sub(&alive, 1);
    return APR_SUCCESS;
}

static void alive_add(void)
{
    int now = atomic_fetch_add(&alive, 1) + 1, most = atomic_load(&most_alive);

    while (now > most && !atomic_compare_exchange_weak(&most_alive, &most, now)) {
    }
}

static known_t *known_make(apr_uint64_t number, apr_pool_t *p)
{
    known_t *known = apr_palloc(p, sizeof(*known));

    *known = (known_t){number, number};
    alive_add();
    apr_pool_cleanup_register(p, known, known_free, apr_pool_cleanup_null);
    return known;
}

static cc_client_map_key_t key_of(apr_uint64_t number)
{
    return (cc_client_map_key_t){number, {&map, NULL, &pool}};
}

static known_t *keep(apr_uint64_t number, apr_pool_t *holder)
{
    cc_client_map_key_t key = key_of(number);
    apr_pool_t *p = cc_client_map_pool();
    known_t *known = known_make(number, p);

    cc_client_map_keep(map, &key, known, p, holder);
    return known;
}

static known_t *take(apr_uint64_t number, apr_pool_t *holder)
{
    cc_client_map_key_t key = key_of(number);

    return cc_client_map_take(map, &key, holder);
}

static apr_pool_t *request_make(void)
{
    return cc_client_map_pool();
}

/* Clients from the first number to the last, each with a request that has ended. */
static void keep_all(apr_uint64_t first, apr_uint64_t last)
{
    for (apr_uint64_t number = first; number <= last; number++) {
        apr_pool_t *request = request_make();

        keep(number, request);
        apr_pool_destroy(request);
    }
}

static bool is_known(apr_uint64_t number)
{
    apr_pool_t *request = request_make();
    bool is = take(number, request) != NULL;

    apr_pool_destroy(request);
    return is;
}

/* ---- finding ------------------------------------------------------------------------------ */

TEST(what_is_kept_is_found_by_its_whole_key)
{
    cc_client_map_key_t others[] = {{2, {&map, NULL, &pool}},
                                    {1, {NULL, NULL, &pool}},
                                    {1, {&map, &map, &pool}},
                                    {1, {&map, NULL, NULL}}};
    known_t *known;

    map = cc_client_map_make(PLACES);
    known = keep(1, pool);
    ck_assert_ptr_eq(take(1, pool), known);
    for (int i = 0; i < COUNT(others); i++) {
        ck_assert_ptr_null(cc_client_map_take(map, &others[i], pool));
    }
    cc_client_map_end(map);
}

TEST(the_last_of_a_key_is_found_and_the_one_before_stays_with_its_holder)
{
    apr_pool_t *first_request = request_make(), *second_request = request_make();
    known_t *first, *second;

    map = cc_client_map_make(PLACES);
    first = keep(1, first_request);
    second = keep(1, second_request);
    ck_assert_ptr_eq(take(1, first_request), second);
    ck_assert_uint_eq(first->again, 1);
    ck_assert_int_eq(atomic_load(&alive), 2);
    apr_pool_destroy(second_request);
    apr_pool_destroy(first_request);
    ck_assert_int_eq(atomic_load(&alive), 1);
    cc_client_map_end(map);
    ck_assert_int_eq(atomic_load(&alive), 0);
}

/* ---- which client is dropped -------------------------------------------------------------- */

TEST(what_was_asked_for_the_longest_time_ago_is_forgotten_first)
{
    map = cc_client_map_make(4);
    keep_all(1, 4);
    ck_assert(is_known(1)); /* now 2 is the oldest */
    keep_all(5, 5);
    ck_assert(!is_known(2));
    ck_assert(is_known(3));
    ck_assert(is_known(4));
    keep_all(6, 7); /* in place of 1 and 5 */
    ck_assert(!is_known(1));
    ck_assert(!is_known(5));
    ck_assert(is_known(3) && is_known(4) && is_known(6) && is_known(7));
    cc_client_map_end(map);
}

TEST(the_order_is_kept_over_many_rounds)
{
    map = cc_client_map_make(PLACES);
    keep_all(1, CLIENTS);
    for (apr_uint64_t number = 1; number <= CLIENTS; number++) {
        ck_assert_msg(is_known(number) == (number > CLIENTS - PLACES), "%d", (int)number);
    }
    ck_assert_int_le(atomic_load(&most_alive), PLACES + 1);
    cc_client_map_end(map);
    ck_assert_int_eq(atomic_load(&alive), 0);
}

/* A key that is stored again needs no other place. */
TEST(a_client_that_is_kept_again_displaces_itself_alone)
{
    map = cc_client_map_make(3);
    keep_all(1, 3);
    for (int i = 0; i < 10; i++) {
        keep_all(3, 3);
    }
    ck_assert(is_known(1) && is_known(2) && is_known(3));
    cc_client_map_end(map);
}

static const int places[] = {-1, 0, 1, 2, 3, 64, 65, 1024};

TEST_LOOP(a_map_has_its_places_and_no_more, 0, COUNT(places))
{
    int most = places[_i] > 0 ? places[_i] : 1;

    map = cc_client_map_make(places[_i]);
    keep_all(1, (apr_uint64_t)most);
    ck_assert_int_eq(atomic_load(&alive), most);
    keep_all(10001, 10001 + (apr_uint64_t)most);
    ck_assert_int_eq(atomic_load(&alive), most);
    cc_client_map_end(map);
    ck_assert_int_eq(atomic_load(&alive), 0);
}

/* ---- holders ------------------------------------------------------------------------------ */

TEST(a_holder_keeps_what_has_lost_its_place)
{
    apr_pool_t *request = request_make();
    known_t *known;

    map = cc_client_map_make(2);
    known = keep(1, request);
    keep_all(2, 1000);
    ck_assert(!is_known(1));
    ck_assert_uint_eq(known->again, 1);
    ck_assert_int_eq(atomic_load(&alive), 3);
    apr_pool_destroy(request);
    ck_assert_int_eq(atomic_load(&alive), 2);
    cc_client_map_end(map);
}

TEST(two_holders_keep_it_until_the_last_has_gone)
{
    apr_pool_t *first = request_make(), *second = request_make();
    known_t *known;

    map = cc_client_map_make(1);
    known = keep(1, first);
    ck_assert_ptr_eq(take(1, second), known);
    keep_all(2, 2);
    apr_pool_destroy(first);
    ck_assert_uint_eq(known->again, 1);
    apr_pool_destroy(second);
    ck_assert_int_eq(atomic_load(&alive), 1);
    cc_client_map_end(map);
}

TEST(a_holder_outlives_the_map)
{
    apr_pool_t *request = request_make();
    known_t *known;

    map = cc_client_map_make(PLACES);
    known = keep(1, request);
    keep_all(2, 50);
    cc_client_map_end(map);
    ck_assert_int_eq(atomic_load(&alive), 1);
    ck_assert_uint_eq(known->again, 1);
    apr_pool_destroy(request);
    ck_assert_int_eq(atomic_load(&alive), 0);
}

/* Otherwise a request that never ends would use memory without bound. */
TEST(to_ask_again_for_a_holder_costs_no_memory)
{
    apr_pool_t *request = request_make();
    char *before, *after;

    map = cc_client_map_make(PLACES);
    keep(1, request);
    before = apr_palloc(request, 8);
    for (int i = 0; i < 100; i++) {
        take(1, request);
    }
    after = apr_palloc(request, 8);
    ck_assert_int_eq((int)(after - before), 8);
    apr_pool_destroy(request);
    cc_client_map_end(map);
}

TEST(what_is_lent_goes_with_its_holder)
{
    apr_pool_t *request = request_make(), *p = cc_client_map_pool();

    known_make(1, p);
    cc_client_map_lend(p, request);
    ck_assert_int_eq(atomic_load(&alive), 1);
    apr_pool_destroy(request);
    ck_assert_int_eq(atomic_load(&alive), 0);
}

/* ---- threads ------------------------------------------------------------------------------ */

/* Requests of one thread: some of a few clients, and each of all clients once. */
static void *APR_THREAD_FUNC ask_all(apr_thread_t *thread, void *data)
{
    apr_uint64_t seed = (apr_uint64_t)(apr_uintptr_t)data + 1;

    (void)thread;
    for (apr_uint64_t i = 0; i < CLIENTS; i++) {
        apr_pool_t *request = request_make();
        apr_uint64_t number = i % 3 ? (i + seed * 2503) % CLIENTS : i % 7;
        known_t *known = take(number, request);

        known = known ? known : keep(number, request);
        if (known->number != number || known->again != number) {
            atomic_fetch_add(&wrong, 1);
        }
        apr_pool_destroy(request);
    }
    return NULL;
}

/* Many clients on one connection: its memory is that of its places and requests. */
TEST(threads_ask_for_many_clients_in_bounded_memory)
{
    apr_thread_t *threads[THREADS];

    map = cc_client_map_make(PLACES);
    for (apr_uintptr_t i = 0; i < THREADS; i++) {
        ck_assert_int_eq(apr_thread_create(&threads[i], NULL, ask_all, (void *)i, pool), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        apr_status_t rv;

        apr_thread_join(&rv, threads[i]);
    }
    ck_assert_int_eq(atomic_load(&wrong), 0);
    ck_assert_int_le(atomic_load(&most_alive), PLACES + 2 * THREADS);
    ck_assert_int_ge(atomic_load(&most_alive), PLACES);
    cc_client_map_end(map);
    ck_assert_int_eq(atomic_load(&alive), 0);
}
