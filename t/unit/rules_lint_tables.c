/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what lint and hints say about the keys of files: forms that no value has, other cases. */
#include <string.h>

#include <apr_strings.h>

#include "ruleset.h"
#include "suite.h"
#include "tableset.h"

static tableset_t set;

static void setup(void)
{
    tableset_begin(&set);
}

static void teardown(void)
{
    tableset_end(&set);
}

/* The finding about a rule whose condition looks the field up in "t"; "" if there is none. */
static const char *finding(const char *field)
{
    cc_rules_t *rules = ruleset_compile_with(
        set.tables, apr_pstrcat(set.pool, field, " in t user=$1\n", field, " in t group=$1", NULL),
        set.pool);
    const apr_array_header_t *notes = cc_rules_lint(rules, CC_ISSUERS_ONE, set.pool);

    ck_assert_int_le(notes->nelts, 1);
    if (notes->nelts == 0)
        return "";
    ck_assert_str_eq(APR_ARRAY_IDX(notes, 0, cc_note_t).tag, "CC0776");
    return APR_ARRAY_IDX(notes, 0, cc_note_t).text;
}

typedef struct key_case_t {
    const char *field;
    const char *rows;
    const char *says; /* a part of the finding; NULL: none */
} key_case_t;

static const key_case_t cases[] = {
    {"sha256", "AA:BB x\nCC:DD y\n", "add the option octets to the table"},
    {"sha256", "aabb x\n", "a different number of digits"},
    {"sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 x\naa y\n", NULL},
    {"sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= x\n", "add the option octets=base64"},
    {"sha256", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU x\n", "add the option octets=base64"},
    {"sha256", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuF? x\n", "add the option octets to the"},
    {"spki.sha1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk= x\n", "add the option octets=base64"},
    {"sha384", "OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb x\n",
     "add the option octets=base64"},
    {"spki.sha512", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 x\n",
     "a different number of digits"},
    {"serial", "1A2B x\n", "add the option octets to the table"},
    {"serial", "1a2b x\n1A2C y\n", NULL},
    {"serial", "-01 x\n", NULL},
    {"subject|oneline", "CN=a,O=b x\n", "begins with a slash"},
    {"subject|oneline", "/O=b/CN=a x\nCN=c,O=b y\n", NULL},
    {"san.any", "alice@example.com x\n", "begins with the type of the name"},
    {"san.any", "alice@example.com x\nemail:bob@example.com y\n", NULL},
    {"san.hardware", "0a1b x\n", "an object identifier, a colon"},
    {"san.permanent", ":4711 x\n", NULL},
    {"san.email", "alice x\nbob y\n", "write |local behind the field"},
    {"san.email", "alice x\nbob@example.com y\n", NULL},
    {"san.email|local", "alice x\n", NULL},
    {"san.email|domain", "a@example.com x\n", "|domain gives the part after the @"},
    {"san.email|domain", "example.com x\n", NULL},
    {"san.email|domain|lower", "Example.com x\n", "add the option nocase to the table"},
    {"san.email|lower", "Alice@example.com x\nBOB@example.com y\n", "no capital letters"},
    {"san.email|lower", "Alice@example.com x\nbob@example.com y\n", NULL},
    {"san.uri", "www.example.com x\n", "a URI begins with its scheme"},
    {"san.uri", "urn:x x\n", NULL},
    {"key.bits", "RSA x\n", "the field is a number"},
    {"key.bits", "2048 x\n", NULL},
    {"subject.CN", "alice x\n", NULL},
    {"subject.CN|upper", "alice x\n", NULL},
    {"sha256|colons", "aabb x\n", "with : between them"},
    {"sha256|colons", "AA:BB x\n", NULL},
    {"sha256|base64", "aa:bb x\n", "base64 has letters, digits"},
    {"sha256|base64url", "Gis x\n", NULL},
    {"serial|decimal", "1a2b x\n", "it has decimal digits"},
    {"serial|decimal|nth(1)", "6699 x\n", NULL},
    {"serial|sha384", "1a2b x\n", "a SHA-384 digest has 96 hex digits"},
    {"san.email|count", "one x\n", "has only decimal digits"},
    {"subject|count|nth(1)", "1 x\n", NULL},
    {"san.email|present", "yes x\n", "it is true or false"},
    {"san.email", "", NULL},
};

TEST_LOOP(a_table_is_reported_if_no_key_of_it_can_match, 0, COUNT(cases))
{
    const char *text;

    tableset_open_text(&set, cases[_i].rows);
    text = finding(cases[_i].field);
    if (cases[_i].says)
        ck_assert_msg(strstr(text, cases[_i].says) != NULL, "%s: %s", cases[_i].rows, text);
    else
        ck_assert_str_eq(text, "");
}

TEST(the_first_key_is_shown_with_its_place)
{
    tableset_open_text(&set, "# people\n\nalice x\nbob y\n");
    ck_assert_ptr_nonnull(
        strstr(finding("san.email"), apr_psprintf(set.pool, "(the first is \"alice\", at %s:3)",
                                                  tableset_path(&set, "f"))));
}

TEST(options_of_a_table_are_considered)
{
    tableset_write(&set, "f", "1A:2B x\nALICE@EXAMPLE.COM y\n");
    tableset_open(&set, apr_pstrcat(set.pool, "file:", tableset_path(&set, "f"), " nocase", NULL),
                  1);
    ck_assert_str_eq(finding("san.email|lower"), "");
    tableset_write(&set, "g", "1A:2B x\n");
    tableset_open(&set, apr_pstrcat(set.pool, "file:", tableset_path(&set, "g"), " octets", NULL),
                  1);
    ck_assert_str_eq(finding("serial"), "");
    ck_assert_ptr_nonnull(strstr(finding("sha1"), "a different number of octets"));
}

TEST(digests_of_another_length_are_reported)
{
    static const char sha1[] = "2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
    static const char hex[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    tableset_write(&set, "f", apr_pstrcat(set.pool, sha1, " x\n", NULL));
    tableset_open(&set, "file:f octets=base64", 1);
    ck_assert_ptr_nonnull(strstr(finding("sha256"), "a different number of octets"));
    ck_assert_str_eq(finding("serial"), "");
    tableset_write(&set, "f", apr_pstrcat(set.pool, sha1, " x\nSHA256:", hex, " y\n", NULL));
    tableset_open(&set, "file:f octets=base64", 1);
    ck_assert_str_eq(finding("sha256"), "");
}

/* ---- hints ------------------------------------------------------------------------------- */

static const char *hint_for(const char *condition, const cc_cert_t *cert)
{
    cc_rules_t *rules = ruleset_compile_with(
        set.tables, apr_pstrcat(set.pool, condition, " user=$1", NULL), set.pool);
    apr_array_header_t *steps = apr_array_make(set.pool, 1, sizeof(cc_step_t));
    const char *hint;

    cc_rules_evaluate(rules, cert, &ruleset_facts, steps, set.pool, set.pool);
    cc_trace_hint(steps, rules, cert, &ruleset_facts, true);
    hint = APR_ARRAY_IDX(steps, 0, cc_step_t).hint;
    return hint ? hint : "";
}

static const char *hint_of(const char *condition)
{
    return hint_for(condition, ruleset_certificate(ruleset_alice, set.pool));
}

TEST(a_short_key_may_be_base64_by_chance)
{
    tableset_open_text(&set, "Gis= x\n"); /* the serial number of the certificate */
    ck_assert_str_eq(hint_of("serial in t"), "");
}

TEST(a_key_in_mixed_case_is_found_and_its_line_is_named)
{
    tableset_open_text(&set, "bob x\nALICE.a@example.ORG y\n");
    ck_assert_str_eq(hint_of("san.email in t"),
                     apr_psprintf(set.pool,
                                  "the table (%s:2) has the key \"ALICE.a@example.ORG\"; add the "
                                  "option nocase to ClientCertTable t",
                                  tableset_path(&set, "f")));
}

/* A file with the digest of a certificate, in this form. */
static const char *digest_file(const cc_cert_t *cert, cc_octets_form_t form, const char *before)
{
    const char *hex = cc_cert_value(cert, "sha256", set.pool)->text;

    tableset_write(
        &set, "f",
        apr_pstrcat(set.pool, before, cc_table_key_text(hex, form, set.pool), " x\n", NULL));
    return tableset_path(&set, "f");
}

static const struct {
    cc_octets_form_t form;
    const char *before, *option, *remedy;
} digests[] = {
    {CC_OCTETS_BASE64, "", "", "add the option octets=base64 to ClientCertTable t"},
    {CC_OCTETS_BASE64URL, "", "", "add the option octets=base64 to ClientCertTable t"},
    {CC_OCTETS_BASE64URL, "sha256//", "", "add the option octets=base64 to ClientCertTable t"},
    {CC_OCTETS_HEX, "", "", NULL},
    {CC_OCTETS_BASE64, "", " octets=base64", NULL},
};

TEST_LOOP(a_digest_in_another_form_is_found, 0, COUNT(digests))
{
    const cc_cert_t *cert = ruleset_certificate(ruleset_alice, set.pool);
    const char *path = digest_file(cert, digests[_i].form, digests[_i].before);
    const char *hint;

    tableset_open(&set, apr_pstrcat(set.pool, "file:", path, digests[_i].option, NULL), 1);
    hint = hint_for("sha256 in t", cert);
    if (digests[_i].remedy)
        ck_assert_msg(strstr(hint, digests[_i].remedy) != NULL, "%s", hint);
    else
        ck_assert_str_eq(hint, "");
}

TEST(hex_digits_that_were_read_as_base64_are_found)
{
    const cc_cert_t *cert = ruleset_certificate(ruleset_alice, set.pool);

    tableset_write(&set, "f", "1a2b x\n");
    tableset_open(&set, "file:f octets=base64", 1);
    ck_assert_ptr_nonnull(strstr(hint_for("serial in t", cert),
                                 "its keys are hex: write the option octets=hex of"));
}

TEST(a_key_that_is_not_there_has_no_hint)
{
    tableset_open_text(&set, "bob x\nalice2@example.com y\n");
    ck_assert_str_eq(hint_of("san.email in t"), "");
}

SUITE("lint_tables", .setup = setup, .teardown = teardown);
