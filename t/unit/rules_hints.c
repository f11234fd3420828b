/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the hints of a trace: each kind, what gives none, and that each offered condition holds. */
#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>

#include "base/text.h"
#include "base/words.h"
#include "certs.h"
#include "faketable.h"
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

/* The hint for a rule with these conditions; "" if there is none. */
static const char *hint_in(cc_tables_t *tables, const char *conditions, const cc_cert_t *cert)
{
    cc_rules_t *rules =
        ruleset_compile_with(tables, apr_pstrcat(pool, conditions, " group=x", NULL), pool);
    apr_array_header_t *steps = apr_array_make(pool, 1, sizeof(cc_step_t));
    const char *hint;

    cc_rules_evaluate(rules, cert, &certs_facts, steps, pool, pool);
    cc_trace_hint(steps, rules, cert, &certs_facts, true);
    hint = APR_ARRAY_IDX(steps, 0, cc_step_t).hint;
    return hint ? hint : "";
}

static const char *hint_of(const char *conditions, ruleset_certificate_t pairs)
{
    return hint_in(NULL, conditions, ruleset_certificate(pairs, pool));
}

/* ---- each kind, on Alice's certificate --------------------------------------------------- */

#define PART "the pattern matches only a part of the value, but has to match all of it"

typedef struct hint_case_t {
    const char *condition;
    const char *hint; /* "": none */
} hint_case_t;

static const hint_case_t of_alice[] = {
    /* names */
    {"issuer == \"C = DE, O = Example, CN = Staff CA\"",
     "the certificate has this name in the other order, the most specific part first; write issuer "
     "== \"CN=Staff CA,O=Example,C=DE\""},
    {"subject under \"C=DE,O=Example\"",
     "the certificate has this name in the other order, the most specific part first; write "
     "subject under \"O=Example,C=DE\""},
    {"issuer == \"O=Example,C=DE\"",
     "the certificate has a name below this one; write issuer under \"O=Example,C=DE\""},
    {"subject == \"CN=Staff CA,O=Example,C=DE\"",
     "the field issuer has this value; write issuer == \"CN=Staff CA,O=Example,C=DE\""},
    {"issuer|oneline == \"CN=Staff CA,O=Example,C=DE\"",
     "the operand is this name in another form; write issuer == \"CN=Staff CA,O=Example,C=DE\""},
    {"issuer|oneline|replace(/,:) == \"CN=Staff CA,O=Example,C=DE\"", ""},
    {"issuer|oneline == \"C=DE/O=Example/CN=Staff CA\"",
     "the slash form begins with a slash; write issuer|oneline == \"/C=DE/O=Example/CN=Staff "
     "CA\""},
    {"issuer == \"CN=Other CA,O=Example,C=DE\"", ""},
    /* octets */
    {"serial == 6699",
     "this is the number of the certificate in decimal, and a rule has it in hex; write serial == "
     "\"1a2b\""},
    {"serial == 6698", ""},
    /* texts */
    {"subject.CN == alice",
     "the certificate has this value in a different letter case; write subject.CN|lower == "
     "\"alice\""},
    {"san.email == \"ALICE@example.com\"",
     "the certificate has this value in a different letter case; write san.email|lower == "
     "\"alice@example.com\""},
    {"subject.CN == \"Alice \"", "the value and the operand differ in leading or trailing spaces; "
                                 "write subject.CN == \"Alice\""},
    {"san.email == \".+@example\\.com\"",
     "== compares the text itself, not a pattern; write san.email =~ \".+@example\\.com\""},
    {"san.dns == \"*.example.com\"",
     "in a text, * has no special meaning; write san.dns =~ \".*\\.example\\.com\""},
    {"subject.CN == Staff", "the field subject.OU has this value; write subject.OU == \"Staff\""},
    {"subject.emailAddress|lower == \"alice@example.com\"",
     "the field san.email has this value; write san.email|lower == \"alice@example.com\""},
    {"san.upn == \"alice.example.com\"",
     "the field san.dns has this value; write san.dns == \"alice.example.com\""},
    {"subject.CN == Bob", ""},
    {"san.email == \"alice+@example.com\"", ""},
    {"subject.CN == \"false\"", ""},
    /* patterns */
    {"san.email =~ \"@example\\.com\"", PART "; write san.email =~ \".*@example\\.com\""},
    {"san.email =~ \"example\\.com\"", PART "; write san.email =~ \".*@example\\.com\""},
    {"san.email =~ \"@example\\.(com|org)\"",
     PART "; write san.email =~ \".*(?:@example\\.(com|org))\""},
    {"san.dns =~ \"example\\.com\"", PART "; write san.dns =~ \".*\\.example\\.com\""},
    {"san.dns =~ \"\\.example\\.com\"", PART "; write san.dns =~ \".*\\.example\\.com\""},
    {"san.uri =~ \"spiffe://example\\.com\"",
     PART "; write san.uri =~ \"spiffe://example\\.com/.*\""},
    {"san.uri =~ \"spiffe://example\\.com/\"",
     PART "; write san.uri =~ \"spiffe://example\\.com/.*\""},
    {"issuer.CN =~ \"Staff\"", PART "; write issuer.CN =~ \"Staff .*\""},
    {"issuer.CN =~ \"CA\"", PART "; write issuer.CN =~ \".* CA\""},
    {"san.email =~ \"alice\"", PART},
    {"san.email|local =~ \"A\"", PART},
    {"san.email =~ \"lice@example\\.com\"", ""},
    {"san.dns =~ \"ple\\.com\"", ""},
    {"subject.CN =~ \"a.*\"",
     "the pattern matches if letter case is ignored; write subject.CN =~ \"(?i)a.*\""},
    {"san.email =~ \"/.+@example\\.com/\"",
     "the slashes are a part of the pattern; write san.email =~ \".+@example\\.com\""},
    {"san.upn =~ \"(.+)@example\\.com\"",
     "a value of the field san.email matches; write san.email =~ \"(.+)@example\\.com\""},
    {"san.upn =~ \".+\"", ""},
    {"san.email !~ \".*\"", ""},
    {"subject.CN != Alice", ""},
    {"days_left > 9000", ""},
};

