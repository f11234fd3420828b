/* SPDX-License-Identifier: Apache-2.0 */
/* Computes digests of certificate and key, and encodes the certificate as PEM and base64. */
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "cert/internal.h"

static const EVP_MD *digest_type(cc_digest_t digest)
{
    switch (digest) {
    case CC_DIGEST_SHA1:
        return EVP_sha1();
    case CC_DIGEST_SHA384:
        return EVP_sha384();
    case CC_DIGEST_SHA512:
        return EVP_sha512();
    default:
        return EVP_sha256();
    }
}

bool cc_der_digest(const X509 *x509, cc_digest_t digest, unsigned char *out, unsigned *len)
{
    return X509_digest(x509, digest_type(digest), out, len) == 1;
}

bool cc_spki_digest(const X509 *x509, cc_digest_t digest, unsigned char *out, unsigned *len)
{
    unsigned char *der = NULL;
    int der_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    bool done =
        der_len > 0 && EVP_Digest(der, (size_t)der_len, out, len, digest_type(digest), NULL) == 1;

    OPENSSL_free(der);
    return done;
}

/* Callers compare digests to decide about trust: no digest must ever look like another. */
void cc_cert_digests(const cc_cert_t *cert, unsigned char sha256[32], unsigned char spki_sha256[32])
{
    if (!cc_der_digest(cert->x509, CC_DIGEST_SHA256, sha256, NULL) ||
        !cc_spki_digest(cert->x509, CC_DIGEST_SHA256, spki_sha256, NULL)) {
        abort(); /* no memory, or an OpenSSL that cannot have done TLS */
    }
}

static cc_values_t digest_value(bool done, const unsigned char *octets, apr_size_t len,
                                apr_pool_t *p)
{
    if (!done) {
        return cc_values_unusable("OpenSSL cannot compute its digest", NULL, 0, p);
    }
    return cc_values_one(cc_value_octets(octets, len, p), p);
}

cc_values_t cc_digest_extract(const cc_extraction_t *s)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool done = cc_der_digest(s->x509, (cc_digest_t)s->variant, octets, &len);

    return digest_value(done, octets, len, s->pool);
}

cc_values_t cc_spki_extract(const cc_extraction_t *s)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool done = cc_spki_digest(s->x509, (cc_digest_t)s->variant, octets, &len);

    return digest_value(done, octets, len, s->pool);
}

/* RFC 3986 2.1, as back ends expect a certificate in a header. */
static cc_value_t url_encoded(const char *text, apr_size_t len, apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = apr_palloc(p, 3 * len + 1);
    char *to = encoded;

    for (apr_size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (apr_isalnum(c) || strchr("-._~", c)) {
            *to++ = (char)c;
        } else {
            *to++ = '%';
            *to++ = digits[c >> 4];
            *to++ = digits[c & 15];
        }
    }
    return cc_value_text(encoded, (apr_size_t)(to - encoded), p);
}

cc_values_t cc_pem_extract(const cc_extraction_t *s)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = NULL;
    cc_values_t values;

    if (bio && PEM_write_bio_X509(bio, s->x509) == 1) {
        apr_size_t len = (apr_size_t)BIO_get_mem_data(bio, &pem);
        values = cc_values_one(url_encoded(pem, len, s->pool), s->pool);
    } else {
        values = cc_values_unusable("OpenSSL cannot encode it", NULL, 0, s->pool);
    }
    BIO_free(bio);
    return values;
}

cc_values_t cc_der_extract(const cc_extraction_t *s)
{
    unsigned char *der = NULL;
    int len = i2d_X509(s->x509, &der);
    char *base64 = NULL;

    if (len <= 0) {
        return cc_values_unusable("OpenSSL cannot encode it", NULL, 0, s->pool);
    }
    base64 = apr_palloc(s->pool, (apr_size_t)(len + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)base64, der, len);
    OPENSSL_free(der);
    return cc_values_one(cc_value_words(base64, s->pool), s->pool);
}
