/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that certificates crafted to pass for others do not succeed. */
#include <string.h>

#include "certs.h"
#include "suite.h"

#define CN(tag, literal) ((const certs_attribute_t[]){{"CN", tag, CERTS_OCTETS(literal), 0}, END})
#define END                                                                                        \
    {                                                                                              \
        NULL, 0, {NULL, 0}, 0                                                                      \
    }
#define NO_MORE                                                                                    \
    {                                                                                              \
        NULL, {NULL, 0}, NULL                                                                      \
    }

static apr_pool_t *pool;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

static cc_cert_t *named(const certs_attribute_t *subject)
{
    return certs_make(&(certs_spec_t){.subject = subject}, pool);
}

static cc_cert_t *extended(const certs_extension_t *extensions)
{
    return certs_make(&(certs_spec_t){.extensions = extensions}, pool);
}

/* One extension, by its DER. */
#define WITH(oid, literal)                                                                         \
    extended((const certs_extension_t[]){{oid, CERTS_OCTETS(literal), NULL}, NO_MORE})

/* ---- names ------------------------------------------------------------------------------- */

TEST(a_nul_in_the_cn_makes_it_and_the_subject_unusable)
{
    cc_cert_t *cert = named(CN(V_ASN1_UTF8STRING, "admin\0.evil"));

    certs_unusable(cert, "subject.CN", "NUL");
    certs_unusable(cert, "subject", "NUL");
    certs_unusable(cert, "altsec.subject", "NUL");
}

TEST(a_mistagged_string_is_not_admin)
{
    certs_has(named(CN(V_ASN1_BMPSTRING, "admin!")), "subject.CN",
              "\xE6\x85\xA4\xE6\xB5\xA9\xE6\xB8\xA1");
}

TEST(a_t61string_with_high_octets_is_not_guessed_at)
{
    certs_has(named(CN(V_ASN1_T61STRING, "Jurgen")), "subject.CN", "Jurgen");
    certs_unusable(named(CN(V_ASN1_T61STRING, "J\xFCrgen")), "subject.CN", "does not define");
}

TEST(an_attribute_that_is_no_string_is_no_text)
{
    cc_cert_t *cert = named((const certs_attribute_t[]){
        {"CN", V_ASN1_UTF8STRING, CERTS_OCTETS("admin"), 0},
        {"2.5.4.45", V_ASN1_BIT_STRING, CERTS_OCTETS("\x01"), 0},
        END,
    });

    certs_has(cert, "subject.CN", "admin");
    certs_unusable(cert, "subject.x500UniqueIdentifier", "not a character string");
    certs_has(cert, "subject", "x500UniqueIdentifier=#03020001,CN=admin");
}

static void subject_is_not(const cc_cert_t *cert, const char *operand)
{
    cc_values_t values = certs_values(cert, "subject", pool);
    cc_fieldref_t ref;
    cc_value_t value;

    ck_assert_int_eq(cc_field_find(&ref, "subject", pool, NULL), APR_SUCCESS);
    ck_assert_int_eq(cc_field_operand(&value, &ref, operand, pool, NULL), APR_SUCCESS);
    ck_assert(value.key_len != values.at[0].key_len ||
              memcmp(value.key, values.at[0].key, value.key_len) != 0);
    ck_assert(!cc_value_under(&values.at[0], &value));
}

TEST(a_comma_inside_a_value_makes_no_attribute)
{
    cc_cert_t *o = named((const certs_attribute_t[]){
        {"O", V_ASN1_UTF8STRING, CERTS_OCTETS("x,CN=admin"), 0},
        END,
    });
    cc_cert_t *cn = named(CN(V_ASN1_UTF8STRING, "a,CN=admin"));

    certs_has(o, "subject", "O=x\\,CN=admin");
    certs_has(o, "subject.CN", NULL);
    subject_is_not(o, "O=x,CN=admin");
    subject_is_not(o, "CN=admin");
    certs_has(cn, "subject", "CN=a\\,CN=admin");
    certs_has(cn, "subject.CN", "a,CN=admin");
    subject_is_not(cn, "CN=a,CN=admin");
    subject_is_not(cn, "CN=admin");
}

