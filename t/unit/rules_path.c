/* SPDX-License-Identifier: Apache-2.0 */
/* Tests rules on the CAs above a certificate, of which more or less is known. */
#include <string.h>

#include <apr_strings.h>

#include "pki.h"
#include "ruleset.h"
#include "suite.h"

static apr_pool_t *pool;
static pki_t root, sub, alice; /* `sub` and `root` are above alice */
static cc_path_ca_t cas[2];
static cc_path_t path;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    root = pki_ca("Root", NULL);
    sub = pki_ca("Sub", &root);
    alice = pki_client("alice", &sub);
    cas[0] = (cc_path_ca_t){.cert = cc_cert_wrap(sub.cert, pool)};
    cas[1] = (cc_path_ca_t){.cert = cc_cert_wrap(root.cert, pool)};
    path = (cc_path_t){2, true, cas};
}

static void teardown(void)
{
    pki_free(&root);
    pki_free(&sub);
    pki_free(&alice);
    apr_pool_destroy(pool);
}

/* "denied", or the groups. */
static const char *answer(const char *lines)
{
    cc_facts_t facts = {.now = apr_time_now()};
    const cc_verdict_t *verdict;

    cc_facts_take_path(&facts, &path);
    verdict = cc_rules_evaluate(ruleset_compile(lines, pool), cc_cert_wrap(alice.cert, pool),
                                &facts, NULL, pool, pool);
    return verdict->denied_where ? "denied" : ruleset_groups(verdict, pool);
}

TEST(fields_of_several_certificates_are_kept_apart)
{
    ck_assert_str_eq(answer("group=%{subject.CN} group=%{ca.subject.CN} group=%{root.subject.CN}"),
                     "alice Sub Root");
    ck_assert_str_eq(answer("group=%{chain.subject.CN}"), "Sub Root");
    ck_assert_str_eq(answer("subject == CN=alice group=a\nca.subject == CN=alice group=b\n"
                            "root.subject == CN=alice group=c\nchain.subject == CN=Root group=d"),
                     "a d");
    ck_assert_str_eq(answer("chain.subject != CN=Sub group=a\nroot.subject != CN=Sub group=b"),
                     "b");
}

static const struct {
    const char *rules, *whole, *part, *away;
} cases[] = {
    /* away: the certificate of the root is not at hand; part: nothing above `sub` is known */
    {"root.subject == CN=Root group=x", "x", "", ""},
    {"root.subject != CN=Other group=x", "x", "", ""},
    {"root.subject == CN=Other deny\ngroup=x", "x", "denied", "denied"},
    {"root.subject != CN=Root deny\ngroup=x", "x", "denied", "denied"},
    {"chain.subject == CN=Sub group=x", "x", "x", "x"},
    {"chain.subject == CN=Other group=x", "", "", ""},
    {"chain.subject != CN=Other group=x", "x", "", ""},
    {"chain.subject == CN=Other deny\ngroup=x", "x", "denied", "denied"},
    {"chain.subject == CN=Sub deny\ngroup=x", "denied", "denied", "denied"},
    {"root.sha256 != 00 group=x", "x", "", "x"},
    {"chain.sha256 != 00 group=x", "x", "", "x"},
    {"ca.subject == CN=Sub group=x", "x", "x", "x"},
    {"group=x group=%{root.subject.CN}", "x Root", "x", "x"},
    {"root.san.upn|present == false deny\ngroup=x", "denied", "denied", "denied"},
    {"root.subject.CN|present == false deny\ngroup=x", "x", "denied", "denied"},
    {"root.san.upn|present == true group=x", "", "", ""},
    {"chain.subject|present == true group=x", "x", "x", "x"},
    {"chain.subject|count == 2 group=x", "x", "", ""},
    {"chain.subject|nth(1) == CN=Sub group=x", "x", "x", "x"},
    {"chain.subject|nth(2) == CN=Root group=x", "x", "", ""},
    {"chain.subject|nth(3) != CN=Other group=x", "x", "", ""},
    {"chain.subject|nth(3) == CN=Other deny\ngroup=x", "x", "denied", "denied"},
    {"root.subject|present == true group=x", "x", "", ""},
    {"root.ext.1.2.3|present == true group=x", "", "", ""},
    {"root.ext.1.2.3|oid|present == false group=x", "x", "", ""},
    {"root.ext.1.2.3|present == true deny\ngroup=x", "x", "denied", "denied"},
    {"chain.ext.1.2.3|present == false group=x", "x", "", ""},
};

