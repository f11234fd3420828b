/* SPDX-License-Identifier: Apache-2.0 */
/* Folds the case of Unicode text, and prepares the text of names for comparison (RFC 4518). */
#include "base/fold.h"

#include <string.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include <utf8proc.h>

bool cc_fold_is_ascii(const char *text, apr_size_t len)
{
    static const apr_uint64_t high_bits = APR_UINT64_C(0x8080808080808080);
    apr_uint64_t all = 0;
    apr_uint64_t eight = 0;

    for (; len >= sizeof(eight); text += sizeof(eight), len -= sizeof(eight)) {
        memcpy(&eight, text, sizeof(eight));
        all |= eight;
    }
    for (; len > 0; len--) {
        all |= (unsigned char)*text++;
    }
    return !(all & high_bits);
}

/* Reads the character at *text and advances. Usable text is valid UTF-8. */
static utf8proc_int32_t next_code(const char **text, const char *end)
{
    utf8proc_int32_t code = -1;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)*text, end - *text, &code);

    *text = n > 0 ? *text + n : end;
    return code;
}

static char *put_code(char *to, utf8proc_int32_t code)
{
    return to + utf8proc_encode_char(code, (utf8proc_uint8_t *)to);
}

/* ---- step 2 of RFC 4518: map ------------------------------------------------------------- */

typedef struct {
    utf8proc_int32_t first;
    utf8proc_int32_t last;
} range_t;

