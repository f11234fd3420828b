/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what the files of this room share: the inside of a trust, and the record in a session. */
#ifndef CC_TRUST_ROOM_H
#define CC_TRUST_ROOM_H

#include <apr_hash.h>

#include "trust/trust.h"

/** The two digests of a certificate that issues others. */
typedef struct cc_issuer_t {
    const X509 *cert;
    unsigned char sha256[32];
    unsigned char spki_sha256[32];
} cc_issuer_t;

struct cc_trust_t {
    SSL_CTX *ctx;         /* a reference of our own */
    X509_STORE *store;    /* the one that verifies clients; `ctx` owns it */
    EVP_MD *md;           /* SHA-256, fetched once: a fetch per handshake is not cheap */
    apr_hash_t *issuers;  /* X509 * -> cc_issuer_t *: the store's own certificates */
    unsigned char id[32]; /* the trust id */
};

/**
 * Writes the verdict (seal->state is CC_TRUST_OK or CC_TRUST_FAILED) on `leaf` into the session.
 * Where that is not possible the session carries no record afterwards.
 */
void cc_seal_write(SSL_SESSION *session, const cc_seal_t *seal, const cc_trust_t *trust,
                   X509 *leaf);

/**
 * Reads what a session carries for `leaf`: seal->state becomes CC_TRUST_NO_RECORD, _BAD_RECORD,
 * _FAILED, _OTHER_TRUST or _OK; the other members are filled for _OK alone and 0 elsewhere.
 */
void cc_seal_read(cc_seal_t *seal, const cc_trust_t *trust, SSL_SESSION *session, X509 *leaf);

/** CC_TRUST_OK, or CC_TRUST_NOT_CLIENT where cc_cert_not_client objects. */
cc_trust_state_t cc_trust_purpose(X509 *cert);

#endif
