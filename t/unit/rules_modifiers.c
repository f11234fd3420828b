/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what modifiers make of values, which operands they allow, and what lint concludes. */
#include <string.h>

#include <apr_strings.h>

#include <openssl/bn.h>
#include <openssl/x509v3.h>

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

/* The values of a selector, separated by spaces; an unusable one is "!" and the reason. */
static const char *values_text(const char *text, const cc_cert_t *cert)
{
    const cc_selector_t *selector = NULL;
    const char *all = "";
    cc_error_t err = {0};
    cc_values_t values;

    ck_assert_msg(cc_selector_parse(&selector, text, pool, &err) == APR_SUCCESS, "%s: %s", text,
                  err.message);
    values = cc_selector_values(selector, cert, &ruleset_facts, pool);
    ck_assert(values.count <= 1 || cc_selector_many(selector));
    for (int i = 0; i < values.count; i++) {
        const cc_value_t *value = &values.at[i];

        all = apr_pstrcat(pool, all, i > 0 ? " " : "", value->unusable ? "!" : value->text,
                          value->unusable, NULL);
    }
    return all;
}

typedef struct value_case_t {
    const char *selector;
    const char *values;
} value_case_t;

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const value_case_t of_alice[] = {
    {"san.email|nth(1)", "alice@example.com"},
    {"san.email|nth(2)", "Alice.A@Example.ORG"},
    {"san.email|nth(3)", ""},
    {"san.email|nth(9999)", ""},
    {"san.email|nth(2)|nth(1)|local", "Alice.A"},
    {"subject|nth(1)|oneline", "/C=DE/O=Example/OU=Staff/OU=Admins/CN=Alice"},
    {"san.email|count", "2"},
    {"san.upn|count", "0"},
    {"san.dns|local|count", "0"},
    {"subject|count", "1"},
    {"not_after|count|first", "1"},
    {"san.email|present", "true"},
    {"san.upn|present", "false"},
    {"key.bits|present", "true"},
    {"san.upn|present|upper", "FALSE"},
    {"serial|base64", "Gis="},
    {"serial|base64url", "Gis"},
    {"serial|colons", "1A:2B"},
    {"serial|colons|lower", "1a:2b"},
    {"serial|decimal", "6699"},
    {"serial|sha256", "7bb58a59efd43e747eaf28bbd8fc2d66fb0786b5fbecb617341aa018919ea42d"},
    {"serial|sha384", "e39936e231d589654f09b53152bbc6873e505df25339221efb6a99b984d3badf"
                      "d5dbb8f6319670fc09ec5549286b6427"},
    {"serial|sha512", "4fd91d7e01b59ff6094b30b85983c17792050114676997b0bafd556702e5371e"
                      "4f90ea74b2b1624af4dc4138ed6c3476528483e9190cb113ba91449981645525"},
    {"not_before|unix", "1767225600"},
    {"san.dns|replace(\\.,-)", "alice-example-com"},
    {"san.dns|replace(x,y)", "alice.eyample.com"},
    {"san.dns|replace(nothing,y)", "alice.example.com"},
    {"san.dns|replace(^[^.]+\\.,)", "example.com"},
    {"san.dns|replace(.*,x)|replace(^.*$,a,b)", "a,b"},
    {"san.dns|replace([.,|)],_)", "alice_example_com"},
    {"san.dns|replace([a-z]{5,6},X)", "X.Xe.com"},
    {"san.dns|replace((a|e)(l|x),$2$1)", "laice.xeample.com"},
    {"san.dns|replace((?<first>[^.]+)\\.(.*),$2/$<first>)", "example.com/alice"},
    {"san.dns|replace((x)|(m),<$1$2>)", "alice.e<x>a<m>ple.co<m>"},
    {"san.dns|replace(\\.,$$)", "alice$example$com"},
    {"san.dns|replace(\\.,\\)\\(\\$\\\\)", "alice)($\\example)($\\com"},
    {"san.dns|replace(e*,-)", "-a-l-i-c--.--x-a-m-p-l--.-c-o-m-"},
    {"san.dns|replace((?=\\.),:)", "alice:.example:.com"},
    {"san.dns|replace([,],)", "alice.example.com"},
    {"san.dns|replace(.*,)", ""},
    {"san.email|replace((?i)@example\\.org$,)|lower", "alice@example.com alice.a"},
    {"san.email|lower|replace(a,B)|nth(1)", "Blice@exBmple.com"},
    {"serial|colons|replace(:,)", "1A2B"},
    {"san.email|replace(@,|)|count", "2"},
    {"not_after|first|unix", "1798761599"},
};

