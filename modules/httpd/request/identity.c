/* SPDX-License-Identifier: Apache-2.0 */
/* Determines the identity of a request: its client, the rules in effect, and their verdict. */
#include "base/inline.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counted.h"
#include "httpd/metrics/counters.h"
#include "httpd/metrics/ledgers.h"
#include "httpd/peer/client.h"
#include "httpd/peer/forwarded.h"
#include "httpd/peer/peer.h"
#include "httpd/request/account.h"
#include "httpd/request/export.h"
#include "httpd/request/identity.h"
#include "httpd/request/proxied.h"
#include "httpd/request/shadow.h"
#include "httpd/request/state.h"
#include "httpd/request/verdicts.h"
#include "rules/rules.h"

const char cc_auth_type[] = "ClientCert";

/* A query for the identity of a request. */
typedef struct identity_query_t {
    cc_memo_key_t key;
    const cc_account_expr_t *account; /* NULL: the answer does not depend on a wish */
    bool who;  /* the rules give an identity (ClientCertMap), not access (Require) */
    bool keep; /* as in cc_verdicts_query_t */
} identity_query_t;

/* ---- answers that a request keeps -------------------------------------------------------- */

/* An answer that a request keeps, even if a table changes meanwhile. */
typedef struct cc_pin_t {
    const struct cc_pin_t *next;
    const cc_client_t *client;
    const cc_memo_t *memo;
} cc_pin_t;

/* Redirected requests and subrequests share the answers of the request of the client. */
static const cc_memo_t *pin_find(const request_rec *r, const cc_client_t *client,
                                 const cc_memo_key_t *key)
{
    for (; r; r = r->main ? r->main : r->prev) {
        const cc_request_t *kept = cc_request_seen(r);
        const cc_pin_t *pin = kept ? kept->pins : NULL;

        while (pin && (pin->client != client || !cc_memo_answers(pin->memo, key))) {
            pin = pin->next;
        }
        if (pin) {
            return pin->memo;
        }
    }
    return NULL;
}

static void pin_add(request_rec *r, const cc_client_t *client, const cc_memo_t *memo)
{
    cc_request_t *kept = cc_request_of(r);
    cc_pin_t *pin = apr_palloc(r->pool, sizeof(*pin));

    *pin = (cc_pin_t){kept->pins, client, memo};
    kept->pins = pin;
}

/* ---- verdicts ---------------------------------------------------------------------------- */

/* Counts, logs and notes a new verdict. A failure is logged once per request. */
static void verdict_tell(request_rec *r, const cc_client_t *client, const cc_verdict_t *verdict,
                         bool who, const apr_array_header_t *trace)
{
    const cc_log_client_t logged = {client->cert, &client->facts};

    cc_counters_evaluated(r, verdict, who, client->expires_soon ? &client->mark : NULL);
    cc_log_notes(r, logged, verdict);
    cc_log_trace(r, trace);
    if (verdict->failure) {
        cc_request_t *kept = cc_request_of(cc_request_client(r));

        kept->failed = kept->failed || cc_log_failure(r, logged, verdict);
    } else if (who) {
        cc_log_verdict(r, logged, verdict);
        if (!client->facts.pinned) { /* its holder wrote the names, and can make any number of it */
            cc_ledgers_note(r, client->cert, verdict);
        }
    }
}

static const cc_memo_t *memo_ask(request_rec *r, cc_client_t *client, const identity_query_t *query,
                                 apr_time_t now)
{
    cc_verdicts_query_t asked = {.key = query->key,
                                 .keep = query->keep,
                                 .now = now,
                                 .connection = r->connection,
                                 .pool = r->pool,
                                 .holder = cc_request_client(r)->pool};
    const cc_memo_t *memo;
    bool is_new;

    if (APLOGrdebug(r) && query->key.rules) {
        asked.trace = apr_array_make(r->pool, cc_rules_count(query->key.rules), sizeof(cc_step_t));
    }
    memo = cc_verdicts_ask(client, &asked, &is_new);
    if (is_new && memo->verdict) {
        verdict_tell(r, client, memo->verdict, query->who, asked.trace);
    }
    if (is_new && query->who) {
        cc_shadow_beside(r, client, memo->verdict);
    }
    return memo;
}

