/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the list of fields and the operands that each field accepts. */
#include <string.h>

#include "certs.h"
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

static apr_status_t parse(cc_value_t *value, const char *field, const char *text, cc_error_t *err)
{
    cc_fieldref_t ref;

    ck_assert_msg(cc_field_find(&ref, field, pool, NULL) == APR_SUCCESS, "%s", field);
    return cc_field_operand(value, &ref, text, pool, err);
}

/* ---- names of fields --------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *tag;
    const char *nearest;
} unknown[] = {
    {"sna.email", "CC0201", "san.email"},
    {"sha265", "CC0201", "sha256"},
    {"subjct.CN", "CC0201", "subject.CN"},
    {"san.othr.1.2.3", "CC0201", "san.other.1.2.3"},
    {"notbefore", "CC0201", "not_before"},
    {"", "CC0201", "clientcert fields"},
    {"subject.CM", "CC0202", "CN"},
    {"subject.organisationName", "CC0202", "organizationName"},
    {"issuer.", "CC0202", "usual ones are CN, OU"},
    {"subject.1.2.", "CC0202", "attribute"},
    {"ext.", "CC0271", "dotted"},
    {"ext.subjectAltName", "CC0271", "dotted"},
    {"san.other.msUPN", "CC0271", "dotted"},
    {"ext.9.9.9", "CC0271", "dotted"},
};

TEST(an_unknown_field_is_an_error_with_the_nearest_name)
{
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        cc_fieldref_t ref;
        cc_error_t err = {0};

        ck_assert_msg(cc_field_find(&ref, unknown[i].name, pool, &err) == APR_EINVAL, "%s",
                      unknown[i].name);
        ck_assert_str_eq(err.tag, unknown[i].tag);
        ck_assert_msg(strstr(err.message, unknown[i].nearest) != NULL, "%s: %s", unknown[i].name,
                      err.message);
    }
}

TEST(fields_are_the_same_by_row_and_argument)
{
    cc_fieldref_t cn, common_name, by_oid, ou, issuer, sha256;

    cc_field_find(&cn, "subject.CN", pool, NULL);
    cc_field_find(&common_name, "Subject.commonname", pool, NULL);
    cc_field_find(&by_oid, "subject.2.5.4.3", pool, NULL);
    cc_field_find(&ou, "subject.OU", pool, NULL);
    cc_field_find(&issuer, "issuer.CN", pool, NULL);
    cc_field_find(&sha256, "SHA256", pool, NULL);
    ck_assert_str_eq(cn.oid, "2.5.4.3");
    ck_assert_ptr_null(sha256.oid);
    ck_assert(cc_field_same(&cn, &common_name));
    ck_assert(cc_field_same(&cn, &by_oid));
    ck_assert(!cc_field_same(&cn, &ou));
    ck_assert(!cc_field_same(&cn, &issuer));
    ck_assert(cc_field_same(&sha256, &sha256));
}

TEST(the_registry_ends)
{
    int count = 0;

    while (cc_field_at(count))
        count++;
    ck_assert_int_eq(count, 68);
    ck_assert_ptr_null(cc_field_at(-1));
    ck_assert_ptr_null(cc_field_at(1000));
}

/* ---- legal ------------------------------------------------------------------------------- */

