/* SPDX-License-Identifier: Apache-2.0 */
/* TLS as a source of clients: mod_ssl's hook, and what is known of a connection. */
#ifndef CC_PEER_TLS_H
#define CC_PEER_TLS_H

#include <openssl/ssl.h>

#include "httpd/conf/module.h"

/** mod_ssl's pre_handshake: notes the SSL of a connection in its record (peer.h). OK. */
int cc_tls_pre_handshake(conn_rec *c, SSL *ssl, int is_proxy);

#endif
