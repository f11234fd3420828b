/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the formats, and reads and writes the values of headers in them. */
#include <string.h>
#include <strings.h>

#include <apr_strings.h>

#include <openssl/err.h>

#include "forward/internal.h"

/* ---- the formats ----------------------------------------------------------------------------- */

static const cc_forward_format_t formats[] = {
    {"rfc9440", "Client-Cert", "Client-Cert-Chain", CC_FORWARD_CHAIN_APART, true,
     &cc_codec_rfc9440},
    {"xfcc", "X-Forwarded-Client-Cert", NULL, CC_FORWARD_CHAIN_WITHIN, true, &cc_codec_xfcc},
    {"pem-url", "ssl-client-cert", NULL, CC_FORWARD_CHAIN_APART, true, &cc_codec_pem_url},
    {"pem-bare", "X-Forwarded-Tls-Client-Cert", NULL, CC_FORWARD_CHAIN_WITHIN, true,
     &cc_codec_pem_bare},
    {"der", "X-ARR-ClientCert", NULL, CC_FORWARD_CHAIN_APART, true, &cc_codec_der},
    {"alb", "X-Amzn-Mtls-Clientcert-Leaf", NULL, CC_FORWARD_CHAIN_WITHIN, false, &cc_codec_alb}};

#define FORMATS ((int)(sizeof(formats) / sizeof(formats[0])))

const cc_forward_format_t *cc_forward_format_find(const char *name)
{
    for (int i = 0; i < FORMATS; i++) {
        if (strcasecmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

const char *cc_forward_format_names(bool sent, apr_pool_t *p)
{
    const char *text = "", *last = NULL;

    for (int i = 0; i < FORMATS; i++) {
        if (!sent || formats[i].is_sent) {
            text = !last ? "" : *text ? apr_pstrcat(p, text, ", ", last, NULL) : last;
            last = formats[i].name;
        }
    }
    return apr_pstrcat(p, text, " or ", last, NULL);
}

/* ---- reading --------------------------------------------------------------------------------- */

static apr_status_t header_read(cc_forward_reading_t *r, const char *value)
{
    const char *placeholder = cc_forward_placeholder(value);
    apr_status_t status;

    if (placeholder) {
        return cc_forward_bad(r, "CC0473", value, placeholder);
    }
    if (strlen(value) > CC_FORWARD_VALUE_MAX) {
        return cc_forward_bad(r, "CC0474", value, "the header is longer than 64 KiB");
    }
    status = r->format->codec->read(r, value);
    if (status != APR_SUCCESS && !r->in_chain) {
        cc_forward_hint(r, value);
    }
    return status;
}

static apr_status_t values_read(cc_forward_reading_t *r, const char *value, const char *chain_value,
                                bool reads_chain)
{
    bool is_apart = r->format->chain == CC_FORWARD_CHAIN_APART;
    apr_status_t status = header_read(r, value);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (sk_X509_num(r->certs) > 1 && is_apart) {
        return cc_forward_bad(r, "CC0483", NULL,
                              "there are several certificates in the header, which is for the "
                              "client's alone; a chain is in a header of its own");
    }
    if (sk_X509_num(r->certs) > 1 && !reads_chain) {
        return cc_forward_bad(r, "CC0483", NULL,
                              "there are several certificates in the header; chain=on takes the "
                              "others as the chain of the first");
    }
    r->in_chain = true;
    return is_apart && chain_value && *chain_value ? header_read(r, chain_value) : APR_SUCCESS;
}

static apr_status_t cert_free(void *cert)
{
    X509_free(cert);
    return APR_SUCCESS;
}

/* Hands over what has been read: the first certificate is the client's. */
static void certs_take(cc_forwarded_certs_t *certs, const cc_forward_reading_t *r)
{
    certs->leaf = sk_X509_shift(r->certs);
    apr_pool_cleanup_register(r->pool, certs->leaf, cert_free, apr_pool_cleanup_null);
    certs->chain = r->certs;
}

apr_status_t cc_forward_read(cc_forwarded_certs_t *certs, const cc_forward_format_t *format,
                             const char *value, const char *chain_value, bool reads_chain,
                             apr_pool_t *p, cc_error_t *err)
{
    cc_forward_reading_t r = cc_reading_make(format, p, err);
    apr_status_t status = APR_SUCCESS;

    ERR_set_mark();
    status = values_read(&r, value, chain_value, reads_chain);
    ERR_pop_to_mark();
    if (status == APR_SUCCESS) {
        certs_take(certs, &r);
    }
    return status;
}

apr_status_t cc_forward_read_der(cc_forwarded_certs_t *certs, const unsigned char *der,
                                 apr_size_t len, apr_pool_t *p, cc_error_t *err)
{
    cc_forward_reading_t r = cc_reading_make(NULL, p, err);
    apr_status_t status;

    ERR_set_mark();
    status = cc_reading_add(&r, der, len);
    ERR_pop_to_mark();
    if (status == APR_SUCCESS) {
        certs_take(certs, &r);
    }
    return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The certificates in their order, the client's first; NULL: one cannot be encoded. */
static const cc_cert_der_t *ders_make(X509 *leaf, STACK_OF(X509) * chain, int above, apr_pool_t *p)
{
    cc_cert_der_t *ders = apr_palloc(p, ((apr_size_t)above + 1) * sizeof(cc_cert_der_t));

    for (int i = 0; i <= above; i++) {
        if (!cc_cert_der_make(&ders[i], i ? sk_X509_value(chain, i - 1) : leaf, p)) {
            return NULL;
        }
    }
    return ders;
}

static apr_status_t values_write(cc_forward_values_t *values, const cc_forward_format_t *format,
                                 X509 *leaf, STACK_OF(X509) * chain, apr_pool_t *p)
{
    int above = chain ? sk_X509_num(chain) : 0;
    bool is_apart = format->chain == CC_FORWARD_CHAIN_APART;
    const cc_cert_der_t *ders = NULL;

    if (above > CC_FORWARD_CHAIN_MAX) {
        return APR_EINVAL;
    }
    ders = ders_make(leaf, chain, above, p);
    if (!ders) {
        return APR_EINVAL;
    }
    values->value = format->codec->write(ders, is_apart ? 1 : above + 1, leaf, p);
    values->chain_value = is_apart && above ? format->codec->write(ders + 1, above, NULL, p) : NULL;
    return values->value ? APR_SUCCESS : APR_EINVAL;
}

apr_status_t cc_forward_write(cc_forward_values_t *values, const cc_forward_format_t *format,
                              X509 *leaf, STACK_OF(X509) * chain, apr_pool_t *p, cc_error_t *err)
{
    apr_status_t status = APR_SUCCESS;

    if (!format->is_sent) {
        return cc_error_set(err, p, "CC0484", format->name, "this format can only be read; use %s",
                            cc_forward_format_names(true, p));
    }
    ERR_set_mark();
    status = values_write(values, format, leaf, chain, p);
    ERR_pop_to_mark();
    return status == APR_SUCCESS
               ? status
               : cc_error_set(err, p, "CC0484", NULL,
                              "the certificate cannot be encoded in the format %s, or there are "
                              "more than %d above it",
                              format->name, CC_FORWARD_CHAIN_MAX);
}