#define D64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct {
    const char *field;
    const char *written;
    const char *text; /* the text of an equal value of a certificate */
    const char *key;  /* NULL: the same as text */
} legal[] = {
    {"sha256", "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF 0011 2233445566778899aabbccddeeff",
     D64, NULL},
    {"ca.spki.sha256", D64, D64, NULL},
    {"sha1", "00112233445566778899AABBCCDDEEFF00112233", "00112233445566778899aabbccddeeff00112233",
     NULL},
    {"ski", "0A:0b", "0a0b", NULL},
    {"ext.1.2.3", "", "", NULL},
    {"serial", "00:00:0A:1B", "0a1b", NULL},
    {"serial", "A1B", "0a1b", NULL},
    {"serial", "0", "00", NULL},
    {"serial", "-5", "-05", NULL},
    {"serial", "dec:4105", "1009", NULL},
    {"serial", "dec:0", "00", NULL},
    {"serial", "Dec:-31", "-1f", NULL},
    {"serial", "dec:1461501637330902918203684832716283019655932542975",
     "ffffffffffffffffffffffffffffffffffffffff", NULL},
    {"serial", "der:00:E1", "e1", NULL},
    {"serial", "der:e1", "-1f", NULL},
    {"serial", "-0", "00", NULL},
    {"serial", "dec:-0", "00", NULL},
    {"serial", "der:80", "-80", NULL},
    {"serial", "der:ff00", "-0100", NULL},
    {"serial", "der:ff7f", "-81", NULL},
    {"serial", "der:ff", "-01", NULL},
    {"serial", "der:8f60", "-70a0", NULL},
    {"serial", "der:7f", "7f", NULL},
    {"key.bits", "0256", "256", NULL},
    {"days_left", "-12", "-12", NULL},
    {"not_after", "2026-11-20", "2026-11-20T00:00:00Z", NULL},
    {"not_after", "2026-11-20T12:34:56Z", "2026-11-20T12:34:56Z", NULL},
    {"not_before", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z", NULL},
    {"not_before", "2024-02-29", "2024-02-29T00:00:00Z", NULL},
    {"san.ip", "2001:DB8:0:0::0001", "2001:db8::1", NULL},
    {"san.ip", "192.0.2.1", "192.0.2.1", NULL},
    {"san.rid", "1.2.3.4", "1.2.3.4", NULL},
    {"eku", "clientAuth", "clientAuth", "1.3.6.1.5.5.7.3.2"},
    {"eku", "TLS Web Client Authentication", "clientAuth", "1.3.6.1.5.5.7.3.2"},
    {"eku", "1.3.6.1.5.5.7.3.2", "clientAuth", "1.3.6.1.5.5.7.3.2"},
    {"eku", "1.2.3.4", "1.2.3.4", NULL},
    {"policy", "anyPolicy", "2.5.29.32.0", NULL},
    {"policy", "X509v3 Any Policy", "2.5.29.32.0", NULL},
    {"ku", "DIGITALsignature", "digitalSignature", NULL},
    {"ku", "cRLSign", "cRLSign", NULL},
    {"signature.algorithm", "RSA-SHA256", "sha256WithRSAEncryption", "1.2.840.113549.1.1.11"},
    {"signature.algorithm", "1.2.840.10045.4.3.2", "ecdsa-with-SHA256", "1.2.840.10045.4.3.2"},
    {"key.type", "rsa", "RSA", NULL},
    {"key.type", "Ed25519", "ED25519", NULL},
    {"key.type", "1.2.3", "1.2.3", NULL},
    {"key.curve", "P-256", "P-256", "1.2.840.10045.3.1.7"},
    {"key.curve", "prime256v1", "P-256", "1.2.840.10045.3.1.7"},
    {"key.curve", "secp256r1", "P-256", "1.2.840.10045.3.1.7"},
    {"key.curve", "secp192r1", "P-192", "1.2.840.10045.3.1.1"},
    {"key.curve", "1.3.132.0.34", "P-384", "1.3.132.0.34"},
    {"key.curve", "brainpoolP256r1", "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.7"},
    {"is_ca", "True", "true", NULL},
    {"tls.resumed", "false", "false", NULL},
    {"revocation", "Good", "good", NULL},
    {"revocation.reason", "keycompromise", "keyCompromise", NULL},
    {"via", "TLS", "tls", NULL},
    {"via", "Proxy-Protocol", "proxy-protocol", NULL},
    {"via.proxy", "2001:DB8:0:0::0001", "2001:db8::1", NULL},
    {"via.proxy", "192.0.2.1", "192.0.2.1", NULL},
    {"via.proxy", "UNIX", "unix", NULL},
    {"san.email", "A@Example.com", "A@Example.com", NULL},
    {"subject.CN", "", "", NULL},
};

TEST(operands_get_the_text_and_the_key_of_the_value_they_mean)
{
    for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++) {
        const char *key = legal[i].key ? legal[i].key : legal[i].text;
        cc_value_t value = {0};
        cc_error_t err = {0};

        ck_assert_msg(parse(&value, legal[i].field, legal[i].written, &err) == APR_SUCCESS,
                      "%s %s: %s", legal[i].field, legal[i].written, err.message);
        ck_assert_str_eq(value.text, legal[i].text);
        ck_assert_uint_eq(value.len, strlen(legal[i].text));
        ck_assert_uint_eq(value.key_len, strlen(key));
        ck_assert_mem_eq(value.key, key, value.key_len);
    }
}

