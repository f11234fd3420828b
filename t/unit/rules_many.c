/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that lint finds in many rules what a comparison of all pairs finds, in far fewer steps. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "rules/logic.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;
static cc_tables_t *tables;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    tables = faketable_make("t fake:x\nu fake:x", pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- all pairs --------------------------------------------------------------------------- */

static bool condition_follows(cc_logic_t *logic, const cc_rule_t *rule, const cc_condition_t *c)
{
    for (int i = 0; i < rule->conditions->nelts; i++)
        if (cc_logic_implies(logic, &APR_ARRAY_IDX(rule->conditions, i, cc_condition_t), c))
            return true;
    return false;
}

static bool rule_follows(cc_logic_t *logic, const cc_rule_t *rule, const cc_rule_t *earlier)
{
    for (int i = 0; i < earlier->conditions->nelts; i++)
        if (!condition_follows(logic, rule, &APR_ARRAY_IDX(earlier->conditions, i, cc_condition_t)))
            return false;
    return true;
}

static const cc_rule_t *first_of_all(const cc_rules_t *rules, const cc_rule_t *rule,
                                     bool (*wanted)(const cc_rule_t *rule))
{
    cc_logic_t *logic = cc_logic_create(rules, rule, pool);

    for (int i = 0; i < rule->number; i++) {
        const cc_rule_t *earlier = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        if (wanted(earlier) && rule_follows(logic, rule, earlier))
            return earlier;
    }
    return NULL;
}

/* ---- random rules from a fixed seed ------------------------------------------------------ */

static const char *const conditions[] = {
    "subject.CN == Alice",
    "subject.CN == Bob",
    "subject.CN != Bob",
    "subject.CN =~ A.*",
    "subject.CN =~ .*e",
    "subject.CN =~ Al(i|o)ce",
    "subject.CN =~ A\\w+e",
    "subject.CN =~ (?i)al.*",
    "subject.CN =~ Alice|Bob",
    "subject.CN !~ A.*",
    "subject.CN in t",
    "subject.CN !in t",
    "sid == ab",
    "sid == b",
    "sid != b",
    "sid =~ a.*",
    "sid !~ a.*",
    "sid =~ [[:lower:]]b",
    "sid =~ ab?",
    "sid =~ a{1}b",
    "sid in u",
    "sid|lower == ab",
    "sid|lower =~ a.",
    "issuer == O=Example",
    "issuer == CN=a,O=Example",
    "issuer under O=Example",
    "issuer under CN=a,O=Example",
    "issuer under O=Other",
    "issuer != O=Example",
    "issuer == CN=b,CN=a,O=Example",
    "san.dirname under O=Example",
    "version < 3",
    "version <= 2",
    "version == 2",
    "version > 1",
    "version >= 2",
    "version != 3",
    "days_left > 100",
    "days_left > 10",
    "days_left == 50",
    "not_after < 2026-01-01",
    "not_after <= 2026-06-01",
    "serial == 1A2B",
    "serial != 1A2B",
    "serial == 1a:2b",
};

static const char *const outputs[] = {
    "group=a", "user=%{subject.CN}", "user=x",       "user=y", "user=x group=c", "stop",
    "deny",    "user=y stop",        "group=d stop",
};

static unsigned random_below(unsigned *state, unsigned bound)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 16) % bound;
}

#define PICK(list, state) list[random_below(state, sizeof(list) / sizeof(list[0]))]

static cc_rules_t *random_rules(unsigned seed, int count)
{
    apr_array_header_t *text = apr_array_make(pool, count * 4, sizeof(const char *));
    unsigned state = seed;

    for (int i = 0; i < count; i++) {
        for (unsigned j = 1 + random_below(&state, 4); j > 0; j--)
            APR_ARRAY_PUSH(text, const char *) = PICK(conditions, &state);
        APR_ARRAY_PUSH(text, const char *) = PICK(outputs, &state);
        APR_ARRAY_PUSH(text, const char *) = "\n";
    }
    return ruleset_compile_with(tables, apr_array_pstrcat(pool, text, ' '), pool);
}

static const char *where_of(const cc_rule_t *rule)
{
    return rule ? rule->where : "none";
}

