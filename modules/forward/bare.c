/* SPDX-License-Identifier: Apache-2.0 */
/* The formats der and pem-bare: base64 alone, as HAProxy, Caddy, Azure and Traefik send it. */
#include <string.h>

#include "forward/internal.h"

/* Reads the certificates of base64 texts with "," between them. */
static apr_status_t bare_read(cc_forward_reading_t *r, const char *value,
                              apr_status_t (*add)(cc_forward_reading_t *, const unsigned char *,
                                                  apr_size_t))
{
    apr_status_t status = APR_SUCCESS;
    const char *end = NULL;

    do {
        apr_size_t len = 0;
        const unsigned char *octets = NULL;

        end = value + strcspn(value, ",");
        octets = cc_base64_read(r, &len, value, (apr_size_t)(end - value));
        status = add(r, octets, len);
        value = end + 1;
    } while (status == APR_SUCCESS && *end);
    return status;
}

/* ---- pem-bare ---- */

static apr_status_t pem_bare_read(cc_forward_reading_t *r, const char *value)
{
    return bare_read(r, value, cc_reading_add);
}

static const char *pem_bare_write(const cc_cert_der_t *ders, int count, X509 *leaf, apr_pool_t *p)
{
    apr_size_t size = 1;
    char *text = NULL, *to = NULL;

    (void)leaf;
    for (int i = 0; i < count; i++) {
        size += 1 + cc_base64_length(ders[i].len);
    }
    to = text = apr_palloc(p, size);
    for (int i = 0; i < count; i++) {
        to = cc_base64_write(i ? stpcpy(to, ",") : to, &ders[i]);
    }
    return text;
}

const cc_forward_codec_t cc_codec_pem_bare = {
    "the base64 of PEM without its first and last line and without line ends; \",\" separates "
    "certificates",
    pem_bare_read, pem_bare_write};

/* ---- der ---- */

/* HAProxy sends a chain as the certificates one after the other (ssl_c_chain_der). */
static apr_status_t der_read(cc_forward_reading_t *r, const char *value)
{
    return bare_read(r, value, cc_reading_add_all);
}

static const char *der_write(const cc_cert_der_t *ders, int count, X509 *leaf, apr_pool_t *p)
{
    cc_cert_der_t all = {NULL, 0};
    unsigned char *octets = NULL;
    char *text = NULL;

    (void)leaf;
    for (int i = 0; i < count; i++) {
        all.len += ders[i].len;
    }
    all.octets = octets = apr_palloc(p, all.len);
    for (int i = 0; i < count; i++) {
        memcpy(octets, ders[i].octets, ders[i].len);
        octets += ders[i].len;
    }
    text = apr_palloc(p, cc_base64_length(all.len) + 1);
    cc_base64_write(text, &all);
    return text;
}

const cc_forward_codec_t cc_codec_der = {"the base64 of the DER encoding of a certificate",
                                         der_read, der_write};
