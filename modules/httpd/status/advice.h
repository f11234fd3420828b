/* SPDX-License-Identifier: Apache-2.0 */
/* Makes texts for the person at the browser: what their certificate gives, and advice. */
#ifndef CC_STATUS_ADVICE_H
#define CC_STATUS_ADVICE_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** The subject of clientcert-status: one client, in one request. */
typedef struct cc_status_t {
    request_rec *asked; /* the request to describe: this one, or the one that failed */
    bool failed;        /* it failed, and this page is its ErrorDocument */
    bool rules;         /* ClientCertStatusRules is On for that request */
    cc_answer_t answer;
    const apr_array_header_t *trace; /* cc_step_t; NULL: not wanted, or no rules apply */
    const char *result;              /* cc_verdict_word, "rejected", "no-rules",
                                        "no-certificate" or "no-tls" */
} cc_status_t;

/**
 * Why the certificate gives no identity; NULL: it does. The full text only where rules may be
 * shown; otherwise a text that does not name the systems behind this server. Lives as long as the
 * request.
 */
const char *cc_advice_problem(const cc_status_t *status);

/**
 * One sentence with the identity, or with the reason for having none. Usable text; lives as long as
 * `p`.
 */
const char *cc_advice_summary(const cc_status_t *status, apr_pool_t *p);

/** Advice for the person: a new array of sentences. */
json_t *cc_advice_list(const cc_status_t *status, apr_pool_t *p);

#endif
