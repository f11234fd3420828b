/* SPDX-License-Identifier: Apache-2.0 */
/* Implements the modifiers of octets, numbers and times: other ways to write them, and digests. */
#include <apr_encode.h>

#include "rules/modifier.h"

#define HEX "0123456789abcdef"
#define UPPER_HEX "0123456789ABCDEF"
#define ANY_HEX "0123456789ABCDEFabcdef"
#define DIGITS "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define SMALL_LETTERS "abcdefghijklmnopqrstuvwxyz"

bool cc_has_only(const char *text, apr_size_t len, const char *octets)
{
    for (apr_size_t i = 0; i < len; i++) {
        if (text[i] == '\0' || !strchr(octets, text[i])) {
            return false;
        }
    }
    return true;
}

/* ---- octets ------------------------------------------------------------------------------ */

/* The text of a value without the sign, which only a serial number can have. */
static const char *magnitude(const cc_value_t *value)
{
    return value->text + (*value->text == '-');
}

static unsigned digit(char c)
{
    return (unsigned)(strchr(HEX, c) - HEX);
}

/* The octets that the text, lower-case hex, has; *len is their number. */
static unsigned char *octets_of(const cc_value_t *value, apr_size_t *len, apr_pool_t *p)
{
    const char *hex = magnitude(value);
    unsigned char *octets = apr_palloc(p, strlen(hex) / 2 + 1);

    for (*len = 0; hex[0] && hex[1]; hex += 2) {
        octets[(*len)++] = (unsigned char)(digit(hex[0]) << 4 | digit(hex[1]));
    }
    return octets;
}

/* A value in place of `in` that no condition and no template takes. `reason` is a literal. */
static bool unusable(cc_value_t *out, const cc_value_t *in, const char *reason)
{
    *out = *in;
    out->unusable = reason;
    return true;
}

#define NEGATIVE "a negative number has no octets"

/* ---- base64 ------------------------------------------------------------------------------ */

static bool base64_make(cc_value_t *out, const cc_value_t *in, int flags, apr_pool_t *p)
{
    apr_size_t len;
    const unsigned char *octets = octets_of(in, &len, p);
    const char *text;

    if (*in->text == '-') {
        return unusable(out, in, NEGATIVE);
    }
    text = apr_pencode_base64_binary(p, octets, (apr_ssize_t)len, flags, NULL);
    *out = cc_modified_text(text, strlen(text));
    return true;
}

static bool map_base64(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    return base64_make(out, in, APR_ENCODE_NONE, m->pool);
}

static bool map_base64url(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    return base64_make(out, in, APR_ENCODE_BASE64URL, m->pool);
}

static const char *form_base64(const char *text, apr_size_t len)
{
    apr_size_t padding = 0;

    while (padding < 2 && padding < len && text[len - padding - 1] == '=') {
        padding++;
    }
    return len % 4 || !cc_has_only(text, len - padding, LETTERS DIGITS "+/")
               ? "base64 has letters, digits, + and /, in groups of four with = at the end"
               : NULL;
}

static const char *form_base64url(const char *text, apr_size_t len)
{
    return len % 4 == 1 || !cc_has_only(text, len, LETTERS DIGITS "-_")
               ? "base64url has letters, digits, - and _, without = at the end"
               : NULL;
}

/* ---- colons ------------------------------------------------------------------------------ */

static bool map_colons(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    const char *hex = magnitude(in);
    char *text = apr_palloc(m->pool, in->len * 2 + 1);
    char *to = text;

    if (hex != in->text) {
        *to++ = '-';
    }
    for (const char *from = hex; *from; from++) {
        if (from > hex && (from - hex) % 2 == 0) {
            *to++ = ':';
        }
        *to++ = UPPER_HEX[digit(*from)];
    }
    *to = '\0';
    *out = cc_modified_text(text, (apr_size_t)(to - text));
    return true;
}

