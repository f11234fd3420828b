/* SPDX-License-Identifier: Apache-2.0 */
/* Implements a cache that drops the least recently used entry, for keys that clients choose. */
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "base/keyed_hash.h"
#include "httpd/peer/octet_cache.h"

/*
 * The keys are headers of requests. A hash with a secret key spreads them, whatever clients send,
 * and the octets are compared, since a hash alone could let one client pass for another.
 *
 * Requests use an entry without the lock, as long as they hold it. The lock protects the places:
 * the buckets and the order of last use. It is held for some hundred instructions, and never while
 * an entry is made or destroyed.
 */
struct cc_octet_cache_t {
    cc_hash_key_t secret;
    apr_thread_mutex_t *lock; /* protects what follows, and the places of all entries */
    cc_octet_entry_t **buckets;
    apr_uint64_t mask; /* the number of buckets, a power of two, minus 1 */
    cc_octet_entry_t *newest, *oldest;
    int most, placed;
};

/* ---- holders --------------------------------------------------------------------------------- */

void cc_octet_entry_hold(cc_octet_entry_t *entry)
{
    atomic_fetch_add_explicit(&entry->holders, 1, memory_order_relaxed);
}

void cc_octet_entry_release(cc_octet_entry_t *entry)
{
    if (atomic_fetch_sub_explicit(&entry->holders, 1, memory_order_acq_rel) == 1) {
        apr_pool_destroy(entry->pool);
    }
}

cc_octet_entry_t *cc_octet_entry_make(const cc_octet_key_t *key)
{
    apr_pool_t *pool;
    cc_octet_entry_t *entry;

    if (apr_pool_create_unmanaged_ex(&pool, NULL, NULL) != APR_SUCCESS) {
        return NULL;
    }
    entry = apr_pcalloc(pool, sizeof(*entry));
    entry->pool = pool;
    entry->key = *key;
    for (int i = 0; i < CC_OCTET_PARTS; i++) {
        entry->key.part[i] = key->part[i] ? apr_pmemdup(pool, key->part[i], key->len[i]) : NULL;
    }
    atomic_init(&entry->holders, 1);
    return entry;
}

/* ---- under the lock -------------------------------------------------------------------------- */

static apr_uint64_t hash_of(const cc_octet_cache_t *cache, const cc_octet_key_t *key)
{
    apr_uint64_t hash = cc_keyed_hash(&cache->secret, &key->number, sizeof(key->number));

    for (int i = 0; i < CC_OCTET_PARTS; i++) {
        if (key->part[i]) {
            hash = hash * 31 + cc_keyed_hash(&cache->secret, key->part[i], key->len[i]);
        }
    }
    return hash >> 32; /* the better half */
}

static cc_octet_entry_t *find(const cc_octet_cache_t *cache, const cc_octet_key_t *key,
                              apr_uint64_t hash)
{
    cc_octet_entry_t *entry = cache->buckets[hash & cache->mask];

    while (entry && (entry->hash != hash || !cc_octet_key_same(&entry->key, key))) {
        entry = entry->next;
    }
    return entry;
}

static void newest_add(cc_octet_cache_t *cache, cc_octet_entry_t *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static void by_age_remove(cc_octet_cache_t *cache, cc_octet_entry_t *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void place(cc_octet_cache_t *cache, cc_octet_entry_t *entry)
{
    cc_octet_entry_t **bucket = &cache->buckets[entry->hash & cache->mask];

    entry->next = *bucket;
    *bucket = entry;
    newest_add(cache, entry);
    entry->placed = true;
    cache->placed++;
    cc_octet_entry_hold(entry);
}

/* Removes an entry from its place, which the caller then has to release for the cache. */
static void displace(cc_octet_cache_t *cache, cc_octet_entry_t *entry)
{
    cc_octet_entry_t **link = &cache->buckets[entry->hash & cache->mask];

    while (*link != entry) {
        link = &(*link)->next;
    }
    *link = entry->next;
    by_age_remove(cache, entry);
    entry->placed = false;
    cache->placed--;
}

/* The entry whose place an entry takes; NULL: a place is free. */
static cc_octet_entry_t *to_displace(const cc_octet_cache_t *cache, const cc_octet_entry_t *entry)
{
    cc_octet_entry_t *same = find(cache, &entry->key, entry->hash);

    if (same) {
        return same;
    }
    return cache->placed < cache->most ? NULL : cache->oldest;
}

/* ---- the cache ------------------------------------------------------------------------------- */

static apr_status_t cache_end(void *data)
{
    cc_octet_cache_t *cache = data;

    while (cache->oldest) {
        cc_octet_entry_t *entry = cache->oldest;

        displace(cache, entry);
        cc_octet_entry_release(entry);
    }
    return APR_SUCCESS;
}

cc_octet_cache_t *cc_octet_cache_make(int most, apr_pool_t *p)
{
    cc_octet_cache_t *cache = apr_pcalloc(p, sizeof(*cache));
    apr_uint64_t count = 1;

    cache->most = most > 0 ? most : 1;
    while (count < (apr_uint64_t)cache->most) {
        count *= 2;
    }
    cache->mask = count - 1;
    cache->buckets = apr_pcalloc(p, sizeof(cc_octet_entry_t *) * (apr_size_t)count);
    if (cc_hash_key_make(&cache->secret) != APR_SUCCESS ||
        apr_thread_mutex_create(&cache->lock, APR_THREAD_MUTEX_DEFAULT, p) != APR_SUCCESS) {
        return NULL;
    }
    apr_pool_cleanup_register(p, cache, cache_end, apr_pool_cleanup_null);
    return cache;
}

cc_octet_entry_t *cc_octet_cache_take(cc_octet_cache_t *cache, const cc_octet_key_t *key)
{
    apr_uint64_t hash = hash_of(cache, key);
    cc_octet_entry_t *entry;

    apr_thread_mutex_lock(cache->lock);
    entry = find(cache, key, hash);
    if (entry) {
        by_age_remove(cache, entry);
        newest_add(cache, entry);
        cc_octet_entry_hold(entry);
    }
    apr_thread_mutex_unlock(cache->lock);
    return entry;
}

void cc_octet_cache_keep(cc_octet_cache_t *cache, cc_octet_entry_t *entry)
{
    apr_uint64_t hash = hash_of(cache, &entry->key);
    cc_octet_entry_t *lost = NULL;

    apr_thread_mutex_lock(cache->lock);
    if (!entry->placed) {
        entry->hash = hash;
        lost = to_displace(cache, entry);
        if (lost) {
            displace(cache, lost);
        }
        place(cache, entry);
    }
    apr_thread_mutex_unlock(cache->lock);
    if (lost) {
        cc_octet_entry_release(lost);
    }
}
