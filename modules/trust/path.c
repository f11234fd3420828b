/* SPDX-License-Identifier: Apache-2.0 */
/* Records the CAs of a verified path in a verdict, and finds their certificates again. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "trust/internal.h"

void cc_trust_keep_path(cc_trust_t *trust, cc_path_need_t need)
{
    trust->path_need = need;
}

/* ---- in a verdict -------------------------------------------------------------------------- */

static bool digests_compute(cc_seal_ca_t *digests, X509 *cert)
{
    apr_pool_t *scratch;

    if (apr_pool_create_unmanaged(&scratch) != APR_SUCCESS) {
        return false;
    }
    cc_cert_digests(cc_cert_wrap(cert, scratch), digests->sha256, digests->spki_sha256);
    apr_pool_destroy(scratch);
    return true;
}

/* Those of the store and of a set are computed once. `ca`: the CA of the set; NULL: from elsewhere.
 */
static bool digests_find(cc_seal_ca_t *digests, const cc_trust_t *trust, X509 *cert,
                         const cc_ca_t *ca)
{
    const cc_issuer_t *known = apr_hash_get(trust->issuers, &cert, sizeof cert);

    if (known != NULL) {
        *digests = known->digests;
        return true;
    }
    if (ca != NULL) {
        memcpy(digests->sha256, ca->sha256, sizeof digests->sha256);
        memcpy(digests->spki_sha256, ca->spki_sha256, sizeof digests->spki_sha256);
        return true;
    }
    return digests_compute(digests, cert);
}

/* The CAs above the issuer. A path that is too long, or that cannot be read, is not recorded. */
static void above_take(cc_seal_t *seal, const cc_watch_t *watch, STACK_OF(X509) * chain)
{
    const cc_ca_group_t *group = watch->trusted.group;
    int count = sk_X509_num(chain) - 1;

    if (count > CC_SEAL_PATH_MAX) {
        return;
    }
    for (int i = 1; i < count; i++) {
        X509 *cert = sk_X509_value(chain, i + 1);
        const cc_ca_t *ca = group ? cc_ca_of_cert(group, cert) : NULL;

        if (!digests_find(&seal->above[i - 1], watch->trust, cert, ca)) {
            return;
        }
    }
    seal->path_count = count;
}

void cc_seal_take_path(cc_seal_t *seal, const cc_watch_t *watch, X509_STORE_CTX *store_ctx,
                       const cc_ca_t *issuer)
{
    STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store_ctx);
    X509 *cert = sk_X509_value(chain, 1);
    cc_seal_ca_t digests;

    if (cert == NULL || !digests_find(&digests, watch->trust, cert, issuer)) {
        return;
    }
    memcpy(seal->ca_sha256, digests.sha256, sizeof digests.sha256);
    memcpy(seal->ca_spki_sha256, digests.spki_sha256, sizeof digests.spki_sha256);
    seal->ca_known = true;
    if (watch->trust->path_need >= CC_PATH_DIGESTS) {
        above_take(seal, watch, chain);
    }
}

/* ---- the certificates ---------------------------------------------------------------------- */

/* The number of CAs of which the verdict has the digests. */
static int known_count(const cc_seal_t *seal)
{
    return seal->path_count > 0 ? seal->path_count : 1;
}

static const unsigned char *sha256_of(const cc_seal_t *seal, int i)
{
    return i == 0 ? seal->ca_sha256 : seal->above[i - 1].sha256;
}

static const unsigned char *spki_sha256_of(const cc_seal_t *seal, int i)
{
    return i == 0 ? seal->ca_spki_sha256 : seal->above[i - 1].spki_sha256;
}

/*
 * The certificates of the CAs, from the issuer up; NULL for each that is not at hand. The caller
 * frees them.
 */
static void certs_find(X509 *certs[CC_SEAL_PATH_MAX], const cc_trust_t *trust,
                       const cc_seal_t *seal, X509 *leaf, STACK_OF(X509) * untrusted)
{
    cc_ca_sought_t sought = {NULL, leaf, leaf, untrusted};

    ERR_set_mark();
    for (int i = 0; i < known_count(seal); i++) {
        sought.sha256 = sha256_of(seal, i);
        certs[i] = cc_ca_find(trust, &sought);
        sought.below = certs[i];
    }
    ERR_pop_to_mark();
}

bool cc_seal_path_suffices(const cc_trust_t *trust, const cc_seal_t *seal, X509 *leaf)
{
    X509 *certs[CC_SEAL_PATH_MAX];
    bool all = true;

    if (trust->path_need == CC_PATH_UNUSED || !seal->ca_known) {
        return true;
    }
    if (trust->path_need == CC_PATH_DIGESTS || seal->path_count == 0) {
        return seal->path_count > 0;
    }
    certs_find(certs, trust, seal, leaf, NULL);
    for (int i = 0; i < seal->path_count; i++) {
        all = all && certs[i] != NULL;
        X509_free(certs[i]);
    }
    return all;
}

/* ---- as facts ------------------------------------------------------------------------------ */

static const cc_path_t *path_make(const cc_trust_t *trust, const cc_seal_t *seal, X509 *leaf,
                                  STACK_OF(X509) * untrusted, apr_pool_t *p)
{
    cc_path_t *path = apr_palloc(p, sizeof(*path));
    cc_path_ca_t *cas = apr_pcalloc(p, sizeof(*cas) * (apr_size_t)known_count(seal));
    X509 *certs[CC_SEAL_PATH_MAX] = {NULL};

    if (trust->path_need == CC_PATH_CERTS) {
        certs_find(certs, trust, seal, leaf, untrusted);
    }
    for (int i = 0; i < known_count(seal); i++) {
        memcpy(cas[i].sha256, sha256_of(seal, i), sizeof cas[i].sha256);
        memcpy(cas[i].spki_sha256, spki_sha256_of(seal, i), sizeof cas[i].spki_sha256);
        cas[i].cert = certs[i] ? cc_cert_wrap(certs[i], p) : NULL;
        X509_free(certs[i]);
    }
    *path = (cc_path_t){known_count(seal), seal->path_count > 0, cas};
    return path;
}

void cc_trust_facts(cc_facts_t *facts, const cc_trust_t *trust, const cc_seal_t *seal, X509 *leaf,
                    STACK_OF(X509) * untrusted, apr_pool_t *p)
{
    bool wanted = trust && trust->path_need != CC_PATH_UNUSED && seal->state == CC_TRUST_OK;

    facts->ca_sha256 = seal->ca_known ? seal->ca_sha256 : NULL;
    facts->ca_spki_sha256 = seal->ca_known ? seal->ca_spki_sha256 : NULL;
    facts->path = wanted && seal->ca_known ? path_make(trust, seal, leaf, untrusted, p) : NULL;
}
