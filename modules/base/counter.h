/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that any number of threads and processes increment at once. */
#ifndef CC_COUNTER_H
#define CC_COUNTER_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr.h>

/* ---- counters ---- */

/** Begins at 0. It may be in memory that several processes share. */
typedef atomic_uint_least64_t cc_counter_t;

/** Adds one. Any thread may call; it orders no other memory accesses. */
static inline void cc_counter_add(cc_counter_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- changes that many processes see and one of them counts ---- */

/** The outcome of the last look at a source; 0: none yet. It may be in shared memory. */
typedef atomic_uint_least64_t cc_outcome_t;

/** An outcome: the digest of the source's state, and whether it was good. Never 0. */
static inline apr_uint64_t cc_outcome_of(apr_uint64_t digest, bool good)
{
    return digest << 2 | (good ? 2 : 0) | 1;
}

/** Notes an outcome. True in the first process that notes it, which must count it. */
static inline bool cc_outcome_note(cc_outcome_t *last, apr_uint64_t outcome)
{
    return atomic_exchange(last, outcome) != outcome;
}

#endif
