/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that many threads can use CRLs while one thread replaces them. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "cert/cert.h"
#include "crlset.h"
#include "suite.h"

#define READERS 4
#define RELOADS 200

static crlset_t set;
static pki_t ca, alice, bob;
static unsigned char ca_sha256[32], ca_spki_sha256[32];
static int stop; /* atomic */

static void setup(void)
{
    crlset_begin(&set);
    ca = pki_ca("CA", NULL);
    alice = pki_client("alice", &ca);
    bob = pki_client("bob", &ca);
    crlset_trust(&set, &ca);
    cc_cert_digests(cc_cert_wrap(ca.cert, set.pool), ca_sha256, ca_spki_sha256);
}

static void teardown(void)
{
    crlset_end(&set);
    pki_free(&ca);
    pki_free(&alice);
    pki_free(&bob);
}

/* Every version lists one of two: alice if its generation is even, bob if it is odd. */
static void put(int number)
{
    crl_recipe_t recipe = {.ca = &ca, .number = apr_itoa(set.pool, number)};

    recipe.entries[0].cert = number % 2 ? bob.cert : alice.cert;
    crlset_put(&set, "a.crl", &recipe);
}

static void count(const cc_crl_info_t *info, void *baton)
{
    *(int *)baton += info->entries == 1;
}

/* The two answers of one generation must differ; the number of rounds, or -1. */
static void *read_on(void *baton)
{
    long rounds = 0;

    (void)baton;
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        cc_crl_answer_t one, other;
        int held = 0;

        cc_crls_check(&one, set.crls, alice.cert, ca_spki_sha256, apr_time_now());
        cc_crls_check(&other, set.crls, bob.cert, ca_spki_sha256, apr_time_now());
        cc_crls_each(set.crls, count, &held);
        if (held != 1 || cc_crls_next_change(set.crls, apr_time_now()) == APR_INT64_MAX ||
            (one.generation == cc_crls_generation(set.crls) && one.state == other.state)) {
            return (void *)-1L;
        }
        rounds++;
    }
    return (void *)rounds;
}

/* While a reader uses the version before the last change, the next change waits. */
static void follow_change(void)
{
    const char *told = "";

    for (int i = 0; i < 500 && !*told; i++) {
        told = crlset_poll(&set);
    }
    ck_assert_ptr_nonnull(strstr(told, "changed"));
}

TEST(readers_see_one_version_each_while_it_is_replaced)
{
    pthread_t readers[READERS];

    put(1);
    crlset_open(&set, "a.crl");
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_on, NULL), 0);
    }
    for (int i = 2; i < RELOADS; i++) {
        put(i);
        follow_change();
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < READERS; i++) {
        void *rounds = NULL;

        ck_assert_int_eq(pthread_join(readers[i], &rounds), 0);
        ck_assert_int_gt((long)rounds, 0);
    }
}

TEST(what_was_opened_can_be_closed_at_any_time)
{
    apr_pool_t *pool = set.pool;

    put(1);
    apr_pool_create(&set.pool, pool);
    crlset_open(&set, ".");
    crlset_poll(&set);
    put(2);
    crlset_poll(&set);
    apr_pool_destroy(set.pool);
    apr_pool_create(&set.pool, pool);
    crlset_write(&set, "b.crl", "0", 1);
    ck_assert_str_ne(crlset_try(&set, "a.crl nowhere"), ""); /* and a file that does not exist */
    apr_pool_destroy(set.pool);
    set.pool = pool;
}

SUITE("shared", .setup = setup, .teardown = teardown, .timeout = 600);
