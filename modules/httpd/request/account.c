/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the client of a request choose one of its accounts (ClientCertAccount). */
/*
 * A wish is evaluated for the request of the client, not for a redirected request or a subrequest,
 * so all of these have the same one. If an expression asks for the identity before the access
 * phase, the wish is evaluated then; the access phase evaluates it again. A wish that has changed
 * in between is refused: what was decided before was decided for another user.
 *
 * Results for a chosen account are kept with the request of the client too, so that the parts of a
 * page share them, as they share the results of the connection.
 */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/conf/dir.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/account.h"
#include "httpd/request/cache.h"

/* A result for a chosen account. */
typedef struct cc_chosen_t {
    const struct cc_chosen_t *next;
    const cc_memo_t *of;   /* the result for the client */
    const cc_memo_t *made; /* that for the account */
} cc_chosen_t;

/* What the request of a client keeps. */
struct cc_accounts_t {
    const char *given; /* cc_account_give: the wish, whatever an expression says; NULL: none */
    cc_wish_t *wishes;
    const cc_chosen_t *chosen;
};

/* ---- the directive ------------------------------------------------------------------------- */

/* clientcert() would ask for the identity that depends on the result. */
static int expr_lookup(ap_expr_lookup_parms *parms)
{
    if ((parms->type == AP_EXPR_FUNC_STRING || parms->type == AP_EXPR_FUNC_LIST) &&
        !strcasecmp(parms->name, "clientcert")) {
        *parms->err = "CC0258: ClientCertAccount decides who the client is, so its expression "
                      "cannot use clientcert(); use what the client sends, such as "
                      "%{req:X-Account}";
        return !OK;
    }
    return ap_expr_lookup_default(parms);
}

const char *cc_account_directive(cmd_parms *cmd, void *record, const char *args)
{
    cc_dir_t *dir = record;
    cc_account_expr_t *asked = apr_pcalloc(cmd->pool, sizeof(*asked));
    bool missing = !*args;
    const char *word = ap_getword_conf(cmd->pool, &args), *error = NULL;

    if (missing || *args) {
        return "CC0257: ClientCertAccount takes one expression in quotes, such as "
               "\"%{req:X-Account}\", or \"\" for no choice";
    }
    asked->where = cc_directive_where(cmd->directive, cmd->pool);
    if (*word) {
        asked->expr = ap_expr_parse_cmd(cmd, word, AP_EXPR_FLAG_STRING_RESULT, &error, expr_lookup);
    }
    dir->account = asked;
    return error ? apr_psprintf(cmd->pool, "CC0257: ClientCertAccount \"%s\": %s",
                                cc_log_escaped(word, cmd->pool), error)
                 : NULL;
}

/* ---- the wish of a request ----------------------------------------------------------------- */

static request_rec *first_of(request_rec *r)
{
    while (r->main || r->prev) {
        r = r->main ? r->main : r->prev;
    }
    return r;
}

static struct cc_accounts_t *accounts_of(request_rec *first)
{
    cc_request_t *kept = cc_request_of(first);

    if (!kept->accounts) {
        kept->accounts = apr_pcalloc(first->pool, sizeof(*kept->accounts));
    }
    return kept->accounts;
}

static void failure_log(request_rec *r, const cc_wish_t *wish, const char *error)
{
    if (APLOG_R_IS_LEVEL(r, APLOG_ERR) && cc_quota_lets(r->server, CC_QUOTA_ACCOUNT)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0109: ClientCertAccount at %s: %s",
                      wish->asked->where, cc_log_escaped(error, r->pool));
    }
}

/* As ap_expr_str_exec, which does not tell which headers the expression read. */
static const char *evaluate(request_rec *first, cc_wish_t *wish)
{
    const char *error = NULL, *name = NULL;
    ap_expr_eval_ctx_t ctx = {.r = first,
                              .c = first->connection,
                              .s = first->server,
                              .p = first->pool,
                              .err = &error,
                              .info = wish->asked->expr,
                              .vary_this = &wish->vary,
                              .result_string = &name};

    wish->problem = NULL;
    wish->refusal = NULL;
    if (accounts_of(first)->given) {
        return accounts_of(first)->given;
    }
    wish->problem = "the expression of ClientCertAccount asks for the account itself";
    if (ap_expr_exec_ctx(&ctx) < 0 || error || !name) {
        failure_log(first, wish, error ? error : "it has no value");
        wish->problem = "the expression of ClientCertAccount failed, so the account that it asks "
                        "for is unknown";
        return "";
    }
    wish->problem = NULL;
    return name;
}

void cc_account_give(request_rec *r, const char *name)
{
    accounts_of(r)->given = name;
}

/* While the expression is evaluated, a subrequest of it may come here for the same wish. */
static cc_wish_t *wish_make(request_rec *first, const cc_account_expr_t *asked)
{
    struct cc_accounts_t *accounts = accounts_of(first);
    cc_wish_t *wish = apr_pcalloc(first->pool, sizeof(*wish));

    wish->asked = asked;
    wish->name = "";
    wish->next = accounts->wishes;
    if (asked->expr) {
        accounts->wishes = wish;
        wish->name = evaluate(first, wish);
    }
    return wish;
}

static void wish_confirm(request_rec *first, cc_wish_t *wish)
{
    const char *before = wish->name, *now;

    wish->early = false;
    if (wish->problem) {
        return;
    }
    now = evaluate(first, wish);
    if (strcmp(now, before) != 0) {
        wish->problem = "the account that it asks for changed during the request";
    }
}

