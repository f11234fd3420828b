/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what all Require lines of this module have in common, and answers negated ones. */
#include <apr_strings.h>

#include <ap_expr.h>

#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/log/log.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/authz.h"
#include "httpd/request/require.h"
#include "rules/rules.h"

/* Parses "not" like mod_authz_core; *rest is the text after it. */
static bool has_not(const char *text, const char **rest, apr_pool_t *p)
{
    const char *provider = text;
    bool negated = !strcasecmp(ap_getword_conf(p, &provider), "not");

    *rest = negated ? provider : text;
    return negated;
}

bool cc_authz_negated(const ap_directive_t *directive, apr_pool_t *p)
{
    const char *rest;
    bool negated = has_not(directive->args, &rest, p);

    for (directive = directive->parent; directive; directive = directive->parent) {
        if (!strcasecmp(directive->directive, "<RequireNone")) {
            negated = !negated;
        }
    }
    return negated;
}

/* The requirement as written, without "not"; for <AuthzProviderAlias, that which it names. */
static const char *text_of(const ap_directive_t *directive, const char *args, apr_pool_t *p)
{
    const char *text, *provider;

    has_not(directive->args, &text, p);
    if (directive->directive[0] != '<') {
        return text;
    }
    provider = ap_getword_conf(p, &text);
    return *args ? apr_pstrcat(p, provider, " ", args, NULL) : provider;
}

void cc_require_read(cc_require_t *need, const cmd_parms *cmd, const char *args,
                     cc_missing_kind_t kind)
{
    need->kind = kind;
    need->who = kind != CC_MISSING_CONDITIONS;
    need->negated = cc_authz_negated(cmd->directive, cmd->pool);
    need->text = apr_pstrcat(cmd->pool, need->negated ? "not " : "",
                             text_of(cmd->directive, args, cmd->pool), NULL);
    need->where = cc_directive_where(cmd->directive, cmd->pool);
    need->keep = ap_check_cmd_context((cmd_parms *)cmd, NOT_IN_HTACCESS) == NULL;
}

const char *cc_require_expression_parse(const ap_expr_info_t **expr, const cc_require_t *need,
                                        const cmd_parms *cmd, const char *text)
{
    const char *error = NULL;

    *expr = ap_expr_parse_cmd(cmd, text, AP_EXPR_FLAG_STRING_RESULT, &error, NULL);
    return error ? apr_psprintf(cmd->pool, "CC0122: Require %s: %s", need->text, error) : NULL;
}

const char *cc_require_expression_text(request_rec *r, const cc_require_t *need,
                                       const ap_expr_info_t *expr)
{
    const char *error = NULL;
    const char *text = ap_expr_str_exec(r, expr, &error);

    if (error && cc_quota_lets(r->server, CC_QUOTA_EXPRESSION)) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0123: Require %s: %s",
                      cc_log_escaped(need->text, r->pool), cc_log_escaped(error, r->pool));
    }
    return error ? NULL : text;
}

static bool surely_not(const cc_answer_t *answer, bool who)
{
    const cc_verdict_t *verdict = answer->verdict;

    if (!answer->presented) {
        return true;
    }
    return verdict && !verdict->doubt_where && (!who || cc_verdict_has_identity(verdict));
}

void cc_require_missing(request_rec *r, const cc_require_t *need, const cc_answer_t *answer,
                        bool undecided)
{
    const cc_verdict_t *verdict = answer->verdict;
    const cc_missing_t missing = {
        .kind = need->kind,
        .negated = need->negated,
        .text = need->text,
        .where = need->where,
        .undecided = undecided && verdict ? verdict->doubt_where : NULL,
        .note = !need->who && verdict ? cc_log_cause(verdict) : NULL,
    };

    cc_denial_missing(r, &missing, need->keep || !r->main);
}

void cc_require_missing_because(request_rec *r, const cc_require_t *need, const char *because)
{
    const cc_missing_t missing = {.kind = need->kind,
                                  .negated = need->negated,
                                  .text = need->text,
                                  .where = need->where,
                                  .because = because};

    cc_denial_missing(r, &missing, need->keep || !r->main);
}

authz_status cc_require_negated(request_rec *r, const cc_require_t *need, const cc_answer_t *answer)
{
    if (surely_not(answer, need->who)) {
        return cc_require_status(r, need, answer, false);
    }
    cc_denial_watch(r);
    cc_require_missing(r, need, answer, true);
    return AUTHZ_GRANTED;
}
