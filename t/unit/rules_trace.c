/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that a trace shows all rules that matter, and those that came nearest to matching. */
#include <apr_strings.h>

#include "ruleset.h"
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

/* Traces Alice's certificate: "r1 r4 ..., and N more". */
static const char *told(const char *lines, int most)
{
    cc_rules_t *rules = ruleset_compile(lines, pool);
    cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);
    cc_trace_t trace = {.steps = apr_array_make(pool, 1, sizeof(cc_step_t)), .max = most};
    const char *text = "";
    const char *plain =
        ruleset_text(cc_rules_evaluate(rules, cert, &ruleset_facts, NULL, pool, pool), pool);

    ck_assert_str_eq(
        plain,
        ruleset_text(cc_rules_explain(rules, cert, &ruleset_facts, &trace, pool, pool), pool));
    for (int i = 0; i < trace.steps->nelts; i++)
        text = apr_pstrcat(pool, text, APR_ARRAY_IDX(trace.steps, i, cc_step_t).where, " ", NULL);
    return apr_psprintf(pool, "%sand %d more", text, trace.rest);
}

#define NO "subject.CN == nobody "
#define YES "subject.CN == Alice "
#define DN "issuer under \"O=Example,C=DE\" "

TEST(rules_that_hold_are_all_told)
{
    ck_assert_str_eq(told(YES "group=a\n" NO "group=b\n" YES "user=c\n" YES "stop\n" NO "deny", 0),
                     "r1 r3 r4 and 1 more");
    ck_assert_str_eq(told(NO "group=a\n" YES "deny\n" YES "group=b", 0), "r2 and 1 more");
}

/* The failed condition of a rule that does not match, as a trace has it. */
static const char *condition_of(cc_rules_t *rules)
{
    cc_trace_t trace = {.steps = apr_array_make(pool, 1, sizeof(cc_step_t)), .max = 1};

    cc_rules_explain(rules, ruleset_certificate(ruleset_alice, pool), &ruleset_facts, &trace, pool,
                     pool);
    return APR_ARRAY_IDX(trace.steps, 0, cc_step_t).condition;
}

TEST(a_condition_is_written_as_in_its_rule)
{
    cc_rules_t *rules = ruleset_compile("subject.CN =~ \"(b)\\.\\\"\\d\" user=$1", pool);

    ck_assert_str_eq(condition_of(rules), "subject.CN =~ \"(b)\\.\\\"\\d\"");
    ck_assert_str_eq(cc_rules_text(rules, 0, pool), "subject.CN =~ \"(b)\\.\\\"\\d\" user=$1");
}

TEST(a_condition_with_control_characters_is_escaped)
{
    ck_assert_str_eq(condition_of(ruleset_compile("subject.CN =~ \"b\001\\.\" user=x", pool)),
                     "subject.CN =~ \"b\\x01\\\\.\"");
    ck_assert_str_eq(condition_of(ruleset_compile("subject.CN =~ \"b\xe2\x80\xae\" user=x", pool)),
                     "subject.CN =~ \"b\\xE2\\x80\\xAE\"");
}

TEST(an_undecided_rule_is_told)
{
    cc_rules_t *rules = ruleset_compile("subject.CN == a user=a\nsubject.OU == a user=b", pool);
    cc_trace_t trace = {.steps = apr_array_make(pool, 1, sizeof(cc_step_t))};

    cc_rules_explain(rules, ruleset_certificate(ruleset_bad, pool), &ruleset_facts, &trace, pool,
                     pool);
    ck_assert_int_eq(trace.steps->nelts, 1);
    ck_assert(APR_ARRAY_IDX(trace.steps, 0, cc_step_t).undecided);
    ck_assert_int_eq(trace.rest, 1);
}

TEST(of_the_others_those_that_came_nearest_are_told)
{
    const char *lines = NO "user=a\n" /* 0 */
        NO DN "user=a\n"              /* -1 */
        DN NO "user=a\n"              /* 1 */
        DN NO YES "user=a\n"          /* 0 */
        DN YES NO "user=a\n"          /* 2 */
        NO DN YES YES "user=a\n"      /* -3 */
        DN NO "user=b";               /* 1 */

    ck_assert_str_eq(told(lines, 1), "r5 and 6 more");
    ck_assert_str_eq(told(lines, 2), "r3 r5 and 5 more");
    ck_assert_str_eq(told(lines, 3), "r3 r5 r7 and 4 more");
    ck_assert_str_eq(told(lines, 4), "r1 r3 r5 r7 and 3 more");
    ck_assert_str_eq(told(lines, 5), "r1 r3 r4 r5 r7 and 2 more");
    ck_assert_str_eq(told(lines, 6), "r1 r2 r3 r4 r5 r7 and 1 more");
    ck_assert_str_eq(told(lines, 7), "r1 r2 r3 r4 r5 r6 r7 and 0 more");
    ck_assert_str_eq(told(lines, 9), "r1 r2 r3 r4 r5 r6 r7 and 0 more");
}

TEST(a_nearer_rule_takes_the_place_of_a_farther_one_only)
{
    const char *lines = NO DN "user=a\n" YES "group=x\n" NO "user=b\n" DN NO "user=c\n" NO DN
                              "user=d\n" NO "user=e";

    ck_assert_str_eq(told(lines, 1), "r2 r4 and 4 more");
    ck_assert_str_eq(told(lines, 2), "r2 r3 r4 and 3 more");
    ck_assert_str_eq(told(lines, 3), "r2 r3 r4 r6 and 2 more");
}

SUITE("trace", .setup = setup, .teardown = teardown);
