/* SPDX-License-Identifier: Apache-2.0 */
/* Converts ASN.1 character strings to UTF-8, by their tag alone, without guessing. */
#include "cert/internal.h"

/*
 * T61String is supported because certificates use it for ASCII text. There is no agreement on what
 * its high octets mean.
 */
static cc_value_t seven_bit(const unsigned char *data, apr_size_t len, apr_pool_t *p)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (data[i] > 0x7F) {
            return cc_value_unusable("it contains an octet that its string type does not define",
                                     data, len, p);
        }
    }
    return cc_value_text((const char *)data, len, p);
}

static char *utf8_write(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
    } else if (code < 0x800) {
        *to++ = (char)(0xC0 | code >> 6);
        *to++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *to++ = (char)(0xE0 | code >> 12);
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    } else {
        *to++ = (char)(0xF0 | code >> 18);
        *to++ = (char)(0x80 | (code >> 12 & 0x3F));
        *to++ = (char)(0x80 | (code >> 6 & 0x3F));
        *to++ = (char)(0x80 | (code & 0x3F));
    }
    return to;
}

/* One UTF-16 code point of a BMPString; gives its length in octets, 0 if it is not valid. */
static apr_size_t utf16_read(const unsigned char *s, apr_size_t len, unsigned *code)
{
    unsigned low;

    if (len < 2) {
        return 0;
    }
    *code = (unsigned)s[0] << 8 | s[1];
    if (*code < 0xD800 || *code > 0xDFFF) {
        return 2;
    }
    low = len < 4 ? 0 : (unsigned)s[2] << 8 | s[3];
    if (*code > 0xDBFF || low < 0xDC00 || low > 0xDFFF) {
        return 0;
    }
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

/* The same for a code point of a UniversalString. */
static apr_size_t utf32_read(const unsigned char *s, apr_size_t len, unsigned *code)
{
    if (len < 4) {
        return 0;
    }
    *code = (unsigned)s[0] << 24 | (unsigned)s[1] << 16 | (unsigned)s[2] << 8 | s[3];
    return *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF) ? 0 : 4;
}

typedef apr_size_t read_fn(const unsigned char *s, apr_size_t len, unsigned *code);

static cc_value_t wide(read_fn *read, const unsigned char *data, apr_size_t len, apr_pool_t *p)
{
    char *utf8 = apr_palloc(p, 2 * len + 1); /* two octets give at most three */
    char *to = utf8;

    for (apr_size_t i = 0; i < len;) {
        unsigned code = 0;
        apr_size_t n = read(data + i, len - i, &code);

        if (n == 0) {
            return cc_value_unusable("it does not decode as its string type", data, len, p);
        }
        to = utf8_write(to, code);
        i += n;
    }
    return cc_value_text(utf8, (apr_size_t)(to - utf8), p);
}

bool cc_is_string(int tag)
{
    switch (tag) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        return true;
    default:
        return false;
    }
}

cc_value_t cc_value_string(int tag, const unsigned char *data, apr_size_t len, apr_pool_t *p)
{
    switch (tag) {
    case V_ASN1_UTF8STRING:
        return cc_value_text((const char *)data, len, p);
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_NUMERICSTRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_T61STRING:
        return seven_bit(data, len, p);
    case V_ASN1_BMPSTRING:
        return wide(utf16_read, data, len, p);
    case V_ASN1_UNIVERSALSTRING:
        return wide(utf32_read, data, len, p);
    default:
        return cc_value_unusable("it is not a character string", data, len, p);
    }
}