static const char *form_colons(const char *text, apr_size_t len)
{
    apr_size_t sign = *text == '-';
    bool right = len == sign || (len - sign) % 3 == 2;

    for (apr_size_t i = sign; right && i < len; i++) {
        right = (i - sign) % 3 == 2 ? text[i] == ':' : cc_has_only(text + i, 1, ANY_HEX);
    }
    return right ? NULL : "it has two hex digits for each octet, with : between them";
}

/* ---- decimal ----------------------------------------------------------------------------- */

#define DECIMAL_MAX 1024 /* octets; the time grows with the square of their number */
#define LIMB 1000000000u /* nine decimal digits */
#define LIMB_DIGITS 9
#define LIMBS_MAX (DECIMAL_MAX * 8 / 29 + 1) /* a limb has more than 29 bits */

/* Multiplies the number by 256 and adds an octet. The least limb is the first. */
static void limbs_add(apr_uint32_t *limbs, int *count, unsigned octet)
{
    apr_uint64_t carry = octet;

    for (int i = 0; i < *count; i++) {
        carry += (apr_uint64_t)limbs[i] * 256;
        limbs[i] = (apr_uint32_t)(carry % LIMB);
        carry /= LIMB;
    }
    if (carry > 0) {
        limbs[(*count)++] = (apr_uint32_t)carry;
    }
}

static char *limbs_text(const apr_uint32_t *limbs, int count, bool negative, apr_pool_t *p)
{
    char *text = apr_palloc(p, (apr_size_t)count * LIMB_DIGITS + 3);
    char *to = text;

    if (negative && count > 0) {
        *to++ = '-';
    }
    to += apr_snprintf(to, LIMB_DIGITS + 2, "%u", count > 0 ? limbs[count - 1] : 0u);
    for (int i = count - 2; i >= 0; i--) {
        to += apr_snprintf(to, LIMB_DIGITS + 1, "%09u", limbs[i]);
    }
    return text;
}

static bool map_decimal(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    apr_uint32_t limbs[LIMBS_MAX];
    int count = 0;
    apr_size_t len;
    const unsigned char *octets = octets_of(in, &len, m->pool);
    const char *text;

    if (len > DECIMAL_MAX) {
        return unusable(out, in, "it has more than 1024 bytes, too many for a decimal number");
    }
    for (apr_size_t i = 0; i < len; i++) {
        limbs_add(limbs, &count, octets[i]);
    }
    text = limbs_text(limbs, count, *in->text == '-', m->pool);
    *out = cc_modified_text(text, strlen(text));
    return true;
}

static const char *form_decimal(const char *text, apr_size_t len)
{
    apr_size_t sign = *text == '-';
    bool right = len > sign && cc_has_only(text + sign, len - sign, DIGITS) &&
                 (text[sign] != '0' || len == 1);

    return right ? NULL : "it has decimal digits, without leading zeros";
}

/* ---- digests ----------------------------------------------------------------------------- */

static bool digest_make(cc_value_t *out, const cc_value_t *in, int bits, apr_pool_t *p)
{
    apr_size_t len;
    const unsigned char *octets = octets_of(in, &len, p);

    if (*in->text == '-') {
        return unusable(out, in, NEGATIVE);
    }
    *out = cc_value_digest(octets, len, bits, p);
    return true;
}

static bool map_sha256(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    return digest_make(out, in, 256, m->pool);
}

static bool map_sha384(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    return digest_make(out, in, 384, m->pool);
}

static bool map_sha512(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    return digest_make(out, in, 512, m->pool);
}

static const char *form_sha256(const char *text, apr_size_t len)
{
    return len == 64 && cc_has_only(text, len, HEX) ? NULL : "a SHA-256 digest has 64 hex digits";
}

static const char *form_sha384(const char *text, apr_size_t len)
{
    return len == 96 && cc_has_only(text, len, HEX) ? NULL : "a SHA-384 digest has 96 hex digits";
}

static const char *form_sha512(const char *text, apr_size_t len)
{
    return len == 128 && cc_has_only(text, len, HEX) ? NULL : "a SHA-512 digest has 128 hex digits";
}

