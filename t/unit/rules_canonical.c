/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that each rule has one canonical form, which is read back as the same rule. */
#include <string.h>

#include <apr_strings.h>

#include "faketable.h"
#include "ruleset.h"
#include "suite.h"
#include "base/words.h"

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

/* ---- words ------------------------------------------------------------------------------- */

typedef struct word_case_t {
    const char *text;
    const char *quoted;
} word_case_t;

static const word_case_t words[] = {
    {"", "\"\""},
    {"a b", "\"a b\""},
    {"a\"b'c", "\"a\\\"b'c\""},
    {"(.+)@example\\.com", "\"(.+)@example\\.com\""},
    {"\\", "\"\\\\\""},
    {"a\\\\", "\"a\\\\\\\\\""},
    {"\\\\.", "\"\\\\\\.\""},
    {"\\\"", "\"\\\\\\\"\""},
    {"\\'", "\"\\'\""},
    {"a${b}", "\"a$\"\"{b}\""},
    {"${", "\"$\"\"{\""},
    {"$$$", "\"$$$\""},
    {"\\${x}\t", "\"\\$\"\"{x}\t\""},
};

TEST_LOOP(a_quoted_word_is_read_back, 0, COUNT(words))
{
    const char *quoted = cc_word_quote(words[_i].text, pool);
    apr_array_header_t *list;

    ck_assert_str_eq(quoted, words[_i].quoted);
    ck_assert_int_eq(cc_words_split(&list, quoted, pool, NULL), APR_SUCCESS);
    ck_assert_int_eq(list->nelts, 1);
    ck_assert_str_eq(APR_ARRAY_IDX(list, 0, const char *), words[_i].text);
}

TEST(a_quoted_word_has_nothing_that_httpd_would_replace)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        ck_assert_ptr_null(strstr(cc_word_quote(words[i].text, pool), "${"));
}

/* ---- rules ------------------------------------------------------------------------------- */

typedef struct form_case_t {
    const char *rule;
    const char *form;
} form_case_t;

static const form_case_t forms[] = {
    {"user=x", "user=x"},
    {"deny", "deny"},
    {"stop", "stop"},
    {"SUBJECT.cn  ==  Alice\tuser=x", "subject.CN == \"Alice\" user=x"},
    {"subject.commonName == 'A \"B' user=x", "subject.CN == \"A \\\"B\" user=x"},
    {"subject.OID.2.5.4.97 != x user=x", "subject.organizationIdentifier != \"x\" user=x"},
    {"issuer.1.3.6.1.4.1.32473.9 == '' user=x", "issuer.1.3.6.1.4.1.32473.9 == \"\" user=x"},
    {"EXT.1.2.3 == 05:00 user=x", "ext.1.2.3 == \"0500\" user=x"},
    {"san.other.1.2.3 == a user=x", "san.other.1.2.3 == \"a\" user=x"},
    {"san.EMAIL|domain|lower|first == example.com user=x",
     "san.email|domain|lower|first == \"example.com\" user=x"},
    {"issuer == ' cn = Staff CA , o=Example' user=x", "issuer == \"CN=Staff CA,O=Example\" user=x"},
    {"subject under 'O=a\\, b' user=x", "subject under \"O=a\\, b\" user=x"},
    {"serial == 00:1A:2b user=x", "serial == \"1a2b\" user=x"},
    {"version >= 003 user=x", "version >= \"3\" user=x"},
    {"not_after < 2030-01-01 user=x", "not_after < \"2030-01-01T00:00:00Z\" user=x"},
    {"san.ip == 2001:DB8:0::1 user=x", "san.ip == \"2001:db8::1\" user=x"},
    {"eku == 1.3.6.1.5.5.7.3.2 user=x", "eku == \"clientAuth\" user=x"},
    {"key.curve == secp256r1 user=x", "key.curve == \"P-256\" user=x"},
    {"is_ca == FALSE user=x", "is_ca == \"false\" user=x"},
    {"san.email =~ \"(.+)@example\\.com\" user=$1", "san.email =~ \"(.+)@example\\.com\" user=$1"},
    {"subject.CN !~ \"a|${x}\" user=x", "subject.CN !~ \"a|$\"\"{x}\" user=x"},
    {"san.email in t group=$2", "san.email in \"t\" group=$2"},
    {"subject.CN !in t stop", "subject.CN !in \"t\" stop"},
    {"stop group=b user=a group=a", "user=a group=b group=a stop"},
    {"group='a b' user=\"%{subject.CN|lower}-x\"", "user=%{subject.CN|lower}-x group=\"a b\""},
    {"user=a\\b group=\"it's\"", "user=\"a\\b\" group=\"it's\""},
    {"user=$$\"\"{x}%%", "user=\"$$\"\"{x}%%\""},
};

