/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a CA above a client's certificate by its digest, at any time after the handshake. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "trust/internal.h"

static bool has_digest(const X509 *cert, const cc_trust_t *trust, const unsigned char wanted[32])
{
    unsigned char sha256[32];

    return X509_digest(cert, trust->md, sha256, NULL) &&
           memcmp(sha256, wanted, sizeof(sha256)) == 0;
}

/* With a new reference for the caller. */
static X509 *pick(const cc_trust_t *trust, const cc_ca_sought_t *sought, STACK_OF(X509) * certs)
{
    for (int i = 0; i < sk_X509_num(certs); i++) {
        X509 *each = sk_X509_value(certs, i);

        if (has_digest(each, trust, sought->sha256)) {
            X509_up_ref(each);
            return each;
        }
    }
    return NULL;
}

/* Without the certificate below it, its name is not known. */
static X509 *pick_by_digest(const cc_ca_group_t *group, const cc_ca_sought_t *sought)
{
    for (int i = 0; i < cc_ca_count(group); i++) {
        const cc_ca_t *ca = cc_ca_at(group, i);

        if (memcmp(ca->sha256, sought->sha256, sizeof(ca->sha256)) == 0) {
            X509 *cert = cc_ca_cert(ca);

            return cert && X509_up_ref(cert) ? cert : NULL;
        }
    }
    return NULL;
}

static X509 *pick_by_name(const cc_trust_t *trust, const cc_ca_group_t *group,
                          const cc_ca_sought_t *sought)
{
    STACK_OF(X509) *named = cc_ca_group_named(group, X509_get_issuer_name(sought->below));
    X509 *found = pick(trust, sought, named);

    sk_X509_free(named);
    return found;
}

/* From the current set, which may have changed since the verification. */
static X509 *find_in_set(const cc_trust_t *trust, const cc_ca_sought_t *sought)
{
    unsigned side;
    const char *problem;
    const cc_ca_group_t *group =
        cc_ca_group_of(cc_cas_enter(trust->cas, &side), sought->leaf, &problem);
    X509 *found = NULL;

    if (group) {
        found = sought->below ? pick_by_name(trust, group, sought) : pick_by_digest(group, sought);
    }
    cc_cas_leave(trust->cas, side);
    return found;
}

/* With SSLCACertificatePath, the store has further certificates, which only a lookup finds. */
static X509 *find_in_store(const cc_trust_t *trust, const cc_ca_sought_t *sought)
{
    const cc_issuer_t *known = apr_hash_get(trust->issuers_by_sha256, sought->sha256, 32);
    X509_STORE_CTX *ctx = NULL;
    STACK_OF(X509) *named = NULL;
    X509 *found = NULL;

    if (known) {
        X509_up_ref(known->cert);
        return known->cert;
    }
    ctx = sought->below ? X509_STORE_CTX_new() : NULL;
    if (ctx && X509_STORE_CTX_init(ctx, trust->store, NULL, NULL)) {
        named = X509_STORE_CTX_get1_certs(ctx, X509_get_issuer_name(sought->below));
        found = pick(trust, sought, named);
    }
    sk_X509_pop_free(named, X509_free);
    X509_STORE_CTX_free(ctx);
    return found;
}

X509 *cc_ca_find(const cc_trust_t *trust, const cc_ca_sought_t *sought)
{
    X509 *found = trust->cas ? find_in_set(trust, sought) : find_in_store(trust, sought);

    return found ? found : pick(trust, sought, sought->untrusted);
}

X509 *cc_trust_issuer(const cc_trust_t *trust, const cc_seal_t *seal, const X509 *leaf,
                      STACK_OF(X509) * untrusted)
{
    cc_ca_sought_t sought = {seal->ca_sha256, leaf, leaf, untrusted};
    X509 *issuer;

    if (!seal->ca_known) {
        return NULL;
    }
    ERR_set_mark();
    issuer = cc_ca_find(trust, &sought);
    ERR_pop_to_mark();
    return issuer;
}
