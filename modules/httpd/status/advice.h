/* SPDX-License-Identifier: Apache-2.0 */
/* What a person is told: what their certificate gives, and what they can do. */
#ifndef CC_STATUS_ADVICE_H
#define CC_STATUS_ADVICE_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** What clientcert-status is about: one client, in one request. */
typedef struct cc_status_t {
    request_rec *asked; /* the request that it is about: ours, or the one that failed */
    bool failed;        /* it failed, and we are its ErrorDocument */
    bool rules;         /* ClientCertStatusRules is On where it was decided */
    cc_answer_t answer;
    const apr_array_header_t *trace; /* cc_step_t; NULL: not asked for, or no rules were */
    const char *result;              /* cc_verdict_word, "rejected", "no-rules",
                                        "no-certificate" or "no-tls" */
} cc_status_t;

/**
 * NULL, or why the certificate gives no identity. In full only where the rules may be shown: else
 * without what was asked behind this server. Lives as long as the request.
 */
const char *cc_advice_problem(const cc_status_t *status);

/** In one sentence: the identity, or why there is none. Usable text; lives as long as `p`. */
const char *cc_advice_summary(const cc_status_t *status, apr_pool_t *p);

/** What the person can do about it: a new array of sentences. */
json_t *cc_advice_list(const cc_status_t *status, apr_pool_t *p);

#endif
