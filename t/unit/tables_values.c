/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests how values are put into queries and read from answers: filters, and columns of one
 * text.
 */
#include <string.h>

#include "suite.h"
#include "tables/table.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- columns --------------------------------------------------------------------------------- */

/* The values of a column between bars. */
static const char *column(const char *text)
{
    cc_column_t column = {-1, NULL};
    const char *wrong = cc_column_read(&column, text, pool);
    static char joined[200];

    joined[0] = '\0';
    for (int i = 0; i < column.count; i++) {
        strcat(strcat(joined, "|"), column.values[i]);
    }
    return wrong ? "wrong" : joined;
}

TEST(a_column_is_parted_at_its_commas)
{
    ck_assert_str_eq(column("staff"), "|staff");
    ck_assert_str_eq(column("staff,admins"), "|staff|admins");
    ck_assert_str_eq(column("Domain Users, \"x\" "), "|Domain Users| \"x\" ");
}

TEST(an_empty_column_has_no_values)
{
    ck_assert_str_eq(column(""), "");
}

TEST(a_backslash_takes_a_comma_and_itself_and_nothing_else)
{
    ck_assert_str_eq(column("Doe\\, Jane,x"), "|Doe, Jane|x");
    ck_assert_str_eq(column("a\\\\,b"), "|a\\|b");
    ck_assert_str_eq(column("EXAMPLE\\jane"), "|EXAMPLE\\jane");
    ck_assert_str_eq(column("end\\"), "|end\\");
}

TEST(an_empty_value_in_a_list_is_wrong)
{
    ck_assert_str_eq(column("a,,b"), "wrong");
    ck_assert_str_eq(column(",a"), "wrong");
    ck_assert_str_eq(column("a,"), "wrong");
    ck_assert_str_eq(column(","), "wrong");
}

/* ---- filters (RFC 4515) ---------------------------------------------------------------------- */

TEST(text_in_a_filter_means_nothing_but_itself)
{
    ck_assert_str_eq(cc_filter_text("jane", 4, pool), "jane");
    ck_assert_str_eq(cc_filter_text("*)(uid=*", 8, pool), "\\2a\\29\\28uid=\\2a");
    ck_assert_str_eq(cc_filter_text("a\\2a", 4, pool), "a\\5c2a");
    ck_assert_str_eq(cc_filter_text("a\0*", 3, pool), "a\\00\\2a");
    ck_assert_str_eq(cc_filter_text("M\xc3\xbcller", 7, pool), "M\xc3\xbcller");
    ck_assert_str_eq(cc_filter_text("", 0, pool), "");
}

TEST(hex_in_a_filter_is_octets)
{
    ck_assert_str_eq(cc_filter_hex("00ff2a", 6, pool), "\\00\\ff\\2a");
    ck_assert_str_eq(cc_filter_hex("", 0, pool), "");
}

TEST(base64_in_a_filter_is_octets)
{
    ck_assert_str_eq(cc_filter_base64("AP8q", 4, pool), "\\00\\ff\\2a");
    ck_assert_str_eq(cc_filter_base64("AP8=", 4, pool), "\\00\\ff");
    ck_assert_str_eq(cc_filter_base64("AA==", 4, pool), "\\00");
    ck_assert_str_eq(cc_filter_base64("AP8", 3, pool), "\\00\\ff");
    ck_assert_str_eq(cc_filter_base64("AP-_", 4, pool), "\\00\\ff\\bf");
}

TEST(what_is_not_base64_makes_no_filter)
{
    static const char *const wrong[] = {"", "A", "AP8q=", "A===", "====", "AP=q", "AP8*",
                                        "AP8q)(uid=*", "AP 8", "AP8q\n", "AP9="};

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ck_assert_msg(!cc_filter_base64(wrong[i], strlen(wrong[i]), pool), "%s", wrong[i]);
    }
    ck_assert_ptr_null(cc_filter_base64("AP8q\0AP8", 8, pool));
}

SUITE("values", .setup = setup, .teardown = teardown);
