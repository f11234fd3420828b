/* SPDX-License-Identifier: Apache-2.0 */
/* A virtual host with TLS, as it runs: what a handshake and the requests after it share. */
#ifndef CC_PEER_VHOST_H
#define CC_PEER_VHOST_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/conf/vhost_conf.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/** Made at start; constant from then on. */
typedef struct cc_vhost_t {
    cc_trust_t *trust;
    cc_revocation_t *revocation; /* NULL: nobody is asked */
    bool guards_resumption;      /* sessions that would not hold are not resumed (tls_hooks.c) */
    apr_interval_time_t max_age; /* of a verdict; 0: any */
    SSL_SESSION *(*get_session)(SSL *, const unsigned char *, int, int *); /* mod_ssl's */
} cc_vhost_t;

/** Whether it asks more of a certificate than that it has verified. */
static inline bool cc_vhost_asks_more(const cc_vhost_t *host)
{
    return host->revocation || host->max_age > 0;
}

/** NULL: the virtual host has no TLS. */
static inline const cc_vhost_t *cc_vhost_of(const server_rec *s)
{
    return cc_vhost_conf_of(s)->vhost;
}

#endif
