/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how rules name tables: which tables exist, what is refused, and how uses are recorded. */
#include <string.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

#define ALICE "alice@example.com"

static const faketable_row_t people[] = {{ALICE, "alice"}, {NULL, NULL}};
static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static cc_tables_t *make(const faketable_row_t *rows)
{
    cc_tables_t *tables = faketable_make("t fake:x", pool);

    faketable.rows = rows;
    return tables;
}

typedef struct error_case_t {
    const char *rule;
    const char *tag;
    const char *says;
} error_case_t;

static const error_case_t errors[] = {
    {"san.email in nosuch user=x", "CC0231", "tables so far: t, u"},
    {"san.email !in T user=x", "CC0231", "tables so far: t, u"},
    {"subject in t user=x", "CC0232", "write subject|oneline"},
    {"san.dirname|first !in t user=x", "CC0232", "san.dirname|first|oneline"},
    {"san.email in t san.dns in u user=$1", "CC0228", "a rule for each table"},
    {"san.email in t san.dns =~ (.*) user=$1", "CC0228", "(?<name>...)"},
    {"san.email in t san.dns =~ (?<a>.*)(.*) user=$1", "CC0228", "(?<name>...)"},
    {"san.email !in t user=$1", "CC0227", "the first column of an in"},
    {"san.email in t user=$0", "CC0225", "$1 to $9"},
    {"san.email in t user=$<name>", "CC0227", "(?<name>...)"},
};

TEST_LOOP(a_bad_use_of_a_table_is_refused, 0, COUNT(errors))
{
    cc_rules_t *rules = cc_rules_create(faketable_make("t fake:x\nu fake:y", pool), NULL, pool);
    cc_error_t err = {0};

    ck_assert_int_eq(cc_rules_add(rules, errors[_i].rule, "r1", &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, errors[_i].tag);
    ck_assert_msg(strstr(err.message, errors[_i].says) != NULL, "%s", err.message);
}

TEST(a_table_of_another_scope_is_not_there)
{
    cc_tables_t *tables = faketable_make("t fake:x", pool);
    int scope = 0, other = 0; /* only their addresses matter */

    ck_assert_int_eq(cc_tables_add(tables, &scope, "mine fake:x", "site.conf:2", NULL),
                     APR_SUCCESS);
    ck_assert_int_eq(cc_rules_add(cc_rules_create(tables, &scope, pool),
                                  "san.email in mine san.dns in t user=x", "r1", NULL),
                     APR_SUCCESS);
    ck_assert_int_eq(
        cc_rules_add(cc_rules_create(tables, &other, pool), "san.email in mine user=x", "r1", NULL),
        APR_EINVAL);
}

/* The table needs the number: a row with fewer columns than rules use is a failure of the table. */
TEST(a_table_is_told_that_it_is_used_and_up_to_which_column)
{
    static const faketable_row_t rows[] = {{ALICE, "a b"}, {NULL, NULL}};
    cc_tables_t *tables = make(rows);
    cc_error_t err = {0};
    cc_rules_t *rules;

    ck_assert_int_eq(cc_tables_open(tables, "/", pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0607");
    rules = ruleset_compile_with(tables, "san.email in t group=$2 user=$1", pool);
    ck_assert_int_eq(cc_tables_open(tables, "/", pool, &err), APR_SUCCESS);
    ck_assert_str_eq(ruleset_verdict(rules, ruleset_alice, pool)->user, "a");
    rules = ruleset_compile_with(tables, "san.email in t group=$3 user=$1", pool);
    ck_assert_ptr_nonnull(ruleset_verdict(rules, ruleset_alice, pool)->failure);
}

TEST(conditions_of_require_may_ask_a_table)
{
    cc_rules_t *rules = cc_rules_create(make(people), NULL, pool);

    ck_assert_int_eq(cc_rules_add_conditions(rules, "san.email in t", "r1", NULL), APR_SUCCESS);
    ck_assert_int_eq(ruleset_verdict(rules, ruleset_alice, pool)->matched_count, 1);
    faketable.fails = "*";
    ck_assert_ptr_nonnull(ruleset_verdict(rules, ruleset_alice, pool)->failure);
    ck_assert_int_eq(ruleset_verdict(rules, ruleset_alice, pool)->matched_count, 0);
}

SUITE("names", .setup = setup, .teardown = teardown);
