/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts: what rules and exports say of a client, evaluated once and then remembered. */
#ifndef CC_REQUEST_VERDICTS_H
#define CC_REQUEST_VERDICTS_H

#include <stdatomic.h>
#include <stdbool.h>

#include <apr_tables.h>

#include "base/inline.h"
#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/export.h"
#include "rules/rules.h"

/** What is asked of a client: told apart by these pointers. */
typedef struct cc_memo_key_t {
    const cc_rules_t *rules;   /* NULL: none */
    const cc_export_t *export; /* NULL: none */
} cc_memo_key_t;

/**
 * What rules and exports say of a client. Constant once it is in the client's list; threads only
 * ever push to that list's front.
 */
typedef struct cc_memo_t {
    struct cc_memo_t *next;
    cc_memo_key_t key;
    const cc_verdict_t *verdict; /* NULL: no rules were asked */
    const apr_table_t *exports;  /* NULL: none */
    apr_time_t stale_at;
    apr_uint64_t generation; /* of the tables, if the rules use some */
    bool uses_tables;        /* the rules do: stale once one of these has changed */
    bool pinned;             /* who has asked keeps it to the end of the request: because tables may
                                change, or because it may be asked for again and not be found */
} cc_memo_t;

/** Who asks what, and where things can lie. */
typedef struct cc_verdicts_query_t {
    cc_memo_key_t key;
    bool keep; /* false: the rules may go before the client, and are asked anew each time */
    apr_time_t now;
    struct conn_rec *connection; /* or stream, of the thread that asks */
    apr_pool_t *pool;            /* of the asker: what is not to be remembered lies there, too */
    apr_pool_t *holder;          /* lives as long as the asker uses the answer */
    apr_array_header_t *trace;   /* of cc_step_t, which get the steps of an evaluation; or NULL */
} cc_verdicts_query_t;

static inline bool cc_memo_answers(const cc_memo_t *memo, const cc_memo_key_t *key)
{
    return memo->key.rules == key->rules && memo->key.export == key->export;
}

static inline bool cc_memo_is_stale(const cc_memo_t *memo, apr_time_t now)
{
    return now >= memo->stale_at ||
           (memo->uses_tables && memo->generation != cc_rules_generation(memo->key.rules));
}

/** What the client's list has at this time; NULL: nothing. Some comparisons, and no lock. */
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
 * What rules and exports say of a client, which must be without a problem: what is remembered, else
 * evaluated now, which is *is_new then, and is for the caller to count and to log. Lives as long as
 * query->holder; where `keep` is false, as long as query->pool. A verdict that failed, for no
 * lasting reason, is not remembered. Any thread.
 */
const cc_memo_t *cc_verdicts_ask(cc_client_t *client, const cc_verdicts_query_t *query,
                                 bool *is_new);

#endif
