/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes and encodes URL encoding (RFC 3986 2.1), in which "+" is a plus. */
#include <string.h>

#include "forward/internal.h"

static int hex_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet of "%HH"; 0: an error, or a NUL. */
static char octet_of(const char *at)
{
    int high = hex_of(at[1]);
    int low = high < 0 ? -1 : hex_of(at[2]);

    return (char)(low < 0 ? 0 : high << 4 | low);
}

static char *bad(const cc_forward_reading_t *r, const char *at, const char *reason)
{
    cc_forward_bad(r, "CC0479", at, reason);
    return NULL;
}

char *cc_percent_read(const cc_forward_reading_t *r, const char *text)
{
    char *decoded = apr_palloc(r->pool, strlen(text) + 1), *to = decoded;

    while (*text) {
        char c = *text;

        if (c <= ' ' || c > '~') {
            return bad(r, text, "a space or another character that must be URL-encoded");
        }
        if (c == '%') {
            c = octet_of(text);
            if (!c) {
                return bad(r, text, "\"%\" must be followed by two hex digits that are not 00");
            }
            text += 2;
        }
        *to++ = c;
        text++;
    }
    *to = '\0';
    return decoded;
}

/* RFC 3986 2.3. */
static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

const char *cc_percent_write(const char *text, apr_pool_t *p)
{
    static const char digits[] = "0123456789ABCDEF";
    char *encoded = apr_palloc(p, 3 * strlen(text) + 1), *to = encoded;

    for (; *text; text++) {
        if (is_unreserved(*text)) {
            *to++ = *text;
        } else {
            *to++ = '%';
            *to++ = digits[(unsigned char)*text >> 4];
            *to++ = digits[*text & 15];
        }
    }
    *to = '\0';
    return encoded;
}