TEST_LOOP(the_first_rule_that_holds_too_is_that_of_a_comparison_of_all_pairs, 0, 60)
{
    cc_rules_t *rules = random_rules((unsigned)_i, 60);
    cc_earlier_t *earlier = cc_earlier_create(rules, pool, pool);
    int found = 0;

    for (int i = 0; i < cc_rules_count(rules); i++) {
        const cc_rule_t *rule = APR_ARRAY_IDX(rules->rules, i, const cc_rule_t *);
        const cc_rule_t *ending = first_of_all(rules, rule, cc_rule_ends);
        const cc_rule_t *user = first_of_all(rules, rule, cc_rule_always_user);

        cc_earlier_look(earlier, rule);
        ck_assert_str_eq(where_of(cc_earlier_ending(earlier)), where_of(ending));
        ck_assert_str_eq(where_of(cc_earlier_user(earlier)), where_of(user));
        cc_earlier_add(earlier, rule);
        found += ending || user;
    }
    ck_assert_int_gt(found, 0);
    ck_assert(!cc_earlier_cut(earlier));
}

/* ---- steps ------------------------------------------------------------------------------- */

/* Rules of one kind, with a number for #. A second # is another number. */
typedef struct kind_t {
    const char *rule;
    int most; /* steps for each rule */
} kind_t;

static const kind_t kinds[] = {
    {"subject.CN == n# user=u#", 8},
    {"subject.CN == n# deny", 8},
    {"san.email =~ (.+)@n#\\.example user=$1", 8},
    {"san.email =~ (.+)@n#\\.example user=$1 stop", 8},
    {"san.email =~ n#@.* user=u#", 8},
    {"san.email !~ n#@.* deny", 8},
    {"issuer == CN=a san.email =~ n#@.* user=u#", 16},
    {"subject under O=n# user=u#", 8},
    {"subject under O=n#,C=DE deny", 8},
    {"subject.CN in t subject.OU == n# user=u#", 16},
    {"days_left > # group=g#", 8},
    {"version == 3 group=g#", 8},
    {"subject.CN == n# subject.OU == m# user=u#", 16},
};

static const char *numbered(const char *rule, int number)
{
    const char *text = "", *hash;

    while ((hash = strchr(rule, '#'))) {
        text = apr_psprintf(pool, "%s%.*s%05d", text, (int)(hash - rule), rule, number);
        rule = hash + 1;
    }
    return apr_pstrcat(pool, text, rule, NULL);
}

static void add(cc_rules_t *rules, const char *text)
{
    ck_assert_int_eq(cc_rules_add(rules, text, text, NULL), APR_SUCCESS);
}

static apr_uint64_t steps_of(const cc_rules_t *rules, int notes)
{
    apr_uint64_t steps;
    const apr_array_header_t *found = cc_lint_rules(rules, CC_ISSUERS_ONE, &steps, pool);

    ck_assert_int_eq(found->nelts, notes);
    return steps;
}

TEST_LOOP(rules_of_one_kind_are_compared_in_steps_that_grow_as_their_number, 0, COUNT(kinds))
{
    const kind_t *kind = &kinds[_i];
    cc_rules_t *rules = cc_rules_create(tables, NULL, pool);

    for (int i = 0; i < 4000; i++)
        add(rules, numbered(kind->rule, i));
    ck_assert_uint_le(steps_of(rules, 0), 4000 * (apr_uint64_t)kind->most);
}

/* Each value is in 64 rules, each pair of values in one. */
TEST(rules_that_share_each_of_their_conditions_with_many_are_no_more_work)
{
    cc_rules_t *rules = cc_rules_create(tables, NULL, pool);

    for (int i = 0; i < 4096; i++)
        add(rules,
            apr_psprintf(pool, "subject.O == o%d subject.OU == u%d user=x%d", i / 64, i % 64, i));
    ck_assert_uint_le(steps_of(rules, 0), 4096 * 16);
}

TEST(values_are_compared_with_the_patterns_that_may_match_them_alone)
{
    cc_rules_t *rules = cc_rules_create(tables, NULL, pool);

    for (int i = 0; i < 2000; i++)
        add(rules, apr_psprintf(pool, "san.email =~ .+@h%d\\.example user=h%d", i, i));
    for (int i = 0; i < 2000; i++)
        add(rules, apr_psprintf(pool, "san.email == a@h%d.example user=a%d", i, i));
    ck_assert_uint_le(steps_of(rules, 2000), 4000 * 8);
}

