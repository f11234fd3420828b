/* SPDX-License-Identifier: Apache-2.0 */
/* Implements certificates from trusted proxies as a source of clients. */
#ifndef CC_PEER_FORWARDED_H
#define CC_PEER_FORWARDED_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/conf/proxies.h"
#include "httpd/peer/client.h"

/**
 * What a trusted proxy passed on for a request. It lives at least as long as that request, and
 * its subrequests and internal redirects share it. Constant once made.
 */
typedef struct cc_forwarded_t {
    cc_via_t via;      /* CC_VIA_HEADER, CC_VIA_PROXY_PROTOCOL */
    const char *proxy; /* the address of the proxy, as httpd writes it; "unix" for a socket */
    const char *value; /* the octets of the header, or DER; NULL: the proxy passed on none */
    apr_size_t len;
    const char *chain; /* the value of the header of the chain; NULL: none */
    apr_size_t chain_len;
    const cc_header_spec_t *spec; /* CC_VIA_HEADER: how to read the value */
    const char *bad; /* a literal: why the request has no client although the proxy is trusted;
                        NULL: nothing is wrong so far */
    bool lasts; /* it lasts as long as the connection, and cc_forwarded_unread finds it again */
} cc_forwarded_t;

/**
 * What a trusted proxy passed on for this request, which has just been read; NULL: its connection
 * is not that of a trusted proxy, or its virtual host has no ClientCertHeader, and the certificate
 * of the connection itself counts. A header from another peer is counted (untrusted_proxy) and
 * logged, and *untrusted, which must be NULL, is set to its name. The headers are removed. In the
 * request's thread, before anything has changed its headers.
 */
const cc_forwarded_t *cc_forwarded_capture(request_rec *r, const char **untrusted);

/**
 * For a request of which nothing was kept: what the PROXY header of its connection passes on (then
 * cc_forwarded_capture has to have nothing kept but what `lasts`), or, since httpd could not read
 * the request, what a trusted proxy may have passed on, which is unknown. NULL: the connection is
 * not that of a trusted proxy. Costs as much as finding that out.
 */
const cc_forwarded_t *cc_forwarded_unread(request_rec *r);

/**
 * The client of a request with `forwarded`; NULL: none, and *why is filled in. Verified by this
 * server with the CAs of the request's virtual host, or found in the cache. The same throughout the
 * request. In its thread.
 */
cc_client_t *cc_forwarded_client(request_rec *r, const cc_forwarded_t *forwarded, cc_nobody_t *why);

/** child_init: makes the cache of verified certificates. Lives as long as `pchild`. */
void cc_forwarded_child_start(apr_pool_t *pchild, server_rec *s);

#endif
