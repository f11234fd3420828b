/* SPDX-License-Identifier: Apache-2.0 */
/* Knows that what is read is neither replaced under the reader nor lost, however long he takes. */
#include <pthread.h>
#include <stdlib.h>

#include "suite.h"
#include "base/snapshot.h"

static cc_versions_t versions;
static int first, second, third;

static void setup(void)
{
    cc_versions_start(&versions, &first);
}

TEST(who_comes_later_reads_what_is_current)
{
    unsigned early = 0, late = 0;
    apr_uint64_t number = cc_versions_number(&versions);

    ck_assert_ptr_eq(cc_versions_enter(&versions, &early), &first);
    cc_versions_replace(&versions, &second);
    ck_assert_ptr_eq(cc_versions_enter(&versions, &late), &second);
    ck_assert_ptr_eq(cc_versions_current(&versions), &second);
    ck_assert_uint_gt(cc_versions_number(&versions), number);
}

TEST(what_is_still_read_is_not_given_back_and_nothing_more_is_replaced)
{
    unsigned side = 0;

    cc_versions_enter(&versions, &side);
    cc_versions_replace(&versions, &second);
    ck_assert_ptr_null(cc_versions_unused(&versions));
    ck_assert(!cc_versions_settled(&versions));
    cc_versions_leave(&versions, side);
    ck_assert_ptr_eq(cc_versions_unused(&versions), &first);
    ck_assert(cc_versions_settled(&versions));
    ck_assert_ptr_null(cc_versions_unused(&versions));
    cc_versions_replace(&versions, &third);
    ck_assert_ptr_eq(cc_versions_unused(&versions), &second);
}

/* ---- many readers -------------------------------------------------------------------------- */

#define READERS 4
#define VERSIONS 2000

static int stop; /* atomic */

static void *read_on(void *unused)
{
    while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE)) {
        unsigned side = 0;
        const int *current = cc_versions_enter(&versions, &side);

        if (*current < 0)
            abort();
        cc_versions_leave(&versions, side);
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

    cc_versions_start(&versions, made(0));
    stop = 0;
    for (int i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, read_on, NULL);
    while (replaced < VERSIONS) {
        spoil(cc_versions_unused(&versions));
        if (cc_versions_settled(&versions))
            cc_versions_replace(&versions, made(++replaced));
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
    for (int i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    spoil(cc_versions_unused(&versions));
    ck_assert(cc_versions_settled(&versions));
    ck_assert_int_eq(*(int *)cc_versions_current(&versions), VERSIONS);
    spoil(cc_versions_current(&versions));
}

SUITE("version", .setup = setup, .timeout = 120);
