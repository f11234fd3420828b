/* SPDX-License-Identifier: Apache-2.0 */
/* Implements a map of bounded size for data about clients. */
#ifndef CC_PEER_CLIENT_MAP_H
#define CC_PEER_CLIENT_MAP_H

#include <apr_pools.h>

/** A map. Any thread may call any function at any time. */
typedef struct cc_client_map_t cc_client_map_t;

/**
 * The key of an entry. A pointer identifies the object that it points to, so the entry has to hold
 * that object, or the object has to live longer.
 */
typedef struct cc_client_map_key_t {
    apr_uint64_t number;
    const void *what[4]; /* those that are not needed are NULL */
} cc_client_map_key_t;

/**
 * Makes a map of `most` places, at least one; NULL: no memory. It lives until cc_client_map_end,
 * and as long as an entry is held.
 */
cc_client_map_t *cc_client_map_make(int most);

/** Ends the use of a map: frees entries without a holder now, the others with their last holder. */
void cc_client_map_end(cc_client_map_t *map);

/**
 * The data kept last under this key, or NULL. It is held until `holder`, a pool of the calling
 * thread, is cleared, even if it loses its place. Further calls with the same holder take no
 * memory.
 */
void *cc_client_map_take(cc_client_map_t *map, const cc_client_map_key_t *key, apr_pool_t *holder);

/**
 * Keeps data in a pool of its own (cc_client_map_pool), of which the map takes ownership. The data
 * takes the place of the entry with the same key. If there is none, it takes a free place, or the
 * place of the least recently used entry. Held by `holder` as with cc_client_map_take.
 */
void cc_client_map_keep(cc_client_map_t *map, const cc_client_map_key_t *key, void *kept,
                        apr_pool_t *pool, apr_pool_t *holder);

/** For data that is not kept after all: `pool` is destroyed with `holder`. */
void cc_client_map_lend(apr_pool_t *pool, apr_pool_t *holder);

/** Makes a pool for data to be kept; any thread may destroy it. NULL: no memory. */
apr_pool_t *cc_client_map_pool(void);

#endif
