/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how one thread replaces what many others read, while none of them waits. */
#include "base/snapshot.h"

#include <apr_time.h>

#define PAUSE apr_time_from_msec(1)
#define PAUSES 20

/*
 * What is current stands at the side that the number's last bit says. Readers are counted a side,
 * so a version that was replaced is unused once its side has no readers. Because the number alone
 * says what is current, who sees the same number before and after has read one version.
 */

void cc_versions_start(cc_versions_t *versions, void *first)
{
    versions->side[0] = first;
    versions->side[1] = NULL;
    versions->replaced = NULL;
    atomic_init(&versions->number, 2);
    atomic_init(&versions->readers[0], 0);
    atomic_init(&versions->readers[1], 0);
}

void *cc_versions_enter(cc_versions_t *versions, unsigned *side)
{
    for (;;) {
        apr_uint64_t number = atomic_load(&versions->number);

        *side = number & 1;
        atomic_fetch_add(&versions->readers[*side], 1);
        if (atomic_load(&versions->number) == number) {
            return versions->side[*side];
        }
        cc_versions_leave(versions, *side); /* too late: its replacement may not have seen us */
    }
}

void cc_versions_leave(cc_versions_t *versions, unsigned side)
{
    atomic_fetch_sub(&versions->readers[side], 1);
}

bool cc_versions_settled(const cc_versions_t *versions)
{
    return versions->replaced == NULL;
}

void cc_versions_replace(cc_versions_t *versions, void *next)
{
    unsigned old = atomic_load(&versions->number) & 1;

    versions->replaced = versions->side[old];
    versions->side[!old] = next;
    atomic_fetch_add(&versions->number, 1);
}

void *cc_versions_unused(cc_versions_t *versions)
{
    unsigned old = !(atomic_load(&versions->number) & 1);
    void *unused = versions->replaced;

    for (int i = 0; unused && i < PAUSES && atomic_load(&versions->readers[old]) > 0; i++) {
        apr_sleep(PAUSE);
    }
    if (atomic_load(&versions->readers[old]) > 0) {
        return NULL;
    }
    versions->replaced = NULL;
    return unused;
}

void *cc_versions_current(cc_versions_t *versions)
{
    return versions->side[atomic_load(&versions->number) & 1];
}

apr_uint64_t cc_versions_number(cc_versions_t *versions)
{
    return atomic_load(&versions->number);
}
