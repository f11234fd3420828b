/* SPDX-License-Identifier: Apache-2.0 */
/* Compares what ClientCertMapShadow would give a client with what the rules in effect give. */
#include <string.h>

#include <apr_hash.h>

#include "httpd/conf/dir.h"
#include "httpd/conf/module.h"
#include "httpd/log/log.h"
#include "httpd/metrics/counters.h"
#include "httpd/peer/client.h"
#include "httpd/request/identity.h"
#include "httpd/request/shadow.h"
#include "httpd/request/state.h"
#include "httpd/request/verdicts.h"
#include "rules/rules.h"

/*
 * The verdict of shadow rules is kept as any other (verdicts.c), under the rules that gave it. Only
 * this file asks for these rules, so nothing that decides about a request can find the verdict. A
 * failed lookup, too, is kept, for a while: without that, each request would wait for a source
 * that does not answer, although its answer decides nothing.
 */
#define RETRY apr_time_from_sec(60)

/* ---- differences ------------------------------------------------------------------------- */

static bool groups_differ(const cc_verdict_t *live, const cc_verdict_t *shadow, apr_pool_t *p)
{
    apr_hash_t *names = apr_hash_make(p);

    if (live->group_count != shadow->group_count) {
        return true;
    }
    for (int i = 0; i < live->group_count; i++) {
        apr_hash_set(names, live->groups[i].name, APR_HASH_KEY_STRING, live);
    }
    for (int i = 0; i < shadow->group_count; i++) {
        if (!apr_hash_get(names, shadow->groups[i].name, APR_HASH_KEY_STRING)) {
            return true;
        }
    }
    return false;
}

static bool accounts_differ(const cc_verdict_t *live, const cc_verdict_t *shadow)
{
    if (live->account_count != shadow->account_count) {
        return true;
    }
    for (int i = 0; i < shadow->account_count; i++) {
        if (!cc_verdict_account(live, shadow->accounts[i].name)) {
            return true;
        }
    }
    return false;
}

bool cc_shadow_differs(const cc_verdict_t *live, const cc_verdict_t *shadow, apr_pool_t *p)
{
    static const cc_verdict_t nobody = {.user = NULL};

    live = live ? live : &nobody;
    if (cc_verdict_result(live) != cc_verdict_result(shadow) || !live->user != !shadow->user) {
        return true;
    }
    return (live->user && strcmp(live->user, shadow->user) != 0) ||
           groups_differ(live, shadow, p) || accounts_differ(live, shadow);
}

/* ---- requests ---------------------------------------------------------------------------- */

static const cc_verdict_t *shadow_ask(request_rec *r, cc_client_t *client, const cc_rules_t *rules,
                                      bool *is_new)
{
    cc_verdicts_query_t query = {.key = {.rules = rules},
                                 .keep = true,
                                 .retry = RETRY,
                                 .now = cc_identity_moment(r, client),
                                 .connection = r->connection,
                                 .pool = r->pool,
                                 .holder = cc_request_client(r)->pool};

    return cc_verdicts_ask(client, &query, is_new)->verdict;
}

/* Where one of them failed, there is nothing to compare. */
static void shadow_tell(request_rec *r, const cc_client_t *client, const cc_verdict_t *live,
                        const cc_verdict_t *shadow)
{
    const cc_log_client_t logged = {client->cert, &client->facts};
    bool failed = shadow->failure || (live && live->failure);
    bool differs = cc_shadow_differs(live, shadow, r->pool);

    cc_counters_shadow(r->server, failed    ? CC_SHADOW_FAILED
                                  : differs ? CC_SHADOW_DIFFERENT
                                            : CC_SHADOW_SAME);
    if (differs && !(live && live->failure)) {
        cc_log_shadow(r, logged, live, shadow);
    }
}

void cc_shadow_beside(request_rec *r, cc_client_t *client, const cc_verdict_t *live)
{
    const cc_rules_t *rules = cc_dir_of(r)->shadow;
    bool is_new;

    if (rules) {
        shadow_tell(r, client, live, shadow_ask(r, client, rules, &is_new));
    }
}

void cc_shadow_alone(request_rec *r, cc_client_t *client)
{
    bool is_new = false;
    const cc_verdict_t *shadow = shadow_ask(r, client, cc_dir_of(r)->shadow, &is_new);

    if (is_new) {
        shadow_tell(r, client, NULL, shadow);
    }
}
