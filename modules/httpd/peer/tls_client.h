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

/* A client as one host judges it; found again by these pointers, all of which are held. */
typedef struct cc_entry_t {
    struct cc_entry_t *next;
    X509 *x509;
    SSL_SESSION *session;
    const cc_trust_t *trust;
    cc_seal_t seal;
    cc_revocation_status_t revocation;
    _Atomic(apr_uint64_t) generation; /* until when it holds: these begin as the status's, and */
    _Atomic(apr_time_t) stale_at;     /* move on where the next answer is the same */
    cc_client_t client;
} cc_entry_t;

/**
 * Judges what the client presents at this moment: whether it verified, and whether it was revoked.
 * Says in the log, and counts, that it gives no identity. Lives as long as `p`. Any thread.
 */
cc_entry_t *cc_entry_make(request_rec *r, SSL *ssl, const cc_trust_t *trust, apr_pool_t *p);

/** Of a client about whom somebody was asked: whether that answer is still to be believed. */
bool cc_entry_is_fresh(const cc_entry_t *entry, const cc_vhost_t *host);

/** False where somebody has to be asked again whether it was revoked. */
static inline bool cc_entry_holds(const cc_entry_t *entry, const cc_vhost_t *host)
{
    return entry->revocation.verdict == CC_REVOCATION_UNCHECKED || cc_entry_is_fresh(entry, host);
}

/** Asks again; true if the answer is the same, which then holds for longer. */
bool cc_entry_renew(cc_entry_t *entry, request_rec *r, SSL *ssl);

#endif
