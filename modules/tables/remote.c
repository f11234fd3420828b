/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up keys in the cache of a remote source, or in the source within the remaining time. */
#include <apr_strings.h>

#include "tables/internal.h"

/*
 * Three things limit the time that one certificate can spend with a slow source. All lookups of an
 * evaluation share the timeout of the table, which cc_table_usage_t records. Only a few threads may
 * wait that long; the others are turned away sooner (queue.c). And answers are cached (cache.c), so
 * that the source is queried only once for each.
 */

static void answer_fail(cc_query_t *query, const char *reason)
{
    query->result = CC_TABLE_FAILED;
    query->info.failure = reason;
}

static const char *no_time(const cc_table_t *table, apr_pool_t *p)
{
    return apr_psprintf(p, "the lookups for one certificate have taken %g s, the limit (timeout=)",
                        (double)table->spec.timeout / APR_USEC_PER_SEC);
}

static void all_fail(cc_query_t *const *queries, int count, const char *reason)
{
    for (int i = 0; i < count; i++) {
        answer_fail(queries[i], reason);
    }
}

/* Queries the source, for all keys at once if it supports that. */
static void source_ask(const cc_table_t *table, cc_query_t *const *queries, int count,
                       apr_time_t deadline, apr_pool_t *p)
{
    const cc_source_t *source = &table->source;

    if (apr_time_now() < deadline && source->backend->lookup_many) {
        source->backend->lookup_many(queries, count, source->state, deadline, p);
        return;
    }
    for (int i = 0; i < count; i++) {
        cc_query_t *query = queries[i];

        if (apr_time_now() >= deadline) {
            answer_fail(query, no_time(table, p));
        } else {
            query->result = source->backend->lookup(&query->row, source->state, query->key,
                                                    query->len, &query->info, p);
        }
    }
}

static bool any_answered(cc_query_t *const *queries, int count)
{
    for (int i = 0; i < count; i++) {
        if (queries[i]->result != CC_TABLE_FAILED) {
            return true;
        }
    }
    return false;
}

/* This is not a failure of the source: these lookups had less time than others. */
static void turn_away(const cc_table_t *table, cc_query_t *const *queries, int count)
{
    for (int i = 0; i < count; i++) {
        if (queries[i]->result == CC_TABLE_FAILED) {
            answer_fail(queries[i], "it is slow, and enough others wait for it");
        }
    }
    cc_counter_add(&table->counters->turned_away);
}

/* The same, for as long as this thread may wait: `max`, or less if enough others wait. */
static void source_wait(const cc_table_t *table, cc_query_t *const *queries, int count,
                        apr_interval_time_t max, apr_pool_t *p)
{
    apr_interval_time_t rest = cc_queue_begin(table->queue, max);
    apr_time_t deadline = apr_time_now() + rest;
    bool answered = false;

    source_ask(table, queries, count, deadline, p);
    answered = any_answered(queries, count);
    if (rest > 0) {
        cc_queue_end(table->queue, answered);
    }
    if (!answered && rest < max && apr_time_now() >= deadline) {
        turn_away(table, queries, count);
    }
}

/*
 * Keeps the answer of the source, whose age counts from the time of the query. If the source has
 * failed, an old answer may replace it from now on.
 */
static void answer_take(const cc_table_t *table, cc_query_t *query, apr_time_t asked_at,
                        apr_time_t now, apr_pool_t *p)
{
    cc_cache_t *cache = table->cache;
    bool found = query->result == CC_TABLE_FOUND;

    if (query->result != CC_TABLE_FAILED) {
        query->info.stale_at = asked_at + (found ? table->spec.ttl : table->spec.negative_ttl);
        if (cache) {
            cc_cache_remember(cache, query, asked_at);
        }
    } else if (cache && cc_cache_recall_stale(cache, query, now, p)) {
        cc_counter_add(&table->counters->cache_stale);
    }
}

void cc_remote_lookup(const cc_table_t *table, cc_query_t **queries, int count, apr_time_t now,
                      cc_table_usage_t *account, apr_pool_t *p)
{
    apr_interval_time_t waited = 0;
    apr_time_t began = 0;
    int open = 0;

    for (int i = 0; i < count; i++) {
        if (table->cache && cc_cache_recall(table->cache, queries[i], now, p)) {
            cc_counter_add(&table->counters->cache_hits);
        } else {
            cc_counter_add(&table->counters->cache_misses);
            queries[open++] = queries[i];
        }
    }
    if (open == 0) {
        return;
    }
    if (table->source.closed) {
        all_fail(queries, open,
                 "its password or its files for TLS could not be read at the restart of httpd");
        return;
    }
    began = apr_time_now();
    source_wait(table, queries, open, table->spec.timeout - account->waited, p);
    waited = apr_time_now() - began;
    account->waited += waited;
    for (int i = 0; i < open; i++) {
        answer_take(table, queries[i], now, now + waited, p);
    }
}
