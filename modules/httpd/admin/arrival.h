/* SPDX-License-Identifier: Apache-2.0 */
/* Decides how the certificates of a query arrive: over TLS, or from which proxy. */
#ifndef CC_ADMIN_ARRIVAL_H
#define CC_ADMIN_ARRIVAL_H

#include "cert/cert.h"
#include "httpd/admin/query.h"
#include "httpd/conf/view.h"

/** How certificates arrive. */
typedef struct cc_arrival_t {
    cc_via_t via;
    const char *proxy;     /* its address, or "unix"; NULL: they arrive over TLS */
    const char *untrusted; /* NULL, or why the server ignores what this proxy passes on */
} cc_arrival_t;

/**
 * How the certificates of a query arrive at a server: as it says, or else over TLS, unless the
 * server takes certificates only from proxies. Of a proxy that is not named, the address is the
 * first trusted one. Lives as long as q->pool. The server takes no certificates in this way:
 * CC0558, in q->err.
 */
apr_status_t cc_arrival_find(cc_arrival_t *arrival, cc_admin_query_t *q,
                             const cc_conf_view_t *view);

/**
 * A note on what a query leaves out: that the server takes certificates from proxies too, or that
 * the proxy's own certificate counts. NULL: none. In `p`.
 */
const char *cc_arrival_note(const cc_arrival_t *arrival, const cc_conf_view_t *view, apr_pool_t *p);

#endif
