/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the fields of a log line about a client. */
#ifndef CC_LOG_LINE_H
#define CC_LOG_LINE_H

#include <stdbool.h>

#include <apr_pools.h>

#include "cert/cert.h"
#include "rules/rules.h"

/*
 * The texts that these functions return live as long as `p`. Whatever octets they contain, they
 * cannot end their quotation or the line. Long texts are cut off. Any thread.
 */

/** The content of a line. */
typedef struct cc_log_line_t {
    const char *result;          /* in one word */
    const cc_cert_t *cert;       /* NULL: none */
    const cc_verdict_t *verdict; /* NULL: no rules were evaluated */
    const char *rule;            /* "FILE:LINE"; NULL: that of the verdict, or none */
    const char *client;          /* the remote address */
    const char *vhost;           /* the name of the virtual host, */
    int port;                    /* and the local port of the connection */
    const cc_facts_t *facts;     /* how the certificate arrived; NULL: not through a proxy */
    bool brief;                  /* subject and issuer are short: any client can cause the line */
} cc_log_line_t;

/**
 * The fields that every line has, in their order: result, user, groups, rule, subject, issuer,
 * serial, sha256, client, vhost. A missing text is empty, any other missing value is "-". Of a
 * certificate that a proxy passed on, via and proxy follow.
 */
const char *cc_log_line_text(const cc_log_line_t *line, apr_pool_t *p);

/**
 * A further field, NAME="TEXT". cc_log_line_said: for a text of the module or the administrator, in
 * which external parts have been escaped by cc_text_escape; cc_log_line_brief: the same, shorter;
 * cc_log_line_octets: for any octets.
 */
const char *cc_log_line_said(const char *name, const char *text, apr_pool_t *p);
const char *cc_log_line_brief(const char *name, const char *text, apr_pool_t *p);
const char *cc_log_line_octets(const char *name, const char *octets, apr_pool_t *p);

/** The fields shadow, shadow_user, shadow_groups and shadow_rule, of a verdict of shadow rules. */
const char *cc_log_line_shadow(const cc_verdict_t *verdict, apr_pool_t *p);

/** A requirement that was not met. */
typedef struct cc_log_need_t {
    const char *text;      /* as written */
    const char *where;     /* FILE:LINE; NULL: none */
    const char *undecided; /* FILE:LINE of the rule that leaves it undecided; NULL: none */
} cc_log_need_t;

/**
 * The field `needs`: "TEXT (FILE:LINE), TEXT (FILE:LINE), ...". Each text and path is limited; of
 * requirements beyond the limit of the field, and with `more`, "..." is written.
 */
const char *cc_log_line_needs(const cc_log_need_t *needs, int count, bool more, apr_pool_t *p);

/**
 * cc_log_line_subject: a short field with the subject of a certificate (NULL: "").
 * cc_log_line_serial: its serial number without a field name (NULL: "-").
 */
const char *cc_log_line_subject(const char *name, const cc_cert_t *cert, apr_pool_t *p);
const char *cc_log_line_serial(const cc_cert_t *cert, apr_pool_t *p);

#endif
