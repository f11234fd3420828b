/* SPDX-License-Identifier: Apache-2.0 */
/* Tests which rules lint reports, and that it reports none that may be intended. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
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

typedef struct lint_case_t {
    const char *rules;
    const char *told; /* tags and places, separated by spaces */
} lint_case_t;

static apr_array_header_t *notes_of(const char *lines, cc_issuers_t issuers)
{
    return cc_rules_lint(ruleset_compile_with(tables, lines, pool), issuers, pool);
}

static const char *told(const char *lines, cc_issuers_t issuers)
{
    const apr_array_header_t *notes = notes_of(lines, issuers);
    const char *text = "";

    for (int i = 0; i < notes->nelts; i++) {
        const cc_note_t *note = &APR_ARRAY_IDX(notes, i, cc_note_t);
        ck_assert_ptr_null(cc_text_unusable(note->text, strlen(note->text)));
        text = apr_pstrcat(pool, text, i > 0 ? " " : "", note->tag, " ", note->where, NULL);
    }
    return text;
}

#define CHECK(cases)                                                                               \
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {                                \
        const char *found = told(cases[i].rules, CC_ISSUERS_ONE);                                  \
        ck_assert_msg(strcmp(found, cases[i].told) == 0, "%s: told \"%s\", not \"%s\"",            \
                      cases[i].rules, found, cases[i].told);                                       \
    }

/* ---- rules that never match -------------------------------------------------------------- */

TEST(conditions_that_exclude_each_other_are_told)
{
    static const lint_case_t cases[] = {
        {"sid == a sid == b user=x", "CC0700 r1"},
        {"sid == b version == 3 sid == a user=x", "CC0700 r1"},
        {"san.email == a san.email != a user=x", "CC0700 r1"},
        {"san.email != a san.email == a user=x", "CC0700 r1"},
        {"san.email =~ a.* san.email !~ a.* user=x", "CC0700 r1"},
        {"san.email in t san.email !in t user=x", "CC0700 r1"},
        {"san.email == ab san.email !~ a.* user=x", "CC0700 r1"},
        {"sid == ab sid =~ b.* user=x", "CC0700 r1"},
        {"via == tls via == header user=x", "CC0700 r1"},
        {"via == proxy-protocol via != proxy-protocol user=x", "CC0700 r1"},
        {"VIA == TLS via.proxy == 192.0.2.1 user=x", "CC0700 r1"},
        {"tls.version == TLSv1.3 via == header user=x", "CC0700 r1"},
        {"via == proxy-protocol tls.sni|lower =~ .* user=x", "CC0700 r1"},
        {"sid =~ (b.*) sid == ab user=$1", "CC0700 r1"},
        {"san.email|first == ab san.email|first =~ b.* user=x", "CC0700 r1"},
        {"version < 3 version >= 3 user=x", "CC0700 r1"},
        {"version > 2 version < 3 user=x", "CC0700 r1"},
        {"version == 3 version < 3 user=x", "CC0700 r1"},
        {"not_after < 2026-01-01 not_after > 2026-01-01 user=x", "CC0700 r1"},
        {"not_after == 2026-01-01 not_after >= 2026-01-02 user=x", "CC0700 r1"},
        {"subject under O=a subject == CN=x,O=b user=x", "CC0700 r1"},
        {"subject under O=a subject under O=b user=x", "CC0700 r1"},
        {"issuer == O=a issuer == O=b user=x", "CC0700 r1"},
        {"days_left < -9223372036854775808 days_left > 5 user=x", "CC0700 r1"},
        {"days_left > 9223372036854775807 days_left < 5 user=x", "CC0700 r1"},
        {"sid == a sid == b deny", "CC0700 r1"},
    };

    CHECK(cases);
}

