/* SPDX-License-Identifier: Apache-2.0 */
/* Implements a map of bounded size that drops the least recently used entry. */
#include <stdbool.h>

#include <apr_thread_mutex.h>

#include "httpd/peer/client_map.h"

/*
 * A connection may live for days, and the data about its client changes with tables, CRLs and rules
 * with a time in them. A proxy's connection carries the requests of thousands of clients. So the
 * number of entries is bounded.
 *
 * A request keeps pointers into an entry until it ends, and the streams of an HTTP/2 connection run
 * in parallel. So each entry has a pool of its own, and a list of its holders: the pools of
 * requests. An entry is found by a hash of its key, and is in a list in the order of last use. If
 * the map is full, the least recently used entry loses its place. An entry is freed once it has no
 * place and no holder. So the memory of a map is that of its places, and of the entries that
 * requests hold at this moment.
 *
 * One lock protects everything. It is held for about a hundred instructions and a walk through the
 * holders of one entry. Most requests do not take the lock: they find their data in the lists of
 * tls.c and verdicts.h.
 */

typedef struct map_entry_t map_entry_t;

/* One holder of an entry; in the pool of the holder. */
typedef struct map_hold_t {
    struct map_hold_t *next;
    map_entry_t *entry;
    apr_pool_t *holder;
} map_hold_t;

struct map_entry_t { /* in its own pool */
    cc_client_map_t *map;
    apr_pool_t *pool;
    cc_client_map_key_t key;
    void *kept;
    map_hold_t *holds;
    map_entry_t *next;          /* in its bucket */
    map_entry_t *newer, *older; /* in the order of last use */
    bool placed;
};

struct cc_client_map_t {
    apr_pool_t *pool;
    apr_thread_mutex_t *lock; /* protects the members below, and all entries */
    map_entry_t **buckets;
    apr_uint64_t mask; /* the number of buckets, a power of two, minus 1 */
    map_entry_t *newest, *oldest;
    int most;   /* places */
    int placed; /* entries that have one */
    int alive;  /* entries that have one, or are held */
    bool ended;
};

apr_pool_t *cc_client_map_pool(void)
{
    apr_pool_t *pool = NULL;

    return apr_pool_create_unmanaged_ex(&pool, NULL, NULL) == APR_SUCCESS ? pool : NULL;
}

static apr_uint64_t bucket_count(int most)
{
    apr_uint64_t count = 1;

    while (count < (apr_uint64_t)most) {
        count *= 2;
    }
    return count;
}