/* A separate function, to keep the common case fast. `memo` is the one that was found, or NULL. */
static __attribute__((noinline)) const cc_memo_t *memo_pin(request_rec *r, cc_client_t *client,
                                                           const identity_query_t *query,
                                                           const cc_memo_t *memo, apr_time_t now)
{
    const cc_memo_t *pinned = pin_find(r, client, &query->key);

    if (pinned) {
        return pinned;
    }
    memo = memo ? memo : memo_ask(r, client, query, now);
    if (memo->pinned) {
        pin_add(r, client, memo);
    }
    return memo;
}

CC_INLINE const cc_memo_t *memo_get(request_rec *r, cc_client_t *client,
                                    const identity_query_t *query, apr_time_t now)
{
    const cc_memo_t *memo = query->keep ? cc_memo_find(client, &query->key, now) : NULL;

    return memo && !memo->pinned ? memo : memo_pin(r, client, query, memo, now);
}

/* ---- dates ------------------------------------------------------------------------------- */

#define PROMPT apr_time_from_sec(1)

/*
 * The time at which a request is judged: that of its first line, if the request arrived promptly.
 * If not, it is the current time, because a client may take any time between the first line and the
 * last. Reading the clock for each query would be slow.
 */
static apr_time_t judged_at(const request_rec *r, cc_client_t *client)
{
    apr_time_t now;

    if (atomic_load_explicit(&client->prompt, memory_order_relaxed) == r->request_time) {
        return r->request_time;
    }
    now = apr_time_now();
    if (now >= r->request_time && now - r->request_time < PROMPT) {
        atomic_store_explicit(&client->prompt, r->request_time, memory_order_relaxed);
    }
    return now;
}

apr_time_t cc_identity_moment(const request_rec *r, cc_client_t *client)
{
    return judged_at(r, client);
}

/* The problem with the dates of a certificate. Logged once. */
static const char *dates_tell(request_rec *r, cc_client_t *client, apr_time_t now)
{
    bool early = now < client->not_before;
    const char *problem = early ? "it is not yet valid" : client->expired_reason;

    if (!atomic_flag_test_and_set(&client->dates_logged)) {
        cc_counters_rejected(r->server, early ? CC_REJECTED_NOT_YET
                                        : client->lapse.cause == CC_CAUSE_TOO_OLD
                                            ? CC_REJECTED_TOO_OLD
                                            : CC_REJECTED_EXPIRED);
        cc_log_problem(r, (cc_log_client_t){client->cert, &client->facts}, problem);
    }
    return problem;
}

static inline const char *problem_at(request_rec *r, cc_client_t *client, apr_time_t now)
{
    if (!client->problem && now >= client->not_before && now <= client->until) {
        return NULL;
    }
    if (client->verified) {
        client->source->end(client, r);
    }
    return client->problem ? client->problem : dates_tell(r, client, now);
}

/* ---- clients ----------------------------------------------------------------------------- */

/* The client that this request, or one that led to it, keeps; NULL: none. */
static cc_client_t *client_remembered(const request_rec *r)
{
    for (; r; r = r->main ? r->main : r->prev) {
        const cc_request_t *kept = cc_request_seen(r);

        if (kept && kept->client) {
            return kept->client;
        }
    }
    return NULL;
}

/* True if mod_ssl refused to serve the request on this connection, or this is its error page. */
static bool is_misdirected(const request_rec *r)
{
    return r->status == HTTP_MISDIRECTED_REQUEST ||
           (r->prev && r->prev->status == HTTP_MISDIRECTED_REQUEST);
}

static inline cc_client_t *client_of(request_rec *r, cc_nobody_t *why)
{
    const cc_forwarded_t *forwarded = cc_request_forwarded(r);

    return forwarded ? cc_forwarded_client(r, forwarded, why) : cc_peer_client(r, why);
}

/*
 * From the access phase on, a request keeps its client: mod_ssl requests no further certificate,
 * and the TLS connection may be gone when the request is logged. Before that phase, mod_ssl may
 * still request one.
 */
