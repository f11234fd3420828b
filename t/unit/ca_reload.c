/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that sets of CAs are replaced under readers, and that reloads do not take memory. */
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>

#include "caset.h"
#include "suite.h"

enum { READERS = 4, CHANGES = 100, CYCLE = 60, WARM = 10 * CYCLE, RELOADS = 1000 };

static caset_t set;
static pki_t a, b, twin, of_a, of_b, of_twin;

static void setup(void)
{
    caset_begin(&set);
    set.kept = cc_cas_kept_create(set.pool);
    a = pki_ca("A", NULL);
    b = pki_ca("B", NULL);
    twin = pki_ca("A", NULL);
    of_a = pki_client("alice", &a);
    of_b = pki_client("alice", &b);
    of_twin = pki_client("alice", &twin);
}

static void teardown(void)
{
    pki_free(&a);
    pki_free(&b);
    pki_free(&twin);
    pki_free(&of_a);
    pki_free(&of_b);
    pki_free(&of_twin);
    caset_end(&set);
}

/* ---- readers --------------------------------------------------------------------------- */

static atomic_bool finished;
static atomic_int verified;

static bool verify(const cc_ca_group_t *group, X509 *leaf)
{
    STACK_OF(X509) *trusted = cc_ca_group_candidates(group, leaf, NULL);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    bool good = false;

    if (trusted && ctx && X509_STORE_CTX_init(ctx, NULL, leaf, NULL)) {
        X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
        good = X509_verify_cert(ctx) == 1 &&
               cc_ca_of_cert(group, sk_X509_value(X509_STORE_CTX_get0_chain(ctx), 1));
    }
    X509_STORE_CTX_free(ctx);
    sk_X509_free(trusted);
    ERR_clear_error();
    return good;
}

/* Each set is { A, A's twin } or { B }, and never a part of one or a mixture. */
static int look(const cc_ca_set_t *current)
{
    const cc_ca_group_t *group = cc_ca_group_at(current, 0);
    bool has_a = verify(group, of_a.cert);

    if (verify(group, of_b.cert) == has_a || verify(group, of_twin.cert) != has_a ||
        cc_ca_count(group) != (has_a ? 2 : 1) || sk_X509_NAME_num(cc_ca_set_names(current)) != 1) {
        return 1;
    }
    atomic_fetch_add(&verified, 1);
    return 0;
}

static void *reader(void *wrong)
{
    while (!atomic_load(&finished)) {
        unsigned side = 0;
        const cc_ca_set_t *current = cc_cas_enter(set.cas, &side);

        *(int *)wrong += look(current);
        cc_cas_leave(set.cas, side);
    }
    return NULL;
}

static void put(int i)
{
    if (i % 2) {
        CASET_PUT(&set, "a.pem", &a, &twin);
    } else {
        CASET_PUT(&set, "a.pem", &b);
    }
}

/* A change that waits for readers is made by a later poll. */
static void change(int i)
{
    apr_uint64_t before = cc_cas_generation(set.cas);

    put(i);
    do {
        caset_poll(&set);
    } while (cc_cas_generation(set.cas) == before);
}

TEST(readers_see_whole_sets_while_they_change)
{
    pthread_t threads[READERS];
    int wrong[READERS] = {0};
    int seen = 0;

    put(1);
    caset_open(&set, "a.pem");
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_create(&threads[i], NULL, reader, &wrong[i]), 0);
    }
    for (int i = 0; i < CHANGES; i++) {
        change(i);
        for (seen = atomic_load(&verified); atomic_load(&verified) == seen;) {
            sched_yield();
        }
    }
    atomic_store(&finished, true);
    for (int i = 0; i < READERS; i++) {
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(wrong[i], 0);
    }
}

TEST(a_set_stays_until_its_reader_leaves)
{
    unsigned side = 0;
    const cc_ca_set_t *current;

    put(1);
    caset_open(&set, "a.pem");
    current = cc_cas_enter(set.cas, &side);
    put(0);
    ck_assert_str_eq(caset_poll(&set), "a.pem +CN=B -CN=A -CN=A");
    put(1);
    ck_assert_str_eq(caset_poll(&set), ""); /* the next change waits for the reader */
    ck_assert_int_eq(look(current), 0);
    ck_assert(verify(cc_ca_group_at(current, 0), of_a.cert));
    ck_assert_str_eq(caset_names(&set, 0), "B");
    cc_cas_leave(set.cas, side);
    ck_assert_str_eq(caset_poll(&set), "a.pem +CN=A +CN=A -CN=B");
}

/* ---- memory ---------------------------------------------------------------------------- */

/* Reloads with all that takes memory: new CAs, one that is decoded, a refusal, other files. */
static void reload(int i)
{
    apr_pool_t *kept = set.pool;

    apr_pool_create(&set.pool, kept);
    put(i);
    if (i % 3 == 0) {
        CASET_PUT(&set, "cas/more.pem", &twin, &of_a);
    } else {
        CASET_PUT(&set, "cas/more.pem", i % 2 ? &a : &b);
    }
    if (i % 5 == 0) {
        unlink(caset_path(&set, "cas/more.pem"));
        caset_poll(&set);
    }
    caset_poll(&set);
    caset_names(&set, 0);
    apr_pool_destroy(set.pool);
    set.pool = kept;
}

/* Octets from malloc, and of the whole process: pools may take theirs from the system. */
typedef struct {
    size_t allocated;
    size_t mapped;
} used_t;

static used_t used(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    size_t pages = 0;

    ck_assert(in && fscanf(in, "%zu", &pages) == 1);
    fclose(in);
    return (used_t){mallinfo2().uordblks, pages * (size_t)sysconf(_SC_PAGESIZE)};
}

TEST(reloads_do_not_take_memory)
{
    used_t before, after;

    ck_assert_int_eq(mkdir(caset_path(&set, "cas"), 0755), 0);
    CASET_PUT(&set, "cas/a.pem", &a);
    put(1);
    caset_open(&set, "a.pem cas");
    for (int i = 0; i < WARM; i++) {
        reload(i % CYCLE); /* until the pools keep as much as they ever will */
    }
    before = used();
    for (int i = 0; i < RELOADS; i++) {
        reload(i % CYCLE);
    }
    after = used();
    ck_assert_msg(after.allocated < before.allocated + 20000, "%zu octets, and then %zu",
                  before.allocated, after.allocated);
#ifndef __SANITIZE_ADDRESS__ /* it keeps what is freed for a while */
    ck_assert_msg(after.mapped < before.mapped + 400000, "%zu octets, and then %zu", before.mapped,
                  after.mapped);
#endif
}

SUITE("reloads of CAs", .setup = setup, .teardown = teardown, .timeout = 300);
