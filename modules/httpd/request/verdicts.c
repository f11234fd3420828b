/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates rules and exports for a client, and keeps the results (verdicts). */
#include "cert/cert.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_map.h"
#include "httpd/request/export.h"
#include "httpd/request/verdicts.h"
#include "rules/rules.h"

/*
 * A result lives in one of three places. The first results for a client are in memory that lasts as
 * long as the client, and in its list (memos), where most requests find them. Once a client has
 * used its share, further results are in a map of bounded size, each in its own pool, which lives
 * as long as it is in the map or a holder uses it. A result that is not to be kept is in the pool
 * of the caller.
 *
 * Two threads may evaluate the same rules for a client at once. The list then has two results, both
 * of them correct; in the map, the second replaces the first.
 */

static bool has_failed(const cc_memo_t *memo)
{
    return memo->verdict && memo->verdict->failure;
}

/* After a failed lookup, the next request tries again, unless the query allows it to wait. */
static bool is_lasting(const cc_memo_t *memo, const cc_verdicts_query_t *query)
{
    return !has_failed(memo) || memo->verdict->failure_lasts || query->retry > 0;
}

static cc_memo_t *make(const cc_client_t *client, const cc_verdicts_query_t *query, apr_pool_t *p)
{
    cc_memo_t *memo = apr_palloc(p, sizeof(*memo));
    const cc_rules_t *rules = query->key.rules;
    const cc_export_t *export = query->key.export;
    cc_facts_t facts = cc_client_facts(client, query->now);

    *memo = (cc_memo_t){.key = query->key, .stale_at = APR_INT64_MAX};
    if (rules) {
        memo->verdict =
            cc_rules_evaluate(rules, client->cert, &facts, query->trace, p, query->pool);
        memo->stale_at = memo->verdict->stale_at;
        memo->generation = memo->verdict->generation;
        memo->uses_tables = cc_rules_use_tables(rules);
        if (has_failed(memo) && !memo->verdict->failure_lasts) {
            memo->stale_at += query->retry;
        }
    }
    if (export && export->count > 0 && !has_failed(memo)) {
        memo->exports = cc_export_make(export, client, &facts, memo->verdict, &memo->stale_at, p);
    }
    if ((query->key.forward_cert || query->key.forward_identity) && !has_failed(memo)) {
        memo->sent =
            cc_sent_make(&(cc_sent_query_t){query->key.forward_cert, query->key.forward_identity,
                                            client, memo->verdict, query->connection, query->pool},
                         p);
    }
    return memo;
}

/* ---- the client's list ------------------------------------------------------------------- */

static void push(cc_client_t *client, cc_memo_t *memo)
{
    memo->next = atomic_load_explicit(&client->memos, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&client->memos, &memo->next, memo,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

static const cc_memo_t *learn_for_list(cc_client_t *client, const cc_verdicts_query_t *query,
                                       apr_pool_t *p)
{
    cc_memo_t *memo = make(client, query, p);

    memo->pinned = memo->uses_tables || !is_lasting(memo, query);
    if (is_lasting(memo, query)) {
        push(client, memo);
    }
    return memo;
}

/* ---- the map ------------------------------------------------------------------------------- */

static cc_client_map_key_t map_key(const cc_client_t *client, const cc_verdicts_query_t *query)
{
    return (cc_client_map_key_t){client->number,
                                 {query->key.rules, query->key.export, query->key.forward_cert,
                                  query->key.forward_identity}};
}

static const cc_memo_t *find_in_map(const cc_client_t *client, const cc_verdicts_query_t *query)
{
    cc_client_map_key_t key = map_key(client, query);
    cc_client_map_t *map = client->source->map(client, query->connection, false);
    const cc_memo_t *memo = map ? cc_client_map_take(map, &key, query->holder) : NULL;

    return memo && !cc_memo_is_stale(memo, query->now) ? memo : NULL;
}

static const cc_memo_t *learn_for_map(const cc_client_t *client, const cc_verdicts_query_t *query)
{
    cc_client_map_key_t key = map_key(client, query);
    cc_client_map_t *map =
        query->keep ? client->source->map(client, query->connection, true) : NULL;
    apr_pool_t *p = map ? cc_client_map_pool() : NULL;
    cc_memo_t *memo = make(client, query, p ? p : query->pool);

    memo->pinned = true;
    if (p && !is_lasting(memo, query)) {
        cc_client_map_lend(p, query->holder);
    } else if (p) {
        cc_client_map_keep(map, &key, memo, p, query->holder);
    }
    return memo;
}

/* ---- both ------------------------------------------------------------------------------------ */

const cc_memo_t *cc_verdicts_ask(cc_client_t *client, const cc_verdicts_query_t *query,
                                 bool *is_new)
{
    const cc_memo_t *memo = NULL;
    apr_pool_t *p;

    if (query->keep) {
        memo = cc_memo_find(client, &query->key, query->now);
        memo = memo ? memo : find_in_map(client, query);
    }
    *is_new = memo == NULL;
    if (memo) {
        return memo;
    }
    p = query->keep ? client->source->pool(client, query->connection) : NULL;
    return p ? learn_for_list(client, query, p) : learn_for_map(client, query);
}
