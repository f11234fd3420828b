/* SPDX-License-Identifier: Apache-2.0 */
/* Describes in plain words why a chain did not verify. */
#include <apr_strings.h>

#include <openssl/x509_vfy.h>

#include "cert/cert.h"
#include "trust/internal.h"

#define NO_CA "its issuer is not a CA of this virtual host"

/* The problem of the certificate at fault, and the field that shows it. */
typedef struct reason_t {
    int error;
    const char *text;
    const char *field; /* NULL: none */
} reason_t;

static const reason_t reasons[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "it has expired", "not_after"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "it is not yet valid", "not_before"},
    {X509_V_ERR_CERT_REVOKED, "it was revoked", NULL},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, NO_CA, "issuer"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, NO_CA, "issuer"},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, NO_CA, "issuer"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "it is self-signed, and not a CA of this virtual host",
     NULL},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
     "it is the root of the chain, and not a CA of this virtual host", NULL},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "the chain is longer than SSLVerifyDepth allows", NULL},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "it was not signed with its issuer's key", NULL},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "its key is too small", NULL},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "its key is too small", NULL},
    {X509_V_ERR_CA_MD_TOO_WEAK, "its signature uses a digest that is too weak", NULL},
    {X509_V_ERR_INVALID_PURPOSE,
     "its key usage or extended key usage does not allow client authentication", NULL},
    {X509_V_ERR_INVALID_CA, "it is not a CA certificate, but issued another certificate", NULL},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED,
     "its path length constraint does not allow so many CAs below it", NULL},
    {X509_V_ERR_UNABLE_TO_GET_CRL, "there is no CRL of its issuer", "issuer"},
    {X509_V_ERR_CRL_HAS_EXPIRED, "the CRL of its issuer has expired", "issuer"},
    {X509_V_ERR_CRL_NOT_YET_VALID, "the CRL of its issuer is not yet valid", "issuer"},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, "the CRL was not signed with its issuer's key", "issuer"},
    {X509_V_ERR_APPLICATION_VERIFICATION, "mod_ssl received no valid OCSP answer for it", NULL}};

static const char *field_text(const char *name, X509 *x509, apr_pool_t *p)
{
    const cc_value_t *value = cc_cert_value(cc_cert_wrap(x509, p), name, p);

    return value ? cc_text_escape(value->text, value->len, p) : "";
}

const char *cc_refusal_text(const cc_refusal_t *refusal, apr_pool_t *p)
{
    for (apr_size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        const reason_t *reason = &reasons[i];

        if (reason->error == refusal->error) {
            return reason->field ? apr_pstrcat(p, reason->text, ": ",
                                               field_text(reason->field, refusal->cert, p), NULL)
                                 : reason->text;
        }
    }
    return X509_verify_cert_error_string(refusal->error);
}

/*
 * A callback that refuses a certificate in which OpenSSL found no error has a reason of its own.
 * mod_ssl's callback has two: the result of OCSP, which it sets as an error, and SSLVerifyDepth.
 */
void cc_refusal_set(cc_refusal_t *refusal, X509_STORE_CTX *store_ctx, int ok, int error)
{
    int now = X509_STORE_CTX_get_error(store_ctx);

    refusal->cert = X509_STORE_CTX_get_current_cert(store_ctx);
    refusal->depth = X509_STORE_CTX_get_error_depth(store_ctx);
    if (ok == 0) {
        refusal->error = error;
    } else {
        refusal->error = now != error ? now : X509_V_ERR_CERT_CHAIN_TOO_LONG;
    }
}