TEST(conditions_that_can_hold_together_are_not_told)
{
    static const lint_case_t cases[] = {
        {"san.dns == a san.dns == b user=x", ""},
        {"san.dns == a san.dns =~ b.* user=x", ""},
        {"san.dns =~ a.* san.dns !~ b.* user=x", ""},
        {"san.dirname under O=a san.dirname under O=b user=x", ""},
        {"san.dns == a san.dns != b user=x", ""},
        {"sid == a sid != b user=x", ""},
        {"sid != a sid != b user=x", ""},
        {"sid == a sid == a user=x", ""},
        {"sid == a sid =~ a|b user=x", ""},
        {"sid == a sid in t user=x", ""},
        {"sid in t sid !in u user=x", ""},
        {"sid =~ a sid =~ b user=x", ""},
        {"san.email == a san.email|lower != a user=x", ""},
        {"san.email|first == a san.email|last == b user=x", ""},
        {"version > 2 version < 4 user=x", ""},
        {"via == header via.proxy == 192.0.2.1 user=x", ""},
        {"via == tls tls.version == TLSv1.3 user=x", ""},
        {"via != tls tls.version == TLSv1.3 user=x", ""},
        {"via == header tls.version != TLSv1.3 user=x", ""},
        {"via|upper == HEADER tls.version == TLSv1.3 user=x", ""},
        {"via == tls via.proxy != 192.0.2.1 user=x", ""},
        {"version >= 3 version <= 3 user=x", ""},
        {"version <= 3 version >= 3 user=x", ""},
        {"version == 3 version <= 3 user=x", ""},
        {"days_left < -9223372036854775808 user=x", ""},
        {"not_before < 2026-01-01 not_after > 2026-01-01 user=x", ""},
        {"subject under O=a subject under OU=b,O=a user=x", ""},
        {"subject under OU=b,O=a subject under O=a user=x", ""},
        {"subject under O=A subject == 'cn=x,o= a' user=x", ""},
        {"issuer == O=a subject == O=b user=x", ""},
        {"sid == aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab sid =~ (*NO_JIT)(a+)+ user=x", ""},
    };

    CHECK(cases);
}

/* ---- rules that are never reached -------------------------------------------------------- */

TEST(a_rule_behind_one_that_ends_for_all_it_means_is_told)
{
    static const lint_case_t cases[] = {
        {"sid == a deny\nsid == a user=x", "CC0701 r2"},
        {"sid == a user=y stop\nversion == 3 sid == a group=x", "CC0701 r2"},
        {"sid == a deny\nsid == b deny\nsid == b version == 3 user=x", "CC0701 r3"},
        {"san.dns =~ a.* deny\nsan.dns == ab user=x", "CC0701 r2"},
        {"san.dns =~ (a).* user=$1 stop\nsan.dns =~ (a).* group=x", "CC0701 r2"},
        {"issuer under O=a deny\nissuer under OU=b,O=a user=x", "CC0701 r2"},
        {"issuer under O=a deny\nissuer == CN=x,O=a user=x", "CC0701 r2"},
        {"version < 3 deny\nversion <= 2 user=x", "CC0701 r2"},
        {"version < 3 deny\nversion == 1 user=x", "CC0701 r2"},
        {"san.dns in t deny\nsan.dns in t sid == a user=x", "CC0701 r2"},
        {"san.dns !~ a deny\nsan.dns !~ a user=x", "CC0701 r2"},
        {"issuer != O=a deny\nissuer == O=b user=x", "CC0701 r2"},
        {"sid != a version == 3 deny\nversion == 3 sid == b user=x", "CC0701 r2"},
    };

    CHECK(cases);
}

TEST(a_rule_that_may_be_reached_is_not_told)
{
    static const lint_case_t cases[] = {
        {"sid == a deny\nsid == b user=x", ""},
        {"sid == a user=x\nsid == a group=x", ""},
        {"sid == a version == 3 deny\nsid == a user=x", ""},
        {"sid == a user=x\nsid == a deny", ""},
        {"san.dns != a deny\nsan.dns == b user=x", ""},
        {"san.dns =~ a.* deny\nsan.dns =~ ab.* user=x", ""},
        {"san.dns =~ a.* deny\nsan.dns == b user=x", ""},
        {"san.dns in t deny\nsan.dns in u user=x", ""},
        {"san.dns in t deny\nsan.dns == a user=x", ""},
        {"san.dns !in t deny\nsan.dns in t user=x", ""},
        {"issuer under OU=b,O=a deny\nissuer under O=a user=x", ""},
        {"version < 2 deny\nversion <= 2 user=x", ""},
        {"version > 1 deny\nversion <= 3 user=x", ""},
        {"issuer != O=a deny\nissuer == O=A user=x", ""},
        {"san.email == a deny\nsan.email|lower == a user=x", ""},
        {"san.email =~ a deny\nsan.dns =~ a user=x", ""},
        {"san.dns !~ a.* deny\nsan.dns == b user=x", ""},
    };

    CHECK(cases);
}

/* ---- users without an effect, and repeated rules ----------------------------------------- */

TEST(a_user_that_another_rule_has_given_before_is_told)
{
    static const lint_case_t cases[] = {
        {"user=y\nsid == a user=x", "CC0703 r2"},
        {"user=y\nsid =~ (.*) user=$1 group=g", "CC0703 r2"},
        {"sid == a user=y group=g\nsid == a version == 3 user=%{sid}", "CC0703 r2"},
        {"sid == a user=y group=g\nsid == a version == 3 user=y", "CC0703 r2"},
        {"sid == a user=y\nsid == b user=z\nsid == b user=x stop", "CC0703 r3"},
    };

    CHECK(cases);
}

