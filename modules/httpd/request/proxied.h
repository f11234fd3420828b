/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the header by which a proxy shows that it terminated TLS in front of this server. */
#ifndef CC_REQUEST_PROXIED_H
#define CC_REQUEST_PROXIED_H

#include "httpd/conf/module.h"

/**
 * check_config: finds the headers of that kind that RequestHeader of this server sets; what they
 * hold is not a proxy's. Returns OK.
 */
int cc_proxied_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

/**
 * The name of a header of the request that proxies add when they terminate TLS, escaped and cut, as
 * it was sent; NULL: the request has none. Any client can send such a header, so it shows only why
 * there may be no certificate; nothing may be granted because of it. On a TLS connection, only
 * headers with something of a certificate are considered, and none that a RequestHeader of this
 * server sets.
 * Compares all headers with a list. In the request's thread; lives as long as r->pool.
 */
const char *cc_proxied_header(request_rec *r);

/** Records the header with something of a certificate, which is going to be removed. */
void cc_proxied_keep(request_rec *r);

/** Records that a request has the header Client-Cert (RFC 9440), which is going to be removed. */
void cc_proxied_note(request_rec *r);

/**
 * For a request that has no client: warns once per process (CC0159) if it has the header of a proxy
 * with something of a certificate, and its virtual host takes no certificates from proxies. Looks
 * at one request per second; the others cost nothing more than a comparison. In the request's
 * thread.
 */
void cc_proxied_look(request_rec *r);

#endif
