/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which answers of a source are kept, for how long, and which goes when there is no room. */
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>

#include "tables/internal.h"

#define RETRY apr_time_from_sec(1) /* so long an old answer serves before the next attempt */

/* An answer; the key and the row follow it in the same block. */
typedef struct kept_t {
    struct kept_t *newer; /* used after this one */
    struct kept_t *older;
    cc_key_t key;
    cc_row_t row;
    cc_table_result_t result;
    apr_time_t fresh_until;
    apr_time_t stale_until; /* and so long where the source fails */
} kept_t;

struct cc_cache_t {
    const cc_table_spec_t *spec;
    apr_thread_mutex_t *lock; /* of what follows; never held while the source is asked */
    apr_hash_t *by_key;
    kept_t ends; /* of a ring: its older one is the newest, its newer one the oldest */
};

/* What is asked for and where the answer goes. */
typedef struct {
    const cc_key_t *key;
    cc_row_t *row;
    cc_answer_info_t *info;
    apr_pool_t *pool;
} question_t;

/* ---- what is kept (under the lock) ----------------------------------------------------------- */

static void use_remove(kept_t *kept)
{
    kept->newer->older = kept->older;
    kept->older->newer = kept->newer;
}

static void use_add(cc_cache_t *cache, kept_t *kept)
{
    kept->newer = &cache->ends;
    kept->older = cache->ends.older;
    kept->older->newer = kept;
    cache->ends.older = kept;
}

static void kept_drop(cc_cache_t *cache, kept_t *kept)
{
    if (kept) {
        apr_hash_set(cache->by_key, kept->key.at, (apr_ssize_t)kept->key.len, NULL);
        use_remove(kept);
        free(kept);
    }
}

static kept_t *kept_find(cc_cache_t *cache, const cc_key_t *key)
{
    return apr_hash_get(cache->by_key, key->at, (apr_ssize_t)key->len);
}

static void kept_add(cc_cache_t *cache, kept_t *kept)
{
    kept_drop(cache, kept_find(cache, &kept->key));
    if (apr_hash_count(cache->by_key) >= (unsigned)cache->spec->size) {
        kept_drop(cache, cache->ends.newer);
    }
    apr_hash_set(cache->by_key, kept->key.at, (apr_ssize_t)kept->key.len, kept);
    use_add(cache, kept);
}

static cc_table_result_t kept_use(cc_cache_t *cache, kept_t *kept, const question_t *question)
{
    apr_size_t size = cc_row_size(&kept->row);

    use_remove(kept);
    use_add(cache, kept);
    *question->row = cc_row_put(apr_palloc(question->pool, size), &kept->row);
    question->info->stale_at = kept->fresh_until;
    return kept->result;
}

/* ---- recalling and remembering --------------------------------------------------------------- */

/* CC_TABLE_FAILED: there is no fresh answer. */
static cc_table_result_t fresh_recall(cc_cache_t *cache, const question_t *question, apr_time_t now)
{
    cc_table_result_t result = CC_TABLE_FAILED;
    kept_t *kept = NULL;

    apr_thread_mutex_lock(cache->lock);
    kept = kept_find(cache, question->key);
    if (kept && now < kept->fresh_until) {
        result = kept_use(cache, kept, question);
    }
    apr_thread_mutex_unlock(cache->lock);
    return result;
}

/* The same where the source has failed. For a while, nobody else waits for it to fail again. */
static cc_table_result_t stale_recall(cc_cache_t *cache, const question_t *question, apr_time_t now)
{
    cc_table_result_t result = CC_TABLE_FAILED;
    kept_t *kept = NULL;

    apr_thread_mutex_lock(cache->lock);
    kept = kept_find(cache, question->key);
    if (kept && now < kept->stale_until) {
        if (kept->fresh_until < now + RETRY) {
            kept->fresh_until = now + RETRY < kept->stale_until ? now + RETRY : kept->stale_until;
        }
        result = kept_use(cache, kept, question);
    }
    apr_thread_mutex_unlock(cache->lock);
    return result;
}

