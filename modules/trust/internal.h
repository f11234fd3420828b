/* SPDX-License-Identifier: Apache-2.0 */
/* Declares what the files of the trust component share: a trust, and the record in a session. */
#ifndef CC_TRUST_INTERNAL_H
#define CC_TRUST_INTERNAL_H

#include <apr_hash.h>

#include "trust/trust.h"

/** The two digests of a certificate that issues others. */
typedef struct cc_issuer_t {
    const X509 *cert;
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
} cc_issuer_t;

/* Half of a SHA-256: it goes into every ticket. */
#define CC_TRUST_ID_LEN 16

struct cc_trust_t {
    SSL_CTX *ctx;                      /* our own reference */
    X509_STORE *store;                 /* the one that verifies clients; `ctx` owns it */
    EVP_MD *md;                        /* SHA-256, for the trust id */
    apr_hash_t *issuers;               /* X509 * -> cc_issuer_t *: the store's own certificates */
    unsigned char id[CC_TRUST_ID_LEN]; /* the trust id */
    bool guarded;                      /* cc_trust_guard */
    unsigned char guard[32];           /* its key */
    cc_object_fn *on_success;          /* NULL: no objections */
    void *on_success_baton;
    cc_refusal_fn *on_refusal;         /* NULL: not reported */
    void *on_refusal_baton;
};

/**
 * Writes the verdict (seal->state: CC_TRUST_OK, _FAILED or _NOT_CLIENT) on `leaf` into the session.
 * If this fails, the session has no record afterwards.
 */
void cc_seal_write(SSL_SESSION *session, const cc_seal_t *seal, const cc_trust_t *trust,
                   const X509 *leaf);

/** True if neither the verdict in a session nor its leaf has changed since it was sealed. */
bool cc_seal_guarded(const cc_trust_t *trust, SSL_SESSION *session, const X509 *leaf);

/**
 * Sets which certificate of a chain a verify callback has refused, and why. The callback was called
 * with `ok`, and with `error` in the context.
 */
void cc_refusal_set(cc_refusal_t *refusal, X509_STORE_CTX *store_ctx, int ok, int error);

/** The field `subject` or `issuer` of a certificate, escaped for a log; in `p`. */
const char *cc_trust_name_text(X509 *cert, const char *field, apr_pool_t *p);

/**
 * Prepares a verification as libssl does for a client's certificate (ssl_verify_cert_chain). False
 * if out of memory.
 */
bool cc_verify_prepare(X509_STORE_CTX *store_ctx, const cc_trust_t *trust, apr_time_t now);

#endif
