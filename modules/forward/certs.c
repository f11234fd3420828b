/* SPDX-License-Identifier: Apache-2.0 */
/* Turns DER octets into certificates, and certificates into DER. */
#include <string.h>

#include <openssl/evp.h>

#include "forward/internal.h"

static apr_status_t certs_free(void *certs)
{
    sk_X509_pop_free(certs, X509_free);
    return APR_SUCCESS;
}

cc_forward_reading_t cc_reading_make(const cc_forward_format_t *format, apr_pool_t *p,
                                     cc_error_t *err)
{
    cc_forward_reading_t r = {format, sk_X509_new_null(), false, p, err};

    apr_pool_cleanup_register(p, r.certs, certs_free, apr_pool_cleanup_null);
    return r;
}

bool cc_cert_der_make(cc_cert_der_t *der, X509 *cert, apr_pool_t *p)
{
    int len = i2d_X509(cert, NULL);
    unsigned char *octets = NULL, *end = NULL;

    if (len <= 0) {
        return false;
    }
    octets = end = apr_palloc(p, (apr_size_t)len);
    *der = (cc_cert_der_t){octets, (apr_size_t)len};
    return i2d_X509(cert, &end) == len;
}

const char *cc_cert_der_sha256(const cc_cert_der_t *der, apr_pool_t *p)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    char *hex = NULL;

    if (!EVP_Digest(der->octets, der->len, digest, &len, EVP_sha256(), NULL)) {
        return NULL;
    }
    hex = apr_pcalloc(p, 2 * (apr_size_t)len + 1);
    for (unsigned i = 0; i < len; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    return hex;
}

/*
 * OpenSSL also reads BER. The signature covers only the TBSCertificate, so a certificate would have
 * many encodings, each with another digest.
 */
static bool is_der(X509 *cert, const unsigned char *octets, apr_size_t len, apr_pool_t *p)
{
    cc_cert_der_t der = {NULL, 0};

    return cc_cert_der_make(&der, cert, p) && der.len == len &&
           memcmp(der.octets, octets, len) == 0;
}

/* Adds the certificate at *octets, and moves on behind it. */
static apr_status_t next_add(cc_forward_reading_t *r, const unsigned char **octets,
                             const unsigned char *end)
{
    const unsigned char *begin = *octets;
    X509 *cert = d2i_X509(NULL, octets, end - begin);

    if (!cert || !is_der(cert, begin, (apr_size_t)(*octets - begin), r->pool) ||
        !sk_X509_push(r->certs, cert)) {
        X509_free(cert);
        return cc_forward_bad(r, "CC0482", NULL,
                              "the octets are not the DER encoding of a certificate");
    }
    if (sk_X509_num(r->certs) > CC_FORWARD_CHAIN_MAX + 1) {
        return cc_forward_bad(r, "CC0482", NULL,
                              "there are too many certificates: at most 16 above the client's are "
                              "allowed");
    }
    return APR_SUCCESS;
}

apr_status_t cc_reading_add(cc_forward_reading_t *r, const unsigned char *der, apr_size_t len)
{
    const unsigned char *at = der;
    apr_status_t status = der ? next_add(r, &at, der + len) : APR_EINVAL;

    if (status == APR_SUCCESS && at != der + len) {
        return cc_forward_bad(r, "CC0482", NULL, "there are octets after the certificate");
    }
    return status;
}

apr_status_t cc_reading_add_all(cc_forward_reading_t *r, const unsigned char *ders, apr_size_t len)
{
    const unsigned char *at = ders;
    apr_status_t status = ders ? APR_SUCCESS : APR_EINVAL;

    while (status == APR_SUCCESS && at != ders + len) {
        status = next_add(r, &at, ders + len);
    }
    return status;
}