TEST_LOOP(what_is_not_known_of_the_path_decides_nothing, 0, COUNT(cases))
{
    const char *d64 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const char *rules = cases[_i].rules, *zero = strstr(rules, " 00 ");

    if (zero) {
        rules = apr_pstrcat(pool, apr_pstrmemdup(pool, rules, (apr_size_t)(zero - rules) + 1), d64,
                            zero + 3, NULL);
    }
    ck_assert_str_eq(answer(rules), cases[_i].whole);
    path = (cc_path_t){1, false, cas};
    ck_assert_str_eq(answer(rules), cases[_i].part);
    path = (cc_path_t){2, true, cas};
    cas[1].cert = NULL;
    ck_assert_str_eq(answer(rules), cases[_i].away);
}

TEST(of_an_unknown_path_only_the_name_of_the_issuer_is_known)
{
    path = (cc_path_t){0, false, NULL};
    ck_assert_str_eq(answer("ca.subject == CN=Sub group=a\nca.key.bits|present == true group=b\n"
                            "ca.sha256|present == false group=c\n"
                            "root.subject != CN=Root group=d\nchain.subject != CN=Root group=e"),
                     "a");
    ck_assert_str_eq(answer("group=x\nca.sha256|present == true deny"), "denied");
}

TEST(the_place_of_a_value_counts_from_the_first_that_is_known)
{
    const char *rules = "chain.subject.CN|nth(1) == Root group=a\n"
                        "chain.subject.CN|nth(2) == Root group=b\n"
                        "chain.subject.CN|last == Root group=c";

    ck_assert_str_eq(answer(rules), "b c");
    cas[0].cert = NULL; /* it might have none, or several */
    ck_assert_str_eq(answer(rules), "c");
}

static const struct {
    const char *rules;
    cc_path_need_t need;
} needs[] = {
    {"subject == CN=x ca.sha256 == %s user=%%{ca.subject.CN}", CC_PATH_UNUSED},
    {"root.sha256 == %s user=x", CC_PATH_DIGESTS},
    {"user=x group=%%{chain.sha256|first}", CC_PATH_DIGESTS},
    {"root.sha256 == %s user=%%{root.subject.CN}", CC_PATH_CERTS},
};

TEST_LOOP(rules_need_what_their_fields_need, 0, COUNT(needs))
{
    const char *d64 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    cc_rules_t *rules = ruleset_compile(apr_psprintf(pool, needs[_i].rules, d64), pool);

    ck_assert_int_eq(cc_rules_path_need(rules), needs[_i].need);
}

TEST(a_field_alone_needs_what_its_parts_need)
{
    const cc_selector_t *selector = NULL;

    cc_selector_parse(&selector, "(serial,root.subject.CN)|lower", pool, NULL);
    ck_assert_int_eq(cc_selector_path_need(selector), CC_PATH_CERTS);
    cc_selector_parse(&selector, "(chain.sha256,serial)", pool, NULL);
    ck_assert_int_eq(cc_selector_path_need(selector), CC_PATH_DIGESTS);
}

/* Whether a rule that takes a name from the certificate says which CAs it means. */
static const struct {
    const char *rule;
    bool binds;
} bindings[] = {
    {"user=%{subject.CN}", false},
    {"ca.subject == CN=x user=%{subject.CN}", true},
    {"root.subject.CN == x user=%{subject.CN}", true},
    {"chain.ski == 00 user=%{subject.CN}", true},
    {"root.issuer == CN=x user=%{subject.CN}", true},
    {"root.key.bits >= 2048 user=%{subject.CN}", false},
    {"ca.not_after > 2026-01-01 user=%{subject.CN}", false},
};

TEST_LOOP(a_ca_above_binds_a_rule_to_it, 0, COUNT(bindings))
{
    const cc_rules_t *rules = ruleset_compile(bindings[_i].rule, pool);
    const apr_array_header_t *found = cc_rules_lint(rules, CC_ISSUERS_SEVERAL, pool);

    ck_assert_msg((found->nelts == 0) == bindings[_i].binds, "%s", bindings[_i].rule);
}

SUITE("path", .setup = setup, .teardown = teardown);