TEST_LOOP(a_modifier_makes_the_value_that_its_name_says, 0, COUNT(of_alice))
{
    const cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);

    ck_assert_str_eq(values_text(of_alice[_i].selector, cert), of_alice[_i].values);
}

static const value_case_t of_bad[] = {
    {"san.email|count", "!it contains a control character"},
    {"san.email|present", "true"},
    {"san.email|nth(1)", "!it contains a control character"},
    {"san.email|nth(2)", "bob@example.com"},
    {"san.email|nth(2)|count", "1"},
    {"subject.CN|present", "true"},
    {"subject|present", "true"},
};

TEST_LOOP(an_unusable_value_is_present_and_cannot_be_counted, 0, COUNT(of_bad))
{
    const cc_cert_t *cert = ruleset_certificate(ruleset_bad, pool);

    ck_assert_str_eq(values_text(of_bad[_i].selector, cert), of_bad[_i].values);
}

/* Alice's certificate with another serial number, in hex with a sign. */
static cc_cert_t *with_serial(const char *hex)
{
    cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial;

    ck_assert_int_gt(BN_hex2bn(&number, hex), 0);
    serial = BN_to_ASN1_INTEGER(number, NULL);
    ck_assert(serial && X509_set_serialNumber(cc_cert_x509(cert), serial));
    ASN1_INTEGER_free(serial);
    BN_free(number);
    return cert;
}

static const value_case_t of_negative[] = {
    {"serial|colons", "-1A:2B"},
    {"serial|decimal", "-6699"},
    {"serial|base64", "!a negative number has no octets"},
    {"serial|base64url", "!a negative number has no octets"},
    {"serial|sha256", "!a negative number has no octets"},
};

TEST_LOOP(a_negative_serial_number_keeps_its_sign, 0, COUNT(of_negative))
{
    ck_assert_str_eq(values_text(of_negative[_i].selector, with_serial("-1A2B")),
                     of_negative[_i].values);
}

