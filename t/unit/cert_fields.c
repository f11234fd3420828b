/* SPDX-License-Identifier: Apache-2.0 */
/* Tests the value of every field of one certificate that has them all. */
#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "certs.h"
#include "suite.h"

static apr_pool_t *pool;
static cc_cert_t *rich;

static void setup(void)
{
    apr_pool_create(&pool, NULL);
    rich = certs_make(&certs_rich, pool);
}

static void teardown(void)
{
    apr_pool_destroy(pool);
}

TEST(names_have_their_exact_values)
{
    certs_has(rich, "subject",
              "UID=jd+CN=J\xC3\xBCrgen \\+1,1.3.6.1.4.1.32473.9=nine,"
              "organizationIdentifier=NTRDE-1,OU=Admins,OU=Staff,"
              "O=Example\\, Inc.,DC=com");
    certs_has(rich, "issuer", "1.3.6.1.4.1.32473.9=nine,CN=Staff CA,ST=Bavaria,DC=com");
    certs_has(rich, "subject.OU", "Staff | Admins");
    certs_has(rich, "SUBJECT.organizationalunitname", "Staff | Admins");
    certs_has(rich, "subject.2.5.4.97", "NTRDE-1");
    certs_has(rich, "subject.OID.1.3.6.1.4.1.32473.9", "nine");
    certs_has(rich, "subject.uid", "jd");
    certs_has(rich, "subject.SN", NULL);
    certs_has(rich, "issuer.S", "Bavaria");
    certs_has(rich, "issuer.OU", NULL);
}

TEST(alternative_names_have_their_exact_values)
{
    certs_has(rich, "san.email", "jd@example.de | j\xC3\xBC@example.de");
    certs_has(rich, "san.dns", "jd.test.com");
    certs_has(rich, "san.uri", "spiffe://ex/jd | urn:jd:1");
    certs_has(rich, "san.ip", "192.0.2.1 | 2001:db8::1");
    certs_has(rich, "san.dirname", "O=Other");
    certs_has(rich, "san.rid", "1.2.3.4");
    certs_has(rich, "san.upn", "jd@corp.com");
    certs_has(rich, "san.krb5", "j/admin/a\\@b@EXAMPLE.COM");
    certs_has(rich, "san.other.1.3.6.1.4.1.311.20.2.3", "jd@corp.com");
    certs_has(rich, "san.other.1.2.3", NULL);
    certs_unusable(rich, "san.other.1.3.6.1.5.2.2", "not a character string");
    certs_has(rich, "san.dirname.O", "Other");
    certs_has(rich, "san.dirname.CN", NULL);
}

TEST(other_names_that_are_no_text_have_their_exact_values)
{
    certs_has(rich, "san.fascn", "d0439458210c2c19a0846d83685a1082108ce73984108ca3fc");
    certs_has(rich, "san.fascn.identifier", "0032-0001-092446");
    certs_has(rich, "san.hardware", "1.3.6.1.4.1.32473.7:0a1b");
    certs_has(rich, "san.permanent", "1.3.6.1.4.1.32473.8:4711");
    certs_has(rich, "san.der.1.3.6.1.5.5.7.8.4", "300f06092b0601040181fd590704020a1b");
    certs_has(rich, "san.der.1.3.6.1.4.1.311.20.2.3", "0c0b6a6440636f72702e636f6d");
    certs_has(rich, "san.der.1.2.3", NULL);
    certs_has(
        rich, "san.any",
        "email:jd@example.de | email:j\xC3\xBC@example.de | dns:jd.test.com | ip:192.0.2.1 | "
        "ip:2001:db8::1 | uri:spiffe://ex/jd | uri:urn:jd:1 | rid:1.2.3.4 | upn:jd@corp.com | "
        "krb5:j/admin/a\\@b@EXAMPLE.COM | hardware:1.3.6.1.4.1.32473.7:0a1b | "
        "permanent:1.3.6.1.4.1.32473.8:4711");
}

