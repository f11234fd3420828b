/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the findings of lint about texts that cannot mean what their author intended. */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
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

typedef struct lint_case_t {
    const char *rule;
    const char *tag;  /* NULL: no finding */
    const char *says; /* a part of the text */
} lint_case_t;

static const lint_case_t cases[] = {
    /* what no value can match */
    {"san.email =~ @example\\.com user=x", "CC0773", "has to match the whole value: an email"},
    {"san.email !~ @example\\.com user=x", "CC0773", "an email address has a part before the @"},
    {"san.email =~ .+@ user=x", "CC0773", "and one after it"},
    {"san.email =~ /.+@example\\.com/ user=x", "CC0773", "an email address"},
    {"san.email == @example.com user=x", "CC0773", "no value can be equal to this: an email"},
    {"san.email|lower|first =~ @example\\.com user=x", "CC0773", "an email address"},
    {"san.upn =~ @corp\\.example\\.com user=x", "CC0773", "a user principal name"},
    {"san.dns =~ \\.example\\.com user=x", "CC0773", "a DNS name begins with"},
    {"san.dns == .example.com user=x", "CC0773", "a DNS name begins with"},
    {"san.uri =~ //example\\.com/.* user=x", "CC0773", "a URI begins with its scheme"},
    {"san.email|domain == @example.com user=x", "CC0773", "the part after the @"},
    {"san.email|domain|lower == a@example.com user=x", "CC0773", "the part after the @"},
    {"san.email|domain =~ .+@example\\.com user=x", "CC0773", "the part after the @"},
    {"san.email|lower =~ .+@Example\\.com user=x", "CC0773",
     "a value with |lower has none of the letters ABC"},
    {"subject.C|upper =~ de|DE user=x", NULL, NULL},
    {"san.email|lower =~ (?i).+@Example\\.com user=x", NULL, NULL},
    {"san.email|lower =~ .+@(Example)\\.com user=x", NULL, NULL},
    {"san.email =~ .*@example\\.com user=x", NULL, NULL},
    {"san.email =~ @?example\\.com user=x", NULL, NULL},
    {"san.email =~ @a|b@c user=x", NULL, NULL},
    {"san.email|local =~ @a user=x", NULL, NULL},
    {"san.dns =~ .*\\.example\\.com user=x", NULL, NULL},
    {"san.dns =~ (www)?\\.example\\.com user=x", NULL, NULL},
    {"san.uri =~ spiffe://example\\.com/.* user=x", NULL, NULL},
    {"subject.CN =~ @a user=x", NULL, NULL},
    /* serial numbers */
    {"serial == 590616453478901234567890123456789012345678901234 issuer == O=x user=x", "CC0774",
     "in hex it is "},
    {"serial != 590616453478901234567890123456789012345678901234 issuer == O=x user=x", "CC0774",
     "so this one is in decimal"},
    {"serial == 4ec35ce8493c86e3d15ae39a202bad773cca2c91 issuer == O=x user=x", NULL, NULL},
    {"serial == 1234567890123456789012345678901234567890 issuer == O=x user=x", "CC0774",
     "if it is decimal, write dec:1234567890123456789012345678901234567890; if it is hex"},
    {"serial == 12345678901234567 issuer == O=x user=x", "CC0774", "has decimal digits only"},
    {"serial == 1234567890123456 issuer == O=x user=x", NULL, NULL},
    {"serial == 12:34567890123456789012345678901234567890 issuer == O=x user=x", NULL, NULL},
    {"serial == dec:1234567890123456789012345678901234567890 issuer == O=x user=x", NULL, NULL},
    {"serial == 0001234567890123456789012345678901234567890 issuer == O=x user=x", NULL, NULL},
    {"serial == 9999999999999999999999999999999999999999999999999999 issuer == O=x user=x", NULL,
     NULL},
};

TEST_LOOP(a_text_is_reported_where_no_other_meaning_is_possible, 0, COUNT(cases))
{
    const lint_case_t *expected = &cases[_i];
    cc_tables_t *tables = faketable_make("t fake:x", pool);
    const apr_array_header_t *notes =
        cc_rules_lint(ruleset_compile_with(tables, expected->rule, pool), CC_ISSUERS_ONE, pool);
    const cc_note_t *note = (const cc_note_t *)notes->elts;

    ck_assert_msg(notes->nelts == (expected->tag ? 1 : 0), "%s: %d %s", expected->rule,
                  notes->nelts, notes->nelts ? note->text : "");
    if (expected->tag) {
        ck_assert_str_eq(note->tag, expected->tag);
        ck_assert_ptr_null(cc_text_unusable(note->text, strlen(note->text)));
        ck_assert_msg(strstr(note->text, expected->says) != NULL, "%s", note->text);
    }
}

TEST(a_serial_number_is_given_in_hex)
{
    const apr_array_header_t *notes = cc_rules_lint(
        ruleset_compile("serial == 449661837485905839467463738204957584930281746593 deny", pool),
        CC_ISSUERS_ONE, pool);

    ck_assert_int_eq(notes->nelts, 1);
    ck_assert_ptr_nonnull(strstr(APR_ARRAY_IDX(notes, 0, cc_note_t).text,
                                 "in hex it is 4ec388be5cd54abcb6b2282bbad031c3ffa5f0a1"));
}

/* ---- names of CAs ------------------------------------------------------------------------ */

static int issuer_findings(const char *rule, const char *const *cas)
{
    apr_hash_t *names = apr_hash_make(pool);
    cc_fieldref_t issuer;

    cc_field_find(&issuer, "issuer", pool, NULL);
    for (; *cas; cas++) {
        cc_value_t *name = apr_palloc(pool, sizeof(*name));

        ck_assert_int_eq(cc_field_operand(name, &issuer, *cas, pool, NULL), APR_SUCCESS);
        apr_hash_set(names, name->key, (apr_ssize_t)name->key_len, "");
    }
    return cc_rules_lint_issuers(ruleset_compile(rule, pool), names, pool)->nelts;
}

TEST(a_ca_in_the_other_order_is_reported)
{
    static const char *const cas[] = {"CN=Staff CA,O=Example", "CN=Root", "CN=A,O=B", "O=B,CN=A",
                                      NULL};

    ck_assert_int_eq(issuer_findings("issuer == 'O=Example,CN=Staff CA' user=x", cas), 1);
    ck_assert_int_eq(issuer_findings("issuer|first != 'o = EXAMPLE, cn = staff  ca' deny", cas), 1);
    ck_assert_int_eq(issuer_findings("issuer == 'CN=Staff CA,O=Example' user=x", cas), 0);
    ck_assert_int_eq(issuer_findings("issuer == CN=Root user=x", cas), 0);
    ck_assert_int_eq(issuer_findings("issuer == O=B,CN=A user=x", cas), 0);
    ck_assert_int_eq(issuer_findings("issuer under 'O=Example,CN=Staff CA' user=x", cas), 0);
    ck_assert_int_eq(issuer_findings("subject == 'O=Example,CN=Staff CA' user=x", cas), 0);
    ck_assert_int_eq(issuer_findings("issuer == 'O=Example,CN=Staff' user=x", cas), 0);
}

SUITE("lint_texts", .setup = setup, .teardown = teardown);
