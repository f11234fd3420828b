/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how many threads and processes count the same. */
#ifndef CC_COUNTER_H
#define CC_COUNTER_H

#include <stdatomic.h>

/** It may lie in memory that several processes share. */
typedef atomic_uint_least64_t cc_counter_t;

static inline void cc_count(cc_counter_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

#endif
