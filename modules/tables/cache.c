/* SPDX-License-Identifier: Apache-2.0 */
/* Caches the answers of a remote source. */
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_thread_mutex.h>

#include "tables/internal.h"

/*
 * Each process has one cache for each table. An answer is one block of memory: a head, the key and
 * the row. A hash finds the answer by its key. Two rings order the answers by their last use: one
 * those with a row, one those without. When there are too many answers, or too many octets of them,
 * the least recently used ones are removed.
 *
 * Any client can ask for keys that are not there, with certificates of its own making. So while
 * answers without a row are more than an eighth of what the cache may hold, they make room, and
 * the rows of the other clients stay.
 *
 * An answer is fresh for ttl= or negative_ttl=. A stale one may be used for stale= longer, but only
 * if the source fails; it then counts as fresh for RETRY, so that not every lookup waits for the
 * next failure.
 *
 * The lock is held while the hash and the ring are used, never during a query to the source. Two
 * threads may query the same key at once; the later answer is kept.
 */

#define RETRY apr_time_from_sec(1) /* how long an old answer is used before the next attempt */
#define MISSING_SHARE 8
#define LEAD_SIZE 64 /* roughly the octets of an entry in the hash, and of the block's head */

/* An answer; the key and the row follow it in the same block. */
typedef struct kept_t {
    struct kept_t *newer; /* used after this one */
    struct kept_t *older;
    cc_key_t key;
    cc_row_t row;
    apr_size_t size; /* of the block, plus LEAD_SIZE */
    cc_table_result_t result;
    apr_time_t fresh_until;
    apr_time_t stale_until; /* and until then if the source fails */
} kept_t;

/* Answers by their last use. */
typedef struct ring_t {
    kept_t ends; /* its `older` is the newest, its `newer` the oldest */
    unsigned count;
    apr_size_t octets;
} ring_t;

struct cc_cache_t {
    const cc_table_spec_t *spec;
    apr_thread_mutex_t *lock; /* of the members below; never held during a query to the source */
    apr_hash_t *by_key;
    ring_t found, missing;
};

/* ---- the answers (under the lock) ------------------------------------------------------------ */

static void use_remove(kept_t *kept)
{
    kept->newer->older = kept->older;
    kept->older->newer = kept->newer;
}

static ring_t *ring_of(cc_cache_t *cache, const kept_t *kept)
{
    return kept->result == CC_TABLE_MISSING ? &cache->missing : &cache->found;
}

static void use_add(cc_cache_t *cache, kept_t *kept)
{
    kept_t *ends = &ring_of(cache, kept)->ends;

    kept->newer = ends;
    kept->older = ends->older;
    kept->older->newer = kept;
    ends->older = kept;
}

static void kept_drop(cc_cache_t *cache, kept_t *kept)
{
    if (kept) {
        apr_hash_set(cache->by_key, kept->key.at, (apr_ssize_t)kept->key.len, NULL);
        use_remove(kept);
        ring_of(cache, kept)->count--;
        ring_of(cache, kept)->octets -= kept->size;
        free(kept);
    }
}

static apr_size_t memory_max(const cc_cache_t *cache)
{
    return (apr_size_t)cache->spec->memory * 1024 * 1024;
}

static kept_t *kept_find(cc_cache_t *cache, const cc_key_t *key)
{
    return apr_hash_get(cache->by_key, key->at, (apr_ssize_t)key->len);
}

static bool has_room(const cc_cache_t *cache, apr_size_t size)
{
    return apr_hash_count(cache->by_key) < (unsigned)cache->spec->size &&
           cache->found.octets + cache->missing.octets + size <= memory_max(cache);
}

/* NULL: the ring is empty. */
static kept_t *oldest_of(ring_t *ring)
{
    return ring->ends.newer == &ring->ends ? NULL : ring->ends.newer;
}

/*
 * The answer to be removed next; NULL: there is none. A row that can no longer be used is no better
 * than a missing one.
 */
static kept_t *oldest(cc_cache_t *cache, apr_time_t now)
{
    const ring_t *missing = &cache->missing;
    bool many = missing->count > (unsigned)cache->spec->size / MISSING_SHARE ||
                missing->octets > memory_max(cache) / MISSING_SHARE;
    kept_t *found = oldest_of(&cache->found);

    if (found && found->stale_until <= now) {
        return found;
    }
    return many || !found ? oldest_of(&cache->missing) : found;
}

