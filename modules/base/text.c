/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether untrusted text may be used for decisions, and escapes it for one line. */
#include "base/text.h"

#include <stdbool.h>
#include <string.h>

#include <apr_strings.h>

/* Reads one code point (RFC 3629) and gives its length in octets, 0 if it is not valid. */
static apr_size_t utf8_read(const unsigned char *s, apr_size_t len, unsigned *code)
{
    static const unsigned min[] = {0, 0, 0x80, 0x800, 0x10000}; /* refuses overlong forms */
    apr_size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC0 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;

    if (n == 0 || n > len || s[0] > 0xF4) {
        return 0;
    }
    *code = n == 1 ? s[0] : s[0] & (0xFFu >> (n + 1));
    for (apr_size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (s[i] & 0x3Fu);
    }
    if (*code < min[n] || *code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF)) {
        return 0;
    }
    return n;
}

/* Unicode's Bidi_Control: characters that reorder the text around them on a screen. */
static bool is_bidi_control(unsigned c)
{
    return c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069);
}

static const char *code_unusable(unsigned c)
{
    if (c == 0) {
        return "it contains a NUL";
    }
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) {
        return "it contains a control character";
    }
    if (c == 0x2028 || c == 0x2029) {
        return "it contains a line or paragraph separator";
    }
    if (is_bidi_control(c)) {
        return "it contains a bidirectional control";
    }
    if ((c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF)) {
        return "it contains a Unicode noncharacter";
    }
    return NULL;
}

const char *cc_text_unusable(const char *text, apr_size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    apr_size_t i = 0;

    while (i < len) {
        unsigned code = s[i];
        apr_size_t n = 1;

        if (code >= 0x20 && code < 0x7F) {
            i++;
            continue;
        }
        n = utf8_read(s + i, len - i, &code);
        if (n == 0) {
            return "it is not valid UTF-8";
        }
        if (code_unusable(code)) {
            return code_unusable(code);
        }
        i += n;
    }
    return NULL;
}

static char *hex_escape(char *to, const unsigned char *s, apr_size_t n)
{
    static const char digits[] = "0123456789ABCDEF";

    for (apr_size_t i = 0; i < n; i++) {
        *to++ = '\\';
        *to++ = 'x';
        *to++ = digits[s[i] >> 4];
        *to++ = digits[s[i] & 15];
    }
    return to;
}

/*
 * Escapes one character, or one octet that is not part of a valid one, and advances both. Quotes
 * and backslashes are escaped only where `quotes` says so.
 */
static void character_escape(char **to, const unsigned char **s, apr_size_t len, bool quotes)
{
    unsigned code = 0;
    apr_size_t n = utf8_read(*s, len, &code);

    if (n == 0 || code_unusable(code)) {
        n = n ? n : 1;
        *to = hex_escape(*to, *s, n);
    } else {
        if (quotes && (code == '"' || code == '\\')) {
            *(*to)++ = '\\';
        }
        memcpy(*to, *s, n);
        *to += n;
    }
    *s += n;
}

static const char *escape(const char *text, apr_size_t len, bool quotes, apr_pool_t *p)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + len;
    char *escaped = apr_palloc(p, 4 * len + 1);
    char *to = escaped;

    while (s < end) {
        character_escape(&to, &s, (apr_size_t)(end - s), quotes);
    }
    *to = '\0';
    return escaped;
}

const char *cc_text_escape(const char *text, apr_size_t len, apr_pool_t *p)
{
    return escape(text, len, true, p);
}

const char *cc_text_printable(const char *text, apr_pool_t *p)
{
    apr_size_t len = strlen(text);

    return cc_text_unusable(text, len) ? escape(text, len, false, p) : text;
}

const char *cc_text_excerpt(const char *text, apr_size_t len, apr_pool_t *p)
{
    const unsigned char *s = (const unsigned char *)text, *end = s + len;
    char escaped[CC_EXCERPT_MAX + 17]; /* one character more: four octets as \xHH, and a NUL */
    char *to = escaped, *fits = escaped;

    while (s < end && to - escaped <= CC_EXCERPT_MAX) {
        fits = to;
        character_escape(&to, &s, (apr_size_t)(end - s), true);
    }
    if (to - escaped <= CC_EXCERPT_MAX) {
        return apr_pstrmemdup(p, escaped, (apr_size_t)(to - escaped));
    }
    *fits = '\0';
    return apr_psprintf(p, "%s... (%" APR_SIZE_T_FMT " octets)", escaped, len);
}
