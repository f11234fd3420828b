/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how Unicode text is folded: for the comparison of names, and to lower and upper case. */
#include <string.h>

#include <apr_strings.h>

#include "base/fold.h"
#include "base/text.h"
#include "suite.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static const char *prepared(const char *text)
{
    const char *out = NULL;
    apr_size_t len = 0;
    const char *unusable = cc_fold_prepare(&out, &len, text, strlen(text), pool);

    if (unusable || len != strlen(out))
        ck_abort_msg("%s: %s", text, unusable);
    return out;
}

static const char *lower(const char *text)
{
    apr_size_t len = 0;
    const char *out = cc_fold_lower(text, strlen(text), &len, pool);

    if (len != strlen(out))
        ck_abort_msg("%s", text);
    return out;
}

static const char *upper(const char *text)
{
    apr_size_t len = 0;
    const char *out = cc_fold_upper(text, strlen(text), &len, pool);

    if (len != strlen(out))
        ck_abort_msg("%s", text);
    return out;
}

/* ---- names ------------------------------------------------------------------------------- */

static const char *const equal[][2] = {
    {"ABC Z", "abc z"},
    {"J\u00DCRGEN", "j\u00FCrgen"},
    {"\u0416\u0423\u041A", "\u0436\u0443\u043A"},
    {"Stra\u00DFe", "STRASSE"},
    {"\u1E9E", "ss"},
    {"\u03A3\u0391\u03A3", "\u03C3\u03B1\u03C2"}, /* a sigma at the end */
    {"u\u0308", "\u00DC"},                        /* composed or not */
    {"\u212B", "\u00E5"},                         /* the Angstrom sign */
    {"\u212A", "k"},                              /* the Kelvin sign */
    {"\uFF21\uFF42", "ab"},                       /* full width */
    {"\uFB01x", "FIX"},                           /* a ligature */
    {"\u2168", "ix"},                             /* a Roman numeral */
    {"a\u00ADb\u200Dc\u2060", "abc"},             /* ignored characters */
    {"\u3000a \u00A0 b\u2003", "a b"},            /* spaces */
    {"\u00A0\u200B", ""},
    {"\uAC00", "\u1100\u1161"},                   /* Hangul */
    {"q\u0323\u0307", "Q\u0307\u0323"},           /* the order of marks */
    {"\u03B1\u0345\u0301", "\u0391\u0301\u0345"}, /* a mark that becomes a letter */
    {"\u0390", "\u03CA\u0301"},
    {"\u00A8x", " \u0308x"}, /* a space with a mark */
};

static const char *const different[][2] = {
    {"i", "\u0131"}, /* a dotless i */
    {"a", "\u0430"}, /* a letter of another script */
    {"u", "\u00FC"},
    {"ab", "a b"},
    {"x\u0308", " \u0308x"},
    {"\u0308x", " \u0308x"},
    {"a  \u0308x", "a \u0308x"},
    {"ax", "a \u0308x"},
    {"\uE000", "\uE001"}, /* private use */
    {"\uFFFD", "?"},
    {"\u845B", "\u845B\U000E0100"},
};

TEST(names_are_equal_as_rfc_4518_says)
{
    for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); i++)
        ck_assert_str_eq(prepared(equal[i][0]), prepared(equal[i][1]));
    for (size_t i = 0; i < sizeof(different) / sizeof(different[0]); i++)
        ck_assert_str_ne(prepared(different[i][0]), prepared(different[i][1]));
}

/* Each code point in UTF-8, except those that no text has; NULL at the end. */
static const char *character_next(unsigned *code)
{
    static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    unsigned c = ++*code;
    int n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    char *text = apr_pcalloc(pool, 5);

    for (int i = n - 1; i > 0; i--, c >>= 6)
        text[i] = (char)(0x80 | (c & 0x3F));
    text[0] = (char)(lead[n] | c);
    if (*code > 0x10FFFF)
        return NULL;
    return cc_text_unusable(text, (apr_size_t)n) ? character_next(code) : text;
}

