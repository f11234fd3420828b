/* SPDX-License-Identifier: Apache-2.0 */
/* Ends tunnels (WebSocket, CONNECT) when the identity of their client is lost. */
#ifndef CC_REQUEST_TUNNEL_H
#define CC_REQUEST_TUNNEL_H

#include <util_filter.h>

#include "httpd/conf/module.h"
#include "httpd/request/state.h"

/**
 * Watches a request that may take over its connection: the connection ends when the identity of the
 * client is lost.
 */
void cc_tunnel_open(request_rec *r);

/** In the fixups: the same, if this request may take over its connection. */
static inline void cc_tunnel_watch(request_rec *r)
{
    const cc_request_t *kept = cc_request_seen(r);

    if ((kept && kept->upgrades) || r->method_number == M_CONNECT) {
        cc_tunnel_open(r);
    }
}

/** The filters of such a connection, which end it when the identity is lost. */
extern const char cc_tunnel_in_filter[], cc_tunnel_out_filter[];
apr_status_t cc_tunnel_read(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t readbytes);
apr_status_t cc_tunnel_write(ap_filter_t *f, apr_bucket_brigade *bb);

#endif
