/* SPDX-License-Identifier: Apache-2.0 */
/* Verifies the signature of a CRL without copying the CRL. */
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "crl/internal.h"

#define LEAST_DIGEST 20 /* octets: MD5 can be made to collide in seconds */

static const char unknown[] = "its signature algorithm is unknown or does not match the key";
static const char weak[] = "its signature uses MD5 or a weaker digest";

/* The digest that an AlgorithmIdentifier names; the default is SHA-1 (RFC 4055). */
static const EVP_MD *digest_of(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = NULL;

    if (!algorithm) {
        return EVP_sha1();
    }
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    return EVP_get_digestbyobj(object);
}

/* The digest of the mask, which is in the parameters of MGF1; NULL: another function. */
static const EVP_MD *mask_digest_of(const X509_ALGOR *mask)
{
    const ASN1_OBJECT *object = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;
    X509_ALGOR *inner = NULL;
    const EVP_MD *digest = NULL;

    if (!mask) {
        return EVP_sha1();
    }
    X509_ALGOR_get0(&object, &type, &value, mask);
    if (OBJ_obj2nid(object) == NID_mgf1 && type == V_ASN1_SEQUENCE) {
        const unsigned char *at = ASN1_STRING_get0_data(value);

        inner = d2i_X509_ALGOR(NULL, &at, ASN1_STRING_length(value));
        digest = inner ? digest_of(inner) : NULL;
    }
    X509_ALGOR_free(inner);
    return digest;
}

static bool pss_set(EVP_MD_CTX *ctx, const RSA_PSS_PARAMS *pss, EVP_PKEY *key, const EVP_MD *digest)
{
    const EVP_MD *mask = mask_digest_of(pss->maskGenAlgorithm);
    long salt = pss->saltLength ? ASN1_INTEGER_get(pss->saltLength) : 20;
    long trailer = pss->trailerField ? ASN1_INTEGER_get(pss->trailerField) : 1;
    EVP_PKEY_CTX *of_key = NULL;

    return mask && salt >= 0 && salt <= EVP_MAX_MD_SIZE && trailer == 1 &&
           EVP_DigestVerifyInit(ctx, &of_key, digest, NULL, key) > 0 &&
           EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, (int)salt) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(of_key, mask) > 0;
}

/* RSASSA-PSS (RFC 4055 3.1), whose digest is in its parameters rather than in its name. */
static const char *pss_start(EVP_MD_CTX *ctx, const X509_ALGOR *algorithm, EVP_PKEY *key)
{
    const void *value = NULL;
    int type = V_ASN1_UNDEF;
    const unsigned char *at = NULL;
    RSA_PSS_PARAMS *pss = NULL;
    const EVP_MD *digest = NULL;
    const char *error = unknown;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (type != V_ASN1_SEQUENCE || (!EVP_PKEY_is_a(key, "RSA") && !EVP_PKEY_is_a(key, "RSA-PSS"))) {
        return unknown;
    }
    at = ASN1_STRING_get0_data(value);
    pss = d2i_RSA_PSS_PARAMS(NULL, &at, ASN1_STRING_length(value));
    digest = pss ? digest_of(pss->hashAlgorithm) : NULL;
    if (digest) {
        error = EVP_MD_get_size(digest) < LEAST_DIGEST ? weak
                : pss_set(ctx, pss, key, digest)       ? NULL
                                                       : unknown;
    }
    RSA_PSS_PARAMS_free(pss);
    return error;
}

/* Prepares the context: NULL, or what is wrong. Ed25519 and Ed448 have no separate digest. */
static const char *verify_start(EVP_MD_CTX *ctx, const X509_ALGOR *algorithm, EVP_PKEY *key)
{
    const ASN1_OBJECT *object = NULL;
    const EVP_MD *digest = NULL;
    int digest_nid = NID_undef, key_nid = NID_undef;

    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (!OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest_nid, &key_nid)) {
        return unknown;
    }
    if (key_nid == NID_rsassaPss) {
        return pss_start(ctx, algorithm, key);
    }
    if (!EVP_PKEY_is_a(key, OBJ_nid2sn(key_nid))) {
        return unknown;
    }
    if (digest_nid != NID_undef) {
        digest = EVP_get_digestbynid(digest_nid);
        if (!digest || EVP_MD_get_size(digest) < LEAST_DIGEST) {
            return digest ? weak : unknown;
        }
    }
    return EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key) > 0 ? NULL : unknown;
}

bool cc_crl_signed_by(const cc_crl_tbs_t *tbs, EVP_PKEY *key, const char **error)
{
    const unsigned char *at = tbs->algorithm.at;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)cc_der_span_len(tbs->algorithm));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    *error = algorithm && ctx && key ? verify_start(ctx, algorithm, key) : unknown;
    if (!*error && EVP_DigestVerify(ctx, tbs->signature.at, cc_der_span_len(tbs->signature),
                                    tbs->octets.at, cc_der_span_len(tbs->octets)) != 1) {
        *error = "its signature was not made with its issuer's key";
    }
    EVP_MD_CTX_free(ctx);
    X509_ALGOR_free(algorithm);
    return *error == NULL;
}
