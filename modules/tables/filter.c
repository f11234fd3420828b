/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes keys in search filters (RFC 4515), so that they are only values. */
#include <string.h>

#include "tables/internal.h"

static char *octet_put(char *to, unsigned char octet)
{
    static const char digits[] = "0123456789abcdef";

    *to++ = '\\';
    *to++ = digits[octet >> 4];
    *to++ = digits[octet & 15];
    return to;
}

const char *cc_filter_text(const char *key, apr_size_t len, apr_pool_t *p)
{
    char *filter = apr_palloc(p, 3 * len + 1);
    char *to = filter;

    for (apr_size_t i = 0; i < len; i++) {
        if (key[i] == '\0' || strchr("*()\\", key[i])) {
            to = octet_put(to, (unsigned char)key[i]);
        } else {
            *to++ = key[i];
        }
    }
    *to = '\0';
    return filter;
}

const char *cc_filter_hex(const char *hex, apr_size_t len, apr_pool_t *p)
{
    char *filter = apr_palloc(p, 3 * (len / 2) + 1);
    char *to = filter;

    for (apr_size_t i = 0; i + 1 < len; i += 2) {
        *to++ = '\\';
        *to++ = hex[i];
        *to++ = hex[i + 1];
    }
    *to = '\0';
    return filter;
}

const char *cc_filter_base64(const char *base64, apr_size_t len, apr_pool_t *p)
{
    unsigned char *octets = apr_palloc(p, len + 1);
    char *filter = apr_palloc(p, 3 * len + 1);
    char *to = filter;
    apr_ssize_t count = cc_key_base64(octets, base64, len);

    if (count <= 0) {
        return NULL;
    }
    for (apr_ssize_t i = 0; i < count; i++) {
        to = octet_put(to, octets[i]);
    }
    *to = '\0';
    return filter;
}
