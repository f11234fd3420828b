/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the log lines about clients: their identity, or why they have none. */
#ifndef CC_LOG_LOG_H
#define CC_LOG_LOG_H

#include <stdbool.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "httpd/log/line.h"
#include "rules/rules.h"

/** Whose certificate a line is about. */
typedef struct cc_log_client_t {
    const cc_cert_t *cert;   /* NULL: none */
    const cc_facts_t *facts; /* how it arrived; NULL: not through a proxy */
} cc_log_client_t;

/** Logs the identity that the rules give a client: once per connection and rule set. */
void cc_log_verdict(request_rec *r, cc_log_client_t client, const cc_verdict_t *verdict);

/**
 * Logs that shadow rules would give a client something else (CC0137) than the rules in effect do
 * (`live`; NULL: there are none).
 */
void cc_log_shadow(request_rec *r, cc_log_client_t client, const cc_verdict_t *live,
                   const cc_verdict_t *shadow);

/**
 * NULL, or why a verdict that did not fail gives no identity, with the note that explains it. Lives
 * as long as `p`.
 */
const char *cc_log_no_identity(const cc_verdict_t *verdict, apr_pool_t *p);

/** The first note of a verdict that may explain what is missing in it; NULL: none. */
const cc_note_t *cc_log_cause(const cc_verdict_t *verdict);

/** "TEXT; CC0152 at FILE:LINE: ...", or the text alone for NULL. In `p`. */
const char *cc_log_noted(const char *text, const cc_note_t *note, apr_pool_t *p);

/**
 * Logs that the identity of a client is unknown, and why; false: LogLevel omits such lines. Call it
 * for a request of a client until it has returned true once.
 */
bool cc_log_failure(request_rec *r, cc_log_client_t client, const cc_verdict_t *verdict);

/**
 * cc_log_notes logs the notes of an evaluation; cc_log_trace logs its steps (cc_step_t; NULL: the
 * evaluation was not traced).
 */
void cc_log_notes(request_rec *r, cc_log_client_t client, const cc_verdict_t *verdict);
void cc_log_trace(request_rec *r, const apr_array_header_t *trace);

/** Logs that a certificate gives no identity, and why: once per connection. */
void cc_log_problem(request_rec *r, cc_log_client_t client, const char *problem);

/** Why a client's certificate ended its handshake, or failed in it. */
typedef struct cc_refused_t {
    const cc_cert_t *leaf; /* the client's certificate */
    const cc_cert_t *cert; /* the one at fault: the client's, or one above it in its chain */
    int depth;             /* of `cert`; 0: the client's */
    const char *reason;    /* that of cc_fault_text */
    bool tolerated;        /* the handshake goes on (ClientCertTolerate) */
} cc_refused_t;

/**
 * Logs that a handshake ended for this reason (CC0106), or went on (CC0190). Call
 * cc_log_wants_refusal once before each line, and log the line only if the result is true. `p` is
 * for the line alone.
 */
void cc_log_refusal(const conn_rec *c, const server_rec *s, const cc_refused_t *refused,
                    apr_pool_t *p);
bool cc_log_wants_refusal(const conn_rec *c, const server_rec *s, bool tolerated);

/** Logs that a certificate of so many octets ends a connection, since no ticket can hold it. */
void cc_log_outgrown(const conn_rec *c, const server_rec *s, int octets);

/** The content of the line about a denied request. */
typedef struct cc_log_denial_t {
    cc_log_client_t client;
    const cc_verdict_t *verdict; /* NULL: no rules were evaluated */
    const char *reason;          /* why it was denied */
    const cc_log_need_t *needs;  /* what would have allowed the request (line.h), */
    int need_count;              /* at least one, */
    bool more_needs;             /* and others */
} cc_log_denial_t;

/** Logs that a request was denied. The caller has checked level and quota. */
void cc_log_denial(request_rec *r, const cc_log_denial_t *denial);

/**
 * Logs that mod_ssl refused a request before access control, and why. `cert`: that of the client;
 * NULL: none. The caller has checked level and quota.
 */
void cc_log_ssl_refusal(request_rec *r, int level, const cc_cert_t *cert, const char *reason);

#endif
