/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how errors are filled and how they read. */
#include "base/error.h"

#include <string.h>

#include <apr_general.h>

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

START_TEST(an_error_reads_as_tag_place_word_and_message)
{
    cc_error_t err = {.where = "conf/site.conf:12"};

    ck_assert_int_eq(cc_error_set(&err, pool, "CC0201", "sna.email", "no such %s", "field"),
                     APR_EINVAL);
    ck_assert_str_eq(cc_error_text(&err, pool),
                     "CC0201: conf/site.conf:12: \"sna.email\": no such field");
}
END_TEST

START_TEST(an_error_without_place_and_word_reads_as_tag_and_message)
{
    cc_error_t err = {0};

    cc_error_set(&err, pool, "CC0301", NULL, "not a certificate");
    ck_assert_str_eq(cc_error_text(&err, pool), "CC0301: not a certificate");
}
END_TEST

START_TEST(the_word_is_copied_and_escaped)
{
    char word[] = "a\nb\"c";
    cc_error_t err = {0};

    cc_error_set(&err, pool, "CC0201", word, "bad");
    memset(word, 'x', sizeof(word) - 1);
    ck_assert_str_eq(cc_error_text(&err, pool), "CC0201: \"a\\x0Ab\\\"c\": bad");
}
END_TEST

START_TEST(nobody_has_to_take_the_error)
{
    ck_assert_int_eq(cc_error_set(NULL, pool, "CC0201", "a", "b"), APR_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("error");
    TCase *tests = tcase_create("error");

    apr_initialize();
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, an_error_reads_as_tag_place_word_and_message);
    tcase_add_test(tests, an_error_without_place_and_word_reads_as_tag_and_message);
    tcase_add_test(tests, the_word_is_copied_and_escaped);
    tcase_add_test(tests, nobody_has_to_take_the_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
