/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps verdicts: the results of rules and exports for a client, each evaluated once. */
#ifndef CC_REQUEST_VERDICTS_H
#define CC_REQUEST_VERDICTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr_tables.h>

#include "base/inline.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/export.h"
#include "httpd/request/sent.h"
#include "rules/rules.h"

/** The rules and exports to evaluate, and what to send to back ends; compared by pointer. */
typedef struct cc_memo_key_t {
    const cc_rules_t *rules;                       /* NULL: none */
    const cc_export_t *export;                     /* NULL: none */
    const cc_forward_cert_t *forward_cert;         /* NULL: none */
    const cc_forward_identity_t *forward_identity; /* NULL: none */
} cc_memo_key_t;

/**
 * The result of rules and exports for a client. Constant once it is in the client's list; threads
 * only push to the front of that list.
 */
typedef struct cc_memo_t {
    struct cc_memo_t *next;
    cc_memo_key_t key;
    const cc_verdict_t *verdict; /* NULL: no rules were evaluated */
    const apr_table_t *exports;  /* NULL: none */
    const cc_sent_t *sent;       /* NULL: nothing */
    apr_time_t stale_at;
    apr_uint64_t generation; /* of the tables, if the rules use some */
    bool uses_tables;        /* the rules do: stale once a table has changed */
    bool pinned;             /* the caller keeps it to the end of the request, because tables may
                                change, or because it may not be found again */
} cc_memo_t;

/** A query, and the memory for its result. */
typedef struct cc_verdicts_query_t {
    cc_memo_key_t key;
    bool keep; /* false: the rules may be freed before the client; evaluate each time */
    apr_interval_time_t retry; /* a result that failed is kept for so long; 0: not at all */
    apr_time_t now;
    struct conn_rec *connection; /* or stream, of the calling thread */
    apr_pool_t *pool;            /* of the caller; also for a result that is not kept */
    apr_pool_t *holder;          /* lives as long as the caller uses the result */
    apr_array_header_t *trace;   /* of cc_step_t: gets the steps of an evaluation; or NULL */
} cc_verdicts_query_t;

static inline bool cc_memo_answers(const cc_memo_t *memo, const cc_memo_key_t *key)
{
    return memo->key.rules == key->rules && memo->key.export == key->export &&
           memo->key.forward_cert == key->forward_cert &&
           memo->key.forward_identity == key->forward_identity;
}

static inline bool cc_memo_is_stale(const cc_memo_t *memo, apr_time_t now)
{
    return now >= memo->stale_at ||
           (memo->uses_tables && memo->generation != cc_rules_generation(memo->key.rules));
}

/**
 * The result in the client's list that is valid now; NULL: none. Costs some comparisons, and no
 * lock.
 */
CC_INLINE const cc_memo_t *cc_memo_find(cc_client_t *client, const cc_memo_key_t *key,
                                        apr_time_t now)
{
    const cc_memo_t *memo = atomic_load_explicit(&client->memos, memory_order_acquire);

    while (memo && (!cc_memo_answers(memo, key) || cc_memo_is_stale(memo, now))) {
        memo = memo->next;
    }
    return memo;
}

/**
 * The result for a client, which must be without a problem: a kept one, or a new one. The caller
 * has to count and log a new one (*is_new). The result lives as long as query->holder; if `keep` is
 * false, as long as query->pool. A verdict that failed is not kept, unless the failure is lasting
 * or `retry` is set.
 * Any thread.
 */
const cc_memo_t *cc_verdicts_ask(cc_client_t *client, const cc_verdicts_query_t *query,
                                 bool *is_new);

#endif
