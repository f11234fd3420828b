/* SPDX-License-Identifier: Apache-2.0 */
/* Makes texts for the person at the browser: what their certificate gives, and advice. */
#ifndef CC_STATUS_ADVICE_H
#define CC_STATUS_ADVICE_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"
#include "httpd/request/ssl_refusal.h"
#include "httpd/request/state.h"

/** What the page is about, in one word. */
typedef enum {
    CC_STATUS_NO_TLS,
    CC_STATUS_NO_CERTIFICATE,
    CC_STATUS_REFUSED,  /* mod_ssl refused the request before access control */
    CC_STATUS_REJECTED, /* the certificate gives no identity */
    CC_STATUS_NO_RULES, /* it would, but no rules are in effect */
    CC_STATUS_MAPPED,   /* the results of cc_result_t */
    CC_STATUS_UNMAPPED,
    CC_STATUS_DENIED,
    CC_STATUS_FAILED,
    CC_STATUS_OUTSIDE
} cc_status_result_t;

/** The subject of clientcert-status: one client, in one request. */
typedef struct cc_status_t {
    request_rec *page;            /* the request for the page itself */
    request_rec *asked;           /* the request to describe: that one, or the one that failed */
    bool failed;                  /* it failed, and this page is its ErrorDocument */
    cc_ssl_refused_t ssl_refused; /* CC_STATUS_REFUSED: why */
    const struct cc_forwarded_t *forwarded; /* what a trusted proxy passed on (peer/forwarded.h);
                                               NULL: the request did not come from one */
    const char *proxied; /* the header that shows that a proxy terminated TLS; NULL: none, or there
                            is a certificate */
    bool rules;          /* ClientCertStatusRules is On for that request */
    cc_answer_t answer;
    apr_time_t now;                  /* the moment at which the client was judged */
    const apr_array_header_t *trace; /* cc_step_t; NULL: not wanted, or no rules apply */
    cc_status_result_t result;
} cc_status_t;

/** The result in the document: "no-certificate". A literal. */
const char *cc_status_word(cc_status_result_t result);

/**
 * Why the certificate gives no identity; NULL: it does. The full text only where rules may be
 * shown; otherwise a text that does not name the systems behind this server. Lives as long as the
 * request.
 */
const char *cc_advice_problem(const cc_status_t *status);

/** The cause of that in a word, for programs: "expired". A literal; NULL: there is no problem. */
const char *cc_advice_cause(const cc_status_t *status);

/**
 * The headline, with what matters most: the reason for the refusal, or the identity. Usable text,
 * which lives as long as `p`.
 */
const char *cc_advice_summary(const cc_status_t *status, apr_pool_t *p);

/**
 * A sentence that explains the headline, such as when a certificate expired; NULL: none. Usable
 * text, which lives as long as `p`.
 */
const char *cc_advice_reason(const cc_status_t *status, apr_pool_t *p);

/** Warnings about a certificate that is accepted: a new array of sentences. */
json_t *cc_advice_warnings(const cc_status_t *status, apr_pool_t *p);

/** Advice for the person: a new array of sentences. */
json_t *cc_advice_list(const cc_status_t *status);

#endif