/* OpenSSL's own conversion is the measure. */
TEST(a_number_of_any_length_is_converted_to_decimal)
{
    static const char *const limbs[] = {"0", "3B9AC9FF", "3B9ACA00", "DE0B6B3A7640000",
                                        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"};
    char longest[2 * 1024 + 1];

    for (size_t i = 0; i < COUNT(limbs); i++) {
        BIGNUM *number = NULL;
        char *decimal;

        BN_hex2bn(&number, limbs[i]);
        decimal = BN_bn2dec(number);
        ck_assert_str_eq(values_text("serial|decimal", with_serial(limbs[i])), decimal);
        OPENSSL_free(decimal);
        BN_free(number);
    }
    memset(longest, 'f', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    ck_assert_int_eq((int)strlen(values_text("serial|decimal", with_serial(longest))), 2467);
    ck_assert_str_eq(
        values_text("serial|decimal", with_serial(apr_pstrcat(pool, longest, "00", NULL))),
        "!it has more than 1024 bytes, too many for a decimal number");
}

TEST(an_extension_without_octets_has_a_value_in_every_form)
{
    static const value_case_t cases[] = {
        {"ext.1.2.3|base64", ""},      {"ext.1.2.3|base64url", ""},
        {"ext.1.2.3|colons", ""},
        {"ext.1.2.3|present", "true"}, {"ext.1.2.3|sha256", EMPTY_SHA256},
        {"ext.1.2.4|present", "false"}};
    cc_cert_t *cert = ruleset_certificate(ruleset_alice, pool);
    ASN1_OBJECT *object = OBJ_txt2obj("1.2.3", 1);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, octets);

    ck_assert(X509_add_ext(cc_cert_x509(cert), extension, -1));
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(object);
    for (size_t i = 0; i < COUNT(cases); i++)
        ck_assert_str_eq(values_text(cases[i].selector, cert), cases[i].values);
}

typedef struct {
    const char *text;
    bool holds;
} condition_case_t;

/* An operand is read by the type that the last modifier gives. */
static const condition_case_t conditions[] = {
    {"san.email|count == 2", true},
    {"san.email|count == 02", true},
    {"san.email|count != 2", false},
    {"san.email|count > 1 san.email|count < 3 san.email|count >= 0", true},
    {"san.upn|count == 0", true},
    {"san.upn|present == false", true},
    {"san.upn|present == true", false},
    {"san.email|present != false", true},
    {"subject|present == true", true},
    {"subject.OU|nth(2) == Admins", true},
    {"subject.OU|nth(2) == Staff", false},
    {"subject.OU|nth(3) == Staff", false},
    {"subject.OU|nth(3) != Staff", true},
    {"subject|nth(1) under O=Example,C=DE", true},
    {"not_after|unix == 1798761599", true},
    {"not_after|unix >= 1798761600", false},
    {"serial|nth(1) == 1A:2b", true},
    {"serial|colons == 1A:2B", true},
    {"serial|colons =~ 1A:.*", true},
    {"serial|decimal == 6699", true},
    {"serial|base64 == Gis=", true},
    {"serial|base64url == Gis", true},
    {"serial|sha256 == 7BB58A59EFD43E747EAF28BBD8FC2D66:FB0786B5FBECB617341AA018919EA42D", true},
    {"serial|sha256|base64 == e7WKWe/UPnR+ryi72PwtZvsHhrX77LYXNBqgGJGepC0=", true},
};

TEST_LOOP(an_operand_has_the_type_of_the_modified_value, 0, COUNT(conditions))
{
    const condition_case_t *c = &conditions[_i];
    cc_rules_t *rules = cc_rules_create(NULL, NULL, pool);
    cc_error_t err = {0};

    ck_assert_msg(cc_rules_add_conditions(rules, c->text, "r1", &err) == APR_SUCCESS, "%s: %s",
                  c->text, err.message);
    ck_assert_msg((ruleset_verdict(rules, ruleset_alice, pool)->matched_count == 1) == c->holds,
                  "%s", c->text);
}

/* What is unusable decides nothing: neither a condition nor its opposite holds. */
TEST(no_condition_holds_by_a_count_of_unusable_values)
{
    static const char *const none[] = {"san.email|count == 3", "san.email|count != 3",
                                       "san.email|count >= 0", "san.email|count == 1"};

    for (size_t i = 0; i < COUNT(none); i++) {
        const char *rule = apr_pstrcat(pool, none[i], " user=x", NULL);
        const char *deny = apr_pstrcat(pool, none[i], " deny", NULL);

        ck_assert_ptr_null(ruleset_ask(rule, ruleset_bad, pool)->user);
        ck_assert_ptr_nonnull(ruleset_ask(deny, ruleset_bad, pool)->denied_where);
    }
}

/* ---- effort ------------------------------------------------------------------------------------
 */

/* A certificate with this many addresses, each "aaa...@b" of this length. */
static const char *const *mails(int count, int len)
{
    const char **pairs = apr_pcalloc(pool, sizeof(*pairs) * (2 * (size_t)count + 1));
    char *name = apr_palloc(pool, (size_t)len + 1);

    memset(name, 'a', (size_t)len);
    name[len] = '\0';
    for (int i = 0; i < count; i++) {
        pairs[2 * i] = "email";
        pairs[2 * i + 1] = apr_psprintf(pool, "%s%d@b", name, i);
    }
    return pairs;
}

static const value_case_t of_long[] = {
    {"san.email|replace((a+)+[cd],x)", "!the pattern takes too many steps or too much memory"},
    {"san.email|replace(a,xxxxxxxxxxxxxxxxxxxx)", "!replacing gives more than 8192 bytes"},
};

TEST(a_replacement_that_reaches_a_limit_makes_the_value_unusable)
{
    const cc_cert_t *cert = ruleset_certificate(mails(1, 600), pool);
    const cc_cert_t *huge = ruleset_certificate(mails(1, 9000), pool);

    for (size_t i = 0; i < COUNT(of_long); i++)
        ck_assert_str_eq(values_text(of_long[i].selector, cert), of_long[i].values);
    ck_assert_str_eq(values_text("san.email|replace(0@b,)|replace(a,)", cert), "");
    ck_assert_str_eq(values_text("san.email|replace(a,b)", huge),
                     "!it has more than 8192 bytes, too many for a pattern");
}

/* Neither a condition nor its opposite holds, and a rule that denies does. */
TEST(what_could_not_be_replaced_decides_nothing)
{
    const char *const *pairs = mails(1, 600);

    ck_assert_ptr_null(
        ruleset_ask("\"san.email|replace((a+)+[cd],x)\" != b user=x", pairs, pool)->user);
    ck_assert_ptr_null(
        ruleset_ask("user=\"%{san.email|replace((a+)+[cd],x)}\"", pairs, pool)->user);
    ck_assert_ptr_null(
        ruleset_ask("san.email =~ (.*) user=\"$1|replace((a+)+[cd],x)\"", pairs, pool)->user);
    ck_assert_ptr_nonnull(
        ruleset_ask("san.email =~ (.*) user=\"$1|replace((a+)+[cd],x)\"", pairs, pool)
            ->doubt_where);
    ck_assert_ptr_nonnull(
        ruleset_ask("\"san.email|replace((a+)+[cd],x)\" == b deny", pairs, pool)->denied_where);
}

/* The holder of a certificate with many values cannot make an evaluation take long. */
TEST(the_effort_of_replacing_is_that_of_the_evaluation)
{
    const char *const *pairs = mails(800, 30);
    const char *rules = "\"san.email|replace((a|aa)+[cd],x)\" == b user=x\n"
                        "san.email =~ (a|aa)+[cd] user=y\n"
                        "user=z";
    const cc_verdict_t *verdict = ruleset_ask(rules, pairs, pool);

    ck_assert(!cc_verdict_has_identity(verdict));
    ck_assert_ptr_nonnull(strstr(verdict->failure, "all the steps that one certificate"));
    ck_assert_int_le(verdict->note_count, 3);
}

/* A rule that the index excludes is evaluated for a trace alone, with effort of its own. */
TEST(a_trace_does_not_change_what_is_replaced)
{
    const char *const *pairs = mails(12, 60);
    const char *lines = "subject.CN == no \"san.email|replace((a|aa)+[cd],x)\" == b user=x\n"
                        "\"san.email|replace((a|aa)+[cd],x)\" == b user=y\n"
                        "group=\"%{san.email|replace(a,)}\"";
    cc_rules_t *rules = ruleset_compile(lines, pool);
    cc_cert_t *cert = ruleset_certificate(pairs, pool);
    apr_array_header_t *trace = apr_array_make(pool, 4, sizeof(cc_step_t));
    const cc_verdict_t *plain = cc_rules_evaluate(rules, cert, &ruleset_facts, NULL, pool, pool);
    const cc_verdict_t *traced = cc_rules_evaluate(rules, cert, &ruleset_facts, trace, pool, pool);

    ck_assert_str_eq(ruleset_text(plain, pool), ruleset_text(traced, pool));
}

/* ---- lint ---------------------------------------------------------------------------------- */

typedef struct lint_case_t {
    const char *rules;
    const char *tags; /* each followed by a space */
} lint_case_t;

static const lint_case_t lints[] = {
    {"san.email|count == 1 san.email|count == 2 user=x", "CC0700 "},
    {"san.email|count > 1 san.email|count == 2 user=x", ""},
    {"san.email|present == true san.email|present == false deny", "CC0700 "},
    {"san.email|nth(1) == a@b san.email|nth(2) == a@c user=x", ""},
    {"san.email|nth(1) == a@b san.email|nth(1) == a@c user=x", "CC0700 "},
    {"san.email|count == 1 deny\nsan.email|count == 1 group=a", "CC0701 "},
    {"san.email|nth(1) == a@b deny\nsan.email|nth(2) == a@b group=a", ""},
    /* a field of TLS without a value, beside a certificate in a header */
    {"via == header tls.sni == a user=x", "CC0700 "},
    {"via == header tls.sni|present == false user=x", ""},
    {"via == header tls.sni|count == 0 user=x", ""},
    /* decimal digits are right here */
    {"issuer == CN=a serial|decimal == 123456789012345678901234567890123456789012345 user=x", ""},
    {"issuer == CN=a serial == 123456789012345678901234567890123456789012345 user=x", "CC0774 "},
    /* what only says that there is an issuer does not say which */
    {"issuer|present == true user=%{subject.CN}", "CC0704 "},
    {"issuer|count == 1 user=%{subject.CN}", "CC0704 "},
    {"issuer.CN|nth(1) == a user=%{subject.CN}", ""},
    /* nothing follows from the field for a text that was replaced */
    {"issuer == CN=a \"san.email|replace(@,-)\" =~ .*-example.com user=x", ""},
    {"issuer == CN=a \"san.email|replace(@,-)\" == @a user=x", ""},
    {"issuer == CN=a \"san.email|lower|replace(a,A)\" =~ .*A user=x", ""},
};

TEST_LOOP(lint_concludes_from_what_the_modifier_gives, 0, COUNT(lints))
{
    const apr_array_header_t *notes =
        cc_rules_lint(ruleset_compile(lints[_i].rules, pool), CC_ISSUERS_SEVERAL, pool);
    const char *tags = "";

    for (int i = 0; i < notes->nelts; i++)
        tags = apr_pstrcat(pool, tags, APR_ARRAY_IDX(notes, i, cc_note_t).tag, " ", NULL);
    ck_assert_msg(strcmp(tags, lints[_i].tags) == 0, "%s: %s", lints[_i].rules, tags);
}

TEST(a_field_of_the_connection_that_must_be_absent_is_not_reported)
{
    const char *absent = "tls.sni|present == false user=x\ntls.sni|count == 0 user=y";
    const char *there = "tls.sni|first == a user=x";

    ck_assert_int_eq(cc_rules_lint_connection(ruleset_compile(absent, pool), pool)->nelts, 0);
    ck_assert_int_eq(cc_rules_lint_connection(ruleset_compile(there, pool), pool)->nelts, 1);
}

SUITE("modifiers", .setup = setup, .teardown = teardown);
