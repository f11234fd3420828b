/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the data of a virtual host that handshakes and requests use to judge certificates. */
#ifndef CC_PEER_VHOST_H
#define CC_PEER_VHOST_H

#include <stdbool.h>

#include "ca/ca.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/** The key of session tickets (ticket_key.c). */
typedef struct cc_ticket_key_t cc_ticket_key_t;

/** Made at start; constant from then on. */
typedef struct cc_vhost_t {
    bool has_tls; /* false: it only takes certificates from proxies */
    cc_trust_t *trust;
    cc_cas_t *cas;               /* ClientCertCA: the CAs that `trust` follows; NULL: none */
    cc_revocation_t *revocation; /* NULL: revocation is not checked */
    bool tolerates; /* ClientCertTolerate: handshakes go on with certificates that do not verify */
    const cc_pinning_t *pinning;     /* ClientCertPinned; NULL: no key is pinned */
    bool guards_resumption;          /* refuses to resume sessions it would reject (tls_hooks.c) */
    apr_interval_time_t max_age;     /* of a verdict; 0: any */
    apr_interval_time_t session_age; /* SSLSessionCacheTimeout; 0: OpenSSL decides */
    const cc_ticket_key_t *ticket_key; /* of its file; NULL: none */
    const cc_ticket_key_t *random_key; /* of tickets for hosts of its address without a file */
    bool ticket_renews; /* a resumed session of TLS 1.3 gets a new ticket (ticket_key.c) */
    SSL_SESSION *(*get_session)(SSL *, const unsigned char *, int, int *); /* mod_ssl's */
} cc_vhost_t;

/** True if a certificate that verified may no longer be accepted later. */
static inline bool cc_vhost_asks_more(const cc_vhost_t *host)
{
    return host->cas || host->revocation || host->max_age > 0;
}

/** NULL: the virtual host verifies no certificates. */
static inline const cc_vhost_t *cc_vhost_of(const server_rec *s)
{
    return cc_vhost_conf_of(s)->vhost;
}

/** The same, for certificates of its own handshakes. NULL: it has no TLS. */
static inline const cc_vhost_t *cc_vhost_with_tls(const server_rec *s)
{
    const cc_vhost_t *host = cc_vhost_of(s);

    return host && host->has_tls ? host : NULL;
}

/** The virtual host of a handshake, which SNI has chosen; NULL: one that is left alone. */
static inline const cc_vhost_t *cc_vhost_of_ssl(const SSL *ssl)
{
    const server_rec *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)); /* set by mod_ssl */

    return s ? cc_vhost_of(s) : NULL;
}

/**
 * Makes the trust of a virtual host (host->cas, host->trust), and opens its CRLs and responders.
 * `ctx`: mod_ssl's context, to which it belongs; NULL: the host has no TLS, and its CAs are those
 * of the files that its directives name. All lives as long as `p`. An error is logged, and ends the
 * start. In the parent, at start.
 */
apr_status_t cc_vhost_open(cc_vhost_t *host, server_rec *s, SSL_CTX *ctx, apr_pool_t *p);

/**
 * post_config, after mod_ssl's: makes the data of virtual hosts that have no TLS and take
 * certificates from proxies. Returns OK, or an error that ends the start and is logged.
 */
int cc_vhosts_start(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s);

#endif
