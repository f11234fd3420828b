/* SPDX-License-Identifier: Apache-2.0 */
/* The client of a TLS connection, as one virtual host judges it. */
#ifndef CC_PEER_TLS_CLIENT_H
#define CC_PEER_TLS_CLIENT_H

#include <stdbool.h>

#include "httpd/conf/module.h"
#include "httpd/peer/client.h"
#include "httpd/peer/vhost.h"
#include "revocation/revocation.h"
#include "trust/trust.h"

/** A client as one host judges it; found again by these pointers, all of which are held. */
typedef struct cc_tls_client_t {
    cc_client_t client; /* the first member: cc_client_source_t gives its address */
    struct cc_tls_client_t *next;
    X509 *x509;
    SSL_SESSION *session;
    const cc_trust_t *trust;
    bool lasts; /* as long as the connection; else as long as a request holds it */
    cc_seal_t seal;
    cc_revocation_status_t revocation;
    _Atomic(apr_uint64_t) generation; /* until when it holds: these begin as the status's, and */
    _Atomic(apr_time_t) stale_at;     /* move on where the next answer is the same */
} cc_tls_client_t;

/**
 * Judges what the client presents at this moment: whether it verified, and whether it was revoked.
 * Says in the log, and counts, that it gives no identity. Lives as long as `p`. Any thread.
 */
cc_tls_client_t *cc_tls_client_make(request_rec *r, SSL *ssl, const cc_trust_t *trust,
                                    apr_pool_t *p);

/** Of a client about whom somebody was asked: whether that answer is still to be believed. */
bool cc_tls_client_is_fresh(const cc_tls_client_t *entry, const cc_vhost_t *host);

/** False where somebody has to be asked again whether it was revoked. */
static inline bool cc_tls_client_holds(const cc_tls_client_t *entry, const cc_vhost_t *host)
{
    return entry->revocation.verdict == CC_REVOCATION_UNCHECKED ||
           cc_tls_client_is_fresh(entry, host);
}

/** Asks again; true if the answer is the same, which then holds for longer. */
bool cc_tls_client_renew(cc_tls_client_t *entry, request_rec *r, SSL *ssl);

#endif
