/* SPDX-License-Identifier: Apache-2.0 */
/* Writes octets as hex values, and parses operands in hex. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/evp.h>

#include "cert/internal.h"

static const char hex_digits[] = "0123456789abcdef";

const char *cc_octets_hex(const unsigned char *octets, apr_size_t len, apr_pool_t *p)
{
    char *hex = apr_palloc(p, 2 * len + 1);

    for (apr_size_t i = 0; i < len; i++) {
        hex[2 * i] = hex_digits[octets[i] >> 4];
        hex[2 * i + 1] = hex_digits[octets[i] & 15];
    }
    hex[2 * len] = '\0';
    return hex;
}

const unsigned char *cc_octets_of_hex(const char *hex, apr_size_t digits, apr_size_t *len,
                                      apr_pool_t *p)
{
    unsigned char *octets = apr_pcalloc(p, digits / 2 + 1);

    for (apr_size_t i = 0; i < digits; i++) {
        const char *digit = hex[i] ? strchr(hex_digits, hex[i]) : NULL;

        if (!digit) {
            return NULL;
        }
        octets[i / 2] = (unsigned char)(octets[i / 2] << 4 | (digit - hex_digits));
    }
    *len = digits / 2;
    return digits % 2 ? NULL : octets;
}

cc_value_t cc_value_octets(const unsigned char *octets, apr_size_t len, apr_pool_t *p)
{
    cc_value_t value = {0};

    value.text = value.key = cc_octets_hex(octets, len, p);
    value.len = value.key_len = 2 * len;
    return value;
}

char *cc_hex_read(const char *text, apr_pool_t *p)
{
    char *hex = apr_palloc(p, strlen(text) + 1);
    char *to = hex;

    for (; *text; text++) {
        if (strchr("0123456789abcdefABCDEF", *text)) {
            *to++ = *text >= 'A' && *text <= 'F' ? *text - 'A' + 'a' : *text;
        } else if (*text != ':' && *text != ' ') {
            return NULL;
        }
    }
    *to = '\0';
    return hex;
}

/* An extension may be empty, so an operand without octets is legal too. */
apr_status_t cc_operand_octets(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                               cc_error_t *err)
{
    const char *hex = cc_hex_read(text, p);

    (void)variant;
    if (!hex || strlen(hex) % 2) {
        return cc_error_set(err, p, "CC0278", text,
                            "not hex; write an even number of hex digits (colons and spaces "
                            "are ignored)");
    }
    *value = cc_value_words(hex, p);
    return APR_SUCCESS;
}

/* The digests of certificates and keys, by the number of their hex digits. */
static const struct {
    size_t digits;
    const char *name, *fields;
} digests[] = {
    {40, "SHA-1", "sha1 or spki.sha1"},
    {64, "SHA-256", "sha256 or spki.sha256"},
    {96, "SHA-384", "sha384 or spki.sha384"},
    {128, "SHA-512", "sha512 or spki.sha512"},
};

/* Base64 with this number of octets as hex; NULL: it is something else. */
static const char *base64_hex(const char *text, apr_size_t octets, apr_pool_t *p)
{
    apr_size_t len = strlen(text);
    apr_size_t padding = octets % 3 ? 3 - octets % 3 : 0;
    unsigned char *decoded = apr_palloc(p, len + 1);
    bool fits = len == (octets + padding) / 3 * 4 && strcspn(text, "=") == len - padding;

    return fits && EVP_DecodeBlock(decoded, (const unsigned char *)text, (int)len) ==
                       (int)(octets + padding)
               ? cc_octets_hex(decoded, octets, p)
               : NULL;
}

/* What else the text certainly is, to end the error; "" if that is not known. */
static const char *digest_advice(const char *text, const char *hex, size_t digits, apr_pool_t *p)
{
    size_t given = hex ? strlen(hex) : 0;
    const char *decoded = hex ? NULL : base64_hex(text, digits / 2, p);

    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
        if (given == digests[i].digits) {
            return apr_psprintf(p, "; a digest of %d digits is %s: its field is %s", (int)given,
                                digests[i].name, digests[i].fields);
        }
    }
    return decoded ? apr_pstrcat(p, "; this is base64, and in hex it is ", decoded, NULL) : "";
}

static apr_status_t operand_digest(cc_value_t *value, const char *text, size_t digits,
                                   apr_pool_t *p, cc_error_t *err)
{
    const char *hex = cc_hex_read(text, p);

    if (!hex || strlen(hex) != digits) {
        return cc_error_set(err, p, "CC0278", text,
                            "not a whole digest; write all its %d hex digits (colons and spaces "
                            "are ignored)%s",
                            (int)digits, digest_advice(text, hex, digits, p));
    }
    *value = cc_value_words(hex, p);
    return APR_SUCCESS;
}

apr_status_t cc_operand_sha1(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                             cc_error_t *err)
{
    (void)variant;
    return operand_digest(value, text, 40, p, err);
}

apr_status_t cc_operand_sha256(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                               cc_error_t *err)
{
    (void)variant;
    return operand_digest(value, text, 64, p, err);
}

apr_status_t cc_operand_sha384(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                               cc_error_t *err)
{
    (void)variant;
    return operand_digest(value, text, 96, p, err);
}

apr_status_t cc_operand_sha512(cc_value_t *value, const char *text, int variant, apr_pool_t *p,
                               cc_error_t *err)
{
    (void)variant;
    return operand_digest(value, text, 128, p, err);
}
