/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the content of a verdict: order of rules, deny, stop, notes, staleness, and the trace. */
#include <string.h>

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

typedef struct verdict_case_t {
    const char *rules;
    const char *text; /* ruleset_text without staleness */
} verdict_case_t;

static const verdict_case_t cases[] = {
    {"subject.CN == Bob user=x", "user - of -; denied -;"},
    {"user=x group=g\nuser=y group=h",
     "user x of r1; denied -; group g of r1; group h of r2; matched r1; matched r2;"},
    {"subject.CN == Bob user=x\nuser=y", "user y of r2; denied -; matched r2;"},
    {"user=x group=g\nsubject.CN == Alice deny\nuser=y",
     "user - of -; denied r2; matched r1; matched r2;"},
    {"user=x group=g\nsubject.CN == Bob deny\ngroup=h",
     "user x of r1; denied -; group g of r1; group h of r3; matched r1; matched r3;"},
    {"group=g\nsubject.CN == Alice stop\nuser=y",
     "user - of -; denied -; group g of r1; matched r1; matched r2;"},
    {"subject.CN == Alice stop group=g user=x group=h\nuser=y",
     "user x of r1; denied -; group g of r1; group h of r1; matched r1;"},
    {"subject.CN == Bob stop\nuser=y", "user y of r2; denied -; matched r2;"},
    {"group=b\ngroup=a\ngroup=b",
     "user - of -; denied -; group b of r1; group a of r2; matched r1; matched r2; matched r3;"},
    {"deny", "user - of -; denied r1; matched r1;"},
    {"account=b user=x account=a\naccount=c account=b",
     "user x of r1; denied -; account b of r1; account a of r1; account c of r2; matched r1; "
     "matched r2;"},
    {"account=x account=y\nuser=x", "user x of r2; denied -; account y of r1; matched r1; "
                                    "matched r2;"},
    {"account=%{subject.OU}",
     "user - of -; denied -; account Staff of r1; account Admins of r1; matched r1;"},
    {"user=x account=y\nsubject.CN == Alice deny\naccount=z",
     "user - of -; denied r2; matched r1; matched r2;"},
};

TEST_LOOP(rules_run_in_order_until_one_ends_them, 0, COUNT(cases))
{
    const cc_verdict_t *verdict = ruleset_ask(cases[_i].rules, ruleset_alice, pool);
    const char *text = ruleset_text(verdict, pool);
    const char *stale = strstr(text, " stale");

    text = apr_pstrcat(pool, apr_pstrmemdup(pool, text, (apr_size_t)(stale - text)),
                       strchr(stale, ';') + 1, NULL);
    ck_assert_str_eq(text, cases[_i].text);
}

TEST(an_identity_is_a_user_or_a_group)
{
    ck_assert(cc_verdict_has_identity(ruleset_ask("user=x", ruleset_alice, pool)));
    ck_assert(cc_verdict_has_identity(ruleset_ask("group=x", ruleset_alice, pool)));
    ck_assert(!cc_verdict_has_identity(ruleset_ask("user=x\ndeny", ruleset_alice, pool)));
    ck_assert(!cc_verdict_has_identity(ruleset_ask("stop", ruleset_alice, pool)));
    ck_assert(!cc_verdict_has_identity(cc_rules_evaluate(cc_rules_create(NULL, NULL, pool),
                                                         ruleset_certificate(ruleset_alice, pool),
                                                         &ruleset_facts, NULL, pool, pool)));
}

TEST(an_account_alone_is_no_identity)
{
    const cc_verdict_t *verdict = ruleset_ask("account=x", ruleset_alice, pool);

    ck_assert(!cc_verdict_has_identity(verdict));
    ck_assert_int_eq(cc_verdict_result(verdict), CC_RESULT_UNMAPPED);
}

TEST(a_failed_evaluation_has_no_account)
{
#define ELEVEN(name)                                                                               \
    name, "a", name, "b", name, "c", name, "d", name, "e", name, "f", name, "g", name, "h", name,  \
        "i", name, "j", name, "k"
    static ruleset_certificate_t many = {ELEVEN("OU"), ELEVEN("O"), ELEVEN("DC"), NULL};
    const cc_verdict_t *verdict = ruleset_ask(
        "account=x\n"
        "account=%{subject.OU}%{subject.O}%{subject.DC}",
        many, pool);

    ck_assert_ptr_nonnull(verdict->failure);
    ck_assert_int_eq(verdict->account_count, 0);
}