TEST(an_empty_subject_is_no_name)
{
    cc_cert_t *cert = named(NULL);

    certs_has(cert, "subject", NULL);
    certs_has(cert, "subject.CN", NULL);
    certs_has(cert, "altsec.subject", NULL);
    certs_has(cert, "altsec.issuer_serial", NULL);
    certs_has(cert, "self_issued", "true");
}

/* ---- alternative names ------------------------------------------------------------------- */

TEST(bad_names_among_the_alternative_names_are_unusable)
{
    certs_unusable(WITH("subjectAltName", "\x30\x08\x82\x06"
                                          "a\0.com"),
                   "san.dns", "NUL");
    certs_unusable(WITH("subjectAltName", "\x30\x08\x81\x06"
                                          "a\0@b.c"),
                   "san.email", "NUL");
    certs_unusable(WITH("subjectAltName", "\x30\x08\x81\x06"
                                          "a\0@b.c"),
                   "altsec.email", "NUL");
    certs_unusable(WITH("subjectAltName", "\x30\x05\x86\x03"
                                          "a\nb"),
                   "san.uri", "control");
    certs_unusable(WITH("subjectAltName", "\x30\x05\x81\x03"
                                          "a\xFC"
                                          "b"),
                   "san.email", "does not define");
    certs_unusable(WITH("subjectAltName", "\x30\x07\x87\x05\1\2\3\4\5"), "san.ip", "neither 4");
    certs_unusable(WITH("subjectAltName", "\x30\x10\xa4\x0e\x30\x0c\x31\x0a\x30\x08\x06\x03\x55"
                                          "\x04\x03\x0c\x01\x07"),
                   "san.dirname", "control");
}

TEST(one_bad_name_does_not_hide_the_others)
{
    cc_cert_t *cert = WITH("subjectAltName", "\x30\x0d\x82\x03"
                                             "a\0b\x82\x01"
                                             "c\x81\x03"
                                             "d@e");
    cc_values_t values = certs_values(cert, "san.dns", pool);

    ck_assert_int_eq(values.count, 2);
    ck_assert_ptr_nonnull(values.at[0].unusable);
    ck_assert_str_eq(values.at[1].text, "c");
    certs_has(cert, "san.email", "d@e");
    certs_has(cert, "san.uri", NULL);
}

TEST(other_names_of_the_wrong_type_are_unusable)
{
    cc_cert_t *upn = WITH("subjectAltName", "\x30\x15\xa0\x13\x06\x0a\x2b\x06\x01\x04\x01\x82\x37"
                                            "\x14\x02\x03\xa0\x05\x16\x03"
                                            "a@b");
    cc_cert_t *mail = WITH("subjectAltName", "\x30\x13\xa0\x11\x06\x08\x2b\x06\x01\x05\x05\x07"
                                             "\x08\x09\xa0\x05\x16\x03"
                                             "a@b");
    cc_cert_t *krb5 = WITH("subjectAltName", "\x30\x0f\xa0\x0d\x06\x06\x2b\x06\x01\x05\x02\x02"
                                             "\xa0\x03\x0c\x01"
                                             "a");
    cc_cert_t *nobody = WITH("subjectAltName", "\x30\x20\xa0\x1e\x06\x06\x2b\x06\x01\x05\x02\x02"
                                               "\xa0\x14\x30\x12\xa0\x03\x1b\x01R\xa1\x0b\x30\x09"
                                               "\xa0\x03\x02\x01\x01\xa1\x02\x30\x00");
    cc_cert_t *number = WITH("subjectAltName", "\x30\x0c\xa0\x0a\x06\x03\x2a\x03\x04\xa0\x03"
                                               "\x02\x01\x01");

    certs_unusable(upn, "san.upn", "UTF8String");
    certs_has(upn, "san.other.1.3.6.1.4.1.311.20.2.3", "a@b");
    certs_unusable(mail, "san.email", "UTF8String");
    certs_unusable(krb5, "san.krb5", "not a KRB5PrincipalName");
    certs_unusable(nobody, "san.krb5", "without a name");
    certs_unusable(number, "san.other.1.2.3.4", "not a character string");
}

