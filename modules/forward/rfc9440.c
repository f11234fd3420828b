/* SPDX-License-Identifier: Apache-2.0 */
/* The format rfc9440: byte sequences of structured fields (RFC 8941 3.3.5), for a chain a list. */
#include <string.h>

#include "forward/internal.h"

static apr_status_t bad(const cc_forward_reading_t *r, const char *at, const char *reason)
{
    return cc_forward_bad(r, "CC0475", at, reason);
}

/* Reads the byte sequence at *at, and moves on behind it. */
static apr_status_t sequence_read(cc_forward_reading_t *r, const char **at)
{
    const char *base64 = *at + 1, *end = NULL;
    const unsigned char *der = NULL;
    apr_size_t len = 0;

    if (**at != ':') {
        return bad(r, *at, "a byte sequence must begin here, with \":\"");
    }
    end = strchr(base64, ':');
    if (!end) {
        return bad(r, *at, "the byte sequence does not end with \":\"");
    }
    *at = end + 1;
    der = cc_base64_read(r, &len, base64, (apr_size_t)(end - base64));
    return cc_reading_add(r, der, len);
}

/* A list of one is a byte sequence alone. Spaces and tabs around a comma are part of a list. */
static apr_status_t rfc9440_read(cc_forward_reading_t *r, const char *value)
{
    const char *at = value;
    apr_status_t status = sequence_read(r, &at);

    while (status == APR_SUCCESS && *at) {
        at += strspn(at, " \t");
        if (*at != ',') {
            return bad(r, at, "there is more after the \":\" at the end of a byte sequence");
        }
        at++;
        at += strspn(at, " \t");
        status = sequence_read(r, &at);
    }
    return status;
}

static const char *rfc9440_write(const cc_cert_der_t *ders, int count, X509 *leaf, apr_pool_t *p)
{
    apr_size_t size = 1;
    char *text = NULL, *to = NULL;

    (void)leaf;
    for (int i = 0; i < count; i++) {
        size += strlen(", ::") + cc_base64_length(ders[i].len);
    }
    to = text = apr_palloc(p, size);
    for (int i = 0; i < count; i++) {
        to = stpcpy(to, i ? ", :" : ":");
        to = stpcpy(cc_base64_write(to, &ders[i]), ":");
    }
    return text;
}

const cc_forward_codec_t cc_codec_rfc9440 = {
    "\":\", the base64 of the DER encoding of a certificate, and \":\"", rfc9440_read,
    rfc9440_write};
