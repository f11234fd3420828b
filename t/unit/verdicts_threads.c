/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that threads get their own verdicts if one client needs more than its list holds. */
#include <string.h>

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "fakehttpd.h"
#include "httpd/request/verdicts.h"
#include "ruleset.h"
#include "suite.h"

#define THREADS 4
#define SHARE 32 /* pools that last */
#define SETS 50
#define ROUNDS 40

static apr_pool_t *pool;
static cc_client_t client;
static cc_client_map_t *map;
static apr_pool_t *given[SHARE];
static atomic_int given_count;
static cc_rules_t *sets[SETS];
static atomic_int wrong;

/* ---- a source of clients ------------------------------------------------------------------ */

static apr_pool_t *source_pool(const cc_client_t *asked, struct conn_rec *c)
{
    int place = atomic_fetch_add(&given_count, 1);

    (void)asked;
    (void)c;
    if (place >= SHARE) {
        return NULL;
    }
    given[place] = cc_client_map_pool();
    return given[place];
}

static cc_client_map_t *source_map(const cc_client_t *asked, struct conn_rec *c, bool make)
{
    (void)asked;
    (void)c;
    (void)make;
    return map;
}

static const cc_client_source_t source = {.pool = source_pool, .map = source_map};

static void setup(void)
{
    fake_begin();
    apr_pool_create(&pool, NULL);
    memset(&client, 0, sizeof(client));
    client.source = &source;
    client.cert = ruleset_certificate(ruleset_alice, pool);
    client.facts = ruleset_facts;
    map = cc_client_map_make(4);
    atomic_store(&given_count, 0);
    atomic_store(&wrong, 0);
    for (int i = 0; i < SETS; i++) {
        sets[i] = ruleset_compile(apr_psprintf(pool, "subject.CN == Alice user=user%d", i), pool);
    }
}

static void teardown(void)
{
    cc_client_map_end(map);
    for (int i = 0; i < SHARE; i++) {
        apr_pool_destroy(given[i]);
    }
    apr_pool_destroy(pool);
    fake_end();
}

SUITE("verdicts_threads", .setup = setup, .teardown = teardown, .timeout = 60);

/* A request that asks one set of rules, and gets its user and its variables. */
static bool is_answered(int set)
{
    apr_pool_t *request = cc_client_map_pool();
    cc_verdicts_query_t query = {.key = {.rules = sets[set], .export = &cc_export_default},
                                 .keep = true,
                                 .now = ruleset_facts.now,
                                 .pool = request,
                                 .holder = request};
    const char *user = apr_psprintf(request, "user%d", set), *exported;
    const cc_memo_t *memo;
    bool is_new, is;

    memo = cc_verdicts_ask(&client, &query, &is_new);
    exported = apr_table_get(memo->exports, "CLIENTCERT_USER");
    is = !strcmp(memo->verdict->user, user) && !strcmp(exported, user);
    apr_pool_destroy(request);
    return is;
}

/* The requests of one stream: all sets of rules, many times. */
static void *APR_THREAD_FUNC ask_often(apr_thread_t *thread, void *data)
{
    int first = (int)(apr_uintptr_t)data;

    (void)thread;
    for (int i = 0; i < ROUNDS * SETS; i++) {
        if (!is_answered((i + first) % SETS)) {
            atomic_fetch_add(&wrong, 1);
        }
    }
    return NULL;
}

TEST(threads_that_ask_one_client_get_what_is_theirs)
{
    apr_thread_t *threads[THREADS];
    apr_status_t rv;

    for (apr_uintptr_t i = 0; i < THREADS; i++) {
        rv = apr_thread_create(&threads[i], NULL, ask_often, (void *)(i * 7), pool);
        ck_assert_int_eq(rv, APR_SUCCESS);
    }
    for (int i = 0; i < THREADS; i++) {
        apr_thread_join(&rv, threads[i]);
    }
    ck_assert_int_eq(atomic_load(&wrong), 0);
    ck_assert_int_gt(atomic_load(&given_count), SHARE); /* the map was used too */
}