TEST(many_accounts_are_each_there_once)
{
    const char *rules = "user=x";
    const cc_verdict_t *verdict;

    for (int i = 0; i < 60; i++)
        rules = apr_psprintf(pool, "%s\naccount=a%d", rules, i % 30);
    verdict = ruleset_ask(rules, ruleset_alice, pool);
    ck_assert_int_eq(verdict->account_count, 30);
    for (int i = 0; i < 30; i++)
        ck_assert_str_eq(verdict->accounts[i].name, apr_psprintf(pool, "a%d", i));
}

TEST(a_chosen_account_is_the_user_and_the_user_an_account)
{
    const cc_verdict_t *verdict =
        ruleset_ask("user=x group=g account=y account=z", ruleset_alice, pool);
    const cc_verdict_t *chosen = cc_verdict_choose(verdict, "z", pool);

    ck_assert_str_eq(chosen->user, "z");
    ck_assert_str_eq(chosen->holder, "x");
    ck_assert_ptr_null(verdict->holder);
    ck_assert_str_eq(chosen->user_where, "r1");
    ck_assert_int_eq(chosen->account_count, 2);
    ck_assert_str_eq(chosen->accounts[0].name, "x");
    ck_assert_str_eq(chosen->accounts[1].name, "y");
    ck_assert_str_eq(chosen->groups[0].name, "g");
    ck_assert_str_eq(verdict->user, "x");
    ck_assert_ptr_eq(cc_verdict_choose(verdict, "x", pool), verdict);
}

TEST(another_name_cannot_be_chosen)
{
    static const char *const names[] = {"", "Y", "yy", "y ", "g", "root"};
    const cc_verdict_t *verdict = ruleset_ask("user=x group=g account=y", ruleset_alice, pool);

    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_ptr_null(cc_verdict_choose(verdict, names[i], pool));
}

TEST(an_account_can_be_chosen_without_a_user)
{
    const cc_verdict_t *chosen =
        cc_verdict_choose(ruleset_ask("account=y", ruleset_alice, pool), "y", pool);

    ck_assert_int_eq(cc_verdict_result(chosen), CC_RESULT_MAPPED);
    ck_assert_ptr_null(chosen->holder);
    ck_assert_int_eq(chosen->account_count, 0);
}

TEST(a_group_is_asked_by_its_whole_name)
{
    const cc_verdict_t *verdict = ruleset_ask("group=ab group=c", ruleset_alice, pool);

    ck_assert(cc_verdict_in_group(verdict, "ab"));
    ck_assert(cc_verdict_in_group(verdict, "c"));
    ck_assert(!cc_verdict_in_group(verdict, "a"));
    ck_assert(!cc_verdict_in_group(verdict, "abc"));
    ck_assert(!cc_verdict_in_group(verdict, "AB"));
    ck_assert(!cc_verdict_in_group(verdict, ""));
}

TEST(an_unusable_value_is_told_once_and_escaped)
{
    const cc_verdict_t *verdict = ruleset_ask("san.email == x user=x\n"
                                              "san.email|lower =~ x user=x\n"
                                              "san.email != y user=x\n"
                                              "group=a%{san.email|first}",
                                              ruleset_bad, pool);

    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0150");
    ck_assert_str_eq(verdict->notes[0].where, "r1");
    ck_assert_str_eq(verdict->notes[0].text, "san.email: 2 of 3 values cannot be used; the first "
                                             "is \"evil\\x01@example.com\": it contains a control "
                                             "character");
}

TEST(what_a_modifier_makes_unusable_is_told_with_the_modifier)
{
    static ruleset_certificate_t pairs = {"CN", "x/O=y", NULL};
    const cc_verdict_t *verdict = ruleset_ask("subject|oneline != /CN=x user=x", pairs, pool);

    ck_assert_ptr_null(verdict->user);
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0150");
    ck_assert_ptr_eq(strstr(verdict->notes[0].text, "subject|oneline: 1 of 1"),
                     verdict->notes[0].text);
}

