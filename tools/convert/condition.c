/* SPDX-License-Identifier: Apache-2.0 */
/* Writes an expression as conditions of the rule language, with the same meaning or not at all. */
#include "convert/expression.h"

cc_cond_t *cc_cond_make(bool any, bool certificate, const char *text, apr_pool_t *p)
{
    cc_cond_t *cond = apr_pcalloc(p, sizeof(*cond));

    cond->any = any;
    cond->certificate = certificate;
    cond->text = text;
    cond->parts = text ? NULL : apr_array_make(p, 2, sizeof(cc_cond_t *));
    return cond;
}

static cc_cond_t *cond_write(const cc_expr_t *expr, bool negated, const char **reason,
                             apr_pool_t *p);

/* By De Morgan, the negation of "all" is "any" of the negations. */
static cc_cond_t *pair_write(const cc_expr_t *expr, bool negated, const char **reason,
                             apr_pool_t *p)
{
    bool any = (expr->kind == CC_EXPR_ANY) != negated;
    cc_cond_t *a = cond_write(expr->a, negated, reason, p);
    cc_cond_t *b = a ? cond_write(expr->b, negated, reason, p) : NULL;
    cc_cond_t *cond = NULL;

    if (b) {
        cond = cc_cond_make(
            any, any ? a->certificate && b->certificate : a->certificate || b->certificate, NULL,
            p);
        APR_ARRAY_PUSH(cond->parts, cc_cond_t *) = a;
        APR_ARRAY_PUSH(cond->parts, cc_cond_t *) = b;
    }
    return cond;
}

static cc_cond_t *cond_write(const cc_expr_t *expr, bool negated, const char **reason,
                             apr_pool_t *p)
{
    switch (expr->kind) {
    case CC_EXPR_NOT:
        return cond_write(expr->a, !negated, reason, p);
    case CC_EXPR_ALL:
    case CC_EXPR_ANY:
        return pair_write(expr, negated, reason, p);
    default:
        return cc_cond_compare(expr, negated, reason, p);
    }
}

/*
 * True if a client without a certificate meets no part of the condition. `Require clientcert` never
 * admits such a client, and the expression may.
 */
static bool needs_certificate(const cc_cond_t *cond, bool certain)
{
    certain = certain || cond->certificate;
    if (cond->text) {
        return certain;
    }
    for (int i = 0; i < cond->parts->nelts; i++) {
        if (!needs_certificate(APR_ARRAY_IDX(cond->parts, i, const cc_cond_t *), certain)) {
            return false;
        }
    }
    return true;
}

cc_cond_t *cc_cond_of(const cc_expr_t *expr, const char **reason, apr_pool_t *p)
{
    cc_cond_t *cond = cond_write(expr, false, reason, p);

    if (cond && !needs_certificate(cond, false)) {
        *reason = "it also holds for clients without a certificate; add and %{SSL_CLIENT_VERIFY} "
                  "== \"SUCCESS\" if they are to be refused";
        return NULL;
    }
    return cond;
}
