/* SPDX-License-Identifier: Apache-2.0 */
/* Implements Require clientcert-user and Require clientcert-group. */
#include <apr_strings.h>

#include <ap_expr.h>
#include <http_request.h>

#include "base/inline.h"
#include "httpd/conf/module.h"
#include "httpd/request/authz.h"
#include "httpd/request/cache.h"
#include "httpd/request/identity.h"
#include "httpd/request/require.h"
#include "rules/rules.h"

/* Require clientcert-user NAME ..., Require clientcert-group NAME ... */
typedef struct cc_require_names_t {
    cc_require_t need;
    const apr_array_header_t *names; /* users or groups; NULL: they depend on the request, */
    const ap_expr_info_t *expr;      /* and this expression gives them, as for Require user */
    apr_hash_t *set;                 /* the same names, if there are many; or NULL */
} cc_require_names_t;

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
    cc_require_names_t *need = apr_pcalloc(cmd->pool, sizeof(*need));
    const char *error = NULL;

    cc_require_read(&need->need, cmd, args, kind);
    need->names = words_of(args, cmd->pool);
    if (need->names->nelts == 0) {
        return apr_psprintf(cmd->pool,
                            "CC0121: Require %s: the name is missing; write at least one",
                            need->need.text);
    }
    if (strstr(args, "%{")) {
        need->names = NULL;
        error = cc_require_expression_parse(&need->expr, &need->need, cmd, args);
    }
    if (need->names) {
        need->set = names_set(need->names, cmd->pool);
    }
    *parsed = need;
    return error;
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
static const apr_array_header_t *names_asked(request_rec *r, const cc_require_names_t *need)
{
    const char *text = cc_require_expression_text(r, &need->need, need->expr);

    return text ? words_of(text, r->pool) : NULL;
}

/*
 * True if the verdict has any of the names. `set` has the same names, or is NULL. `negated`: the
 * client is kept out if it has.
 */
typedef bool cc_has_fn(const cc_verdict_t *verdict, const apr_array_header_t *names,
                       apr_hash_t *set, bool negated);

static bool is_among(const char *user, const apr_array_header_t *names)
{
    bool holds = false;

    for (int i = 0; user && !holds && i < names->nelts; i++) {
        holds = !strcmp(user, APR_ARRAY_IDX(names, i, const char *));
    }
    return holds;
}

/* Who is kept out must not get in by the choice of an account. */
static bool has_user(const cc_verdict_t *verdict, const apr_array_header_t *names, apr_hash_t *set,
                     bool negated)
{
    (void)set;
    return is_among(verdict->user, names) || (negated && is_among(verdict->holder, names));
}

/* The groups of an account are those of its holder. */
static bool has_group(const cc_verdict_t *verdict, const apr_array_header_t *names, apr_hash_t *set,
                      bool negated)
{
    bool holds = false;

    (void)negated;
    for (int i = 0; set && !holds && i < verdict->group_count; i++) {
        holds = apr_hash_get(set, verdict->groups[i].name, APR_HASH_KEY_STRING) != NULL;
    }
    for (int i = 0; !set && !holds && i < names->nelts; i++) {
        holds = cc_verdict_in_group(verdict, APR_ARRAY_IDX(names, i, const char *));
    }
    return holds;
}

static inline const apr_array_header_t *names_for(request_rec *r, const cc_require_names_t *need)
{
    return need->names ? need->names : names_asked(r, need);
}

/* Inlined in both callers, for speed. */
CC_INLINE authz_status names_check(request_rec *r, const cc_require_names_t *need, cc_has_fn *has)
{
    cc_answer_t asked;
    const cc_answer_t *answer = cc_require_identity(r, &asked);
    const apr_array_header_t *names = names_for(r, need);
    bool holds;

    cc_cache_personal(r);
    if (!names || cc_answer_failure(answer)) {
        return AUTHZ_GENERAL_ERROR;
    }
    holds = answer->verdict &&
            has(answer->verdict, names, need->names ? need->set : names_set(names, r->pool),
                need->need.negated);
    return cc_require_answer(r, &need->need, answer, holds);
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

const authz_provider cc_authz_user = {user_check, user_parse};
const authz_provider cc_authz_group = {group_check, group_parse};
