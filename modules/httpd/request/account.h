/* SPDX-License-Identifier: Apache-2.0 */
/* Lets the client of a request choose one of its accounts (ClientCertAccount). */
#ifndef CC_REQUEST_ACCOUNT_H
#define CC_REQUEST_ACCOUNT_H

#include <ap_expr.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/request/state.h"
#include "httpd/request/verdicts.h"
#include "rules/rules.h"

/** ClientCertAccount: the expression of the wish. Constant; compared by pointer. */
typedef struct cc_account_expr_t {
    const ap_expr_info_t *expr; /* NULL: "", which chooses nothing */
    const char *where;          /* FILE:LINE */
} cc_account_expr_t;

/**
 * The account that a request wishes by one ClientCertAccount. It is data of the client, and lives
 * in the request of the client alone, never in the memory of its connection.
 */
typedef struct cc_wish_t {
    struct cc_wish_t *next;
    const cc_account_expr_t *asked;
    const char *name;    /* "": none */
    const char *vary;    /* the request headers on which it depends, for Vary; NULL: none */
    const char *problem; /* why it cannot be met, whatever it is; NULL: nothing. Escaped */
    const char *refusal; /* the reason for a 403, with the wish escaped and cut; NULL: not yet */
    bool early;          /* evaluated before the access phase, which checks it again */
} cc_wish_t;

/** ClientCertAccount. CC0257, CC0258. */
const char *cc_account_directive(cmd_parms *cmd, void *record, const char *args);

/**
 * Applies the wish of a request to its answer. No wish: the answer stays as it is. The name of the
 * user or of an account of the client: that is the user of the answer; its variables and headers
 * are those of this user. Any other name, or an expression that failed: the answer has no identity
 * but a `problem` and the `wish`, and the request is to be refused. `memo` is the result that the
 * answer has; NULL: it has no verdict. The wish is evaluated once for a request of a client and
 * each ClientCertAccount; redirected requests and subrequests share it. The response is kept out of
 * shared caches. In the request's thread.
 */
void cc_account_choose(request_rec *r, const cc_account_expr_t *asked, const cc_memo_t *memo,
                       cc_answer_t *answer);

/**
 * Takes the identity from the answer of a request to which another one led, as an error page, whose
 * wish was refused. Other answers stay as they are.
 */
void cc_account_inherit(const request_rec *r, cc_answer_t *answer);

/** The same as cc_account_choose for an answer whose verdict was evaluated for a trace. */
void cc_account_choose_traced(request_rec *r, const cc_account_expr_t *asked, cc_answer_t *answer);

/**
 * Makes `name` the wish of a request, whatever the expressions of ClientCertAccount say. "": none.
 * For a request that admin/dry_run.c makes up, before anything asks for its identity.
 */
void cc_account_give(request_rec *r, const char *name);

#endif