cc_client_map_t *cc_client_map_make(int most)
{
    apr_pool_t *pool = cc_client_map_pool();
    apr_uint64_t count;
    cc_client_map_t *map;

    if (!pool) {
        return NULL;
    }
    map = apr_pcalloc(pool, sizeof(*map));
    map->pool = pool;
    map->most = most > 0 ? most : 1;
    count = bucket_count(map->most);
    map->mask = count - 1;
    map->buckets = apr_pcalloc(pool, sizeof(map_entry_t *) * (apr_size_t)count);
    if (apr_thread_mutex_create(&map->lock, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    return map;
}

static apr_status_t pool_destroy(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

void cc_client_map_lend(apr_pool_t *pool, apr_pool_t *holder)
{
    apr_pool_cleanup_register(holder, pool, pool_destroy, apr_pool_cleanup_null);
}

/* ---- under the lock: finding ------------------------------------------------------------- */

static bool is_same(const cc_client_map_key_t *a, const cc_client_map_key_t *b)
{
    return a->number == b->number && a->what[0] == b->what[0] && a->what[1] == b->what[1] &&
           a->what[2] == b->what[2] && a->what[3] == b->what[3];
}

/* Spreads consecutive numbers, and addresses, which have equal last bits. */
static apr_uint64_t mixed(apr_uint64_t hash, apr_uint64_t more)
{
    hash = (hash ^ more) * 0x9E3779B97F4A7C15U;
    return hash ^ (hash >> 32);
}

static map_entry_t **bucket_of(const cc_client_map_t *map, const cc_client_map_key_t *key)
{
    apr_uint64_t hash = mixed(0, key->number);

    for (int i = 0; i < 4; i++) {
        hash = mixed(hash, (apr_uint64_t)(apr_uintptr_t)key->what[i]);
    }
    return &map->buckets[hash & map->mask];
}

static map_entry_t *find(const cc_client_map_t *map, const cc_client_map_key_t *key)
{
    map_entry_t *entry = *bucket_of(map, key);

    while (entry && !is_same(&entry->key, key)) {
        entry = entry->next;
    }
    return entry;
}

/* ---- under the lock: places --------------------------------------------------------------- */

static void newest_add(cc_client_map_t *map, map_entry_t *entry)
{
    entry->newer = NULL;
    entry->older = map->newest;
    *(map->newest ? &map->newest->newer : &map->oldest) = entry;
    map->newest = entry;
}

static void by_age_remove(cc_client_map_t *map, map_entry_t *entry)
{
    *(entry->newer ? &entry->newer->older : &map->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &map->oldest) = entry->newer;
}

static void place(cc_client_map_t *map, map_entry_t *entry)
{
    map_entry_t **bucket = bucket_of(map, &entry->key);

    entry->next = *bucket;
    *bucket = entry;
    newest_add(map, entry);
    entry->placed = true;
    map->placed++;
}

/* True if nothing refers to the entry: the caller destroys it after releasing the lock. */
static bool is_lost(map_entry_t *entry)
{
    if (entry->placed || entry->holds) {
        return false;
    }
    entry->map->alive--;
    return true;
}

/* Removes an entry (NULL: none) from its place; returns it if it is then lost. */
static map_entry_t *displace(cc_client_map_t *map, map_entry_t *entry)
{
    map_entry_t **link;

    if (!entry) {
        return NULL;
    }
    for (link = bucket_of(map, &entry->key); *link != entry; link = &(*link)->next) {
    }
    *link = entry->next;
    by_age_remove(map, entry);
    entry->placed = false;
    map->placed--;
    return is_lost(entry) ? entry : NULL;
}

/* The entry whose place an entry with this key takes; NULL: a place is free. */
static map_entry_t *to_displace(const cc_client_map_t *map, const cc_client_map_key_t *key)
{
    map_entry_t *same = find(map, key);

    if (same) {
        return same;
    }
    return map->placed < map->most ? NULL : map->oldest;
}

/* ---- holding ----------------------------------------------------------------------------- */

static void leave(cc_client_map_t *map, map_entry_t *lost)
{
    bool over = map->ended && map->alive == 0;

    apr_thread_mutex_unlock(map->lock);
    if (lost) {
        apr_pool_destroy(lost->pool);
    }
    if (over) {
        apr_pool_destroy(map->pool);
    }
}

static apr_status_t release(void *data)
{
    map_hold_t *hold = data, **link;
    map_entry_t *entry = hold->entry;
    cc_client_map_t *map = entry->map;

    apr_thread_mutex_lock(map->lock);
    for (link = &entry->holds; *link != hold; link = &(*link)->next) {
    }
    *link = hold->next;
    leave(map, is_lost(entry) ? entry : NULL);
    return APR_SUCCESS;
}

/* Under the lock: `holder` is a pool of the calling thread. */
static void hold(map_entry_t *entry, apr_pool_t *holder)
{
    map_hold_t *made = entry->holds;

    while (made && made->holder != holder) {
        made = made->next;
    }
    if (made) {
        return;
    }
    made = apr_palloc(holder, sizeof(*made));
    *made = (map_hold_t){entry->holds, entry, holder};
    entry->holds = made;
    apr_pool_cleanup_register(holder, made, release, apr_pool_cleanup_null);
}

void *cc_client_map_take(cc_client_map_t *map, const cc_client_map_key_t *key, apr_pool_t *holder)
{
    map_entry_t *entry;
    void *kept = NULL;

    apr_thread_mutex_lock(map->lock);
    entry = find(map, key);
    if (entry) {
        by_age_remove(map, entry);
        newest_add(map, entry);
        hold(entry, holder);
        kept = entry->kept;
    }
    apr_thread_mutex_unlock(map->lock);
    return kept;
}

void cc_client_map_keep(cc_client_map_t *map, const cc_client_map_key_t *key, void *kept,
                        apr_pool_t *pool, apr_pool_t *holder)
{
    map_entry_t *entry = apr_pcalloc(pool, sizeof(*entry)), *lost;

    entry->map = map;
    entry->pool = pool;
    entry->key = *key;
    entry->kept = kept;
    apr_thread_mutex_lock(map->lock);
    lost = displace(map, to_displace(map, key));
    place(map, entry);
    map->alive++;
    hold(entry, holder);
    leave(map, lost);
}

void cc_client_map_end(cc_client_map_t *map)
{
    map_entry_t *all_lost = NULL, *lost;
    bool over;

    apr_thread_mutex_lock(map->lock);
    while (map->oldest) {
        lost = displace(map, map->oldest);
        if (lost) {
            lost->next = all_lost;
            all_lost = lost;
        }
    }
    map->ended = true;
    over = map->alive == 0;
    apr_thread_mutex_unlock(map->lock);
    while (all_lost) {
        lost = all_lost;
        all_lost = lost->next;
        apr_pool_destroy(lost->pool);
    }
    if (over) {
        apr_pool_destroy(map->pool);
    }
}