CC_INLINE cc_client_t *client_find(request_rec *r, const cc_request_t *kept, cc_answer_t *answer)
{
    cc_nobody_t why = {"its connection is that of another virtual host", false, false};
    cc_client_t *client = is_misdirected(r) ? NULL : client_of(r, &why);

    if (client && kept && kept->settled) {
        cc_request_of(r)->client = client;
    }
    if (!client && why.gone) {
        client = client_remembered(r);
    }
    if (!client) {
        if (!why.unproven && !why.gone) {
            cc_proxied_look(r);
        }
        answer->presented = why.unproven;
        answer->passed_on = why.passed_on;
        answer->problem = why.unproven ? why.unproven : "no client certificate was presented";
    }
    return client;
}

/* Returns the time at which the request is judged. */
CC_INLINE apr_time_t presented(request_rec *r, const cc_request_t *kept, cc_answer_t *answer)
{
    apr_time_t now = 0;
    cc_client_t *client = kept && kept->client ? kept->client : client_find(r, kept, answer);

    answer->client = client;
    answer->verdict = NULL;
    answer->exports = NULL;
    answer->sent = NULL;
    answer->wish = NULL;
    if (client) {
        answer->presented = true;
        answer->passed_on = false;
        now = judged_at(r, client);
        answer->problem = problem_at(r, client, now);
    }
    return now;
}

/* ---- answers ----------------------------------------------------------------------------- */

static inline bool asks_nothing(const cc_memo_key_t *key)
{
    return !key->rules && !key->export && !key->forward_cert && !key->forward_identity;
}

/*
 * Returns the result that the answer is from; NULL: none. Inlined in all callers, since every
 * request needs it.
 */
CC_INLINE const cc_memo_t *answer_to(request_rec *r, const cc_request_t *kept,
                                     const identity_query_t *query, cc_answer_t *answer)
{
    apr_time_t now = presented(r, kept, answer);
    const cc_memo_t *memo;

    if (answer->problem) {
        answer->verdict = answer->client ? answer->client->failed : NULL;
        return NULL;
    }
    if (asks_nothing(&query->key)) {
        if (query->who && cc_dir_of(r)->shadow) {
            cc_shadow_alone(r, answer->client);
        }
        return NULL;
    }
    memo = memo_get(r, answer->client, query, now);
    answer->verdict = memo->verdict;
    answer->exports = memo->exports;
    answer->sent = memo->sent;
    return memo;
}

bool cc_identity_lost(request_rec *r, cc_client_t *client)
{
    client = client->source->again(client, r);
    return !client || problem_at(r, client, apr_time_now());
}

/* The query for the current configuration of a request. */
static inline identity_query_t query_of(const request_rec *r)
{
    const cc_dir_t *dir = cc_dir_of(r);
    const cc_export_t *unsaid = dir->rules ? &cc_export_default : NULL;

    return (identity_query_t){.key = {dir->rules, dir->export ? dir->export : unsaid,
                                      dir->forward_cert, dir->forward_identity},
                              .account = dir->account,
                              .who = true,
                              .keep = true};
}

void cc_identity_settle(request_rec *r, cc_request_t *kept)
{
    if (!cc_request_served(r, kept)) {
        identity_query_t query = query_of(r);

        const cc_memo_t *memo = answer_to(r, kept, &query, &kept->answer);

        if (query.account) {
            cc_account_choose(r, query.account, memo, &kept->answer);
        }
        if (r->prev || r->main) {
            cc_account_inherit(r, &kept->answer);
        }
    }
}

/* For queries outside the access phase, which are rare. */
static __attribute__((noinline)) cc_answer_t answer_by(request_rec *r,
                                                       const identity_query_t *query)
{
    cc_answer_t answer;
    const cc_memo_t *memo = answer_to(r, cc_request_seen(r), query, &answer);

    if (query->account) {
        cc_account_choose(r, query->account, memo, &answer);
    }
    if (query->who && (r->prev || r->main)) {
        cc_account_inherit(r, &answer);
    }
    return answer;
}

cc_answer_t cc_identity_presented(request_rec *r)
{
    static const identity_query_t nothing = {.keep = true};

    return answer_by(r, &nothing);
}

cc_answer_t cc_identity_of(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);
    identity_query_t query = query_of(r);

    return cc_request_served(r, kept) ? kept->answer : answer_by(r, &query);
}

cc_answer_t cc_identity_by(request_rec *r, const cc_rules_t *rules, bool keep)
{
    identity_query_t query = {.key = {.rules = rules}, .keep = keep};

    return answer_by(r, &query);
}
