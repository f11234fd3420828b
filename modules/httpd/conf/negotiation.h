/* SPDX-License-Identifier: Apache-2.0 */
/* Reads from mod_ssl's directives how a virtual host negotiates its handshakes. */
#ifndef CC_CONF_NEGOTIATION_H
#define CC_CONF_NEGOTIATION_H

#include <apr_pools.h>

#include "httpd/conf/view.h"
#include "trust/trust.h"

/** SSLProtocol, SSLCipherSuite and SSLOpenSSLConfCmd, as in effect. Lives as long as `p`. */
const cc_negotiation_t *cc_negotiation_of(const cc_conf_view_t *view, apr_pool_t *p);

/**
 * The commands of SSLOpenSSLConfCmd (const char *, each once) that cc_negotiation_of leaves out, or
 * that also change which certificates verify. In `p`.
 */
const apr_array_header_t *cc_negotiation_unseen(const cc_conf_view_t *view, apr_pool_t *p);

#endif
