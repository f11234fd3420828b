/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the certificate that issued a client's certificate, at any time after the handshake. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "trust/internal.h"

/* The certificate whose digest is in the seal, with a new reference for the caller. */
static X509 *issuer_pick(const cc_trust_t *trust, const cc_seal_t *seal, STACK_OF(X509) * certs)
{
    unsigned char sha256[32];

    for (int i = 0; i < sk_X509_num(certs); i++) {
        X509 *each = sk_X509_value(certs, i);

        if (X509_digest(each, trust->md, sha256, NULL) &&
            memcmp(sha256, seal->ca_sha256, sizeof(sha256)) == 0) {
            X509_up_ref(each);
            return each;
        }
    }
    return NULL;
}

X509 *cc_trust_issuer(const cc_trust_t *trust, const cc_seal_t *seal, const X509 *leaf,
                      STACK_OF(X509) * untrusted)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *named = NULL;
    X509 *issuer = NULL;

    ERR_set_mark();
    if (seal->ca_known && ctx && X509_STORE_CTX_init(ctx, trust->store, NULL, NULL)) {
        /* Not the store's list: with SSLCACertificatePath it is filled only by lookups. */
        named = X509_STORE_CTX_get1_certs(ctx, X509_get_issuer_name(leaf));
        issuer = issuer_pick(trust, seal, named);
    }
    if (seal->ca_known && !issuer) {
        issuer = issuer_pick(trust, seal, untrusted);
    }
    sk_X509_pop_free(named, X509_free);
    X509_STORE_CTX_free(ctx);
    ERR_pop_to_mark();
    return issuer;
}