TEST(numbers_and_dates_have_their_number)
{
    cc_value_t value;

    parse(&value, "key.bits", "9223372036854775807", NULL);
    ck_assert_int_eq(value.number, INT64_MAX);
    parse(&value, "days_left", "-1", NULL);
    ck_assert_int_eq(value.number, -1);
    parse(&value, "not_after", "1970-01-01", NULL);
    ck_assert_int_eq(value.number, 0);
    parse(&value, "not_after", "1969-12-31T23:59:59Z", NULL);
    ck_assert_int_eq(value.number, -1);
    parse(&value, "not_after", "2026-11-20T12:00:00Z", NULL);
    ck_assert_int_eq(value.number, 1795176000);
    parse(&value, "not_after", "9999-12-31T23:59:59Z", NULL);
    ck_assert_int_eq(value.number, 253402300799);
}

/* ---- not legal --------------------------------------------------------------------------- */

static const struct {
    const char *field;
    const char *written;
    const char *tag;
} wrong[] = {
    {"sha256", "00112233", "CC0278"},
    {"sha256", D64 "00", "CC0278"},
    {"sha256", "g" D64, "CC0278"},
    {"sha1", "", "CC0278"},
    {"ski", "0a0", "CC0278"},
    {"ski", "0x0a", "CC0278"},
    {"serial", "", "CC0238"},
    {"serial", "-", "CC0238"},
    {"serial", "12g", "CC0238"},
    {"serial", "dec:", "CC0238"},
    {"serial", "dec:1f", "CC0238"},
    {"serial", "dec:+1", "CC0238"},
    {"serial", "dec:--1", "CC0238"},
    {"serial",
     "dec:1234567890123456789012345678901234567890123456789012345678901234567890123456789012",
     "CC0238"},
    {"serial", "der:", "CC0238"},
    {"serial", "der:123", "CC0238"},
    {"serial", "der:-12", "CC0238"},
    {"serial", "0x1fe203", "CC0238"},
    {"key.bits", "", "CC0276"},
    {"key.bits", "2k", "CC0276"},
    {"key.bits", "-", "CC0276"},
    {"key.bits", " 1", "CC0276"},
    {"key.bits", "9223372036854775808", "CC0276"},
    {"not_after", "2026-11-31", "CC0277"},
    {"not_after", "2025-02-29", "CC0277"},
    {"not_after", "2026-13-01", "CC0277"},
    {"not_after", "20.11.2026", "CC0277"},
    {"not_after", "2026-11-20T12:00:00", "CC0277"},
    {"not_after", "2026-11-20T24:00:00Z", "CC0277"},
    {"not_after", "2026-11-20T12:00:00+01:00", "CC0277"},
    {"not_after", "", "CC0277"},
    {"san.ip", "192.0.2", "CC0280"},
    {"san.ip", "192.0.2.0/24", "CC0280"},
    {"san.rid", "1.2.x", "CC0279"},
    {"eku", "clientauth", "CC0279"},
    {"eku", "", "CC0279"},
    {"policy", "1 2 3", "CC0279"},
    {"ku", "sign", "CC0282"},
    {"key.type", "RSA2", "CC0283"},
    {"revocation", "fine", "CC0285"},
    {"revocation.reason", "good", "CC0285"},
    {"via", "https", "CC0285"},
    {"via.proxy", "192.0.2.0/24", "CC0280"},
    {"via.proxy", "unix:", "CC0280"},
    {"via.proxy", "", "CC0280"},
    {"san.ip", "unix", "CC0280"},
    {"key.curve", "P-257", "CC0284"},
    {"key.curve", "", "CC0284"},
    {"is_ca", "yes", "CC0281"},
    {"self_issued", "1", "CC0281"},
    {"san.email", "a\nb", "CC0272"},
    {"subject.CN", "\xFF", "CC0272"},
    {"subject", "", "CC0275"},
    {"san.dirname", "/CN=a", "CC0274"},
};