TEST(a_user_that_may_be_given_is_not_told)
{
    static const lint_case_t cases[] = {
        {"sid == a user=y\nuser=x", ""},
        {"user=%{sid}\nsid == a user=x", ""},
        {"sid =~ (.*) user=$1\nsid =~ (.*) user=x", ""},
        {"sid == a user=y\nsid == a group=x", ""},
        {"sid == a group=y\nsid == a user=x", ""},
        {"sid == a group=y\nsid == a version == 3 group=y", ""},
        {"sid == a user=y\nsid == a version == 3 user=y group=x", ""},
        {"sid == a user=y\nsid == a version == 3 user=y stop", ""},
    };

    CHECK(cases);
}

TEST(a_rule_that_stands_there_twice_is_told)
{
    static const lint_case_t cases[] = {
        {"sid == a user=x\nSID == 'a' user=x", "CC0702 r2"},
        {"issuer == 'cn=a, o=b' group=x\nissuer == CN=a,O=b group=x", "CC0702 r2"},
        {"sid == a deny\nsid == a deny\nsid == a deny", "CC0702 r2 CC0702 r3"},
        {"sid == a deny\nsid == a user=x\nsid == a user=x", "CC0701 r2 CC0702 r3"},
        {"sid == a sid == b deny\nsid == a sid == b deny", "CC0700 r1 CC0700 r2"},
        {"sid == a group=x\nsid == a group=y", ""},
        {"sid == a group=x\nsid != a group=x", ""},
        {"sid == a group=x group=y\nsid == a group=y group=x", ""},
    };

    CHECK(cases);
}

/* ---- users of any CA --------------------------------------------------------------------- */

TEST(a_user_that_any_ca_may_vouch_for_is_told_where_there_are_several)
{
    static const char *const rules[] = {
        "user=%{subject.CN}",
        "san.email =~ (.*)@a user=$1",
        "user=%{serial}.%{key.type}",
        "san.email in t user=$1",
        "serial in t user=$1",
        "user=%{san.email|local|lower}",
        "san.email =~ (?<a>.*)@(?<b>.*) user=$<a>.$<b> stop",
        "sha256 !in t user=%{subject.CN}",
        "subject under O=a user=%{subject.CN}",
        "eku == clientAuth user=%{ski}",
        "tls.sni == a user=%{subject.CN}",
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        ck_assert_str_eq(told(rules[i], CC_ISSUERS_SEVERAL), "CC0704 r1");
        ck_assert_str_eq(told(rules[i], CC_ISSUERS_ONE), "");
    }
}

TEST(a_user_of_a_known_ca_or_certificate_is_not_told)
{
    static const char *const rules[] = {
        "issuer == CN=a user=%{subject.CN}",
        "issuer under O=a user=%{subject.CN}",
        "issuer.CN =~ a user=%{subject.CN}",
        "issuer|oneline in t user=%{subject.CN}",
        "aki == 00 user=%{subject.CN}",
        "issuer != CN=a user=%{subject.CN}",
        "sha256 in t user=$1",
        "sha256 in t user=%{subject.CN}",
        "spki.sha256 in t user=$1",
        "altsec.issuer_serial in t user=$1",
        "user=%{sha256}",
        "user=%{subject.CN}.%{spki.sha1}",
        "user=%{issuer.CN}.%{subject.CN}",
        "policy == 1.2.3 user=%{subject.CN}",
        "user=guest",
        "subject.CN == a user=alice",
        "group=%{subject.OU}",
        "san.email in t group=$1",
    };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        ck_assert_str_eq(told(rules[i], CC_ISSUERS_SEVERAL), "");
}

/* A SPIFFE ID verifies with the CAs of its trust domain alone. */
TEST(with_a_ca_for_each_trust_domain_a_uri_determines_the_ca)
{
    static const char *const bound[] = {
        "san.uri =~ \"spiffe://a/(.+)\" user=$1",
        "user=%{san.uri}",
        "san.uri in t user=%{subject.CN}",
    };

    for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
        ck_assert_str_eq(told(bound[i], CC_ISSUERS_BY_DOMAIN), "");
        ck_assert_str_eq(told(bound[i], CC_ISSUERS_SEVERAL), "CC0704 r1");
    }
    ck_assert_str_eq(told("user=%{subject.CN}", CC_ISSUERS_BY_DOMAIN), "CC0704 r1");
    ck_assert_str_eq(told("san.uri !in t user=%{subject.CN}", CC_ISSUERS_BY_DOMAIN), "CC0704 r1");
}

