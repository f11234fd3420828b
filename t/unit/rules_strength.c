/* SPDX-License-Identifier: Apache-2.0 */
/* Tests how strongly rules tie a user to a certificate: strong, named or weak. */
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
    tables = faketable_make("t fake:x", pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

#define D32 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define D20 "da39a3ee5e6b4b0d3255bfef95601890afd80709"
#define SHA "sha256 == " D32 " "
#define KEY "spki.sha256 == " D32 " "
#define CA "ca.spki.sha256 == " D32 " "
#define CA_CERT "ca.sha256 == " D32 " "
#define ISSUER "issuer == \"CN=Staff CA,O=Example\" "

typedef struct strength_case_t {
    const char *rule;
    cc_strength_t strength;
} strength_case_t;

static cc_strength_t strength_of(const char *rule)
{
    return cc_rules_strength(ruleset_compile_with(tables, rule, pool), NULL);
}

#define STRENGTH_TEST(claim, cases)                                       \
    TEST_LOOP(claim, 0, COUNT(cases))                                     \
    {                                                                     \
        ck_assert_msg(strength_of(cases[_i].rule) == cases[_i].strength,  \
                      "%s: %s", cases[_i].rule,                           \
                      cc_strength_words[strength_of(cases[_i].rule)]);    \
    }

static const strength_case_t determined[] = {
    {SHA "user=a", CC_STRENGTH_STRONG},
    {"sha1 == " D20 " user=a", CC_STRENGTH_STRONG},
    {KEY "user=a", CC_STRENGTH_STRONG},
    {"spki.sha1 == " D20 " user=a", CC_STRENGTH_STRONG},
    {"altsec.spki == X509:<SHA1-PUKEY>" D20 " user=a", CC_STRENGTH_STRONG},
    {"altsec.issuer_serial == X509:<I>CN=a<SR>01 user=a", CC_STRENGTH_STRONG},
    {ISSUER "serial == 01 user=a", CC_STRENGTH_STRONG},
    {"ca.subject == \"CN=Staff CA,O=Example\" serial == 01 user=a", CC_STRENGTH_STRONG},
    {CA "serial == 01 user=a", CC_STRENGTH_STRONG},
    {CA "sid == S-1-5-21-1-2-3-500 user=a", CC_STRENGTH_STRONG},
    {CA_CERT "sid in t user=$1", CC_STRENGTH_STRONG},
    {"sha256 in t user=$1", CC_STRENGTH_STRONG},
    {"sha256 in t user=$1|lower", CC_STRENGTH_STRONG},
    {"spki.sha256 in t user=%{$1|first}", CC_STRENGTH_STRONG},
    {"spki.sha256 in t user=guest", CC_STRENGTH_STRONG},
    {"(issuer,serial) in t user=$1", CC_STRENGTH_STRONG},
    {"(ca.spki.sha256,sid) in t user=$1", CC_STRENGTH_STRONG},
    {ISSUER "serial in t user=$1", CC_STRENGTH_STRONG},
    {"sha256|base64url in t user=$1", CC_STRENGTH_STRONG},
    {"(issuer|rfc2253,serial|decimal) in t user=$1", CC_STRENGTH_STRONG},
    {"user=%{sha256}", CC_STRENGTH_STRONG},
    {"user=k-%{spki.sha256|lower}", CC_STRENGTH_STRONG},
    {ISSUER "user=%{serial}", CC_STRENGTH_STRONG},
    {"subject.CN == x sha256 in t user=$1", CC_STRENGTH_STRONG},
};
STRENGTH_TEST(a_rule_that_determines_the_certificate_or_its_key_is_strong, determined)

static const strength_case_t alone[] = {
    {"serial == 01 user=a", CC_STRENGTH_WEAK},
    {"serial in t user=$1", CC_STRENGTH_WEAK},
    {"user=%{serial}", CC_STRENGTH_WEAK},
    {"ski == " D20 " user=a", CC_STRENGTH_WEAK},
    {"altsec.ski == X509:<SKI>" D20 " user=a", CC_STRENGTH_WEAK},
    {"sid == S-1-5-21-1-2-3-500 user=a", CC_STRENGTH_WEAK},
    {ISSUER "sid == S-1-5-21-1-2-3-500 user=a", CC_STRENGTH_WEAK},
    {"issuer.CN == x serial == 01 user=a", CC_STRENGTH_WEAK},
    {"issuer != CN=x serial == 01 user=a", CC_STRENGTH_WEAK},
    {"issuer under CN=x serial == 01 user=a", CC_STRENGTH_WEAK},
    {"root.sha256 == " D32 " serial == 01 user=a", CC_STRENGTH_WEAK},
    {"chain.sha256 == " D32 " serial == 01 user=a", CC_STRENGTH_WEAK},
    {"aki == " D20 " serial == 01 user=a", CC_STRENGTH_WEAK},
    {"ca.sha256 in t serial in t user=a", CC_STRENGTH_WEAK},
    {"issuer|oneline in t serial == 01 user=a", CC_STRENGTH_WEAK},
    {"ca.serial == 01 serial == 01 user=a", CC_STRENGTH_WEAK},
};
STRENGTH_TEST(a_number_determines_nothing_without_one_ca, alone)

static const strength_case_t names[] = {
    {CA "san.email == a@example.com user=a", CC_STRENGTH_NAMED},
    {CA_CERT "user=%{subject.CN}", CC_STRENGTH_NAMED},
    {"ca.spki.sha512 == " D32 D32 " user=%{san.upn|lower}", CC_STRENGTH_NAMED},
    {CA "san.email in t user=$1", CC_STRENGTH_NAMED},
    {CA "altsec.subject in t user=$1", CC_STRENGTH_NAMED},
    {"(ca.sha256,san.email) in t user=$1", CC_STRENGTH_NAMED},
    {CA "subject|oneline in t user=$1", CC_STRENGTH_NAMED},
    {CA "subject == CN=a user=a", CC_STRENGTH_NAMED},
    {CA "ski == " D20 " user=a", CC_STRENGTH_NAMED},
    {CA "altsec.ski == X509:<SKI>" D20 " user=a", CC_STRENGTH_NAMED},
    {"(ca.spki.sha256,ski) in t user=$1", CC_STRENGTH_NAMED},
    {CA KEY "user=%{subject.CN}", CC_STRENGTH_NAMED},
    {CA "serial == 01 user=%{subject.CN}", CC_STRENGTH_NAMED},
    /* without the key of one CA */
    {"san.email == a@example.com user=a", CC_STRENGTH_WEAK},
    {"user=%{subject.CN}", CC_STRENGTH_WEAK},
    {ISSUER "user=%{subject.CN}", CC_STRENGTH_WEAK},
    {ISSUER "ski == " D20 " user=a", CC_STRENGTH_WEAK},
    {"(issuer,ski) in t user=$1", CC_STRENGTH_WEAK},
    {"ca.sha256 in t user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"ca.sha256 != " D32 " user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"ca.sha1 == " D20 " user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"root.sha256 == " D32 " user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"ca.ski == " D20 " user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"ca.sha256 == %{aki} user=%{subject.CN}", CC_STRENGTH_WEAK},
    /* without a name */
    {CA "user=guest", CC_STRENGTH_WEAK},
    {CA "user=%{issuer.CN}", CC_STRENGTH_WEAK},
    {CA "eku == clientAuth user=guest", CC_STRENGTH_WEAK},
    {CA "san.email != a@example.com user=guest", CC_STRENGTH_WEAK},
    {CA "subject under O=Example user=guest", CC_STRENGTH_WEAK},
    {CA "san.email == %{subject.CN} user=guest", CC_STRENGTH_WEAK},
    {CA "san.email|count == 1 user=guest", CC_STRENGTH_WEAK},
    {CA "subject.CN !in t user=guest", CC_STRENGTH_WEAK},
};
STRENGTH_TEST(a_name_counts_only_with_the_key_of_the_ca_that_wrote_it, names)

static const strength_case_t mixed[] = {
    {"spki.sha256 in t user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"spki.sha256 in t user=$1-%{subject.CN}", CC_STRENGTH_WEAK},
    {"sha1 in t user=%{subject.CN}", CC_STRENGTH_WEAK},
    {ISSUER "serial in t user=%{subject.CN}", CC_STRENGTH_WEAK},
    {KEY "san.email in t user=$1", CC_STRENGTH_WEAK},
    {"user=%{sha256}-%{subject.CN}", CC_STRENGTH_WEAK},
    {"altsec.spki in t user=%{san.upn}", CC_STRENGTH_WEAK},
};
STRENGTH_TEST(the_weakest_part_of_the_user_decides, mixed)

static const strength_case_t whole[] = {
    {SHA "user=%{subject.CN}", CC_STRENGTH_STRONG},
    {"sha256 in t user=%{subject.CN}", CC_STRENGTH_STRONG},
    {"sha512 in t user=$1.%{san.email|local}", CC_STRENGTH_STRONG},
    {"(issuer,sha256) in t user=%{subject.CN}", CC_STRENGTH_STRONG},
    {SHA "san.email =~ (.+)@.+ user=$1", CC_STRENGTH_STRONG},
    {SHA "san.email in t user=$1", CC_STRENGTH_STRONG},
    {SHA "user=%{tls.sni}", CC_STRENGTH_WEAK},
    {SHA "tls.sni =~ (.*)\\.example\\.com user=$1", CC_STRENGTH_WEAK},
    {SHA "tls.sni in t user=$1", CC_STRENGTH_WEAK},
    {SHA "(subject.CN,san.email) in t user=$1", CC_STRENGTH_STRONG},
    {SHA "(subject.CN,tls.sni) in t user=$1", CC_STRENGTH_WEAK},
    {SHA "user=%{ca.subject.CN}", CC_STRENGTH_WEAK},
    {SHA "user=%{via.proxy}", CC_STRENGTH_WEAK},
    {SHA "user=%{days_left}", CC_STRENGTH_WEAK},
    {SHA "user=%{revocation}", CC_STRENGTH_WEAK},
    {"sha256 != " D32 " user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"sha256 !in t user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"ca.sha256 == " D32 " user=guest", CC_STRENGTH_WEAK},
};
STRENGTH_TEST(a_digest_of_the_certificate_determines_its_fields_but_no_others, whole)

static const strength_case_t lossy[] = {
    {CA "user=%{san.email|local}", CC_STRENGTH_WEAK},
    {CA "user=%{san.email|first}", CC_STRENGTH_WEAK},
    {CA "user=%{subject.CN|nth(2)}", CC_STRENGTH_WEAK},
    {CA "user=%{subject.CN|replace(a,b)}", CC_STRENGTH_WEAK},
    {CA "san.email|local == a user=a", CC_STRENGTH_WEAK},
    {CA "san.email|domain in t user=$1", CC_STRENGTH_WEAK},
    {"spki.sha256|hex|replace(.,) == x user=a", CC_STRENGTH_WEAK},
    {ISSUER "serial|base64|lower in t user=$1", CC_STRENGTH_WEAK},
    {"(issuer|oneline|replace(a,b),serial) in t user=$1", CC_STRENGTH_WEAK},
    {"(issuer,serial|hex|replace(a,b)) in t user=$1", CC_STRENGTH_WEAK},
    {"(issuer,serial)|replace(a,b) in t user=$1", CC_STRENGTH_WEAK},
    {"ca.sha256|hex|replace(a,b) == x user=%{subject.CN}", CC_STRENGTH_WEAK},
    {"sha256|hex|replace(a,b) == x user=%{subject.CN}", CC_STRENGTH_WEAK},
    /* letter case counts in base64 */
    {"(issuer,serial|base64)|lower in t user=$1", CC_STRENGTH_WEAK},
    {"sha256|base64 =~ (.+) user=$1|lower", CC_STRENGTH_WEAK},
    {"sha256|base64 =~ (.+) user=$1", CC_STRENGTH_STRONG},
    {"der|lower == mii user=a", CC_STRENGTH_WEAK},
    {"sha256|base64|upper in t user=a", CC_STRENGTH_WEAK},
    {"sha256|base64|upper|lower in t user=a", CC_STRENGTH_WEAK},
    {ISSUER "serial|colons|lower in t user=$1", CC_STRENGTH_STRONG},
    {ISSUER "user=%{serial|hex|upper}", CC_STRENGTH_STRONG},
    /* a number has no leading zeros */
    {CA "ski|decimal in t user=$1", CC_STRENGTH_WEAK},
    {"(ca.sha256,ski|decimal) in t user=$1", CC_STRENGTH_WEAK},
    {CA "ski in t user=$1", CC_STRENGTH_NAMED},
    {"sha256|decimal in t user=$1", CC_STRENGTH_STRONG},
};
STRENGTH_TEST(a_modifier_that_loses_information_determines_nothing, lossy)

static const strength_case_t patterns[] = {
    {CA "san.email =~ (.+)@example\\.com user=$1", CC_STRENGTH_NAMED},
    {CA "san.email =~ ([^@]+)@example\\.com user=$1", CC_STRENGTH_NAMED},
    {CA "san.email =~ (?<u>(a|b)+)@example\\.com user=$<u>", CC_STRENGTH_NAMED},
    {CA "san.uri =~ spiffe://e/ns/(?<ns>[^/]+)/sa/(?<sa>[^/]+) user=$<sa>/$<ns>",
     CC_STRENGTH_NAMED},
    {CA "san.email =~ alice@example\\.com user=a", CC_STRENGTH_NAMED},
    {CA "san.email =~ (.+)@example\\.com user=$1|lower", CC_STRENGTH_NAMED},
    {"sha256|hex =~ (.+) user=$1", CC_STRENGTH_STRONG},
    /* some text is lost */
    {CA "san.email =~ (.+)@.+ user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@example.com user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@(?:a|b) user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@e[a-z]* user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@(.+) user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (a)+@example user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.)(?:x) user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)x?@example user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@a|(b) user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (?i)(.+)@example user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ ((.)[)].*)x user=$2", CC_STRENGTH_WEAK},
    {CA "san.email =~ ([(]a).*\\Q) user=$1", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@example\\.com user=%{$1|first}", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@example\\.com user=$1|replace(a,b)", CC_STRENGTH_WEAK},
    {CA "san.email =~ .*@example\\.com user=guest", CC_STRENGTH_WEAK},
    {CA "san.email =~ (.+)@example\\.com user=guest", CC_STRENGTH_WEAK},
    {CA "san.email !~ alice user=guest", CC_STRENGTH_WEAK},
    {CA "san.email|local =~ (.+) user=$1", CC_STRENGTH_WEAK},
    {"san.email =~ (.+)@example\\.com user=$1", CC_STRENGTH_WEAK},
};
STRENGTH_TEST(a_pattern_determines_a_value_if_the_user_has_all_but_its_literal_text, patterns)

TEST(a_table_that_takes_several_keys_for_one_determines_nothing)
{
    tables = faketable_make("t held:x nocase", pool);
    ck_assert_int_eq(strength_of("sha256 in t user=$1"), CC_STRENGTH_STRONG);
    ck_assert_int_eq(strength_of(ISSUER "serial|decimal in t user=$1"), CC_STRENGTH_STRONG);
    ck_assert_int_eq(strength_of(ISSUER "serial|base64 in t user=$1"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of("(issuer,serial|base64) in t user=$1"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of("sha256|base64 in t user=%{subject.CN}"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of("(issuer|rfc2253,serial) in t user=$1"), CC_STRENGTH_STRONG);
    ck_assert_int_eq(strength_of(CA "san.email in t user=$1"), CC_STRENGTH_NAMED);
    tables = faketable_make("t held:x octets", pool);
    ck_assert_int_eq(strength_of("sha256 in t user=$1"), CC_STRENGTH_STRONG);
    ck_assert_int_eq(strength_of("sha256|colons in t user=$1"), CC_STRENGTH_STRONG);
    ck_assert_int_eq(strength_of(ISSUER "serial|base64 in t user=$1"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of(CA "san.upn in t user=$1"), CC_STRENGTH_WEAK); /* "ab", "A B" */
    tables = faketable_make("t held:x octets=base64", pool);
    ck_assert_int_eq(strength_of("der in t user=$1"), CC_STRENGTH_STRONG);
    ck_assert_int_eq(strength_of("der|lower in t user=$1"), CC_STRENGTH_WEAK);
}

TEST(a_table_with_issuer_has_the_ca_in_its_rows)
{
    tables = faketable_make("t held:x issuer=2", pool);
    ck_assert_int_eq(strength_of("serial in t user=$1"), CC_STRENGTH_STRONG);
    ck_assert_int_eq(strength_of("ski in t user=$1"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of("sid in t user=$1"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of("san.email in t user=$1"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of("serial !in t user=x"), CC_STRENGTH_WEAK);
    ck_assert_int_eq(strength_of(CA "san.email in t user=$1"), CC_STRENGTH_NAMED);
}

/* ---- verdicts ---------------------------------------------------------------------------- */

static const char *word_of(const char *lines)
{
    const cc_verdict_t *verdict = ruleset_ask(lines, ruleset_alice, pool);
    const char *word = cc_verdict_strength(verdict);

    ck_assert_int_eq(verdict->strength == CC_STRENGTH_NONE, verdict->user == NULL);
    return word ? word : "none";
}

TEST(the_rule_that_gave_the_user_decides_the_strength)
{
    ck_assert_str_eq(word_of("user=%{subject.CN}\nuser=%{sha256}"), "weak");
    ck_assert_str_eq(word_of("user=%{sha256}\nuser=%{subject.CN}"), "strong");
    ck_assert_str_eq(word_of("subject.CN == Bob user=%{subject.CN}\nuser=%{sha256}"), "strong");
    ck_assert_str_eq(word_of("user=%{san.email}\nuser=%{sha256}"), "strong"); /* ambiguous */
}

TEST(without_a_user_there_is_no_strength)
{
    ck_assert_str_eq(word_of("group=%{sha256}"), "none");
    ck_assert_str_eq(word_of("user=%{sha256}\ndeny"), "none");
    ck_assert_str_eq(word_of("subject.CN == Bob user=%{sha256}"), "none");
    ck_assert_int_eq(strength_of("sha256 in t group=$1"), CC_STRENGTH_NONE);
}

TEST(a_failed_lookup_leaves_no_strength)
{
    const cc_verdict_t *verdict;

    faketable.fails = "*";
    verdict = ruleset_verdict(
        ruleset_compile_with(tables, "user=%{sha256}\nsubject.CN in t group=$1", pool),
        ruleset_alice, pool);
    ck_assert_ptr_nonnull(verdict->failure);
    ck_assert_int_eq(verdict->strength, CC_STRENGTH_NONE);
}

SUITE("strength", .setup = setup, .teardown = teardown);
