/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether a request that a query made up would be admitted. */
#ifndef CC_ADMIN_ACCESS_H
#define CC_ADMIN_ACCESS_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"

/** Whether a request is admitted. */
typedef enum {
    CC_ACCESS_GRANTED,
    CC_ACCESS_DENIED,   /* 403 */
    CC_ACCESS_PASSWORD, /* 401: another login is asked for */
    CC_ACCESS_DEPENDS,  /* on what a query cannot decide */
    CC_ACCESS_REFUSED,  /* the handshake fails, so no request is sent */
    CC_ACCESS_ANSWERED  /* httpd answers with another status */
} cc_access_outcome_t;

/** The outcome, and what led to it. Lives as long as the request. */
typedef struct cc_access_t {
    cc_access_outcome_t outcome;
    int status;                   /* of HTTP; 0: none */
    apr_array_header_t *requires; /* cc_require_answer_t (access_lines.h), in httpd's order; NULL:
                                     httpd comes to none */
    apr_array_header_t *depends;  /* const char *: what it depends on, each with the reason; NULL
                                     unless CC_ACCESS_DEPENDS */
} cc_access_t;

/**
 * Call it once before the first decision: httpd's core learns of AuthType and Satisfy only after a
 * configuration test, in its hook post_config.
 */
void cc_access_prepare(apr_pool_t *pconf, server_rec *s);

/** Decides the access of a request for which cc_dry_run gave `status`. */
void cc_access_decide(cc_access_t *access, request_rec *r, int status);

/**
 * {"outcome": "granted" | "denied" | "password" | "depends" | "refused" | "answered",
 *  "status": NUMBER or null, "requires": [{"where": FILE:LINE, "text": TEXT, "result": "granted" |
 *  "denied" | "denied_no_user" | "neutral" | "failed" | "unknown", "reason": TEXT or null}],
 *  "depends_on": [TEXT]}: a new reference.
 */
json_t *cc_access_json(const cc_access_t *access, apr_pool_t *p);

#endif