TEST(a_rule_that_turns_other_cas_away_speaks_for_those_behind_it)
{
    ck_assert_str_eq(told("issuer != CN=a deny\nuser=%{subject.CN}", CC_ISSUERS_SEVERAL), "");
    ck_assert_str_eq(told("issuer == CN=a stop\nuser=%{subject.CN}", CC_ISSUERS_SEVERAL), "");
    ck_assert_str_eq(told("issuer != CN=a group=x\nuser=%{subject.CN}", CC_ISSUERS_SEVERAL),
                     "CC0704 r2");
    ck_assert_str_eq(
        told("issuer == CN=a serial in t deny\nuser=%{subject.CN}", CC_ISSUERS_SEVERAL),
        "CC0704 r2");
    ck_assert_str_eq(told("sha256 in t deny\nuser=%{subject.CN}", CC_ISSUERS_SEVERAL),
                     "CC0706 r1 CC0704 r2");
    ck_assert_str_eq(told("user=%{subject.CN}\nissuer != CN=a deny", CC_ISSUERS_SEVERAL),
                     "CC0704 r1");
}

/* ---- digests that are denied ------------------------------------------------------------- */

TEST(deny_by_what_a_holder_can_write_anew_is_told)
{
    static const lint_case_t cases[] = {
        {"sha256 in t deny", "CC0706 r1"},
        {"sid == a user=x\nsid == b sha1 in t deny", "CC0706 r2"},
        {"pem in t deny", "CC0706 r1"},
        {"der in t deny", "CC0706 r1"},
        {"ca.sha256 in t deny", "CC0706 r1"},
        {"issuer == CN=a serial == 6b deny", ""},
        {"spki.sha256 in t deny", ""},
        {"sha256 in t user=x", ""},
        {"sha256 !in t deny", ""},
    };

    CHECK(cases);
}

/* A renamed field must not drop out of the list unnoticed. */
TEST(every_field_is_bound_to_a_ca_or_is_not)
{
    int bound = 0;

    for (int i = 0; cc_field_at(i); i++) {
        const char *rule = apr_psprintf(pool, "%s user=%%{subject.CN}", cc_field_at(i)->example);
        bound += *told(rule, CC_ISSUERS_SEVERAL) == '\0';
    }
    ck_assert_int_eq(bound, 20);
}

/* ---- texts ------------------------------------------------------------------------------- */

static const lint_case_t texts[] = {
    {"sid == 'a\"b' sid == b user=x",
     "the rule can never match, because sid == \"a\\\"b\" and sid == \"b\" exclude each other; "
     "write a rule for each, or remove one of them"},
    {"sid == a deny\nsid == a user=x",
     "the rule is never reached: whenever it would match, the rule at r1 matches too, and its "
     "deny ends the evaluation; move this rule before that one, or remove it"},
    {"sid == a user=x\nsid == a user=x",
     "the same rule is at r1, so this one has no effect; remove it"},
    {"user=y\nsid == a user=x",
     "user=x has no effect, nor does the rule: whenever this rule matches, the rule at r1 matches "
     "too, and the first user counts, user=y; move this rule before that one, or remove it"},
    {"user=y\nsid == a user=x group=g",
     "user=x has no effect: whenever this rule matches, the rule at r1 matches too, and the first "
     "user counts, user=y; move this rule before that one, or remove user="},
    {"san.email|lower =~ (.*)@b user=$1",
     "user=$1 takes the user from san.email|lower, and no condition says which CA issued the "
     "certificate: every trusted CA can issue one with the same san.email|lower to another "
     "holder; add a condition such as issuer == \"CN=...,O=...\""},
    {"san.email =~ .*@Example.co\\.test user=x",
     "san.email =~ \".*@Example.co\\.test\": an unescaped dot matches any character, so the "
     "pattern matches more than the domain Example.co\\.test; write Example\\.co\\.test"},
    {"sha256 in t deny",
     "sha256 in \"t\": the holder of this certificate can re-encode its signature, and is not "
     "denied then; write issuer == ... serial == ... or spki.sha256 == ..."},
};

TEST_LOOP(a_note_says_what_is_wrong_and_what_to_write, 0, COUNT(texts))
{
    const apr_array_header_t *notes = notes_of(texts[_i].rules, CC_ISSUERS_SEVERAL);

    ck_assert_int_eq(notes->nelts, 1);
    ck_assert_str_eq(APR_ARRAY_IDX(notes, 0, cc_note_t).text, texts[_i].told);
}

SUITE("lint", .setup = setup, .teardown = teardown);
