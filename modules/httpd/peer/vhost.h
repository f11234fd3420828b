/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the data of a virtual host with TLS that handshakes and requests use. */
#ifndef CC_PEER_VHOST_H
#define CC_PEER_VHOST_H

#include <stdbool.h>

#include "ca/ca.h"
#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/** Made at start; constant from then on. */
typedef struct cc_vhost_t {
    cc_trust_t *trust;
    cc_cas_t *cas;               /* ClientCertCA: the CAs that `trust` follows; NULL: none */
    cc_revocation_t *revocation; /* NULL: revocation is not checked */
    bool tolerates; /* ClientCertTolerate: handshakes go on with certificates that do not verify */
    bool guards_resumption;      /* refuses to resume sessions it would reject (tls_hooks.c) */
    apr_interval_time_t max_age; /* of a verdict; 0: any */
    SSL_SESSION *(*get_session)(SSL *, const unsigned char *, int, int *); /* mod_ssl's */
} cc_vhost_t;

/** True if a certificate that verified may no longer be accepted later. */
static inline bool cc_vhost_asks_more(const cc_vhost_t *host)
{
    return host->cas || host->revocation || host->max_age > 0;
}

/** NULL: the virtual host has no TLS. */
static inline const cc_vhost_t *cc_vhost_of(const server_rec *s)
{
    return cc_vhost_conf_of(s)->vhost;
}

/** The virtual host of a handshake, which SNI has chosen; NULL: one that is left alone. */
static inline const cc_vhost_t *cc_vhost_of_ssl(const SSL *ssl)
{
    const server_rec *s = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)); /* set by mod_ssl */

    return s ? cc_vhost_of(s) : NULL;
}

#endif
