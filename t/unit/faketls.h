/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connects clients to the hosts of a fake httpd over TLS, and runs the phases of their
 * requests.
 */
#ifndef FAKETLS_H
#define FAKETLS_H

#include <stdbool.h>

#include "fakehttpd.h"
#include "crlset.h"
#include "pki.h"
#include "tls.h"

/** A client's connection. */
typedef struct faketls_t {
    conn_rec *c;
    tls_t tls;
} faketls_t;

/**
 * Does, after fake_configured, what httpd and mod_ssl do at a start. The second function makes the
 * TLS of a host, which trusts `ca`; it lives as long as the configuration. The use of the module
 * and its counters exist already.
 */
void faketls_start(void);
host_t *faketls_host(server_rec *s, const pki_t *ca);

/** Connects a client to a host, with a handshake: false if that failed. */
bool faketls_connect(faketls_t *client, host_t *host, server_rec *s, const pki_t *pki,
                     SSL_SESSION *resume);
void faketls_close(faketls_t *client);

/**
 * Runs the phases of a request in which the module takes part, up to the handler: OK, or the
 * status of the response, which becomes that of the request. `require`: the line of the Require
 * that the request has to meet; 0: none.
 */
int faketls_serve(request_rec *r, int require);

/** The same, and logs the request. */
int faketls_run(request_rec *r, int require);

/* ---- one host and one client --------------------------------------------------------------- */

/** The state that such tests share. */
typedef struct faketls_set_t {
    pki_t ca, other_ca; /* the host trusts the first */
    pki_t alice;        /* issued by it */
    host_t *host;       /* "a" */
    faketls_t client;
    crlset_t files; /* in ServerRoot */
} faketls_set_t;

extern faketls_set_t faketls_set;

/** For setup and teardown of a test. */
void faketls_begin(void);
void faketls_end(void);

/** A host "a" with these lines, from line 5 on, and its client: false if the handshake failed. */
bool faketls_connect_with(const pki_t *pki, const char *lines);

/** The same; the handshake must succeed without a log line. */
void faketls_connected(const pki_t *pki, const char *lines);

/** The next request of the client. */
request_rec *faketls_request(const char *path);

/** The value of a variable of a request, or NULL. */
const char *faketls_variable(const request_rec *r, const char *name);

/** Fails unless one line was logged with this beginning and these parts in order, before a NULL. */
void faketls_expect_line(const char *begin, ...);

#endif