TEST(a_verdict_is_stale_when_a_field_of_its_rules_changes)
{
    apr_time_t day = apr_time_from_sec(24 * 60 * 60);
    apr_time_t at = ruleset_ask("days_left > 1 user=x", ruleset_alice, pool)->stale_at;

    ck_assert(at > ruleset_facts.now && at <= ruleset_facts.now + day);
    ck_assert(ruleset_ask("user=d%{days_left|first}", ruleset_alice, pool)->stale_at == at);
    ck_assert(ruleset_ask("not_after > 2026-01-01 user=x", ruleset_alice, pool)->stale_at ==
              APR_INT64_MAX);
}

TEST(a_verdict_needs_neither_scratch_nor_certificate_any_more)
{
    cc_rules_t *rules = ruleset_compile("san.email =~ (.*)@.* group=$1\n"
                                        "user=%{san.email} group=%{subject.OU}",
                                        pool);
    apr_pool_t *scratch;
    const cc_verdict_t *verdict;
    const char *before;

    apr_pool_create(&scratch, NULL);
    verdict = cc_rules_evaluate(rules, ruleset_certificate(ruleset_alice, scratch), &ruleset_facts,
                                NULL, pool, scratch);
    before = ruleset_text(verdict, pool);
    apr_pool_destroy(scratch);
    ck_assert_str_eq(ruleset_text(verdict, pool), before);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "alice Alice.A Staff Admins");
}

/* ---- the trace --------------------------------------------------------------------------- */

typedef struct step_case_t {
    const char *condition; /* NULL: all hold */
    const char *seen;
} step_case_t;

static void steps_check(const char *lines, ruleset_certificate_t pairs, const step_case_t *steps,
                        int count)
{
    apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));

    cc_rules_evaluate(ruleset_compile(lines, pool), ruleset_certificate(pairs, pool),
                      &ruleset_facts, trace, pool, pool);
    ck_assert_int_eq(trace->nelts, count);
    for (int i = 0; i < count; i++) {
        const cc_step_t *step = &APR_ARRAY_IDX(trace, i, cc_step_t);
        ck_assert_str_eq(step->where, apr_psprintf(pool, "r%d", i + 1));
        ck_assert_pstr_eq(step->condition, steps[i].condition);
        ck_assert_pstr_eq(step->seen, steps[i].seen);
    }
}

TEST(a_trace_tells_the_first_condition_that_failed_and_what_it_saw)
{
    static const step_case_t steps[] = {
        {"san.dns == \"x\"", "alice.example.com"},
        {NULL, NULL},
        {"subject.OU|lower =~ \"a\\.b\\\"\"", "staff, admins"},
        {"subject.UID == \"x\"", "(none)"},
        {"subject.CN == \"y\"", "Alice"},
    };

    steps_check("subject.CN == Alice san.dns  ==  'x'  subject.CN == Bob user=a\n"
                "subject.CN == Alice user=b\n"
                "subject.OU|lower =~ \"a\\.b\\\"\" user=c\n"
                "subject.UID == x user=d\n"
                "subject.CN == y user=e",
                ruleset_alice, steps, 5);
}

TEST(a_trace_shows_unusable_values_as_such)
{
    static const step_case_t steps[] = {
        {"san.email == \"x\"", "(unusable: it contains a control character), bob@example.com, "
                               "(unusable: it contains a control character)"},
    };

    steps_check("san.email == x user=a", ruleset_bad, steps, 1);
}

TEST(a_trace_ends_where_the_evaluation_ends)
{
    static const step_case_t steps[] = {{"subject.CN == \"Bob\"", "Alice"}, {NULL, NULL}};

    steps_check("subject.CN == Bob deny\nsubject.CN == Alice stop\nuser=x", ruleset_alice, steps,
                2);
    steps_check("subject.CN == Bob stop\nsubject.CN == Alice deny\nuser=x", ruleset_alice, steps,
                2);
}

/* ---- large certificates ------------------------------------------------------------------ */

#define LARGE 102400

/* `begin`, and then one letter often enough to make it large. */
static const char *large(const char *begin, char letter)
{
    char *text = apr_palloc(pool, LARGE + 1);

    memset(text, letter, LARGE);
    memcpy(text, begin, strlen(begin));
    text[LARGE] = '\0';
    return text;
}

