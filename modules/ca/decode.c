/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes certificates of CAs, with their keys or, in a tenth of the time, without. */
/*
 * OpenSSL 3 decodes the key of each certificate at once, which takes longer than everything else
 * together. Each child process decodes all CAs, and needs the keys of a few. An OpenSSL without
 * algorithms, which is what a library context with the provider "null" is, keeps the key as octets.
 * Nothing may be verified or digested with such a certificate.
 */
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include "ca/internal.h"

#define KEY_CERT_SIGN 5 /* RFC 5280 4.2.1.3 */

OSSL_LIB_CTX *cc_ca_keyless_create(void)
{
    OSSL_LIB_CTX *keyless = OSSL_LIB_CTX_new();

    if (keyless && !OSSL_PROVIDER_load(keyless, "null")) {
        OSSL_LIB_CTX_free(keyless);
        keyless = NULL;
    }
    return keyless;
}

X509 *cc_ca_decode(const cc_ca_der_t *der, OSSL_LIB_CTX *keyless)
{
    const unsigned char *at = der->at;
    X509 *cert = X509_new_ex(keyless, NULL);

    if (cert && (!d2i_X509_AUX(&cert, &at, (long)der->len) || at != der->at + der->len)) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

static bool may_sign_certificates(const X509 *cert)
{
    ASN1_BIT_STRING *usage = NULL;
    int critical = 0;
    bool may = false;

    usage = X509_get_ext_d2i(cert, NID_key_usage, &critical, NULL);
    may = usage ? ASN1_BIT_STRING_get_bit(usage, KEY_CERT_SIGN) : critical == -1;
    ASN1_BIT_STRING_free(usage);
    return may;
}

/* True if X509_check_ca returns 1, which it does not without algorithms. */
static bool is_plain_ca(X509 *cert)
{
    apr_uint32_t flags = X509_get_extension_flags(cert);

    return (flags & EXFLAG_BCONS) && (flags & EXFLAG_CA) && !(flags & EXFLAG_INVALID) &&
           may_sign_certificates(cert);
}

X509 *cc_ca_decode_ca(bool *is_ca, const cc_ca_der_t *der, OSSL_LIB_CTX *keyless)
{
    X509 *cert = keyless ? cc_ca_decode(der, keyless) : NULL;

    *is_ca = cert && is_plain_ca(cert);
    if (!*is_ca) {
        X509_free(cert);
        cert = cc_ca_decode(der, NULL);
        *is_ca = cert && X509_check_ca(cert) != 0;
    }
    return cert;
}
