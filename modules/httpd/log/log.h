/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of the log about clients: who a certificate is, and why it gives no identity. */
#ifndef CC_LOG_LOG_H
#define CC_LOG_LOG_H

#include <stdbool.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "rules/rules.h"

/** Who the rules say a client is: once per connection and rule set. */
void cc_log_verdict(request_rec *r, const cc_cert_t *cert, const cc_verdict_t *verdict);

/** NULL, or why a verdict that has not failed gives no identity. A literal. */
const char *cc_log_no_identity(const cc_verdict_t *verdict);

/**
 * That it cannot be known who a client is, and why; false: the log asks for no such line. To be
 * called until it was true once for a request of a client.
 */
bool cc_log_failure(request_rec *r, const cc_cert_t *cert, const cc_verdict_t *verdict);

/** The notes of an evaluation; and its steps (cc_step_t; NULL: it was not traced). */
void cc_log_notes(request_rec *r, const cc_cert_t *cert, const cc_verdict_t *verdict);
void cc_log_trace(request_rec *r, const apr_array_header_t *trace);

/** That a certificate gives no identity, and why: once per connection. */
void cc_log_problem(request_rec *r, const cc_cert_t *cert, const char *problem);

/** Why a client's certificate ended its handshake. */
typedef struct cc_refused_t {
    const cc_cert_t *leaf; /* the client's certificate */
    const cc_cert_t *cert; /* the one at fault: the client's, or above it in its chain */
    int depth;             /* of that one; 0: the client's */
    const char *reason;    /* as cc_refusal_text gives it */
} cc_refused_t;

/**
 * That a handshake ended so; and whether the log asks for it, which is to be asked once for each
 * line. `p` is for the line alone.
 */
void cc_log_refusal(const conn_rec *c, const server_rec *s, const cc_refused_t *refused,
                    apr_pool_t *p);
bool cc_log_wants_refusal(const conn_rec *c, const server_rec *s);

/** That a certificate of so many octets ends a connection, since no ticket can hold it. */
void cc_log_outgrown(const conn_rec *c, const server_rec *s, int octets);

/** What the line of a denied request says. */
typedef struct cc_log_denial_t {
    const cc_cert_t *cert;       /* NULL: none */
    const cc_verdict_t *verdict; /* NULL: no rules were asked */
    const char *reason;          /* why the client is nobody; "": it is somebody */
    const char *needs;           /* what the request would have needed */
} cc_log_denial_t;

/** That a request was denied. The caller has asked for its level and quota. */
void cc_log_denial(request_rec *r, const cc_log_denial_t *denial);

#endif
