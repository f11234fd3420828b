/* SPDX-License-Identifier: Apache-2.0 */
/* Lets one thread replace data that many threads read without ever waiting. */
#include "base/snapshot.h"

#include <apr_time.h>

#define PAUSE apr_time_from_msec(1)
#define PAUSES 20

/*
 * There are two sides, and the last bit of a number selects the current one. The writer fills the
 * other side and then adds one to the number. Each side counts its readers. Replaced data can be
 * freed once its side has no readers.
 *
 * A reader reads the number, counts itself in, and reads the number again. If the number is the
 * same, the reader was counted before the next replacement, and the writer will see it. Otherwise
 * the reader counts itself out and tries again. That happens at most once for each replacement, so
 * readers never wait for the writer.
 *
 * The writer may fill a side only if no reader is left there. It may have to postpone a replacement
 * (cc_snapshot_settled); readers continue with the current data.
 */

void cc_snapshot_init(cc_snapshot_t *snapshot, void *first)
{
    snapshot->side[0] = first;
    snapshot->side[1] = NULL;
    snapshot->replaced = NULL;
    atomic_init(&snapshot->number, 2);
    atomic_init(&snapshot->readers[0], 0);
    atomic_init(&snapshot->readers[1], 0);
}

void *cc_snapshot_enter(cc_snapshot_t *snapshot, unsigned *side)
{
    for (;;) {
        apr_uint64_t number = atomic_load(&snapshot->number);

        *side = number & 1;
        atomic_fetch_add(&snapshot->readers[*side], 1);
        if (atomic_load(&snapshot->number) == number) {
            return snapshot->side[*side];
        }
        cc_snapshot_leave(snapshot, *side); /* too late: the writer may not have seen this reader */
    }
}

void cc_snapshot_leave(cc_snapshot_t *snapshot, unsigned side)
{
    atomic_fetch_sub(&snapshot->readers[side], 1);
}

bool cc_snapshot_settled(const cc_snapshot_t *snapshot)
{
    return snapshot->replaced == NULL;
}

void cc_snapshot_replace(cc_snapshot_t *snapshot, void *next)
{
    unsigned old = atomic_load(&snapshot->number) & 1;

    snapshot->replaced = snapshot->side[old];
    snapshot->side[!old] = next;
    atomic_fetch_add(&snapshot->number, 1);
}

void *cc_snapshot_reclaim(cc_snapshot_t *snapshot)
{
    unsigned old = !(atomic_load(&snapshot->number) & 1);
    void *unused = snapshot->replaced;

    for (int i = 0; unused && i < PAUSES && atomic_load(&snapshot->readers[old]) > 0; i++) {
        apr_sleep(PAUSE);
    }
    if (atomic_load(&snapshot->readers[old]) > 0) {
        return NULL;
    }
    snapshot->replaced = NULL;
    return unused;
}

void *cc_snapshot_current(cc_snapshot_t *snapshot)
{
    return snapshot->side[atomic_load(&snapshot->number) & 1];
}

apr_uint64_t cc_snapshot_number(cc_snapshot_t *snapshot)
{
    return atomic_load(&snapshot->number);
}
