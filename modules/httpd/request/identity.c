/* SPDX-License-Identifier: Apache-2.0 */
/* Knows who the client of a request is: evaluated once per connection, then remembered. */
#include "httpd/conf/dir.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/client_map.h"
#include "httpd/peer/peer.h"
#include "httpd/request/export.h"
#include "httpd/request/identity.h"

/* What rules and exports say of a client. Constant once it is in the client's list, which grows. */
typedef struct cc_memo_t {
    struct cc_memo_t *next;
    const cc_rules_t *rules;
    const cc_export_t *export;
    const cc_verdict_t *verdict;
    const apr_table_t *exports; /* NULL: none */
    apr_time_t stale_at;
    apr_uint64_t generation; /* of the tables that the rules name */
    bool pinned; /* a request keeps it: its rules ask tables, or the connection may forget it */
} cc_memo_t;

/* That a request has an answer: what it does must not follow a table that changes meanwhile. */
typedef struct cc_pin_t {
    const struct cc_pin_t *next;
    const cc_client_t *client;
    const cc_memo_t *memo;
} cc_pin_t;

/* What is asked of a client. */
typedef struct question_t {
    const cc_rules_t *rules;
    const cc_export_t *export;
    bool who;  /* the rules say who it is (ClientCertMap), not whether it may pass (Require) */
    bool keep; /* false: the rules may go before the connection, and their pointer proves nothing */
} question_t;

static bool memo_answers(const cc_memo_t *memo, const question_t *question)
{
    return memo->rules == question->rules && memo->export == question->export;
}

/* Only a pinned one has tables that may have changed. */
static bool memo_is_stale(const cc_memo_t *memo, apr_time_t now)
{
    return now >= memo->stale_at ||
           (memo->pinned && memo->rules && memo->generation != cc_rules_generation(memo->rules));
}

CC_INLINE const cc_memo_t *memo_find(cc_client_t *client, const question_t *question,
                                     apr_time_t now)
{
    const cc_memo_t *memo = atomic_load_explicit(&client->memos, memory_order_acquire);

    while (memo && (!memo_answers(memo, question) || memo_is_stale(memo, now))) {
        memo = memo->next;
    }
    return memo;
}

