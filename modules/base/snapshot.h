/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshots: one thread replaces what many threads read, and no reader ever waits. */
#ifndef CC_SNAPSHOT_H
#define CC_SNAPSHOT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr.h>

/*
 * Readers: any thread calls cc_snapshot_enter, reads, and calls cc_snapshot_leave. The writer is
 * one thread. It replaces, and frees what it replaced once cc_snapshot_reclaim gives it back.
 */

/** The current thing and the one before it. Its members are for snapshot.c alone. */
typedef struct cc_snapshot_t {
    void *side[2];
    atomic_uint_least64_t number;
    atomic_uint readers[2];
    void *replaced; /* not reclaimed yet; NULL: none */
} cc_snapshot_t;

/** `first`, which may be NULL, is current. Before any other thread knows of it. */
void cc_snapshot_init(cc_snapshot_t *snapshot, void *first);

/**
 * Gives what is current. It stays until the same thread calls cc_snapshot_leave with the *side that
 * this filled. Neither call waits.
 */
void *cc_snapshot_enter(cc_snapshot_t *snapshot, unsigned *side);
void cc_snapshot_leave(cc_snapshot_t *snapshot, unsigned side);

/** Makes `next` current. For the writer, and only if cc_snapshot_settled. */
void cc_snapshot_replace(cc_snapshot_t *snapshot, void *next);

/**
 * What was replaced, once nobody reads it: the caller's from now on, given once. NULL: there is
 * none, or it is still being read. Waits some milliseconds for readers, which need microseconds
 * unless they are not scheduled. For the writer.
 */
void *cc_snapshot_reclaim(cc_snapshot_t *snapshot);

/** True if nothing that was replaced is still to be reclaimed. For the writer. */
bool cc_snapshot_settled(const cc_snapshot_t *snapshot);

/** What is current. For the writer, which alone may replace it. */
void *cc_snapshot_current(cc_snapshot_t *snapshot);

/** Grows with every replacement. Any thread. */
apr_uint64_t cc_snapshot_number(cc_snapshot_t *snapshot);

#endif
