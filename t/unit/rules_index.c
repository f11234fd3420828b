/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that the index changes the cost of an evaluation and never its result, in any thread. */
#include <pthread.h>
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

/* ---- random rules from a fixed seed ------------------------------------------------------ */

static const char *const conditions[] = {
    "subject.CN == Alice",
    "subject.CN == Bob",
    "subject.CN != Bob",
    "subject.CN =~ A.*",
    "subject.OU == Staff",
    "subject.OU == Admins",
    "subject.OU == Guests",
    "subject.OU != Guests",
    "subject.OU|lower == staff",
    "subject.OU|last == Admins",
    "subject.OU|first == Admins",
    "san.email == alice@example.com",
    "san.email == bob@example.com",
    "san.email =~ b.*",
    "san.email != x",
    "san.email|domain == example.com",
    "san.email|first == bob@example.com",
    "issuer == \"CN=Staff CA,O=Example,C=DE\"",
    "issuer == \"CN=Staff CA\"",
    "issuer under \"O=Example,C=DE\"",
    "subject|oneline == /CN=x",
    "days_left == 213",
    "days_left > 100",
    "serial == 1A2B",
    "serial != 1A2B",
    "san.email =~ (.+)+@nowhere(x)",
};

static const char *const outputs[] = {
    "group=a",
    "group=b",
    "group=%{subject.OU}",
    "group=%{san.email|local}",
    "user=%{subject.CN}",
    "user=%{san.email}",
    "user=%{san.email|first} group=c",
    "user=x",
    "stop",
    "deny",
    "group=%{subject.UID}",
    "group=d stop",
};

static unsigned random_below(unsigned *state, unsigned bound)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 16) % bound;
}

#define PICK(list, state) list[random_below(state, sizeof(list) / sizeof(list[0]))]

static const char *random_rules(unsigned seed, int count)
{
    apr_array_header_t *text = apr_array_make(pool, count * 4, sizeof(const char *));
    unsigned state = seed;

    for (int i = 0; i < count; i++) {
        for (unsigned j = 1 + random_below(&state, 3); j > 0; j--)
            APR_ARRAY_PUSH(text, const char *) = PICK(conditions, &state);
        APR_ARRAY_PUSH(text, const char *) = PICK(outputs, &state);
        APR_ARRAY_PUSH(text, const char *) = "\n";
    }
    return apr_array_pstrcat(pool, text, ' ');
}

TEST_LOOP(the_index_gives_the_verdict_of_a_walk_through_all_rules, 0, 60)
{
    ruleset_certificate_t *const certificates[] = {&ruleset_alice, &ruleset_bad};
    const char *lines = random_rules((unsigned)_i, _i % 5 == 0 ? 200 : 12);
    cc_rules_t *rules = ruleset_compile(lines, pool);

    for (int i = 0; i < 2; i++) {
        cc_cert_t *cert = ruleset_certificate(*certificates[i], pool);
        apr_array_header_t *trace = apr_array_make(pool, 1, sizeof(cc_step_t));
        const char *indexed =
            ruleset_text(cc_rules_evaluate(rules, cert, &ruleset_facts, NULL, pool, pool), pool);
        const char *walked =
            ruleset_text(cc_rules_evaluate(rules, cert, &ruleset_facts, trace, pool, pool), pool);

        ck_assert_msg(strcmp(indexed, walked) == 0, "%s\n%s\n%s", lines, indexed, walked);
        ck_assert_int_gt(trace->nelts, 0);
    }
}

TEST(of_many_rules_those_that_hold_are_found_in_their_order)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    const cc_verdict_t *verdict;

    for (int i = 0; i < 1000; i++) {
        const char *rule = i % 100 == 63   ? "subject.OU == Admins subject.CN == Alice group=x"
                           : i % 100 == 64 ? "subject.OU =~ A.* group=x"
                                           : apr_psprintf(pool, "subject.CN == n%d group=y", i);
        const char *where = apr_psprintf(pool, "%d", i);
        ck_assert_int_eq(cc_rules_add(rules, rule, where, NULL), APR_SUCCESS);
    }
    verdict = ruleset_verdict(rules, ruleset_alice, pool);
    ck_assert_int_eq(verdict->matched_count, 20);
    for (int i = 0; i < 20; i++) {
        const char *where = apr_psprintf(pool, "%d", i / 2 * 100 + 63 + i % 2);
        ck_assert_str_eq(verdict->matched[i].where, where);
    }
    ck_assert_str_eq(ruleset_groups(verdict, pool), "x");
}

TEST(a_value_that_stands_twice_counts_a_rule_once)
{
    static ruleset_certificate_t pairs = {"OU", "a", "OU", "a", "OU", "b", NULL};
    const cc_verdict_t *verdict =
        ruleset_ask("subject.OU == a group=x\nsubject.OU == b group=y", pairs, pool);

    ck_assert_int_eq(verdict->matched_count, 2);
}

/* ---- threads ----------------------------------------------------------------------------- */

typedef struct shared_t {
    const cc_rules_t *rules;
    const cc_cert_t *cert;
    const char *expected;
} shared_t;

static void *evaluate_often(void *baton)
{
    const shared_t *shared = baton;
    bool same = true;

    for (int i = 0; i < 200; i++) {
        apr_pool_t *own;
        const cc_verdict_t *verdict;

        apr_pool_create_unmanaged(&own);
        verdict = cc_rules_evaluate(shared->rules, shared->cert, &ruleset_facts, NULL, own, own);
        same = same && strcmp(ruleset_text(verdict, own), shared->expected) == 0;
        apr_pool_destroy(own);
    }
    return same ? baton : NULL;
}

TEST(two_threads_that_share_rules_and_certificate_get_the_same_verdict)
{
    cc_rules_t *rules = ruleset_compile(
        "san.uri =~ .*/ns/(?<ns>[^/]+)/sa/(?<sa>[^/]+) user=$<sa>.$<ns> group=%{subject.OU|lower}\n"
        "subject.OU == Staff subject|oneline != /CN=x group=staff\n"
        "issuer == \"CN=Staff CA,O=Example,C=DE\" days_left > 0 group=%{san.email}",
        pool);
    shared_t shared = {rules, ruleset_certificate(ruleset_alice, pool), NULL};
    pthread_t other;
    void *result;

    shared.expected =
        ruleset_text(cc_rules_evaluate(rules, shared.cert, &ruleset_facts, NULL, pool, pool), pool);
    ck_assert_int_eq(pthread_create(&other, NULL, evaluate_often, &shared), 0);
    ck_assert_ptr_nonnull(evaluate_often(&shared));
    ck_assert_int_eq(pthread_join(other, &result), 0);
    ck_assert_ptr_nonnull(result);
    ck_assert_ptr_nonnull(strstr(shared.expected, "user db.prod"));
}

SUITE("index", .setup = setup, .teardown = teardown, .timeout = 60);