TEST_LOOP(a_miss_has_the_reason_that_the_certificate_proves, 0, COUNT(of_alice))
{
    ck_assert_str_eq(hint_of(of_alice[_i].condition, ruleset_alice), of_alice[_i].hint);
}

TEST(a_text_that_is_also_a_pattern_is_compared)
{
    static ruleset_certificate_t person = {"CN", "Alice (Admin)", NULL};

    ck_assert_str_eq(hint_of("subject.CN =~ \"Alice (Admin)\"", person),
                     "the value is the text of the pattern, which does not match itself; write "
                     "subject.CN == \"Alice (Admin)\"");
}

TEST(part_of_a_longer_word_is_no_part)
{
    static ruleset_certificate_t malice = {
        "CN", "malice", "email", "x@notexample.com", "dns", "a.example.com.evil.test", NULL};

    ck_assert_str_eq(hint_of("subject.CN =~ alice", malice), "");
    ck_assert_str_eq(hint_of("san.email =~ \"example\\.com\"", malice), "");
    ck_assert_str_eq(hint_of("san.dns =~ \".+\\.example\\.com\"", malice), PART);
}

TEST(an_undecided_condition_has_no_hint)
{
    ck_assert_str_eq(hint_of("san.email =~ \"@example\\.com\"", ruleset_bad), "");
}

TEST(a_hint_shows_nothing_that_a_line_must_not_contain)
{
    static ruleset_certificate_t person = {"CN", "a\" ; write x\\", NULL};
    const char *hint = hint_of("subject.CN == \"A\\\" ; write x\\\\\"", person);

    ck_assert_str_eq(hint, "the certificate has this value in a different letter case; write "
                           "subject.CN|lower == \"a\\\" ; write x\\\\\"");
}

TEST(a_digest_of_another_kind_leads_to_its_field)
{
    const cc_cert_t *cert = certs_make(&certs_rich, pool);
    const char *digest = certs_values(cert, "spki.sha256", pool).at->text;

    ck_assert_str_eq(
        hint_in(NULL, apr_pstrcat(pool, "sha256 == ", digest, NULL), cert),
        apr_pstrcat(pool, "the field spki.sha256 has this value; write spki.sha256 == ", "\"",
                    digest, "\"", NULL));
}

/* Only so many steps are given hints, however many rules there are. */
TEST(the_number_of_hints_of_a_trace_is_bounded)
{
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    apr_array_header_t *steps = apr_array_make(pool, 200, sizeof(cc_step_t));
    const cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);
    int hinted = 0;

    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(cc_rules_add(rules, "subject.CN == alice group=x", "r", NULL),
                         APR_SUCCESS);
    cc_rules_evaluate(rules, cert, &ruleset_facts, steps, pool, pool);
    cc_trace_hint(steps, rules, cert, &ruleset_facts, true);
    for (int i = 0; i < 200; i++)
        hinted += APR_ARRAY_IDX(steps, i, cc_step_t).hint != NULL;
    ck_assert_int_eq(hinted, 64);
}