/* If it takes too long, this is reported once; the other findings are still true. */
TEST(a_comparison_that_would_take_too_long_is_cut_short_and_told)
{
    cc_rules_t *rules = cc_rules_create(tables, NULL, pool);
    apr_array_header_t *notes;
    apr_uint64_t steps;

    for (int i = 0; i < 2000; i++)
        add(rules, apr_psprintf(pool, "san.email =~ [a-z]+%d@.+ user=h%d", i, i));
    for (int i = 0; i < 2000; i++)
        add(rules, apr_psprintf(pool, "san.email == a%d@h.example user=a%d", i, i));
    notes = cc_lint_rules(rules, CC_ISSUERS_ONE, &steps, pool);
    ck_assert_uint_le(steps, 2 * 1000000 + 4000 * 2 * 16);
    for (int i = 0, cut = 0; i < notes->nelts; i++) {
        const cc_note_t *note = &APR_ARRAY_IDX(notes, i, cc_note_t);
        cut += strcmp(note->tag, "CC0760") == 0;
        ck_assert(strcmp(note->tag, "CC0703") == 0 || cut == 1);
        ck_assert(i < notes->nelts - 1 || cut == 1);
    }
}

/* ---- fields ------------------------------------------------------------------------------ */

TEST(a_field_of_a_rule_that_cannot_be_read_is_found_anew)
{
    cc_rules_t *rules = cc_rules_create(tables, NULL, pool);
    const cc_verdict_t *verdict;

    add(rules, "subject.CN != x group=a");
    ck_assert_int_ne(cc_rules_add(rules, "subject.OU == a subject.UID ~ b user=x", "", NULL),
                     APR_SUCCESS);
    add(rules, "subject.UID != b subject.OU == Staff group=g");
    ck_assert_int_eq(rules->selectors->nelts, 3);
    verdict = ruleset_verdict(rules, ruleset_alice, pool);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "a g");
}

TEST(many_fields_and_tables_are_each_kept_once)
{
    cc_rules_t *rules =
        cc_rules_create(faketable_make("a fake:x\nb fake:x\nc fake:x", pool), NULL, pool);

    for (int i = 0; i < 300; i++)
        add(rules,
            apr_psprintf(pool, "ext.1.2.3.%d == 00 sid in %c group=g", i % 100, 'a' + i % 3));
    ck_assert_int_eq(rules->selectors->nelts, 101);
    ck_assert_int_eq(rules->named->nelts, 3);
}

/* ---- the beginning and the end of a pattern's texts --------------------------------------- */

typedef struct literal_case_t {
    const char *pattern;
    const char *begin;
    const char *end;
} literal_case_t;

static const literal_case_t literals[] = {
    {"abc", "abc", "abc"},
    {"(.+)@example\\.com", "", "@example.com"},
    {"spiffe://a\\.b/ns/(?<ns>[^/]+)/sa/([^/]+)", "spiffe://a.b/ns/", ""},
    {"ab*", "a", ""},
    {"ab?c", "a", "c"},
    {"ab+c", "a", "c"},
    {"ab{2,3}c", "a", "c"},
    {"a|b", "", ""},
    {"x(a|b)y", "x", "y"},
    {"x[|]y", "x", "y"},
    {"x[]|]y", "x", "y"},
    {"x[[:alpha:]|]y", "x", "y"},
    {"x[[:]|y]z", "", ""},
    {"(?i)abc", "", ""},
    {"a(?i)bc", "", ""},
    {"a(?x: b )c", "", ""},
    {"a(?:b)c", "a", "c"},
    {"a(?=b).c", "a", "c"},
    {"(*NO_JIT)abc", "", ""},
    {"a(*ACCEPT)b", "", ""},
    {"\\Qa|b\\E", "", ""},
    {"[\\Qa]\\E]x", "", ""},
    {"a\\d+b", "a", "b"},
    {"a\\x{62}b", "", ""},
    {"(?<n>a)\\k<n>", "", ""},
    {"(a)\\1", "", ""},
    {"a\xC3\xA4*b", "a", "b"},
    {"a.c$", "a", ""},
    {"^a.c", "", "c"},
    {"a)", "a", ""},
    {"a{x", "", "x"},
    {"a#b c", "a#b c", "a#b c"},
    {"", "", ""},
};

TEST_LOOP(a_pattern_begins_and_ends_with_what_is_certain, 0, COUNT(literals))
{
    const literal_case_t *c = &literals[_i];
    struct iovec begin, end;

    cc_pattern_literals(c->pattern, &begin, &end, pool);
    ck_assert_str_eq(apr_pstrmemdup(pool, begin.iov_base, begin.iov_len), c->begin);
    ck_assert_str_eq(apr_pstrmemdup(pool, end.iov_base, end.iov_len), c->end);
}

SUITE("many", .setup = setup, .teardown = teardown, .timeout = 60);