#define SHA1_OF_X "11f6ad8ec52a2984abaafd7c3b516503785c2072"
#define SHA256_OF_X "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

static const struct {
    const char *field;
    const char *written;
    const char *advice; /* the end of the message */
} misplaced[] = {
    {"sha256", SHA1_OF_X,
     "are ignored); a digest of 40 digits is SHA-1: its field is sha1 or spki.sha1"},
    {"sha1", SHA256_OF_X,
     "are ignored); a digest of 64 digits is SHA-256: its field is sha256 or spki.sha256"},
    {"spki.sha256", "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=",
     "; this is base64, and in hex it is " SHA256_OF_X},
    {"sha1", "EfatjsUqKYSrqv18O1FlA3hcIHI=", "; this is base64, and in hex it is " SHA1_OF_X},
    {"sha1", "EfatjsUqKYSrqv18O1FlA3hcIHI", "(colons and spaces are ignored)"},
    {"sha256", "EfatjsUqKYSrqv18O1FlA3hcIHI=", "(colons and spaces are ignored)"},
    {"sha1", "EfatjsUqKYSrqv18O1FlA3hcI?I=", "(colons and spaces are ignored)"},
};

TEST(a_digest_in_another_form_is_recognized)
{
    for (size_t i = 0; i < sizeof(misplaced) / sizeof(misplaced[0]); i++) {
        cc_value_t value;
        cc_error_t err = {0};
        const char *end;

        ck_assert_int_eq(parse(&value, misplaced[i].field, misplaced[i].written, &err), APR_EINVAL);
        ck_assert_str_eq(err.tag, "CC0278");
        end = strstr(err.message, misplaced[i].advice);
        ck_assert_msg(end && strcmp(end, misplaced[i].advice) == 0, "%s: %s", misplaced[i].written,
                      err.message);
    }
}

TEST(what_no_certificate_can_have_is_an_error)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cc_value_t value;
        cc_error_t err = {0};

        ck_assert_msg(parse(&value, wrong[i].field, wrong[i].written, &err) == APR_EINVAL, "%s %s",
                      wrong[i].field, wrong[i].written);
        ck_assert_str_eq(err.tag, wrong[i].tag);
        ck_assert_str_eq(err.word, wrong[i].written);
        ck_assert_uint_gt(strlen(err.message), 10);
    }
}

TEST(a_key_usage_that_is_none_is_told_which_there_are)
{
    cc_value_t value;
    cc_error_t err = {0};

    parse(&value, "ku", "sign", &err);
    ck_assert_ptr_nonnull(strstr(err.message, "digitalSignature, nonRepudiation, keyEncipherment, "
                                              "dataEncipherment, keyAgreement, keyCertSign, "
                                              "cRLSign, encipherOnly, decipherOnly"));
}

SUITE("operands", .setup = setup, .teardown = teardown);
