/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that patterns match whole characters and whole values, and cannot be made to run long. */
#include <string.h>

#include <apr_strings.h>

#include "ruleset.h"
#include "suite.h"

/* 2 to the power of 20 ways to split it: above this module's limit, below PCRE2's own. */
#define MANY_A "aaaaaaaaaaaaaaaaaaaa"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* The pattern is catastrophic on this name: it has a b, but not at its end. */
static ruleset_certificate_t catastrophic = {"CN", MANY_A "bx", NULL};

TEST_LOOP(a_catastrophic_pattern_does_not_match_and_is_told, 0, 2)
{
    static const char *const patterns[] = {"(a+)+b", "(*NO_JIT)(a+)+b"};
    const char *rule =
        apr_pstrcat(pool, "subject.CN =~ ", patterns[_i], " user=x\ngroup=after", NULL);
    const cc_verdict_t *verdict = ruleset_ask(rule, catastrophic, pool);

    ck_assert_ptr_null(verdict->user);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "after");
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0151");
    ck_assert_str_eq(verdict->notes[0].where, "r1");
    ck_assert_ptr_nonnull(strstr(verdict->notes[0].text, "subject.CN =~ "));
    ck_assert_ptr_nonnull(strstr(verdict->notes[0].text, "limit exceeded"));
}

TEST(a_negative_pattern_does_not_hold_where_a_limit_was_hit)
{
    const cc_verdict_t *verdict = ruleset_ask("subject.CN !~ (a+)+b user=x", catastrophic, pool);

    ck_assert_ptr_null(verdict->user);
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0151");
}

TEST(a_value_that_matches_counts_beside_one_that_hits_a_limit)
{
    static ruleset_certificate_t pairs = {"OU", MANY_A "bx", "OU", "aab", NULL};
    const cc_verdict_t *verdict = ruleset_ask("subject.OU =~ (a+)+b group=$1", pairs, pool);

    ck_assert_str_eq(ruleset_groups(verdict, pool), "aa");
    ck_assert_int_eq(verdict->note_count, 1);
}

static char *many_a(int count)
{
    char *name = apr_palloc(pool, (apr_size_t)count + 1);

    memset(name, 'a', (apr_size_t)count);
    name[count] = '\0';
    return name;
}

TEST(a_match_that_needs_much_memory_is_given_up_and_told)
{
    const char *pairs[] = {"email", many_a(8000), NULL};
    const cc_verdict_t *verdict = ruleset_ask("san.email =~ (?:a|b)+ user=x", pairs, pool);

    ck_assert_ptr_null(verdict->user);
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0151");
    ck_assert_ptr_nonnull(strstr(verdict->notes[0].text, "match limit exceeded"));
}

/* PCRE2 walks over the whole value between two of its steps: 100,000 of them took 0.6 s. */
TEST(a_value_that_is_too_long_for_patterns_is_told)
{
    const char *pairs[] = {"email", many_a(8193), NULL};
    const cc_verdict_t *verdict = ruleset_ask("san.email =~ .*.*b user=x\n"
                                              "san.email =~ a+ deny",
                                              pairs, pool);

    ck_assert_ptr_null(verdict->user);
    ck_assert_str_eq(verdict->denied_where, "r2");
    ck_assert_str_eq(verdict->notes[0].tag, "CC0151");
    ck_assert_ptr_nonnull(
        strstr(verdict->notes[0].text, "the value has 8193 bytes, and the limit is 8192"));
}

TEST(a_long_value_is_matched)
{
    const char *pairs[] = {"email", many_a(4000), NULL};

    ck_assert_str_eq(ruleset_ask("san.email =~ (?:a|b)+ user=x", pairs, pool)->user, "x");
    ck_assert_str_eq(ruleset_ask("san.email =~ (a|b)+ user=x", pairs, pool)->user, "x");
    ck_assert_str_eq(ruleset_ask("san.email =~ (?:(a)|(b))+ user=x", pairs, pool)->user, "x");
    ck_assert_str_eq(ruleset_ask("san.email =~ [a-z]*(a) user=$1", pairs, pool)->user, "a");
    pairs[1] = many_a(8192);
    ck_assert_str_eq(ruleset_ask("san.email =~ [a-z]*(a) user=$1", pairs, pool)->user, "a");
}

TEST(a_dot_is_a_character_and_not_an_octet)
{
    static ruleset_certificate_t pairs = {"CN", "\xC3\x9Cnal", NULL};

    ck_assert_str_eq(ruleset_ask("subject.CN =~ (.)nal user=$1", pairs, pool)->user, "\xC3\x9C");
    ck_assert_str_eq(
        ruleset_ask("subject.CN =~ \"[\xC3\x84-\xC3\x9C](...)\" user=$1", pairs, pool)->user,
        "nal");
    ck_assert_ptr_null(ruleset_ask("subject.CN =~ (\\w+) user=$1", pairs, pool)->user);
}

/* U+212A KELVIN SIGN and U+017F LATIN SMALL LETTER LONG S are k and s to Unicode's case folding. */
TEST(no_other_letter_passes_for_an_ascii_one)
{
    static ruleset_certificate_t kelvin = {"CN", "\xE2\x84\xAAim", NULL};
    static ruleset_certificate_t long_s = {"CN", "bo\xC5\xBF\xC5\xBF", NULL};

    ck_assert_ptr_null(ruleset_ask("subject.CN =~ (?i)kim user=kim", kelvin, pool)->user);
    ck_assert_ptr_null(ruleset_ask("subject.CN =~ (?i)boss user=boss", long_s, pool)->user);
    ck_assert_ptr_null(ruleset_ask("subject.CN|lower == kim user=kim", kelvin, pool)->user);
}

TEST(a_pattern_is_anchored_at_both_ends)
{
    static ruleset_certificate_t pairs = {"CN", "x,CN=admin", "OU", "admin,x", NULL};

    ck_assert_ptr_null(ruleset_ask("subject.CN =~ admin user=x", pairs, pool)->user);
    ck_assert_ptr_null(ruleset_ask("subject.OU =~ admin user=x", pairs, pool)->user);
    ck_assert_ptr_null(ruleset_ask("subject.CN =~ foo|admin|bar user=x", pairs, pool)->user);
    ck_assert_ptr_null(ruleset_ask("subject.CN =~ (?m)^admin$ user=x", pairs, pool)->user);
}

SUITE("patterns", .setup = setup, .teardown = teardown);