TEST_LOOP(a_rule_has_one_form_that_is_read_back, 0, COUNT(forms))
{
    cc_tables_t *tables = faketable_make("t fake:x", pool);
    cc_rules_t *rules = ruleset_compile_with(tables, forms[_i].rule, pool);

    ck_assert_str_eq(cc_rules_text(rules, 0, pool), forms[_i].form);
    ck_assert_int_eq(cc_rules_count(ruleset_rewritten(rules, tables, pool)), 1);
}

TEST(conditions_alone_have_a_form_too)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);

    cc_rules_add_conditions(rules, "", "a:1", NULL);
    cc_rules_add_conditions(rules, "subject.o == x  version > 2", "a:2", NULL);
    ck_assert_str_eq(cc_rules_text(rules, 0, pool), "");
    ck_assert_str_eq(cc_rules_text(rules, 1, pool), "subject.O == \"x\" version > \"2\"");
    ck_assert_str_eq(cc_rules_where(rules, 0), "a:1");
    ck_assert_str_eq(cc_rules_where(rules, 1), "a:2");
}

static const char *const sets[] = {
    "subject.OU == staff user=a\nSUBJECT.cn == Alice group=%{Subject.ou|last} user=$$\"\"{x}",
    "subject.cn == Alice group=%{subject.ou|last} user=$$\"\"{x}\nsan.uri =~ .*/(?<n>.*) user=$<n>",
    "issuer == 'c=DE+c=AT,o=x' user=x\nissuer == 'cn=staff ca,o=EXAMPLE,c=de' user=y stop\ndeny",
    "san.email =~ \"(.*)@(.*)\" user=$1 group=$2\nsan.email != x group='a b'\nserial == 1A:2B stop",
    "san.email in t user=$1 group=$2\nsan.dns !in t group=none\nsan.email|lower in t group=$1",
    "not_after > 2026-12-31 not_after < 2027-01-01 days_left > 001 group='in time' user=\"q\\\"q\"",
    "subject.OU =~ \"(?i)s\\w+|\\\"\\\\\\\\\" group=%{subject.OU} group=\\\\x group=\"'\"",
};

TEST_LOOP(rules_in_their_form_give_the_same_verdict, 0, COUNT(sets))
{
    static const faketable_row_t rows[] = {
        {"alice@example.com", "alice staff,admins"}, {"Alice.A@Example.ORG", "a b"}, {NULL, NULL}};
    cc_tables_t *tables = faketable_make("t fake:x", pool);
    ruleset_certificate_t *const certificates[] = {&ruleset_alice, &ruleset_bad};
    cc_rules_t *rules, *again;

    faketable.rows = rows;
    rules = ruleset_compile_with(tables, apr_pstrdup(pool, sets[_i]), pool);
    again = ruleset_rewritten(rules, tables, pool);
    for (int i = 0; i < 2; i++)
        ck_assert_str_eq(ruleset_gist(ruleset_verdict(rules, *certificates[i], pool), pool),
                         ruleset_gist(ruleset_verdict(again, *certificates[i], pool), pool));
}

/* Each field with the example of the registry. */
TEST(every_field_has_a_form)
{
    int count = 0;

    for (; cc_field_at(count); count++) {
        const char *rule = apr_pstrcat(pool, cc_field_at(count)->example, " user=x", NULL);
        cc_rules_t *rules = ruleset_compile(rule, pool);
        ck_assert_int_eq(cc_rules_count(ruleset_rewritten(rules, NULL, pool)), 1);
    }
    ck_assert_int_gt(count, 40);
}

SUITE("canonical", .setup = setup, .teardown = teardown);
