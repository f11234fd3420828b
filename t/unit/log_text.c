/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that no text can end a quotation or a line of the log, and that each is shortened to
 * its limit.
 */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "cert/cert.h"
#include "fakehttpd.h"
#include "httpd/conf/log_text.h"
#include "suite.h"

/* ---- quotes ------------------------------------------------------------------------------ */

static const struct {
    const char *text, *safe;
} quoted[] = {
    {"", ""},
    {"plain text", "plain text"},
    {"a \\\"b\\\" c", "a \\x22b\\x22 c"}, /* as cc_text_escape writes a quote */
    {"a \"b\"", "a 'b'"},
    {"\\\\ and \\x0A", "\\\\ and \\x0A"},
    {"\\", "\\"},
    {"\\\\\"", "\\\\'"},
    {"\\xZZ\"", "\\xZZ'"},
    {"a\nb", "a\\x0Ab"},
    {"\x7F\x01", "\\x7F\\x01"},
    {"d\xC3\xA9j\xC3\xA0", "d\xC3\xA9j\xC3\xA0"},
};

TEST_LOOP(a_quote_becomes_another_and_control_characters_are_escaped, 0, COUNT(quoted))
{
    ck_assert_str_eq(cc_log_text_requote(quoted[_i].text, '\'', fake.pool), quoted[_i].safe);
}

/* For all octets: no unescaped quote, no control character. */
TEST(any_octet_is_safe_between_quotes)
{
    for (int octet = 1; octet < 256; octet++) {
        char text[] = {'a', (char)octet, '"', (char)octet, '\0'};
        const char *escaped = cc_text_escape(text, 4, fake.pool);
        const char *safe = cc_log_text_requote(escaped, '\'', fake.pool);

        ck_assert_ptr_null(strchr(safe, '"'));
        for (const char *at = safe; *at; at++) {
            ck_assert((unsigned char)*at >= 0x20 && *at != 0x7F);
        }
    }
}

static const struct {
    const char *text, *word;
} words[] = {
    {"site.conf:7", "site.conf:7"},
    {"my site.conf:7", "my\\x20site.conf:7"},
    {"a\tb\"c\n", "a\\x09b\\x22c\\x0A"},
    {"a\\x20b", "a\\x20b"},
};

TEST_LOOP(a_word_has_no_blank_in_it, 0, COUNT(words))
{
    ck_assert_str_eq(cc_log_text_word(words[_i].text, fake.pool), words[_i].word);
}

/* ---- length ------------------------------------------------------------------------------ */

static const struct {
    const char *text;
    apr_size_t most;
    const char *cut;
} cuts[] = {
    {"abcdef", 6, "abcdef"},
    {"abcdefg", 6, "abc..."},
    {"abc", 3, "abc"},
    {"abcd", 3, "..."},
    {"", 3, ""},
    {"ab\\\\\\\\", 10, "ab\\\\\\\\"}, /* httpd doubles each backslash */
    {"ab\\\\\\\\", 9, "ab\\\\..."},
    {"ab\\x0Acd", 9, "ab\\x0Acd"},
    {"ab\\x0Acd", 8, "ab..."},                    /* an escape is not cut in two */
    {"\xC3\xA9\xC3\xA9", 16, "\xC3\xA9\xC3\xA9"}, /* httpd writes each octet as \xHH */
    {"\xC3\xA9\xC3\xA9", 15, "\xC3\xA9..."},
    {"\xC3\xA9\xC3\xA9", 10, "..."},
};

TEST_LOOP(what_is_too_long_for_the_log_is_cut_between_characters, 0, COUNT(cuts))
{
    ck_assert_str_eq(cc_log_text_cut(cuts[_i].text, cuts[_i].most, fake.pool), cuts[_i].cut);
}

TEST(a_line_takes_a_kilobyte_of_a_text)
{
    char *text = apr_palloc(fake.pool, 5000);

    memset(text, 'x', 4999);
    text[4999] = '\0';
    ck_assert_uint_eq(strlen(cc_log_text(text, fake.pool)), CC_LOG_TEXT_LONGEST);
    memset(text, '"', 4999);
    ck_assert_str_eq(cc_log_text(text + 4998, fake.pool), "\"");
    ck_assert_str_eq(cc_log_escaped(text + 4998, fake.pool), "\\x22");
    memset(text, '\x01', 4999);
    ck_assert_uint_le(strlen(cc_log_escaped(text, fake.pool)), CC_LOG_TEXT_LONGEST);
}

SUITE("text", .setup = fake_begin, .teardown = fake_end);
