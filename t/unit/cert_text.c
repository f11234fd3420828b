/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which text is usable, how octets are shown, and how each ASN.1 string type is read. */
#include <string.h>

#include <apr_strings.h>

#include "cert/internal.h"
#include "suite.h"

#define UNUSABLE(literal) cc_text_unusable(literal, sizeof(literal) - 1)

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

TEST(plain_utf8_is_usable)
{
    ck_assert_ptr_null(UNUSABLE(""));
    ck_assert_ptr_null(UNUSABLE("Web User ~\"\\"));
    ck_assert_ptr_null(UNUSABLE("J\xC3\xBCrgen \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80"));
    ck_assert_ptr_null(UNUSABLE("\xC2\xA0\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD\xF4\x8F\xBF\xBD"));
}

TEST(what_is_not_utf8_is_unusable)
{
    static const char *const bad[] = {"\x80",
                                      "\xC3",
                                      "\xC3(",
                                      "\xC0\xAF",
                                      "\xC1\xBF",
                                      "\xE0\x80\xAF",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFE",
                                      "\xFF",
                                      "\xE2\x82",
                                      "\xF0\x9F\x98",
                                      "a\xFCz"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_str_eq(cc_text_unusable(bad[i], strlen(bad[i])), "it is not valid UTF-8");
}

TEST(characters_that_deceive_are_unusable_and_named)
{
    ck_assert_str_eq(UNUSABLE("admin\0.evil"), "it contains a NUL");
    ck_assert_str_eq(UNUSABLE("\0"), "it contains a NUL");
    ck_assert_str_eq(UNUSABLE("a\nb"), "it contains a control character");
    ck_assert_str_eq(UNUSABLE("a\x1b[0m"), "it contains a control character");
    ck_assert_str_eq(UNUSABLE("a\x7f"), "it contains a control character");
    ck_assert_str_eq(UNUSABLE("a\xC2\x80"), "it contains a control character");
    ck_assert_str_eq(UNUSABLE("a\xC2\x9F"), "it contains a control character");
    ck_assert_str_eq(UNUSABLE("\xE2\x80\xA8"), "it contains a line or paragraph separator");
    ck_assert_str_eq(UNUSABLE("\xE2\x80\xA9"), "it contains a line or paragraph separator");
    ck_assert_str_eq(UNUSABLE("\xD8\x9C"), "it contains a bidirectional control");
    ck_assert_str_eq(UNUSABLE("\xE2\x80\x8E"), "it contains a bidirectional control");
    ck_assert_str_eq(UNUSABLE("\xE2\x80\x8F"), "it contains a bidirectional control");
    ck_assert_str_eq(UNUSABLE("\xE2\x80\xAA"), "it contains a bidirectional control");
    ck_assert_str_eq(UNUSABLE("\xE2\x80\xAE"), "it contains a bidirectional control");
    ck_assert_str_eq(UNUSABLE("\xE2\x81\xA6"), "it contains a bidirectional control");
    ck_assert_str_eq(UNUSABLE("\xE2\x81\xA9"), "it contains a bidirectional control");
    ck_assert_str_eq(UNUSABLE("\xEF\xB7\x90"), "it contains a Unicode noncharacter");
    ck_assert_str_eq(UNUSABLE("\xEF\xBF\xBE"), "it contains a Unicode noncharacter");
    ck_assert_str_eq(UNUSABLE("\xF4\x8F\xBF\xBF"), "it contains a Unicode noncharacter");
}

TEST(escaped_text_is_one_printable_line_and_complete)
{
    static const char octets[] = "a\0\n\"\\\x7f\xC3\xBC\xFC\xE2\x80\xAE\xE2\x80z";
    const char *text = cc_text_escape(octets, sizeof(octets) - 1, pool);

    ck_assert_str_eq(text, "a\\x00\\x0A\\\"\\\\\\x7F\xC3\xBC\\xFC\\xE2\\x80\\xAE\\xE2\\x80z");
    ck_assert_ptr_null(cc_text_unusable(text, strlen(text)));
    ck_assert_str_eq(cc_text_escape("", 0, pool), "");
}

static void string_is(int tag, const char *data, size_t len, const char *expected)
{
    cc_value_t value = cc_value_string(tag, (const unsigned char *)data, len, pool);

    ck_assert_msg(!value.unusable, "%s", value.unusable);
    ck_assert_str_eq(value.text, expected);
    ck_assert_uint_eq(value.len, strlen(expected));
    ck_assert_mem_eq(value.key, expected, value.key_len);
}

static void string_is_unusable(int tag, const char *data, size_t len)
{
    cc_value_t value = cc_value_string(tag, (const unsigned char *)data, len, pool);

    ck_assert_ptr_nonnull(value.unusable);
    ck_assert_uint_eq(value.len, len);
    ck_assert_mem_eq(value.text, data, len);
}

#define IS(tag, literal, expected) string_is(tag, literal, sizeof(literal) - 1, expected)
#define IS_UNUSABLE(tag, literal) string_is_unusable(tag, literal, sizeof(literal) - 1)

static const char *excerpt(const char *text)
{
    return cc_text_excerpt(text, strlen(text), pool);
}

/* The same text this many times. */
static const char *times(int count, const char *text)
{
    char *all = apr_pcalloc(pool, (apr_size_t)count * strlen(text) + 1);

    for (int i = 0; i < count; i++)
        strcat(all, text);
    return all;
}

TEST(an_excerpt_of_a_text_that_is_short_when_escaped_is_all_of_it)
{
    ck_assert_str_eq(excerpt(""), "");
    ck_assert_str_eq(excerpt("J\xC3\xBCrgen \"x\"\n"), "J\xC3\xBCrgen \\\"x\\\"\\x0A");
    ck_assert_str_eq(excerpt(times(CC_EXCERPT_MAX, "a")), times(CC_EXCERPT_MAX, "a"));
    ck_assert_str_eq(excerpt(times(CC_EXCERPT_MAX / 4, "\1")), times(CC_EXCERPT_MAX / 4, "\\x01"));
    ck_assert_str_eq(cc_text_excerpt("a\0b", 3, pool), "a\\x00b");
}

TEST(an_excerpt_is_cut_between_characters_and_says_how_long_the_text_is)
{
    ck_assert_str_eq(excerpt(times(CC_EXCERPT_MAX + 1, "a")),
                     apr_pstrcat(pool, times(CC_EXCERPT_MAX, "a"), "... (257 octets)", NULL));
    ck_assert_str_eq(excerpt(times(100, "\xE6\x97\xA5")),
                     apr_pstrcat(pool, times(85, "\xE6\x97\xA5"), "... (300 octets)", NULL));
    ck_assert_str_eq(
        excerpt(times(100, "\xF4\x8F\xBF\xBF")),
        apr_pstrcat(pool, times(16, "\\xF4\\x8F\\xBF\\xBF"), "... (400 octets)", NULL));
    ck_assert_str_eq(excerpt(apr_pstrcat(pool, times(255, "a"), "\"", NULL)),
                     apr_pstrcat(pool, times(255, "a"), "... (256 octets)", NULL));
    ck_assert_str_eq(excerpt(apr_pstrcat(pool, times(255, "a"), "\xF4\x8F\xBF\xBF", NULL)),
                     apr_pstrcat(pool, times(255, "a"), "... (259 octets)", NULL));
}

TEST(eight_bit_strings_hold_ascii_alone_but_for_utf8)
{
    static const int tags[] = {V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING, V_ASN1_NUMERICSTRING,
                               V_ASN1_VISIBLESTRING, V_ASN1_T61STRING};

    IS(V_ASN1_UTF8STRING, "J\xC3\xBCrgen", "J\xC3\xBCrgen");
    IS_UNUSABLE(V_ASN1_UTF8STRING, "J\xFCrgen");
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        IS(tags[i], "admin", "admin");
        IS_UNUSABLE(tags[i], "J\xC3\xBCrgen");
        IS_UNUSABLE(tags[i], "a\0b");
    }
}

