/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which conditions hold for which certificate: operators, modifiers, quotes, bad values. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"

typedef struct condition_case_t {
    const char *text;
    bool holds;
} condition_case_t;

static const condition_case_t of_alice[] = {
    {"", true},
    /* text */
    {"subject.CN == Alice", true},
    {"subject.CN == Bob", false},
    {"subject.CN == Alic", false},
    {"subject.CN == Alicea", false},
    {"subject.CN != Alice", false},
    {"subject.CN != Bob", true},
    {"subject.CN =~ A.*", true},
    {"subject.CN =~ A", false},
    {"subject.CN =~ lice", false},
    {"subject.CN =~ alice", false},
    {"subject.CN =~ (?i)alice", true},
    {"subject.CN =~ A|Alice", true},
    {"subject.CN !~ A.*", false},
    {"subject.CN !~ A", true},
    /* several values */
    {"subject.OU == Admins", true},
    {"subject.OU == Staff", true},
    {"subject.OU != Admins", false},
    {"subject.OU != Guests", true},
    {"subject.OU =~ Adm.*", true},
    {"subject.OU !~ Adm.*", false},
    {"subject.OU !~ Gue.*", true},
    /* no value */
    {"subject.UID == x", false},
    {"subject.UID != x", true},
    {"subject.UID =~ .*", false},
    {"subject.UID !~ .*", true},
    {"san.dirname == CN=x", false},
    {"san.dirname != CN=x", true},
    {"san.dirname under CN=x", false},
    {"subject.UID|first != x", true},
    {"subject.UID|last == x", false},
    /* DNs */
    {"issuer == \"CN=Staff CA,O=Example,C=DE\"", true},
    {"issuer == \"cn=staff  ca,o=EXAMPLE,c=de\"", true},
    {"issuer == \"O=Example,C=DE\"", false},
    {"issuer != \"CN=Staff CA,O=Example,C=DE\"", false},
    {"issuer != \"O=Example,C=DE\"", true},
    {"issuer under \"O=Example,C=DE\"", true},
    {"issuer under \"CN=Staff CA,O=Example,C=DE\"", true},
    {"issuer under \"CN=x,CN=Staff CA,O=Example,C=DE\"", false},
    {"issuer under \"O=Other,C=DE\"", false},
    {"subject|oneline == /C=DE/O=Example/OU=Staff/OU=Admins/CN=Alice", true},
    {"subject|oneline != /C=DE/O=Example/OU=Staff/OU=Admins/CN=Alice", false},
    {"subject|oneline|lower == /c=de/o=example/ou=staff/ou=admins/cn=alice", true},
    {"subject|first == CN=Alice,OU=Admins,OU=Staff,O=Example,C=DE", true},
    /* numbers: 213 days are left */
    {"days_left == 213", true},
    {"days_left == 212", false},
    {"days_left != 213", false},
    {"days_left != 1", true},
    {"days_left < 213", false},
    {"days_left < 214", true},
    {"days_left <= 213", true},
    {"days_left <= 212", false},
    {"days_left > 213", false},
    {"days_left > 212", true},
    {"days_left >= 213", true},
    {"days_left >= 214", false},
    /* times */
    {"not_before == 2026-01-01T00:00:00Z", true},
    {"not_before == 2026-01-02T00:00:00Z", false},
    {"not_before != 2026-01-01T00:00:00Z", false},
    {"not_before != 2026-01-02T00:00:00Z", true},
    {"not_after < 2026-12-31T23:59:59Z", false},
    {"not_after < 2027-01-01", true},
    {"not_after <= 2026-12-31T23:59:59Z", true},
    {"not_after <= 2026-12-31T23:59:58Z", false},
    {"not_after > 2026-12-31T23:59:59Z", false},
    {"not_after > 2026-12-31T23:59:58Z", true},
    {"not_after >= 2026-12-31T23:59:59Z", true},
    {"not_after >= 2027-01-01", false},
    /* octets */
    {"serial == 1a2B", true},
    {"serial == 1A:2B", true},
    {"serial == 1A2C", false},
    {"serial != 1a:2b", false},
    {"serial != 1A2C", true},
    {"serial|lower == 1a2b", true},
    {"serial|upper == 1A2B", true},
    {"serial|upper != 1A2B", false},
    /* modifiers */
    {"san.email|lower == alice.a@example.org", true},
    {"san.email|upper == ALICE@EXAMPLE.COM", true},
    {"san.email|local == Alice.A", true},
    {"san.email|local == alice@example.com", false},
    {"san.email|domain == Example.ORG", true},
    {"san.email|domain|lower == example.org", true},
    {"san.email|lower|domain == example.org", true},
    {"san.dns|local == alice", false},
    {"san.dns|domain != alice", true},
    {"san.email|first == alice@example.com", true},
    {"san.email|first != Alice.A@Example.ORG", true},
    {"san.email|last|domain == Example.ORG", true},
    {"san.email|last|first|domain == example.com", false},
    {"san.email|last =~ alice.*", false},
    {"san.email|local =~ (?i)alice", true},
    {"key.bits|first > 1", true},
    /* words */
    {"subject.CN == \"Alice\"", true},
    {"subject.CN == 'Alice'", true},
    {"subject.CN == Al\"ic\"e", true},
    {"subject.CN == A'l'\"i\"ce", true},
    {"  \tsubject.CN\t==  Alice \t", true},
    {"\"subject.CN\" '==' Alice", true},
    {"subject.CN =~ \"\\w+\"", true},
    {"subject.CN =~ \\w+", true},
    {"subject.CN =~ \"\\\\w+\"", true},
    {"subject.CN =~ \\\\w+", true},
    {"subject.CN != \"\\\"\"", true},
    {"subject.CN =~ \"[^\\\"]+\"", true},
    {"subject.CN =~ '[^\"]+'", true},
    {"subject.CN =~ \"\"", false},
    /* an operand may look like an output */
    {"subject.CN != deny subject.CN != user=x", true},
    /* all must hold */
    {"subject.CN == Alice subject.OU == Staff san.dns == alice.example.com", true},
    {"subject.CN == Alice subject.OU == Guests san.dns == alice.example.com", false},
    {"subject.CN == Alice subject.CN == Bob", false},
};

