/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whether the peer of a connection is a trusted proxy. */
#ifndef CC_PEER_PROXY_TRUST_H
#define CC_PEER_PROXY_TRUST_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"

/** Whether a peer is a trusted proxy, and if not, why. */
typedef enum {
    CC_PROXY_TRUSTED,
    CC_PROXY_ADDRESS,    /* its address is not that of one (ClientCertTrustedProxy) */
    CC_PROXY_CERTIFICATE /* its certificate is not that of one (ClientCertTrustedProxyCert), or was
                            accepted and no longer is */
} cc_proxy_trust_t;

/**
 * Whether the connection of a request is that of a trusted proxy, by its address before anything
 * has changed it, and by the certificate that it presents at this moment. The first request of a
 * connection may evaluate conditions, and check revocation. Any thread, HTTP/2 streams in parallel.
 */
cc_proxy_trust_t cc_proxy_trust(request_rec *r, const cc_proxies_t *proxies);

#endif