TEST(a_trace_shows_the_begin_of_a_long_value)
{
    const char *const pairs[] = {"dns", large("short", 'a'), "dns", "b", NULL};
    const char *seen = apr_pstrcat(pool, apr_pstrmemdup(pool, pairs[1], CC_EXCERPT_MAX),
                                   "... (102400 octets), b", NULL);
    const step_case_t steps[] = {{"san.dns == \"x\"", seen}};

    steps_check("san.dns == x user=a", pairs, steps, 1);
}

TEST(a_trace_shows_the_first_of_many_values)
{
    const char *pairs[2 * 17 + 1] = {NULL};
    step_case_t step = {"san.dns == \"x\"", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15"};

    for (int i = 0; i < 16; i++) {
        pairs[2 * i] = "dns";
        pairs[2 * i + 1] = apr_itoa(pool, i);
    }
    steps_check("san.dns == x user=a", pairs, &step, 1);
    pairs[2 * 16] = "dns";
    pairs[2 * 16 + 1] = "16";
    step.seen = apr_pstrcat(pool, step.seen, " and 1 more", NULL);
    steps_check("san.dns == x user=a", pairs, &step, 1);
}

TEST(a_note_shows_the_begin_of_a_long_value)
{
    const char *const pairs[] = {"email", large("\1@", 'a'), "dns", large("", 'b'),
                                 "dns",   large("", 'c'),    NULL};
    const cc_verdict_t *verdict =
        ruleset_ask("san.email == x user=x\nuser=%{san.dns}", pairs, pool);

    ck_assert_int_eq(verdict->note_count, 2);
    for (int i = 0; i < 2; i++) {
        ck_assert_ptr_nonnull(strstr(verdict->notes[i].text, "... (102400 octets)\""));
        ck_assert_uint_lt(strlen(verdict->notes[i].text), 1000);
    }
}

/* ---- parts and selectors ----------------------------------------------------------------- */

TEST(joined_parts_can_be_split_again)
{
    static const char *const parts[] = {"a", "b,c", "d\\", "", "\\,"};

    ck_assert_str_eq(cc_parts_join(parts, 5, pool), "a,b\\,c,d\\\\,,\\\\\\,");
    ck_assert_str_eq(cc_parts_join(parts, 1, pool), "a");
    ck_assert_str_eq(cc_parts_join(parts, 0, pool), "");
}

static const cc_selector_t *selector(const char *text)
{
    const cc_selector_t *made = NULL;

    ck_assert_int_eq(cc_selector_parse(&made, text, pool, NULL), APR_SUCCESS);
    return made;
}

TEST(a_selector_gives_the_values_after_its_modifiers)
{
    cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);
    cc_values_t values =
        cc_selector_values(selector("san.email|local|lower"), cert, &ruleset_facts, pool);

    ck_assert_int_eq(values.count, 2);
    ck_assert_str_eq(values.at[0].text, "alice");
    ck_assert_str_eq(values.at[1].text, "alice.a");
    values = cc_selector_values(selector("san.email|last"), cert, &ruleset_facts, pool);
    ck_assert_int_eq(values.count, 1);
    ck_assert_str_eq(values.at[0].text, "Alice.A@Example.ORG");
}

TEST(a_selector_knows_whether_it_has_many_values_and_when_they_change)
{
    cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);

    ck_assert(cc_selector_many(selector("san.email")));
    ck_assert(cc_selector_many(selector("san.email|lower")));
    ck_assert(!cc_selector_many(selector("san.email|first|lower")));
    ck_assert(!cc_selector_many(selector("sha256")));
    ck_assert(cc_selector_stale_at(selector("days_left|first"), cert, &ruleset_facts) <
              APR_INT64_MAX);
    ck_assert(cc_selector_stale_at(selector("san.email"), cert, &ruleset_facts) == APR_INT64_MAX);
}

TEST(a_bad_selector_is_refused_as_in_a_rule)
{
    const cc_selector_t *made;
    cc_error_t err = {0};

    ck_assert_int_eq(cc_selector_parse(&made, "san.emial", pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0201");
    ck_assert_int_eq(cc_selector_parse(&made, "san.email|x", pool, &err), APR_EINVAL);
    ck_assert_str_eq(err.tag, "CC0211");
}

SUITE("verdict", .setup = setup, .teardown = teardown);