/* san.email: two of three are unusable; subject.CN: the only one is. */
static const condition_case_t of_bad[] = {
    {"san.email == bob@example.com", true},
    {"san.email =~ bob.*", true},
    {"san.email == \"evil@example.com\"", false},
    {"san.email =~ evil.*", false},
    {"san.email =~ (?s).*", true},
    {"san.email != bob@example.com", false},
    {"san.email != x@example.com", false},
    {"san.email !~ bob.*", false},
    {"san.email !~ x.*", false},
    {"san.email|lower == bob@example.com", true},
    {"san.email|lower != x@example.com", false},
    {"san.email|domain == example.com", true},
    {"san.email|domain != example.org", false},
    {"san.email|first == bob@example.com", false},
    {"san.email|first =~ (?s).*", false},
    {"san.email|first != x@example.com", false},
    {"san.email|last =~ (?s).*", false},
    {"san.email|last !~ x", false},
    {"subject.CN == admin", false},
    {"subject.CN != admin", false},
    {"subject.CN =~ (?s).*", false},
    {"subject.CN !~ x", false},
    {"subject == CN=admin,O=Example", false},
    {"subject != CN=admin,O=Example", false},
    {"subject under O=Example", false},
    {"subject|oneline != /CN=x", false},
};

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static void check(const condition_case_t *c, ruleset_certificate_t pairs)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};
    const cc_verdict_t *verdict;

    ck_assert_msg(cc_rules_add_conditions(rules, c->text, "r1", &err) == APR_SUCCESS, "%s",
                  err.message);
    verdict = ruleset_verdict(rules, pairs, pool);
    ck_assert_msg((verdict->matched_count == 1) == c->holds, "%s", c->text);
    ck_assert(!cc_verdict_has_identity(verdict));
}

TEST_LOOP(a_condition_holds_exactly_where_it_should, 0, COUNT(of_alice))
{
    check(&of_alice[_i], ruleset_alice);
}

TEST_LOOP(no_condition_holds_by_an_unusable_value, 0, COUNT(of_bad))
{
    check(&of_bad[_i], ruleset_bad);
}

TEST(every_operator_and_modifier_has_a_legal_example)
{
    cc_rules_t *rules =
        cc_rules_create(faketable_make("partners fake:x\nwithdrawn fake:x", pool), NULL, pool);
    int count = 0;

    for (const cc_word_t *word; (word = cc_operator_at(count)); count++) {
        ck_assert_ptr_nonnull(strstr(word->example, apr_pstrcat(pool, " ", word->name, " ", NULL)));
        ck_assert_int_eq(cc_rules_add_conditions(rules, word->example, "r", NULL), APR_SUCCESS);
    }
    ck_assert_int_eq(count, 11);
    count = 0;
    for (const cc_word_t *word; (word = cc_modifier_at(count)); count++) {
        ck_assert_ptr_nonnull(strstr(word->example, apr_pstrcat(pool, "|", word->name, NULL)));
        ck_assert_int_eq(cc_rules_add_conditions(rules, word->example, "r", NULL), APR_SUCCESS);
    }
    ck_assert_int_ge(count, 30);
    ck_assert_ptr_null(cc_operator_at(-1));
    ck_assert_ptr_null(cc_modifier_at(-1));
}

typedef struct {
    const char *rule;
    bool asks;
} connection_case_t;

static const connection_case_t of_tls[] = {
    {"TLS.version == TLSv1.3 user=x", true},
    {"tls.sni|lower|first =~ .* user=x", true},
    {"user=%{tls.cipher}", true},
    {"group=%{tls.resumed|upper}", true},
    {"subject.CN == tls.sni user=tls.sni", false},
    {"via == header via.proxy == 192.0.2.1 user=%{via}", false},
    {"revocation == good self_issued == false user=%{subject.CN}", false},
};

TEST_LOOP(rules_know_whether_they_name_fields_of_tls, 0, COUNT(of_tls))
{
    const cc_rules_t *rules = ruleset_compile(of_tls[_i].rule, pool);

    ck_assert_int_eq(cc_rules_ask_tls(rules), of_tls[_i].asks);
}

SUITE("conditions", .setup = setup, .teardown = teardown);