TEST(every_character_has_a_form_that_is_stable_and_the_same_in_any_case)
{
    const char *text;

    for (unsigned code = 0; (text = character_next(&code)); apr_pool_clear(pool)) {
        const char *form = prepared(text);

        if (strcmp(prepared(form), form) != 0 || strcmp(prepared(lower(text)), form) != 0 ||
            strcmp(prepared(upper(text)), form) != 0)
            ck_abort_msg("U+%04X", code);
    }
}

TEST(ascii_alone_has_the_form_that_the_fast_path_gives)
{
    ck_assert_str_eq(prepared("  A  b!C~ "), "a b!c~");
    ck_assert_str_eq(prepared("   "), "");
    ck_assert(cc_fold_is_ascii("", 0));
    ck_assert(cc_fold_is_ascii("0123456789~", 11));
    for (apr_size_t i = 0; i < 11; i++) {
        char text[] = "0123456789~";

        text[i] = '\x80';
        ck_assert(!cc_fold_is_ascii(text, 11));
        ck_assert(cc_fold_is_ascii(text, i));
    }
}

/* Marks of two classes in turn, and characters that become marks: sorting must not be quadratic. */
TEST(marks_without_end_have_no_form)
{
    static const char *const runs[] = {"\u0301", "\u0301\u0323", "\u0301\uFF9E"};

    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        const char *text = runs[i], *out;
        apr_size_t len;

        ck_assert_ptr_null(cc_fold_prepare(&out, &len, text, strlen(text), pool));
        for (int doubled = 0; doubled < 5; doubled++)
            text = apr_pstrcat(pool, text, text, NULL);
        ck_assert_ptr_nonnull(cc_fold_prepare(&out, &len, text, strlen(text), pool));
    }
}

/* ---- lower and upper case ---------------------------------------------------------------- */

TEST(letters_change_case_one_by_one)
{
    ck_assert_str_eq(lower("ABC\u00DC\u0416\u03A3\u1E9E\u2C62"),
                     "abc\u00FC\u0436\u03C3\u00DF\u026B");
    ck_assert_str_eq(upper("abc\u00FC\u0436\u03C2\uFB01\u0250"),
                     "ABC\u00DC\u0416\u03A3\uFB01\u2C6F");
    ck_assert_str_eq(lower("\u03A3\u0391\u03A3"), "\u03C3\u03B1\u03C3");
    ck_assert_str_eq(lower("\uFF21"), "\uFF41");
    ck_assert_str_eq(lower("Az[`{@"), "az[`{@");
    ck_assert_str_eq(upper("Az[`{@"), "AZ[`{@");
}

/* A certificate for another person, with a sign that looks like a letter, must not match. */
TEST(no_character_becomes_ascii)
{
    const char *text;

    for (unsigned code = 0x7F; (text = character_next(&code)); apr_pool_clear(pool)) {
        const char *low = lower(text), *up = upper(text);

        if (cc_fold_is_ascii(low, strlen(low)) || cc_fold_is_ascii(up, strlen(up)) ||
            strcmp(lower(low), low) != 0 || strcmp(upper(up), up) != 0 ||
            !cc_fold_is_lower(low, strlen(low)))
            ck_abort_msg("U+%04X", code);
    }
    ck_assert_str_eq(lower("\u212Aat\u0130"), "\u212Aat\u0130");
    ck_assert_str_eq(upper("\u017F\u0131"), "\u017F\u0131");
}

TEST(lower_case_is_recognized)
{
    ck_assert(cc_fold_is_lower("a1\u00FC\u4E2D\u212A", strlen("a1\u00FC\u4E2D\u212A")));
    ck_assert(!cc_fold_is_lower("a\u00DC", strlen("a\u00DC")));
    ck_assert(!cc_fold_is_lower("aB", 2));
    ck_assert(cc_fold_is_lower("\xFF\xC3", 2));
}

SUITE("fold", .setup = setup, .teardown = teardown);
