/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that the cost of an evaluation is bounded, whatever the certificate contains. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

/* PCRE2 gives up matching such names with this pattern. */
#define BACKTRACKING "(a+)+b"
#define MANY_A "aaaaaaaaaaaaaaaaaaaaaaa"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* A certificate with this many email addresses; %d in the format is the number of each. */
static const char **mails(int count, const char *format)
{
    const char **pairs = apr_pcalloc(pool, sizeof(*pairs) * (2 * (apr_size_t)count + 1));

    for (int i = 0; i < count; i++) {
        pairs[2 * i] = "email";
        pairs[2 * i + 1] = apr_psprintf(pool, format, i);
    }
    return pairs;
}

/* The line this many times, with %d for its number, and then a last line. */
static const char *lines(int count, const char *line, const char *last)
{
    apr_array_header_t *all = apr_array_make(pool, count, sizeof(const char *));

    for (int i = 0; i < count; i++)
        APR_ARRAY_PUSH(all, const char *) = apr_psprintf(pool, line, i);
    APR_ARRAY_PUSH(all, const char *) = last;
    return apr_array_pstrcat(pool, all, '\n');
}

/* ---- patterns ---------------------------------------------------------------------------- */

TEST(a_condition_is_told_once_however_many_values_are_given_up)
{
    const char **pairs = mails(8, MANY_A "bx%d");
    const cc_verdict_t *verdict =
        ruleset_ask("san.email =~ " BACKTRACKING " user=x\ngroup=after", pairs, pool);

    ck_assert_ptr_null(verdict->failure);
    ck_assert_str_eq(ruleset_groups(verdict, pool), "after");
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0151");
    ck_assert_ptr_nonnull(strstr(verdict->notes[0].text, "abandoned on 8 of 8 values"));
}

TEST(patterns_that_take_too_much_together_are_a_failure_that_is_told_once)
{
    const char *rules = lines(200, "san.email =~ " BACKTRACKING " user=x%d", "group=after");
    const cc_verdict_t *verdict = ruleset_ask(rules, mails(800, MANY_A "bx%d"), pool);

    ck_assert_ptr_nonnull(strstr(verdict->failure, "r1: san.email =~"));
    ck_assert_ptr_nonnull(strstr(verdict->failure, "the patterns have used all the steps"));
    ck_assert(verdict->failure_lasts && verdict->stale_at == APR_INT64_MAX);
    ck_assert_ptr_null(verdict->user);
    ck_assert_int_eq(verdict->group_count, 0);
    ck_assert_int_eq(verdict->note_count, 1);
    ck_assert_str_eq(verdict->notes[0].tag, "CC0151");
}

TEST(what_has_taken_too_much_lets_nobody_through_a_negation)
{
    const char **pairs = mails(800, MANY_A "bx%d");
    const cc_verdict_t *verdict =
        ruleset_ask("san.email =~ " BACKTRACKING " deny\ngroup=staff", pairs, pool);

    ck_assert_ptr_nonnull(verdict->failure);
    ck_assert_int_eq(verdict->group_count, 0);
    verdict = ruleset_ask("san.email !~ " BACKTRACKING " group=staff", pairs, pool);
    ck_assert_ptr_nonnull(verdict->failure);
    ck_assert_int_eq(verdict->group_count, 0);
}

TEST(many_values_and_many_patterns_of_the_usual_kind_do_not_take_too_much)
{
    const char *rules = lines(300, "san.email =~ \"staff%d-[^@]+@example\\.com\" user=x",
                              "san.email =~ \"m(7)@example\\.com\" user=$1");
    const cc_verdict_t *verdict = ruleset_ask(rules, mails(780, "m%d@example.com"), pool);

    ck_assert_ptr_null(verdict->failure);
    ck_assert_str_eq(verdict->user, "7");
    ck_assert_int_eq(verdict->note_count, 0);
}

/* A trace evaluates rules that the index has ruled out: they must not use up the others' steps. */
TEST(a_trace_takes_nothing_from_the_rules_that_count)
{
    const char *text =
        lines(60, "san.email =~ " BACKTRACKING " subject.CN == nobody%d user=x",
              "san.email =~ " BACKTRACKING " user=x\nsan.email =~ " MANY_A ".* group=held");
    cc_rules_t *rules = ruleset_compile(text, pool);
    cc_cert_t *cert = ruleset_certificate(mails(3, MANY_A "by%d"), pool);
    apr_array_header_t *trace = apr_array_make(pool, 64, sizeof(cc_step_t));
    const cc_verdict_t *plain = cc_rules_evaluate(rules, cert, &ruleset_facts, NULL, pool, pool);
    const cc_verdict_t *traced = cc_rules_evaluate(rules, cert, &ruleset_facts, trace, pool, pool);

    ck_assert_str_eq(ruleset_groups(plain, pool), "held");
    ck_assert_str_eq(ruleset_text(traced, pool), ruleset_text(plain, pool));
    ck_assert_int_eq(trace->nelts, 62);
}

/* The memory of this process in octets: pools may map theirs, so malloc's count is not enough. */
static long resident(void)
{
    FILE *in = fopen("/proc/self/statm", "r");
    long size = 0, pages = 0;

    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(fscanf(in, "%ld %ld", &size, &pages), 2);
    fclose(in);
    return pages * sysconf(_SC_PAGESIZE);
}

/* AddressSanitizer keeps freed memory, and more. */
#ifdef __SANITIZE_ADDRESS__
#define MOST_OCTETS 1000000
#else
#define MOST_OCTETS 6000
#endif

/* Compiling a rule takes 12 KB that are not needed afterwards. */
TEST(a_compiled_pattern_keeps_what_it_needs_and_no_more)
{
    const char *text =
        lines(4000, "san.email =~ \"(.+)@dept%d\\.example\\.com\" user=$1", "group=g");
    long before = resident();

    ruleset_compile(text, pool);
    ck_assert_int_lt((resident() - before) / 4000, MOST_OCTETS);
}

/* ---- groups ------------------------------------------------------------------------------ */

TEST(groups_are_distinct_and_in_their_order_however_many_there_are)
{
    const char *rules = lines(20, "group=%%{san.email}\ngroup=extra%d", "group=%{san.email}");
    const cc_verdict_t *verdict = ruleset_ask(rules, mails(900, "m%d@example.com"), pool);

    ck_assert_int_eq(verdict->group_count, 920);
    ck_assert_str_eq(verdict->groups[0].name, "m0@example.com");
    ck_assert_str_eq(verdict->groups[899].name, "m899@example.com");
    ck_assert_str_eq(verdict->groups[900].name, "extra0");
    ck_assert_str_eq(verdict->groups[900].where, "r2");
    ck_assert_str_eq(verdict->groups[919].name, "extra19");
}

/* `deny` empties the list; the next groups (in another evaluation) start a new one. */
TEST(groups_of_a_denied_certificate_are_none)
{
    const cc_verdict_t *verdict =
        ruleset_ask("group=%{san.email}\nserial == 1a2b deny", mails(900, "m%d@example.com"), pool);

    ck_assert_int_eq(verdict->group_count, 0);
    ck_assert_str_eq(verdict->denied_where, "r2");
}

SUITE("effort", .setup = setup, .teardown = teardown);
