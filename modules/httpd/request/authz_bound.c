/* SPDX-License-Identifier: Apache-2.0 */
/* Implements Require clientcert-bound: a token is bound to the certificate (RFC 8705 3.1). */
#include <string.h>

#include <apr_strings.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/authn.h"
#include "httpd/request/authz.h"
#include "httpd/request/cache.h"
#include "httpd/request/identity.h"
#include "httpd/request/require.h"
#include "rules/rules.h"

/* Require clientcert-bound EXPRESSION */
typedef struct bound_t {
    cc_require_t need;
    const ap_expr_info_t *expr;
    const cc_selector_t *thumbprint; /* x5t#S256 */
} bound_t;

static const char *bound_parse(cmd_parms *cmd, const char *args, const void **parsed)
{
    bound_t *asked = apr_pcalloc(cmd->pool, sizeof(*asked));
    const char *text;
    cc_error_t err = {0};

    cc_require_read(&asked->need, cmd, args, CC_MISSING_BOUND);
    asked->need.who = false;
    *parsed = asked;
    text = ap_getword_conf(cmd->pool, &args);
    if (!*text || *args) {
        return apr_psprintf(cmd->pool,
                            "CC0128: Require %s: write one expression that gives the x5t#S256 of "
                            "the token, in quotes if it contains spaces",
                            asked->need.text);
    }
    if (cc_selector_parse(&asked->thumbprint, "sha256|base64url", cmd->pool, &err) != APR_SUCCESS) {
        return cc_error_text(&err, cmd->pool);
    }
    return cc_require_expression_parse(&asked->expr, &asked->need, cmd, text);
}

/* Takes the same time wherever they differ. Their lengths are no secret. */
static bool is_equal(const char *a, const char *b, apr_size_t len)
{
    volatile unsigned char different = 0;

    for (apr_size_t i = 0; i < len; i++) {
        different |= (unsigned char)(a[i] ^ b[i]);
    }
    return different == 0;
}

/* A value with padding, in another alphabet, or of several tokens is another text, so no match. */
static bool is_bound(request_rec *r, const bound_t *asked, const cc_client_t *client,
                     const char *value)
{
    cc_facts_t facts = cc_client_facts(client, r->request_time);
    cc_values_t own = cc_selector_values(asked->thumbprint, client->cert, &facts, r->pool);

    return own.count == 1 && !own.at[0].unusable && own.at[0].len > 0 &&
           own.at[0].len == strlen(value) && is_equal(own.at[0].text, value, own.at[0].len);
}

/* Logged once a login was verified: until then, the token may not have been read. */
static void unbound_note(request_rec *r, const bound_t *asked, const cc_answer_t *answer,
                         const char *value)
{
    const char *because = *value ? "the token is bound to another certificate"
                                 : "the token is not bound to a certificate";

    if (!answer->problem && r->user && r->ap_auth_type &&
        strcasecmp(r->ap_auth_type, cc_auth_type)) {
        cc_require_missing_because(r, &asked->need, because);
    } else {
        cc_require_missing(r, &asked->need, answer, false);
    }
}

/*
 * A module may set the value only when it logs the client in. So where another login can follow,
 * the answer before it is that a user is missing.
 */
static authz_status unbound(request_rec *r, const bound_t *asked, const cc_answer_t *answer,
                            const char *value)
{
    cc_denial_watch(r);
    unbound_note(r, asked, answer, value);
    return !answer->problem && cc_authn_by_others(r) ? AUTHZ_DENIED_NO_USER : AUTHZ_DENIED;
}

/* Without a value it is not certain that the token is not bound to this certificate. */
static authz_status negated(request_rec *r, const bound_t *asked, const cc_answer_t *answer,
                            const char *value, bool bound)
{
    bool surely_not = !answer->presented || (!answer->problem && !bound && *value);

    cc_denial_watch(r);
    if (surely_not) {
        return AUTHZ_DENIED;
    }
    cc_require_missing(r, &asked->need, answer, false);
    return AUTHZ_GRANTED;
}

static authz_status bound_check(request_rec *r, const char *args, const void *parsed)
{
    const bound_t *asked = parsed;
    cc_answer_t answer = cc_identity_presented(r);
    const char *value = cc_require_expression_text(r, &asked->need, asked->expr);
    bool bound;

    (void)args;
    cc_cache_personal(r);
    if (!value) {
        return AUTHZ_GENERAL_ERROR;
    }
    bound = !answer.problem && is_bound(r, asked, answer.client, value);
    if (asked->need.negated) {
        return negated(r, asked, &answer, value, bound);
    }
    return bound ? AUTHZ_GRANTED : unbound(r, asked, &answer, value);
}

const authz_provider cc_authz_bound = {bound_check, bound_parse};
