/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes and encodes base64 (RFC 4648 4), strictly: each sequence of octets has one encoding. */
#include <string.h>

#include <openssl/evp.h>

#include "forward/internal.h"

/* The 6 bits of a character; -1: it is not in the alphabet. */
static int bits_of(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The number of "=" at the end; at most 2 are allowed. */
static apr_size_t padding_of(const char *text, apr_size_t len)
{
    apr_size_t count = 0;

    while (count < 2 && count < len && text[len - count - 1] == '=') {
        count++;
    }
    return count;
}

unsigned char *cc_base64_decode(apr_size_t *size, const char *text, apr_size_t len,
                                const char **bad, const char **reason, apr_pool_t *p)
{
    apr_size_t digits = len - padding_of(text, len);
    unsigned char *octets = apr_palloc(p, len / 4 * 3 + 3), *to = octets;
    unsigned word = 0;

    for (apr_size_t i = 0; i < digits; i++) {
        int bits = bits_of(text[i]);

        if (bits < 0) {
            *bad = text + i;
            *reason = "a character that base64 does not have";
            return NULL;
        }
        word = word << 6 | (unsigned)bits;
        if (i % 4) {
            *to++ = (unsigned char)(word >> (6 - 2 * (i % 4)));
        }
    }
    *bad = text + (len < 4 ? 0 : len - 4);
    if (len % 4 || len == 0) {
        *reason = "the base64 is cut off, or its padding with \"=\" is missing";
        return NULL;
    }
    if ((digits % 4 == 2 && word & 15) || (digits % 4 == 3 && word & 3)) {
        *reason = "the last character of the base64 has bits that do not belong to an octet";
        return NULL;
    }
    *size = (apr_size_t)(to - octets);
    return octets;
}

const unsigned char *cc_base64_read(const cc_forward_reading_t *r, apr_size_t *size,
                                    const char *text, apr_size_t len)
{
    const char *bad = NULL, *reason = NULL;
    unsigned char *octets = cc_base64_decode(size, text, len, &bad, &reason, r->pool);

    if (!octets) {
        cc_forward_bad(r, "CC0481", bad, reason);
    }
    return octets;
}

apr_size_t cc_base64_length(apr_size_t size)
{
    return (size + 2) / 3 * 4;
}

char *cc_base64_write(char *to, const cc_cert_der_t *der)
{
    return to + EVP_EncodeBlock((unsigned char *)to, der->octets, (int)der->len);
}
