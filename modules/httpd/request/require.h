/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what all providers of Require share: the parsed line, and its answers. */
#ifndef CC_REQUEST_REQUIRE_H
#define CC_REQUEST_REQUIRE_H

#include <stdbool.h>

#include <ap_expr.h>
#include <mod_auth.h>

#include "httpd/conf/module.h"
#include "httpd/request/denial.h"
#include "httpd/request/identity.h"
#include "httpd/request/state.h"

/** A Require of one of our providers: the first member of the struct of each provider. */
typedef struct cc_require_t {
    const char *text;  /* for the log: "not clientcert-group guests" */
    const char *where; /* FILE:LINE */
    cc_missing_kind_t kind;
    bool negated; /* it denies if it matches */
    bool keep;    /* false: from .htaccess, freed with its request */
    bool who; /* it asks for a user or groups, so a certificate without identity may be anyone's */
} cc_require_t;

/** Fills in the members for the line that is being read; `args` are its arguments. */
void cc_require_read(cc_require_t *need, const cmd_parms *cmd, const char *args,
                     cc_missing_kind_t kind);

/** Compiles an expression of the line that gives a text. Returns NULL, or CC0122. */
const char *cc_require_expression_parse(const ap_expr_info_t **expr, const cc_require_t *need,
                                        const cmd_parms *cmd, const char *text);

/** The text that it gives for this request; NULL: it failed (CC0123), so the request must too. */
const char *cc_require_expression_text(request_rec *r, const cc_require_t *need,
                                       const ap_expr_info_t *expr);

/** Records a Require that is not met: the log names it if the request is denied in the end. */
void cc_require_missing(request_rec *r, const cc_require_t *need, const cc_answer_t *answer,
                        bool undecided);

/** The same with the reason, one sentence for the log that lives as long as the request. */
void cc_require_missing_because(request_rec *r, const cc_require_t *need, const char *because);

/** The status for a Require that holds, or certainly does not. */
static inline authz_status cc_require_status(request_rec *r, const cc_require_t *need,
                                             const cc_answer_t *answer, bool holds)
{
    cc_denial_watch(r);
    if (holds == need->negated) {
        cc_require_missing(r, need, answer, false);
    }
    return holds ? AUTHZ_GRANTED : AUTHZ_DENIED;
}

/**
 * The status for a negated Require that does not hold: it admits the client only if this is
 * certain. Without a certificate, it is certain. With a certificate that gives no identity, it is
 * not: the certificate may belong to the very person who is banned.
 */
authz_status cc_require_negated(request_rec *r, const cc_require_t *need,
                                const cc_answer_t *answer);

/** The status for a Require of either kind. */
static inline authz_status cc_require_answer(request_rec *r, const cc_require_t *need,
                                             const cc_answer_t *answer, bool holds)
{
    return !holds && need->negated ? cc_require_negated(r, need, answer)
                                   : cc_require_status(r, need, answer, holds);
}

/** The answer with which the request is served, or if there is none, a new answer in *asked. */
static inline const cc_answer_t *cc_require_identity(request_rec *r, cc_answer_t *asked)
{
    const cc_request_t *kept = cc_request_seen(r);

    if (cc_request_served(r, kept)) {
        return &kept->answer;
    }
    *asked = cc_identity_of(r);
    return asked;
}

#endif
