/* SPDX-License-Identifier: Apache-2.0 */
/* Implements Require clientcert, Require clientcert-user and Require clientcert-group. */
#include <apr_strings.h>

#include <ap_expr.h>
#include <http_request.h>
#include <mod_auth.h>

#include "base/error.h"
#include "base/inline.h"
#include "httpd/background/tables.h"
#include "httpd/conf/directive.h"
#include "httpd/conf/log_text.h"
#include "httpd/conf/module.h"
#include "httpd/conf/path_need.h"
#include "httpd/log/log.h"
#include "httpd/metrics/quota.h"
#include "httpd/request/authz.h"
#include "httpd/request/cache.h"
#include "httpd/request/denial.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"
#include "rules/rules.h"

/* A Require of one of our providers. */
typedef struct cc_require_t {
    const char *text;  /* for the log: "not clientcert-group guests" */
    const char *where; /* FILE:LINE */
    cc_missing_kind_t kind;
    bool negated;                    /* it denies if it matches */
    bool keep;                       /* false: from .htaccess, freed with its request */
    cc_rules_t *conditions;          /* Require clientcert */
    const apr_array_header_t *names; /* users or groups; NULL: they depend on the request, */
    const ap_expr_info_t *expr;      /* and this expression gives them, as for Require user */
    apr_hash_t *set;                 /* the same names, if there are many; or NULL */
} cc_require_t;

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

static cc_require_t *require_make(const cmd_parms *cmd, const char *args, cc_missing_kind_t kind)
{
    cc_require_t *need = apr_pcalloc(cmd->pool, sizeof(*need));

    need->kind = kind;
    need->negated = cc_authz_negated(cmd->directive, cmd->pool);
    need->text = apr_pstrcat(cmd->pool, need->negated ? "not " : "",
                             text_of(cmd->directive, args, cmd->pool), NULL);
    need->where = cc_directive_where(cmd->directive, cmd->pool);
    need->keep = ap_check_cmd_context((cmd_parms *)cmd, NOT_IN_HTACCESS) == NULL;
    return need;
}

/*
 * True if a Require certainly does not match; only then may a negated Require admit a client.
 * Without a certificate, this is certain. With a certificate that gives no identity, it is not: the
 * certificate may belong to the very person who is banned. `who`: the Require concerns user or
 * group.
 */
static bool surely_not(const cc_answer_t *answer, bool who)
{
    const cc_verdict_t *verdict = answer->verdict;

    if (!answer->presented) {
        return true;
    }
    return verdict && !verdict->doubt_where && (!who || cc_verdict_has_identity(verdict));
}

/* Records a Require that is not met: the log names it if the request is denied in the end. */
static void missing_note(request_rec *r, const cc_require_t *need, const cc_answer_t *answer,
                         bool undecided)
{
    const cc_verdict_t *verdict = answer->verdict;
    const cc_missing_t missing = {
        .kind = need->kind,
        .negated = need->negated,
        .text = need->text,
        .where = need->where,
        .undecided = undecided && verdict ? verdict->doubt_where : NULL,
        .note = need->conditions && verdict ? cc_log_cause(verdict) : NULL,
    };

    cc_denial_missing(r, &missing, need->keep || !r->main);
}

static inline authz_status require_answer(request_rec *r, const cc_require_t *need,
                                          const cc_answer_t *answer, bool holds)
{
    cc_denial_watch(r);
    if (holds == need->negated) {
        missing_note(r, need, answer, false);
    }
    return holds ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

/* A separate function, to keep the common case fast. */
static __attribute__((noinline)) authz_status
negation_answer(request_rec *r, const cc_require_t *need, const cc_answer_t *answer)
{
    if (surely_not(answer, !need->conditions)) {
        return require_answer(r, need, answer, false);
    }
    cc_denial_watch(r);
    missing_note(r, need, answer, true);
    return AUTHZ_GRANTED;
}

/* ---- Require clientcert [CONDITION ...] -------------------------------------------------- */

static const char *conditions_parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    cc_require_t *need = require_make(cmd, args, CC_MISSING_CONDITIONS);
    cc_error_t err = {0};

    need->conditions = cc_tables_rules(cmd);
    if (cc_rules_add_conditions(need->conditions, args, need->where, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    cc_path_need_note(cmd->server, cmd->pool, cc_rules_path_need(need->conditions));
    *parsed = need;
    return NULL;
}

static authz_status conditions_check(request_rec *r, const char *args, const void *parsed)
{
    const cc_require_t *need = parsed;
    cc_answer_t answer = cc_identity_by(r, need->conditions, need->keep);

    (void)args;
    cc_cache_personal(r);
    if (cc_answer_failure(&answer)) {
        return AUTHZ_GENERAL_ERROR;
    }
    if (answer.verdict && answer.verdict->matched_count) {
        return require_answer(r, need, &answer, true);
    }
    return need->negated ? negation_answer(r, need, &answer)
                         : require_answer(r, need, &answer, false);
}

/* ---- Require clientcert-user NAME ..., Require clientcert-group NAME ... ----------------- */

static apr_array_header_t *words_of(const char *text, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 4, sizeof(const char *));
    const char *word;

    while (*(word = ap_getword_conf(p, &text))) {
        APR_ARRAY_PUSH(words, const char *) = word;
    }
    return words;
}

/* With fewer names, comparing each with the groups is faster. */
#define NAMES_FEW 16

static apr_hash_t *names_set(const apr_array_header_t *names, apr_pool_t *p)
{
    apr_hash_t *set = names->nelts > NAMES_FEW ? apr_hash_make(p) : NULL;

    for (int i = 0; set && i < names->nelts; i++) {
        const char *name = APR_ARRAY_IDX(names, i, const char *);
        apr_hash_set(set, name, APR_HASH_KEY_STRING, name);
    }
    return set;
}

static const char *names_parse(cmd_parms *cmd, const char *args, cc_missing_kind_t kind,
                               const void **parsed)
{
    cc_require_t *need = require_make(cmd, args, kind);
    const char *error = NULL;

    need->names = words_of(args, cmd->pool);
    if (need->names->nelts == 0) {
        return apr_psprintf(
            cmd->pool, "CC0121: Require %s: the name is missing; write at least one", need->text);
    }
    if (strstr(args, "%{")) {
        need->names = NULL;
        need->expr = ap_expr_parse_cmd(cmd, args, AP_EXPR_FLAG_STRING_RESULT, &error, NULL);
    }
    if (need->names) {
        need->set = names_set(need->names, cmd->pool);
    }
    *parsed = need;
    return error ? apr_psprintf(cmd->pool, "CC0122: Require %s: %s", need->text, error) : NULL;
}

static const char *user_parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    return names_parse(cmd, args, CC_MISSING_USER, parsed);
}

