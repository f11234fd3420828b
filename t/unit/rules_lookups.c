/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how many lookups an evaluation makes in a table that another program serves. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"
#include "base/waiting.h"

static apr_pool_t *pool;
static cc_tables_t *tables;

static void open_with(const char *lines)
{
    cc_error_t err = {NULL, NULL, NULL, NULL};

    tables = faketable_make(lines, pool);
    cc_table_use(cc_tables_at(tables, 0), 0);
    ck_assert_int_eq(cc_tables_open(tables, NULL, pool, &err), APR_SUCCESS);
    ck_assert_int_eq(cc_tables_child(tables, CC_WAITING_MAX, pool), APR_SUCCESS);
}

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    open_with("people several:x ttl=0 negative_ttl=0");
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* m0@example.com and so on, this many addresses; `same` of them are m0. */
static const char **mails(int count, int same)
{
    const char **pairs = apr_pcalloc(pool, sizeof(*pairs) * (2 * (apr_size_t)count + 1));

    for (int i = 0; i < count; i++) {
        pairs[2 * i] = "email";
        pairs[2 * i + 1] = apr_psprintf(pool, "m%d@example.com", i < same ? 0 : i);
    }
    return pairs;
}

static const cc_verdict_t *ask(const char *lines, const char **pairs)
{
    return ruleset_verdict(ruleset_compile_with(tables, lines, pool), pairs, pool);
}

static const faketable_row_t rows[] = {
    {"m0@example.com", "zero"}, {"m7@example.com", "seven"}, {"m99@example.com", "last"}, {0}};

TEST(values_are_asked_for_together_and_each_gets_its_own_row)
{
    const cc_verdict_t *verdict;

    faketable.rows = rows;
    verdict = ask("san.email in people group=$1", mails(100, 1));
    ck_assert_str_eq(ruleset_groups(verdict, pool), "zero seven last");
    ck_assert_int_eq(faketable.lookups, 100);
    ck_assert_int_eq(faketable.batches, 4);
}

TEST(a_value_is_asked_for_once_in_an_evaluation)
{
    const cc_verdict_t *verdict;

    faketable.rows = rows;
    verdict = ask("san.email in people group=$1\n"
                  "san.email in people user=x\n"
                  "san.email !in people group=none",
                  mails(20, 10));
    ck_assert_str_eq(verdict->user, "x");
    ck_assert_str_eq(ruleset_groups(verdict, pool), "zero");
    ck_assert_int_eq(faketable.lookups, 11);
}

TEST(no_more_is_asked_for_than_a_condition_needs)
{
    faketable.rows = rows;
    ck_assert_str_eq(ask("san.email in people user=x", mails(900, 1))->user, "x");
    ck_assert_int_eq(faketable.batches, 1);
}

TEST(more_keys_than_an_evaluation_may_ask_for_are_a_failure)
{
    const cc_verdict_t *verdict = ask("san.email in people group=$1\ngroup=staff", mails(1000, 1));

    ck_assert_ptr_null(verdict->failure);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "staff");
    verdict = ask("san.email !in people group=staff", mails(1001, 1));
    ck_assert_ptr_nonnull(strstr(verdict->failure, "one certificate has more than 1000 keys"));
    ck_assert_int_eq(verdict->group_count, 0);
    ck_assert_int_le(faketable.lookups, 2000);
}

TEST(a_key_that_fails_behind_the_one_that_decides_is_no_failure)
{
    faketable.rows = rows;
    faketable.fails = "m8@example.com";
    ck_assert_ptr_null(ask("san.email in people user=x", mails(20, 1))->failure);
    ck_assert_ptr_nonnull(ask("san.email in people user=$1", mails(20, 1))->failure);
    ck_assert_ptr_nonnull(ask("san.email !in people user=x", mails(20, 1) + 16)->failure);
}

TEST(old_answers_are_told_once_for_a_condition)
{
    const char **pairs = mails(100, 1);
    const cc_verdict_t *verdict;

    open_with("people several:x ttl=0 negative_ttl=0 stale=60");
    faketable.rows = rows;
    ask("san.email in people group=$1", pairs);
    faketable.fails = "*";
    verdict = ask("san.email in people group=$1", pairs);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "zero seven last");
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0155");
    ck_assert_ptr_nonnull(
        strstr(verdict->notes[0].text, "old answers are used for 100 of 100 values: table people"));
}

SUITE("lookups", .setup = setup, .teardown = teardown);