TEST(serial_validity_and_usages_have_their_exact_values)
{
    certs_has(rich, "serial", "0a1bfe");
    certs_has(rich, "not_before", "2026-01-01T00:00:00Z");
    certs_has(rich, "not_after", "2026-12-31T23:59:59Z");
    certs_has(rich, "days_left", "213");
    certs_has(rich, "lifetime_days", "365");
    certs_has(rich, "eku", "clientAuth | 1.3.6.1.4.1.32473.4");
    certs_has(rich, "ku", "digitalSignature | keyAgreement | decipherOnly");
    certs_has(rich, "policy", "1.3.6.1.4.1.32473.5 | 2.5.29.32.0");
    certs_has(rich, "ski", "0a0b0c");
    certs_has(rich, "aki", "0102ff");
    certs_has(rich, "sid", "S-1-5-21-1-2-3-1104");
    certs_has(rich, "ext.1.3.6.1.4.1.32473.2", "0500");
    certs_has(rich, "ext.1.2.3", NULL);
}

TEST(algorithms_and_kind_have_their_exact_values)
{
    certs_has(rich, "signature.algorithm", "ecdsa-with-SHA256");
    certs_has(rich, "key.type", "EC");
    certs_has(rich, "key.bits", "256");
    certs_has(rich, "key.curve", "P-256");
    certs_has(rich, "version", "3");
    certs_has(rich, "is_ca", "false");
    certs_has(rich, "self_issued", "false");
}

TEST(active_directory_strings_have_their_exact_values)
{
    static const certs_attribute_t subject[] = {
        {"DC", V_ASN1_IA5STRING, CERTS_OCTETS("com"), 0},
        {"CN", V_ASN1_UTF8STRING, CERTS_OCTETS("Web User"), 0},
        {"emailAddress", V_ASN1_IA5STRING, CERTS_OCTETS("alice@example.com"), 0},
        {NULL, 0, {NULL, 0}, 0},
    };
    certs_spec_t spec = certs_rich;

    certs_has(rich, "altsec.issuer_serial",
              "X509:<I>DC=com,S=Bavaria,CN=Staff CA,"
              "OID.1.3.6.1.4.1.32473.9=nine<SR>fe1b0a");
    certs_has(rich, "altsec.ski", "X509:<SKI>0a0b0c");
    certs_has(rich, "altsec.email",
              "X509:<RFC822>jd@example.de | X509:<RFC822>j\xC3\xBC@example.de");
    certs_unusable(rich, "altsec.subject", "no unambiguous form");
    certs_unusable(rich, "altsec.issuer_subject", "no unambiguous form");
    spec.subject = subject;
    certs_has(certs_make(&spec, pool), "altsec.subject",
              "X509:<S>DC=com,CN=Web User,E=alice@example.com");
    certs_has(certs_make(&spec, pool), "altsec.issuer_subject",
              "X509:<I>DC=com,S=Bavaria,CN=Staff CA,OID.1.3.6.1.4.1.32473.9=nine"
              "<S>DC=com,CN=Web User,E=alice@example.com");
}

TEST(connection_and_chain_have_their_exact_values)
{
    const char *ones = "1111111111111111111111111111111111111111111111111111111111111111";
    cc_facts_t none = {0};
    const char *const names[] = {"ca.sha256",  "ca.spki.sha256",    "tls.version",
                                 "tls.cipher", "tls.sni",           "tls.resumed",
                                 "revocation", "revocation.reason", "revocation.date",
                                 "via",        "via.proxy"};

    certs_has(rich, "ca.sha256", ones);
    certs_has(rich, "ca.spki.sha256", ones);
    certs_has(rich, "tls.version", "TLSv1.3");
    certs_has(rich, "tls.cipher", "TLS_AES_256_GCM_SHA384");
    certs_has(rich, "tls.sni", "www.example.com");
    certs_has(rich, "tls.resumed", "true");
    certs_has(rich, "revocation", "revoked");
    certs_has(rich, "revocation.reason", "keyCompromise");
    certs_has(rich, "revocation.date", "2026-06-01T12:00:00Z");
    certs_has(rich, "via", "header");
    certs_has(rich, "via.proxy", "2001:db8::1");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        cc_fieldref_t ref;
        ck_assert_int_eq(cc_field_find(&ref, names[i], pool, NULL), APR_SUCCESS);
        ck_assert_int_eq(cc_field_values(&ref, rich, &none, pool).count, 0);
    }
}

