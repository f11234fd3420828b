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

/* From the current set, which may have changed since the verification. */
static X509 *issuer_of_set(const cc_trust_t *trust, const cc_seal_t *seal, const X509 *leaf)
{
    unsigned side;
    const char *problem;
    const cc_ca_group_t *group = cc_ca_group_of(cc_cas_enter(trust->cas, &side), leaf, &problem);
    STACK_OF(X509) *named = group ? cc_ca_group_named(group, X509_get_issuer_name(leaf)) : NULL;
    X509 *issuer = issuer_pick(trust, seal, named);

    sk_X509_free(named);
    cc_cas_leave(trust->cas, side);
    return issuer;
}

static X509 *issuer_of_store(const cc_trust_t *trust, const cc_seal_t *seal, const X509 *leaf)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *named = NULL;
    X509 *issuer = NULL;

    if (ctx && X509_STORE_CTX_init(ctx, trust->store, NULL, NULL)) {
        /* Not the store's list: with SSLCACertificatePath it is filled only by lookups. */
        named = X509_STORE_CTX_get1_certs(ctx, X509_get_issuer_name(leaf));
        issuer = issuer_pick(trust, seal, named);
    }
    sk_X509_pop_free(named, X509_free);
    X509_STORE_CTX_free(ctx);
    return issuer;
}

X509 *cc_trust_issuer(const cc_trust_t *trust, const cc_seal_t *seal, const X509 *leaf,
                      STACK_OF(X509) * untrusted)
{
    X509 *issuer;

    if (!seal->ca_known) {
        return NULL;
    }
    ERR_set_mark();
    issuer = trust->cas ? issuer_of_set(trust, seal, leaf) : issuer_of_store(trust, seal, leaf);
    if (!issuer) {
        issuer = issuer_pick(trust, seal, untrusted);
    }
    ERR_pop_to_mark();
    return issuer;
}
