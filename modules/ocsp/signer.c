/* SPDX-License-Identifier: Apache-2.0 */
/* Decides whose signature counts on the response of a responder (RFC 6960 4.2.2.2). */
#include <apr_strings.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "ocsp/internal.h"

/* A signature that is being checked. */
typedef struct signature_t {
    OCSP_BASICRESP *basic;
    const cc_ocsp_check_t *check;
    apr_pool_t *pool;
} signature_t;

/* ---- algorithms ------------------------------------------------------------------------------ */

/* The digest of RSASSA-PSS, which is in its parameters; the default is SHA-1 (RFC 4055 3.1). */
static int pss_digest(const X509_ALGOR *algorithm)
{
    const ASN1_OBJECT *object = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF, digest = NID_sha1;
    const unsigned char *at = NULL;
    RSA_PSS_PARAMS *pss = NULL;

    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    at = type == V_ASN1_SEQUENCE ? ASN1_STRING_get0_data(value) : NULL;
    pss = at ? d2i_RSA_PSS_PARAMS(NULL, &at, ASN1_STRING_length(value)) : NULL;
    if (pss && pss->hashAlgorithm) {
        X509_ALGOR_get0(&object, NULL, NULL, pss->hashAlgorithm);
        digest = OBJ_obj2nid(object);
    }
    RSA_PSS_PARAMS_free(pss);
    return digest;
}

/* If a digest has collisions, an attacker can have one response signed and present another. */
static const char *algorithm_refuse(const signature_t *s)
{
    const X509_ALGOR *signature = OCSP_resp_get0_tbs_sigalg(s->basic);
    const ASN1_OBJECT *algorithm = NULL;
    int digest = NID_undef;

    X509_ALGOR_get0(&algorithm, NULL, NULL, signature);
    if (OBJ_obj2nid(algorithm) == NID_rsassaPss) {
        digest = pss_digest(signature);
    } else {
        OBJ_find_sigid_algs(OBJ_obj2nid(algorithm), &digest, NULL);
    }
    return digest == NID_sha1 || digest == NID_md5 ? "it is signed with SHA-1 or MD5" : NULL;
}

/* ---- certificates of signers ----------------------------------------------------------------- */

/* A store that trusts only this certificate, at the time of the check; NULL: out of memory. */
static X509_STORE *store_make(const cc_ocsp_check_t *check, X509 *trusted)
{
    X509_STORE *store = X509_STORE_new();

    if (store && X509_STORE_add_cert(store, trusted)) {
        X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

        X509_VERIFY_PARAM_set_time(param, (time_t)apr_time_sec(check->now));
        X509_VERIFY_PARAM_set_auth_level(param, 1);
        return store;
    }
    X509_STORE_free(store);
    return NULL;
}

/*
 * The answers of a revoked signer do not count. With id-pkix-ocsp-nocheck, clients need not check
 * the signer (RFC 6960 4.2.2.2.1). That means that clients need not request the signer's status,
 * not that they may ignore a loaded CRL. If no CRL covers the signer, the answer counts.
 */
static bool is_revoked(const cc_ocsp_check_t *check, X509 *signer, X509 *issuer)
{
    const cc_ocsp_lists_t *lists = check->lists;

    return lists && lists->revoked && lists->revoked(lists->state, signer, issuer, check->now);
}

/* The objection to a signer that is authorized or trusted, or NULL. `issuer`: as for the lists. */
static const char *misfit(const signature_t *s, X509 *signer, X509 *issuer)
{
    if (!(X509_get_key_usage(signer) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION))) {
        return "the key usage of its signer does not allow signatures";
    }
    return is_revoked(s->check, signer, issuer) ? "its signer is revoked by a CRL" : NULL;
}

/* Why OpenSSL has not verified the certificate of a signer; NULL: the reason is another one. */
static const char *unverified_text(void)
{
    const char *data = NULL;
    unsigned long error = ERR_peek_last_error_all(NULL, NULL, NULL, &data, NULL);

    return ERR_GET_REASON(error) == OCSP_R_CERTIFICATE_VERIFY_ERROR ? data : NULL;
}

/* ---- the issuer, and those that it authorized ------------------------------------------------ */

/*
 * OpenSSL accepts a signer that is the issuer, or a certificate that the issuer issued for
 * OCSPSigning. The flags exclude anything else: NOEXPLICIT the explicit trust settings of a root,
 * NOCHAIN any certificate between the two. OpenSSL does not check keyUsage. Revocation of the
 * issuer itself does not matter here.
 */