static bool in_ranges(utf8proc_int32_t code, const range_t *ranges, apr_size_t count)
{
    for (apr_size_t i = 0; i < count; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* The list of section 2.2, without control characters, which no usable text has. */
static bool is_ignored(utf8proc_int32_t code)
{
    static const range_t ranges[] = {
        {0x00AD, 0x00AD}, {0x034F, 0x034F},   {0x06DD, 0x06DD},   {0x070F, 0x070F},
        {0x1806, 0x1806}, {0x180B, 0x180E},   {0x200B, 0x200F},   {0x202A, 0x202E},
        {0x2060, 0x2063}, {0x206A, 0x206F},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFC}, {0x1D173, 0x1D17A}, {0xE0001, 0xE0001}, {0xE0020, 0xE007F},
    };

    return in_ranges(code, ranges, sizeof(ranges) / sizeof(ranges[0]));
}

static bool is_separator(utf8proc_int32_t code)
{
    static const range_t ranges[] = {{0x00A0, 0x00A0}, {0x1680, 0x1680}, {0x2000, 0x200A},
                                     {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F},
                                     {0x3000, 0x3000}};

    return in_ranges(code, ranges, sizeof(ranges) / sizeof(ranges[0]));
}

static apr_array_header_t *codes_map(const char *text, apr_size_t len, apr_pool_t *p)
{
    apr_array_header_t *codes = apr_array_make(p, (int)len, sizeof(utf8proc_int32_t));
    const char *end = text + len;

    while (text < end) {
        utf8proc_int32_t code = next_code(&text, end);

        if (!is_ignored(code)) {
            APR_ARRAY_PUSH(codes, utf8proc_int32_t) = is_separator(code) ? ' ' : code;
        }
    }
    return codes;
}

/* ---- step 3: normalize ------------------------------------------------------------------- */

static int combining_class(utf8proc_int32_t code)
{
    return utf8proc_get_property(code)->combining_class;
}

/*
 * Adds a code to decomposed text in canonical order. *marks is the number of combining marks at the
 * end of the text. Its bound keeps the time linear.
 */
static bool code_insert(apr_array_header_t *codes, utf8proc_int32_t code, int *marks)
{
    int class = combining_class(code);
    utf8proc_int32_t *at = NULL;

    *marks = class ? *marks + 1 : 0;
    if (*marks > CC_FOLD_MARKS_MAX) {
        return false;
    }
    APR_ARRAY_PUSH(codes, utf8proc_int32_t) = code;
    at = &APR_ARRAY_IDX(codes, codes->nelts - 1, utf8proc_int32_t);
    for (int i = 1; i < *marks && combining_class(at[-1]) > class; i++, at--) {
        at[0] = at[-1];
    }
    at[0] = code;
    return true;
}

/* NULL: there are too many marks in a row. */
static apr_array_header_t *codes_decompose(const apr_array_header_t *codes, int options,
                                           apr_pool_t *p)
{
    enum { PARTS_MAX = 64 }; /* of one character; Unicode has no more than 18 */
    apr_array_header_t *out = apr_array_make(p, codes->nelts, sizeof(utf8proc_int32_t));
    int marks = 0;

    for (int i = 0; i < codes->nelts; i++) {
        utf8proc_int32_t parts[PARTS_MAX];
        int boundary = 0;
        utf8proc_ssize_t count =
            utf8proc_decompose_char(APR_ARRAY_IDX(codes, i, utf8proc_int32_t), parts, PARTS_MAX,
                                    (utf8proc_option_t)options, &boundary);

        for (utf8proc_ssize_t j = 0; j < count; j++) {
            if (count > PARTS_MAX || !code_insert(out, parts[j], &marks)) {
                return NULL;
            }
        }
    }
    return out;
}

/* ---- step 6: insignificant spaces -------------------------------------------------------- */

static bool is_mark(utf8proc_int32_t code)
{
    int category = utf8proc_get_property(code)->category;

    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

/* A space with a combining mark is not a space (2.6.1). */
static bool is_space(const apr_array_header_t *codes, int i)
{
    return APR_ARRAY_IDX(codes, i, utf8proc_int32_t) == ' ' &&
           (i + 1 == codes->nelts || !is_mark(APR_ARRAY_IDX(codes, i + 1, utf8proc_int32_t)));
}

static const char *codes_write(const apr_array_header_t *codes, apr_size_t *len, apr_pool_t *p)
{
    char *text = apr_palloc(p, 4 * (apr_size_t)codes->nelts + 1);
    char *to = text;
    bool spaced = false;

    for (int i = 0; i < codes->nelts; i++) {
        if (is_space(codes, i)) {
            spaced = to > text;
            continue;
        }
        if (spaced) {
            *to++ = ' ';
            spaced = false;
        }
        to = put_code(to, APR_ARRAY_IDX(codes, i, utf8proc_int32_t));
    }
    *to = '\0';
    *len = (apr_size_t)(to - text);
    return text;
}

/*
 * Case is folded after a first decomposition, because the folding of one mark, U+0345, depends on
 * its place among others. Names need not be composed again in order to be compared.
 */
const char *cc_fold_prepare(const char **prepared, apr_size_t *prepared_len, const char *text,
                            apr_size_t len, apr_pool_t *p)
{
    enum { NFKD = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT };
    apr_array_header_t *codes = codes_decompose(codes_map(text, len, p), NFKD, p);

    codes = codes ? codes_decompose(codes, NFKD | UTF8PROC_CASEFOLD, p) : NULL;
    if (!codes) {
        return "it contains too many combining marks in a row";
    }
    *prepared = codes_write(codes, prepared_len, p);
    return NULL;
}

/* ---- lower and upper case ---------------------------------------------------------------- */

typedef utf8proc_int32_t code_change_fn(utf8proc_int32_t code);

/* What a character becomes: another one of its kind, ASCII or not. */
static utf8proc_int32_t code_change(utf8proc_int32_t code, code_change_fn *change)
{
    utf8proc_int32_t changed = change(code);

    return code >= 0x80 && changed < 0x80 ? code : changed;
}

bool cc_fold_is_lower(const char *text, apr_size_t len)
{
    const char *end = text + len;

    while (text < end) {
        utf8proc_int32_t code = next_code(&text, end);

        if (code >= 0 && code_change(code, utf8proc_tolower) != code) {
            return false;
        }
    }
    return true;
}

static const char *each_letter(const char *text, apr_size_t len, apr_size_t *folded_len,
                               code_change_fn *change, apr_pool_t *p)
{
    const char *end = text + len;
    char *folded = apr_palloc(p, 2 * len + 1); /* ASCII remains ASCII; other characters give four */
    char *to = folded;

    while (text < end) {
        to = put_code(to, code_change(next_code(&text, end), change));
    }
    *to = '\0';
    *folded_len = (apr_size_t)(to - folded);
    return folded;
}

static char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char ascii_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static const char *each_ascii(const char *text, apr_size_t len, apr_size_t *folded_len,
                              char (*change)(char), apr_pool_t *p)
{
    char *folded = apr_pstrmemdup(p, text, len);

    for (apr_size_t i = 0; i < len; i++) {
        folded[i] = change(folded[i]);
    }
    *folded_len = len;
    return folded;
}

const char *cc_fold_lower(const char *text, apr_size_t len, apr_size_t *folded_len, apr_pool_t *p)
{
    return cc_fold_is_ascii(text, len) ? each_ascii(text, len, folded_len, ascii_lower, p)
                                       : each_letter(text, len, folded_len, utf8proc_tolower, p);
}

const char *cc_fold_upper(const char *text, apr_size_t len, apr_size_t *folded_len, apr_pool_t *p)
{
    return cc_fold_is_ascii(text, len) ? each_ascii(text, len, folded_len, ascii_upper, p)
                                       : each_letter(text, len, folded_len, utf8proc_toupper, p);
}
