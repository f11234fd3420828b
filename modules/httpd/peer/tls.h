/* SPDX-License-Identifier: Apache-2.0 */
/* Implements TLS as a source of clients: mod_ssl's hook, and the facts of a connection. */
#ifndef CC_PEER_TLS_H
#define CC_PEER_TLS_H

#include <stdbool.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"
#include "trust/cause.h"

struct ssl_st;

/** mod_ssl's pre_handshake: notes the SSL of a connection in its record (peer.h). Returns OK. */
int cc_tls_pre_handshake(conn_rec *c, struct ssl_st *ssl, int is_proxy);

/**
 * The fault of the certificate that ended a handshake on the connection of a request;
 * CC_CAUSE_NONE: none did. Not for HTTP/2.
 */
cc_fault_t cc_tls_refused(const request_rec *r);

/** True if the connection of a request has TLS, whatever the client presented. */
bool cc_tls_is_on(const request_rec *r);

/** The same, also after mod_ssl has freed the TLS of the connection. */
bool cc_tls_was_on(const request_rec *r);

/**
 * The version, cipher, SNI and resumption of that connection (tls_*), if it has TLS. Texts live as
 * long as r->pool.
 */
cc_facts_t cc_tls_facts(request_rec *r);

/** True if the handshake of its connection was for a virtual host with ClientCertCA. Any thread. */
bool cc_tls_has_cas(const request_rec *r);

/** The certificate that mod_ssl requests for a request, on a connection already in use. */
typedef struct cc_tls_later_t {
    bool required; /* the handshake ends without one that verifies */
    bool tls13;    /* by post-handshake authentication; otherwise by a renegotiation */
    bool asked;    /* the client was asked for a certificate before, on this connection */
    bool failed;   /* that handshake failed: the connection can carry no further data */
    bool verified; /* no error was found when a certificate was verified, or there was none */
} cc_tls_later_t;

/**
 * Fills in *later. False: the connection of the request no longer has TLS, or is a stream of
 * HTTP/2, on which no certificate can be requested. In the request's thread.
 */
bool cc_tls_later(const request_rec *r, cc_tls_later_t *later);

/**
 * The CAs that the virtual host of a request names when it requests a certificate
 * (cc_trust_ca_names), or takes from proxies; empty if it verifies none. In r->pool. Any thread.
 */
apr_array_header_t *cc_tls_ca_names(const request_rec *r, int most, int *more);

#endif