/* ---- keys of tables ---------------------------------------------------------------------- */

typedef struct key_case_t {
    const char *condition; /* on t, which is held in memory, or d, which is not */
    const char *key;
    const char *remedy; /* after "the table (x:1) has the key ...; "; NULL: no hint */
} key_case_t;

static const key_case_t keys[] = {
    {"san.email in t", "ALICE@EXAMPLE.COM", "add the option nocase to ClientCertTable t"},
    {"subject.CN in t", "alice", "add the option nocase to ClientCertTable t"},
    {"san.email in t", "alice", "write san.email|local in t"},
    {"san.email in t", "example.com", "write san.email|domain in t"},
    {"serial in t", "1A2B", "add the option octets to ClientCertTable t"},
    {"serial in t", "1A:2B", "add the option octets to ClientCertTable t"},
    {"serial in t", "1a:2b", "add the option octets to ClientCertTable t"},
    {"serial in t", "6699", "in the table, write \"1a2b\""},
    {"serial in t", "001a2b", "in the table, write \"1a2b\""},
    {"serial in t", "0x1a2b", "in the table, write \"1a2b\""},
    {"issuer|oneline in t", "C=DE/O=Example/CN=Staff CA",
     "in the table, write \"/C=DE/O=Example/CN=Staff CA\""},
    {"issuer|oneline in t", "/CN=Staff CA/O=Example/C=DE",
     "in the table, write \"/C=DE/O=Example/CN=Staff CA\""},
    {"issuer|oneline in t", "CN=Staff CA,O=Example,C=DE",
     "in the table, write \"/C=DE/O=Example/CN=Staff CA\""},
    {"issuer|oneline in t", "C = DE, O = Example, CN = Staff CA",
     "in the table, write \"/C=DE/O=Example/CN=Staff CA\""},
    {"san.email in d", "ALICE@EXAMPLE.COM", "in the table, write \"alice@example.com\""},
    {"serial in d", "1A:2B", "in the table, write \"1a2b\""},
    {"san.email in t", "bob", NULL},
    {"serial in t", "6698", NULL},
};

TEST_LOOP(a_key_in_another_form_is_found, 0, COUNT(keys))
{
    const faketable_row_t rows[] = {{keys[_i].key, "x"}, {NULL, NULL}};
    cc_tables_t *tables = faketable_make("t held:x\nd fake:x", pool);
    const char *name = strrchr(keys[_i].condition, ' ') + 1;
    const char *hint, *expected = "";

    faketable.rows = rows;
    hint = hint_in(tables, keys[_i].condition, ruleset_certificate(ruleset_alice, pool));
    if (keys[_i].remedy)
        expected = apr_psprintf(pool, "the table (%s) has the key \"%s\"; %s",
                                cc_table_where(cc_tables_find(tables, NULL, name)), keys[_i].key,
                                keys[_i].remedy);
    ck_assert_str_eq(hint, expected);
}

TEST(tables_are_searched_only_if_wanted)
{
    static const faketable_row_t rows[] = {{"alice", "x"}, {NULL, NULL}};
    cc_tables_t *tables = faketable_make("t fake:x", pool);
    cc_rules_t *rules = ruleset_compile_with(tables, "subject.CN in t group=x", pool);
    apr_array_header_t *steps = apr_array_make(pool, 1, sizeof(cc_step_t));
    const cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);

    faketable.rows = rows;
    cc_rules_evaluate(rules, cert, &ruleset_facts, steps, pool, pool);
    cc_trace_hint(steps, rules, cert, &ruleset_facts, false);
    ck_assert_ptr_null(APR_ARRAY_IDX(steps, 0, cc_step_t).hint);
    cc_trace_hint(steps, rules, cert, &ruleset_facts, true);
    ck_assert_ptr_nonnull(APR_ARRAY_IDX(steps, 0, cc_step_t).hint);
}

/* ---- every offered condition holds ------------------------------------------------------- */

static int offered;

