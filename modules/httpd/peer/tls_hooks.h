/* SPDX-License-Identifier: Apache-2.0 */
/* What is done in a handshake: mod_ssl's hooks, and the callbacks that they set. */
#ifndef CC_PEER_TLS_HOOKS_H
#define CC_PEER_TLS_HOOKS_H

#include <openssl/ssl.h>

#include "httpd/conf/module.h"

/**
 * mod_ssl's init_server, after others: makes what a virtual host with TLS judges certificates by,
 * and sets the callbacks of its context. OK, or an error that ends the start; it is logged. One
 * thread.
 */
int cc_tls_init_server(server_rec *s, apr_pool_t *p, int is_proxy, SSL_CTX *ctx);

#endif