static void every_san_is_unusable(const cc_cert_t *cert, const char *reason)
{
    static const char *const names[] = {"san.email",       "san.dns",     "san.uri", "san.ip",
                                        "san.dirname",     "san.rid",     "san.upn", "san.krb5",
                                        "san.other.1.2.3", "altsec.email"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        certs_unusable(cert, names[i], reason);
    ck_assert_str_eq(cc_cert_not_client(cert),
                     "one of its extensions cannot be decoded, or occurs twice");
}

TEST(alternative_names_that_do_not_decode_or_come_twice_are_unusable)
{
    every_san_is_unusable(WITH("subjectAltName", "\x30\x05\x82\x04"
                                                 "abc"),
                          "cannot be decoded");
    every_san_is_unusable(WITH("subjectAltName", "admin"), "cannot be decoded");
    every_san_is_unusable(extended((const certs_extension_t[]){{"subjectAltName",
                                                                CERTS_OCTETS("\x30\x03\x82\x01"
                                                                             "a"),
                                                                NULL},
                                                               {"subjectAltName",
                                                                CERTS_OCTETS("\x30\x03\x82\x01"
                                                                             "b"),
                                                                NULL},
                                                               NO_MORE}),
                          "twice");
}

TEST(octets_behind_an_extension_make_it_unusable)
{
    certs_unusable(WITH("subjectAltName", "\x30\x03\x82\x01"
                                          "a\x05\0"),
                   "san.dns", "cannot be decoded");
    certs_unusable(WITH("basicConstraints", "\x30\0\x05\0"), "is_ca", "cannot be decoded");
}

/* ---- other extensions -------------------------------------------------------------------- */

TEST(extensions_that_do_not_decode_are_unusable_and_no_client)
{
    static const char *const pairs[][2] = {
        {"basicConstraints", "is_ca"},     {"keyUsage", "ku"},
        {"extendedKeyUsage", "eku"},       {"subjectKeyIdentifier", "ski"},
        {"authorityKeyIdentifier", "aki"}, {"subjectKeyIdentifier", "altsec.ski"},
        {"certificatePolicies", "policy"}, {"1.3.6.1.4.1.311.25.2", "sid"}};

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        cc_cert_t *cert = WITH(pairs[i][0], "admin");
        certs_unusable(cert, pairs[i][1], "cannot be decoded");
        if (strcmp(pairs[i][1], "policy") != 0 && strcmp(pairs[i][1], "sid") != 0)
            ck_assert_str_eq(cc_cert_not_client(cert),
                             "one of its extensions cannot be decoded, or occurs twice");
    }
}

TEST(any_extension_that_is_there_twice_is_unusable)
{
    static const certs_extension_t twice[] = {{"1.2.3", CERTS_OCTETS("\x05\0"), NULL},
                                              {"1.2.3", CERTS_OCTETS("\x05\0"), NULL},
                                              {"1.2.4", CERTS_OCTETS(""), NULL},
                                              NO_MORE};

    certs_unusable(extended(twice), "ext.1.2.3", "twice");
    certs_has(extended(twice), "ext.1.2.4", "");
}

#define SID(len, text) "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x19\x02\x01\xa0" len text

