/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that any number of threads and processes count up at once. */
#ifndef CC_COUNTER_H
#define CC_COUNTER_H

#include <stdatomic.h>

/** Begins at 0. It may lie in memory that several processes share. */
typedef atomic_uint_least64_t cc_counter_t;

/** Counts one more. Any thread may call; nothing else is ordered by it. */
static inline void cc_counter_add(cc_counter_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

#endif
