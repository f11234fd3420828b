/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that rules that deny or stop, and cannot be decided, let no client in. */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

#define BIDI "\xE2\x80\xAE"
#define MANY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* A certificate of Staff with an unusable CN and one usable OU of two. */
static ruleset_certificate_t odd = {
    "issuer.CN", "Staff CA",       "O",     "Example",         "OU", "Staff", "OU", "Guests" BIDI,
    "CN",        "ban" BIDI "ned", "email", "odd@example.com", NULL};

/* The pattern (a+)+b is catastrophic on this name. */
static ruleset_certificate_t catastrophic = {"CN", MANY_A "bx", NULL};

static const cc_verdict_t *ask(const char *rules, ruleset_certificate_t pairs)
{
    return ruleset_ask(rules, pairs, pool);
}

/* ---- rules that keep clients out ----------------------------------------------------------- */

typedef struct rule_case_t {
    const char *rule;
    bool denies;
} rule_case_t;

static const rule_case_t keeping_out[] = {
    {"subject.CN == banned deny", true},
    {"subject.CN != Alice deny", true},
    {"subject.CN =~ ban.* deny", true},
    {"subject.CN !~ A.* deny", true},
    {"subject.CN|lower == banned deny", true},
    {"subject under \"O=Other\" deny", true},
    {"subject|oneline != /CN=x deny", true},
    {"subject.CN in t deny", true},
    {"subject.CN !in t deny", true},
    {"subject.OU == Guests deny", true},
    {"subject.OU != Guests deny", true},
    {"subject.OU|last == Guests deny", true},
    {"subject.CN == banned stop", true},
    {"subject.CN == banned group=x stop", true},
    /* all other conditions hold, in either order, or are undecided too */
    {"issuer == \"CN=Staff CA\" subject.CN == banned deny", true},
    {"subject.CN == banned issuer == \"CN=Staff CA\" deny", true},
    {"subject.CN == banned subject.OU == Guests deny", true},
    {"subject.CN == banned san.email in t deny", true},
    /* one condition does not hold, so the rule does not match */
    {"issuer == \"CN=Other CA\" subject.CN == banned deny", false},
    {"subject.CN == banned issuer == \"CN=Other CA\" deny", false},
    {"subject.CN == banned san.email !in t deny", false},
    {"subject.CN == banned subject.OU =~ St.* subject.O != Example deny", false},
    /* another value decides the condition */
    {"subject.OU == Staff deny", true},
    {"subject.OU != Staff deny", false},
    {"subject.OU|first == Guests deny", false},
};

static void undecided_check(const rule_case_t *expected, ruleset_certificate_t pairs)
{
    static const faketable_row_t rows[] = {{"odd@example.com", "x"}, {NULL, NULL}};
    const char *lines = apr_pstrcat(pool, "user=first group=staff\n", expected->rule,
                                    "\nsubject.O =~ .* group=late", NULL);
    cc_tables_t *tables = faketable_make("t fake:x", pool);
    const cc_verdict_t *verdict;

    faketable.rows = rows;
    verdict = ruleset_verdict(ruleset_compile_with(tables, lines, pool), pairs, pool);
    ck_assert_msg((verdict->denied_where != NULL) == expected->denies, "%s", expected->rule);
    ck_assert_msg(cc_verdict_has_identity(verdict) != expected->denies, "%s", expected->rule);
    if (expected->denies)
        ck_assert_str_eq(verdict->denied_where, "r2");
}

TEST_LOOP(a_rule_that_keeps_out_denies_unless_a_condition_fails, 0, COUNT(keeping_out))
{
    undecided_check(&keeping_out[_i], odd);
}

TEST_LOOP(a_pattern_that_was_given_up_denies, 0, 3)
{
    static const rule_case_t rules[] = {{"subject.CN =~ (a+)+b deny", true},
                                        {"subject.CN !~ (a+)+b deny", true},
                                        {"subject.CN =~ (a+)+b stop", true}};

    undecided_check(&rules[_i], catastrophic);
}

TEST(a_letter_that_folds_to_an_ascii_one_denies)
{
    static ruleset_certificate_t folding = {"CN", "ad\xC5\xBFmin", NULL};

    ck_assert_ptr_nonnull(ask("user=x\nsubject.CN =~ (?i)ad.?min deny", folding)->denied_where);
}

TEST(that_a_rule_denied_undecided_is_told)
{
    const cc_verdict_t *verdict = ask("user=x\nsubject.CN == banned deny", odd);

    ck_assert_int_eq(verdict->note_count, 2);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0150");
    ck_assert_str_eq(verdict->notes[1].tag, "CC0157");
    ck_assert_str_eq(verdict->notes[1].where, "r2");
    ck_assert_str_eq(verdict->notes[1].text,
                     "subject.CN == \"banned\" cannot be decided, so this rule denies");
    ck_assert_int_eq(verdict->matched_count, 1);
}

