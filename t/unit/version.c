/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that a version is neither freed nor replaced while a reader uses it, however long that
 * takes.
 */
#include <pthread.h>
#include <stdlib.h>

#include "suite.h"
#include "base/snapshot.h"

static cc_snapshot_t snapshot;
static int first, second, third;

static void setup(void)
{
    cc_snapshot_init(&snapshot, &first);
}

TEST(who_comes_later_reads_what_is_current)
{
    unsigned early = 0, late = 0;
    apr_uint64_t number = cc_snapshot_number(&snapshot);

    ck_assert_ptr_eq(cc_snapshot_enter(&snapshot, &early), &first);
    cc_snapshot_replace(&snapshot, &second);
    ck_assert_ptr_eq(cc_snapshot_enter(&snapshot, &late), &second);
    ck_assert_ptr_eq(cc_snapshot_current(&snapshot), &second);
    ck_assert_uint_gt(cc_snapshot_number(&snapshot), number);
}

TEST(what_is_still_read_is_not_given_back_and_nothing_more_is_replaced)
{
    unsigned side = 0;

    cc_snapshot_enter(&snapshot, &side);
    cc_snapshot_replace(&snapshot, &second);
    ck_assert_ptr_null(cc_snapshot_reclaim(&snapshot));
    ck_assert(!cc_snapshot_settled(&snapshot));
    cc_snapshot_leave(&snapshot, side);
    ck_assert_ptr_eq(cc_snapshot_reclaim(&snapshot), &first);
    ck_assert(cc_snapshot_settled(&snapshot));
    ck_assert_ptr_null(cc_snapshot_reclaim(&snapshot));
    cc_snapshot_replace(&snapshot, &third);
    ck_assert_ptr_eq(cc_snapshot_reclaim(&snapshot), &second);
}

/* ---- many readers -------------------------------------------------------------------------- */

#define READERS 4
#define VERSIONS 2000

static int stop; /* atomic */

static void *read_on(void *unused)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        unsigned side = 0;
        const int *current = cc_snapshot_enter(&snapshot, &side);

        if (*current < 0)
            abort();
        cc_snapshot_leave(&snapshot, side);
    }
    return unused;
}

static int *made(int number)
{
    int *version = malloc(sizeof(*version));

    *version = number;
    return version;
}

static void spoil(int *version)
{
    if (version) {
        *version = -1;
        free(version);
    }
}

TEST(nobody_reads_what_was_given_back)
{
    pthread_t threads[READERS];
    int replaced = 0;

    cc_snapshot_init(&snapshot, made(0));
    stop = 0;
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, read_on, NULL);
    while (replaced < VERSIONS) {
        spoil(cc_snapshot_reclaim(&snapshot));
        if (cc_snapshot_settled(&snapshot))
            cc_snapshot_replace(&snapshot, made(++replaced));
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    spoil(cc_snapshot_reclaim(&snapshot));
    ck_assert(cc_snapshot_settled(&snapshot));
    ck_assert_int_eq(*(int *)cc_snapshot_current(&snapshot), VERSIONS);
    spoil(cc_snapshot_current(&snapshot));
}

SUITE("version", .setup = setup, .timeout = 120);
