/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of clientcert-status share: the document, its sentences, the page. */
#ifndef CC_STATUS_STATUS_H
#define CC_STATUS_STATUS_H

#include <stdbool.h>

#include <jansson.h>

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/** What is told to one client of itself. */
typedef struct cc_status_t {
    request_rec *asked; /* the request that it is about: ours, or the one that failed */
    bool failed;        /* it failed, and we are its ErrorDocument */
    bool rules;         /* ClientCertStatusRules is On where it was decided */
    cc_answer_t answer;
    const apr_array_header_t *trace; /* cc_step_t; NULL: not asked for, or no rules were */
    const char *result;              /* cc_verdict_word, "rejected", "no-rules",
                                        "no-certificate" or "no-tls" */
} cc_status_t;

/** In one sentence: who the client is, or why it is nobody. Usable text; lives as long as `p`. */
const char *cc_status_summary(const cc_status_t *status, apr_pool_t *p);

/**
 * NULL, or why the certificate gives no identity. In full only where the rules may be shown: else
 * without what is asked behind this server.
 */
const char *cc_status_problem(const cc_status_t *status);

/** What the person can do about it: a new array of sentences. */
json_t *cc_status_advice(const cc_status_t *status, apr_pool_t *p);

/**
 * All that is told, as one object, which lives as long as the request. No text in it is longer, and
 * no list has more members, than a page can hold; what is cut says so.
 *
 *   {"result", "summary", "advice": [TEXT], "request": {"status", "uri", "needs"} or null,
 *    "identity": cc_json_verdict or null, "certificate": cc_json_fields or null,
 *    "verification": {"verified", "problem"} or null,
 *    "connection": {"version", "cipher", "sni", "session"} or null, "trace": cc_json_trace}
 *
 * Without `trace` there is none. Rules are named by file and line, without the file's folder, and
 * what they say is left out, and so is what was asked behind this server, but where
 * ClientCertStatusRules is On.
 */
json_t *cc_status_document(request_rec *r, bool trace);

/** Sends it as HTML. `links`: it may refer to itself. */
void cc_page_write(request_rec *r, const json_t *document, bool links);

/**
 * What stands between <style> and </style> there, and the Content-Security-Policy: it allows that
 * style, by its digest, and nothing else.
 */
extern const char cc_page_style[], cc_page_policy[];

/** The handler clientcert-status: tells a client what its own certificate is and gives. */
int cc_status_serve(request_rec *r);

#endif
