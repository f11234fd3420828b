/* SPDX-License-Identifier: Apache-2.0 */
/* Wraps or parses a certificate, and decides whether it may identify a client. */
#include "cert/internal.h"

#include <openssl/err.h>

static apr_status_t x509_free(void *x509)
{
    X509_free(x509);
    return APR_SUCCESS;
}

cc_cert_t *cc_cert_wrap(X509 *x509, apr_pool_t *p)
{
    cc_cert_t *cert = apr_palloc(p, sizeof(*cert));

    X509_up_ref(x509);
    apr_pool_cleanup_register(p, x509, x509_free, apr_pool_cleanup_null);
    cert->x509 = x509;

    /*
     * OpenSSL decodes the extensions that it needs on the first query, and caches the result in the
     * X509. This is the first query, so that OpenSSL does not write there once several threads
     * read. After a verification it costs no more than testing a flag.
     */
    ERR_set_mark();
    X509_check_purpose(x509, -1, 0);
    ERR_pop_to_mark();
    return cert;
}

X509 *cc_cert_x509(const cc_cert_t *cert)
{
    return cert->x509;
}

apr_status_t cc_cert_parse(cc_cert_t **cert, const void *der, apr_size_t len, apr_pool_t *p,
                           cc_error_t *err)
{
    const unsigned char *end = der;
    X509 *x509 = NULL;
    apr_status_t status = APR_SUCCESS;

    ERR_set_mark();
    x509 = len <= APR_INT32_MAX ? d2i_X509(NULL, &end, (long)len) : NULL;
    ERR_pop_to_mark();
    if (x509 && end == (const unsigned char *)der + len) {
        *cert = cc_cert_wrap(x509, p);
    } else {
        status = cc_error_set(err, p, "CC0301", NULL,
                              x509 ? "there are bytes after the certificate"
                                   : "not a certificate in DER");
    }
    X509_free(x509);
    return status;
}

cc_values_t cc_version_extract(const cc_extraction_t *s)
{
    return cc_values_one(cc_value_number(X509_get_version(s->x509) + 1, s->pool), s->pool);
}

cc_values_t cc_self_issued_extract(const cc_extraction_t *s)
{
    bool same = (X509_get_extension_flags(s->x509) & EXFLAG_SI) != 0;

    return cc_values_one(cc_value_words(same ? "true" : "false", s->pool), s->pool);
}

/* Why OpenSSL's sslclient purpose refuses the certificate. */
static const char *purpose_reason(X509 *x509)
{
    if (!(X509_get_extended_key_usage(x509) & XKU_SSL_CLIENT)) {
        return "its extended key usage does not allow TLS client authentication";
    }
    if (!(X509_get_key_usage(x509) & (KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT))) {
        return "its key usage allows neither signatures nor key agreement";
    }
    return "its Netscape certificate type does not allow TLS clients";
}

static const char *not_client(X509 *x509, bool may_be_ca)
{
    uint32_t flags = X509_get_extension_flags(x509);

    if (flags & EXFLAG_INVALID) {
        return "one of its extensions cannot be decoded, or occurs twice";
    }
    if (!may_be_ca && (flags & EXFLAG_CA)) {
        return "it is a CA certificate";
    }
    if (!may_be_ca && (flags & EXFLAG_KUSAGE) && (X509_get_key_usage(x509) & KU_KEY_CERT_SIGN)) {
        return "its key usage is that of a CA";
    }
    return X509_check_purpose(x509, X509_PURPOSE_SSL_CLIENT, 0) == 1 ? NULL : purpose_reason(x509);
}

static const char *not_client_kept(const cc_cert_t *cert, bool may_be_ca)
{
    const char *reason = NULL;

    ERR_set_mark();
    reason = not_client(cert->x509, may_be_ca);
    ERR_pop_to_mark();
    return reason;
}

const char *cc_cert_not_client(const cc_cert_t *cert)
{
    return not_client_kept(cert, false);
}

const char *cc_cert_not_client_itself(const cc_cert_t *cert)
{
    return not_client_kept(cert, true);
}

/* ---- threads ----------------------------------------------------------------------------- */

void cc_cert_thread_begin(void)
{
    ERR_clear_error();
}
