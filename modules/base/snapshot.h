/* SPDX-License-Identifier: Apache-2.0 */
/* Lets one thread replace data that many threads read without ever waiting. */
#ifndef CC_SNAPSHOT_H
#define CC_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr.h>

/*
 * Readers: any thread calls cc_snapshot_enter, reads, and calls cc_snapshot_leave. The writer is
 * one thread. It replaces the data, and frees the replaced data once cc_snapshot_reclaim returns
 * it.
 */

/** The current data and the data before it. The members are for snapshot.c alone. */
typedef struct cc_snapshot_t {
    void *side[2];
    atomic_uint_least64_t number;
    atomic_uint readers[2];
    void *replaced; /* not reclaimed yet; NULL: none */
} cc_snapshot_t;

/** Makes `first`, which may be NULL, current. Call it before any other thread has access. */
void cc_snapshot_init(cc_snapshot_t *snapshot, void *first);

/**
 * Returns the current data, which stays until the same thread calls cc_snapshot_leave with the
 * *side that this call set. Neither call waits.
 */
void *cc_snapshot_enter(cc_snapshot_t *snapshot, unsigned *side);
void cc_snapshot_leave(cc_snapshot_t *snapshot, unsigned side);

/** Makes `next` current. For the writer, and only if cc_snapshot_settled. */
void cc_snapshot_replace(cc_snapshot_t *snapshot, void *next);

/**
 * Returns the replaced data, once, when no thread reads it any longer; it then belongs to the
 * caller. NULL: nothing was replaced, or it is still being read. Waits some milliseconds for
 * readers, which need microseconds unless they are not scheduled. For the writer.
 */
void *cc_snapshot_reclaim(cc_snapshot_t *snapshot);

/** True if all replaced data has been reclaimed. For the writer. */
bool cc_snapshot_settled(const cc_snapshot_t *snapshot);

/** The current data. For the writer, which alone may replace it. */
void *cc_snapshot_current(cc_snapshot_t *snapshot);

/** Grows with every replacement. Any thread. */
apr_uint64_t cc_snapshot_number(cc_snapshot_t *snapshot);

#endif