TEST(a_sid_is_one_and_written_as_such)
{
    certs_unusable(WITH("1.3.6.1.4.1.311.25.2", "\x30\x18\xa0\x16" SID("\x08", "\x04\x06S-1-5-")),
                   "sid", "the form of a SID");
    certs_unusable(WITH("1.3.6.1.4.1.311.25.2", "\x30\x18\xa0\x16" SID("\x08", "\x04\x06S-1--5")),
                   "sid", "the form of a SID");
    certs_unusable(WITH("1.3.6.1.4.1.311.25.2", "\x30\x18\xa0\x16" SID("\x08", "\x04\x06T-1-51")),
                   "sid", "the form of a SID");
    certs_unusable(WITH("1.3.6.1.4.1.311.25.2", "\x30\x18\xa0\x16" SID("\x08", "\x0c\x06S-1-51")),
                   "sid", "does not contain a SID");
    certs_unusable(WITH("1.3.6.1.4.1.311.25.2",
                        "\x30\x30\xa0\x16" SID("\x08", "\x04\x06S-1-51") "\xa0\x16" SID(
                            "\x08", "\x04\x06S-1-52")),
                   "sid", "exactly one");
    certs_unusable(WITH("1.3.6.1.4.1.311.25.2", "\x30\x03\x82\x01"
                                                "a"),
                   "sid", "exactly one");
    certs_has(WITH("1.3.6.1.4.1.311.25.2", "\x30\x18\xa0\x16" SID("\x08", "\x04\x06S-1-51")), "sid",
              "S-1-51");
}

/* ---- numbers and dates ------------------------------------------------------------------- */

TEST(odd_serial_numbers_have_one_form_each)
{
    certs_spec_t forty = {.serial = CERTS_OCTETS("0123456789012345678901234567890123456789")};
    certs_spec_t negative = {.serial = CERTS_OCTETS("\x05"), .serial_negative = 1};
    certs_spec_t zero = {.serial = CERTS_OCTETS("\0")};
    certs_spec_t high = {.serial = CERTS_OCTETS("\xff\x01")};

    certs_has(certs_make(&forty, pool), "serial",
              "30313233343536373839303132333435363738393031"
              "323334353637383930313233343536373839");
    certs_has(certs_make(&negative, pool), "serial", "-05");
    certs_has(certs_make(&zero, pool), "serial", "00");
    certs_has(certs_make(&high, pool), "serial", "ff01");
    negative.issuer = CN(V_ASN1_UTF8STRING, "CA");
    certs_unusable(certs_make(&negative, pool), "altsec.issuer_serial", "negative");
    high.issuer = CN(V_ASN1_UTF8STRING, "CA");
    certs_has(certs_make(&high, pool), "altsec.issuer_serial", "X509:<I>CN=CA<SR>01ff");
}

static void no_end(const cc_cert_t *cert)
{
    apr_time_t begin, end;

    certs_unusable(cert, "not_after", "cannot be decoded");
    certs_unusable(cert, "days_left", "cannot be decoded");
    certs_unusable(cert, "lifetime_days", "cannot be decoded");
    certs_has(cert, "not_before", "2026-01-01T00:00:00Z");
    cc_cert_validity(cert, &begin, &end);
    ck_assert_int_gt(begin, end);
}

TEST(dates_that_do_not_decode_are_unusable_and_an_empty_span)
{
    static const char *const bad[] = {"20261301000000Z", "20260230000000Z",   "20260101000000+0100",
                                      "202601010000Z",   "20260101000000.5Z", "not before never",
                                      "20260101000000z", "2026010100000\xC3Z"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        no_end(certs_make(&(certs_spec_t){.end = bad[i]}, pool));
    }
}

/* OpenSSL 3.5 does not read such a certificate at all, so it never reaches a field. */
TEST(dates_too_short_for_a_date_are_no_better)
{
    static const char *const bad[] = {"", "never", "2601010000Z"};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        X509 *x509 = certs_x509_try(&(certs_spec_t){.end = bad[i]});

        if (x509) {
            no_end(cc_cert_wrap(x509, pool));
        }
        X509_free(x509);
    }
}

SUITE("hostile", .setup = setup, .teardown = teardown);