static kept_t *kept_make(const question_t *question)
{
    apr_size_t key_size = APR_ALIGN(question->key->len + 1, sizeof(void *));
    kept_t *kept = malloc(sizeof(*kept) + key_size + cc_row_size(question->row));
    char *key = (char *)(kept + 1);

    if (kept) {
        memcpy(key, question->key->at, question->key->len);
        kept->key.at = key;
        kept->key.len = question->key->len;
        kept->row = cc_row_put(key + key_size, question->row);
    }
    return kept;
}

static void answer_remember(cc_cache_t *cache, const question_t *question, cc_table_result_t result,
                            apr_time_t now)
{
    apr_time_t stale_until = question->info->stale_at + cache->spec->stale;
    kept_t *kept = stale_until > now ? kept_make(question) : NULL;

    if (!kept) {
        return;
    }
    kept->result = result;
    kept->fresh_until = question->info->stale_at;
    kept->stale_until = stale_until;
    apr_thread_mutex_lock(cache->lock);
    kept_add(cache, kept);
    apr_thread_mutex_unlock(cache->lock);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static cc_table_result_t stale_recall_counted(const cc_table_t *table, const question_t *question)
{
    cc_table_result_t result = stale_recall(table->cache, question, apr_time_now());

    if (result != CC_TABLE_FAILED) {
        cc_count(&table->counters->cache_stale);
    }
    return result;
}

cc_table_result_t cc_cache_ask(const cc_table_t *table, const cc_key_t *key, cc_row_t *row,
                               cc_answer_info_t *info, apr_pool_t *p)
{
    question_t question = {key, row, info, p};
    cc_cache_t *cache = table->cache;
    apr_time_t now = apr_time_now();
    cc_table_result_t result = cache ? fresh_recall(cache, &question, now) : CC_TABLE_FAILED;

    if (result != CC_TABLE_FAILED) {
        cc_count(&table->counters->cache_hits);
        return result;
    }
    cc_count(&table->counters->cache_misses);
    result = table->source.backend->lookup(row, table->source.state, key->at, key->len, info, p);
    if (result == CC_TABLE_FAILED) {
        return cache ? stale_recall_counted(table, &question) : CC_TABLE_FAILED;
    }
    info->stale_at = now + (result == CC_TABLE_FOUND ? table->spec.ttl : table->spec.negative_ttl);
    if (cache) {
        answer_remember(cache, &question, result, now);
    }
    return result;
}

/* ---- making ---------------------------------------------------------------------------------- */

static apr_status_t cache_free(void *data)
{
    cc_cache_t *cache = data;

    for (kept_t *kept = cache->ends.older, *next = NULL; kept != &cache->ends; kept = next) {
        next = kept->older;
        free(kept);
    }
    return APR_SUCCESS;
}

static apr_status_t pool_destroy(void *pool)
{
    apr_pool_destroy(pool);
    return APR_SUCCESS;
}

apr_status_t cc_cache_create(cc_cache_t **cache, const cc_table_spec_t *spec, apr_pool_t *p)
{
    apr_pool_t *own = NULL; /* with an allocator that no other thread uses without the lock */
    cc_cache_t *made = NULL;
    apr_status_t status = apr_pool_create_unmanaged_ex(&own, NULL, NULL);

    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_cleanup_register(p, own, pool_destroy, apr_pool_cleanup_null);
    made = apr_pcalloc(own, sizeof(*made));
    made->spec = spec;
    made->by_key = apr_hash_make(own);
    made->ends.newer = made->ends.older = &made->ends;
    apr_pool_cleanup_register(own, made, cache_free, apr_pool_cleanup_null);
    *cache = made;
    return apr_thread_mutex_create(&made->lock, APR_THREAD_MUTEX_DEFAULT, own);
}
