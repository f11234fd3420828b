/* SPDX-License-Identifier: Apache-2.0 */
/* Implements a cache of bounded size whose keys are octets, and whose entries have holders. */
#ifndef CC_PEER_OCTET_CACHE_H
#define CC_PEER_OCTET_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include <apr_pools.h>

/** The octets of a key, in parts that are compared one by one. */
#define CC_OCTET_PARTS 3
typedef struct cc_octet_key_t {
    apr_uint64_t number;
    const void *part[CC_OCTET_PARTS]; /* NULL: none, which differs from an empty one */
    apr_size_t len[CC_OCTET_PARTS];
} cc_octet_key_t;

/**
 * An entry, which lives in a pool of its own as long as it has a holder: the cache, or anything
 * else that called cc_octet_entry_hold. Only `pool`, `key` and `data` are for the caller; constant
 * once made.
 */
typedef struct cc_octet_entry_t {
    apr_pool_t *pool;
    cc_octet_key_t key; /* a copy, in `pool` */
    void *data;
    atomic_int holders;
    apr_uint64_t hash;                      /* this and what follows: under the lock of the cache */
    struct cc_octet_entry_t *next;          /* in its bucket */
    struct cc_octet_entry_t *newer, *older; /* in the order of last use */
    bool placed;
} cc_octet_entry_t;

/** A cache. Any thread may call any function. */
typedef struct cc_octet_cache_t cc_octet_cache_t;

/**
 * Makes a cache of `most` places, at least one. It lives as long as `p`, whose cleanup takes all
 * entries from their places. NULL: no memory, or no random numbers.
 */
cc_octet_cache_t *cc_octet_cache_make(int most, apr_pool_t *p);

/**
 * Makes an entry with one holder, the caller, and without data, in a pool of its own; NULL: no
 * memory.
 */
cc_octet_entry_t *cc_octet_entry_make(const cc_octet_key_t *key);

/** Adds a holder; the caller is one already. */
void cc_octet_entry_hold(cc_octet_entry_t *entry);

/** Removes a holder. Without one, the entry and its pool are destroyed. */
void cc_octet_entry_release(cc_octet_entry_t *entry);

/** The entry with this key, of which the caller is now a holder; NULL: there is none. */
cc_octet_entry_t *cc_octet_cache_take(cc_octet_cache_t *cache, const cc_octet_key_t *key);

/**
 * Gives an entry a place: that of the entry with the same key, a free one, or that of the entry
 * that was used least recently. The caller stays a holder.
 */
void cc_octet_cache_keep(cc_octet_cache_t *cache, cc_octet_entry_t *entry);

/** True if both keys have the same number and the same octets. */
static inline bool cc_octet_key_same(const cc_octet_key_t *a, const cc_octet_key_t *b)
{
    bool same = a->number == b->number;

    for (int i = 0; same && i < CC_OCTET_PARTS; i++) {
        same = a->len[i] == b->len[i] && !a->part[i] == !b->part[i] &&
               (a->part[i] == b->part[i] || !memcmp(a->part[i], b->part[i], a->len[i]));
    }
    return same;
}

#endif
