/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection remembers for a while: the places are few, and are used again. */
#ifndef CC_SLOTS_H
#define CC_SLOTS_H

#include <stdbool.h>

#include <apr_pools.h>

#define CC_SLOTS 96

/** The places of one connection. Any thread. */
typedef struct cc_slots_t cc_slots_t;

/** By what something is found. Every pointer must be held by what is kept, or live longer. */
typedef struct cc_slot_key_t {
    apr_uint64_t number;
    const void *what[3];
} cc_slot_key_t;

/** Makes them; NULL: no memory. They live until cc_slots_end, and as long as anything is held. */
cc_slots_t *cc_slots_make(void);

/** The connection ends: what nobody holds goes, the rest with its last holder. */
void cc_slots_end(cc_slots_t *slots);

/**
 * What was kept under this key last, or NULL. It is held until `holder` is cleared, whatever
 * becomes of its place; to ask again for the same holder costs no memory.
 */
void *cc_slots_take(cc_slots_t *slots, const cc_slot_key_t *key, apr_pool_t *holder);

/**
 * Keeps something that lies in a pool of its own (cc_slots_pool), which is given away. It takes the
 * place of what was kept under its key, else a free one, else that which was asked for the longest
 * time ago. Held by `holder` as with cc_slots_take.
 */
void cc_slots_keep(cc_slots_t *slots, const cc_slot_key_t *key, void *kept, apr_pool_t *pool,
                   apr_pool_t *holder);

/** Nothing is kept after all: `pool` goes with `holder`. */
void cc_slots_lend(apr_pool_t *pool, apr_pool_t *holder);

/** A pool for something to be kept; any thread may destroy it. NULL: no memory. */
apr_pool_t *cc_slots_pool(void);

#endif
