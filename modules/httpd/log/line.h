/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a line of the log about a client. */
#ifndef CC_LOG_LINE_H
#define CC_LOG_LINE_H

#include <stdbool.h>

#include <apr_pools.h>

#include "cert/cert.h"
#include "rules/rules.h"

/*
 * Texts that these functions give live as long as `p`. None can end its quotation or the line,
 * whatever its octets are; what is too long is cut off. Any thread.
 */

/** What a line tells. */
typedef struct cc_log_line_t {
    const char *result;          /* in one word */
    const cc_cert_t *cert;       /* NULL: none */
    const cc_verdict_t *verdict; /* NULL: no rules were asked */
    const char *rule;            /* "FILE:LINE"; NULL: the verdict's, or none */
    const char *client;          /* the address of the other end */
    const char *vhost;           /* the name of the virtual host, */
    int port;                    /* and the local port of the connection */
    bool brief;                  /* subject and issuer are short: anybody can cause the line */
} cc_log_line_t;

/**
 * The fields that every line has, in their order: result, user, groups, rule, subject, issuer,
 * serial, sha256, client, vhost. A text that there is not is empty, anything else then "-".
 */
const char *cc_log_line_text(const cc_log_line_t *line, apr_pool_t *p);

/**
 * A further field, NAME="TEXT": of what is said in plain words, by us or by the administrator
 * (parts from outside have been through cc_text_escape); the same, shorter; and of octets that may
 * be anything.
 */
const char *cc_log_line_said(const char *name, const char *text, apr_pool_t *p);
const char *cc_log_line_brief(const char *name, const char *text, apr_pool_t *p);
const char *cc_log_line_octets(const char *name, const char *octets, apr_pool_t *p);

/** The same, short, of a certificate's subject (NULL: ""); its serial number alone (NULL: "-"). */
const char *cc_log_line_subject(const char *name, const cc_cert_t *cert, apr_pool_t *p);
const char *cc_log_line_serial(const cc_cert_t *cert, apr_pool_t *p);

#endif