/* Each condition that a hint offers for this one is evaluated for the certificate. */
static void offer_check(const char *field, const char *op, const char *operand,
                        const cc_cert_t *cert)
{
    const char *condition =
        apr_pstrcat(pool, field, " ", op, " ", cc_word_quote(operand, pool), NULL);
    cc_rules_t *again = cc_rules_create(NULL, NULL, pool);
    const char *hint = NULL, *write;

    if (cc_rules_add_conditions(again, condition, "", NULL) != APR_SUCCESS)
        return;
    hint = hint_in(NULL, condition, cert);
    ck_assert_ptr_null(cc_text_unusable(hint, strlen(hint)));
    write = strstr(hint, "; write ");
    if (!write)
        return;
    again = cc_rules_create(NULL, NULL, pool);
    ck_assert_msg(cc_rules_add_conditions(again, write + 8, "", NULL) == APR_SUCCESS, "%s: %s",
                  condition, hint);
    ck_assert_msg(cc_rules_evaluate(again, cert, &certs_facts, NULL, pool, pool)->matched_count ==
                      1,
                  "%s: %s", condition, hint);
    offered++;
}

/* The value as a pattern of its own text. */
static const char *escaped(const char *text)
{
    char *pattern = apr_palloc(pool, 2 * strlen(text) + 1), *to = pattern;

    for (; *text; text++) {
        if (strchr("*.+?()[]{}|\\^$#", *text))
            *to++ = '\\';
        *to++ = *text;
    }
    *to = '\0';
    return pattern;
}

static const char *changed(const char *text, int how)
{
    char *copy = apr_pstrdup(pool, text);

    switch (how) {
    case 0:
        return apr_pstrcat(pool, " ", text, NULL);
    case 1:
        for (char *c = copy; *c; c++)
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
        return copy;
    case 2:
        return apr_pstrcat(pool, "*", text + (*text != '\0'), NULL);
    case 3:
        return strchr(text, ',') ? strchr(text, ',') + 1 : text;
    case 4:
        copy[strlen(copy) / 2] = '\0';
        return copy;
    default:
        return strpbrk(text, "@.:/ ") ? strpbrk(text, "@.:/ ") : text;
    }
}

static void value_check(const char *name, const cc_value_t *value, const cc_cert_t *cert)
{
    static const char *const fields[] = {"subject.CN", "san.email", "san.upn", "subject",
                                         "issuer",     "sha256",    "serial",  "issuer|oneline"};

    for (int how = 0; how < 6; how++) {
        const char *text = changed(value->text, how);

        offer_check(name, "==", text, cert);
        offer_check(name, "under", text, cert);
        offer_check(name, "=~", escaped(text), cert);
        offer_check(name, "=~", text, cert);
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        offer_check(fields[i], "==", value->text, cert);
    if (value->dn) {
        cc_value_t reversed = cc_value_reversed(value, pool);

        offer_check(name, "==", reversed.text, cert);
        offer_check(name, "under", reversed.text, cert);
    }
}

static void field_check(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *cert)
{
    for (int i = 0; i < values.count && i < 4; i++)
        if (!values.at[i].unusable && values.at[i].len < 200 &&
            (strncmp(name, "s", 1) == 0 || strncmp(name, "i", 1) == 0))
            value_check(name, &values.at[i], cert);
    (void)ref;
}

static void certificate_check(const cc_cert_t *cert)
{
    cc_field_each(cert, &certs_facts, field_check, (void *)cert, pool);
}

TEST(each_offered_condition_holds_for_its_certificate)
{
    certificate_check(ruleset_certificate(ruleset_alice, pool));
    certificate_check(ruleset_certificate(ruleset_bad, pool));
    certificate_check(certs_make(&certs_rich, pool));
    ck_assert_int_gt(offered, 150);
}

TEST(each_offered_condition_holds_for_each_certificate_of_the_suite)
{
    const char *folder = getenv("CC_CA");
    apr_finfo_t info;
    apr_dir_t *dir;
    int read = 0;

    ck_assert_int_eq(apr_dir_open(&dir, folder, pool), APR_SUCCESS);
    while (apr_dir_read(&info, APR_FINFO_NAME, dir) == APR_SUCCESS) {
        apr_pool_t *all = pool;
        cc_cert_t *cert;

        apr_pool_create(&pool, all);
        if (strstr(info.name, ".pem") &&
            cc_cert_read(&cert, NULL, apr_pstrcat(pool, folder, "/", info.name, NULL), NULL, NULL,
                         pool, NULL) == APR_SUCCESS) {
            certificate_check(cert);
            read++;
        }
        apr_pool_destroy(pool);
        pool = all;
    }
    apr_dir_close(dir);
    ck_assert_int_gt(read, 30);
    ck_assert_int_gt(offered, 1000);
}

SUITE("hints", .setup = setup, .teardown = teardown, .timeout = 60);