/* A digest of base64, or of another digest, is certainly a mistake. */
static const char *refuse_digest(const cc_selector_t *base, const cc_modifier_t *modifier,
                                 apr_pool_t *p)
{
    const char *field = base->ref.field->name;

    if (strcmp(field, "der") == 0 || strcmp(field, "pem") == 0) {
        return apr_psprintf(p, "%s is text; the digest of a certificate is the field %s",
                            base->name, modifier->word.name);
    }
    if (base->type == CC_TYPE_OCTETS && !base->maker && cc_field_digest_digits(&base->ref) > 0) {
        return apr_psprintf(p,
                            "%s is a digest already; fields.md lists the fields that are "
                            "digests, and %s is for other octets",
                            base->name, modifier->word.name);
    }
    return NULL;
}

/* ---- times ------------------------------------------------------------------------------- */

static bool map_unix(cc_value_t *out, const cc_value_t *in, const cc_modifying_t *m)
{
    *out = cc_value_number(in->number, m->pool);
    return true;
}

#define OCTETS (CC_TAKES_OCTETS | CC_TAKES_DER)

static const cc_modifier_t modifiers[] = {
    {.word = {"base64",
              "The octets in base64 (RFC 4648), with `=` at the end, as text. For octets and DER.",
              "spki.sha256|base64 == \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\""},
     .takes = OCTETS,
     .form = form_base64,
     .one_to_one = true,
     .map = map_base64},
    {.word = {"base64url",
              "The octets in base64url (RFC 4648 5), without `=` at the end, as text. For octets "
              "and DER.",
              "sha256|base64url == \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
     .takes = OCTETS,
     .form = form_base64url,
     .one_to_one = true,
     .map = map_base64url},
    {.word = {"colons",
              "The octets in upper-case hex with colons, as OpenSSL prints fingerprints, as text. "
              "For octets and DER.",
              "serial|colons == \"1F:E2:03\""},
     .takes = OCTETS,
     .letters = SMALL_LETTERS,
     .form = form_colons,
     .one_to_one = true,
     .map = map_colons},
    {.word = {"decimal",
              "The octets as one big-endian number in decimal, as text; a negative serial number "
              "has a `-`. Unusable for more than 1024 bytes. For octets.",
              "serial|decimal == 2089475"},
     .takes = CC_TAKES_OCTETS,
     .form = form_decimal,
     .one_to_one = true,
     .digits = true,
     .map = map_decimal},
    {.word = {"sha256", "The SHA-256 digest of the octets, as octets. For octets and DER.",
              "ext.1.3.6.1.4.1.32473.2|sha256 in partners"},
     .takes = OCTETS,
     .gives = CC_TYPE_OCTETS,
     .refuse = refuse_digest,
     .form = form_sha256,
     .one_to_one = true,
     .map = map_sha256},
    {.word = {"sha384", "The SHA-384 digest of the octets, as octets. For octets and DER.",
              "ext.1.3.6.1.4.1.32473.2|sha384 in partners"},
     .takes = OCTETS,
     .gives = CC_TYPE_OCTETS,
     .refuse = refuse_digest,
     .form = form_sha384,
     .one_to_one = true,
     .map = map_sha384},
    {.word = {"sha512", "The SHA-512 digest of the octets, as octets. For octets and DER.",
              "ext.1.3.6.1.4.1.32473.2|sha512 in partners"},
     .takes = OCTETS,
     .gives = CC_TYPE_OCTETS,
     .refuse = refuse_digest,
     .form = form_sha512,
     .one_to_one = true,
     .map = map_sha512},
    {.word = {"unix", "The seconds since 1970 (UTC), as a number. For times.",
              "not_before|unix >= 1767225600"},
     .takes = CC_TAKES_TIME,
     .gives = CC_TYPE_NUMBER,
     .map = map_unix},
};

const cc_modifiers_t cc_modifiers_octets = {modifiers,
                                            (int)(sizeof(modifiers) / sizeof(modifiers[0]))};
