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

void cc_ca_keyless_make(cc_ca_keyless_t *keyless)
{
    keyless->context = OSSL_LIB_CTX_new();
    keyless->provider = keyless->context ? OSSL_PROVIDER_load(keyless->context, "null") : NULL;
    if (!keyless->provider) {
        cc_ca_keyless_free(keyless);
    }
}

void cc_ca_keyless_free(cc_ca_keyless_t *keyless)
{
    if (keyless->provider) {
        OSSL_PROVIDER_unload(keyless->provider);
    }
    OSSL_LIB_CTX_free(keyless->context);
    *keyless = (cc_ca_keyless_t){NULL, NULL};
}

static X509 *decode(const cc_ca_der_t *der, OSSL_LIB_CTX *context)
{
    const unsigned char *at = der->at;
    X509 *cert = X509_new_ex(context, NULL);

    if (cert && (!d2i_X509_AUX(&cert, &at, (long)der->len) || at != der->at + der->len)) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

X509 *cc_ca_decode(const cc_ca_der_t *der)
{
    return decode(der, NULL);
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

X509 *cc_ca_decode_ca(bool *is_ca, const cc_ca_der_t *der, const cc_ca_keyless_t *keyless)
{
    X509 *cert = keyless->context ? decode(der, keyless->context) : NULL;

    *is_ca = cert && is_plain_ca(cert);
    if (!*is_ca) {
        X509_free(cert);
        cert = decode(der, NULL);
        *is_ca = cert && X509_check_ca(cert) != 0;
    }
    return cert;
}