static const char *authorized_refuse(const signature_t *s, X509_STORE *store,
                                     STACK_OF(X509) * issuers)
{
    unsigned long flags = OCSP_PARTIAL_CHAIN | OCSP_NOEXPLICIT | OCSP_NOCHAIN;
    X509 *issuer = s->check->of.issuer, *signer = NULL;
    const char *unverified = NULL;

    if (!OCSP_resp_get0_signer(s->basic, &signer, issuers)) {
        return "the certificate that signed it is neither the issuer's nor contained in it";
    }
    if (OCSP_basic_verify(s->basic, issuers, store, flags) > 0) {
        return X509_cmp(signer, issuer) == 0 ? NULL : misfit(s, signer, issuer);
    }
    unverified = unverified_text();
    if (unverified) {
        return apr_pstrcat(s->pool, "its signer was not authorized by the issuer: ", unverified,
                           NULL);
    }
    return ERR_GET_REASON(ERR_peek_last_error()) == OCSP_R_MISSING_OCSPSIGNING_USAGE
               ? "the extended key usage of its signer does not include OCSPSigning"
               : "it is signed neither by the issuer nor by a signer that the issuer authorized";
}

/* ---- those that the configuration trusts ----------------------------------------------------- */

/* What a check of one trusted certificate found. */
typedef enum { NOT_THE_SIGNER, ACCEPTED, REFUSED } outcome_t;

/*
 * Only the certificate itself is accepted, not one that it issued: NOINTERN excludes all others.
 * NOCHECKS omits the question whether the issuer authorized it, which the configuration answers.
 * Dates and the strength of the key are checked.
 */
static outcome_t trusted_verify(const signature_t *s, X509_STORE *store, STACK_OF(X509) * alone,
                                const char **error)
{
    unsigned long flags = OCSP_PARTIAL_CHAIN | OCSP_NOCHAIN | OCSP_NOINTERN | OCSP_NOCHECKS;
    X509 *trusted = sk_X509_value(alone, 0);
    const char *unverified = NULL;

    if (OCSP_basic_verify(s->basic, alone, store, flags) > 0) {
        *error = misfit(s, trusted, NULL);
        return *error ? REFUSED : ACCEPTED;
    }
    unverified = unverified_text();
    if (!unverified) {
        return NOT_THE_SIGNER;
    }
    *error =
        apr_pstrcat(s->pool, "its signer, which signer= names, is not valid: ", unverified, NULL);
    return REFUSED;
}

static outcome_t trusted_check(const signature_t *s, X509 *trusted, const char **error)
{
    X509_STORE *store = store_make(s->check, trusted);
    STACK_OF(X509) *alone = sk_X509_new_null();
    outcome_t outcome = NOT_THE_SIGNER;

    if (store && alone && sk_X509_push(alone, trusted)) {
        outcome = trusted_verify(s, store, alone, error);
    }
    sk_X509_free(alone);
    X509_STORE_free(store);
    return outcome;
}

/* All are tried: a responder may have several certificates with one name, or with one key. */
static bool is_trusted(const signature_t *s, const char **error)
{
    STACK_OF(X509) *signers = s->check->line->signers;
    outcome_t outcome = NOT_THE_SIGNER;

    for (int i = 0; signers && outcome != ACCEPTED && i < sk_X509_num(signers); i++) {
        outcome = trusted_check(s, sk_X509_value(signers, i), error);
    }
    return outcome == ACCEPTED;
}

/* ---- all ------------------------------------------------------------------------------------- */

const char *cc_ocsp_signature_refuse(OCSP_BASICRESP *basic, const cc_ocsp_check_t *check,
                                     apr_pool_t *p)
{
    signature_t s = {basic, check, p};
    const char *error = algorithm_refuse(&s), *refused = NULL;
    X509_STORE *store = NULL;
    STACK_OF(X509) *issuers = NULL;

    if (error || is_trusted(&s, &refused)) {
        return error;
    }
    store = store_make(check, check->of.issuer);
    issuers = sk_X509_new_null();
    error = "out of memory";
    if (store && issuers && sk_X509_push(issuers, check->of.issuer)) {
        error = authorized_refuse(&s, store, issuers);
    }
    sk_X509_free(issuers);
    X509_STORE_free(store);
    return error && refused ? refused : error;
}
