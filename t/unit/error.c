/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how errors are filled and how they read. */
#include "base/error.h"

#include <string.h>

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

TEST(an_error_reads_as_tag_place_word_and_message)
{
    cc_error_t err = {.where = "conf/site.conf:12"};

    ck_assert_int_eq(cc_error_set(&err, pool, "CC0201", "sna.email", "no such %s", "field"),
                     APR_EINVAL);
    ck_assert_str_eq(cc_error_text(&err, pool),
                     "CC0201: conf/site.conf:12: \"sna.email\": no such field");
}

TEST(an_error_without_place_and_word_reads_as_tag_and_message)
{
    cc_error_t err = {0};

    cc_error_set(&err, pool, "CC0301", NULL, "not a certificate");
    ck_assert_str_eq(cc_error_text(&err, pool), "CC0301: not a certificate");
}

TEST(the_word_is_copied_and_escaped)
{
    char word[] = "a\nb\"c";
    cc_error_t err = {0};

    cc_error_set(&err, pool, "CC0201", word, "bad");
    memset(word, 'x', sizeof(word) - 1);
    ck_assert_str_eq(cc_error_text(&err, pool), "CC0201: \"a\\x0Ab\\\"c\": bad");
}

TEST(a_message_that_quotes_texts_is_printable_and_keeps_its_own_quotes)
{
    cc_error_t err = {0};

    cc_error_set(&err, pool, "CC0201", NULL, "write \"%s\" or %s", "a\nb", "\\{\xff");
    ck_assert_str_eq(cc_error_text(&err, pool), "CC0201: write \"a\\x0Ab\" or \\{\\xFF");
}

TEST(nobody_has_to_take_the_error)
{
    ck_assert_int_eq(cc_error_set(NULL, pool, "CC0201", "a", "b"), APR_EINVAL);
}

SUITE("error", .setup = setup, .teardown = teardown);