/* A request that led to another, and the one that a subrequest is for, are one to the client. */
static const cc_memo_t *pin_find(const request_rec *r, const cc_client_t *client,
                                 const question_t *question)
{
    for (; r; r = r->main ? r->main : r->prev) {
        const cc_request_t *kept = cc_request_seen(r);
        const cc_pin_t *pin = kept ? kept->pins : NULL;

        while (pin && (pin->client != client || !memo_answers(pin->memo, question))) {
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

/* Two streams may find out the same at once: the list then has it twice, and both are right. */
static void memo_push(cc_client_t *client, cc_memo_t *memo)
{
    memo->next = atomic_load_explicit(&client->memos, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&client->memos, &memo->next, memo,
                                                  memory_order_release, memory_order_relaxed)) {
    }
}

static const cc_verdict_t *evaluate(request_rec *r, const question_t *question,
                                    const cc_client_t *client, const cc_facts_t *facts,
                                    apr_pool_t *p)
{
    apr_array_header_t *trace = NULL;
    const cc_verdict_t *verdict;

    if (APLOGrdebug(r)) {
        trace = apr_array_make(r->pool, cc_rules_count(question->rules), sizeof(cc_step_t));
    }
    verdict = cc_rules_evaluate(question->rules, client->cert, facts, trace, p, r->pool);
    cc_counters_evaluated(r, verdict, question->who, client->expires_soon ? &client->mark : NULL);
    cc_log_notes(r, client->cert, verdict);
    cc_log_trace(r, trace);
    if (verdict->failure) {
        cc_request_t *kept = cc_request_of(cc_request_client(r));

        kept->failed = kept->failed || cc_log_failure(r, client->cert, verdict);
    } else if (question->who) {
        cc_log_verdict(r, client->cert, verdict);
    }
    return verdict;
}

static bool memo_failed(const cc_memo_t *memo)
{
    return memo->verdict && memo->verdict->failure;
}

/* The next request asks a table again that has failed. */
static bool memo_lasts(const cc_memo_t *memo)
{
    return !memo_failed(memo) || memo->verdict->failure_lasts;
}

static cc_memo_t *memo_make(request_rec *r, cc_client_t *client, const question_t *question,
                            apr_pool_t *p)
{
    cc_memo_t *memo = apr_palloc(p, sizeof(*memo));
    cc_facts_t facts = cc_client_facts(client, r->request_time);

    *memo = (cc_memo_t){
        .rules = question->rules, .export = question->export, .stale_at = APR_INT64_MAX};
    if (memo->rules) {
        memo->verdict = evaluate(r, question, client, &facts, p);
        memo->stale_at = memo->verdict->stale_at;
        memo->generation = memo->verdict->generation;
    }
    if (memo->export && memo->export->count > 0 && !memo_failed(memo)) {
        memo->exports =
            cc_export_make(memo->export, client, &facts, memo->verdict, &memo->stale_at, p);
    }
    return memo;
}

/* What the connection's own memory had no room for. Its rules live as long as the connection. */
static cc_client_map_key_t key_of(const cc_client_t *client, const question_t *question)
{
    return (cc_client_map_key_t){client->number, {question->rules, question->export, NULL}};
}

static const cc_memo_t *map_find(request_rec *r, const cc_client_t *client,
                                 const question_t *question)
{
    cc_client_map_key_t key = key_of(client, question);
    cc_client_map_t *map =
        question->keep ? client->source->map(client, r->connection, false) : NULL;
    const cc_memo_t *memo = map ? cc_client_map_take(map, &key, cc_request_client(r)->pool) : NULL;

    return memo && !memo_is_stale(memo, r->request_time) ? memo : NULL;
}

static const cc_memo_t *map_learn(request_rec *r, cc_client_t *client, const question_t *question)
{
    cc_client_map_key_t key = key_of(client, question);
    apr_pool_t *holder = cc_request_client(r)->pool;
    cc_client_map_t *map = question->keep ? client->source->map(client, r->connection, true) : NULL;
    apr_pool_t *p = map ? cc_client_map_pool() : NULL;
    cc_memo_t *memo = memo_make(r, client, question, p ? p : r->pool);

    memo->pinned = true;
    if (p && !memo_lasts(memo)) {
        cc_client_map_lend(p, holder);
    } else if (p) {
        cc_client_map_keep(map, &key, memo, p, holder);
    }
    return memo;
}

static const cc_memo_t *memo_learn(request_rec *r, cc_client_t *client, const question_t *question)
{
    apr_pool_t *p = question->keep ? client->source->pool(client, r->connection) : NULL;
    cc_memo_t *memo;

    if (!p) {
        return map_learn(r, client, question);
    }
    memo = memo_make(r, client, question, p);
    memo->pinned = !memo_lasts(memo) || (memo->rules && cc_rules_use_tables(memo->rules));
    if (memo_lasts(memo)) {
        memo_push(client, memo);
    }
    return memo;
}

/* Apart, so that most requests do not pay for its registers. `memo` is what was found, or NULL. */
static __attribute__((noinline)) const cc_memo_t *
memo_pin(request_rec *r, cc_client_t *client, const question_t *question, const cc_memo_t *memo)
{
    const cc_memo_t *pinned = pin_find(r, client, question);

    if (pinned) {
        return pinned;
    }
    if (!memo) {
        memo = map_find(r, client, question);
    }
    if (!memo) {
        memo = memo_learn(r, client, question);
    }
    if (memo->pinned) {
        pin_add(r, client, memo);
    }
    return memo;
}

CC_INLINE const cc_memo_t *memo_get(request_rec *r, cc_client_t *client, const question_t *question)
{
    const cc_memo_t *memo = question->keep ? memo_find(client, question, r->request_time) : NULL;

    return memo && !memo->pinned ? memo : memo_pin(r, client, question, memo);
}

#define PROMPT apr_time_from_sec(1)

/*
 * When a request is judged: with its first line, if it came at one go. Between its first line and
 * its last a client may take for ever; and a look at the clock for each question would cost.
 */
static apr_time_t time_of(const request_rec *r, cc_client_t *client)
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

/* What it is by its dates. Told once, and its connection closed if that is wanted. */
static const char *dates_tell(request_rec *r, cc_client_t *client, apr_time_t now)
{
    bool early = now < client->not_before;
    const char *problem = early ? "it is not valid yet" : client->expired_reason;

    if (!atomic_flag_test_and_set(&client->dates_logged)) {
        cc_counters_rejected(r->server, early          ? CC_REJECTED_NOT_YET
                                        : client->aged ? CC_REJECTED_TOO_OLD
                                                       : CC_REJECTED_EXPIRED);
        cc_log_problem(r, client->cert, problem);
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

/* Of the request itself, or of the one that led to it; NULL where nobody has asked there. */
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

/* mod_ssl has refused to serve the request on this connection, or it is about one that it did. */
static bool is_misdirected(const request_rec *r)
{
    return r->status == HTTP_MISDIRECTED_REQUEST ||
           (r->prev && r->prev->status == HTTP_MISDIRECTED_REQUEST);
}

/*
 * From the access phase on a request keeps its client: no certificate is asked for after that, and
 * for the log the TLS connection may be gone. Before, mod_ssl may yet ask for one.
 */
CC_INLINE cc_client_t *client_find(request_rec *r, const cc_request_t *kept, cc_answer_t *answer)
{
    cc_nobody_t why = {"its connection is that of another virtual host", false};
    cc_client_t *client = is_misdirected(r) ? NULL : cc_peer_client(r, &why);

    if (client && kept && kept->settled) {
        cc_request_of(r)->client = client;
    }
    if (!client && why.gone) {
        client = client_remembered(r);
    }
    if (!client) {
        answer->presented = why.unproven;
        answer->problem = why.unproven ? why.unproven : "no client certificate was presented";
    }
    return client;
}

CC_INLINE void presented(request_rec *r, const cc_request_t *kept, cc_answer_t *answer)
{
    cc_client_t *client = kept && kept->client ? kept->client : client_find(r, kept, answer);

    answer->client = client;
    answer->verdict = NULL;
    answer->exports = NULL;
    if (client) {
        answer->presented = true;
        answer->problem = problem_at(r, client, time_of(r, client));
    }
}

/* In each of its callers, of which every request passes one. */
CC_INLINE void answer_to(request_rec *r, const cc_request_t *kept, const question_t *question,
                         cc_answer_t *answer)
{
    const cc_memo_t *memo;

    presented(r, kept, answer);
    if (answer->problem || (!question->rules && !question->export)) {
        return;
    }
    memo = memo_get(r, answer->client, question);
    answer->verdict = memo->verdict;
    answer->exports = memo->exports;
}

bool cc_identity_lost(request_rec *r, cc_client_t *client)
{
    client = client->source->again(client, r);
    return !client || problem_at(r, client, apr_time_now());
}

/* What has to be asked under the configuration that the request has now. */
static inline question_t question_of(const request_rec *r)
{
    const cc_dir_t *dir = cc_dir_of(r);
    const cc_export_t *unsaid = dir->rules ? &cc_export_default : NULL;

    return (question_t){dir->rules, dir->export ? dir->export : unsaid, .who = true, .keep = true};
}

void cc_identity_settle(request_rec *r, cc_request_t *kept)
{
    if (!cc_request_served(r, kept)) {
        question_t question = question_of(r);

        answer_to(r, kept, &question, &kept->answer);
    }
}

/* What asks outside the access phase, which few requests do. */
static __attribute__((noinline)) cc_answer_t answer_by(request_rec *r, const question_t *question)
{
    cc_answer_t answer;

    answer_to(r, cc_request_seen(r), question, &answer);
    return answer;
}

cc_answer_t cc_identity_presented(request_rec *r)
{
    static const question_t nothing = {.keep = true};

    return answer_by(r, &nothing);
}

cc_answer_t cc_identity_of(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);
    question_t question = question_of(r);

    return cc_request_served(r, kept) ? kept->answer : answer_by(r, &question);
}

cc_answer_t cc_identity_by(request_rec *r, const cc_rules_t *rules, bool keep)
{
    question_t question = {.rules = rules, .keep = keep};

    return answer_by(r, &question);
}