TEST(wide_strings_decode_or_are_unusable)
{
    IS(V_ASN1_BMPSTRING, "\0J\0\xFC\x65\xE5", "J\xC3\xBC\xE6\x97\xA5");
    IS(V_ASN1_BMPSTRING, "\xD8\x3D\xDE\0", "\xF0\x9F\x98\x80");
    IS_UNUSABLE(V_ASN1_BMPSTRING, "\0a\0");
    IS_UNUSABLE(V_ASN1_BMPSTRING, "\xD8\x3D\0a");
    IS_UNUSABLE(V_ASN1_BMPSTRING, "\xDE\0\0a");
    IS_UNUSABLE(V_ASN1_BMPSTRING, "\xD8\x3D");
    IS(V_ASN1_UNIVERSALSTRING, "\0\0\0a\0\1\xF6\0", "a\xF0\x9F\x98\x80");
    IS_UNUSABLE(V_ASN1_UNIVERSALSTRING, "\0\0\0a\0");
    IS_UNUSABLE(V_ASN1_UNIVERSALSTRING, "\0\x11\0\0");
    IS_UNUSABLE(V_ASN1_UNIVERSALSTRING, "\0\0\xD8\0");
}

TEST(a_nul_in_a_wide_string_is_named)
{
    cc_value_t value = cc_value_string(V_ASN1_BMPSTRING, (const unsigned char *)"\0a\0\0", 4, pool);

    ck_assert_str_eq(value.unusable, "it contains a NUL");
}

TEST(other_types_are_no_text)
{
    IS_UNUSABLE(V_ASN1_BIT_STRING, "admin");
    IS_UNUSABLE(V_ASN1_OCTET_STRING, "admin");
    IS_UNUSABLE(V_ASN1_GENERALSTRING, "admin");
    IS_UNUSABLE(V_ASN1_SEQUENCE, "admin");
}

SUITE("text", .setup = setup, .teardown = teardown);
