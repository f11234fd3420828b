/* SPDX-License-Identifier: Apache-2.0 */
/* What is remembered of clients, in a map that has so many places and no more. */
#ifndef CC_PEER_CLIENT_MAP_H
#define CC_PEER_CLIENT_MAP_H

#include <apr_pools.h>

/** A map. Any thread may call any function at any time. */
typedef struct cc_client_map_t cc_client_map_t;

/**
 * By what something is found. A pointer stands for what it points to, so that has to be held by
 * what is kept, or to live longer.
 */
typedef struct cc_client_map_key_t {
    apr_uint64_t number;
    const void *what[3];
} cc_client_map_key_t;

/**
 * Makes a map of `most` places, one at least; NULL: no memory. It lives until cc_client_map_end,
 * and as long as anything in it is held.
 */
cc_client_map_t *cc_client_map_make(int most);

/** Nobody asks any more: what nobody holds goes now, the rest with its last holder. */
void cc_client_map_end(cc_client_map_t *map);

/**
 * What was kept under this key last, or NULL. It is held until `holder`, a pool of the calling
 * thread, is cleared, whatever becomes of its place. To ask again for the same holder costs no
 * memory.
 */
void *cc_client_map_take(cc_client_map_t *map, const cc_client_map_key_t *key, apr_pool_t *holder);

/**
 * Keeps something that lies in a pool of its own (cc_client_map_pool), which is given away. It
 * takes the place of what was kept under its key, else a free one, else that of what was asked for
 * the longest time ago. Held by `holder` as with cc_client_map_take.
 */
void cc_client_map_keep(cc_client_map_t *map, const cc_client_map_key_t *key, void *kept,
                        apr_pool_t *pool, apr_pool_t *holder);

/** Nothing is kept after all: `pool` goes with `holder`. */
void cc_client_map_lend(apr_pool_t *pool, apr_pool_t *holder);

/** A pool for something to be kept; any thread may destroy it. NULL: no memory. */
apr_pool_t *cc_client_map_pool(void);

#endif