static const char *group_parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    return names_parse(cmd, args, CC_MISSING_GROUP, parsed);
}

/* The names of a Require, in this request. NULL: the expression that gives them failed. */
static const apr_array_header_t *names_asked(request_rec *r, const cc_require_t *need)
{
    const char *error = NULL, *text;

    text = ap_expr_str_exec(r, need->expr, &error);
    if (error && !cc_quota_lets(r->server, CC_QUOTA_EXPRESSION)) {
        return NULL;
    }
    if (error) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "CC0123: Require %s: %s",
                      cc_log_escaped(need->text, r->pool), cc_log_escaped(error, r->pool));
        return NULL;
    }
    return words_of(text, r->pool);
}

/* True if the verdict has any of the names. `set` has the same names, or is NULL. */
typedef bool cc_has_fn(const cc_verdict_t *verdict, const apr_array_header_t *names,
                       apr_hash_t *set);

static bool has_user(const cc_verdict_t *verdict, const apr_array_header_t *names, apr_hash_t *set)
{
    bool holds = false;

    (void)set;
    for (int i = 0; verdict->user && !holds && i < names->nelts; i++) {
        holds = !strcmp(verdict->user, APR_ARRAY_IDX(names, i, const char *));
    }
    return holds;
}

static bool has_group(const cc_verdict_t *verdict, const apr_array_header_t *names, apr_hash_t *set)
{
    bool holds = false;

    for (int i = 0; set && !holds && i < verdict->group_count; i++) {
        holds = apr_hash_get(set, verdict->groups[i].name, APR_HASH_KEY_STRING) != NULL;
    }
    for (int i = 0; !set && !holds && i < names->nelts; i++) {
        holds = cc_verdict_in_group(verdict, APR_ARRAY_IDX(names, i, const char *));
    }
    return holds;
}

static inline const apr_array_header_t *names_for(request_rec *r, const cc_require_t *need)
{
    return need->names ? need->names : names_asked(r, need);
}

/* The answer with which the request is served, or if there is none, a new answer. */
static inline const cc_answer_t *answer_of(request_rec *r, cc_answer_t *asked)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (cc_request_served(r, kept)) {
        return &kept->answer;
    }
    *asked = cc_identity_of(r);
    return asked;
}

/* Inlined in both callers, for speed. */
CC_INLINE authz_status names_check(request_rec *r, const cc_require_t *need, cc_has_fn *has)
{
    cc_answer_t asked;
    const cc_answer_t *answer = answer_of(r, &asked);
    const apr_array_header_t *names = names_for(r, need);
    bool holds;

    cc_cache_personal(r);
    if (!names || cc_answer_failure(answer)) {
        return AUTHZ_GENERAL_ERROR;
    }
    holds = answer->verdict &&
            has(answer->verdict, names, need->names ? need->set : names_set(names, r->pool));
    return !holds && need->negated ? negation_answer(r, need, answer)
                                   : require_answer(r, need, answer, holds);
}

static authz_status user_check(request_rec *r, const char *args, const void *parsed)
{
    (void)args;
    return names_check(r, parsed, has_user);
}

static authz_status group_check(request_rec *r, const char *args, const void *parsed)
{
    (void)args;
    return names_check(r, parsed, has_group);
}

static const authz_provider conditions_provider = {conditions_check, conditions_parse};
static const authz_provider user_provider = {user_check, user_parse};
static const authz_provider group_provider = {group_check, group_parse};

void cc_authz_register(apr_pool_t *p)
{
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "clientcert", AUTHZ_PROVIDER_VERSION,
                              &conditions_provider, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "clientcert-user", AUTHZ_PROVIDER_VERSION,
                              &user_provider, AP_AUTH_INTERNAL_PER_CONF);
    ap_register_auth_provider(p, AUTHZ_PROVIDER_GROUP, "clientcert-group", AUTHZ_PROVIDER_VERSION,
                              &group_provider, AP_AUTH_INTERNAL_PER_CONF);
}
