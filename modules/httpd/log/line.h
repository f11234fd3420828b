/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what log.c and denial.c may put into a line of the log. */
#ifndef CC_LOGLINE_H
#define CC_LOGLINE_H

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "rules/rules.h"



/** What a line tells. */
typedef struct cc_log_line_t {
    const char *result;          /* in one word */
    const cc_cert_t *cert;       /* NULL: none */
    const cc_verdict_t *verdict; /* NULL: no rules were asked */
    const char *rule;            /* NULL: the verdict's, or none */
} cc_log_line_t;

/**
 * The fields that every line has, in their order: result, user, groups, rule, subject, issuer,
 * serial, sha256, client, vhost. A text that there is not is empty, anything else then "-". The
 * first lives as long as the request. Anybody can cause the second, so that its names are short.
 */
const char *cc_log_line_of_request(const cc_log_line_t *line, const request_rec *r);
const char *cc_log_line_of_connection(const cc_log_line_t *line, const conn_rec *c,
                                     const server_rec *s, apr_pool_t *p);

/**
 * A further field, NAME="TEXT": of what is said in plain words, by us or by the administrator
 * (parts from outside have been through cc_text_escape); the same, shorter; and of octets that may
 * be anything. None of them can end the quotation or the line, whatever the text is; what is too
 * long is cut off.
 * Lives as long as `p`.
 */
const char *cc_log_line_said(const char *name, const char *text, apr_pool_t *p);
const char *cc_log_line_brief(const char *name, const char *text, apr_pool_t *p);
const char *cc_log_line_octets(const char *name, const char *octets, apr_pool_t *p);

/** The same, short, of a certificate's subject (NULL: ""); its serial number alone (NULL: "-"). */
const char *cc_log_line_subject(const char *name, const cc_cert_t *cert, apr_pool_t *p);
const char *cc_log_line_serial(const cc_cert_t *cert, apr_pool_t *p);

#endif
