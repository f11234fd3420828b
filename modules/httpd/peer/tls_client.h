/* SPDX-License-Identifier: Apache-2.0 */
/* Judges the client of a TLS connection for one virtual host. */
#ifndef CC_PEER_TLS_CLIENT_H
#define CC_PEER_TLS_CLIENT_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/peer/client_pin.h"
#include "httpd/peer/client_revocation.h"
#include "httpd/peer/vhost.h"
#include "trust/trust.h"

/**
 * A client as one host judges it. It is found by the pointers x509 and session, to whose objects it
 * holds references, and by the number of the host.
 */
typedef struct cc_tls_client_t {
    cc_client_t client; /* the first member: cc_client_source_t gives its address */
    struct cc_tls_client_t *next;
    X509 *x509;
    SSL_SESSION *session;
    const cc_trust_t *trust; /* of the host; NULL: it has no TLS */
    bool lasts;              /* as long as the connection; else as long as a request holds it */
    bool reverified; /* `seal` is not the verdict of a handshake, but of a verification for this
                        host since then */
    cc_seal_t seal;
    _Atomic(apr_uint64_t) number; /* of the host and its CAs (conf/vhost_conf.h) */
    cc_client_revocation_t revocation;
    cc_client_pin_t pin;
} cc_tls_client_t;

/** The virtual host of a request, with the CAs that it has at this moment. */
typedef struct cc_tls_judge_t {
    const cc_vhost_t *host; /* NULL: it has no TLS */
    apr_uint64_t number;    /* conf/vhost_conf.h */
} cc_tls_judge_t;

/**
 * Judges the certificate that the client presents at this moment: whether it verified, and whether
 * it was revoked. If it gives no identity, this is logged and counted. The result lives as long as
 * `p`. Any thread.
 */
cc_tls_client_t *cc_tls_client_make(request_rec *r, SSL *ssl, const cc_tls_judge_t *by,
                                    apr_pool_t *p);

/** False if its revocation has to be checked again, or its key to be looked up again. */
static inline bool cc_tls_client_holds(const cc_tls_client_t *entry, const cc_vhost_t *host,
                                       const request_rec *r)
{
    return cc_client_revocation_holds(&entry->revocation, host ? host->revocation : NULL) &&
           cc_client_pin_holds(&entry->pin, r->request_time);
}

/**
 * Checks again what may have changed: the CAs of the host, the revocation and the pin. True if the
 * result is the same; its validity is then extended.
 */
bool cc_tls_client_renew(cc_tls_client_t *entry, request_rec *r, SSL *ssl,
                         const cc_tls_judge_t *by);

#endif
