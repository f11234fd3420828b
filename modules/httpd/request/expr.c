/* SPDX-License-Identifier: Apache-2.0 */
/* Implements clientcert('NAME') in expressions of httpd, as a string and as a list. */
#include <apr_strings.h>

#include <http_main.h>

#include "base/error.h"
#include "cert/cert.h"
#include "httpd/conf/path_need.h"
#include "httpd/conf/vhost_conf.h"
#include "httpd/peer/client.h"
#include "httpd/request/cache.h"
#include "httpd/request/expr.h"
#include "httpd/request/failure.h"
#include "httpd/request/identity.h"
#include "httpd/request/lookup.h"
#include "httpd/request/state.h"

/*
 * The client whose values an expression may use. NULL without a verified certificate, since nothing
 * in an unverified one can be trusted. If a lookup failed, the expression fails, and the request
 * with it.
 */
static const cc_client_t *client_of(ap_expr_eval_ctx_t *ctx, cc_answer_t *answer, cc_facts_t *facts)
{
    if (!ctx->r) {
        return NULL;
    }
    cc_cache_personal(ctx->r);
    *answer = cc_identity_of(ctx->r);
    if (cc_answer_failure(answer) && cc_failure_report(ctx->r)) {
        *ctx->err = "CC0112: a lookup failed, so the identity of the client is unknown";
    }
    if (answer->problem || cc_answer_failure(answer)) {
        return NULL;
    }
    *facts = cc_client_facts(answer->client, cc_identity_moment(ctx->r, answer->client));
    return answer->client;
}

static const char *as_string(ap_expr_eval_ctx_t *ctx, const void *lookup, const char *arg)
{
    cc_answer_t answer;
    cc_facts_t facts;
    const cc_client_t *client = client_of(ctx, &answer, &facts);
    const char *text = NULL;

    (void)arg;
    if (client) {
        text = cc_lookup_text(lookup, client, &facts, answer.verdict, ctx->p);
    }
    return text ? text : "";
}

static apr_array_header_t *as_list(ap_expr_eval_ctx_t *ctx, const void *lookup, const char *arg)
{
    cc_answer_t answer;
    cc_facts_t facts;
    const cc_client_t *client = client_of(ctx, &answer, &facts);

    (void)arg;
    if (!client) {
        return apr_array_make(ctx->p, 1, sizeof(const char *));
    }
    return cc_lookup_list(lookup, client, &facts, answer.verdict, ctx->p);
}

/*
 * Records the use in the configuration alone: an expression in .htaccess concerns a single request.
 */
static void use_note(const ap_expr_lookup_parms *parms)
{
    if (parms->pool == ap_server_conf->process->pconf) {
        cc_configuration_of(ap_server_conf)->expressions = true;
    }
}

int cc_expr_lookup(ap_expr_lookup_parms *parms)
{
    cc_error_t err = {0};
    const cc_lookup_t *lookup;
    bool is_list = parms->type == AP_EXPR_FUNC_LIST;

    if ((parms->type != AP_EXPR_FUNC_STRING && !is_list) || strcasecmp(parms->name, "clientcert")) {
        return DECLINED;
    }
    if (!parms->arg) {
        *parms->err = "CC0127: clientcert() takes one name in quotes: user, group, account, rule, "
                      "strength or a field";
        return !OK;
    }
    if (cc_lookup_parse(&lookup, parms->arg, parms->pool, &err) != APR_SUCCESS) {
        *parms->err = cc_error_text(&err, parms->ptemp);
        return !OK;
    }
    use_note(parms);
    cc_path_need_note(ap_server_conf, parms->pool, cc_lookup_path_need(lookup));
    *parms->func = is_list ? (const void *)as_list : (const void *)as_string;
    *parms->data = lookup;
    return OK;
}