typedef struct {
    cc_facts_t facts;
    const char *via;
    const char *proxy; /* NULL: no value */
} arrival_t;

static const arrival_t arrivals[] = {
    {{.via = CC_VIA_TLS}, "tls", NULL},
    {{.via = CC_VIA_HEADER, .via_proxy = "192.0.2.1"}, "header", "192.0.2.1"},
    {{.via = CC_VIA_PROXY_PROTOCOL, .via_proxy = "unix"}, "proxy-protocol", "unix"},
    {{.via = CC_VIA_HEADER, .via_proxy = "fe80::1%eth0"}, "header", "fe80::1%eth0"},
};

static const char *value_of(const char *name, const cc_facts_t *facts)
{
    cc_fieldref_t ref;
    cc_values_t values;

    ck_assert_int_eq(cc_field_find(&ref, name, pool, NULL), APR_SUCCESS);
    values = cc_field_values(&ref, rich, facts, pool);
    ck_assert_int_le(values.count, 1);
    return values.count ? values.at->text : NULL;
}

TEST_LOOP(via_is_how_the_certificate_arrived, 0, sizeof(arrivals) / sizeof(arrivals[0]))
{
    const arrival_t *one = &arrivals[_i];

    ck_assert_str_eq(value_of("via", &one->facts), one->via);
    ck_assert_pstr_eq(value_of("via.proxy", &one->facts), one->proxy);
    ck_assert_ptr_null(value_of("tls.version", &one->facts));
    ck_assert_str_eq(cc_via_word(one->facts.via), one->via);
    ck_assert_int_eq(cc_via_find(one->via), one->facts.via);
}
END_TEST

TEST(no_other_word_is_a_way_to_arrive)
{
    ck_assert_ptr_null(cc_via_word(CC_VIA_UNKNOWN));
    ck_assert_int_eq(cc_via_find("file"), CC_VIA_UNKNOWN);
    ck_assert_int_eq(cc_via_find(""), CC_VIA_UNKNOWN);
}
END_TEST