static cc_wish_t *wish_of(request_rec *r, const cc_account_expr_t *asked)
{
    request_rec *first = first_of(r);
    const cc_request_t *kept = cc_request_seen(first);
    bool settled = kept && kept->settled;
    cc_wish_t *wish = kept && kept->accounts ? kept->accounts->wishes : NULL;

    while (wish && wish->asked != asked) {
        wish = wish->next;
    }
    if (!wish) {
        wish = wish_make(first, asked);
        wish->early = !settled;
    } else if (wish->early && settled) {
        wish_confirm(first, wish);
    }
    return wish;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static const cc_memo_t *chosen_find(const struct cc_accounts_t *accounts, const cc_memo_t *memo,
                                    const char *name)
{
    const cc_chosen_t *chosen = accounts->chosen;

    while (chosen && (chosen->of != memo || strcmp(chosen->made->verdict->user, name) != 0)) {
        chosen = chosen->next;
    }
    return chosen ? chosen->made : NULL;
}

/* The result for an account; NULL: the client has no such account. */
static const cc_memo_t *chosen_of(request_rec *r, const cc_client_t *client, const cc_memo_t *memo,
                                  const char *name)
{
    request_rec *first = first_of(r);
    struct cc_accounts_t *accounts = accounts_of(first);
    const cc_memo_t *made = chosen_find(accounts, memo, name);
    const cc_verdict_t *verdict;
    cc_chosen_t *chosen;

    if (made) {
        return made;
    }
    verdict = cc_verdict_choose(memo->verdict, name, first->pool);
    if (!verdict || verdict == memo->verdict) {
        return verdict ? memo : NULL;
    }
    made = cc_verdicts_chosen(client, memo, verdict,
                              &(cc_verdicts_query_t){.now = r->request_time,
                                                     .connection = r->connection,
                                                     .pool = r->pool,
                                                     .holder = first->pool});
    chosen = apr_palloc(first->pool, sizeof(*chosen));
    *chosen = (cc_chosen_t){accounts->chosen, memo, made};
    accounts->chosen = chosen;
    return made;
}

static const char *refusal_of(request_rec *r, const cc_wish_t *wish)
{
    return wish->problem
               ? wish->problem
               : apr_psprintf(first_of(r)->pool,
                              "it asks for the account \"%s\", which is not one of its own",
                              cc_text_excerpt(wish->name, strlen(wish->name), r->pool));
}

static void take_away(cc_answer_t *answer, const cc_wish_t *wish)
{
    answer->wish = wish;
    answer->verdict = NULL;
    answer->exports = NULL;
    answer->sent = NULL;
    answer->problem = answer->problem ? answer->problem : wish->refusal;
}

static void refuse(request_rec *r, cc_wish_t *wish, cc_answer_t *answer)
{
    if (!wish->refusal) {
        wish->refusal = refusal_of(r, wish);
    }
    take_away(answer, wish);
}

/* The parts of a page do not share refusals: only the request that led to this one counts. */
void cc_account_inherit(const request_rec *r, cc_answer_t *answer)
{
    while (!answer->wish && (r->main || r->prev)) {
        const cc_request_t *kept;

        r = r->main ? r->main : r->prev;
        kept = cc_request_seen(r);
        if (kept && kept->answer.wish) {
            take_away(answer, kept->answer.wish);
        }
    }
}

/* ---- caches -------------------------------------------------------------------------------- */

/* Vary is a list of names, compared without regard to case, and "*" covers all of them. */
static void vary_add(request_rec *r, const char *names)
{
    const char *item;
    int length;

    while ((item = ap_size_list_item(&names, &length))) {
        const char *name = apr_pstrmemdup(r->pool, item, (apr_size_t)length);
        const char *there = apr_table_get(r->err_headers_out, "Vary");

        if (!ap_find_list_item(r->pool, there, name) && !ap_find_list_item(r->pool, there, "*")) {
            apr_table_mergen(r->err_headers_out, "Vary", name);
        }
    }
}

/* The response is for this user alone, and for this wish. */
static void response_keep(request_rec *r, const cc_wish_t *wish)
{
    cc_cache_keep_private(r);
    while (r->main) {
        r = r->main;
    }
    if (wish->vary) {
        vary_add(r, wish->vary);
    }
}

/* ---- both ---------------------------------------------------------------------------------- */

void cc_account_choose(request_rec *r, const cc_account_expr_t *asked, const cc_memo_t *memo,
                       cc_answer_t *answer)
{
    cc_wish_t *wish = wish_of(r, asked);
    const cc_memo_t *chosen;

    if (asked->expr) {
        response_keep(r, wish);
    }
    if ((!wish->problem && !*wish->name) ||
        (answer->verdict && answer->verdict->failure)) { /* answered with 500 */
        return;
    }
    chosen = wish->problem || answer->problem || !memo || !memo->verdict
                 ? NULL
                 : chosen_of(r, answer->client, memo, wish->name);
    if (!chosen) {
        refuse(r, wish, answer);
    } else if (chosen != memo) {
        answer->verdict = chosen->verdict;
        answer->exports = chosen->exports;
        answer->sent = chosen->sent;
    }
}

void cc_account_choose_traced(request_rec *r, const cc_account_expr_t *asked, cc_answer_t *answer)
{
    cc_memo_t *memo = apr_pcalloc(first_of(r)->pool, sizeof(*memo));

    memo->verdict = answer->verdict;
    cc_account_choose(r, asked, memo, answer);
}
