/* SPDX-License-Identifier: Apache-2.0 */
/* Handles TLS handshakes: mod_ssl's hooks, and the callbacks that they set. */
#ifndef CC_PEER_TLS_HOOKS_H
#define CC_PEER_TLS_HOOKS_H

#include <openssl/ssl.h>

#include "httpd/conf/module.h"

/**
 * mod_ssl's init_server, after others: makes the trust and revocation data of a virtual host with
 * TLS, and sets the callbacks of its context. OK, or an error that ends the start and is logged.
 * One thread.
 */
int cc_tls_init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx);

#endif
