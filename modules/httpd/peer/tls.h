/* SPDX-License-Identifier: Apache-2.0 */
/* Implements TLS as a source of clients: mod_ssl's hook, and the facts of a connection. */
#ifndef CC_PEER_TLS_H
#define CC_PEER_TLS_H

#include <stdbool.h>

#include "cert/cert.h"
#include "httpd/conf/module.h"

struct ssl_st;

/** mod_ssl's pre_handshake: notes the SSL of a connection in its record (peer.h). Returns OK. */
int cc_tls_pre_handshake(conn_rec *c, struct ssl_st *ssl, int is_proxy);

/** True if the connection of a request has TLS, whatever the client presented. */
bool cc_tls_is_on(const request_rec *r);

/**
 * The version, cipher, SNI and resumption of that connection (tls_*), if it has TLS. Texts live as
 * long as r->pool.
 */
cc_facts_t cc_tls_facts(request_rec *r);

/**
 * The CAs that the virtual host of a request names when it requests a certificate
 * (cc_trust_ca_names); empty if it has no TLS. In r->pool. Any thread.
 */
apr_array_header_t *cc_tls_ca_names(const request_rec *r, int most, int *more);

#endif
