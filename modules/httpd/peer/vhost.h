/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what a handshake and the requests after it share: the record of a virtual host with TLS. */
#ifndef CC_HOST_H
#define CC_HOST_H

#include "httpd/background/revocation.h"

/** Made at start; constant from then on. */
typedef struct cc_host_t {
    cc_trust_t *trust;
    cc_revocation_t *revocation; /* NULL: nobody is asked */
    bool gated;                  /* sessions that would not hold are not resumed (tls_hooks.c) */
    apr_interval_time_t max_age; /* of a verdict; 0: any */
    SSL_SESSION *(*get_session)(SSL *, const unsigned char *, int, int *); /* mod_ssl's */
} cc_host_t;

/** Whether it asks more of a certificate than that it has verified. */
static inline bool cc_host_asks_more(const cc_host_t *host)
{
    return host->revocation || host->max_age > 0;
}

/** NULL: the virtual host has no TLS. */
static inline const cc_host_t *cc_host_of(const server_rec *s)
{
    return cc_server_of(s)->host;
}

/** Registers mod_ssl's init_server hook (tls_hooks.c). */
void cc_gate_register(void);

/**
 * Guards the verdicts of a server that takes the keys of its tickets from a file (ticket_mac.c).
 * What stands in the way is logged (CC0140).
 */
apr_status_t cc_ticketkey_guard(cc_trust_t *trust, server_rec *s, apr_pool_t *p);

/* ---- ending connections (graceful_close.c) --------------------------------------------------- */

/** Registers a filter, and a hook that the MPM asks several times in a request. */
void cc_closing_register(void);

/** Before the first octet of a connection: where somebody says `wanted`, it ends. */
void cc_closing_ready(conn_rec *c, atomic_bool *wanted);

/** Ends the connection of a request after the answer; `wanted` is that of its TLS connection. */
void cc_closing_want(request_rec *r, atomic_bool *wanted);

#endif