/* Computed in another way: from the DER that openssl prints. */
static const char *digest_of(const unsigned char *der, int len, const EVP_MD *type)
{
    unsigned char octets[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    char *hex = apr_pcalloc(pool, 2 * EVP_MAX_MD_SIZE + 1);

    ck_assert_int_eq(EVP_Digest(der, (size_t)len, octets, &size, type, NULL), 1);
    for (unsigned i = 0; i < size; i++)
        apr_snprintf(hex + 2 * i, 3, "%02x", octets[i]);
    return hex;
}

TEST(digests_are_those_of_certificate_and_key)
{
    X509 *x509 = certs_x509(&certs_rich);
    unsigned char *der = NULL, *spki = NULL;
    int len = i2d_X509(x509, &der);
    int spki_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
    unsigned char sha256[32], spki_sha256[32];

    certs_has(rich, "sha256", digest_of(der, len, EVP_sha256()));
    certs_has(rich, "sha384", digest_of(der, len, EVP_sha384()));
    certs_has(rich, "sha512", digest_of(der, len, EVP_sha512()));
    certs_has(rich, "sha1", digest_of(der, len, EVP_sha1()));
    certs_has(rich, "spki.sha256", digest_of(spki, spki_len, EVP_sha256()));
    certs_has(rich, "spki.sha384", digest_of(spki, spki_len, EVP_sha384()));
    certs_has(rich, "spki.sha512", digest_of(spki, spki_len, EVP_sha512()));
    certs_has(rich, "spki.sha1", digest_of(spki, spki_len, EVP_sha1()));
    certs_has(rich, "altsec.spki",
              apr_pstrcat(pool, "X509:<SHA1-PUKEY>", digest_of(spki, spki_len, EVP_sha1()), NULL));
    cc_cert_digests(rich, sha256, spki_sha256);
    EVP_Digest(der, (size_t)len, der, NULL, EVP_sha256(), NULL);
    EVP_Digest(spki, (size_t)spki_len, spki, NULL, EVP_sha256(), NULL);
    ck_assert_mem_eq(sha256, der, 32);
    ck_assert_mem_eq(spki_sha256, spki, 32);
    OPENSSL_free(der);
    OPENSSL_free(spki);
    X509_free(x509);
}

TEST(pem_and_der_are_the_certificate)
{
    const char *pem = certs_values(rich, "pem", pool).at->text;
    const char *base64 = certs_values(rich, "der", pool).at->text;
    X509 *x509 = certs_x509(&certs_rich);
    unsigned char *der = NULL, decoded[4096];
    int len = i2d_X509(x509, &der);

    ck_assert_int_eq(strncmp(pem, "-----BEGIN%20CERTIFICATE-----%0AMII", 35), 0);
    ck_assert_ptr_nonnull(strstr(pem, "%0A-----END%20CERTIFICATE-----%0A"));
    ck_assert_ptr_null(strpbrk(pem, "+/= \n"));
    ck_assert_int_ge(EVP_DecodeBlock(decoded, (const unsigned char *)base64, (int)strlen(base64)),
                     len);
    ck_assert_mem_eq(decoded, der, (size_t)len);
    OPENSSL_free(der);
    X509_free(x509);
}

/* ---- all fields at once ------------------------------------------------------------------ */

typedef struct {
    int seen;
    int rows[128]; /* how often each row of the registry was seen */
    int last;
} visit_t;

static void visit(const char *name, const cc_fieldref_t *ref, cc_values_t values, void *baton)
{
    visit_t *v = baton;
    cc_fieldref_t found;
    int row = 0;

    while (cc_field_at(row) != ref->field)
        row++;
    ck_assert_int_ge(row, v->last);
    ck_assert_int_gt(values.count, 0);
    ck_assert_int_eq(cc_field_find(&found, name, pool, NULL), APR_SUCCESS);
    ck_assert(cc_field_same(&found, ref));
    ck_assert_msg(ref->field->many || values.count == 1, "%s has several values", name);
    v->rows[row]++;
    v->last = row;
    v->seen++;
}

TEST(each_visits_every_field_in_the_order_of_the_registry)
{
    visit_t v = {0};
    int rows = 0;

    cc_field_each(rich, &certs_facts, visit, &v, pool);
    while (cc_field_at(rows)) {
        ck_assert_msg(v.rows[rows] > 0, "%s was not visited", cc_field_at(rows)->name);
        ck_assert_msg(cc_field_at(rows)->argument || v.rows[rows] == 1, "%s was visited twice",
                      cc_field_at(rows)->name);
        rows++;
    }
    ck_assert_int_eq(rows, 68);
    ck_assert_int_eq(v.seen,
                     62 + 7 + 4 + 1 + 6 + 6 + 9); /* DC O OU orgId nine CN UID; issuer; O; ... */
}

static void members_count(const char *name, const cc_fieldref_t *ref, cc_values_t values,
                          void *baton)
{
    (void)ref, (void)values;
    *(int *)baton += strncmp(name, "ext.1.2.3.", 10) == 0;
}

TEST(each_visits_the_first_hundred_members_of_a_family)
{
    certs_extension_t list[CC_FIELD_MEMBERS_MAX + 3] = {{NULL, {NULL, 0}, NULL}};
    int count = 0;

    for (int i = 0; i < CC_FIELD_MEMBERS_MAX + 2; i++)
        list[i] =
            (certs_extension_t){apr_psprintf(pool, "1.2.3.%d", i), CERTS_OCTETS("\5\0"), NULL};
    cc_field_each(certs_make(&(certs_spec_t){.extensions = list}, pool), &certs_facts,
                  members_count, &count, pool);
    ck_assert_int_eq(count, CC_FIELD_MEMBERS_MAX);
}

TEST(every_example_of_the_registry_is_a_legal_operand)
{
    for (int i = 0; cc_field_at(i); i++) {
        const cc_field_t *field = cc_field_at(i);
        char *text = apr_pstrdup(pool, field->example);
        char *op = strchr(text, ' ');
        char *operand = strchr(op + 1, ' ') + 1;
        size_t len = strlen(operand);
        cc_fieldref_t ref;
        cc_value_t value;
        cc_error_t err = {0};

        *op = '\0';
        if (*operand == '"') {
            operand[len - 1] = '\0';
            operand++;
        }
        ck_assert_int_eq(cc_field_find(&ref, text, pool, &err), APR_SUCCESS);
        ck_assert_ptr_eq(ref.field, field);
        ck_assert_msg(cc_field_operand(&value, &ref, operand, pool, &err) == APR_SUCCESS, "%s: %s",
                      field->example, err.message);
    }
}

TEST(the_values_of_a_field_are_operands_with_the_same_key)
{
    for (int i = 0; cc_field_at(i); i++) {
        const char *name = cc_field_at(i)->name;
        cc_values_t values;
        cc_fieldref_t ref;
        cc_value_t value;

        if (cc_field_at(i)->argument)
            continue;
        values = certs_values(rich, name, pool);
        cc_field_find(&ref, name, pool, NULL);
        for (int j = 0; j < values.count && !values.at[j].unusable; j++) {
            ck_assert_int_eq(cc_field_operand(&value, &ref, values.at[j].text, pool, NULL), 0);
            ck_assert_uint_eq(value.key_len, values.at[j].key_len);
            ck_assert_mem_eq(value.key, values.at[j].key, value.key_len);
            ck_assert_int_eq(value.number, values.at[j].number);
        }
    }
}

TEST(the_first_value_of_a_field_is_found_by_its_name)
{
    cc_values_t subject = certs_values(rich, "subject", pool);
    const cc_value_t *value = cc_cert_value(rich, "subject", pool);

    ck_assert_ptr_nonnull(value);
    ck_assert_str_eq(value->text, subject.at[0].text);
    ck_assert_ptr_null(cc_cert_value(rich, "tls.sni", pool));
    ck_assert_ptr_null(cc_cert_value(rich, "no.such.field", pool));
}

TEST(reading_fields_leaves_the_error_queue_as_it_was)
{
    visit_t v = {0};
    certs_extension_t broken[] = {{"subjectAltName", CERTS_OCTETS("no DER"), NULL},
                                  {NULL, {NULL, 0}, NULL}};
    X509 *x509 = certs_x509(&(certs_spec_t){.extensions = broken});
    cc_cert_t *cert;

    ERR_clear_error();
    ERR_raise(ERR_LIB_SSL, 1);
    cert = cc_cert_wrap(x509, pool);
    cc_field_each(cert, &certs_facts, visit, &v, pool);
    ck_assert_ptr_nonnull(cc_cert_not_client(cert));
    X509_free(x509);
    ck_assert_int_eq(ERR_GET_LIB(ERR_get_error()), ERR_LIB_SSL);
    ck_assert_uint_eq(ERR_get_error(), 0);
}

SUITE("rich", .setup = setup, .teardown = teardown);
