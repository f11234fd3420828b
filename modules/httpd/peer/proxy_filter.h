/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the header of the PROXY protocol, version 2, with which a proxy begins a connection. */
#ifndef CC_PEER_PROXY_FILTER_H
#define CC_PEER_PROXY_FILTER_H

#include <util_filter.h>

#include "httpd/conf/module.h"

struct cc_forwarded_t; /* forwarded.h */

/**
 * pre_connection, after cc_peer_pre_connection: adds the filter to a connection whose base server
 * has ClientCertHeader proxy-protocol. Returns OK.
 */
int cc_proxy_filter_add(conn_rec *c, void *socket);

/**
 * The filter of a connection, below that of mod_remoteip, which skips TLVs and refuses headers of
 * more than 232 octets. It notes the certificate in the TLVs of a trusted proxy's header in the
 * record of the connection (cc_peer_t.of_proxy), and passes the header on without TLVs. Those of
 * other peers are cut off unread. A header of version 1, and what is not a header, pass unchanged;
 * so do a few octets before the end of the input, which may have become one. A broken header ends
 * the connection (CC0161).
 */
extern const char cc_proxy_filter[];
apr_status_t cc_proxy_filter_read(ap_filter_t *f, apr_bucket_brigade *bb, ap_input_mode_t mode,
                                  apr_read_type_e block, apr_off_t readbytes);

/**
 * What the PROXY header of the connection passes on for all its requests. `value` is DER. NULL: no
 * certificate, no header of version 2, or one of an address that its base server does not trust.
 * Never NULL itself. Only for requests that come from a trusted proxy. Lives as long as the
 * request, at least. Any thread.
 */
const struct cc_forwarded_t *cc_proxy_filter_forwarded(request_rec *r);

/**
 * Counts and logs, for a virtual host, that the certificate in the PROXY header of a connection is
 * ignored. `why`: what its peer is or lacks: "is not a trusted proxy". Any thread.
 */
void cc_proxy_filter_ignored(const conn_rec *c, const server_rec *s, const char *why);

#endif
