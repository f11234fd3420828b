/* SPDX-License-Identifier: Apache-2.0 */
/* The formats pem-url and alb: URL-encoded PEM, as nginx and AWS send it. */
#include <string.h>

#include <apr_strings.h>

#include "forward/internal.h"

apr_status_t cc_pem_url_read(cc_forward_reading_t *r, const char *value)
{
    char *text = cc_percent_read(r, value);

    return text ? cc_pem_read(r, text, false) : APR_EINVAL;
}

/*
 * PEM that is not encoded at all, in which spaces or tabs replace the ends of lines: httpd sends it
 * (%{SSL_CLIENT_CERT}s), and older versions of nginx ($ssl_client_cert). It cannot be mistaken for
 * URL-encoded PEM, which has no space.
 */
static bool is_folded(const char *value)
{
    apr_size_t len = strlen(CC_PEM_BEGIN);

    return strncmp(value, CC_PEM_BEGIN, len) == 0 && value[len] && strchr(" \t", value[len]);
}

static apr_status_t pem_url_read(cc_forward_reading_t *r, const char *value)
{
    return is_folded(value) ? cc_pem_read(r, apr_pstrdup(r->pool, value), true)
                            : cc_pem_url_read(r, value);
}

static const char *pem_url_write(const cc_cert_der_t *ders, int count, X509 *leaf, apr_pool_t *p)
{
    (void)leaf;
    return cc_percent_write(cc_pem_write(ders, count, p), p);
}

const cc_forward_codec_t cc_codec_pem_url = {
    "the URL-encoded PEM of a certificate, \"-----BEGIN%20CERTIFICATE-----%0A...\"", pem_url_read,
    pem_url_write};

const cc_forward_codec_t cc_codec_alb = {
    "the URL-encoded PEM of a certificate, \"-----BEGIN%20CERTIFICATE-----%0A...\"",
    cc_pem_url_read, NULL};