TEST(a_trace_tells_what_is_not_decided)
{
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));
    const cc_step_t *steps;

    cc_rules_evaluate(ruleset_compile("subject.CN == a group=x\nsubject.O == a subject.CN == a "
                                      "group=x\nsubject.CN == a deny",
                                      pool),
                      ruleset_certificate(odd, pool), &ruleset_facts, trace, pool, pool);
    ck_assert_int_eq(trace->nelts, 3);
    steps = (const cc_step_t *)trace->elts;
    ck_assert(steps[0].undecided && !steps[1].undecided && steps[2].undecided);
    ck_assert_str_eq(steps[2].condition, "subject.CN == \"a\"");
}

/* The index must not skip a rule whose field equals no operand because it is not usable. */
TEST(a_rule_among_thousands_denies_too)
{
    apr_array_header_t *lines = apr_array_make(pool, 8, sizeof(const char *));

    APR_ARRAY_PUSH(lines, const char *) = "group=staff\n";
    for (int i = 0; i < 3000; i++)
        APR_ARRAY_PUSH(lines, const char *) = apr_psprintf(pool, "subject.CN == n%d deny\n", i);
    ck_assert_str_eq(ask(apr_array_pstrcat(pool, lines, '\0'), odd)->denied_where, "r2");
    ck_assert_ptr_null(ask(apr_array_pstrcat(pool, lines, '\0'), ruleset_alice)->denied_where);
}

TEST(a_lookup_that_fails_beside_it_is_a_failure)
{
    cc_tables_t *tables = faketable_make("t fake:x", pool);

    faketable.fails = "*";
    ck_assert_ptr_nonnull(
        ruleset_verdict(
            ruleset_compile_with(tables, "subject.CN == banned san.email in t deny", pool), odd,
            pool)
            ->failure);
}

/* ---- doubts -------------------------------------------------------------------------------- */

typedef struct doubt_case_t {
    const char *rules;
    const char *doubt;  /* NULL: none */
    const char *groups; /* the groups that are given nevertheless */
} doubt_case_t;

static const doubt_case_t doubts[] = {
    /* a rule that might have given more */
    {"group=staff\nsubject.CN == banned group=banned", "r2", "staff"},
    {"group=staff\nsubject.CN =~ ban.* group=banned", "r2", "staff"},
    {"group=staff\nsubject.CN == banned user=banned", "r2", "staff"},
    {"group=staff\nsubject.CN == banned subject.O == Other group=banned", NULL, "staff"},
    {"group=staff\nsubject.O == Other subject.CN == banned group=banned", NULL, "staff"},
    /* a result that was lost */
    {"group=%{subject.OU}", "r1", "Staff"},
    {"group=%{subject.OU|lower}", "r1", "staff"},
    {"group=%{subject.OU|first}", NULL, "Staff"},
    {"group=a%{subject.CN} group=b", "r1", "b"},
    {"subject.OU =~ (.+) group=$1", "r1", "Staff"},
    {"subject.OU =~ .+ group=staff", NULL, "staff"},
    {"subject.OU =~ (.+) subject.O == Other group=$1\ngroup=b", NULL, "b"},
    /* usable values */
    {"group=%{subject.O}\nsubject.O == Other group=x", NULL, "Example"},
    {"san.email == x group=banned", NULL, ""},
    /* if a rule denies, there is no doubt */
    {"group=%{subject.OU}\ndeny", NULL, ""},
};

TEST_LOOP(a_doubt_says_that_there_may_be_more, 0, COUNT(doubts))
{
    const doubt_case_t *expected = &doubts[_i];
    const cc_verdict_t *verdict = ask(expected->rules, odd);

    ck_assert_str_eq(ruleset_groups(verdict, pool), expected->groups);
    ck_assert_pstr_eq(verdict->doubt_where, expected->doubt);
}

TEST(an_ambiguous_user_is_a_doubt)
{
    ck_assert_str_eq(ask("user=%{san.email} group=g", ruleset_alice)->doubt_where, "r1");
    ck_assert_ptr_null(ask("user=x\nuser=%{san.email}", ruleset_alice)->doubt_where);
}

TEST(a_match_that_was_given_up_beside_one_that_counts_is_a_doubt)
{
    static ruleset_certificate_t pairs = {"OU", MANY_A "bx", "OU", "aab", NULL};

    ck_assert_str_eq(ask("subject.OU =~ (a+)+b group=$1", pairs)->doubt_where, "r1");
}

TEST(conditions_alone_are_in_doubt_where_they_are_not_decided)
{
    static const struct {
        const char *text;
        int matched;
        bool doubt;
    } cases[] = {
        {"subject.CN == banned", 0, true},
        {"subject.CN != banned", 0, true},
        {"subject.O == Example", 1, false},
        {"subject.O == Other", 0, false},
        {"subject.OU == Staff", 1, false},
        {"subject.OU != Staff", 0, false},
        {"subject.CN == a subject.O == Other", 0, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
        const cc_verdict_t *verdict;

        ck_assert_int_eq(cc_rules_add_conditions(rules, cases[i].text, "r1", NULL), APR_SUCCESS);
        verdict = ruleset_verdict(rules, odd, pool);
        ck_assert_msg(verdict->matched_count == cases[i].matched, "%s", cases[i].text);
        ck_assert_msg((verdict->doubt_where != NULL) == cases[i].doubt, "%s", cases[i].text);
    }
}

SUITE("undecided", .setup = setup, .teardown = teardown);