/* The answer must not be larger than the whole cache may be. */
static void kept_add(cc_cache_t *cache, kept_t *kept, apr_time_t now)
{
    kept_t *old;

    kept_drop(cache, kept_find(cache, &kept->key));
    while (!has_room(cache, kept->size) && (old = oldest(cache, now))) {
        kept_drop(cache, old);
    }
    apr_hash_set(cache->by_key, kept->key.at, (apr_ssize_t)kept->key.len, kept);
    ring_of(cache, kept)->count++;
    ring_of(cache, kept)->octets += kept->size;
    use_add(cache, kept);
}

static void kept_use(cc_cache_t *cache, kept_t *kept, cc_query_t *query, apr_pool_t *p)
{
    use_remove(kept);
    use_add(cache, kept);
    query->row = cc_row_copy(&kept->row, p);
    query->info.stale_at = kept->fresh_until;
    query->result = kept->result;
}

/* ---- answers in and out ---------------------------------------------------------------------- */

bool cc_cache_recall(cc_cache_t *cache, cc_query_t *query, apr_time_t now, apr_pool_t *p)
{
    const cc_key_t key = {query->key, query->len};
    bool fresh = false;
    kept_t *kept = NULL;

    apr_thread_mutex_lock(cache->lock);
    kept = kept_find(cache, &key);
    fresh = kept && now < kept->fresh_until;
    if (fresh) {
        kept_use(cache, kept, query, p);
    }
    apr_thread_mutex_unlock(cache->lock);
    return fresh;
}

/* For a while after this, no other lookup waits for the source to fail again. */
bool cc_cache_recall_stale(cc_cache_t *cache, cc_query_t *query, apr_time_t now, apr_pool_t *p)
{
    const cc_key_t key = {query->key, query->len};
    bool serves = false;
    kept_t *kept = NULL;

    apr_thread_mutex_lock(cache->lock);
    kept = kept_find(cache, &key);
    serves = kept && now < kept->stale_until;
    if (serves && kept->fresh_until < now + RETRY) {
        kept->fresh_until = now + RETRY < kept->stale_until ? now + RETRY : kept->stale_until;
    }
    if (serves) {
        kept_use(cache, kept, query, p);
    }
    apr_thread_mutex_unlock(cache->lock);
    return serves;
}

/* NULL if out of memory, or if the answer is larger than the whole cache may be. */
static kept_t *kept_make(const cc_cache_t *cache, const cc_query_t *query)
{
    apr_size_t key_size = APR_ALIGN(query->len + 1, sizeof(void *));
    apr_size_t size = sizeof(kept_t) + key_size + cc_row_size(&query->row);
    kept_t *kept = size + LEAD_SIZE <= memory_max(cache) ? malloc(size) : NULL;
    char *key = (char *)(kept + 1);

    if (kept) {
        memcpy(key, query->key, query->len);
        kept->size = size + LEAD_SIZE;
        kept->key.at = key;
        kept->key.len = query->len;
        kept->row = cc_row_put(key + key_size, &query->row);
    }
    return kept;
}

void cc_cache_remember(cc_cache_t *cache, const cc_query_t *query, apr_time_t now)
{
    apr_time_t stale_until = query->info.stale_at + cache->spec->stale;
    kept_t *kept = stale_until > now ? kept_make(cache, query) : NULL;

    if (!kept) {
        return;
    }
    kept->result = query->result;
    kept->fresh_until = query->info.stale_at;
    kept->stale_until = stale_until;
    apr_thread_mutex_lock(cache->lock);
    kept_add(cache, kept, now);
    apr_thread_mutex_unlock(cache->lock);
}

/* ---- making ---------------------------------------------------------------------------------- */

static void ring_free(ring_t *ring)
{
    for (kept_t *kept = ring->ends.older, *next = NULL; kept != &ring->ends; kept = next) {
        next = kept->older;
        free(kept);
    }
}

static void ring_begin(ring_t *ring)
{
    ring->ends.newer = ring->ends.older = &ring->ends;
}

static apr_status_t cache_free(void *data)
{
    cc_cache_t *cache = data;

    ring_free(&cache->found);
    ring_free(&cache->missing);
    return APR_SUCCESS;
}

static apr_status_t pool_destroy(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

apr_status_t cc_cache_create(cc_cache_t **cache, const cc_table_spec_t *spec, apr_pool_t *p)
{
    apr_pool_t *own = NULL; /* its allocator is used only under the lock */
    cc_cache_t *made = NULL;
    apr_status_t status = apr_pool_create_unmanaged_ex(&own, NULL, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(p, own, pool_destroy, apr_pool_cleanup_null);
    made = apr_pcalloc(own, sizeof(*made));
    made->spec = spec;
    made->by_key = apr_hash_make(own);
    ring_begin(&made->found);
    ring_begin(&made->missing);
    apr_pool_cleanup_register(own, made, cache_free, apr_pool_cleanup_null);
    *cache = made;
    return apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, own);
}
