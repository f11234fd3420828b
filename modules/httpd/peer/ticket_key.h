/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypts and authenticates session tickets. */
#ifndef CC_PEER_TICKET_KEY_H
#define CC_PEER_TICKET_KEY_H

#include <openssl/ssl.h>

#include "httpd/conf/module.h"
#include "httpd/peer/vhost.h"

/**
 * Sets host->ticket_key (from the file of SSLSessionTicketKeyFile), random_key and ticket_renews.
 * The keys live as long as `p`, the pool of the configuration. `ctx`, mod_ssl's context of the
 * host, uses them from now on. Set host->guards_resumption before. In the parent, at start. An
 * error is logged (CC0140).
 */
apr_status_t cc_ticket_key_use(cc_vhost_t *host, server_rec *s, SSL_CTX *ctx, apr_pool_t *p);

#endif
