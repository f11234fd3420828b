/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes keys of octets: hex, base64, base64url, and digests with their name. */
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "tables/internal.h"

/*
 * A text such as 64 hex digits is base64 too, of other octets. So nothing is guessed from a text:
 * the table says which form its keys have. Only where the name of a digest comes first, its length
 * is known, and no text has this length in two forms.
 */

/* ---- base64 (RFC 4648) ----------------------------------------------------------------------- */

/* The value of a digit in either alphabet; -1: another character. */
static int digit_of(unsigned char c)
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
    if (c == '+' || c == '-') {
        return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
}

/* The length without the padding, which is optional but must be whole; 0 if it is wrong. */
static apr_size_t digits_of(const char *text, apr_size_t len)
{
    apr_size_t digits = len;

    while (digits > 0 && text[digits - 1] == '=') {
        digits--;
    }
    return digits == len || (len % 4 == 0 && len - digits <= 2) ? digits : 0;
}

apr_ssize_t cc_key_base64(unsigned char *to, const char *text, apr_size_t len)
{
    apr_size_t digits = digits_of(text, len);
    unsigned char *start = to;
    unsigned bits = 0;

    for (apr_size_t i = 0; i < digits; i++) {
        int digit = digit_of((unsigned char)text[i]);

        if (digit < 0) {
            return -1;
        }
        bits = bits << 6 | (unsigned)digit;
        if (i % 4 > 0) {
            *to++ = (unsigned char)(bits >> (6 - 2 * (i % 4)));
        }
    }
    /* The last digit may have bits that belong to no octet. They must be zero. */
    if (digits % 4 == 1 || (digits % 4 > 0 && bits & (digits % 4 == 2 ? 15 : 3))) {
        return -1;
    }
    return to - start;
}

/* ---- digests with their name ----------------------------------------------------------------- */

static const struct {
    const char *name;
    apr_ssize_t octets;
} digests[] = {{"sha1", 20}, {"sha256", 32}, {"sha384", 48}, {"sha512", 64}};

/* What may follow the name: of OpenSSH, of curl and HPKP, of W3C's subresource integrity. */
static const char *const marks[] = {":", "//", "-"};

static apr_size_t begins_with(const char *text, apr_size_t len, const char *word)
{
    apr_size_t i = 0;

    while (word[i] && i < len && apr_tolower(text[i]) == word[i]) {
        i++;
    }
    return word[i] ? 0 : i;
}

/* The length of "SHA256:" or the like at the start of the text, and that of the digest; 0: none. */
static apr_size_t name_of(apr_ssize_t *octets, const char *text, apr_size_t len)
{
    if (len == 0 || apr_tolower(*text) != 's') {
        return 0; /* all names begin with it, and no hex does */
    }
    for (apr_size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        apr_size_t name = begins_with(text, len, digests[i].name);

        for (apr_size_t j = 0; name && j < sizeof(marks) / sizeof(marks[0]); j++) {
            apr_size_t mark = begins_with(text + name, len - name, marks[j]);
            if (mark) {
                *octets = digests[i].octets;
                return name + mark;
            }
        }
    }
    return 0;
}

/* The rest of a text after the name of its digest: hex or base64, whichever has its length. */
static apr_ssize_t digest_read(unsigned char *to, const char *text, apr_size_t len,
                               apr_ssize_t octets)
{
    apr_ssize_t read =
        len >= (apr_size_t)octets * 2 ? cc_key_octets(to, text, len) : cc_key_base64(to, text, len);

    return read == octets ? read : -1;
}

/* ---- keys ------------------------------------------------------------------------------------ */

apr_ssize_t cc_key_decode(unsigned char *to, const char *text, apr_size_t len,
                          cc_octets_form_t form)
{
    apr_ssize_t octets = 0;
    apr_size_t name = name_of(&octets, text, len);

    if (name) {
        return digest_read(to, text + name, len - name, octets);
    }
    return form == CC_OCTETS_HEX ? cc_key_octets(to, text, len) : cc_key_base64(to, text, len);
}

static apr_size_t hex_write(char *to, const unsigned char *octets, apr_size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (apr_size_t i = 0; i < len; i++) {
        *to++ = digits[octets[i] >> 4];
        *to++ = digits[octets[i] & 15];
    }
    return 2 * len;
}

static apr_size_t base64_write(char *to, const unsigned char *octets, apr_size_t len, bool url)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char *start = to;

    for (apr_size_t i = 0; i < len; i += 3) {
        apr_size_t count = len - i < 3 ? len - i : 3;
        unsigned bits = (unsigned)octets[i] << 16 | (count > 1 ? (unsigned)octets[i + 1] << 8 : 0) |
                        (count > 2 ? octets[i + 2] : 0);

        for (apr_size_t j = 0; j < 4; j++, bits <<= 6) {
            unsigned digit = bits >> 18 & 63;

            if (j <= count) {
                *to++ = digit < 62 ? digits[digit] : (url ? "-_" : "+/")[digit - 62];
            } else if (!url) {
                *to++ = '=';
            }
        }
    }
    return (apr_size_t)(to - start);
}

const char *cc_table_key_text(const char *hex, cc_octets_form_t form, apr_pool_t *p)
{
    apr_size_t len = strlen(hex);
    unsigned char *octets = apr_palloc(p, len / 2 + 1);
    apr_ssize_t count = cc_key_octets(octets, hex, len);
    cc_key_t key = {(const char *)octets, (apr_size_t)count};

    if (count < 0) {
        return NULL;
    }
    key = cc_key_encode(&key, form, p);
    return apr_pstrmemdup(p, key.at, key.len);
}

cc_key_t cc_key_encode(const cc_key_t *octets, cc_octets_form_t form, apr_pool_t *p)
{
    const unsigned char *from = (const unsigned char *)octets->at;
    char *text = apr_palloc(p, 2 * octets->len + 4);
    cc_key_t key = {text, 0};

    key.len = form == CC_OCTETS_HEX
                  ? hex_write(text, from, octets->len)
                  : base64_write(text, from, octets->len, form == CC_OCTETS_BASE64URL);
    return key;
}
